// Where statements run: a few SQL workers with a few seats each. Waiting for a seat is bounded in number and time.
//
//   open() ──seat──> Execution: send(), next()... ──suspend()──> (no seat, worker keeps the portal) ──resume()──> ...
//
// One worker is kept warm; another starts when every seat of those before it is taken, and ends after a while without
// work. A worker that dies fails the executions on it and is replaced, later and later if it keeps dying.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "engine/interrupt.h"
#include "engine/sql_error.h"
#include "engine/sql_protocol.h"
#include "engine/worker_process.h"
#include "host/clock.h"

namespace tarn::engine {

struct SeatOptions {
  std::size_t workers_max = 2;
  std::size_t seats_per_worker = 4;         // statements running at a time
  std::size_t portals_per_worker_max = 64;  // statements begun and not ended, suspended ones included
  std::size_t queue_max = 200;              // waiting for a seat
  std::chrono::milliseconds queue_wait_max{30'000};
  std::chrono::milliseconds cancel_wait_max{5'000};   // a worker that does not answer Cancel by then is killed
  std::chrono::milliseconds idle_worker_max{60'000};  // without work, beyond the warm one
  std::chrono::milliseconds restart_wait_min{100};    // after a death soon after the start; doubles up to...
  std::chrono::milliseconds restart_wait_max{10'000};
};

// A reply with the bytes it borrows from.
struct Reply {
  host::Message message;
  SqlReply value;
};

// What pg_catalog is to show a statement.
struct CatalogSource {
  std::string key;                // of its content
  std::function<Buffer()> image;  // the message
};

// One statement on one worker. Used by one thread at a time. Destroying it frees the seat and closes what still runs.
class Execution {
 public:
  virtual ~Execution() = default;
  virtual ExecutionId id() const = 0;
  // Errors as SQL: 57P01 when the worker is gone.
  // With `catalog`, the request reads pg_catalog: the image goes with it, if the worker has another.
  virtual SqlResult<void> send(const SqlRequest& request, std::span<const int> descriptors = {},
                               const CatalogSource* catalog = nullptr) = 0;
  // The worker's temp folder, which goes with it.
  virtual const std::string& temp() const = 0;
  // The next reply; kTimeout-like nullopt when `deadline` passed first. After cancel() the deadline is cancel_wait_max.
  virtual SqlResult<std::optional<Reply>> next(std::optional<host::MonotonicTime> deadline) = 0;
  // Bytes of Rows relayed: opens the worker's window again.
  virtual void credit(std::size_t bytes) = 0;
  // Asks the worker to stop; Failed follows. Thread-safe against all but the destructor.
  virtual void cancel() = 0;
  // Gives the seat away between Suspended and Fetch; the portal stays.
  virtual void suspend() = 0;
  // Takes the seat back without waiting, when it was given away only because the client was behind.
  virtual void resume_now() = 0;
  // Takes a seat of the same worker again. Errors as open().
  virtual SqlResult<void> resume(const Interrupt& interrupt, std::optional<host::MonotonicTime> deadline) = 0;
  // Completed or Failed was read: nothing to close.
  virtual void finished() = 0;
};

// Thread-safe.
class Seats {
 public:
  using StartWorker =
      std::function<Result<std::unique_ptr<WorkerProcess>>(WorkerProcess::OnMessage, WorkerProcess::OnExit)>;

  static std::unique_ptr<Seats> make(host::Clock& clock, StartWorker start, const SeatOptions& options = {});
  // Every Execution must be gone.
  virtual ~Seats() = default;

  // Starts the warm worker. Errors as the system says.
  virtual Result<void> warm_up() = 0;
  // Waits for a seat. Errors: 53300 (queue full, or queue_wait_max passed), 57014 (interrupt or deadline), 57P03 (no
  // worker can be started; says why).
  virtual SqlResult<std::unique_ptr<Execution>> open(const Interrupt& interrupt,
                                                     std::optional<host::MonotonicTime> deadline) = 0;
  // Makes waiting open() and resume() look at their interrupts.
  virtual void wake() = 0;

  virtual std::vector<int> worker_pids() const = 0;
};

}  // namespace tarn::engine
