#include "log/wal_writer.h"

#include <pthread.h>

#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/endian.h"
#include "host/logging.h"

namespace tarn::log {
namespace {

constexpr std::size_t kSpareBytesMax = kGroupBytesMax;  // a larger buffer is given back when the log goes idle

}  // namespace

WalWriter::WalWriter(WalRing& ring, WalFile file, WalPosition start, std::uint32_t this_run, Options options)
    : ring_(ring),
      options_(std::move(options)),
      run_(this_run),
      next_sequence_(start.sequence),
      durable_(start),
      file_(std::move(file)),
      at_(start.position),
      last_durable_(start.sequence - 1),
      run_before_(start.run),
      flusher_([this] { run(); }) {}

void WalWriter::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    work_.notify_all();
  }
  if (flusher_.joinable()) flusher_.join();
}

void WalWriter::wait_for_room() {
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [&] { return failure_ || staged_bytes_ < options_.unsynced_bytes_max.count(); });
}

bool WalWriter::stage(WalKind kind, std::span<const ByteView> body, PendingAck& ack) {
  std::size_t body_bytes = 0;
  std::uint32_t body_crc = ring_.id().seed;
  for (ByteView piece : body) {
    body_bytes += piece.size();
    body_crc = crc32c(piece, body_crc);
  }
  std::lock_guard lock(mutex_);
  if (failure_) return false;
  Group& group = group_for(kWalRecordHeaderBytes + body_bytes);
  add_record(group, kind, body, body_bytes, body_crc);
  if (ack.partition || ack.done) group.acks.push_back(std::move(ack));
  work_.notify_one();
  return true;
}

bool WalWriter::stage_wait(PendingAck& ack) {
  std::lock_guard lock(mutex_);
  if (failure_) return false;
  group_for(0).acks.push_back(std::move(ack));
  work_.notify_one();
  return true;
}

WalWriter::Group& WalWriter::group_for(std::size_t record_bytes) {
  bool fits = !waiting_.empty() &&
              (waiting_.back().bytes.empty() || waiting_.back().bytes.size() + record_bytes <= kGroupBytesMax);
  fits = fits && (waiting_.back().bytes.size() + record_bytes <= ring_.record_bytes_max());
  if (!fits) {
    waiting_.push_back(std::move(spare_));
    spare_ = {};
    waiting_.back().first_sequence = next_sequence_;
    ++groups_staged_;
  }
  return waiting_.back();
}

void WalWriter::add_record(Group& group, WalKind kind, std::span<const ByteView> body, std::size_t body_bytes,
                           std::uint32_t body_crc) {
  TARN_ASSERT(kWalRecordHeaderBytes + body_bytes <= ring_.record_bytes_max(), "checked by the caller");
  std::size_t begin = group.bytes.size();
  std::byte head[kWalRecordHeaderBytes];
  put_record_header(head,
                    {.body_crc = body_crc,
                     .body_bytes = static_cast<std::uint32_t>(body_bytes),
                     .kind = kind,
                     .sequence = next_sequence_++,
                     .run = run_},
                    ring_.id().seed);
  group.records.push_back(begin);
  group.bytes.insert(group.bytes.end(), head, head + kWalRecordHeaderBytes);
  for (ByteView piece : body) group.bytes.insert(group.bytes.end(), piece.begin(), piece.end());
  group.bytes.resize(align_up(group.bytes.size(), 8));
  group.last_kind = kind;
  staged_bytes_ += group.bytes.size() - begin;
}

Result<void> WalWriter::write(WalKind kind, ByteView body) {
  {
    PendingAck none;
    ByteView pieces[] = {body};
    if (!stage(kind, pieces, none)) return std::unexpected(*failure());
  }
  return flush();
}

Result<void> WalWriter::flush() {
  std::unique_lock lock(mutex_);
  std::uint64_t target = groups_staged_;
  progress_.wait(lock, [&] { return failure_ || groups_done_ >= target; });
  if (failure_) return std::unexpected(*failure_);
  return {};
}

WalPosition WalWriter::position() const {
  std::lock_guard lock(mutex_);
  return durable_;
}

std::uint64_t WalWriter::bytes_written() const {
  std::lock_guard lock(mutex_);
  return bytes_written_;
}

std::optional<Error> WalWriter::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void WalWriter::fail_all(Error why) {
  std::lock_guard lock(mutex_);
  if (failure_) return;
  host::log_error("log", "stopped_writing", {{"reason", why.message}, {"next", "restart after the disk is mended"}});
  failure_ = std::move(why);
  ring_.stop();  // nobody waits for room any more
  work_.notify_all();
  progress_.notify_all();
}

