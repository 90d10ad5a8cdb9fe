// The coordinator's lock for one decision: what was queued under it is run when it is given up.
#pragma once

#include "doors/kafka/group_coordinator.h"

namespace tarn::doors::kafka {

class GroupCoordinator::Turn {
 public:
  explicit Turn(GroupCoordinator& coordinator)
      : coordinator_(coordinator), lock_(coordinator.mutex_), deadline_before_(coordinator.soonest()) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    bool earlier = coordinator_.soonest() < deadline_before_;
    lock_.unlock();
    if (earlier) coordinator_.hooks_.wake_early();
    coordinator_.drain();
  }

 private:
  GroupCoordinator& coordinator_;
  std::unique_lock<std::mutex> lock_;
  const host::MonotonicTime deadline_before_;
};

}  // namespace tarn::doors::kafka
