#include "worker/land/range_decoder.h"

#include <algorithm>

#include "tail/chunk_builder.h"
#include "worker/land/json_decoder.h"
#include "worker/land/kafka_columns.h"

namespace tarn::worker::land {

using engine::Decode;
using engine::LandFormat;

namespace {

constexpr std::uint32_t kRowsBetweenChecks = 64;  // how often a range's bytes are added up

std::size_t metadata_index(const table::Schema& schema) {
  auto found = std::ranges::find(schema.fields, engine::kMetadataColumn, &table::Field::name);
  return static_cast<std::size_t>(found - schema.fields.begin());
}

Columns columns_of(const Decode& request) {
  if (request.declared) return Columns::kDeclared;
  return request.may_replace ? Columns::kReplaceable : Columns::kGrowing;
}

// Values as bytes, for topics that hold no JSON: one column `value`.
void append_binary(const wire::kafka::Record& record, tail::ChunkBuilder& rows) {
  if (record.value)
    rows.columns()[0].append_bytes(record.value->data(), record.value->size());
  else
    rows.columns()[0].append_null();
}

}  // namespace

// Rows of a source from `from` on, and what decodes more of them.
struct RangeDecoder::OpenRange {
  OpenRange(const Decode& request, tail::ChunkBuilder main, tail::ChunkBuilder bad)
      : source(request.source),
        topic_id(source.source.to_string()),
        schema(request.schema),
        dead_schema(request.dead_letters),
        columns(columns_of(request)),
        from(request.from),
        to(request.from),
        metadata(metadata_index(schema)),
        rows(std::move(main)),
        dead_letters(std::move(bad)),
        json(schema, columns) {}

  // Begins anew, keeping the memory.
  void begin(const Decode& request) {
    if (source != request.source) source = request.source, topic_id = source.source.to_string();
    from = to = request.from;
    rows.truncate(0);
    dead_letters.truncate(0);
  }
  bool may_grow_for(const Decode& request) const {
    return request.open_from == from && request.from == to && is_made_for(request);
  }
  bool is_made_for(const Decode& request) const {
    return request.schema == schema && request.dead_letters == dead_schema && columns_of(request) == columns;
  }
  bool is_full() const {
    return rows.rows() + dead_letters.rows() >= engine::kRangeRowsMax || bytes() >= engine::kRangeBytesMax.count();
  }
  bool is_small() const {
    return rows.rows() + dead_letters.rows() < engine::kGrowRowsMax && bytes() < engine::kGrowBytesMax.count();
  }
  std::size_t bytes() const { return rows.bytes() + dead_letters.bytes(); }

  void take(const Decode& request, const SourceRecord& from_log) {
    const wire::kafka::Record& record = from_log.record;
    if (!from_log.broken.empty())
      return append_dead_letter(source, request.topic, record, from_log.broken, dead_letters);
    if (request.format == LandFormat::kBinary) {
      append_binary(record, rows);
    } else {
      if (!record.value) return;  // a tombstone
      if (!json.decode(*record.value, rows))
        return append_dead_letter(source, request.topic, record, json.reason(), dead_letters);
    }
    append_metadata(topic_id, source.partition, record, rows.columns()[metadata]);
    rows.end_row();
  }

  tail::Source source;
  std::string topic_id;
  table::Schema schema, dead_schema;
  Columns columns;
  Offset from, to;
  std::size_t metadata;
  tail::ChunkBuilder rows, dead_letters;
  JsonDecoder json;
};

RangeDecoder::RangeDecoder() = default;
RangeDecoder::~RangeDecoder() = default;

RangeDecoder::Answer RangeDecoder::decode(const Decode& request,
                                          const std::vector<std::unique_ptr<host::File>>& files) {
  auto answer = request.format == LandFormat::kInfer ? infer(request, files) : decode_rows(request, files);
  if (answer) return std::move(*answer);
  return {engine::LandFailed{request.id, answer.error().code, std::move(answer.error().message)}, {}};
}

Result<RangeDecoder::Answer> RangeDecoder::infer(const Decode& request,
                                                 const std::vector<std::unique_ptr<host::File>>& files) {
  JsonInference inference;
  engine::Proposed proposed{.id = request.id, .format = LandFormat::kBinary};
  auto look = [&](const SourceRecord& from_log) {
    if (!from_log.broken.empty() || !from_log.record.value) return true;
    if (inference.look_at(*from_log.record.value)) proposed.format = LandFormat::kJson;
    return ++proposed.records < engine::kInferRecordsMax;
  };
  TARN_TRY(records_.read(request.parts, files, request.from, request.to, look));
  proposed.fields = proposed.format == LandFormat::kJson ? inference.fields() : engine::binary_fields();
  return Answer{std::move(proposed), {}};
}

Result<RangeDecoder::Answer> RangeDecoder::decode_rows(const Decode& request,
                                                       const std::vector<std::unique_ptr<host::File>>& files) {
  TARN_ASSIGN(auto range, open_range(request));
  std::uint32_t seen = 0;
  auto take = [&](const SourceRecord& record) {
    range->take(request, record);
    range->to = record.next;
    return ++seen % kRowsBetweenChecks != 0 || !range->is_full();
  };
  TARN_ASSIGN(range->to, records_.read(request.parts, files, request.from, request.to, take));
  if (range->to == request.from) return fail(Code::kInternal, "the segment files hold no whole batch of the range");
  if (range->json.has_new_fields())
    return Answer{engine::Proposed{.id = request.id, .records = seen, .fields = range->json.fields_with_new()}, {}};
  TARN_ASSIGN(Answer answer, emit(request, *range));
  if (range->is_small())
    keep(std::move(range));
  else
    spare_ = std::move(range);
  return answer;
}

Result<std::unique_ptr<RangeDecoder::OpenRange>> RangeDecoder::open_range(const Decode& request) {
  auto found = std::ranges::find_if(open_, [&](const auto& range) { return range->source == request.source; });
  if (found != open_.end()) {
    auto range = std::move(*found);
    open_.erase(found);
    if (range->may_grow_for(request)) return range;
  }
  if (spare_ && spare_->is_made_for(request)) {
    spare_->begin(request);
    return std::move(spare_);
  }
  TARN_ASSIGN(auto rows, tail::ChunkBuilder::make(request.schema));
  TARN_ASSIGN(auto dead_letters, tail::ChunkBuilder::make(request.dead_letters));
  if (metadata_index(request.schema) == request.schema.fields.size())
    return fail(Code::kInternal, "a landed table's schema has no _kafka column");
  return std::make_unique<OpenRange>(request, std::move(rows), std::move(dead_letters));
}

Result<RangeDecoder::Answer> RangeDecoder::emit(const Decode& request, OpenRange& range) {
  engine::Decoded decoded{.id = request.id, .from = range.from, .to = range.to, .open = range.is_small()};
  Answer answer;
  auto add = [&](const tail::ChunkBuilder& rows, std::optional<engine::ChunkInfo>& info) -> Result<void> {
    if (rows.rows() == 0) return {};
    TARN_ASSIGN(tail::Chunk chunk, rows.emit());
    info = {chunk.size, chunk.rows, chunk.schema};
    answer.chunks.push_back(std::move(chunk.file));
    return {};
  };
  TARN_TRY(add(range.rows, decoded.rows));
  TARN_TRY(add(range.dead_letters, decoded.dead_letters));
  answer.reply = std::move(decoded);
  return answer;
}

void RangeDecoder::keep(std::unique_ptr<OpenRange> range) {
  open_.push_front(std::move(range));
  if (open_.size() > kOpenRangesMax) open_.pop_back();
}

}  // namespace tarn::worker::land
