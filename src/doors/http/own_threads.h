// Threads for what takes long: streams, and handlers that wait. Each piece of work has one to itself, so that none
// waits for another and the pool stays free.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

namespace tarn::doors::http {

// Thread-safe.
class OwnThreads {
 public:
  explicit OwnThreads(std::size_t threads_max) : threads_max_(threads_max) {}
  ~OwnThreads();  // waits for all of them

  // Runs `work`, which does not throw, on a new thread. False if `threads_max` run already, or the system has no more.
  bool start(std::function<void()> work);

 private:
  void ended();

  const std::size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t running_ = 0;
};

}  // namespace tarn::doors::http
