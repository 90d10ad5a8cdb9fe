#include "doors/http/own_threads.h"

#include <pthread.h>

#include <system_error>
#include <thread>

namespace tarn::doors::http {

OwnThreads::~OwnThreads() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return running_ == 0; });
}

bool OwnThreads::start(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    if (running_ == threads_max_) return false;
    ++running_;
  }
  try {
    std::thread([this, work = std::move(work)]() mutable {
      pthread_setname_np(pthread_self(), "tarn-http-own");
      work();
      work = nullptr;  // what it holds goes before the door does
      ended();
    }).detach();
  } catch (const std::system_error&) {
    ended();
    return false;
  }
  return true;
}

void OwnThreads::ended() {
  std::lock_guard lock(mutex_);
  --running_;
  changed_.notify_all();
}

}  // namespace tarn::doors::http
