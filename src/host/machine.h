// Facts of the machine that `tarn doctor` looks at. Whatever can't be found out is at its default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "host/files.h"

namespace tarn::host {

struct Machine {
  int cores = 0;  // that we may run on
  Bytes memory, memory_available;
  std::optional<Bytes> memory_allowed;  // what a container's bound leaves of it
  std::string kernel;                   // "6.1.0-18-amd64"
  int landlock_version = 0;             // 0: none
  std::uint64_t open_files_max = 0;     // that we may raise the bound to
  bool clock_synchronized = false;      // some NTP client says so
};
Machine look_at_machine();

// "ext4", "tmpfs", "nfs"; the kernel's number for others.
std::string file_system_of(const Path& path);

struct Listener {
  int pid = 0;  // 0: another user's, who is not told
  std::string program;
  std::string data;  // the data folder that it holds, if it is a Tarn
};
std::string to_string(const Listener& listener);  // "java (pid 4121)"
// Who listens on a TCP port of `address` ("127.0.0.1", "::1") or of every address; nullopt if nobody does.
std::optional<Listener> listener_on(const std::string& address, int port);

}  // namespace tarn::host
