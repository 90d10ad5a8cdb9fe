#include "engine/catalog_image.h"

#include <charconv>

#include "engine/system_tables.h"

namespace tarn::engine {
namespace {

// Rows in files, by the snapshot's own summary; 0 without a snapshot, -1 if another writer left it out.
std::int64_t landed_rows(const table::TableMetadata& metadata) {
  std::shared_ptr<const table::Snapshot> snapshot = metadata.current_snapshot();
  if (!snapshot) return 0;
  auto total = snapshot->summary.find("total-records");
  std::int64_t rows = -1;
  if (total != snapshot->summary.end()) {
    std::from_chars(total->second.data(), total->second.data() + total->second.size(), rows);
  }
  return rows;
}

}  // namespace

CatalogImage make_catalog_image(const catalog::State& state, std::string database, std::vector<std::string> databases) {
  CatalogImage image{.database = std::move(database),
                     .databases = std::move(databases),
                     .namespaces = state.namespaces(),
                     .tables = {}};
  for (const std::string& name_space : image.namespaces) {
    for (const auto& table : state.tables(name_space)) {
      image.tables.push_back({.name_space = name_space,
                              .name = table->name.name,
                              .schema = table->metadata->schema(),
                              .rows = landed_rows(*table->metadata)});
    }
    for (const auto& view : state.views(name_space)) {
      image.tables.push_back(
          {.name_space = name_space, .name = view->name.name, .schema = view->metadata->schema(), .view = view->sql()});
    }
  }
  image.namespaces.emplace_back(kSystemSchema);
  for (std::string_view name : system_tables()) {
    image.tables.push_back({.name_space = std::string(kSystemSchema),
                            .name = std::string(name),
                            .schema = *find_system_table(kSystemSchema, name)});
  }
  return image;
}

}  // namespace tarn::engine
