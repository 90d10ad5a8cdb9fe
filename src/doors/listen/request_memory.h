// The bytes of requests in memory, over all connections of a door: who would go past the bound waits its turn.
#pragma once

#include <functional>
#include <vector>

#include "base/bytes.h"

namespace tarn::doors::listen {

// Used on the door's network thread alone.
class RequestMemory {
 public:
  explicit RequestMemory(Bytes max) : max_(max) {}

  // False if there is no room now; one request alone may be larger than the bound, so that it is served at all.
  bool take(Bytes count) {
    if (used_ > 0_B && used_ + count > max_) return false;
    used_ += count;
    return true;
  }
  void take_anyway(Bytes count) { used_ += count; }
  void give_back(Bytes count) {
    used_ -= count;
    std::vector<std::function<void()>> waiting;
    waiting.swap(waiting_);
    for (auto& wake : waiting) wake();
  }
  // A share that goes back unless it was kept: an exception may come in between.
  class Share {
   public:
    Share(RequestMemory& memory, Bytes count) : memory_(memory), count_(count) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() {
      if (count_ > 0_B) memory_.give_back(count_);
    }
    void grow_to(Bytes count) { count_ = count; }  // the rest was taken
    void keep() { count_ = 0_B; }

   private:
    RequestMemory& memory_;
    Bytes count_;
  };
  // Calls `wake` once, after the next give_back.
  void wait(std::function<void()> wake) { waiting_.push_back(std::move(wake)); }

 private:
  Bytes max_;
  Bytes used_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace tarn::doors::listen
