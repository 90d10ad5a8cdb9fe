// The terminal that a person sits at: whether there is one, how large, and a pager to read in.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/channel.h"
#include "host/process.h"

namespace tarn::host {

struct TerminalSize {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

bool is_terminal(int descriptor);
TerminalSize terminal_size();  // of standard output; the default if it is no terminal
// "" if it is not set.
std::string environment(const char* name);
// Whether a program of this name is in $PATH.
bool is_in_path(std::string_view program);
// Files that this process makes from now on are for its user alone.
void keep_new_files_private();

// A program such as `less` that reads what we write and shows it on the terminal.
class Pager {
 public:
  // `command` is one for /bin/sh.
  static Result<std::unique_ptr<Pager>> start(Processes& processes, const std::string& command);
  // Blocks while the reader is behind; false once it has gone.
  bool write(std::string_view text);
  // Ends what it reads, and waits until the person leaves it. Once.
  void finish();
  ~Pager() { finish(); }

 private:
  Pager() = default;
  Descriptor input_;
  std::unique_ptr<Process> process_;
};

}  // namespace tarn::host
