#include <fmt/format.h>

#include <algorithm>

#include "log/partition.h"

namespace tarn::log {

using wire::kafka::RecordBatchHeader;

namespace {

constexpr Bytes kDecompressedMax = 64_MiB;  // of a batch whose records are looked through for a timestamp

}  // namespace

PartitionEnds Partition::ends() const {
  std::lock_guard lock(mutex_);
  bool never = config_->fsync == TopicConfig::Fsync::kNever;
  return {log_start_, high_watermark_, never ? durable_end_ : high_watermark_, epochs_.latest()};
}

Offset Partition::next() const {
  std::lock_guard lock(mutex_);
  return next_;
}

std::pair<LeaderEpoch, Offset> Partition::end_of_epoch(LeaderEpoch epoch) const {
  std::lock_guard lock(mutex_);
  return epochs_.end_of(epoch, high_watermark_);
}

std::uint64_t Partition::limit_of(const Segment& segment) const {
  if (segment.base() == readable_base_) return readable_position_;
  return segment.base() < readable_base_ ? segment.size() : 0;
}

// The segment in which a scan for `offset` begins: the last that starts at or below it.
std::optional<Partition::Place> Partition::place_of(Offset offset) const {
  auto after = std::ranges::upper_bound(segments_, offset, {}, [](const auto& segment) { return segment->base(); });
  if (after == segments_.begin() && after == segments_.end()) return std::nullopt;
  if (after != segments_.begin()) --after;
  return Place{*after, limit_of(**after), *after == segments_.back()};
}

Result<SegmentRange> Partition::read(Offset from, Bytes max) {
  Offset at = from;
  for (;;) {
    std::unique_lock lock(mutex_);
    if (from < log_start_ || from > high_watermark_) {
      return fail(Code::kInvalidArgument, fmt::format("offset {} is not in {} to {}", from.value(), log_start_.value(),
                                                      high_watermark_.value()));
    }
    std::optional<Place> place = at < high_watermark_ ? place_of(at) : std::nullopt;
    if (!place || place->limit == 0) return SegmentRange{};
    // A segment that is written to is read under the lock, for the sake of its index; the others never change.
    if (!place->last) lock.unlock();
    Result<std::optional<Segment::Found>> found = place->segment->find(at, place->limit);
    if (!found && found.error().code == Code::kNotFound && log_start_moved_past(from, lock)) continue;
    if (!found) return std::unexpected(std::move(found).error());
    if (*found) {
      TARN_ASSIGN(auto file, place->segment->read_file());
      std::uint64_t left = place->limit - (*found)->position;
      std::uint64_t length = std::min(left, std::max<std::uint64_t>((*found)->batch.size(), max.count()));
      return SegmentRange{std::move(file), Bytes((*found)->position), Bytes(length), (*found)->batch.base_offset};
    }
    if (place->last) return SegmentRange{};  // a gap that recovery left, up to the high-watermark
    at = next_segment_base(place->segment->base(), lock);
  }
}

// Retention removed the segment while it was being read without the lock.
bool Partition::log_start_moved_past(Offset offset, std::unique_lock<std::mutex>& lock) const {
  if (!lock.owns_lock()) lock.lock();
  return offset < log_start_;
}

Offset Partition::next_segment_base(Offset base, std::unique_lock<std::mutex>& lock) const {
  if (!lock.owns_lock()) lock.lock();
  for (const auto& segment : segments_) {
    if (segment->base() > base) return segment->base();
  }
  return next_;
}

Result<std::optional<OffsetAndTimestamp>> Partition::offset_for_time(TimestampMs when) {
  std::lock_guard lock(mutex_);
  for (const auto& segment : segments_) {
    std::uint64_t limit = limit_of(*segment);
    if (limit == 0) break;
    TARN_ASSIGN(std::optional<Segment::Found> found, segment->find_time(when, limit));
    while (found) {
      TARN_ASSIGN(std::optional<OffsetAndTimestamp> record, record_at(*segment, *found, when));
      if (record && record->offset >= log_start_) return record;
      TARN_ASSIGN(found, segment->find(found->batch.last_offset() + 1, limit));
      if (found && found->batch.max_timestamp < when) found.reset();
    }
  }
  return std::optional<OffsetAndTimestamp>();
}

Result<std::optional<OffsetAndTimestamp>> Partition::max_timestamp() {
  std::lock_guard lock(mutex_);
  Segment* best = nullptr;
  for (const auto& segment : segments_) {
    if (segment->size() > 0 && (!best || segment->state().max_timestamp > best->state().max_timestamp)) {
      best = segment.get();
    }
  }
  if (!best) return std::optional<OffsetAndTimestamp>();
  TARN_ASSIGN(auto found, best->find(best->state().max_timestamp_last, limit_of(*best)));
  if (!found) return std::optional<OffsetAndTimestamp>();
  return record_at(*best, *found, best->state().max_timestamp);
}

// The first record of the batch at or after `when`. A batch whose records don't decode answers for itself: the log
// takes what producers send, and its readers find the bad record themselves.
Result<std::optional<OffsetAndTimestamp>> Partition::record_at(Segment& segment, const Segment::Found& found,
                                                               TimestampMs when) {
  const RecordBatchHeader& batch = found.batch;
  OffsetAndTimestamp whole{batch.base_offset, batch.max_timestamp, batch.partition_leader_epoch};
  if (batch.is_log_append_time()) return whole;
  TARN_ASSIGN(Buffer bytes, segment.read_batch(found));
  wire::kafka::Decompressor decompressor;
  Result<ByteView> records =
      decompressor.decompress(batch.codec(), ByteView(bytes).subspan(wire::kafka::kBatchHeaderBytes), kDecompressedMax);
  if (!records) return whole;
  wire::kafka::RecordReader reader(batch, *records);
  wire::kafka::Record record;
  while (reader.next(record)) {
    if (record.timestamp >= when)
      return OffsetAndTimestamp{record.offset, record.timestamp, batch.partition_leader_epoch};
  }
  if (!reader.status()) return whole;
  return std::optional<OffsetAndTimestamp>();
}

}  // namespace tarn::log
