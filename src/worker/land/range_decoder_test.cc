#include "worker/land/range_decoder.h"

#include <doctest/doctest.h>

#include "host/faulty_files.h"
#include "tail/chunk_view.h"
#include "wire/kafka/record_batch.h"
#include "worker/land/json_decoder.h"

namespace tarn::worker::land {
namespace {

using wire::kafka::Compression;
using wire::kafka::RecordBatchBuilder;

table::Schema with_ids(std::vector<table::Field> fields) {
  table::Schema schema{.fields = std::move(fields)};
  FieldId last{0};
  table::assign_ids(schema, last);
  return schema;
}

table::Schema table_schema() {
  return with_ids({{.name = "n", .type = {.kind = table::TypeKind::kLong}}, engine::metadata_field()});
}

// One partition's segment in a file in memory, and requests for it.
struct Partition {
  void add(std::vector<std::optional<std::string>> values, Compression codec = Compression::kNone) {
    RecordBatchBuilder batch;
    for (const auto& value : values)
      batch.add(TimestampMs(1000), as_bytes("key"), value ? std::optional(as_bytes(*value)) : std::nullopt);
    Buffer bytes = *batch.build({.codec = codec, .base_offset = end});
    end += batch.record_count();
    put(bytes);
  }
  void put(ByteView bytes) {
    auto file = *files->open("segment", host::OpenMode::kCreate);
    REQUIRE(file->write_at(bytes, size));
    size += Bytes(bytes.size());
  }
  engine::Decode request(Offset from) {
    return {.topic = "t",
            .format = engine::LandFormat::kJson,
            .schema = table_schema(),
            .dead_letters = with_ids(engine::dead_letter_fields()),
            .from = from,
            .to = end,
            .parts = {{0_B, size}}};
  }
  RangeDecoder::Answer decode(const engine::Decode& request) {
    std::vector<std::unique_ptr<host::File>> opened;
    opened.push_back(*files->open("segment", host::OpenMode::kRead));
    return decoder.decode(request, opened);
  }
  std::unique_ptr<host::FaultyFiles> files = std::make_unique<host::FaultyFiles>(1);
  Bytes size;
  Offset end{0};
  RangeDecoder decoder;
};

engine::Decoded decoded(const RangeDecoder::Answer& answer) {
  if (auto* failed = std::get_if<engine::LandFailed>(&answer.reply)) FAIL(failed->message);
  return std::get<engine::Decoded>(answer.reply);
}

// The n column's values, null as -1, and the offsets beside them.
std::vector<std::pair<std::int64_t, std::int64_t>> rows_of(const RangeDecoder::Answer& answer) {
  table::Schema schema = table_schema();
  auto view = tail::ChunkView::map(answer.chunks.at(0).get(), schema);
  REQUIRE(view);
  std::size_t columns[] = {0, 1};
  tail::ChunkSlicer slicer(*view, schema, columns);
  ArrowArray slice = slicer.slice(0, view->rows());
  std::vector<std::pair<std::int64_t, std::int64_t>> rows;
  for (std::uint32_t i = 0; i < view->rows(); ++i)
    rows.emplace_back(static_cast<const std::int64_t*>(slice.children[0]->buffers[1])[i],
                      static_cast<const std::int64_t*>(slice.children[1]->children[2]->buffers[1])[i]);
  return rows;
}

TEST_CASE("records of every codec become rows; tombstones none; bad ones dead letters") {
  Partition partition;
  partition.add({R"({"n":0})", std::nullopt});
  partition.add({R"({"n":2})", "junk", R"({"n":4})"}, Compression::kZstd);
  partition.add({R"({"n":5})"}, Compression::kGzip);
  partition.add({R"({"n":6})"}, Compression::kSnappy);
  partition.add({R"({"n":7})"}, Compression::kLz4);
  auto answer = partition.decode(partition.request(Offset(0)));
  auto reply = decoded(answer);
  CHECK(reply.to == Offset(8));
  CHECK(reply.rows->rows == 6);
  CHECK(reply.dead_letters->rows == 1);
  CHECK(rows_of(answer) ==
        std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 0}, {2, 2}, {4, 4}, {5, 5}, {6, 6}, {7, 7}});
}

TEST_CASE("a range may begin and end inside a batch, and a batch cut short is left for later") {
  Partition partition;
  partition.add({R"({"n":0})", R"({"n":1})", R"({"n":2})"});
  partition.add({R"({"n":3})"});
  auto request = partition.request(Offset(1));
  request.to = Offset(2);
  auto answer = partition.decode(request);
  CHECK(decoded(answer).to == Offset(2));
  CHECK(rows_of(answer).front().first == 1);
  request = partition.request(Offset(0));
  request.parts[0].length = partition.size - 1_B;
  CHECK(decoded(partition.decode(request)).to == Offset(3));
}

