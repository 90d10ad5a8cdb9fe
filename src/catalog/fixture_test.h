// A catalog in a test, on files in memory.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/lake.h"
#include "host/clock.h"
#include "host/faulty_files.h"
#include "host/random.h"
#include "host/sqlite.h"

namespace tarn::catalog {

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline const TopicId kTopic{{std::byte{7}}};

inline std::vector<table::Field> kFields() {
  return {{.name = "id", .type = {.kind = table::TypeKind::kInt}},
          {.name = "name", .type = {.kind = table::TypeKind::kString}}};
}

inline std::string file_path(const std::string& name) { return "file:///data/" + name + ".parquet"; }

inline table::DataFile data_file(const std::string& name, std::int64_t records) {
  table::DataFile file{.file_path = file_path(name), .record_count = records, .file_size_in_bytes = Bytes(1000)};
  file.value_counts = {{1, records}, {2, records}};
  file.lower_bounds = {{1, std::string("\0\0\0\1", 4)}};
  return file;
}

class Fixture {
 public:
  // On a disk of its own, unless one is given.
  explicit Fixture(CatalogOptions options = {}, host::FaultyFiles* disk = nullptr) : options_(options) {
    if (disk) files = disk;
    restart();
  }

  Catalog& catalog() { return *catalog_; }
  void stop() { catalog_.reset(); }
  void restart() {
    stop();
    catalog_ = must(Catalog::open({*files, clock, *random}, "/data", options_));
  }
  TableUuid make_table(const std::string& name) {
    return must(catalog().create_table({"public", name}, kFields(), {}))->uuid;
  }
  std::shared_ptr<const TableState> table(TableUuid uuid) { return catalog().state()->find(uuid); }

  static LandedKey key(TableUuid table) { return {table, kTopic, PartitionId(0)}; }
  static Commit landing(TableUuid table, const std::string& file, std::int64_t from, std::int64_t to) {
    return {.appends = {{.table = table, .files = {data_file(file, to - from)}}},
            .lands = {{key(table), Offset(from), Offset(to)}}};
  }
  Result<Committed> append(TableUuid table, const std::vector<std::string>& names) {
    Append append{.table = table};
    for (const std::string& name : names) append.files.push_back(data_file(name, 1));
    return catalog().commit({.appends = {append}});
  }
  // The state of a ref, written as clients write it.
  std::shared_ptr<const State> at(const std::string& ref) { return must(catalog().state(must(parse_ref(ref)))); }
  // Makes or replaces public.`name` with files of these names.
  static Commit replacing(const std::string& branch, const std::string& name, const std::vector<std::string>& names) {
    ReplaceTable replace{.name = {"public", name}, .fields = kFields(), .or_replace = true};
    for (const std::string& file : names) replace.files.push_back(data_file(file, 1));
    return {.branch = branch, .replaces = {replace}};
  }
  static Commit viewing(const std::string& branch, const std::string& name, const std::string& sql) {
    return {.branch = branch,
            .views = {{.name = {"public", name}, .sql = sql, .columns = kFields(), .or_replace = true}}};
  }
  static Commit appending(const std::string& branch, TableUuid table, const std::string& name) {
    return {.branch = branch, .appends = {{.table = table, .files = {data_file(name, 1)}}}};
  }
  // Names of the live data files, sorted, in one string: "a b".
  std::string files_at(const std::string& ref, const std::string& name) {
    auto found = at(ref)->find(TableName{"public", name});
    if (!found) return "none";
    std::string text;
    for (const std::string& one : file_names(*found)) text += (text.empty() ? "" : " ") + one;
    return text;
  }
  // Names of the live data files, sorted.
  std::vector<std::string> file_names(TableUuid uuid) { return file_names(*table(uuid)); }
  std::vector<std::string> file_names(const TableState& state) {
    std::vector<std::string> names;
    LakeReader reader(*files);
    auto snapshot = state.metadata->current_snapshot();
    if (!snapshot) return names;
    for (const auto& manifest : must(reader.manifest_list(*snapshot))) {
      if (manifest.content != table::ManifestContent::kData) continue;
      for (const auto& entry : *must(reader.manifest(manifest))) {
        std::string path = entry.file.file_path;
        std::size_t begin = path.rfind('/') + 1;
        if (entry.status != table::EntryStatus::kDeleted) names.push_back(path.substr(begin, path.size() - begin - 8));
      }
    }
    std::ranges::sort(names);
    return names;
  }

  std::unique_ptr<host::FaultyFiles> own_files = std::make_unique<host::FaultyFiles>(1);
  host::FaultyFiles* files = own_files.get();
  host::ManualClock clock{TimestampMs(1'700'000'000'000)};
  std::unique_ptr<host::Random> random = host::seeded_random(1);

 private:
  CatalogOptions options_;
  std::unique_ptr<Catalog> catalog_;
};

}  // namespace tarn::catalog
