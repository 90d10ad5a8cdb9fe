#include <fmt/format.h>

#include <algorithm>

#include "host/logging.h"
#include "log/partition.h"

namespace tarn::log {

using wire::kafka::RecordBatchHeader;

namespace {

constexpr std::size_t kWalkBytes = 1 << 20;  // read at once while walking; a larger batch takes its own size

}  // namespace

Result<void> Partition::replay(const BatchPlace& place, ByteView batch) {
  Result<RecordBatchHeader> header = wire::kafka::parse_batch_header(batch);
  if (!header || header->size() != batch.size()) {
    return fail(Code::kCorruption, fmt::format("a batch for {} does not parse", folder_));
  }
  if (header->base_offset < next_) return {};  // the checkpoint has it
  std::lock_guard lock(mutex_);
  if (!appending_) TARN_TRY(begin_appending());
  if (segments_.empty() || segments_.back()->base() != place.segment_base) {
    if (!segments_.empty()) {
      if (place.segment_base < next_) {
        return fail(Code::kCorruption, fmt::format("a batch for segment {} of {} comes after that was closed",
                                                   place.segment_base.value(), folder_));
      }
      TARN_TRY(segments_.back()->finish());
    }
    TARN_TRY(begin_segment(place.segment_base));
  }
  Segment& segment = *segments_.back();
  if (!may_follow(header->base_offset) || place.position != segment.size()) {
    return fail(Code::kCorruption, fmt::format("the batch at offset {} of {} does not follow offset {}",
                                               header->base_offset.value(), folder_, next_.value()));
  }
  TARN_TRY(segment.write(batch, {}));
  segment.took(*header, place.appended);
  producers_.took(*header, place.appended);
  next_ = header->last_offset() + 1;
  changed_ = true;
  return segment.flush_indexes(kIndexPendingMax);  // last: after an error here the batch counts all the same
}

void Partition::apply(const EpochChange& change) {
  std::lock_guard lock(mutex_);
  if (change.epoch <= epochs_.latest()) return;  // the checkpoint has it
  epochs_.begin(change.epoch, change.start);
  jumps_.push_back(change.start);
  changed_ = true;
}

// Offsets follow one another, but where an earlier start jumped to keep landed offsets from being used again.
bool Partition::may_follow(Offset base) const {
  return base == next_ || (base > next_ && std::ranges::find(jumps_, base) != jumps_.end());
}

Result<void> Partition::walk() {
  std::lock_guard lock(mutex_);
  for (bool more = !segments_.empty();;) {
    if (more) TARN_TRY(walk_segment(*segments_.back()));
    TARN_ASSIGN(more, follow_to_next_file());
    if (!more) return {};
  }
}

// A segment whose name is an offset that may come next.
Result<bool> Partition::follow_to_next_file() {
  std::vector<Offset> bases{next_};
  std::ranges::copy_if(jumps_, std::back_inserter(bases), [&](Offset start) { return start > next_; });
  for (Offset base : bases) {
    if (!segments_.empty() && segments_.back()->base() == base) continue;
    TARN_ASSIGN(bool there, cache_.files().exists(host::join(folder_, segment_file_name(base, ".log"))));
    if (!there) continue;
    if (!segments_.empty()) TARN_TRY(segments_.back()->finish());
    segments_.push_back(std::make_shared<Segment>(cache_, folder_, SegmentState{.base = base}));
    new_names_ = changed_ = true;
    return true;
  }
  return false;
}

// Takes whole batches from the segment's known size on, up to the first that is not what should stand there.
Result<void> Partition::walk_segment(Segment& segment) {
  Result<std::shared_ptr<host::File>> opened = segment.read_file();
  if (!opened && opened.error().code == Code::kNotFound && segment.size() == 0) return {};
  TARN_ASSIGN(std::shared_ptr<host::File> file, std::move(opened));
  Buffer chunk(kWalkBytes);
  std::uint64_t chunk_at = segment.size();
  std::size_t have = 0;
  for (;;) {
    ByteView left = ByteView(chunk).first(have).subspan(std::min<std::size_t>(have, segment.size() - chunk_at));
    Result<RecordBatchHeader> header = wire::kafka::parse_batch_header(left);
    std::size_t wanted = header ? header->size() : wire::kafka::kBatchHeaderBytes;
    if (left.size() < wanted) {
      if (wanted > kSegmentBytesMax.count()) return {};
      chunk_at = segment.size();
      if (wanted > chunk.size()) {
        TARN_ASSIGN(Bytes size, file->size());
        if (size.count() < chunk_at + wanted) return {};
        chunk.resize(wanted);
      }
      TARN_ASSIGN(have, file->read_at(chunk, Bytes(chunk_at)));
      if (have < wanted) return {};
      continue;
    }
    header = wire::kafka::check_batch(left);
    if (!header || !may_follow(header->base_offset)) return {};
    // Of an earlier epoch: a start found it lost and cut it, and a power loss undid the cut.
    if (header->partition_leader_epoch != epochs_.at(header->base_offset)) return {};
    TARN_TRY(take_walked(segment, left.first(header->size()), *header));
  }
}

Result<void> Partition::take_walked(Segment& segment, ByteView batch, const RecordBatchHeader& header) {
  TARN_TRY(segment.write(batch, {}));
  segment.took(header, header.max_timestamp);
  producers_.took(header, header.max_timestamp);
  next_ = header.last_offset() + 1;
  changed_ = true;
  return segment.flush_indexes(kIndexPendingMax);
}

Offset Partition::recovered() {
  std::lock_guard lock(mutex_);
  for (Offset start : jumps_) next_ = std::max(next_, start);
  jumps_.clear();
  if (segments_.empty()) {
    move_high_watermark(next_, Offset(-1), 0);
  } else {
    move_high_watermark(next_, segments_.back()->base(), segments_.back()->size());
  }
  return next_;
}

std::optional<EpochChange> Partition::change_needed(std::optional<Offset> used_end, bool unclean) const {
  std::lock_guard lock(mutex_);
  bool gap = used_end && *used_end > next_;
  if (gap) {
    host::log_warn("log", "offsets_skipped",
                   {{"partition", folder_},
                    {"from", next_.value()},
                    {"to", used_end->value()},
                    {"reason", "these had landed or were committed, and were lost with the power or the disk"}});
  }
  if (!gap && !(unclean && config_->fsync == TopicConfig::Fsync::kNever)) return std::nullopt;
  return EpochChange{id_, epochs_.latest() + 1, gap ? *used_end : next_};
}

}  // namespace tarn::log
