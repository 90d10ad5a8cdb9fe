#include "catalog/draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "table/evolution.h"

namespace tarn::catalog {
namespace {

Result<void> check_name(std::string_view what, const std::string& name) {
  bool plain = std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '/'; });
  if (!name.empty() && name.size() <= kNameMax && plain) return {};
  return fail(Code::kInvalidArgument,
              fmt::format("\"{}\" is no name for a {}: it has 1 to {} bytes, no slash and no control character",
                          name.substr(0, kNameMax), what, kNameMax));
}

// A name as part of a path that every reader takes for what it is: no escapes in it, no hidden file.
std::string folder_name(const std::string& name) {
  std::string folder = name;
  for (char& c : folder) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.') c = '_';
  }
  if (folder.front() == '.') folder.front() = '_';
  return folder;
}

std::unexpected<Error> no_table(std::string_view which) {
  return fail(Code::kNotFound, fmt::format("there is no table {}", which));
}

// "00012-<uuid>.metadata.json" is the 12th file: the next one is the 13th.
std::string metadata_file_name(const TableState* before, const Uuid& uuid) {
  int number = 0;
  if (before) {
    std::string_view location = before->metadata_location;
    number = std::atoi(location.substr(location.rfind('/') + 1).data()) + 1;
  }
  return fmt::format("{:05}-{}.metadata.json", number, uuid.to_string());
}

}  // namespace

Draft::Draft(const StateData& base, const DraftTools& tools)
    : base_(&base), tools_(&tools), version_(base.at + 1), now_(tools.host.clock.wall_ms()) {}

Result<void> Draft::create_namespace(const std::string& name) {
  TARN_TRY(check_name("namespace", name));
  if (base_->name_spaces->contains(name) || namespaces_.contains(name))
    return fail(Code::kAlreadyExists, fmt::format("namespace {} is there already", name));
  if (base_->name_spaces->size() + namespaces_.size() >= kNamespacesMax)
    return fail(Code::kLimit, fmt::format("a catalog holds {} namespaces", kNamespacesMax));
  namespaces_.insert(name);
  return {};
}

Result<TableUuid> Draft::create_table(const TableName& name, std::vector<table::Field> fields,
                                      const std::map<std::string, std::string>& properties) {
  TARN_TRY(check_name("table", name.name));
  TARN_TRY(table::check_fields(fields));
  if (!base_->name_spaces->contains(name.name_space) && !namespaces_.contains(name.name_space))
    return fail(Code::kNotFound, fmt::format("there is no namespace {}", name.name_space));
  if (find(name)) return fail(Code::kAlreadyExists, fmt::format("table {} is there already", to_string(name)));
  if (base_->by_name->size() + tables_.size() >= kTablesMax)
    return fail(Code::kLimit, fmt::format("a catalog holds {} tables", kTablesMax));
  TableUuid uuid = tools_->host.random.uuid();
  std::string own = folder_name(name.name);
  host::Path folder = host::join(host::join(tools_->data, "lake"), folder_name(name.name_space));
  TARN_ASSIGN(bool taken, tools_->host.files.exists(host::join(folder, own)));  // by a dropped table, or another name
  if (taken || own != name.name) own += "-" + uuid.to_string().substr(0, 8);
  auto metadata =
      table::new_table_metadata(uuid, table::to_uri(host::join(folder, own)), std::move(fields), properties, now_);
  tables_[uuid] = {.name = name,
                   .metadata = std::make_shared<const table::TableMetadata>(std::move(metadata)),
                   .manifests = std::make_shared<const std::vector<table::ManifestFile>>()};
  return uuid;
}

Result<void> Draft::drop_table(const TableName& name) {
  std::optional<TableUuid> uuid = find(name);
  if (!uuid) return no_table(to_string(name));
  TARN_ASSIGN(Table * table, find(*uuid));
  table->dropped = true;
  StateData::Bindings bindings = *base_->topic_bindings;
  for (const auto& [topic, changed] : bindings_) bindings[topic] = changed;
  for (auto& [topic, binding] : bindings) {
    if (binding.table == *uuid)
      binding.detached = true;
    else if (binding.dlq_table == *uuid)
      binding.dlq_table = {};
    else
      continue;
    bindings_[topic] = binding;
  }
  std::erase_if(landed_, [&](const auto& entry) { return entry.first.table == *uuid; });
  return {};
}

Result<void> Draft::bind(const Binding& binding) {
  TARN_TRY(find(binding.table));
  if (!binding.dlq_table.is_zero()) TARN_TRY(find(binding.dlq_table));
  bindings_[binding.topic] = binding;
  return {};
}

Result<Committed> Draft::commit(const Commit& commit) {
  if (commit.branch != kMainBranch) return fail(Code::kNotFound, fmt::format("there is no branch {}", commit.branch));
  if (commit.idempotency_key.size() > kIdempotencyKeyMax)
    return fail(Code::kLimit, fmt::format("an idempotency key has up to {} bytes", kIdempotencyKeyMax));
  if (!commit.idempotency_key.empty()) {
    if (auto known = outcomes_.find(commit.idempotency_key); known != outcomes_.end()) return known->second;
    TARN_ASSIGN(std::optional<Committed> known, tools_->known_outcome(commit.idempotency_key));
    if (known) return *known;
  }
  Committed committed{.version = version_};
  for (const Land& one : commit.lands) TARN_TRY(land(one));
  for (const SetSchema& one : commit.schemas) TARN_TRY(set_schema(one));
  for (const RowDelta& one : commit.row_deltas) {
    TARN_ASSIGN(committed.snapshots[one.table], row_delta(one));
  }
  for (const Append& one : commit.appends) {
    if (one.files.empty()) continue;
    TARN_ASSIGN(committed.snapshots[one.table], append(one));
  }
  if (!commit.idempotency_key.empty()) outcomes_[commit.idempotency_key] = committed;
  return committed;
}

