#include "table/avro_record.h"

#include <optional>

namespace tarn::table {

using wire::avro::Kind;
using wire::avro::Node;
using wire::avro::Value;

template <class T>
const T* AvroRecord::find(std::int32_t id) const {
  for (std::size_t i = 0; i < node_.fields.size(); ++i) {
    if (node_.fields[i].field_id == id) return std::get_if<T>(&values_[i]);
  }
  return nullptr;
}

std::optional<std::int64_t> AvroRecord::integer(std::int32_t id) const {
  const auto* value = find<std::int64_t>(id);
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::string> AvroRecord::text(std::int32_t id) const {
  const auto* value = find<std::string>(id);
  return value ? std::optional(*value) : std::nullopt;
}

std::int64_t AvroRecord::required_integer(std::int32_t id) {
  auto value = integer(id);
  bad_ |= !value;
  return value.value_or(0);
}

std::string AvroRecord::required_text(std::int32_t id) {
  auto value = text(id);
  bad_ |= !value;
  return value.value_or("");
}

// Key and value are a record's first and second field, as the spec says.
template <class T>
void AvroRecord::read_map(std::int32_t id, std::map<std::int32_t, T>& out) const {
  const auto* items = find<Value::List>(id);
  if (!items) return;
  for (const Value& item : *items) {
    const auto* pair = std::get_if<Value::List>(&item);
    if (!pair || pair->size() < 2) continue;
    const auto* key = std::get_if<std::int64_t>(&(*pair)[0]);
    const T* value = std::get_if<T>(&(*pair)[1]);
    if (key && value) out[static_cast<std::int32_t>(*key)] = *value;
  }
}

void AvroRecord::map(std::int32_t id, std::map<std::int32_t, std::int64_t>& out) const { read_map(id, out); }
void AvroRecord::map(std::int32_t id, std::map<std::int32_t, std::string>& out) const { read_map(id, out); }

std::vector<std::int64_t> AvroRecord::integers(std::int32_t id) const {
  std::vector<std::int64_t> out;
  const auto* items = find<Value::List>(id);
  if (!items) return out;
  for (const Value& item : *items) {
    if (const auto* number = std::get_if<std::int64_t>(&item)) out.push_back(*number);
  }
  return out;
}

std::optional<AvroRecord> AvroRecord::record(std::int32_t id) const {
  for (std::size_t i = 0; i < node_.fields.size(); ++i) {
    if (node_.fields[i].field_id != id) continue;
    const Node& inner = schema_.node(node_.fields[i].node);
    if (inner.kind == Kind::kRecord) return AvroRecord(schema_, inner, values_[i]);
  }
  return std::nullopt;
}

}  // namespace tarn::table
