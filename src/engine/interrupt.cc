#include "engine/interrupt.h"

namespace tarn::engine {

SqlError stop_error(Stop reason) {
  switch (reason) {
    case Stop::kTimeout: return {"57014", "canceling statement due to statement timeout", {}, {}, 0};
    case Stop::kDisconnect: return {"08006", "the client closed the connection", {}, {}, 0};
    case Stop::kShutdown: return {"57P01", "terminating connection due to administrator command", {}, {}, 0};
    case Stop::kNone:
    case Stop::kCancelRequest: break;
  }
  return {"57014", "canceling statement due to user request", {}, {}, 0};
}

}  // namespace tarn::engine