Result<Draft::Table*> Draft::find(TableUuid uuid) {
  auto found = tables_.find(uuid);
  if (found != tables_.end()) {
    if (found->second.dropped) return no_table(uuid.to_string());
    return &found->second;
  }
  TablePtr before = base_->find(uuid);
  if (!before) return no_table(uuid.to_string());
  return &(tables_[uuid] = {.name = before->name, .before = before, .metadata = before->metadata});
}

std::optional<TableUuid> Draft::find(const TableName& name) const {
  for (const auto& [uuid, table] : tables_) {
    if (table.name == name && !table.dropped) return uuid;
  }
  TablePtr before = base_->find(name);
  if (!before || tables_.contains(before->uuid)) return std::nullopt;
  return before->uuid;
}

Offset Draft::landed_end(const LandedKey& key) const {
  auto found = landed_.find(key);
  return found == landed_.end() ? base_->landed_end(key) : found->second;
}

Result<void> Draft::land(const Land& land) {
  TARN_TRY(find(land.key.table));
  Offset end = landed_end(land.key);
  if (end != land.from)
    return fail(Code::kFenced,
                fmt::format("partition {} of {} has landed up to {}, not {}: another landing was first",
                            land.key.partition.value(), land.key.source.to_base64(), end.value(), land.from.value()));
  if (land.to < land.from)
    return fail(Code::kInvalidArgument,
                fmt::format("a landed offset cannot go back from {} to {}", land.from.value(), land.to.value()));
  if (land.to != land.from) landed_[land.key] = land.to;
  return {};
}

Result<void> Draft::set_schema(const SetSchema& intent) {
  TARN_ASSIGN(Table * table, find(intent.table));
  const table::TableMetadata& metadata = *table->metadata;
  if (metadata.current_schema_id != intent.base)
    return fail(Code::kConflict,
                fmt::format("table {} has schema {} by now, not {}; plan again on that one", to_string(table->name),
                            metadata.current_schema_id.value(), intent.base.value()));
  if (intent.replaces && metadata.current_snapshot_id != intent.snapshot)
    return fail(Code::kConflict,
                fmt::format("table {} has files by now that are not rewritten; plan again on its present snapshot",
                            to_string(table->name)));
  auto next = std::make_shared<table::TableMetadata>(metadata);
  auto schema = table::evolve(metadata.schema(), intent.fields, next->last_column_id, intent.replaces);
  if (!schema) return std::unexpected(std::move(schema.error()).with_context(to_string(table->name)));
  if (schema->fields == metadata.schema().fields) return {};
  schema->id = std::ranges::max(metadata.schemas, {}, &table::Schema::id).id + 1;
  next->current_schema_id = schema->id;
  next->schemas.push_back(std::move(*schema));
  next->last_updated_ms = std::max(now_, metadata.last_updated_ms);
  table->metadata = std::move(next);
  return {};
}

bool Draft::is_empty() const {
  bool tables_same = std::ranges::all_of(tables_, [](const auto& entry) {
    const Table& table = entry.second;
    return table.before ? !table.dropped && table.metadata == table.before->metadata : table.dropped;
  });
  return tables_same && namespaces_.empty() && landed_.empty() && bindings_.empty() && outcomes_.empty();
}

Result<Changes> Draft::finish() {
  Changes changes{.version = version_,
                  .namespaces = std::move(namespaces_),
                  .landed = std::move(landed_),
                  .bindings = std::move(bindings_),
                  .outcomes = std::move(outcomes_),
                  .now = now_};
  for (auto& [uuid, table] : tables_) {
    bool is_new = table.before == nullptr;
    if (table.dropped) {
      if (!is_new) changes.heads.push_back({.name = table.name, .uuid = uuid});
    } else if (is_new || table.metadata != table.before->metadata) {
      TARN_ASSIGN(changes, finish_table(std::move(changes), uuid, table));
    }
  }
  return changes;
}

Result<Changes> Draft::finish_table(Changes changes, TableUuid uuid, Table& table) {
  auto metadata = std::make_shared<table::TableMetadata>(*table.metadata);
  if (table.before) {
    auto forgotten =
        table::log_former_metadata(*metadata, table.before->metadata_location, table.before->metadata->last_updated_ms);
    changes.forgotten.insert(changes.forgotten.end(), forgotten.begin(), forgotten.end());
  }
  auto next = std::make_shared<TableState>(TableState{.uuid = uuid, .name = table.name});
  next->metadata_location = fmt::format("{}/metadata/{}", metadata->location,
                                        metadata_file_name(table.before.get(), tools_->host.random.uuid()));
  TARN_TRY(tools_->writer.write(next->metadata_location, as_bytes(table::to_json(*metadata))));
  next->metadata = std::move(metadata);
  changes.heads.push_back(
      {.name = table.name, .uuid = uuid, .is_new = table.before == nullptr, .next = std::move(next)});
  return changes;
}

}  // namespace tarn::catalog
