// Long columns that met a fraction become double, which Iceberg does not let a column be promoted to: a new field takes
// the name and place of the old one, and one commit brings it with the table's files, rewritten.
//
//   Proposed: double where the table has long
//     ──> no new leases on the table ──> those in flight end, its tail lands ──> Rewrites ──> commit ──> leases go on
//
// Nothing is remembered between attempts but the columns: whatever fails, the next one begins with the files that are
// live then. After a few failures of a kind that waiting does not mend, and where a whole number would lose digits, the
// column stays as it is until the next start. The commit succeeds only on the schema and the snapshot that it was
// planned on, and moves no offset.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/endian.h"
#include "flow/land/lander_impl.h"
#include "host/logging.h"
#include "table/evolution.h"

namespace tarn::flow::land {
namespace {

constexpr int kReplaceFailuresMax = 5;         // of kinds that waiting does not mend: then the column stays long
constexpr std::int64_t kExactMax = 1ll << 53;  // whole numbers past it are not all doubles
constexpr Bytes kRewriteBytesMax{64u << 20};   // of one Rewrite: flushes of other tables come between two

std::int64_t count_records(const std::vector<table::DataFile>& files) {
  std::int64_t records = 0;
  for (const table::DataFile& file : files) records += file.record_count;
  return records;
}

// Whether a file has a number in these columns that a double can't hold.
bool has_inexact(const table::DataFile& file, const std::set<FieldId>& columns) {
  auto past = [&](const std::map<std::int32_t, std::string>& bounds, FieldId id) {
    auto bound = bounds.find(id.value());
    if (bound == bounds.end() || bound->second.size() != sizeof(std::int64_t)) return false;
    auto value = load_le<std::int64_t>(as_bytes(bound->second).data());
    return value > kExactMax || value < -kExactMax;
  };
  return std::ranges::any_of(columns,
                             [&](FieldId id) { return past(file.lower_bounds, id) || past(file.upper_bounds, id); });
}

bool waiting_may_mend(Code code) {
  return code == Code::kUnavailable || code == Code::kConflict || code == Code::kFenced || code == Code::kCommitUnknown;
}

}  // namespace

bool is_small_enough_to_replace(const table::TableMetadata& metadata) {
  auto snapshot = metadata.current_snapshot();
  if (!snapshot) return true;
  auto total = snapshot->summary.find("total-files-size");
  if (total == snapshot->summary.end()) return false;
  std::uint64_t bytes = 0;
  const char* end = total->second.data() + total->second.size();
  return std::from_chars(total->second.data(), end, bytes).ptr == end && Bytes(bytes) <= engine::kReplaceBytesMax;
}

// True if the proposal has columns that must be replaced. What else it has is proposed again afterwards.
bool LanderImpl::note_replaced(const TopicWork& topic, const std::vector<table::Field>& proposed) {
  auto table = catalog_.state()->find(topic.binding->table);
  if (!table) return false;
  std::set<FieldId> columns;
  for (const table::Field& field : proposed) {
    if (field.id != FieldId(0) || field.type.kind != table::TypeKind::kDouble) continue;
    const table::Field* there = table->metadata->schema().find(field.name);
    if (there && there->type.kind == table::TypeKind::kLong) columns.insert(there->id);
  }
  if (columns.empty()) return false;
  replacements_[table->uuid].columns.merge(columns);
  return true;
}

bool LanderImpl::is_replacing(const TopicWork& topic) const {
  return topic.binding && replacements_.contains(topic.binding->table);
}

bool LanderImpl::is_rewriting() const {
  return std::ranges::any_of(replacements_, [](const auto& entry) { return entry.second.rewriting.has_value(); });
}

void LanderImpl::replace_all() {
  std::vector<TableUuid> candidates;
  for (const auto& [uuid, replacement] : replacements_)
    if (!replacement.rewriting && is_at_rest(uuid) && tables_.at(uuid).retry.may_try(now())) candidates.push_back(uuid);
  for (TableUuid uuid : candidates) begin_replacement(uuid);
}

// Nothing of the table is on its way: no lease, no chunk, no file.
bool LanderImpl::is_at_rest(TableUuid uuid) {
  bool leased = std::ranges::any_of(leases_, [&](const auto& entry) {
    TopicWork* topic = find(entry.second.partition.topic);
    return topic && topic->binding && topic->binding->table == uuid;
  });
  return !leased && !tables_.at(uuid).flush && !dirty_.contains(uuid);
}

void LanderImpl::begin_replacement(TableUuid uuid) {
  Replacement& replacement = replacements_.at(uuid);
  auto plan = plan_rewriting(uuid, replacement.columns);
  if (!plan) return replacement_failed(uuid, plan.error());
  if (!*plan) return replacement_done(uuid);
  replacement.rewriting = std::move(**plan);
  rewrite_next(uuid);
}

// None: there is nothing to do, or it may not be done. The next Decode says so again, on the table as it is by then.
Result<std::optional<Rewriting>> LanderImpl::plan_rewriting(TableUuid uuid, const std::set<FieldId>& columns) {
  auto table = catalog_.state()->find(uuid);
  if (!table || !is_small_enough_to_replace(*table->metadata)) return std::nullopt;
  const table::TableMetadata& metadata = *table->metadata;
  Rewriting plan{.folder = host::join(table::from_uri(metadata.location), "data"), .from = metadata.schema()};
  plan.schema = {.table = uuid,
                 .base = metadata.current_schema_id,
                 .fields = plan.from.fields,
                 .replaces = true,
                 .snapshot = metadata.current_snapshot_id};
  for (table::Field& field : plan.schema.fields)
    if (columns.contains(field.id)) field.id = FieldId(0), field.type.kind = table::TypeKind::kDouble;
  if (plan.schema.fields == plan.from.fields) return std::nullopt;  // a commit of unknown outcome did it
  FieldId last = metadata.last_column_id;
  TARN_ASSIGN(plan.to,
              table::evolve(plan.from, plan.schema.fields, last, true));  // with the ids that the commit will give
  TARN_ASSIGN(plan.files, catalog_.data_files(*table));
  if (std::ranges::any_of(*plan.files, [&](const table::DataFile& file) { return has_inexact(file, columns); })) {
    tables_.at(uuid).not_replaceable = true;
    return std::nullopt;
  }
  plan.delta.table = uuid;
  if (metadata.current_snapshot_id) plan.delta.base = *metadata.current_snapshot_id;
  for (const table::DataFile& file : *plan.files) plan.delta.removed.push_back(file.file_path);
  return plan;
}

void LanderImpl::rewrite_next(TableUuid uuid) {
  Rewriting& work = *replacements_.at(uuid).rewriting;
  if (work.next == work.files->size()) return commit_replacement(uuid);
  work.request = LandRequestId(++last_request_);
  work.path = host::join(work.folder, host_.random.uuid().to_string() + ".parquet");
  engine::Rewrite request{.id = work.request, .path = work.path, .from = work.from, .to = work.to};
  Bytes bytes;
  for (; work.next < work.files->size() && request.inputs.size() < engine::kRewriteFilesMax; ++work.next) {
    const table::DataFile& file = (*work.files)[work.next];
    bytes += file.file_size_in_bytes;
    if (bytes > kRewriteBytesMax && !request.inputs.empty()) break;
    request.inputs.push_back(table::from_uri(file.file_path));
  }
  if (!send(request, {})) replacement_failed(uuid, {Code::kUnavailable, "no landing worker: " + worker_retry_.why()});
}

bool LanderImpl::file_rewritten(const engine::Written& reply) {
  auto uuid = table_of_rewrite(reply.id);
  if (!uuid) return false;
  replacements_.at(*uuid).rewriting->delta.added.push_back(reply.file);
  rewrite_next(*uuid);
  return true;
}

bool LanderImpl::rewrite_failed(const engine::LandFailed& reply) {
  auto uuid = table_of_rewrite(reply.id);
  if (uuid) replacement_failed(*uuid, {reply.code, reply.message});
  return uuid.has_value();
}

std::optional<TableUuid> LanderImpl::table_of_rewrite(LandRequestId id) const {
  auto found = std::ranges::find_if(replacements_, [&](const auto& entry) {
    return entry.second.rewriting && entry.second.rewriting->request == id;
  });
  return found == replacements_.end() ? std::nullopt : std::optional(found->first);
}

void LanderImpl::commit_replacement(TableUuid uuid) {
  Rewriting& work = *replacements_.at(uuid).rewriting;
  std::int64_t before = count_records(*work.files), after = count_records(work.delta.added);
  if (before != after)
    return replacement_failed(uuid, {Code::kInternal, fmt::format("{} rows were rewritten of {}", after, before)});
  catalog::Commit commit{.schemas = {work.schema}};
  if (!work.delta.removed.empty()) commit.row_deltas.push_back(work.delta);
  if (auto committed = catalog_.commit(commit); !committed) return replacement_failed(uuid, committed.error());
  host::log_info("flow/land", "columns_replaced",
                 {{"table", uuid.to_string()}, {"records", after}, {"files", work.delta.added.size()}});
  replacement_done(uuid);
}

void LanderImpl::replacement_done(TableUuid uuid) {
  replacements_.erase(uuid);
  TableWork& table = tables_.at(uuid);
  table.retry.succeeded();
  for (TopicId id : table.topics)
    if (TopicWork* topic = find(id)) publish(*topic);
}

void LanderImpl::replacement_failed(TableUuid uuid, const Error& error) {
  std::optional<Rewriting> work = std::move(replacements_.at(uuid).rewriting);
  replacements_.at(uuid).rewriting.reset();
  // Unknown means unknown: its files may be live, so they stay. Else no commit names them, nor ever will.
  if (work && error.code != Code::kCommitUnknown) {
    for (const table::DataFile& file : work->delta.added) (void)host_.files.remove(table::from_uri(file.file_path));
    (void)host_.files.remove(work->path);
  }
  TableWork& table = tables_.at(uuid);
  int failures = replacements_.at(uuid).failures += waiting_may_mend(error.code) ? 0 : 1;
  if (failures >= kReplaceFailuresMax) {
    host::log_error("flow/land", "replacement_given_up", {{"table", uuid.to_string()}, {"why", error.message}});
    table.not_replaceable = true;
    return replacement_done(uuid);
  }
  table.retry.failed(now(), options_.retry_min, "making a long column double: " + error.message);
  host::log_warn("flow/land", "replacement_failed",
                 {{"table", uuid.to_string()}, {"failures", table.retry.failures()}, {"why", error.message}});
  for (TopicId id : table.topics)
    if (TopicWork* topic = find(id)) publish(*topic);
}

}  // namespace tarn::flow::land
