// SQLite's file layer (a VFS, https://www.sqlite.org/vfs.html) over a host::Files. Used by sqlite.cc only.
//
//   - For one connection in locking_mode=EXCLUSIVE and WAL journal: no shared memory. On real files the connection
//   holds
//     SQLite's own lock bytes, so that another program's sqlite3 finds the database locked instead of corrupting it.
//   - Every first sync of a file also syncs its folder: the name may come from a process that died before it did.
//   - After a failed sync every further write and sync fails: SQLite would retry, and a second sync proves nothing.
//   - Sectors may be torn, but a write never damages bytes beside it (POWERSAFE_OVERWRITE).
#pragma once

#include <memory>
#include <string>

#include "host/files.h"

struct sqlite3_vfs;

namespace tarn::host {

// Registered under a name of its own while it lives; outlives its connection.
class SqliteVfs {
 public:
  explicit SqliteVfs(Files& files);
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;
  ~SqliteVfs();
  const std::string& name() const;
  // What the files said last, for the message of an error that SQLite reports by number only.
  const std::string& last_error() const;
  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace tarn::host
