// The intents that make, replace and drop tables and views.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/draft.h"
#include "table/evolution.h"

namespace tarn::catalog {
namespace {

std::unexpected<Error> exists(std::string_view what, const TableName& name, std::string_view hint) {
  return fail(Code::kAlreadyExists, fmt::format("{} {} is there already{}", what, to_string(name), hint));
}

std::unexpected<Error> placed_elsewhere(const TableName& name) {
  return fail(
      Code::kConflict,
      fmt::format("table {} was changed, made or dropped since its files were begun; try again", to_string(name)));
}

// Schemas that no snapshot was written with: a table that is replaced hundreds of times must not gather them.
void forget_schemas(table::TableMetadata& metadata) {
  std::erase_if(metadata.schemas, [&](const table::Schema& schema) {
    return schema.id != metadata.current_schema_id &&
           std::ranges::none_of(metadata.snapshots, [&](const auto& one) { return one->schema_id == schema.id; });
  });
}

}  // namespace

bool Draft::is_bound(TableUuid uuid) const {
  if (std::ranges::any_of(bindings_, [&](const auto& entry) { return entry.second.lands_in(uuid); })) return true;
  const Binding* before = main_->landing_in(uuid);
  return before != nullptr && !bindings_.contains(before->topic);
}

Result<Place> Draft::place(const TableName& name, std::vector<table::Field> fields) {
  TARN_TRY(table::check_fields(fields));
  Place place;
  if (auto uuid = find(name)) {
    TARN_ASSIGN(Table * table, find(*uuid));
    FieldId last = table->metadata->last_column_id;
    TARN_ASSIGN(table::Schema schema, table::replace(table->metadata->schema(), std::move(fields), last));
    return Place{*uuid, table->metadata->location, std::move(schema.fields), true};
  }
  if (!find_view(name)) TARN_TRY(check_new_name(name, "table"));  // a view may be dropped by the same commit
  place.uuid = tools_->host.random.uuid();
  TARN_ASSIGN(place.location, new_location(name, place.uuid));
  TARN_TRY(tools_->host.files.make_dirs(host::join(table::from_uri(place.location), "data")));
  FieldId last;
  TARN_ASSIGN(table::Schema schema, table::replace({}, std::move(fields), last));
  place.fields = std::move(schema.fields);
  return place;
}

Result<void> Draft::replace_table(const ReplaceTable& intent, Committed& committed) {
  if (find_view(intent.name)) return exists("view", intent.name, "; drop it first");
  auto found = find(intent.name);
  if (found && !intent.or_replace) return exists("table", intent.name, "");
  if (found && is_bound(*found))
    return fail(Code::kInvalidArgument,
                fmt::format("a topic lands in table {}: it cannot be replaced", to_string(intent.name)));
  if (intent.place && intent.place->exists != found.has_value()) return placed_elsewhere(intent.name);
  if (intent.place && found && intent.place->uuid != *found) return placed_elsewhere(intent.name);
  TableUuid uuid;
  TARN_ASSIGN(uuid, found ? new_schema(intent) : make_table(intent));
  TARN_ASSIGN(Table * table, find(uuid));
  TARN_TRY(read_manifests(*table));
  table::Change change{.added = intent.files, .summary = intent.summary};
  TARN_TRY(each_live(*table, [&](const std::string& path) { change.removed.push_back(path); }));
  if (change.added.empty() && change.removed.empty()) return {};
  TARN_TRY(check_new(*table, uuid, intent.files));
  TARN_ASSIGN(committed.snapshots[uuid], add_snapshot(*table, change, true));
  auto metadata = std::make_shared<table::TableMetadata>(*table->metadata);
  forget_schemas(*metadata);
  table->metadata = std::move(metadata);
  return {};
}

Result<TableUuid> Draft::make_table(const ReplaceTable& intent) {
  if (!intent.place) return create_table(intent.name, intent.fields, {});
  TARN_TRY(check_new_name(intent.name, "table"));
  std::string location = intent.place->location;
  TARN_ASSIGN(bool taken, has_metadata(table::from_uri(location)));  // meanwhile, by another: the files stay there
  if (taken) {
    TARN_ASSIGN(location, new_location(intent.name, intent.place->uuid));
  }
  auto metadata = table::new_table_metadata(intent.place->uuid, std::move(location), intent.place->fields, {}, now_);
  tables_[intent.place->uuid] = {.name = intent.name,
                                 .metadata = std::make_shared<const table::TableMetadata>(std::move(metadata)),
                                 .manifests = std::make_shared<const std::vector<table::ManifestFile>>()};
  return intent.place->uuid;
}

// The present table with the columns of `intent`, its files still the old ones.
Result<TableUuid> Draft::new_schema(const ReplaceTable& intent) {
  TARN_ASSIGN(Table * table, find(*find(intent.name)));
  auto next = std::make_shared<table::TableMetadata>(*table->metadata);
  const std::vector<table::Field>& wanted = intent.place ? intent.place->fields : intent.fields;
  TARN_ASSIGN(table::Schema schema, table::replace(next->schema(), wanted, next->last_column_id));
  if (intent.place && schema.fields != wanted) return placed_elsewhere(intent.name);
  auto known = std::ranges::find(next->schemas, schema.fields, &table::Schema::fields);
  if (known != next->schemas.end()) {
    next->current_schema_id = known->id;
  } else {
    schema.id = std::ranges::max(next->schemas, {}, &table::Schema::id).id + 1;
    next->current_schema_id = schema.id;
    next->schemas.push_back(std::move(schema));
  }
  next->last_updated_ms = std::max(now_, next->last_updated_ms);
  table->metadata = std::move(next);
  return table->metadata->uuid;
}

Result<void> Draft::drop(const DropTable& intent) {
  if (intent.if_exists && !find(intent.name) && !find_view(intent.name)) return {};
  if (find_view(intent.name))
    return fail(Code::kInvalidArgument, fmt::format("{} is a view, not a table", to_string(intent.name)));
  auto found = find(intent.name);
  if (found && is_bound(*found))
    return fail(Code::kInvalidArgument,
                fmt::format("a topic lands in table {}: it cannot be dropped", to_string(intent.name)));
  return drop_table(intent.name);
}

std::optional<Uuid> Draft::find_view(const TableName& name) const {
  for (const auto& [uuid, view] : views_) {
    if (view.name == name && !view.dropped) return uuid;
  }
  ViewPtr head = base_->find_view(name);
  if (!head || views_.contains(head->uuid)) return std::nullopt;
  return head->uuid;
}

Draft::View& Draft::view(const TableName& name, Uuid uuid) {
  auto found = views_.find(uuid);
  if (found != views_.end()) return found->second;
  ViewPtr head = base_->find_view(name);
  return views_[uuid] = {.name = name, .head = head, .metadata = head->metadata};
}

Result<void> Draft::drop(const DropView& intent) {
  auto uuid = find_view(intent.name);
  if (uuid) {
    view(intent.name, *uuid).dropped = true;
    return {};
  }
  if (find(intent.name))
    return fail(Code::kInvalidArgument, fmt::format("{} is a table, not a view", to_string(intent.name)));
  if (intent.if_exists) return {};
  return fail(Code::kNotFound, fmt::format("there is no view {}", to_string(intent.name)));
}

Result<void> Draft::put_view(const PutView& intent) {
  if (intent.sql.size() > table::kViewSqlBytesMax.count())
    return fail(Code::kLimit, fmt::format("a view's SQL has up to {} bytes", table::kViewSqlBytesMax.count()));
  TARN_TRY(table::check_fields(intent.columns));
  if (find(intent.name)) return exists("table", intent.name, "; drop it first");
  auto known = find_view(intent.name);
  if (known && !intent.or_replace) return exists("view", intent.name, "");
  if (known) {
    View& before = view(intent.name, *known);
    before.metadata = std::make_shared<const table::ViewMetadata>(
        table::with_version(*before.metadata, intent.sql, intent.columns, now_));
    return {};
  }
  TARN_TRY(check_new_name(intent.name, "view"));
  Uuid uuid = tools_->host.random.uuid();
  TARN_ASSIGN(std::string location, new_location(intent.name, uuid));
  views_[uuid] = {.name = intent.name,
                  .metadata = std::make_shared<const table::ViewMetadata>(table::new_view_metadata(
                      uuid, std::move(location), intent.name.name_space, intent.sql, intent.columns, now_))};
  return {};
}

}  // namespace tarn::catalog
