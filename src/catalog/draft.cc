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
std::string metadata_file_name(std::string_view former_location, const Uuid& uuid) {
  int number = 0;
  if (!former_location.empty()) number = std::atoi(former_location.substr(former_location.rfind('/') + 1).data()) + 1;
  return fmt::format("{:05}-{}.metadata.json", number, uuid.to_string());
}

}  // namespace

Draft::Draft(std::string branch, StatePtr base, StatePtr main, CatalogVersion version, const DraftTools& tools)
    : branch_(std::move(branch)),
      base_(std::move(base)),
      main_(std::move(main)),
      tools_(&tools),
      version_(version),
      now_(tools.host.clock.wall_ms()) {}

Result<void> Draft::create_namespace(const std::string& name) {
  TARN_TRY(check_name("namespace", name));
  if (main_->name_spaces->contains(name) || namespaces_.contains(name))
    return fail(Code::kAlreadyExists, fmt::format("namespace {} is there already", name));
  if (main_->name_spaces->size() + namespaces_.size() >= kNamespacesMax)
    return fail(Code::kLimit, fmt::format("a catalog holds {} namespaces", kNamespacesMax));
  namespaces_.insert(name);
  return {};
}

Result<void> Draft::check_new_name(const TableName& name, std::string_view what) const {
  TARN_TRY(check_name(what, name.name));
  if (!main_->name_spaces->contains(name.name_space) && !namespaces_.contains(name.name_space))
    return fail(Code::kNotFound, fmt::format("there is no namespace {}", name.name_space));
  if (find(name)) return fail(Code::kAlreadyExists, fmt::format("table {} is there already", to_string(name)));
  if (find_view(name)) return fail(Code::kAlreadyExists, fmt::format("view {} is there already", to_string(name)));
  if (base_->by_name->size() + base_->views_by_name->size() + tables_.size() + views_.size() >= kTablesMax)
    return fail(Code::kLimit, fmt::format("a catalog holds {} tables and views", kTablesMax));
  return {};
}

// A folder that is no other table's or view's, on any branch: one that holds metadata is, dropped or not.
Result<std::string> Draft::new_location(const TableName& name, const Uuid& uuid) {
  std::string own = folder_name(name.name);
  host::Path folder = host::join(host::join(tools_->data, "lake"), folder_name(name.name_space));
  TARN_ASSIGN(bool taken, has_metadata(host::join(folder, own)));
  if (taken || own != name.name) own += "-" + uuid.to_string().substr(0, 8);
  return table::to_uri(host::join(folder, own));
}

Result<bool> Draft::has_metadata(const host::Path& folder) {
  auto listed = tools_->host.files.list(host::join(folder, "metadata"));
  if (!listed && listed.error().code == Code::kNotFound) return false;
  if (!listed) return std::unexpected(std::move(listed).error());
  return !listed->empty();
}

Result<TableUuid> Draft::create_table(const TableName& name, std::vector<table::Field> fields,
                                      const std::map<std::string, std::string>& properties) {
  TARN_TRY(check_new_name(name, "table"));
  TARN_TRY(table::check_fields(fields));
  TableUuid uuid = tools_->host.random.uuid();
  TARN_ASSIGN(std::string location, new_location(name, uuid));
  auto metadata = table::new_table_metadata(uuid, std::move(location), std::move(fields), properties, now_);
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
  if (!is_main()) return {};  // bindings are its alone
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
  if (commit.idempotency_key.size() > kIdempotencyKeyMax)
    return fail(Code::kLimit, fmt::format("an idempotency key has up to {} bytes", kIdempotencyKeyMax));
  if (commit.idempotency_key.empty()) return apply(commit);
  if (auto known = outcomes_.find(commit.idempotency_key); known != outcomes_.end()) return known->second;
  TARN_ASSIGN(std::optional<Committed> known, tools_->known_outcome(commit.idempotency_key));
  if (known) return *known;
  TARN_ASSIGN(Committed committed, apply(commit));
  outcomes_[commit.idempotency_key] = committed;
  return committed;
}

Result<Committed> Draft::apply(const Commit& commit) {
  Committed committed{.version = version_};
  for (const Land& one : commit.lands) TARN_TRY(land(one));
  for (const DropTable& one : commit.table_drops) TARN_TRY(drop(one));
  for (const DropView& one : commit.view_drops) TARN_TRY(drop(one));
  for (const ReplaceTable& one : commit.replaces) TARN_TRY(replace_table(one, committed));
  for (const PutView& one : commit.views) TARN_TRY(put_view(one));
  for (const SetSchema& one : commit.schemas) TARN_TRY(set_schema(one));
  for (const RowDelta& one : commit.row_deltas) {
    TARN_ASSIGN(committed.snapshots[one.table], row_delta(one));
  }
  for (const Append& one : commit.appends) {
    if (one.files.empty()) continue;
    TARN_ASSIGN(committed.snapshots[one.table], append(one));
  }
  return committed;
}

