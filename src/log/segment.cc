#include "log/segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/logging.h"

namespace tarn::log {

using wire::kafka::kBatchHeaderBytes;
using wire::kafka::RecordBatchHeader;

void put(Encoder& out, const SegmentState& state) {
  out.put(state.base);
  out.put(state.size);
  out.put(state.max_timestamp);
  out.put(state.max_timestamp_last);
  out.put(state.first_timestamp);
  out.put(state.offset_entries);
  out.put(state.time_entries);
  out.put(state.last_time_key);
  out.put(state.bytes_since_entry);
  out.put(std::uint32_t{0});
}

SegmentState get_segment_state(Decoder& in) {
  SegmentState state;
  state.base = in.get_id<Offset>();
  state.size = in.get<std::uint64_t>();
  state.max_timestamp = in.get_id<TimestampMs>();
  state.max_timestamp_last = in.get_id<Offset>();
  state.first_timestamp = in.get_id<TimestampMs>();
  state.offset_entries = in.get<std::uint32_t>();
  state.time_entries = in.get<std::uint32_t>();
  state.last_time_key = in.get<std::int64_t>();
  state.bytes_since_entry = in.get<std::uint32_t>();
  in.get<std::uint32_t>();
  return state;
}

Segment::Segment(FileCache& cache, const host::Path& folder, const SegmentState& state)
    : state_(state),
      log_(cache, folder, state.base, ".log"),
      offset_file_(cache, folder, state.base, ".index"),
      time_file_(cache, folder, state.base, ".timeindex"),
      offsets_(offset_file_, state.offset_entries),
      times_(time_file_, state.time_entries) {}

SegmentState Segment::checkpoint_state() const {
  SegmentState state = state_;
  state.offset_entries = offsets_.written();
  state.time_entries = times_.written();
  return state;
}

Result<void> Segment::open_for_append() {
  struct Part {
    CachedFile& file;
    std::uint64_t size;
  };
  for (Part part : {Part{log_, state_.size}, Part{offset_file_, offsets_.written() * OffsetEntry::kBytes},
                    Part{time_file_, times_.written() * TimeEntry::kBytes}}) {
    TARN_ASSIGN(auto file, part.file.open_to_write());
    TARN_ASSIGN(Bytes size, file->size());
    if (size.count() > part.size) TARN_TRY(file->truncate(Bytes(part.size)));
  }
  return {};
}

Result<void> Segment::write(ByteView head, ByteView rest) {
  TARN_ASSIGN(auto file, log_.open_to_write());
  TARN_TRY(file->write_at(head, Bytes(state_.size)));
  if (!rest.empty()) TARN_TRY(file->write_at(rest, Bytes(state_.size + head.size())));
  return {};
}

// As Kafka's LogSegment.append: entries name the batch's last offset, and are made when more than the interval passed.
void Segment::took(const RecordBatchHeader& batch, TimestampMs appended) {
  if (state_.size == 0) state_.first_timestamp = appended;
  if (batch.max_timestamp > state_.max_timestamp) {
    state_.max_timestamp = batch.max_timestamp;
    state_.max_timestamp_last = batch.last_offset();
  }
  if (state_.bytes_since_entry > kIndexIntervalBytes) {
    offsets_.add(
        {static_cast<std::int32_t>(batch.last_offset() - state_.base), static_cast<std::int32_t>(state_.size)});
    if (state_.max_timestamp.value() > state_.last_time_key) {
      times_.add({state_.max_timestamp.value(), static_cast<std::int32_t>(state_.max_timestamp_last - state_.base)});
      state_.last_time_key = state_.max_timestamp.value();
    }
    state_.bytes_since_entry = 0;
  }
  state_.bytes_since_entry += static_cast<std::uint32_t>(batch.size());
  state_.size += batch.size();
}

Result<void> Segment::flush_indexes(std::size_t at_least) {
  TARN_TRY(offsets_.flush(at_least));
  return times_.flush(at_least);
}

Result<void> Segment::finish() {
  if (state_.max_timestamp.value() > state_.last_time_key) {
    times_.add({state_.max_timestamp.value(), static_cast<std::int32_t>(state_.max_timestamp_last - state_.base)});
    state_.last_time_key = state_.max_timestamp.value();
  }
  TARN_TRY(flush_indexes());
  TARN_ASSIGN(auto file, log_.open_to_write());
  TARN_ASSIGN(Bytes size, file->size());
  if (size.count() > state_.size) TARN_TRY(file->truncate(Bytes(state_.size)));
  return {};
}

void Segment::take_dirty(std::vector<std::shared_ptr<host::File>>& out) {
  for (CachedFile* file : {&log_, &offset_file_, &time_file_}) {
    if (auto dirty = file->take_dirty()) out.push_back(std::move(dirty));
  }
}

Result<void> Segment::remove_files() {
  TARN_TRY(log_.remove());
  TARN_TRY(offset_file_.remove());
  return time_file_.remove();
}

// An index entry counts only if the batch it names stands there.
std::uint64_t Segment::start_for(Offset offset) {
  std::int64_t relative = std::min<std::int64_t>(offset - state_.base, 2147483647);
  Result<std::optional<OffsetEntry>> entry = offsets_.seek(relative);
  if (!entry || !*entry) return 0;
  auto position = static_cast<std::uint64_t>((*entry)->position);
  Result<std::shared_ptr<host::File>> file = log_.open();
  Buffer head(kBatchHeaderBytes);
  if (!file || position >= state_.size) return 0;
  Result<std::size_t> got = (*file)->read_at(head, Bytes(position));
  if (!got) return 0;
  Result<RecordBatchHeader> batch = wire::kafka::parse_batch_header(ByteView(head).first(*got));
  if (batch && batch->last_offset() == state_.base + (*entry)->relative_offset) return position;
  host::log_warn("log", "index_ignored", {{"file", offset_file_.path()}, {"reason", "names no batch"}});
  return 0;
}

template <class Matches>
Result<std::optional<Segment::Found>> Segment::scan(std::uint64_t from, std::uint64_t limit, Matches matches) {
  TARN_ASSIGN(auto file, log_.open());
  Buffer head(kBatchHeaderBytes);
  for (std::uint64_t at = from; at < limit;) {
    TARN_ASSIGN(std::size_t got, file->read_at(head, Bytes(at)));
    Result<RecordBatchHeader> batch = wire::kafka::parse_batch_header(ByteView(head).first(got));
    if (!batch) {
      return fail(Code::kCorruption,
                  fmt::format("{} at {}: {}; restore it from a backup", log_.path(), at, batch.error().message));
    }
    if (matches(*batch)) return Found{at, *batch};
    at += batch->size();
  }
  return std::optional<Found>();
}

Result<std::optional<Segment::Found>> Segment::find(Offset offset, std::uint64_t limit) {
  return scan(start_for(offset), limit, [&](const RecordBatchHeader& batch) { return batch.last_offset() >= offset; });
}

Result<std::optional<Segment::Found>> Segment::find_time(TimestampMs when, std::uint64_t limit) {
  if (state_.max_timestamp < when) return std::optional<Found>();
  TARN_ASSIGN(std::optional<TimeEntry> before, times_.seek(when.value() - 1));
  std::uint64_t from = before ? start_for(state_.base + before->relative_offset) : 0;
  return scan(from, limit, [&](const RecordBatchHeader& batch) { return batch.max_timestamp >= when; });
}

Result<Buffer> Segment::read_batch(const Found& found) {
  TARN_ASSIGN(auto file, log_.open());
  Buffer bytes(found.batch.size());
  TARN_ASSIGN(std::size_t got, file->read_at(bytes, Bytes(found.position)));
  if (got < bytes.size()) {
    return fail(Code::kCorruption,
                fmt::format("{} ends inside the batch at {}; restore it from a backup", log_.path(), found.position));
  }
  return bytes;
}

}  // namespace tarn::log
