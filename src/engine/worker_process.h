// One worker: this binary started as `tarn worker <kind>`, with a channel on descriptor 3, an inherited shared lock on
// <data>/workers.lock, a memory limit and a temp folder of its own. What the messages say is the kind's own protocol
// (sql_protocol.h here, land_protocol.h for landing).
//
//   tarn worker <kind> --data <data> --temp <temp> --memory <bytes> --threads <n>
//
// The worker exits at end of file on its channel.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "host/channel.h"
#include "host/host.h"

namespace tarn::engine {

inline constexpr int kWorkerChannelDescriptor = 3;
inline constexpr int kWorkerLockDescriptor = 4;

struct WorkerOptions {
  std::string kind;          // "sql", "land"
  std::string data;          // absolute data folder
  std::string temp;          // its temp folder, made here, emptied at start, removed at the end
  int lock_descriptor = -1;  // main's workers.lock, to inherit
  Bytes memory_max = 2_GiB;
  int threads = 2;
};

// Owns the process, its channel and a thread that reads it. Destroying kills and reaps, after OnExit has returned;
// never destroy it from its own callbacks. send() and kill() from any thread; send() blocks while the worker doesn't
// read.
class WorkerProcess {
 public:
  using OnMessage = std::function<void(host::Message)>;  // on the reader thread
  using OnExit = std::function<void(std::string why)>;   // once, on the reader thread, after the last message

  static Result<std::unique_ptr<WorkerProcess>> start(host::Host host, const WorkerOptions& options,
                                                      OnMessage on_message, OnExit on_exit);
  virtual ~WorkerProcess() = default;
  virtual Result<void> send(ByteView payload, std::span<const int> descriptors = {}) = 0;
  virtual int pid() const = 0;
  virtual const std::string& temp() const = 0;  // its temp folder
  virtual void kill() = 0;                      // OnExit follows
};

}  // namespace tarn::engine