Result<Draft::Table*> Draft::find(TableUuid uuid) {
  auto found = tables_.find(uuid);
  if (found != tables_.end()) {
    if (found->second.dropped) return no_table(uuid.to_string());
    return &found->second;
  }
  TablePtr head = base_->find(uuid);
  if (!head) return no_table(uuid.to_string());
  return &(tables_[uuid] = {.name = head->name, .head = head, .metadata = head->metadata});
}

std::optional<TableUuid> Draft::find(const TableName& name) const {
  for (const auto& [uuid, table] : tables_) {
    if (table.name == name && !table.dropped) return uuid;
  }
  TablePtr head = base_->find(name);
  if (!head || tables_.contains(head->uuid)) return std::nullopt;
  return head->uuid;
}

Offset Draft::landed_end(const LandedKey& key) const {
  auto found = landed_.find(key);
  return found == landed_.end() ? base_->landed_end(key) : found->second;
}

Result<void> Draft::land(const Land& land) {
  if (!is_main()) return fail(Code::kInvalidArgument, "landed offsets belong to main, not to a branch");
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
  auto same = [&](const auto& entry) {
    const auto& [uuid, one] = entry;
    return one.head ? !one.dropped && !one.moved && one.metadata == one.head->metadata : one.dropped;
  };
  return std::ranges::all_of(tables_, same) && std::ranges::all_of(views_, same) && namespaces_.empty() &&
         landed_.empty() && bindings_.empty() && outcomes_.empty() && published_.empty();
}

Result<Changes> Draft::finish() {
  Changes changes{.branch = branch_,
                  .version = version_,
                  .namespaces = std::move(namespaces_),
                  .landed = std::move(landed_),
                  .bindings = std::move(bindings_),
                  .outcomes = std::move(outcomes_),
                  .published = std::move(published_),
                  .finished = std::move(finished_),
                  .now = now_};
  for (auto& [uuid, table] : tables_) TARN_TRY(finish_table(changes, uuid, table));
  for (auto& [uuid, view] : views_) TARN_TRY(finish_view(changes, uuid, view));
  return changes;
}

Result<void> Draft::finish_table(Changes& changes, TableUuid uuid, Table& table) {
  bool is_new = base_->find(uuid) == nullptr;
  if (table.dropped) {
    if (!is_new) changes.heads.push_back({.name = table.name, .uuid = uuid});
    return {};
  }
  bool same = table.head && table.metadata == table.head->metadata;
  if (same && !table.moved) return {};
  changes.heads.push_back({.name = table.name, .uuid = uuid, .is_new = is_new, .next = {.table = table.head}});
  if (same) return {};
  auto metadata = std::make_shared<table::TableMetadata>(*table.metadata);
  std::string former;
  if (table.head) {
    former = table.head->metadata_location;
    table::log_former_metadata(*metadata, former, table.head->metadata->last_updated_ms);
  }
  auto next = std::make_shared<TableState>(TableState{.uuid = uuid, .name = table.name});
  next->metadata_location =
      fmt::format("{}/metadata/{}", metadata->location, metadata_file_name(former, tools_->host.random.uuid()));
  TARN_TRY(tools_->writer.write(next->metadata_location, as_bytes(table::to_json(*metadata))));
  next->metadata = std::move(metadata);
  changes.heads.back().next.table = std::move(next);
  return {};
}

Result<void> Draft::finish_view(Changes& changes, Uuid uuid, View& view) {
  ViewPtr before = base_->find_view(view.name);
  bool is_new = !before || before->uuid != uuid;
  if (view.dropped) {
    if (!is_new) changes.heads.push_back({.name = view.name, .uuid = uuid});
    return {};
  }
  bool same = view.head && view.metadata == view.head->metadata;
  if (same && !view.moved) return {};
  changes.heads.push_back({.name = view.name, .uuid = uuid, .is_new = is_new, .next = {.view = view.head}});
  if (same) return {};
  auto next = std::make_shared<ViewState>(ViewState{.uuid = uuid, .name = view.name, .metadata = view.metadata});
  std::string former = view.head ? view.head->metadata_location : "";
  next->metadata_location =
      fmt::format("{}/metadata/{}", view.metadata->location, metadata_file_name(former, tools_->host.random.uuid()));
  TARN_TRY(tools_->writer.write(next->metadata_location, as_bytes(table::to_json(*view.metadata))));
  changes.heads.back().next.view = std::move(next);
  return {};
}

}  // namespace tarn::catalog
