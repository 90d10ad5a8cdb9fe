// A cache of immutable values by text key, bounded by bytes: what was used longest ago goes first. Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/bytes.h"

namespace tarn::catalog {

template <class Value>
class BoundedCache {
 public:
  explicit BoundedCache(Bytes bytes_max) : bytes_max_(bytes_max) {}

  // Null if it is not here.
  std::shared_ptr<const Value> get(const std::string& key) {
    std::lock_guard lock(mutex_);
    auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->value;
  }

  void put(const std::string& key, std::shared_ptr<const Value> value, Bytes bytes) {
    std::lock_guard lock(mutex_);
    if (bytes > bytes_max_ || by_key_.contains(key)) return;
    recent_.push_front({key, std::move(value), bytes});
    by_key_[key] = recent_.begin();
    bytes_ += bytes;
    while (bytes_ > bytes_max_) {
      bytes_ -= recent_.back().bytes;
      by_key_.erase(recent_.back().key);
      recent_.pop_back();
    }
  }

  void clear() {
    std::lock_guard lock(mutex_);
    recent_.clear();
    by_key_.clear();
    bytes_ = Bytes(0);
  }

 private:
  struct Item {
    std::string key;
    std::shared_ptr<const Value> value;
    Bytes bytes;
  };
  Bytes bytes_max_;
  std::mutex mutex_;
  std::list<Item> recent_;  // newest first
  std::unordered_map<std::string, typename std::list<Item>::iterator> by_key_;
  Bytes bytes_;
};

}  // namespace tarn::catalog
