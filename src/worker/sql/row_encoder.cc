#include "worker/sql/row_encoder.h"

#include "base/assert.h"
#include "wire/postgres/parameters.h"
#include "wire/postgres/values.h"
#include "worker/sql/result_types.h"

namespace tarn::worker::sql {
namespace {

namespace pg = wire::postgres;
using pg::Int128;
using pg::UInt128;

Int128 to_int128(duckdb_hugeint value) { return (static_cast<Int128>(value.upper) << 64) | value.lower; }
UInt128 to_uint128(duckdb_uhugeint value) { return (static_cast<UInt128>(value.upper) << 64) | value.lower; }

std::string_view string_at(const EncodedVector& vector, std::uint64_t row) {
  const auto& value = vector.at<duckdb_string_t>(row);
  std::uint32_t length = value.value.inlined.length;  // in the same place in both forms
  return {length <= 12 ? value.value.inlined.inlined : value.value.pointer.ptr, length};
}

std::string_view enum_at(const EncodedVector& vector, std::uint64_t row) {
  std::uint64_t index = vector.storage == DUCKDB_TYPE_UTINYINT    ? vector.at<std::uint8_t>(row)
                        : vector.storage == DUCKDB_TYPE_USMALLINT ? vector.at<std::uint16_t>(row)
                                                                  : vector.at<std::uint32_t>(row);
  return vector.names.at(index);
}

Int128 decimal_at(const EncodedVector& vector, std::uint64_t row) {
  switch (vector.storage) {
    case DUCKDB_TYPE_SMALLINT: return vector.at<std::int16_t>(row);
    case DUCKDB_TYPE_INTEGER: return vector.at<std::int32_t>(row);
    case DUCKDB_TYPE_BIGINT: return vector.at<std::int64_t>(row);
    default: return to_int128(vector.at<duckdb_hugeint>(row));
  }
}

// DuckDB keeps a uuid as a signed 128-bit number whose top bit is flipped, so that it sorts.
Uuid uuid_at(const EncodedVector& vector, std::uint64_t row) {
  const auto& value = vector.at<duckdb_hugeint>(row);
  Uuid uuid;
  store_be<std::uint64_t>(uuid.bytes.data(), static_cast<std::uint64_t>(value.upper) ^ (std::uint64_t{1} << 63));
  store_be<std::uint64_t>(uuid.bytes.data() + 8, value.lower);
  return uuid;
}

std::int64_t timestamp_micros(const EncodedVector& vector, std::uint64_t row) {
  std::int64_t value = vector.at<std::int64_t>(row);
  bool infinite = value == pg::kTimestampInfinity || value == -pg::kTimestampInfinity;
  if (infinite) return value;
  switch (vector.type) {
    case DUCKDB_TYPE_TIMESTAMP_S: return value * 1'000'000;
    case DUCKDB_TYPE_TIMESTAMP_MS: return value * 1'000;
    case DUCKDB_TYPE_TIMESTAMP_NS: return value / 1'000;
    default: return value;
  }
}

bool is_nested(duckdb_type type) {
  return type == DUCKDB_TYPE_LIST || type == DUCKDB_TYPE_ARRAY || type == DUCKDB_TYPE_STRUCT || type == DUCKDB_TYPE_MAP;
}

ByteView bytes_of(std::string_view text) { return tarn::as_bytes(text); }

}  // namespace

void EncodedVector::prepare(duckdb_logical_type logical) {
  type = duckdb_get_type_id(logical);
  auto child = [&](duckdb_logical_type of) {
    children.emplace_back().prepare(of);
    duckdb_destroy_logical_type(&of);
  };
  switch (type) {
    case DUCKDB_TYPE_DECIMAL:
      storage = duckdb_decimal_internal_type(logical);
      scale = duckdb_decimal_scale(logical);
      break;
    case DUCKDB_TYPE_ENUM:
      storage = duckdb_enum_internal_type(logical);
      for (std::uint32_t i = 0; i < duckdb_enum_dictionary_size(logical); ++i) {
        char* value = duckdb_enum_dictionary_value(logical, i);
        names.emplace_back(value);
        duckdb_free(value);
      }
      break;
    case DUCKDB_TYPE_LIST: {
      duckdb_logical_type of = duckdb_list_type_child_type(logical);
      element = result_type(of).oid;
      child(of);
      break;
    }
    case DUCKDB_TYPE_ARRAY:
      array_size = duckdb_array_type_array_size(logical);
      child(duckdb_array_type_child_type(logical));
      break;
    case DUCKDB_TYPE_MAP:
      child(duckdb_map_type_key_type(logical));
      child(duckdb_map_type_value_type(logical));
      break;
    case DUCKDB_TYPE_STRUCT:
      for (idx_t i = 0; i < duckdb_struct_type_child_count(logical); ++i) {
        char* name = duckdb_struct_type_child_name(logical, i);
        names.emplace_back(name);
        duckdb_free(name);
        child(duckdb_struct_type_child_type(logical, i));
      }
      break;
    default: break;
  }
}

void EncodedVector::point_at(duckdb_vector vector) {
  data = duckdb_vector_get_data(vector);
  validity = duckdb_vector_get_validity(vector);
  if (type == DUCKDB_TYPE_LIST) children[0].point_at(duckdb_list_vector_get_child(vector));
  if (type == DUCKDB_TYPE_ARRAY) children[0].point_at(duckdb_array_vector_get_child(vector));
  if (type == DUCKDB_TYPE_MAP) {
    duckdb_vector entries = duckdb_list_vector_get_child(vector);
    for (idx_t i = 0; i < 2; ++i) children[i].point_at(duckdb_struct_vector_get_child(entries, i));
  }
  if (type == DUCKDB_TYPE_STRUCT) {
    for (idx_t i = 0; i < children.size(); ++i) children[i].point_at(duckdb_struct_vector_get_child(vector, i));
  }
}

void append_binary(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out) {
  switch (vector.type) {
    case DUCKDB_TYPE_BOOLEAN: return pg::binary_bool(out, vector.at<bool>(row));
    case DUCKDB_TYPE_TINYINT: return pg::binary_int2(out, vector.at<std::int8_t>(row));
    case DUCKDB_TYPE_UTINYINT: return pg::binary_int2(out, vector.at<std::uint8_t>(row));
    case DUCKDB_TYPE_SMALLINT: return pg::binary_int2(out, vector.at<std::int16_t>(row));
    case DUCKDB_TYPE_USMALLINT: return pg::binary_int4(out, vector.at<std::uint16_t>(row));
    case DUCKDB_TYPE_INTEGER: return pg::binary_int4(out, vector.at<std::int32_t>(row));
    case DUCKDB_TYPE_UINTEGER: return pg::binary_int4(out, static_cast<std::int32_t>(vector.at<std::uint32_t>(row)));
    case DUCKDB_TYPE_BIGINT: return pg::binary_int8(out, vector.at<std::int64_t>(row));
    case DUCKDB_TYPE_UBIGINT: return pg::binary_numeric(out, UInt128{vector.at<std::uint64_t>(row)});
    case DUCKDB_TYPE_HUGEINT: return pg::binary_numeric(out, to_int128(vector.at<duckdb_hugeint>(row)), 0);
    case DUCKDB_TYPE_UHUGEINT: return pg::binary_numeric(out, to_uint128(vector.at<duckdb_uhugeint>(row)));
    case DUCKDB_TYPE_DECIMAL: return pg::binary_numeric(out, decimal_at(vector, row), vector.scale);
    case DUCKDB_TYPE_FLOAT: return pg::binary_float4(out, vector.at<float>(row));
    case DUCKDB_TYPE_DOUBLE: return pg::binary_float8(out, vector.at<double>(row));
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB: return pg::binary_bytes(out, bytes_of(string_at(vector, row)));
    case DUCKDB_TYPE_ENUM: return pg::binary_bytes(out, bytes_of(enum_at(vector, row)));
    case DUCKDB_TYPE_DATE: return pg::binary_date(out, vector.at<std::int32_t>(row));
    case DUCKDB_TYPE_TIME: return pg::binary_time(out, vector.at<std::int64_t>(row));
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ: return pg::binary_timestamp(out, timestamp_micros(vector, row));
    case DUCKDB_TYPE_INTERVAL: {
      const auto& value = vector.at<duckdb_interval>(row);
      return pg::binary_interval(out, value.months, value.days, value.micros);
    }
    case DUCKDB_TYPE_UUID: return pg::binary_uuid(out, uuid_at(vector, row));
    default: return append_json(vector, row, options, out);  // json's binary form is its text
  }
}

void append_text(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out) {
  switch (vector.type) {
    case DUCKDB_TYPE_BOOLEAN: return pg::text_bool(out, vector.at<bool>(row));
    case DUCKDB_TYPE_TINYINT: return pg::text_int(out, vector.at<std::int8_t>(row));
    case DUCKDB_TYPE_UTINYINT: return pg::text_int(out, vector.at<std::uint8_t>(row));
    case DUCKDB_TYPE_SMALLINT: return pg::text_int(out, vector.at<std::int16_t>(row));
    case DUCKDB_TYPE_USMALLINT: return pg::text_int(out, vector.at<std::uint16_t>(row));
    case DUCKDB_TYPE_INTEGER: return pg::text_int(out, vector.at<std::int32_t>(row));
    case DUCKDB_TYPE_UINTEGER: return pg::text_int(out, vector.at<std::uint32_t>(row));
    case DUCKDB_TYPE_BIGINT: return pg::text_int(out, vector.at<std::int64_t>(row));
    case DUCKDB_TYPE_UBIGINT: return pg::text_uint(out, vector.at<std::uint64_t>(row));
    case DUCKDB_TYPE_HUGEINT: return pg::text_numeric(out, to_int128(vector.at<duckdb_hugeint>(row)), 0);
    case DUCKDB_TYPE_UHUGEINT: return pg::text_numeric(out, to_uint128(vector.at<duckdb_uhugeint>(row)));
    case DUCKDB_TYPE_DECIMAL: return pg::text_numeric(out, decimal_at(vector, row), vector.scale);
    case DUCKDB_TYPE_FLOAT: return pg::text_float4(out, vector.at<float>(row), options.extra_float_digits);
    case DUCKDB_TYPE_DOUBLE: return pg::text_float8(out, vector.at<double>(row), options.extra_float_digits);
    case DUCKDB_TYPE_VARCHAR: return pg::text_bytes(out, string_at(vector, row));
    case DUCKDB_TYPE_BLOB: return pg::text_bytea(out, bytes_of(string_at(vector, row)));
    case DUCKDB_TYPE_ENUM: return pg::text_bytes(out, enum_at(vector, row));
    case DUCKDB_TYPE_DATE: return pg::text_date(out, vector.at<std::int32_t>(row));
    case DUCKDB_TYPE_TIME: return pg::text_time(out, vector.at<std::int64_t>(row));
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS: return pg::text_timestamp(out, timestamp_micros(vector, row));
    case DUCKDB_TYPE_TIMESTAMP_TZ: {
      std::int64_t micros = timestamp_micros(vector, row);
      return pg::text_timestamptz(out, micros, options.zone->offset_seconds(micros));
    }
    case DUCKDB_TYPE_INTERVAL: {
      const auto& value = vector.at<duckdb_interval>(row);
      return pg::text_interval(out, value.months, value.days, value.micros);
    }
    case DUCKDB_TYPE_UUID: return pg::text_uuid(out, uuid_at(vector, row));
    default: return append_json(vector, row, options, out);
  }
}

void append_digits_binary(const EncodedVector& vector, std::uint64_t row, Buffer& out) {
  auto decoded = pg::decode_text(pg::kNumericOid, string_at(vector, row));
  TARN_ASSERT(decoded && std::holds_alternative<pg::Decimal>(*decoded),
              "tarn_divide_text and tarn_average_text write decimals");
  const auto& decimal = std::get<pg::Decimal>(*decoded);
  pg::binary_numeric(out, decimal.unscaled, decimal.scale);
}

constexpr std::byte kJsonbVersion{1};  // jsonb_send of Postgres's jsonb.c

RowEncoder::RowEncoder(std::vector<duckdb_logical_type> types, EncodeOptions options) : options_(std::move(options)) {
  TARN_ASSERT(options_.formats.size() == types.size() && options_.forms.size() == types.size());
  for (duckdb_logical_type type : types) columns_.emplace_back().prepare(type);
}

void RowEncoder::use(duckdb_data_chunk chunk) {
  for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].point_at(duckdb_data_chunk_get_vector(chunk, i));
}

void RowEncoder::encode(std::uint64_t row, Buffer& out) const {
  std::size_t message = pg::begin_row(out, static_cast<std::int16_t>(columns_.size()));
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const EncodedVector& column = columns_[i];
    if (column.is_null(row)) {
      pg::put_null(out);
      continue;
    }
    std::size_t value = pg::begin_value(out);
    if (options_.forms[i] == Form::kDigits && options_.formats[i] != 0) {
      append_digits_binary(column, row, out);
    } else if (options_.forms[i] == Form::kArray) {
      (options_.formats[i] != 0 ? append_array_binary : append_array_text)(column, row, options_, out);
    } else if (options_.formats[i] != 0) {
      if (options_.forms[i] == Form::kJsonb) out.push_back(kJsonbVersion);
      append_binary(column, row, options_, out);
    } else if (is_nested(column.type)) {
      append_json(column, row, options_, out);
    } else {
      append_text(column, row, options_, out);
    }
    pg::end_value(out, value);
  }
  pg::end_row(out, message);
}

}  // namespace tarn::worker::sql
