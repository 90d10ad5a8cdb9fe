#include "table/manifest.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "table/plan.h"
#include "wire/avro/container.h"

namespace tarn::table {
namespace {

DataFile full_file(const std::string& name) {
  DataFile file{.file_path = "file:///d/" + name, .record_count = 5, .file_size_in_bytes = Bytes(700)};
  file.column_sizes = {{1, 10}, {2, 20}};
  file.value_counts = {{1, 5}, {2, 5}};
  file.null_value_counts = {{1, 0}, {2, 1}};
  file.nan_value_counts = {{2, 0}};
  file.lower_bounds = {{1, std::string("\0\0", 2)}, {2, "a"}};
  file.upper_bounds = {{1, "\xff"}};
  file.split_offsets = {4, 500};
  return file;
}

TableMetadata empty_table() { return new_table_metadata({}, "file:///d/t", {{.name = "id"}}, {}, TimestampMs(1)); }

// A table of manifests in memory.
class Lake {
 public:
  TableMetadata metadata = empty_table();
  std::vector<ManifestFile> manifests;

  Result<void> apply(const Change& change) {
    PlanIds ids{.snapshot = SnapshotId(metadata.last_sequence_number.value() + 1), .now = TimestampMs(2)};
    ids.commit.bytes[15] = static_cast<std::byte>(++commits_);
    ids.commit.bytes[14] = static_cast<std::byte>(commits_ >> 8);
    TARN_ASSIGN(SnapshotPlan plan, plan_snapshot(metadata, manifests, change, ids, loader()));
    for (NewFile& file : plan.files) files_[file.location] = std::move(file.bytes);
    auto list = read_manifest_list(files_.at(plan.snapshot.manifest_list));
    REQUIRE(list);
    CHECK(*list == plan.manifests);
    metadata = with_snapshot(metadata, plan.snapshot, {std::chrono::hours(1), std::chrono::hours(1), 1000});
    manifests = std::move(plan.manifests);
    return {};
  }

  LoadManifest loader() {
    return [this](const ManifestFile& listed) -> Result<Entries> {
      const Buffer& bytes = files_.at(listed.path);
      CHECK(listed.length == Bytes(bytes.size()));
      TARN_ASSIGN(auto entries, read_manifest(bytes, listed));
      return std::make_shared<const std::vector<ManifestEntry>>(std::move(entries));
    };
  }

  // Path to data sequence number of each live data file.
  std::map<std::string, std::int64_t> live() {
    std::map<std::string, std::int64_t> out;
    for (const ManifestFile& manifest : manifests) {
      auto entries = loader()(manifest);
      REQUIRE(entries);
      for (const ManifestEntry& entry : **entries) {
        if (entry.status != EntryStatus::kDeleted && manifest.content == ManifestContent::kData)
          out[entry.file.file_path] = entry.sequence_number->value();
      }
    }
    return out;
  }

