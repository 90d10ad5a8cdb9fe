// An append, or another wait, that ends when its group is durable.
#pragma once

#include <memory>

#include "log/log.h"

namespace tarn::log {

class Partition;

struct PendingAck {
  std::shared_ptr<Partition> partition;  // whose high-watermark moves; null: none does
  Offset end;                            // it moves here,
  Offset segment_base;                   // which is this place
  std::uint64_t end_position = 0;
  AppendResult result;   // what `done` is told on success
  Log::AppendDone done;  // may be null
};

}  // namespace tarn::log
