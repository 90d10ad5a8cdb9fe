#include "engine/land_protocol.h"

namespace tarn::engine {
namespace {

constexpr std::uint32_t kPartsMax = 64;

void put(Encoder& out, const tail::Source& source) {
  out.put(source.table);
  out.put(source.source);
  out.put(source.partition);
}

tail::Source get_source(Decoder& in) {
  return {.table = in.get_uuid(), .source = in.get_uuid(), .partition = in.get_id<PartitionId>()};
}

void put(Encoder& out, const std::optional<ChunkInfo>& chunk) {
  out.put(chunk.has_value());
  if (!chunk) return;
  out.put(chunk->size);
  out.put(chunk->rows);
  out.put(chunk->schema);
}

std::optional<ChunkInfo> get_chunk(Decoder& in) {
  if (!in.get_bool()) return std::nullopt;
  return ChunkInfo{
      .size = Bytes(in.get<std::uint64_t>()), .rows = in.get<std::uint32_t>(), .schema = in.get_id<SchemaId>()};
}

template <class Enum>
Enum get_enum(Decoder& in, Enum last) {
  auto value = in.get<std::uint8_t>();
  if (value > static_cast<std::uint8_t>(last)) in.mark_bad();
  return in.ok() ? static_cast<Enum>(value) : Enum{};
}

void put(Encoder& out, const Decode& decode) {
  out.put(decode.id);
  put(out, decode.source);
  out.put(decode.topic);
  out.put(static_cast<std::uint8_t>(decode.format));
  out.put(decode.declared);
  out.put(decode.may_replace);
  encode(out, decode.schema);
  encode(out, decode.dead_letters);
  out.put(decode.from);
  out.put(decode.to);
  out.put(decode.open_from.value_or(Offset(-1)));
  out.put(static_cast<std::uint32_t>(decode.parts.size()));
  for (const SegmentPart& part : decode.parts) {
    out.put(part.position);
    out.put(part.length);
  }
}

Decode get_decode(Decoder& in) {
  Decode decode{.id = in.get_id<LandRequestId>(), .source = get_source(in), .topic = in.get_string()};
  decode.format = get_enum(in, LandFormat::kBinary);
  decode.declared = in.get_bool();
  decode.may_replace = in.get_bool();
  decode.schema = table::decode_schema(in);
  decode.dead_letters = table::decode_schema(in);
  decode.from = in.get_id<Offset>();
  decode.to = in.get_id<Offset>();
  if (Offset open = in.get_id<Offset>(); open >= Offset(0)) decode.open_from = open;
  std::uint32_t parts = in.get_count(16);
  if (parts > kPartsMax) in.mark_bad();
  for (std::uint32_t i = 0; in.ok() && i < parts; ++i) {
    Bytes position(in.get<std::uint64_t>());
    decode.parts.push_back({position, Bytes(in.get<std::uint64_t>())});
  }
  return decode;
}

void put(Encoder& out, const Write& write) {
  out.put(write.id);
  out.put(write.path);
  encode(out, write.schema);
}

Write get_write(Decoder& in) {
  Write write{.id = in.get_id<LandRequestId>(), .path = in.get_string()};
  write.schema = table::decode_schema(in);
  return write;
}

void put(Encoder& out, const Rewrite& rewrite) {
  out.put(rewrite.id);
  out.put(rewrite.path);
  out.put(static_cast<std::uint32_t>(rewrite.inputs.size()));
  for (const std::string& input : rewrite.inputs) out.put(input);
  encode(out, rewrite.from);
  encode(out, rewrite.to);
}

Rewrite get_rewrite(Decoder& in) {
  Rewrite rewrite{.id = in.get_id<LandRequestId>(), .path = in.get_string()};
  std::uint32_t inputs = in.get_count(1);
  if (inputs > kRewriteFilesMax) in.mark_bad();
  for (std::uint32_t i = 0; in.ok() && i < inputs; ++i) rewrite.inputs.push_back(in.get_string());
  rewrite.from = table::decode_schema(in);
  rewrite.to = table::decode_schema(in);
  if (rewrite.from.fields.size() != rewrite.to.fields.size()) in.mark_bad();
  return rewrite;
}

void put(Encoder& out, const Decoded& decoded) {
  out.put(decoded.id);
  out.put(decoded.from);
  out.put(decoded.to);
  out.put(decoded.open);
  put(out, decoded.rows);
  put(out, decoded.dead_letters);
}

Decoded get_decoded(Decoder& in) {
  return {.id = in.get_id<LandRequestId>(),
          .from = in.get_id<Offset>(),
          .to = in.get_id<Offset>(),
          .open = in.get_bool(),
          .rows = get_chunk(in),
          .dead_letters = get_chunk(in)};
}

void put(Encoder& out, const Proposed& proposed) {
  out.put(proposed.id);
  out.put(proposed.records);
  out.put(static_cast<std::uint8_t>(proposed.format));
  encode(out, table::Schema{.fields = proposed.fields});
}

Proposed get_proposed(Decoder& in) {
  Proposed proposed{.id = in.get_id<LandRequestId>(), .records = in.get<std::uint32_t>()};
  proposed.format = get_enum(in, LandFormat::kBinary);
  proposed.fields = table::decode_schema(in).fields;
  return proposed;
}

void put(Encoder& out, const Written& written) {
  out.put(written.id);
  encode(out, written.file);
}

Written get_written(Decoder& in) { return {.id = in.get_id<LandRequestId>(), .file = table::decode_data_file(in)}; }

void put(Encoder& out, const LandFailed& failed) {
  out.put(failed.id);
  out.put(static_cast<std::uint8_t>(failed.code));
  out.put(failed.message);
}

LandFailed get_failed(Decoder& in) {
  return {.id = in.get_id<LandRequestId>(), .code = get_enum(in, Code::kInternal), .message = in.get_string()};
}

template <class Variant>
Buffer encode_variant(const Variant& message) {
  Encoder out;
  out.put(static_cast<std::uint8_t>(message.index()));
  std::visit([&](const auto& alternative) { put(out, alternative); }, message);
  return out.take();
}

template <class Message>
Result<Message> finish(Decoder& in, Message message) {
  if (!in.ok() || !in.at_end()) return fail(Code::kInternal, "a landing message does not decode");
  return message;
}

}  // namespace

Buffer encode(const LandRequest& request) { return encode_variant(request); }
Buffer encode(const LandReply& reply) { return encode_variant(reply); }

Result<LandRequest> decode_land_request(ByteView bytes) {
  Decoder in(bytes);
  switch (in.get<std::uint8_t>()) {
    case 0: return finish<LandRequest>(in, get_decode(in));
    case 1: return finish<LandRequest>(in, get_write(in));
    case 2: return finish<LandRequest>(in, get_rewrite(in));
  }
  return fail(Code::kInternal, "a landing request of an unknown kind");
}

Result<LandReply> decode_land_reply(ByteView bytes) {
  Decoder in(bytes);
  switch (in.get<std::uint8_t>()) {
    case 0: return finish<LandReply>(in, get_decoded(in));
    case 1: return finish<LandReply>(in, get_proposed(in));
    case 2: return finish<LandReply>(in, get_written(in));
    case 3: return finish<LandReply>(in, get_failed(in));
  }
  return fail(Code::kInternal, "a landing reply of an unknown kind");
}

namespace {

table::Field column(const char* name, table::TypeKind kind) { return {.name = name, .type = {.kind = kind}}; }

table::Field headers_field() {
  using enum table::TypeKind;
  table::Type header{.kind = kStruct, .children = {column("key", kString), column("value", kBinary)}};
  table::Type list{.kind = kList, .children = {{.name = "element", .type = std::move(header)}}};
  return {.name = "headers", .type = std::move(list)};
}

}  // namespace

table::Field metadata_field() {
  using enum table::TypeKind;
  return {.name = std::string(kMetadataColumn),
          .type = {.kind = kStruct,
                   .children = {column("topic_id", kString), column("partition", kInt), column("offset", kLong),
                                column("timestamp", kTimestamptz), column("key", kBinary), headers_field()}},
          .doc = "where in Kafka the row comes from"};
}

std::vector<table::Field> binary_fields() { return {column("value", table::TypeKind::kBinary)}; }

std::vector<table::Field> dead_letter_fields() {
  using enum table::TypeKind;
  return {
      column("value", kBinary),  column("key", kBinary),  column("reason", kString),         column("topic", kString),
      column("partition", kInt), column("offset", kLong), column("timestamp", kTimestamptz), headers_field()};
}

}  // namespace tarn::engine
