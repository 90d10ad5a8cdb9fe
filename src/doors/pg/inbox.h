// Messages of one client between the network thread, which reads them, and the session's thread, which answers them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"

namespace tarn::doors::pg {

struct Frame {
  char type = 0;
  Buffer body;
};

struct Gone {};                                              // the client closed the connection
struct Leaving {};                                           // we are shutting down
using Received = std::variant<Frame, Error, Gone, Leaving>;  // Error: the client broke the protocol

// The network thread pushes, the session's thread pops. What ends it comes after what was pushed, but for Leaving.
class Inbox {
 public:
  // `on_room` is called by pop() when there is room again after full() was true.
  Inbox(std::size_t bytes_max, std::function<void()> on_room) : bytes_max_(bytes_max), on_room_(std::move(on_room)) {}

  void push(Frame frame) {
    std::lock_guard lock(mutex_);
    bytes_ += frame.body.size();
    received_.emplace_back(std::move(frame));
    changed_.notify_one();
  }
  void end(Received how) {
    std::lock_guard lock(mutex_);
    if (std::holds_alternative<Leaving>(how)) received_.clear();
    received_.push_back(std::move(how));
    changed_.notify_one();
  }
  bool full() {
    std::lock_guard lock(mutex_);
    waited_for_ = bytes_ >= bytes_max_;
    return waited_for_;
  }
  Received pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !received_.empty(); });
    Received next = std::move(received_.front());
    received_.pop_front();
    if (const auto* frame = std::get_if<Frame>(&next)) bytes_ -= frame->body.size();
    bool room = waited_for_ && bytes_ < bytes_max_;
    if (room) waited_for_ = false;
    lock.unlock();
    if (room) on_room_();
    return next;
  }

 private:
  const std::size_t bytes_max_;
  const std::function<void()> on_room_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Received> received_;
  std::size_t bytes_ = 0;
  bool waited_for_ = false;
};

}  // namespace tarn::doors::pg
