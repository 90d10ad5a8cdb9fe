// DuckDB's result chunks to Postgres DataRow messages, straight from the vectors.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "worker/sql/time_zone.h"

namespace tarn::worker::sql {

// What a column is sent as, where its DuckDB type does not say it all.
enum class Form : std::uint8_t {
  kOwn,
  kArray,   // a LIST as a Postgres array, not as JSON
  kDigits,  // a VARCHAR of decimal digits as numeric
  kJsonb,   // JSON as jsonb: in binary with a version in front
};

// How values are written, beyond their types.
struct EncodeOptions {
  std::vector<std::int16_t> formats;  // one per column: 0 text, 1 binary
  std::vector<Form> forms;            // one per column
  std::shared_ptr<TimeZone> zone;
  int extra_float_digits = 1;
};

// A column or a nested part of one: its type, and where its values are in the current chunk.
struct EncodedVector {
  duckdb_type type = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  // of DECIMAL and ENUM
  int scale = 0;
  std::uint64_t array_size = 0;    // of ARRAY
  std::uint32_t element = 0;       // of LIST: its elements' Postgres type
  std::vector<std::string> names;  // a struct's fields, an enum's values
  std::vector<EncodedVector> children;
  const void* data = nullptr;
  std::uint64_t* validity = nullptr;

  void prepare(duckdb_logical_type logical);
  void point_at(duckdb_vector vector);
  bool is_null(std::uint64_t row) const { return validity != nullptr && !duckdb_validity_row_is_valid(validity, row); }
  template <class T>
  const T& at(std::uint64_t row) const {
    return static_cast<const T*>(data)[row];
  }
};

// One thread at a time.
class RowEncoder {
 public:
  RowEncoder(std::vector<duckdb_logical_type> types, EncodeOptions options);  // types stay the caller's

  void use(duckdb_data_chunk chunk);
  void encode(std::uint64_t row, Buffer& out) const;

 private:
  std::vector<EncodedVector> columns_;
  EncodeOptions options_;
};

// A LIST as Postgres's array of one dimension: {1,NULL,"a b"} or its binary form.
void append_array_text(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out);
void append_array_binary(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out);
// Digits, a point and a sign as binary numeric.
void append_digits_binary(const EncodedVector& vector, std::uint64_t row, Buffer& out);
// The value in its type's binary form.
void append_binary(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out);
// The value as JSON, appended. Numbers as they are, time as ISO 8601, bytes as "\\x..." text.
void append_json(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out);
// The value in Postgres's text form; not for nested types.
void append_text(const EncodedVector& vector, std::uint64_t row, const EncodeOptions& options, Buffer& out);

}  // namespace tarn::worker::sql
