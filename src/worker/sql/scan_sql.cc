#include "worker/sql/scan_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "worker/duckdb_types.h"
#include "worker/parquet_copy.h"

namespace tarn::worker::sql {
namespace {

std::string empty_rows(const table::Schema& schema) {
  std::string columns;
  for (const table::Field& field : schema.fields) {
    columns += fmt::format("{}CAST(NULL AS {}) AS {}", columns.empty() ? "" : ", ", type_sql(field.type),
                           quote_identifier(field.name));
  }
  return fmt::format("SELECT {} WHERE false", columns.empty() ? "1" : columns);
}

// The statement's columns out of rows in an older (or the same) schema of the table.
std::string chunk_rows(std::uint64_t id, const table::Schema& from, const table::Schema& to) {
  if (from == to) return fmt::format("SELECT * FROM chunk_scan({})", id);
  std::string columns;
  for (const table::Field& field : to.fields) {
    auto old = std::ranges::find(from.fields, field.id, &table::Field::id);
    std::string value = old == from.fields.end() ? fmt::format("CAST(NULL AS {})", type_sql(field.type))
                                                 : evolve_sql(quote_identifier(old->name), old->type, field.type);
    columns += fmt::format("{}{} AS {}", columns.empty() ? "" : ", ", value, quote_identifier(field.name));
  }
  return fmt::format("SELECT {} FROM chunk_scan({})", columns, id);
}

// One SELECT per schema that the table's chunks are in.
Result<std::vector<std::string>> chunk_selects(const engine::ScanTable& scan, std::span<host::Descriptor> chunks,
                                               ScanLease& lease) {
  std::map<SchemaId, std::shared_ptr<ChunkSet>> sets;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    SchemaId id = scan.chunk_schema_ids.at(i);
    auto schema = std::ranges::find(scan.chunk_schemas, id, &table::Schema::id);
    if (schema == scan.chunk_schemas.end())
      return fail(Code::kInvalidArgument, fmt::format("no schema {} for a chunk", id.value()));
    auto& set = sets[id];
    if (set == nullptr) set = std::make_shared<ChunkSet>(ChunkSet{.schema = *schema, .chunks = {}});
    TARN_ASSIGN(tail::ChunkView view, tail::ChunkView::map(chunks[i].get(), *schema));
    set->chunks.push_back(std::make_shared<const tail::ChunkView>(std::move(view)));
  }
  std::vector<std::string> selects;
  for (auto& [id, set] : sets) {
    const table::Schema& schema = set->schema;
    selects.push_back(chunk_rows(lease.add(set), schema, scan.schema));
  }
  return selects;
}

}  // namespace

ScanLease::~ScanLease() {
  for (std::uint64_t id : ids_) scans_->remove(id);
}

std::uint64_t ScanLease::add(std::shared_ptr<const ChunkSet> set) {
  ids_.push_back(scans_->add(std::move(set)));
  return ids_.back();
}

Result<ScanSql> with_scans(const engine::Statement& statement, std::vector<host::Descriptor> chunks, ScanLease& lease) {
  std::string_view rest = statement.sql;
  ScanSql result;
  if (statement.tables.empty()) return ScanSql{.sql = std::string(rest)};
  std::string scans;
  std::size_t next = 0;
  for (const engine::ScanTable& scan : statement.tables) {
    std::size_t count = scan.chunk_schema_ids.size();
    if (chunks.size() - next < count) return fail(Code::kInvalidArgument, "fewer chunks than the statement names");
    TARN_ASSIGN(std::vector<std::string> parts, chunk_selects(scan, std::span(chunks).subspan(next, count), lease));
    next += count;
    if (!scan.files.empty()) parts.insert(parts.begin(), "SELECT * FROM " + files_sql(scan.files, scan.schema));
    if (parts.empty()) parts.push_back(empty_rows(scan.schema));
    scans += fmt::format("{}{} AS NOT MATERIALIZED ({})", scans.empty() ? "" : ", ", scan.scan_name,
                         fmt::join(parts, " UNION ALL "));
  }
  // The rewriter prints EXPLAIN, WITH and RECURSIVE in this form only, and nothing before them.
  std::string before;
  auto take = [&](std::string_view word) {
    if (!rest.starts_with(word)) return false;
    before += word;
    rest.remove_prefix(word.size());
    return true;
  };
  take("EXPLAIN ");
  if (take("WITH ")) {
    take("RECURSIVE ");
    scans += ", ";
  } else {
    scans = "WITH " + scans + " ";
  }
  result.inserted_at = before.size();
  result.inserted_bytes = scans.size();
  result.sql = before + scans + std::string(rest);
  return result;
}

ScanSql copy_of(ScanSql statement, const table::Schema& schema, std::string_view path) {
  std::string values, names;
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const table::Field& field = schema.fields[i];
    std::string_view comma = i == 0 ? "" : ", ";
    values += fmt::format("{}CAST(c{} AS {}) AS {}", comma, i, type_sql(field.type), quote_identifier(field.name));
    names += fmt::format("{}c{}", comma, i);
  }
  std::string head = fmt::format("SELECT {} FROM (", values);
  statement.sql = copy_sql(fmt::format("{}{}) AS tarn_rows({})", head, statement.sql, names), path, schema);
  statement.before_bytes = kCopyHead.size() + head.size();
  return statement;
}

}  // namespace tarn::worker::sql
