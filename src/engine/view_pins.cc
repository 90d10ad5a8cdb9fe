#include "engine/view_pins.h"

#include <unordered_map>

#include "host/logging.h"

namespace tarn::engine {

class ViewPins::Pin final : public ViewPin {
 public:
  Pin(std::shared_ptr<ViewPins> pins, std::shared_ptr<const View> view)
      : pins_(std::move(pins)), view_(std::move(view)), chunks_(view_->chunks()) {
    for (const tail::Chunk* chunk : chunks_) bytes_ += chunk->size.count();
  }
  ~Pin() override {
    std::lock_guard lock(pins_->mutex_);
    pins_->pins_.remove(this);
  }
  std::shared_ptr<const View> view() const override {
    std::lock_guard lock(pins_->mutex_);
    return view_;
  }

 private:
  friend class ViewPins;
  std::shared_ptr<ViewPins> pins_;
  std::shared_ptr<const View> view_;        // under the pins' mutex
  std::vector<const tail::Chunk*> chunks_;  // kept alive by the view
  std::uint64_t bytes_ = 0;
};

std::unique_ptr<ViewPin> ViewPins::pin(std::shared_ptr<const View> view) {
  auto pin = std::make_unique<Pin>(shared_from_this(), std::move(view));
  std::lock_guard lock(mutex_);
  pins_.push_back(pin.get());
  make_room();
  return pin;
}

void ViewPins::make_room() {
  std::uint64_t sum = 0;  // counts shared chunks again and again: cheap, and mostly enough
  for (const Pin* pin : pins_) sum += pin->bytes_;
  if (sum <= bytes_max_.count()) return;
  while (pins_.size() > 1 && distinct_bytes() > bytes_max_.count()) {
    Pin* oldest = pins_.front();
    host::log_warn("engine", "view_given_up", {{"pinned_bytes", oldest->bytes_}});
    oldest->view_.reset();
    oldest->chunks_.clear();
    pins_.pop_front();
  }
}

std::uint64_t ViewPins::distinct_bytes() const {
  std::unordered_map<const tail::Chunk*, std::uint64_t> chunks;
  for (const Pin* pin : pins_) {
    for (const tail::Chunk* chunk : pin->chunks_) chunks.emplace(chunk, chunk->size.count());
  }
  std::uint64_t bytes = 0;
  for (const auto& [chunk, size] : chunks) bytes += size;
  return bytes;
}

}  // namespace tarn::engine
