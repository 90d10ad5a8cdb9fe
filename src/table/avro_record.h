// Reading an Avro record by Iceberg field id, whatever the order and the extra fields of its writer.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "wire/avro/binary.h"
#include "wire/avro/schema.h"

namespace tarn::table {

// One record's fields by id. A missing field, a null and a value of another kind all read as the default: the spec
// makes them equal where a field is optional, and `bad()` tells where one was required.
class AvroRecord {
 public:
  using Value = wire::avro::Value;

  AvroRecord(const wire::avro::Schema& schema, const wire::avro::Node& node, const Value& value)
      : schema_(schema), node_(node), values_(value.list()) {}

  std::optional<std::int64_t> integer(std::int32_t id) const;
  std::optional<std::string> text(std::int32_t id) const;
  std::int64_t required_integer(std::int32_t id);
  std::string required_text(std::int32_t id);
  // A map stored as an array of key-value records.
  void map(std::int32_t id, std::map<std::int32_t, std::int64_t>& out) const;
  void map(std::int32_t id, std::map<std::int32_t, std::string>& out) const;
  std::vector<std::int64_t> integers(std::int32_t id) const;
  // The record in field `id`; null if it is none.
  std::optional<AvroRecord> record(std::int32_t id) const;

  bool bad() const { return bad_; }

 private:
  template <class T>
  const T* find(std::int32_t id) const;
  template <class T>
  void read_map(std::int32_t id, std::map<std::int32_t, T>& out) const;

  const wire::avro::Schema& schema_;
  const wire::avro::Node& node_;
  const Value::List& values_;
  bool bad_ = false;
};

}  // namespace tarn::table
