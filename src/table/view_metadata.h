// An Iceberg view's metadata (View specification, format version 1), apart from its JSON form.
//
// A version of a view is one SQL text and the schema of what it gives. Replacing a view adds a version under the same
// uuid; the last kViewVersionsMax stay.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "base/uuid.h"
#include "table/schema.h"

namespace tarn::table {

inline constexpr std::int32_t kViewFormatVersion = 1;
inline constexpr std::string_view kViewDialect =
    "tarn";  // of the SQL that we write: Postgres's, as the client typed it
inline constexpr std::size_t kViewVersionsMax = 10;
inline constexpr Bytes kViewSqlBytesMax = 1_MiB;
inline constexpr Bytes kViewMetadataBytesMax = 64_MiB;

struct ViewVersion {
  std::int32_t id = 1;
  TimestampMs timestamp_ms;
  SchemaId schema_id;
  std::string default_namespace;  // one level
  std::string sql;
  std::string dialect{kViewDialect};
  bool operator==(const ViewVersion&) const = default;
};

struct ViewMetadata {
  Uuid uuid;
  std::string location;
  std::vector<Schema> schemas;  // one for each version
  std::int32_t current_version_id = 1;
  std::vector<ViewVersion> versions;  // oldest first
  std::map<std::string, std::string> properties;
  bool operator==(const ViewMetadata&) const = default;

  const ViewVersion& version() const;  // the current one
  const Schema& schema() const;        // of the current one
};

// A view of one version. Field ids are given here.
ViewMetadata new_view_metadata(Uuid uuid, std::string location, std::string name_space, std::string sql,
                               std::vector<Field> fields, TimestampMs now);
// `metadata` with another text as its current version.
ViewMetadata with_version(const ViewMetadata& metadata, std::string sql, std::vector<Field> fields, TimestampMs now);

// The JSON of a view's metadata file, and of a REST answer.
std::string to_json(const ViewMetadata& metadata);
// What version() and schema() name is there in the result. Of a version's representations the first of SQL is taken.
// Errors: kCorruption, kUnsupported (another format version), kLimit.
Result<ViewMetadata> parse_view_metadata(std::string_view json);

}  // namespace tarn::table
