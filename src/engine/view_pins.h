// Un-landed rows that open transactions keep from being freed, bounded: past the bound the oldest transaction gives up
// its view and fails with 40001, so that pins never stop decoding.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>

#include "base/bytes.h"
#include "engine/view.h"

namespace tarn::engine {

inline constexpr Bytes kPinnedBytesMax{1u
                                       << 30};  // distinct chunks of all pinned views; the tail's own share most of it

// One transaction's hold on a view; ends with the object.
class ViewPin {
 public:
  virtual ~ViewPin() = default;
  // Null once it was given up.
  virtual std::shared_ptr<const View> view() const = 0;
};

// Thread-safe. Lives as long as any pin.
class ViewPins : public std::enable_shared_from_this<ViewPins> {
 public:
  explicit ViewPins(Bytes bytes_max = kPinnedBytesMax) : bytes_max_(bytes_max) {}
  std::unique_ptr<ViewPin> pin(std::shared_ptr<const View> view);

 private:
  class Pin;
  void make_room();
  std::uint64_t distinct_bytes() const;

  const Bytes bytes_max_;
  mutable std::mutex mutex_;
  std::list<Pin*> pins_;  // oldest first
};

}  // namespace tarn::engine