TEST_CASE("a small open range grows, unless it is not the one main knows") {
  Partition partition;
  partition.add({R"({"n":0})"});
  auto first = decoded(partition.decode(partition.request(Offset(0))));
  CHECK(first.open);
  partition.add({R"({"n":1})", "bad"});
  auto request = partition.request(Offset(1));
  request.open_from = Offset(0);
  auto answer = partition.decode(request);
  auto grown = decoded(answer);
  CHECK(grown.from == Offset(0));
  CHECK(grown.to == Offset(3));
  CHECK(rows_of(answer).size() == 2);
  CHECK(grown.dead_letters->rows == 1);
  partition.add({R"({"n":3})"});
  auto fresh = decoded(partition.decode(partition.request(Offset(3))));  // main froze the range for a flush
  CHECK(fresh.from == Offset(3));
  CHECK(fresh.rows->rows == 1);
  request = partition.request(Offset(3));
  request.open_from = Offset(1);
  CHECK(decoded(partition.decode(request)).from == Offset(3));
}

TEST_CASE("new fields are proposed and nothing is decoded") {
  Partition partition;
  partition.add({R"({"n":0})", R"({"n":1,"extra":"x"})"});
  auto answer = partition.decode(partition.request(Offset(0)));
  auto proposed = std::get<engine::Proposed>(answer.reply);
  REQUIRE(proposed.fields.size() == 3);
  CHECK(proposed.fields[2].name == "extra");
  CHECK(answer.chunks.empty());
  auto request = partition.request(Offset(0));
  request.declared = true;
  CHECK(decoded(partition.decode(request)).rows->rows == 2);
}

TEST_CASE("a fraction in a long column is proposed while the table's files are few, then it is a dead letter") {
  Partition partition;
  partition.add({R"({"n":0})", R"({"n":12.5})"});
  auto request = partition.request(Offset(0));
  CHECK(decoded(partition.decode(request)).dead_letters->rows == 1);
  request.may_replace = true;
  auto answer = partition.decode(request);
  auto proposed = std::get<engine::Proposed>(answer.reply);
  REQUIRE(proposed.fields.size() == 2);
  CHECK(proposed.fields[0] == table::Field{.name = "n", .type = {.kind = table::TypeKind::kDouble}});
  CHECK(proposed.fields[1] == request.schema.fields[1]);
  CHECK(answer.chunks.empty());
}

TEST_CASE("before a binding records say what they are") {
  Partition json;
  json.add({"junk", R"({"a":1})", std::nullopt, R"({"a":2.5})"});
  auto request = json.request(Offset(0));
  request.format = engine::LandFormat::kInfer;
  auto proposed = std::get<engine::Proposed>(json.decode(request).reply);
  CHECK(proposed.format == engine::LandFormat::kJson);
  CHECK(proposed.records == 3);
  CHECK(to_string(proposed.fields.at(0).type) == "double");
  Partition binary;
  binary.add({"junk", "[1]"});
  request = binary.request(Offset(0));
  request.format = engine::LandFormat::kInfer;
  proposed = std::get<engine::Proposed>(binary.decode(request).reply);
  CHECK(proposed.format == engine::LandFormat::kBinary);
  CHECK(proposed.fields.at(0).name == "value");
}

TEST_CASE("a batch that says it is compressed and is not becomes one dead letter, its neighbours land") {
  Partition partition;
  partition.add({R"({"n":0})"});
  RecordBatchBuilder batch;
  batch.add(TimestampMs(1), std::nullopt, as_bytes(R"({"n":1})"));
  Buffer bytes = *batch.build({.codec = Compression::kNone, .base_offset = partition.end});
  bytes[22] = static_cast<std::byte>(4);                    // zstd
  wire::kafka::set_log_append_time(bytes, TimestampMs(5));  // makes the CRC right
  partition.put(bytes);
  partition.end += 1;
  partition.add({R"({"n":2})"});
  auto reply = decoded(partition.decode(partition.request(Offset(0))));
  CHECK(reply.to == Offset(3));
  CHECK(reply.rows->rows == 2);
  CHECK(reply.dead_letters->rows == 1);
}

TEST_CASE("a stored batch whose CRC is wrong is corruption, not a dead letter") {
  Partition partition;
  partition.add({R"({"n":0})"});
  partition.put(as_bytes(""));
  auto file = *partition.files->open("segment", host::OpenMode::kReadWrite);
  REQUIRE(file->write_at(as_bytes("X"), partition.size - 2_B));
  auto answer = partition.decode(partition.request(Offset(0)));
  CHECK(std::get<engine::LandFailed>(answer.reply).code == Code::kCorruption);
}

TEST_CASE("a range ends early when its columns outgrow the bound, even inside a batch") {
  Partition partition;
  table::Schema wide;
  for (int i = 0; i < 1500; ++i)
    wide.fields.push_back({.name = "c" + std::to_string(i), .type = {.kind = table::TypeKind::kLong}});
  wide.fields.push_back(engine::metadata_field());
  std::vector<std::optional<std::string>> values(20'000, "{}");
  partition.add(values);
  auto request = partition.request(Offset(0));
  request.schema = with_ids(wide.fields);
  auto reply = decoded(partition.decode(request));
  CHECK(reply.to > Offset(0));
  CHECK(reply.to < Offset(5000));
  CHECK(reply.rows->size < Bytes(engine::kRangeBytesMax.count() * 2));
}

}  // namespace
}  // namespace tarn::worker::land
