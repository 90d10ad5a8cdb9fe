// What a worker does to itself before it runs anything that came from outside: it can't gain privileges, can't open
// files outside the folders it was given, can't grow without end, and can't outlive main.
//
// Landlock (https://docs.kernel.org/userspace-api/landlock.html) judges paths when they are opened: descriptors that
// are open already, or come over the channel, keep working. It has no say over stat(), and none over the network here.
// None of this can be undone, and all of it is inherited. Call it before the process starts threads: only the calling
// thread and what it starts are confined.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "host/files.h"

namespace tarn::host {

struct Sandbox {
  std::vector<Path> read_only;   // files, or folders with all below; they must exist
  std::vector<Path> read_write;  // also to make, rename and remove in. Nothing anywhere may be executed
  // Private writable memory (RLIMIT_DATA): heap, stacks, anonymous maps; not shared memory files. Past it an allocation
  // fails.
  std::optional<Bytes> data_max;
  // All of the address space (RLIMIT_AS), mapped files too.
  std::optional<Bytes> address_space_max;
};

struct Confinement {
  int landlock_version = 0;  // 0: this kernel has none, and files are as open as before
};

// Errors: kNotFound for a folder that does not exist, else as the kernel says; then the process should not go on.
Result<Confinement> enter_sandbox(const Sandbox& sandbox);

// This process gets SIGKILL when the thread that started it ends. kUnavailable if `parent_pid`, which the parent passed
// along, is not the parent (any more). Processes::spawn arranges the signal already; this is for programs started
// otherwise, and for seeing that the parent died before main() was reached.
Result<void> die_with_parent(int parent_pid);

}  // namespace tarn::host
