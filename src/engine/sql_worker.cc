#include "engine/sql_worker.h"

#include "host/logging.h"

namespace tarn::engine {
namespace {

// The window, and a frame in flight on either side; a worker that sends more does not obey its protocol.
constexpr std::size_t kInboxBytesMax = kWindowBytes.count() + 4 * kRowsFrameBytes.count() + (1 << 20);

std::size_t payload_bytes(const Reply& reply) { return reply.message.payload.size(); }

}  // namespace

void Inbox::push(Reply reply) {
  std::lock_guard lock(mutex_);
  bytes_ += payload_bytes(reply);
  replies_.push_back(std::move(reply));
  changed_.notify_one();
}

void Inbox::close(std::string why) {
  std::lock_guard lock(mutex_);
  closed_ = std::move(why);
  changed_.notify_one();
}

void Inbox::wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

Inbox::Popped Inbox::pop(std::optional<host::MonotonicTime> deadline, Reply& out) {
  std::unique_lock lock(mutex_);
  auto ready = [&] { return woken_ || closed_ || !replies_.empty(); };
  if (deadline) {
    changed_.wait_for(lock, std::max(*deadline - clock_.now(), host::Duration::zero()), ready);
  } else {
    changed_.wait(lock, ready);
  }
  woken_ = false;
  if (!replies_.empty()) {
    out = std::move(replies_.front());
    replies_.pop_front();
    bytes_ -= payload_bytes(out);
    return Popped::kReply;
  }
  return closed_ ? Popped::kClosed : Popped::kNothing;
}

std::string Inbox::why() const {
  std::lock_guard lock(mutex_);
  return closed_.value_or("");
}

std::size_t Inbox::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

void SqlWorker::receive(host::Message message) {
  Result<SqlReply> reply = decode_sql_reply(message.payload);
  if (!reply) {
    host::log_error("engine", "worker_reply_bad", {{"pid", process->pid()}, {"why", reply.error().message}});
    return process->kill();
  }
  std::optional<ExecutionId> id;
  std::visit(
      [&](const auto& m) {
        if constexpr (requires { m.id; }) id = m.id;
      },
      *reply);
  if (!id) return;  // Ready
  std::lock_guard lock(inbox_mutex);
  auto found = inboxes.find(*id);
  if (found == inboxes.end()) return;  // closed meanwhile
  found->second->push(Reply{std::move(message), std::move(*reply)});
  if (found->second->bytes() > kInboxBytesMax) {
    host::log_error("engine", "worker_over_window", {{"pid", process->pid()}});
    process->kill();
  }
}

void SqlWorker::die(const std::string& why) {
  std::lock_guard lock(inbox_mutex);
  dead = why;
  for (auto& [id, inbox] : inboxes) inbox->close(why);
}

void SqlWorker::add(ExecutionId id, std::shared_ptr<Inbox> inbox) {
  std::lock_guard lock(inbox_mutex);
  if (dead) inbox->close(*dead);
  inboxes.emplace(id, std::move(inbox));
}

void SqlWorker::remove(ExecutionId id) {
  std::lock_guard lock(inbox_mutex);
  inboxes.erase(id);
}

}  // namespace tarn::engine
