#include "engine/system_tables.h"

#include <algorithm>

#include "tail/chunk_builder.h"

namespace tarn::engine {
namespace {

constexpr Bytes kChunkBytes{4u << 20};  // a chunk ends past so many

table::Schema schema_of(std::initializer_list<std::pair<std::string_view, std::string_view>> columns) {
  table::Schema schema;
  for (auto [name, type] : columns)
    schema.fields.push_back({.name = std::string(name), .type = *table::parse_type(type)});
  FieldId last{0};
  table::assign_ids(schema, last);
  return schema;
}

struct SystemTable {
  std::string_view name;
  table::Schema schema;
};

const std::vector<SystemTable>& tables() {
  static const std::vector<SystemTable> kTables{{"runs", schema_of({{"id", "long"},
                                                                    {"project", "string"},
                                                                    {"state", "string"},
                                                                    {"started", "timestamptz"},
                                                                    {"finished", "timestamptz"},
                                                                    {"message", "string"},
                                                                    {"base_version", "long"},
                                                                    {"published_version", "long"}})},
                                                {"run_nodes", schema_of({{"run_id", "long"},
                                                                         {"name", "string"},
                                                                         {"kind", "string"},
                                                                         {"materialized", "string"},
                                                                         {"state", "string"},
                                                                         {"started", "timestamptz"},
                                                                         {"finished", "timestamptz"},
                                                                         {"rows", "long"},
                                                                         {"failures", "long"},
                                                                         {"message", "string"},
                                                                         {"file", "string"},
                                                                         {"compiled_sql", "string"},
                                                                         {"sample", "string"}})}};
  return kTables;
}

// Rows of one table, chunk by chunk.
class Rows {
 public:
  static Result<Rows> of(const table::Schema& schema) {
    TARN_ASSIGN(tail::ChunkBuilder builder, tail::ChunkBuilder::make(schema));
    return Rows(schema, std::move(builder));
  }

  Rows& add(std::string_view text) { return next().append_bytes(text.data(), text.size()), *this; }
  // An empty text is null.
  Rows& add_or_null(std::string_view text) { return text.empty() ? null() : add(text); }
  Rows& add(std::int64_t value) { return next().append(value), *this; }
  Rows& null() { return next().append_null(), *this; }
  Rows& add(TimestampMs time) { return add(time.value() * 1000); }
  template <class T>
  Rows& add(const std::optional<T>& value) {
    if (!value) return null();
    if constexpr (requires { value->value(); }) {
      return add(static_cast<std::int64_t>(value->value()) * (std::is_same_v<T, TimestampMs> ? 1000 : 1));
    } else {
      return add(*value);
    }
  }

  Result<void> end_row() {
    builder_.end_row();
    column_ = 0;
    return builder_.bytes() < kChunkBytes.count() ? Result<void>() : emit();
  }
  std::size_t bytes() const { return bytes_ + builder_.bytes(); }
  Result<std::vector<std::shared_ptr<const tail::Chunk>>> finish() {
    if (builder_.rows() > 0) TARN_TRY(emit());
    return std::move(chunks_);
  }

 private:
  Rows(const table::Schema& schema, tail::ChunkBuilder builder) : schema_(&schema), builder_(std::move(builder)) {}

  tail::ColumnBuilder& next() { return builder_.columns()[column_++]; }
  Result<void> emit() {
    bytes_ += builder_.bytes();
    TARN_ASSIGN(tail::Chunk chunk, builder_.emit());
    chunks_.push_back(std::make_shared<const tail::Chunk>(std::move(chunk)));
    TARN_ASSIGN(builder_, tail::ChunkBuilder::make(*schema_));
    return {};
  }

  const table::Schema* schema_;
  tail::ChunkBuilder builder_;
  std::vector<std::shared_ptr<const tail::Chunk>> chunks_;
  std::size_t column_ = 0;
  std::size_t bytes_ = 0;
};

Result<void> add_run(Rows& rows, const catalog::Run& run) {
  rows.add(run.id.value()).add(run.project).add(catalog::to_string(run.state)).add(run.started).add(run.finished);
  rows.add_or_null(run.message).add(run.base).add(run.published);
  return rows.end_row();
}

Result<void> add_nodes(Rows& rows, const catalog::Run& run) {
  for (const catalog::RunNode& node : run.nodes) {
    rows.add(run.id.value()).add(node.name).add(catalog::to_string(node.kind)).add_or_null(node.materialized);
    rows.add(catalog::to_string(node.state)).add(node.started).add(node.finished).add(node.rows).add(node.failures);
    rows.add_or_null(node.message).add_or_null(node.file).add_or_null(node.compiled_sql).add_or_null(node.sample_json);
    TARN_TRY(rows.end_row());
  }
  return {};
}

}  // namespace

std::vector<std::string_view> system_tables() {
  std::vector<std::string_view> names;
  for (const SystemTable& table : tables()) names.push_back(table.name);
  return names;
}

const table::Schema* find_system_table(std::string_view name_space, std::string_view name) {
  if (name_space != kSystemSchema) return nullptr;
  auto found = std::ranges::find(tables(), name, &SystemTable::name);
  return found == tables().end() ? nullptr : &found->schema;
}

Result<std::vector<std::shared_ptr<const tail::Chunk>>> system_rows(catalog::Catalog& catalog, std::string_view name) {
  TARN_ASSIGN(Rows rows, Rows::of(*find_system_table(kSystemSchema, name)));
  TARN_ASSIGN(std::vector<catalog::Run> runs, catalog.runs(catalog::kRunsMax));
  for (const catalog::Run& run : runs) {
    if (name == "runs") {
      TARN_TRY(add_run(rows, run));
      continue;
    }
    if (rows.bytes() >= kSystemRowsBytesMax.count()) break;
    Result<catalog::Run> whole = catalog.run(run.id);
    if (!whole && whole.error().code == Code::kNotFound) continue;  // it made room for a newer one meanwhile
    if (!whole) return std::unexpected(std::move(whole).error());
    TARN_TRY(add_nodes(rows, *whole));
  }
  return rows.finish();
}

}  // namespace tarn::engine
