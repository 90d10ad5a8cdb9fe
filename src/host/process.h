// Starting other programs, our own workers above all.
//
// All children are started from one long-lived thread: the parent-death signal (SIGKILL) that each child
// gets follows the starting thread, not the process. Descriptors other than the listed ones are closed in the child.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "host/clock.h"

namespace tarn::host {

struct Command {
  std::vector<std::string> argv;  // argv[0] is the path of the program, but:
  bool this_program = false;      // the one that runs here, though its file may be replaced by now
  std::vector<std::pair<std::string, std::string>> env;  // added to ours
  std::vector<std::pair<int, int>> descriptors;  // (ours, the child's number); 0, 1, 2 are inherited unless listed
  bool own_group =
      true;  // leads its own process group: a terminal's Ctrl-C reaches us alone. False for interactive programs
};

struct Exit {
  int code = 0;    // if it exited
  int signal = 0;  // if it was killed; 0 otherwise
};

// A running child. Destroying it kills (SIGKILL) and reaps it. Thread-safe.
class Process {
 public:
  virtual ~Process() = default;
  virtual int pid() const = 0;
  virtual void kill(int signal) = 0;
  // Waits until it ended or `deadline` passed (nullopt: poll once). nullopt result: still running.
  virtual std::optional<Exit> wait(std::optional<MonotonicTime> deadline) = 0;
};

// Thread-safe. Destroying it ends the starting thread and with it, by the parent-death signal, every child.
class Processes {
 public:
  virtual ~Processes() = default;
  // Returns once the program runs. Errors: kNotFound if there is no such program, else as the system says.
  // Signal handlers and masks are reset in the child.
  virtual Result<std::unique_ptr<Process>> spawn(const Command& command) = 0;
};

std::unique_ptr<Processes> real_processes();

// Raises this process's soft limit of open descriptors to its hard one, which it returns: connections, segments and
// chunks together need more than the 1,024 that a login shell gives. Children inherit it.
std::uint64_t raise_descriptor_limit();

int self_pid();
// Resident and proportional set size of a process, from /proc/<pid>/smaps_rollup; zeros if it is gone.
struct MemoryUse {
  std::uint64_t rss_bytes = 0;
  std::uint64_t pss_bytes = 0;
};
MemoryUse memory_use(int pid);
Bytes memory_of_machine();

}  // namespace tarn::host
