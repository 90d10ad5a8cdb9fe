// Statements typed before, in a file of lines for its user alone: $XDG_STATE_HOME/tarn/sql_history, or under
// ~/.local/state.
#pragma once

#include <string>
#include <vector>

#include "host/files.h"

namespace tarn::shell {

inline constexpr std::size_t kHistoryEntriesMax = 2000;
inline constexpr Bytes kHistoryBytesMax = 1_MiB;

class History {
 public:
  // `path` empty: nothing is kept. A file that can't be read or written is none: the shell works without.
  History(host::Files& files, host::Path path);
  const std::vector<std::string>& entries() const { return entries_; }  // the oldest first
  // Appends to the file at once, so shells that run side by side keep what each other wrote.
  // False: it begins with a space, is empty, or is the last one again, and is not kept.
  bool add(const std::string& entry);

 private:
  void load();
  void shorten();
  host::Files& files_;
  host::Path path_;
  std::vector<std::string> entries_;
};

// "" if there is no home.
host::Path history_path();

}  // namespace tarn::shell
