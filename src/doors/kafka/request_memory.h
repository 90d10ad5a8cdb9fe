// The bytes of requests in memory, over all connections of a door: who would go past the bound waits its turn.
#pragma once

#include <functional>
#include <vector>

#include "base/bytes.h"

namespace tarn::doors::kafka {

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
  // Calls `wake` once, after the next give_back.
  void wait(std::function<void()> wake) { waiting_.push_back(std::move(wake)); }

 private:
  Bytes max_;
  Bytes used_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace tarn::doors::kafka