 private:
  std::map<std::string, Buffer> files_;
  int commits_ = 0;
};

Change adding(std::vector<std::string> names) {
  Change change;
  for (const std::string& name : names) change.added.push_back(full_file(name));
  return change;
}

}  // namespace

TEST_CASE("a manifest gives back its entries, new ones with what they inherit") {
  ManifestEntry added{.status = EntryStatus::kAdded, .snapshot_id = SnapshotId(9), .file = full_file("a")};
  ManifestEntry existing{.status = EntryStatus::kExisting,
                         .snapshot_id = SnapshotId(3),
                         .sequence_number = SequenceNumber(2),
                         .file_sequence_number = SequenceNumber(2),
                         .file = full_file("b")};
  std::vector<ManifestEntry> entries{added, existing};
  auto manifest =
      write_manifest("file:///m", ManifestContent::kData, entries, empty_table(), SnapshotId(9), SequenceNumber(7), {});
  REQUIRE(manifest);
  CHECK(manifest->listed.added_files == 1);
  CHECK(manifest->listed.existing_rows == 5);
  CHECK(manifest->listed.min_sequence_number == SequenceNumber(2));
  auto read = read_manifest(manifest->bytes, manifest->listed);
  REQUIRE(read);
  entries[0].sequence_number = entries[0].file_sequence_number = SequenceNumber(7);
  CHECK(*read == entries);
}

TEST_CASE("a manifest says what the specification wants of its header") {
  auto manifest =
      write_manifest("file:///m", ManifestContent::kDeletes, {}, empty_table(), SnapshotId(9), SequenceNumber(7), {});
  auto container = wire::avro::read_container(manifest->bytes);
  REQUIRE(container);
  CHECK(container->metadata.at("content") == "deletes");
  CHECK(container->metadata.at("format-version") == "2");
  CHECK(container->metadata.at("partition-spec") == "[]");
  CHECK(container->metadata.at("partition-spec-id") == "0");
  CHECK(container->metadata.at("schema") == to_json(empty_table().schema()));
  CHECK(container->metadata.at("schema-id") == "0");
  CHECK(container->schema.root().fields[4].field_id == 2);
}

TEST_CASE("totals of a snapshot follow from its parent's") {
  Lake lake;
  REQUIRE(lake.apply(adding({"a", "b"})));
  REQUIRE(lake.apply(adding({"c"})));
  auto summary = lake.metadata.current_snapshot()->summary;
  CHECK(summary == std::map<std::string, std::string>{{"operation", "append"},
                                                      {"added-data-files", "1"},
                                                      {"added-records", "5"},
                                                      {"added-files-size", "700"},
                                                      {"changed-partition-count", "1"},
                                                      {"total-data-files", "3"},
                                                      {"total-records", "15"},
                                                      {"total-files-size", "2100"},
                                                      {"total-delete-files", "0"},
                                                      {"total-position-deletes", "0"},
                                                      {"total-equality-deletes", "0"}});
  Change removal;
  removal.removed = {"file:///d/a"};
  REQUIRE(lake.apply(removal));
  summary = lake.metadata.current_snapshot()->summary;
  CHECK(summary.at("operation") == "delete");
  CHECK(summary.at("deleted-data-files") == "1");
  CHECK(summary.at("total-records") == "10");
  CHECK(lake.live() == std::map<std::string, std::int64_t>{{"file:///d/b", 1}, {"file:///d/c", 2}});
}

TEST_CASE("removing a file that is not live is a conflict") {
  Lake lake;
  REQUIRE(lake.apply(adding({"a"})));
  Change removal;
  removal.removed = {"file:///d/nope"};
  CHECK(lake.apply(removal).error().code == Code::kConflict);
}

TEST_CASE("manifests are merged past their limit, and files keep their age") {
  Lake lake;
  std::map<std::string, std::int64_t> expected;
  for (int i = 1; i <= 250; ++i) {
    REQUIRE(lake.apply(adding({fmt::format("f{}", i)})));
    expected[fmt::format("file:///d/f{}", i)] = i;
    CHECK(lake.manifests.size() <= kManifestsMax);
  }
  CHECK(lake.live() == expected);
}

TEST_CASE("delete files that may name a row delta's files are a conflict, others are not") {
  Lake lake;
  REQUIRE(lake.apply(adding({"a", "z"})));
  Change deletion;
  DataFile deletes{.content = FileContent::kPositionDeletes, .file_path = "file:///d/deletes", .record_count = 1};
  deletes.lower_bounds = {{2147483546, "file:///d/a"}};
  deletes.upper_bounds = {{2147483546, "file:///d/b"}};
  deletion.deletes = {deletes};
  REQUIRE(lake.apply(deletion));
  auto check = [&](const char* file, std::int64_t base) {
    return check_live(lake.manifests, SequenceNumber(base), {file}, lake.loader());
  };
  CHECK(check("file:///d/a", 1).error().code == Code::kConflict);
  CHECK(check("file:///d/a", 2));
  CHECK(check("file:///d/z", 1));
  CHECK(check("file:///d/nope", 2).error().code == Code::kConflict);
}

}  // namespace tarn::table
