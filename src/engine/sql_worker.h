// One SQL worker as its seats share it: the process, and an inbox for each execution on it. Internal to seats.cc.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/seats.h"

namespace tarn::engine {

// Replies between the worker's reader thread and the session's. The worker's window bounds what waits here.
class Inbox {
 public:
  explicit Inbox(host::Clock& clock) : clock_(clock) {}
  void push(Reply reply);
  void close(std::string why);  // the worker died: after what is queued, next() says so
  void wake();                  // makes a waiting pop() return
  enum class Popped { kReply, kClosed, kNothing };
  Popped pop(std::optional<host::MonotonicTime> deadline, Reply& out);
  std::string why() const;
  std::size_t bytes() const;

 private:
  host::Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Reply> replies_;
  std::size_t bytes_ = 0;
  bool woken_ = false;
  std::optional<std::string> closed_;
};

struct SqlWorker {
  // Guarded by the seats' mutex.
  std::size_t running = 0;
  std::size_t portals = 0;
  bool shunned = false;
  host::MonotonicTime started{};
  host::MonotonicTime idle_since{};

  std::mutex send_mutex;  // keeps a catalog image and the statement that needs it together
  std::string catalog_key;

  std::mutex inbox_mutex;
  std::optional<std::string> dead;  // why
  std::map<ExecutionId, std::shared_ptr<Inbox>> inboxes;

  std::unique_ptr<WorkerProcess> process;  // last: its destructor waits for the reader, which uses the rest

  // On the reader thread.
  void receive(host::Message message);
  void die(const std::string& why);

  void add(ExecutionId id, std::shared_ptr<Inbox> inbox);
  void remove(ExecutionId id);
};

}  // namespace tarn::engine
