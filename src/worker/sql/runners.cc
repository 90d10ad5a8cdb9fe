#include "worker/sql/runners.h"

#include <malloc.h>
#include <pthread.h>

namespace tarn::worker::sql {

Runners::~Runners() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    tasks_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Runners::run(std::function<void()> task) {
  std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  if (idle_ < tasks_.size() && threads_.size() < kRunnersMax) threads_.emplace_back([this] { work(); });
  changed_.notify_one();
}

void Runners::work() {
  ::pthread_setname_np(::pthread_self(), "tarn-worker-run");
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    auto something = [&] { return stopping_ || !tasks_.empty(); };
    if (!changed_.wait_for(lock, kIdle, something)) {
      lock.unlock();
      ::malloc_trim(0);
      lock.lock();
      changed_.wait(lock, something);
    }
    --idle_;
    if (stopping_) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace tarn::worker::sql
