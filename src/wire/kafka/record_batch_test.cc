#include "wire/kafka/record_batch.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace tarn::wire::kafka {
namespace {

constexpr Compression kCodecs[] = {Compression::kNone, Compression::kGzip, Compression::kSnappy, Compression::kLz4,
                                   Compression::kZstd};

RecordBatchBuilder three_records() {
  RecordBatchBuilder builder;
  RecordHeader headers[] = {{"trace", as_bytes("42")}, {"empty", std::nullopt}};
  builder.add(TimestampMs(1000), as_bytes("k"), as_bytes("first"), headers);
  builder.add(TimestampMs(990), std::nullopt, as_bytes("second"));
  builder.add(TimestampMs(2000), as_bytes(""), std::nullopt);
  return builder;
}

Buffer build(Compression codec) {
  auto batch = three_records().build({.codec = codec, .base_offset = Offset(100), .producer_id = ProducerId(7)});
  REQUIRE(batch);
  return *batch;
}

}  // namespace

TEST_CASE("what is built is read back with every codec") {
  Decompressor decompressor;
  for (Compression codec : kCodecs) {
    CAPTURE(compression_name(codec));
    Buffer batch = build(codec);
    auto header = check_batch(batch);
    REQUIRE(header);
    CHECK(header->codec() == codec);
    CHECK(header->size() == batch.size());
    CHECK(header->last_offset() == Offset(102));
    CHECK(header->max_timestamp == TimestampMs(2000));
    CHECK(header->producer_id == ProducerId(7));
    auto records = decompressor.decompress(header->codec(), ByteView(batch).subspan(kBatchHeaderBytes), 1_MiB);
    REQUIRE(records);
    RecordReader reader(*header, *records);
    Record record;
    REQUIRE(reader.next(record));
    CHECK(record.offset == Offset(100));
    CHECK(as_text(*record.key) == "k");
    CHECK(as_text(*record.value) == "first");
    REQUIRE(record.headers.size() == 2);
    CHECK(record.headers[0].key == "trace");
    CHECK(as_text(*record.headers[0].value) == "42");
    CHECK(!record.headers[1].value);
    REQUIRE(reader.next(record));
    CHECK(!record.key);
    CHECK(record.timestamp == TimestampMs(990));
    CHECK(record.headers.empty());
    REQUIRE(reader.next(record));
    CHECK(record.key->empty());
    CHECK(!record.value);
    CHECK(!reader.next(record));
    CHECK(reader.status());
  }
}

TEST_CASE("any flipped byte under the CRC is found, and what the log fills in is outside it") {
  Buffer batch = build(Compression::kNone);
  for (std::size_t i = 16; i < batch.size(); ++i) {
    Buffer bad = batch;
    bad[i] ^= std::byte{1};
    CHECK(!check_batch(bad));
  }
  set_base_offset(batch, Offset(1'000'000));
  set_leader_epoch(batch, LeaderEpoch(3));
  auto header = check_batch(batch);
  REQUIRE(header);
  CHECK(header->base_offset == Offset(1'000'000));
  CHECK(header->partition_leader_epoch == LeaderEpoch(3));
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  for (Offset none : {Offset(-1), Offset(kMax - 1), Offset(kMax)}) {  // the batch's last record would have no offset
    set_base_offset(batch, none);
    CHECK(!check_batch(batch));
  }
  set_base_offset(batch, Offset(kMax - 2));
  CHECK(check_batch(batch));
}

TEST_CASE("log append time replaces every record's timestamp") {
  Buffer batch = build(Compression::kNone);
  set_log_append_time(batch, TimestampMs(5000));
  auto header = check_batch(batch);
  REQUIRE(header);
  RecordReader reader(*header, ByteView(batch).subspan(kBatchHeaderBytes));
  Record record;
  while (reader.next(record)) CHECK(record.timestamp == TimestampMs(5000));
  CHECK(reader.status());
}

TEST_CASE("a batch that is cut, old or lies about its counts is refused") {
  Buffer batch = build(Compression::kNone);
  CHECK(!check_batch(ByteView(batch).first(60)));
  CHECK(!check_batch(ByteView(batch).first(batch.size() - 1)));
  CHECK(parse_batch_header(ByteView(batch).first(61)));

  Buffer old = batch;
  old[16] = std::byte{1};
  CHECK(parse_batch_header(old).error().message == "record batch: magic 1, only 2 is served");

  auto header = check_batch(batch);
  header->record_count = 4;  // one more than there is
  RecordReader more(*header, ByteView(batch).subspan(kBatchHeaderBytes));
  Record record;
  while (more.next(record)) {
  }
  CHECK(more.status().error().code == Code::kCorruption);

  header->record_count = 2;
  RecordReader fewer(*header, ByteView(batch).subspan(kBatchHeaderBytes));
  while (fewer.next(record)) {
  }
  CHECK(fewer.status().error().message == "record batch: 8 bytes after its last record");
}

}  // namespace tarn::wire::kafka
