// Who waits for which partition to grow past which offset.
//
// Thread-safe. A wake is called under the lock, which is what makes unwatch() final; it may call watch() and unwatch().
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "log/partition.h"

namespace tarn::log {

class Watches {
 public:
  struct Want {
    std::shared_ptr<Partition> partition;
    Offset beyond;
  };

  // Wakes at once if one is there already (or `gone`: a partition was not found).
  std::uint64_t watch(std::vector<Want> wants, bool gone, std::function<void()> wake);
  void unwatch(std::uint64_t id);
  // The partition's high-watermark moved, or (`gone`) its topic went away.
  void moved(const Partition& partition, bool gone = false);

 private:
  struct Watch {
    std::vector<Want> wants;
    std::function<void()> wake;
  };

  void drop(std::uint64_t id);

  std::recursive_mutex mutex_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, Watch> watches_;
  std::unordered_map<const Partition*, std::vector<std::uint64_t>> by_partition_;
};

}  // namespace tarn::log
