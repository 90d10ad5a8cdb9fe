// A catalog in a test whose data files lie in the lake, so that housekeeping can be seen to remove them, and not to.
#pragma once

#include <set>

#include "catalog/fixture_test.h"

namespace tarn::catalog {

class LakeFixture : public Fixture {
 public:
  using Fixture::Fixture;

  // Makes or replaces public.`name` with one file `file`, which is written where it belongs.
  Result<Committed> build(const std::string& branch, const std::string& name, const std::string& file) {
    TARN_ASSIGN(Place place, catalog().place(branch, {"public", name}, kFields()));
    ReplaceTable replace{.name = {"public", name}, .or_replace = true, .place = place};
    replace.files.push_back(write(place.location, file));
    return catalog().commit({.branch = branch, .replaces = {replace}});
  }
  Result<Committed> add(const std::string& branch, const std::string& name, const std::string& file) {
    auto found = at(branch)->find(TableName{"public", name});
    return catalog().commit(
        {.branch = branch, .appends = {{.table = found->uuid, .files = {write(found->metadata->location, file)}}}});
  }
  table::DataFile write(const std::string& location, const std::string& name) {
    table::DataFile file = data_file(name, 1);
    file.file_path = location + "/data/" + name + ".parquet";
    host::Path path = table::from_uri(file.file_path);
    must(files->make_dirs(host::parent(path)));
    auto written = must(files->open(path, host::OpenMode::kCreate));
    must(written->write_at(as_bytes("rows"), Bytes(0)));
    must(written->sync());
    must(files->sync_dir(host::parent(path)));
    return file;
  }
  // All files under the lake.
  std::set<std::string> on_disk(const std::string& folder = "/data/lake") {
    std::set<std::string> all;
    for (const auto& entry : must(files->list(folder))) {
      if (entry.is_dir)
        all.merge(on_disk(folder + "/" + entry.name));
      else
        all.insert(folder + "/" + entry.name);
    }
    return all;
  }
  // All files that a state needs; each must be there.
  std::set<std::string> needed_by(const State& state) {
    std::set<std::string> all;
    auto need = [&](const std::string& location) {
      std::string path = table::from_uri(location);
      CHECK_MESSAGE(must(files->exists(path)), location);
      all.insert(path);
    };
    LakeReader reader(*files);
    for (const auto& view : state.views("public")) need(view->metadata_location);
    for (const auto& table : state.tables("public")) {
      need(table->metadata_location);
      for (const auto& snapshot : table->metadata->snapshots) {
        need(snapshot->manifest_list);
        for (const auto& manifest : must(reader.manifest_list(*snapshot))) {
          need(manifest.path);
          for (const auto& entry : *must(reader.manifest(manifest)))
            if (entry.status != table::EntryStatus::kDeleted) need(entry.file.file_path);
        }
      }
    }
    return all;
  }
  void pass(std::chrono::minutes time) {
    for (auto passed = std::chrono::minutes(0); passed < time; passed += std::chrono::minutes(10)) {
      clock.advance(std::chrono::minutes(10));
      must(catalog().sweep());
    }
  }
};

}  // namespace tarn::catalog
