// Bringing a branch to main: see the table in branches.h.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "catalog/draft.h"

namespace tarn::catalog {
namespace {

using Files = std::shared_ptr<const std::vector<table::DataFile>>;

Result<Files> live_files(LakeReader& reader, const table::TableMetadata& metadata) {
  auto snapshot = metadata.current_snapshot();
  if (!snapshot) return std::make_shared<const std::vector<table::DataFile>>();
  return reader.data_files(*snapshot);
}

// The files that `now` has over `base`; nullopt if it lacks any of base's, or has delete files.
Result<std::optional<std::vector<table::DataFile>>> only_added(LakeReader& reader, const table::TableMetadata& base,
                                                               const table::TableMetadata& now) {
  auto before = live_files(reader, base);
  auto after = before ? live_files(reader, now) : before;
  if (!after && after.error().code == Code::kUnsupported) return std::nullopt;
  if (!after) return std::unexpected(std::move(after).error());
  std::unordered_set<std::string_view> missing;
  for (const table::DataFile& file : **before) missing.insert(file.file_path);
  std::vector<table::DataFile> added;
  for (const table::DataFile& file : **after) {
    if (missing.erase(file.file_path) == 0) added.push_back(file);
  }
  if (!missing.empty()) return std::nullopt;
  return added;
}

// Whether files written for `schema` can be part of a table that has `now`.
bool still_has(const table::Schema& now, const table::Schema& schema) {
  return std::ranges::all_of(schema.fields, [&](const table::Field& field) {
    auto found = std::ranges::find(now.fields, field.id, &table::Field::id);
    if (found == now.fields.end()) return false;
    return field.type.is_nested() ? found->type.kind == field.type.kind : table::can_promote(field.type, found->type);
  });
}

std::string refusal(const std::string& branch, const std::vector<const Change*>& conflicts) {
  std::string text = fmt::format("branch {} cannot be published, and nothing was:", branch);
  for (std::size_t i = 0; i < std::min(conflicts.size(), kConflictsShownMax); ++i)
    text += fmt::format(" {}: {};", to_string(conflicts[i]->name), conflicts[i]->conflict);
  if (conflicts.size() > kConflictsShownMax)
    text += fmt::format(" and {} more;", conflicts.size() - kConflictsShownMax);
  return text + " build again on main as it is now";
}

}  // namespace

// Whether main has at `name` exactly `entry`.
bool Draft::stands(const TableName& name, const Entry& entry) const {
  auto table = find(name);
  auto view = find_view(name);
  if (!entry) return !table && !view;
  if (entry.uuid() != (entry.table ? table : view)) return false;
  if (!same(entry, base_->entry(name))) return false;
  auto drafted = tables_.find(entry.uuid());
  if (drafted != tables_.end())
    return drafted->second.head == base_->find(name) && drafted->second.metadata == drafted->second.head->metadata;
  auto viewed = views_.find(entry.uuid());
  return viewed == views_.end() ||
         (viewed->second.head == base_->find_view(name) && viewed->second.metadata == viewed->second.head->metadata);
}

// What the branch changed since its base, and how it comes to main; `detailed` tells appends even where that does not
// matter.
Result<std::vector<Draft::Move>> Draft::moves(const BranchContent& content, bool detailed) {
  std::vector<Move> all;
  for (const TableName& name : content.names) {
    Move move{.change = {.name = name}, .from = content.base->entry(name), .to = content.now->entry(name)};
    if (same(move.from, move.to)) continue;
    move.change.kind = !move.from ? ChangeKind::kAdded : !move.to ? ChangeKind::kDropped : ChangeKind::kChanged;
    move.change.is_view = move.to ? move.to.view != nullptr : move.from.view != nullptr;
    TARN_TRY(plan_move(content, move, detailed));
    all.push_back(std::move(move));
  }
  return all;
}

Result<void> Draft::plan_move(const BranchContent& content, Move& move, bool detailed) {
  const auto& [from, to] = std::pair(move.from, move.to);
  move.as_it_is = stands(move.change.name, from);
  bool one_table = from.table && to.table && from.table->uuid == to.table->uuid;
  std::optional<std::vector<table::DataFile>> added;
  bool bound = from.table && is_bound(from.table->uuid);
  if (one_table && (detailed || bound || !move.as_it_is) &&
      from.table->metadata->schema().fields == to.table->metadata->schema().fields) {
    TARN_ASSIGN(added, only_added(tools_->reader, *from.table->metadata, *to.table->metadata));
  }
  move.change.appends = added.has_value();
  std::string& conflict = move.change.conflict;
  if (bound && !added) conflict = "a topic lands in it";
  if (move.as_it_is || !conflict.empty()) return {};
  std::string since = fmt::format("on main since version {}", content.info.base.value());
  auto table = find(move.change.name);
  auto view = find_view(move.change.name);
  if (!table && !view)
    conflict = fmt::format("it was dropped {}", since);
  else if (!from)
    conflict = fmt::format("a {} of this name was made {}", table ? "table" : "view", since);
  else if (from.uuid() != (table ? *table : *view))
    conflict = fmt::format("it was dropped and made anew {}", since);
  else if (!to)
    conflict = fmt::format("it was dropped on the branch and changed {}", since);
  else if (!added)
    conflict = fmt::format("it was changed {}, and replaced or altered on the branch", since);
  else
    move.append = std::move(*added);
  if (!conflict.empty()) return {};
  return plan_append(move);
}

// Both sides changed the table, the branch by appends: main must have appended only, too.
Result<void> Draft::plan_append(Move& move) {
  TARN_ASSIGN(Table * table, find(move.from.table->uuid));
  if (!still_has(table->metadata->schema(), move.from.table->metadata->schema())) {
    move.change.conflict = "its columns were changed on main since the branch began";
    return {};
  }
  TARN_ASSIGN(auto added, only_added(tools_->reader, *move.from.table->metadata, *table->metadata));
  if (!added) move.change.conflict = "its rows were replaced on main since the branch began";
  return {};
}

Result<std::vector<Change>> Draft::diff(const std::string& branch) {
  TARN_ASSIGN(BranchContent content, tools_->branch(branch));
  TARN_ASSIGN(std::vector<Move> all, moves(content, true));
  std::vector<Change> changes;
  for (Move& one : all) changes.push_back(std::move(one.change));
  return changes;
}

Result<Committed> Draft::publish(const Publish& publish, std::size_t& changed) {
  if (published_.contains(publish.branch))
    return fail(Code::kNotFound, fmt::format("branch {} is being published by another", publish.branch));
  if (publish.finish) {
    TARN_ASSIGN(Run run, tools_->run(publish.finish->id));
    if (run.state == RunState::kPublished && run.published) {  // said once more
      changed = run.changed;
      return Committed{.version = *run.published};
    }
    if (run.state != RunState::kRunning)
      return fail(Code::kConflict, fmt::format("run {} has ended already: {}", run.id.value(), to_string(run.state)));
  }
  TARN_ASSIGN(BranchContent content, tools_->branch(publish.branch));
  TARN_ASSIGN(std::vector<Move> all, moves(content, false));
  std::vector<const Change*> conflicts;
  for (const Move& one : all) {
    if (!one.change.conflict.empty()) conflicts.push_back(&one.change);
  }
  if (!conflicts.empty()) return fail(Code::kConflict, refusal(publish.branch, conflicts));
  for (const Move& one : all) TARN_TRY(move(content, one));
  changed = all.size();
  published_.insert(publish.branch);
  if (publish.finish) {
    finished_.push_back({*publish.finish, changed});
    finished_.back().finish.state = RunState::kPublished;
  }
  return Committed{.version = version_};
}

Result<void> Draft::move(const BranchContent& content, const Move& move) {
  const TableName& name = move.change.name;
  if (!move.as_it_is) {
    if (move.append.empty()) return {};
    TARN_TRY(append(
        {.table = move.from.table->uuid, .files = move.append, .summary = {{"tarn.branch", content.info.name}}}));
    return {};
  }
  if (move.from && (!move.to || move.from.uuid() != move.to.uuid())) {
    if (move.from.table)
      TARN_TRY(drop_table(name));
    else
      TARN_TRY(drop(DropView{name}));
  }
  if (const TablePtr& head = move.to.table) {
    tables_[head->uuid] = {.name = name, .head = head, .metadata = head->metadata, .moved = true};
    tools_->known_paths.forget(head->uuid);
  } else if (const ViewPtr& view = move.to.view) {
    views_[view->uuid] = {.name = name, .head = view, .metadata = view->metadata, .moved = true};
  }
  return {};
}

}  // namespace tarn::catalog
