#include "log/testing.h"

#include <future>

namespace tarn::log {
namespace {

template <class Start>
Result<void> wait_for(Start start) {
  std::promise<Result<void>> done;
  std::future<Result<void>> result = done.get_future();
  start([&done](Result<void> answer) { done.set_value(std::move(answer)); });
  return result.get();
}

}  // namespace

LogOptions small_options() {
  LogOptions options;
  options.wal_bytes = 2_MiB;
  options.wal_file_bytes = 256_KiB;
  options.ballast_bytes = 256_KiB;
  options.open_files_max = 16;
  return options;
}

Buffer make_batch(const std::vector<std::string>& values, const wire::kafka::RecordBatchBuilder::Options& options,
                  TimestampMs timestamp) {
  wire::kafka::RecordBatchBuilder builder;
  std::int64_t delta = 0;
  for (const std::string& value : values) builder.add(timestamp + delta++, std::nullopt, as_bytes(value));
  return must(builder.build(options));
}

AppendResult append_bytes(Log& log, const TopicPartition& partition, ByteView batch) {
  std::promise<AppendResult> done;
  std::future<AppendResult> result = done.get_future();
  log.append(partition, batch, [&done](AppendResult answer) { done.set_value(std::move(answer)); });
  return result.get();
}

AppendResult append(Log& log, const TopicPartition& partition, const std::vector<std::string>& values) {
  return append_bytes(log, partition, make_batch(values));
}

Result<void> commit(Log& log, const std::string& group, std::vector<OffsetCommit> offsets) {
  return wait_for([&](GroupStore::Done done) { log.groups().commit(group, std::move(offsets), std::move(done)); });
}

Result<void> keep_state(Log& log, const std::string& group, Buffer state) {
  return wait_for([&](GroupStore::Done done) { log.groups().keep_state(group, std::move(state), std::move(done)); });
}

Result<void> remove_offsets(Log& log, const std::string& group, std::vector<TopicPartition> partitions) {
  return wait_for(
      [&](GroupStore::Done done) { log.groups().remove_offsets(group, std::move(partitions), std::move(done)); });
}

Result<void> remove_group(Log& log, const std::string& group) {
  return wait_for([&](GroupStore::Done done) { log.groups().remove(group, std::move(done)); });
}

std::vector<std::pair<Offset, std::string>> records(Log& log, const TopicPartition& partition, Offset from) {
  std::vector<std::pair<Offset, std::string>> all;
  Offset end = must(log.ends(partition)).high_watermark;
  wire::kafka::Decompressor decompressor;
  for (Offset at = from; at < end;) {
    SegmentRange range = must(log.read(partition, at, 1_B));
    if (!range.file) break;
    Buffer bytes(range.length.count());
    TARN_ASSERT(must(range.file->read_at(bytes, range.position)) == bytes.size());
    auto header = must(wire::kafka::check_batch(bytes));
    TARN_ASSERT(header.base_offset == range.base_offset);
    ByteView plain =
        must(decompressor.decompress(header.codec(), ByteView(bytes).subspan(wire::kafka::kBatchHeaderBytes), 64_MiB));
    wire::kafka::RecordReader reader(header, plain);
    wire::kafka::Record record;
    while (reader.next(record)) {
      if (record.offset >= at) all.emplace_back(record.offset, std::string(as_text(*record.value)));
    }
    at = header.last_offset() + 1;
  }
  return all;
}

std::vector<std::string> values(Log& log, const TopicPartition& partition, Offset from) {
  std::vector<std::string> all;
  for (auto& [offset, value] : records(log, partition, from)) all.push_back(std::move(value));
  return all;
}

}  // namespace tarn::log
