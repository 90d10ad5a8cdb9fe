// SQLite behind our types, running on a host::Files through our own VFS, so that tests can break its disk too.
// The catalog is the one user. sqlite3.h stays in the .cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "host/files.h"

namespace tarn::host {

// A prepared statement, gone before its connection. Parameters count from 1, columns from 0; what is bound stays bound
// until bound anew. Not thread-safe.
class SqliteStatement {
 public:
  SqliteStatement(SqliteStatement&&) noexcept;
  SqliteStatement& operator=(SqliteStatement&&) noexcept;
  ~SqliteStatement();
  SqliteStatement& bind(int index, std::int64_t value);
  SqliteStatement& bind(int index, std::string_view text);
  SqliteStatement& bind(int index, ByteView blob);
  SqliteStatement& bind_null(int index);
  // True: a row is ready to read. False: done; the statement is reset and can be bound anew.
  Result<bool> step();
  // For statements without rows: step to the end.
  Result<void> run();
  void reset();
  std::int64_t integer(int column);
  std::string text(int column);
  Buffer blob(int column);
  bool is_null(int column);

 private:
  friend class Sqlite;
  struct State;
  explicit SqliteStatement(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One connection, used by one thread at a time. Errors: kConflict for a constraint, kCorruption for SQLITE_CORRUPT and
// SQLITE_NOTADB, kUnavailable for a full disk or a database that another program has open, kIo for what the disk
// refused, kInternal for SQL that is wrong.
//
// A COMMIT that returned success is durable. One that failed with kIo or kUnavailable may still show up after a
// restart. After a failed sync every further change fails with kIo, until the database is opened anew.
class Sqlite {
 public:
  // Opens or creates the database at `path` on `files` (which must outlive it): WAL journal with
  // locking_mode=EXCLUSIVE (no shared memory file), synchronous=FULL, foreign_keys on. Whatever it finds committed is
  // made durable before it returns: a killed process may have left commits that were never synced.
  static Result<std::unique_ptr<Sqlite>> open(Files& files, const Path& path);
  ~Sqlite();
  Result<SqliteStatement> prepare(std::string_view sql);
  Result<void> execute(std::string_view sql);  // one or more statements without parameters
  std::int64_t changes();                      // rows changed by the last statement

 private:
  struct State;
  explicit Sqlite(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tarn::host
