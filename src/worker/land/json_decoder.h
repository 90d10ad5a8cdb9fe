// JSON objects to rows: one record's value in, one row of a ChunkBuilder out, straight from simdjson's on-demand parser
// into the columns.
//
// What a value must look like, by column:
//
//   boolean           true, false
//   int, long         a number without a fraction (12.0 and 1e3 are fine), in range; see Columns::kReplaceable
//   float, double     a number; the strings "NaN", "Infinity", "-Infinity"
//   decimal(p,s)      a number or a string, exactly: no more than s decimals, no more than p digits
//   date, time        a string: "2013-01-31", "05:15:00.123"
//   timestamp         a string: "2013-01-31T05:15:00", without a zone
//   timestamptz       a string, with a zone or in UTC: "2013-01-31T05:15:00Z"
//   uuid              a string: 36 characters
//   binary            a string: base64
//   string            a string; of anything else its JSON text
//   struct, list      an object, an array
//
// null, or no such field, is null for every column. Fields are found by name, ASCII letters of either case being the
// same, wherever they stand, fastest in the order of the columns. A record that does not fit leaves no row; reason()
// says why, for the dead-letter table.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "table/schema.h"
#include "tail/chunk_builder.h"

namespace tarn::worker::land {

inline constexpr Bytes kJsonBytesMax = 16_MiB;     // one record's value
inline constexpr std::size_t kJsonPadding = 64;    // bytes that must be readable past a value
inline constexpr std::size_t kFieldNameMax = 255;  // bytes

// What no column is called: "", more than kFieldNameMax bytes, control characters (a NUL ends SQL text).
inline bool can_name_column(std::string_view name) {
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return !name.empty() && name.size() <= kFieldNameMax && std::ranges::none_of(name, is_control);
}

// What records that need other columns may change: nothing, fields without a column being ignored; new columns; new
// columns, and a long one (not within another) that meets a fraction or an exponent becomes double.
enum class Columns { kDeclared, kGrowing, kReplaceable };

// Not thread-safe; keeps the parser's memory between records.
class JsonDecoder {
 public:
  // Columns are the fields of `schema` but `_kafka`, which the caller fills.
  JsonDecoder(const table::Schema& schema, Columns columns);
  ~JsonDecoder();

  // Appends the values of one row to `rows`, without ending it. False: nothing was appended.
  // kJsonPadding bytes past the value are readable.
  bool decode(ByteView value, tail::ChunkBuilder& rows);
  const std::string& reason() const;

  // True once a record that decoded had a field, not null, that has no column, or none that could hold it: rows are
  // then of no use, but those of the schema with fields_with_new().
  bool has_new_fields() const;
  // The schema's fields with new ones (id 0) after them, nested ones too; no more than table::kColumnsMax in all.
  // Long columns that met a fraction are double, with id 0.
  std::vector<table::Field> fields_with_new() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Looks at records before there is a table.
class JsonInference {
 public:
  JsonInference();
  ~JsonInference();

  // False: it is no JSON object (or none that a table could hold).
  bool look_at(ByteView value);
  // The columns that hold everything seen; empty if there was nothing but nulls.
  std::vector<table::Field> fields() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::worker::land
