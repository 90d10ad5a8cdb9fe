#include "doors/pg/cancel_keys.h"

#include <limits>

#include "base/endian.h"

namespace tarn::doors::pg {

CancelKey CancelKeys::add(std::function<void()> cancel) {
  CancelKey key;
  key.secret = static_cast<std::uint32_t>(random_.next());
  std::lock_guard lock(mutex_);
  do {
    last_ = last_ == std::numeric_limits<std::int32_t>::max() ? 1 : last_ + 1;
  } while (entries_.contains(last_));
  key.process_id = last_;
  entries_.emplace(key.process_id, Entry{key.secret, std::move(cancel)});
  return key;
}

void CancelKeys::remove(const CancelKey& key) {
  std::lock_guard lock(mutex_);
  entries_.erase(key.process_id);
}

void CancelKeys::cancel(std::int32_t process_id, ByteView secret) {
  if (secret.size() != sizeof(std::uint32_t)) return;
  std::lock_guard lock(mutex_);
  auto found = entries_.find(process_id);
  if (found != entries_.end() && found->second.secret == load_be<std::uint32_t>(secret.data())) found->second.cancel();
}

}  // namespace tarn::doors::pg
