#include "log/watches.h"

#include <algorithm>

namespace tarn::log {

std::uint64_t Watches::watch(std::vector<Want> wants, bool gone, std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  std::uint64_t id = next_id_++;
  // Counted as a watcher before the high-watermark is read: whoever moves it from then on calls moved().
  for (const Want& want : wants) {
    ++want.partition->watchers;
    by_partition_[want.partition.get()].push_back(id);
  }
  bool now = gone || std::ranges::any_of(
                         wants, [](const Want& want) { return want.partition->high_watermark() > want.beyond; });
  watches_.emplace(id, Watch{std::move(wants), std::move(wake)});
  if (now) {
    std::function<void()> call = std::move(watches_.at(id).wake);
    drop(id);
    call();
  }
  return id;
}

void Watches::unwatch(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  drop(id);
}

void Watches::drop(std::uint64_t id) {
  auto found = watches_.find(id);
  if (found == watches_.end()) return;
  for (const Want& want : found->second.wants) {
    --want.partition->watchers;
    auto entry = by_partition_.find(want.partition.get());
    if (entry == by_partition_.end()) continue;
    std::erase(entry->second, id);
    if (entry->second.empty()) by_partition_.erase(entry);
  }
  watches_.erase(found);
}

void Watches::moved(const Partition& partition, bool gone) {
  if (partition.watchers.load() == 0) return;
  std::lock_guard lock(mutex_);
  auto entry = by_partition_.find(&partition);
  if (entry == by_partition_.end()) return;
  std::vector<std::uint64_t> ids = entry->second;
  for (std::uint64_t id : ids) {
    auto found = watches_.find(id);
    if (found == watches_.end()) continue;
    bool due = gone || std::ranges::any_of(found->second.wants, [&](const Want& want) {
                 return want.partition.get() == &partition && partition.high_watermark() > want.beyond;
               });
    if (!due) continue;
    std::function<void()> call = std::move(found->second.wake);
    drop(id);
    call();
  }
}

}  // namespace tarn::log
