#include "table/summary.h"

#include <charconv>
#include <optional>

namespace tarn::table {
namespace {

struct Sums {
  std::int64_t files = 0;
  std::int64_t records = 0;
  std::int64_t bytes = 0;
};

Sums sum(const std::vector<DataFile>& files) {
  Sums sums;
  for (const DataFile& file : files) {
    ++sums.files;
    sums.records += file.record_count;
    sums.bytes += static_cast<std::int64_t>(file.file_size_in_bytes.count());
  }
  return sums;
}

const char* operation(const Change& change) {
  if (change.removed.empty() && change.deletes.empty()) return "append";
  return change.added.empty() ? "delete" : "overwrite";
}

// nullopt if the parent does not say it.
std::optional<std::int64_t> total_before(const Snapshot* parent, const std::string& key) {
  if (!parent) return 0;
  auto found = parent->summary.find(key);
  if (found == parent->summary.end()) return std::nullopt;
  std::int64_t value = 0;
  const char* end = found->second.data() + found->second.size();
  if (std::from_chars(found->second.data(), end, value).ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::map<std::string, std::string> summarize(const Change& change, const std::vector<DataFile>& removed_files,
                                             const Snapshot* parent) {
  Sums added = sum(change.added), deletes = sum(change.deletes), removed = sum(removed_files);
  std::map<std::string, std::string> summary = change.summary;
  auto put_changed = [&](const char* key, std::int64_t value) {
    if (value != 0) summary[key] = std::to_string(value);
  };
  auto put_total = [&](const char* key, std::int64_t difference) {
    if (auto before = total_before(parent, key)) summary[key] = std::to_string(*before + difference);
  };
  summary["operation"] = operation(change);
  put_changed("added-data-files", added.files);
  put_changed("added-records", added.records);
  put_changed("added-files-size", added.bytes + deletes.bytes);
  put_changed("added-delete-files", deletes.files);
  put_changed("added-position-delete-files", deletes.files);
  put_changed("added-position-deletes", deletes.records);
  put_changed("deleted-data-files", removed.files);
  put_changed("deleted-records", removed.records);
  put_changed("removed-files-size", removed.bytes);
  put_changed("changed-partition-count", added.files + deletes.files + removed.files > 0 ? 1 : 0);
  put_total("total-data-files", added.files - removed.files);
  put_total("total-records", added.records - removed.records);
  put_total("total-files-size", added.bytes + deletes.bytes - removed.bytes);
  put_total("total-delete-files", deletes.files);
  put_total("total-position-deletes", deletes.records);
  put_total("total-equality-deletes", 0);
  return summary;
}

}  // namespace tarn::table
