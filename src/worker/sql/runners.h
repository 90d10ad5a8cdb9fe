// Threads that run tasks, started as needed and kept. Idle ones give the process's free memory back.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tarn::worker::sql {

inline constexpr std::size_t kRunnersMax = 16;  // more than main has seats; tasks past it wait

inline constexpr std::chrono::seconds kIdle{3};  // without a task, before memory is given back

class Runners {
 public:
  Runners() = default;
  ~Runners();  // waits for running tasks, drops waiting ones
  void run(std::function<void()> task);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tarn::worker::sql
