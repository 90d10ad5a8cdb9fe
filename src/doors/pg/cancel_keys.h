// Who may cancel what: a cancel request comes on a connection of its own and names (process id, secret key), which only
// the session's client was told.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

#include "base/bytes.h"
#include "host/random.h"

namespace tarn::doors::pg {

struct CancelKey {
  std::int32_t process_id = 0;  // unique among open sessions; no process of the machine
  std::uint32_t secret = 0;
};

// Thread-safe.
class CancelKeys {
 public:
  explicit CancelKeys(host::Random& random) : random_(random) {}
  // `cancel` may be called from any thread until remove() returns.
  CancelKey add(std::function<void()> cancel);
  void remove(const CancelKey& key);
  // Cancels if the key is right; says nothing either way, as Postgres does.
  void cancel(std::int32_t process_id, ByteView secret);

 private:
  struct Entry {
    std::uint32_t secret;
    std::function<void()> cancel;
  };
  host::Random& random_;
  std::mutex mutex_;
  std::map<std::int32_t, Entry> entries_;
  std::int32_t last_ = 0;
};

}  // namespace tarn::doors::pg
