#include "table/view_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.h"
#include "table/metadata.h"

namespace tarn::table {
namespace {

using Json = nlohmann::ordered_json;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Code::kCorruption, fmt::format("view metadata: {}", what));
}

Json version_json(const ViewVersion& version) {
  Json representation{{"type", "sql"}, {"sql", version.sql}, {"dialect", version.dialect}};
  return Json{{"version-id", version.id},
              {"timestamp-ms", version.timestamp_ms.value()},
              {"schema-id", version.schema_id.value()},
              {"summary", {{"engine-name", "tarn"}}},
              {"default-namespace", Json::array({version.default_namespace})},
              {"representations", Json::array({std::move(representation)})}};
}

Result<std::string> text(const Json& json, const char* key) {
  auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return wrong(fmt::format("\"{}\" is missing or no text", key));
  return found->get<std::string>();
}

template <class T>
Result<T> integer(const Json& json, const char* key) {
  auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer() || !std::in_range<T>(found->get<std::int64_t>()))
    return wrong(fmt::format("\"{}\" is missing or no such number", key));
  return static_cast<T>(found->get<std::int64_t>());
}

Result<const Json*> array(const Json& json, const char* key) {
  auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return wrong(fmt::format("\"{}\" is missing or no array", key));
  return &*found;
}

Result<ViewVersion> read_version(const Json& json) {
  if (!json.is_object()) return wrong("a version is no object");
  ViewVersion version;
  TARN_ASSIGN(version.id, integer<std::int32_t>(json, "version-id"));
  TARN_ASSIGN(std::int64_t made, integer<std::int64_t>(json, "timestamp-ms"));
  version.timestamp_ms = TimestampMs(made);
  TARN_ASSIGN(std::int32_t schema, integer<std::int32_t>(json, "schema-id"));
  version.schema_id = SchemaId(schema);
  TARN_ASSIGN(const Json* levels, array(json, "default-namespace"));
  if (!levels->empty() && levels->front().is_string()) version.default_namespace = levels->front().get<std::string>();
  TARN_ASSIGN(const Json* representations, array(json, "representations"));
  for (const Json& one : *representations) {
    if (!one.is_object() || one.value("type", Json()) != "sql") continue;
    TARN_ASSIGN(version.sql, text(one, "sql"));
    TARN_ASSIGN(version.dialect, text(one, "dialect"));
    return version;
  }
  return wrong("a version has no SQL");
}

bool has_schema(const ViewMetadata& metadata, SchemaId id) {
  return std::ranges::find(metadata.schemas, id, &Schema::id) != metadata.schemas.end();
}

Result<void> read_versions(const Json& json, ViewMetadata& metadata) {
  TARN_ASSIGN(const Json* schemas, array(json, "schemas"));
  for (const Json& one : *schemas) {
    TARN_ASSIGN(Schema schema, parse_schema(one.dump(-1, ' ', false, Json::error_handler_t::replace)));
    metadata.schemas.push_back(std::move(schema));
  }
  TARN_ASSIGN(const Json* versions, array(json, "versions"));
  for (const Json& one : *versions) {
    TARN_ASSIGN(ViewVersion version, read_version(one));
    if (!has_schema(metadata, version.schema_id)) return wrong("a version names a schema that is not there");
    metadata.versions.push_back(std::move(version));
  }
  TARN_ASSIGN(metadata.current_version_id, integer<std::int32_t>(json, "current-version-id"));
  if (std::ranges::find(metadata.versions, metadata.current_version_id, &ViewVersion::id) == metadata.versions.end())
    return wrong("the current version is not there");
  return {};
}

Schema first_schema(SchemaId id, std::vector<Field> fields) {
  Schema schema{.id = id, .fields = std::move(fields)};
  FieldId last = last_field_id(schema);
  assign_ids(schema, last);
  return schema;
}

}  // namespace

const ViewVersion& ViewMetadata::version() const {
  auto found = std::ranges::find(versions, current_version_id, &ViewVersion::id);
  TARN_ASSERT(found != versions.end(), "parse_view_metadata and new_view_metadata see to it");
  return *found;
}

