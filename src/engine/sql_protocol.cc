#include "engine/sql_protocol.h"

#include <type_traits>

namespace tarn::engine {
namespace {

// ---- one overload a type, encode and decode side by side

void put(Encoder& out, std::int16_t value) { out.put(value); }
void put(Encoder& out, std::uint32_t value) { out.put(value); }
void put(Encoder& out, SchemaId value) { out.put(value); }
void put(Encoder& out, const std::string& value) { out.put(value); }
void put(Encoder& out, const table::Schema& value) { table::encode(out, value); }
void put(Encoder& out, const Parameter& value) {
  out.put(value.is_null);
  out.put(value.binary);
  out.put(value.value);
}
void put(Encoder& out, const Column& value) {
  out.put(value.name);
  out.put(value.type);
  out.put(value.type_size);
  out.put(value.type_modifier);
}

void put(Encoder& out, const ColumnHint& value) {
  out.put(value.type);
  out.put(value.modifier);
  out.put(value.digits);
}

void put(Encoder& out, const ScanTable& value);
void put(Encoder& out, const CatalogTable& value);

template <class T>
void put(Encoder& out, const std::vector<T>& values) {
  out.put(static_cast<std::uint32_t>(values.size()));
  for (const T& value : values) put(out, value);
}

void put(Encoder& out, const ScanTable& value) {
  out.put(value.scan_name);
  out.put(value.uuid);
  out.put(value.snapshot_id);
  put(out, value.schema);
  put(out, value.files);
  put(out, value.chunk_rows);
  put(out, value.chunk_schemas);
  put(out, value.chunk_schema_ids);
}
void put(Encoder& out, const CatalogTable& value) {
  out.put(value.name_space);
  out.put(value.name);
  put(out, value.schema);
  out.put(value.rows);
  out.put(value.view);
}
void put(Encoder& out, const Statement& value) {
  out.put(value.sql);
  put(out, value.parameter_types);
  put(out, value.tables);
  out.put(value.time_zone);
  out.put(value.extra_float_digits);
  out.put(value.reads_catalog);
  put(out, value.columns);
}

template <class T>
T get(Decoder& in);

template <>
std::int16_t get(Decoder& in) {
  return in.get<std::int16_t>();
}
template <>
std::uint32_t get(Decoder& in) {
  return in.get<std::uint32_t>();
}
template <>
SchemaId get(Decoder& in) {
  return in.get_id<SchemaId>();
}
template <>
std::string get(Decoder& in) {
  return in.get_string();
}
template <>
table::Schema get(Decoder& in) {
  return table::decode_schema(in);
}
template <>
Parameter get(Decoder& in) {
  Parameter value;
  value.is_null = in.get_bool();
  value.binary = in.get_bool();
  value.value = in.get_string();
  return value;
}
template <>
Column get(Decoder& in) {
  Column value;
  value.name = in.get_string();
  value.type = in.get<Oid>();
  value.type_size = in.get<std::int16_t>();
  value.type_modifier = in.get<std::int32_t>();
  return value;
}

// `min_bytes_each` is the least an element takes.
template <class T>
std::vector<T> get_vector(Decoder& in, std::size_t min_bytes_each) {
  std::vector<T> values;
  std::uint32_t count = in.get_count(min_bytes_each);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) values.push_back(get<T>(in));
  return values;
}

template <>
ScanTable get(Decoder& in) {
  ScanTable value;
  value.scan_name = in.get_string();
  value.uuid = in.get_uuid();
  value.snapshot_id = in.get<std::int64_t>();
  value.schema = get<table::Schema>(in);
  value.files = get_vector<std::string>(in, 4);
  value.chunk_rows = get_vector<std::uint32_t>(in, 4);
  value.chunk_schemas = get_vector<table::Schema>(in, 8);
  value.chunk_schema_ids = get_vector<SchemaId>(in, 4);
  return value;
}
template <>
CatalogTable get(Decoder& in) {
  CatalogTable value;
  value.name_space = in.get_string();
  value.name = in.get_string();
  value.schema = get<table::Schema>(in);
  value.rows = in.get<std::int64_t>();
  value.view = in.get_string();
  return value;
}
template <>
ColumnHint get(Decoder& in) {
  ColumnHint value;
  value.type = in.get<Oid>();
  value.modifier = in.get<std::int32_t>();
  value.digits = in.get_bool();
  return value;
}
template <>
Statement get(Decoder& in) {
  Statement value;
  value.sql = in.get_string();
  value.parameter_types = get_vector<Oid>(in, 4);
  value.tables = get_vector<ScanTable>(in, 48);
  value.time_zone = in.get_string();
  value.extra_float_digits = in.get<std::int32_t>();
  value.reads_catalog = in.get_bool();
  value.columns = get_vector<ColumnHint>(in, 9);
  return value;
}

// ---- messages, after their id

void put_body(Encoder& out, const Describe& m) {
  put(out, m.statement);
  out.put(m.stored);
}
void put_body(Encoder& out, const Execute& m) {
  put(out, m.statement);
  put(out, m.parameters);
  put(out, m.result_formats);
  out.put(m.max_rows);
  out.put(m.describe);
}
void put_body(Encoder&, const Attach&) {}
void put_body(Encoder& out, const Fetch& m) { out.put(m.max_rows); }
void put_body(Encoder& out, const Credit& m) { out.put(m.bytes); }
void put_body(Encoder&, const Cancel&) {}
void put_body(Encoder&, const Close&) {}
void put_body(Encoder& out, const CatalogImage& m) {
  out.put(m.database);
  put(out, m.databases);
  put(out, m.namespaces);
  put(out, m.tables);
}
void put_body(Encoder& out, const Store& m) {
  put(out, m.statement);
  put(out, m.parameters);
  put(out, m.schema);
  out.put(m.path);
}
void put_body(Encoder& out, const Described& m) {
  put(out, m.parameter_types);
  put(out, m.columns);
  put(out, table::Schema{.fields = m.fields});
}
void put_body(Encoder& out, const Rows& m) {
  out.put(m.count);
  out.put(m.cut);
  out.put(m.messages);
}
void put_body(Encoder& out, const Completed& m) { out.put(m.rows); }
void put_body(Encoder& out, const Suspended& m) { out.put(m.rows); }
void put_body(Encoder& out, const Failed& m) {
  out.put(m.sqlstate);
  out.put(m.message);
  out.put(m.detail);
  out.put(m.hint);
  out.put(m.position);
}
void put_body(Encoder&, const Ready&) {}
void put_body(Encoder& out, const Stored& m) {
  out.put(m.file.has_value());
  if (m.file) table::encode(out, *m.file);
}

void get_body(Decoder& in, Describe& m) {
  m.statement = get<Statement>(in);
  m.stored = in.get_bool();
}
void get_body(Decoder& in, Execute& m) {
  m.statement = get<Statement>(in);
  m.parameters = get_vector<Parameter>(in, 6);
  m.result_formats = get_vector<std::int16_t>(in, 2);
  m.max_rows = in.get<std::uint64_t>();
  m.describe = in.get_bool();
}
void get_body(Decoder&, Attach&) {}
void get_body(Decoder& in, Fetch& m) { m.max_rows = in.get<std::uint64_t>(); }
void get_body(Decoder& in, Credit& m) { m.bytes = in.get<std::uint64_t>(); }
void get_body(Decoder&, Cancel&) {}
void get_body(Decoder&, Close&) {}
void get_body(Decoder& in, CatalogImage& m) {
  m.database = in.get_string();
  m.databases = get_vector<std::string>(in, 4);
  m.namespaces = get_vector<std::string>(in, 4);
  m.tables = get_vector<CatalogTable>(in, 28);
}
void get_body(Decoder& in, Store& m) {
  m.statement = get<Statement>(in);
  m.parameters = get_vector<Parameter>(in, 6);
  m.schema = get<table::Schema>(in);
  m.path = in.get_string();
}
void get_body(Decoder& in, Described& m) {
  m.parameter_types = get_vector<Oid>(in, 4);
  m.columns = get_vector<Column>(in, 14);
  m.fields = get<table::Schema>(in).fields;
}
void get_body(Decoder& in, Rows& m) {
  m.count = in.get<std::uint64_t>();
  m.cut = in.get_bool();
  m.messages = in.get_view();
}
void get_body(Decoder& in, Completed& m) { m.rows = in.get<std::uint64_t>(); }
void get_body(Decoder& in, Suspended& m) { m.rows = in.get<std::uint64_t>(); }
void get_body(Decoder& in, Failed& m) {
  m.sqlstate = in.get_string();
  m.message = in.get_string();
  m.detail = in.get_string();
  m.hint = in.get_string();
  m.position = in.get<std::int32_t>();
}
void get_body(Decoder&, Ready&) {}
void get_body(Decoder& in, Stored& m) {
  if (in.get_bool()) m.file = table::decode_data_file(in);
}

template <class Variant>
Buffer encode_variant(const Variant& message) {
  Encoder out;
  out.put(static_cast<std::uint8_t>(message.index()));
  std::visit(
      [&](const auto& m) {
        if constexpr (requires { m.id; }) out.put(m.id);
        put_body(out, m);
      },
      message);
  return out.take();
}

template <class Variant, std::size_t Index = 0>
bool decode_into(Decoder& in, std::uint8_t tag, Variant& out) {
  if constexpr (Index == std::variant_size_v<Variant>) {
    return false;
  } else {
    if (tag != Index) return decode_into<Variant, Index + 1>(in, tag, out);
    auto& m = out.template emplace<Index>();
    if constexpr (requires { m.id; }) m.id = in.get_id<ExecutionId>();
    get_body(in, m);
    return in.ok() && in.at_end();
  }
}

template <class Variant>
Result<Variant> decode_variant(ByteView bytes, const char* what) {
  Decoder in(bytes);
  std::uint8_t tag = in.get<std::uint8_t>();
  Variant message;
  if (!in.ok() || !decode_into(in, tag, message)) return fail(Code::kCorruption, what);
  return message;
}

}  // namespace

Buffer encode(const SqlRequest& request) { return encode_variant(request); }
Buffer encode(const SqlReply& reply) { return encode_variant(reply); }

Result<SqlRequest> decode_sql_request(ByteView bytes) {
  return decode_variant<SqlRequest>(bytes, "a request to a SQL worker does not parse");
}
Result<SqlReply> decode_sql_reply(ByteView bytes) {
  return decode_variant<SqlReply>(bytes, "a SQL worker's reply does not parse");
}

}  // namespace tarn::engine
