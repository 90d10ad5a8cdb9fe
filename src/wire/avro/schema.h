// Avro schemas (Apache Avro 1.11 specification, "Schema Declaration"), with the attributes that Iceberg adds to them.
//
// A schema is a flat list of nodes that name each other by index, so a recursive type needs no pointer cycle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarn::wire::avro {

inline constexpr std::size_t kSchemaBytesMax = 4u << 20;
inline constexpr std::size_t kSchemaNodesMax = 50'000;
inline constexpr int kDepthMax = 64;  // of a schema's text, and of a datum

enum class Kind : std::uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kRecord,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kFixed,
};

struct SchemaField {
  std::string name;
  std::size_t node = 0;
  std::optional<std::int32_t> field_id;  // Iceberg's "field-id"
};

struct Node {
  Kind kind = Kind::kNull;
  std::string name;                        // record, enum, fixed: the full name
  std::vector<SchemaField> fields;         // record
  std::vector<std::string> symbols;        // enum
  std::vector<std::size_t> branches;       // union
  std::size_t items = 0;                   // array's items, map's values
  std::size_t size = 0;                    // fixed
  std::string logical_type;                // "decimal", "map", ...; empty for none
  std::int32_t precision = 0;              // decimal
  std::int32_t scale = 0;                  // decimal
  std::optional<std::int32_t> element_id;  // Iceberg's, of an array
  std::optional<std::int32_t> key_id;      // Iceberg's, of a map
  std::optional<std::int32_t> value_id;    // Iceberg's, of a map
};

class Schema {
 public:
  // Errors: kInvalidArgument, kLimit.
  static Result<Schema> parse(std::string_view json);

  const Node& node(std::size_t index) const { return nodes_[index]; }
  const Node& root() const { return nodes_[0]; }

 private:
  friend class SchemaParser;
  std::vector<Node> nodes_;
};

}  // namespace tarn::wire::avro