const Schema& ViewMetadata::schema() const {
  auto found = std::ranges::find(schemas, version().schema_id, &Schema::id);
  TARN_ASSERT(found != schemas.end(), "parse_view_metadata and new_view_metadata see to it");
  return *found;
}

ViewMetadata new_view_metadata(Uuid uuid, std::string location, std::string name_space, std::string sql,
                               std::vector<Field> fields, TimestampMs now) {
  ViewMetadata metadata{.uuid = uuid, .location = std::move(location)};
  metadata.schemas.push_back(first_schema(SchemaId(0), std::move(fields)));
  metadata.versions.push_back({.id = 1,
                               .timestamp_ms = now,
                               .schema_id = SchemaId(0),
                               .default_namespace = std::move(name_space),
                               .sql = std::move(sql)});
  return metadata;
}

ViewMetadata with_version(const ViewMetadata& metadata, std::string sql, std::vector<Field> fields, TimestampMs now) {
  ViewMetadata next = metadata;
  std::int32_t id = std::ranges::max(next.versions, {}, &ViewVersion::id).id + 1;
  SchemaId schema = std::ranges::max(next.schemas, {}, &Schema::id).id + 1;
  next.schemas.push_back(first_schema(schema, std::move(fields)));
  next.versions.push_back({.id = id,
                           .timestamp_ms = std::max(now, next.versions.back().timestamp_ms),
                           .schema_id = schema,
                           .default_namespace = metadata.version().default_namespace,
                           .sql = std::move(sql)});
  next.current_version_id = id;
  while (next.versions.size() > kViewVersionsMax) {
    SchemaId gone = next.versions.front().schema_id;
    next.versions.erase(next.versions.begin());
    if (std::ranges::find(next.versions, gone, &ViewVersion::schema_id) == next.versions.end())
      std::erase_if(next.schemas, [&](const Schema& one) { return one.id == gone; });
  }
  return next;
}

std::string to_json(const ViewMetadata& metadata) {
  Json json{{"view-uuid", metadata.uuid.to_string()},
            {"format-version", kViewFormatVersion},
            {"location", metadata.location},
            {"current-version-id", metadata.current_version_id},
            {"versions", Json::array()},
            {"version-log", Json::array()},
            {"schemas", Json::array()},
            {"properties", metadata.properties}};
  for (const ViewVersion& version : metadata.versions) {
    json["versions"].push_back(version_json(version));
    json["version-log"].push_back({{"timestamp-ms", version.timestamp_ms.value()}, {"version-id", version.id}});
  }
  for (const Schema& schema : metadata.schemas) json["schemas"].push_back(Json::parse(to_json(schema), nullptr, false));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ViewMetadata> parse_view_metadata(std::string_view json) {
  if (json.size() > kViewMetadataBytesMax.count())
    return fail(Code::kLimit, fmt::format("view metadata has up to {} bytes", kViewMetadataBytesMax.count()));
  auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= 2 * kNestingMax + 10; };
  Json parsed = Json::parse(json, shallow, false);
  if (!parsed.is_object()) return wrong("it is no JSON object");
  TARN_ASSIGN(std::int32_t format, integer<std::int32_t>(parsed, "format-version"));
  if (format != kViewFormatVersion)
    return fail(Code::kUnsupported,
                fmt::format("view metadata of format version {}; this Tarn reads {}", format, kViewFormatVersion));
  ViewMetadata metadata;
  TARN_ASSIGN(std::string uuid, text(parsed, "view-uuid"));
  auto id = Uuid::parse(uuid);
  if (!id) return wrong("\"view-uuid\" is no uuid");
  metadata.uuid = *id;
  TARN_ASSIGN(metadata.location, text(parsed, "location"));
  TARN_TRY(read_versions(parsed, metadata));
  auto properties = parsed.find("properties");
  if (properties != parsed.end() && properties->is_object()) {
    for (const auto& [key, value] : properties->items()) {
      if (value.is_string()) metadata.properties[key] = value.get<std::string>();
    }
  }
  return metadata;
}

}  // namespace tarn::table