void WalWriter::run() {
  pthread_setname_np(pthread_self(), "tarn-log-flush");
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return stop_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Group group = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    bool wants_mark = !group.bytes.empty() && group.last_kind != WalKind::kSeal;
    commit(std::move(group));
    if (std::optional<Group> mark = wants_mark ? mark_if_idle() : std::nullopt) commit(std::move(*mark));
    lock.lock();
  }
}

void WalWriter::commit(Group group) {
  std::uint64_t staged = group.bytes.size();
  bool is_mark = group.last_kind == WalKind::kMark;
  Result<void> written;
  if (std::optional<Error> why = failure()) {
    written = std::unexpected(*why);
  } else if (!group.bytes.empty()) {
    written = write_group(group);
    if (written && !is_mark) written = file_.file->sync();
    if (!written) fail_all(written.error());
  }
  {
    std::lock_guard lock(mutex_);
    if (written && !group.bytes.empty()) {
      std::uint64_t last = group.first_sequence + group.records.size() - 1;
      if (!is_mark) last_durable_ = last;
      durable_ = {file_.generation, at_, last + 1, run_};
      bytes_written_ += group.bytes.size();
    }
  }
  options_.group_done(group.acks, written ? nullptr : &written.error());
  group.acks.clear();
  group.records.clear();
  group.bytes.clear();
  group.last_kind = WalKind::kBatch;
  std::lock_guard lock(mutex_);
  staged_bytes_ -= staged;
  ++groups_done_;
  if (!waiting_.empty() || group.bytes.capacity() <= kSpareBytesMax) spare_ = std::move(group);
  progress_.notify_all();
}

std::optional<WalWriter::Group> WalWriter::mark_if_idle() {
  std::lock_guard lock(mutex_);
  if (failure_ || !waiting_.empty()) return std::nullopt;
  Group mark;
  mark.first_sequence = next_sequence_;
  ++groups_staged_;
  add_record(mark, WalKind::kMark, {}, 0, ring_.id().seed);
  return mark;
}

Result<void> WalWriter::write_group(Group& group) {
  if (at_ + align_up(group.bytes.size(), kWalBlockBytes) + kWalBlockBytes > ring_.id().file_bytes) {
    TARN_TRY(turn_to_next_file(group.first_sequence));
  }
  seal_headers(group, last_durable_);
  return write_bytes(group.bytes);
}

// The last block of a file says where the log goes on. It takes no number: it bears that of the record that follows.
Result<void> WalWriter::turn_to_next_file(std::uint64_t next_sequence) {
  if (ring_.is_short()) options_.ring_short();
  TARN_ASSIGN(WalFile next, ring_.take());
  Buffer block(kWalBlockBytes);
  std::byte* body = block.data() + kWalRecordHeaderBytes;
  store_le<std::uint64_t>(body, next.generation);
  put_record_header(block.data(),
                    {.body_crc = crc32c({body, 8}, ring_.id().seed),
                     .body_bytes = 8,
                     .kind = WalKind::kContinue,
                     .last_of_group = true,
                     .sequence = next_sequence,
                     .durable = last_durable_,
                     .generation = file_.generation,
                     .run = run_before_},
                    ring_.id().seed);
  TARN_TRY(file_.file->write_at(block, Bytes(at_)));
  TARN_TRY(file_.file->sync());
  file_ = std::move(next);
  at_ = kWalBlockBytes;
  return {};
}

void WalWriter::seal_headers(Group& group, std::uint64_t durable) {
  for (std::size_t i = 0; i < group.records.size(); ++i) {
    std::byte* at = group.bytes.data() + group.records[i];
    put_record_header(at,
                      {.body_crc = load_le<std::uint32_t>(at + 4),
                       .body_bytes = load_le<std::uint32_t>(at + 8),
                       .kind = static_cast<WalKind>(at[12]),
                       .last_of_group = i + 1 == group.records.size(),
                       .sequence = load_le<std::uint64_t>(at + 16),
                       .durable = durable,
                       .generation = file_.generation,
                       .run = run_},
                      ring_.id().seed);
  }
}

Result<void> WalWriter::write_bytes(Buffer& bytes) {
  bytes.resize(align_up(bytes.size(), kWalBlockBytes));
  TARN_TRY(file_.file->write_at(bytes, Bytes(at_)));
  at_ += bytes.size();
  run_before_ = run_;
  if (at_ > ring_.id().file_bytes / 2 && ring_.is_short()) options_.ring_short();
  return {};
}

}  // namespace tarn::log
