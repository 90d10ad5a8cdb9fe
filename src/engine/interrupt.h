// Why a session's running statement must stop, asked by whoever wants it stopped, seen by whoever waits for it.
#pragma once

#include <atomic>

#include "engine/sql_error.h"

namespace tarn::engine {

enum class Stop { kNone, kCancelRequest, kTimeout, kDisconnect, kShutdown };

// Thread-safe. The first reason counts until it is cleared, but for kDisconnect and kShutdown, which stay.
class Interrupt {
 public:
  void raise(Stop reason) {
    Stop none = Stop::kNone;
    if (reason >= Stop::kDisconnect) {
      reason_ = reason;
    } else {
      reason_.compare_exchange_strong(none, reason);
    }
  }
  // Before a statement: a cancel that came too late must not hit the next one.
  void clear() {
    Stop reason = reason_;
    if (reason < Stop::kDisconnect) reason_.compare_exchange_strong(reason, Stop::kNone);
  }
  Stop reason() const { return reason_; }

 private:
  std::atomic<Stop> reason_{Stop::kNone};
};

// What the client is told: 57014 with Postgres's words, 57P01 at shutdown.
SqlError stop_error(Stop reason);

}  // namespace tarn::engine
