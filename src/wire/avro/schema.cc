#include "wire/avro/schema.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

namespace tarn::wire::avro {

using Json = nlohmann::json;

namespace {

std::unexpected<Error> wrong(std::string_view why) {
  return fail(Code::kInvalidArgument, fmt::format("Avro schema: {}", why));
}

constexpr std::string_view kPrimitives[] = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"};

std::optional<Kind> primitive(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kPrimitives); ++i) {
    if (kPrimitives[i] == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

std::optional<std::int32_t> integer(const Json& json, const char* key) {
  auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) return std::nullopt;
  auto value = found->get<std::int64_t>();
  if (value < INT32_MIN || value > INT32_MAX) return std::nullopt;
  return static_cast<std::int32_t>(value);
}

std::string text(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

class SchemaParser {
 public:
  Result<Schema> parse(const Json& json) {
    TARN_TRY(read(json, "", 0));
    return std::move(schema_);
  }

 private:
  // Adds the node of `json` and returns its index. The node is addressed by index, since reading its parts moves it.
  Result<std::size_t> read(const Json& json, const std::string& name_space, int depth) {
    if (depth > kDepthMax) return fail(Code::kLimit, fmt::format("an Avro schema may be nested {} deep", kDepthMax));
    if (json.is_string()) return read_name(json.get<std::string>(), name_space);
    if (json.is_array()) return read_union(json, name_space, depth);
    if (!json.is_object()) return wrong("a type is a name, a list or an object");
    auto type = json.find("type");
    if (type == json.end()) return wrong("an object has no \"type\"");
    if (!type->is_string()) return read(*type, name_space, depth + 1);
    return read_object(json, type->get<std::string>(), name_space, depth);
  }

  Result<std::size_t> add(Kind kind) {
    if (schema_.nodes_.size() >= kSchemaNodesMax)
      return fail(Code::kLimit, fmt::format("an Avro schema may have {} types", kSchemaNodesMax));
    schema_.nodes_.push_back({.kind = kind});
    return schema_.nodes_.size() - 1;
  }

  Result<std::size_t> read_name(const std::string& name, const std::string& name_space) {
    if (auto kind = primitive(name)) return add(*kind);
    auto found = named_.find(full_name(name, name_space));
    if (found == named_.end()) found = named_.find(name);
    if (found == named_.end()) return wrong(fmt::format("type \"{}\" is not defined", name));
    return found->second;
  }

  Result<std::size_t> read_union(const Json& json, const std::string& name_space, int depth) {
    TARN_ASSIGN(std::size_t at, add(Kind::kUnion));
    for (const Json& branch : json) {
      TARN_ASSIGN(std::size_t index, read(branch, name_space, depth + 1));
      schema_.nodes_[at].branches.push_back(index);
    }
    if (schema_.nodes_[at].branches.empty()) return wrong("a union has no branch");
    return at;
  }

  Result<std::size_t> read_object(const Json& json, const std::string& type, const std::string& name_space, int depth) {
    if (auto kind = primitive(type)) {
      TARN_ASSIGN(std::size_t at, add(*kind));
      read_logical_type(json, schema_.nodes_[at]);
      return at;
    }
    if (type == "array" || type == "map") return read_collection(json, type == "array", name_space, depth);
    if (type == "record" || type == "error") return read_record(json, name_space, depth);
    if (type == "enum" || type == "fixed") return read_enum_or_fixed(json, type == "enum", name_space);
    return read_name(type, name_space);
  }

  Result<std::size_t> read_collection(const Json& json, bool is_array, const std::string& name_space, int depth) {
    TARN_ASSIGN(std::size_t at, add(is_array ? Kind::kArray : Kind::kMap));
    auto inner = json.find(is_array ? "items" : "values");
    if (inner == json.end()) return wrong("an array has no \"items\", or a map no \"values\"");
    schema_.nodes_[at].element_id = integer(json, "element-id");
    schema_.nodes_[at].key_id = integer(json, "key-id");
    schema_.nodes_[at].value_id = integer(json, "value-id");
    read_logical_type(json, schema_.nodes_[at]);
    TARN_ASSIGN(std::size_t index, read(*inner, name_space, depth + 1));
    schema_.nodes_[at].items = index;
    return at;
  }

  Result<std::size_t> read_record(const Json& json, const std::string& name_space, int depth) {
    TARN_ASSIGN(std::size_t at, add(Kind::kRecord));
    TARN_ASSIGN(std::string inner_space, define(json, name_space, at));
    auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_array()) return wrong("a record has no \"fields\"");
    for (const Json& field : *fields) {
      auto type = field.is_object() ? field.find("type") : field.end();
      if (!field.is_object() || type == field.end()) return wrong("a record's field has no \"type\"");
      TARN_ASSIGN(std::size_t index, read(*type, inner_space, depth + 1));
      schema_.nodes_[at].fields.push_back({text(field, "name"), index, integer(field, "field-id")});
    }
    return at;
  }

  Result<std::size_t> read_enum_or_fixed(const Json& json, bool is_enum, const std::string& name_space) {
    TARN_ASSIGN(std::size_t at, add(is_enum ? Kind::kEnum : Kind::kFixed));
    TARN_TRY(define(json, name_space, at));
    Node& node = schema_.nodes_[at];
    read_logical_type(json, node);
    if (!is_enum) {
      auto size = integer(json, "size");
      if (!size || *size < 0) return wrong("a fixed type has no \"size\"");
      node.size = static_cast<std::size_t>(*size);
      return at;
    }
    auto symbols = json.find("symbols");
    if (symbols == json.end() || !symbols->is_array()) return wrong("an enum has no \"symbols\"");
    for (const Json& symbol : *symbols) {
      if (!symbol.is_string()) return wrong("an enum's symbol is no text");
      node.symbols.push_back(symbol.get<std::string>());
    }
    return at;
  }

  // Names the node, before its parts are read, so that they may refer to it. Returns the namespace inside it.
  Result<std::string> define(const Json& json, const std::string& name_space, std::size_t at) {
    std::string name = text(json, "name");
    if (name.empty()) return wrong("a record, enum or fixed type has no \"name\"");
    std::string own_space = json.contains("namespace") ? text(json, "namespace") : name_space;
    std::string full = full_name(name, own_space);
    schema_.nodes_[at].name = full;
    if (!named_.emplace(full, at).second) return wrong(fmt::format("type \"{}\" is defined twice", full));
    std::size_t dot = full.rfind('.');
    return dot == std::string::npos ? "" : full.substr(0, dot);
  }

  static std::string full_name(const std::string& name, const std::string& name_space) {
    if (name_space.empty() || name.find('.') != std::string::npos) return name;
    return name_space + "." + name;
  }

  static void read_logical_type(const Json& json, Node& node) {
    node.logical_type = text(json, "logicalType");
    node.precision = integer(json, "precision").value_or(0);
    node.scale = integer(json, "scale").value_or(0);
  }

  Schema schema_;
  std::map<std::string, std::size_t> named_;
};

Result<Schema> Schema::parse(std::string_view json) {
  if (json.size() > kSchemaBytesMax)
    return fail(Code::kLimit, fmt::format("an Avro schema may have {} bytes", kSchemaBytesMax));
  Json parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded()) return wrong("no JSON");
  return SchemaParser().parse(parsed);
}

}  // namespace tarn::wire::avro
