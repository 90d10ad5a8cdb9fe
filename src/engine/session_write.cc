// Statements that write: CREATE TABLE AS, CREATE VIEW, INSERT, DROP, each a commit of its own on the session's branch.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/column_types.h"
#include "engine/session_state.h"
#include "engine/system_tables.h"
#include "engine/write_rules.h"

namespace tarn::engine {
namespace {

// Says nothing to anyone: for rows that go to a table.
class Silent final : public Client {
 public:
  void columns(std::span<const Column>, std::span<const std::int16_t>) override {}
  bool rows(ByteView, bool) override { return true; }
  void complete(std::string_view) override {}
  void empty_query() override {}
  void suspended() override {}
  void notice(std::string_view, std::string_view, std::string_view) override {}
  void setting(std::string_view, std::string_view) override {}
};

SqlResult<void> rename_columns(std::vector<table::Field>& fields, const std::vector<std::string>& names,
                               std::string_view what) {
  if (names.size() > fields.size()) return fail_sql("42601", fmt::format("{} specifies too many column names", what));
  for (std::size_t i = 0; i < names.size(); ++i) fields[i].name = names[i];
  return {};
}

std::vector<std::string> plain_names(const std::vector<sql::RelationName>& columns) {
  std::vector<std::string> names;
  for (const sql::RelationName& column : columns) names.push_back(column.name);
  return names;
}

// The text that gives columns of `names` for those of `text`.
std::string renamed(const std::string& text, const std::vector<table::Field>& fields) {
  std::string names;
  for (const table::Field& field : fields) {
    names += names.empty() ? "\"" : ", \"";
    for (char c : field.name) names.append(c == '"' ? 2 : 1, c);
    names += '"';
  }
  return fmt::format("select {0} from (\n{1}\n) as v({0})", names, text);
}

}  // namespace

// ---- which names, and whether

SqlResult<void> Session::check_may_write(std::string_view tag) const {
  if (in_transaction_)
    return fail_sql("25001", fmt::format("{} cannot run inside a transaction block", tag),
                    "Statements that write commit on their own: end the transaction first.");
  if (ref_.version)
    return fail_sql("25006", fmt::format("cannot execute {} at a past version, \"{}\"", tag, database_),
                    "Connect to the branch without its version.");
  if (read_only_ || settings_.read_only_by_default())
    return fail_sql("25006", fmt::format("cannot execute {} in a read-only transaction", tag));
  return check_no_run_works_here(tag);
}

// What others wrote into a running run's branch would be published with it, unseen by its tests.
SqlResult<void> Session::check_no_run_works_here(std::string_view tag) const {
  auto id = catalog::run_of(ref_.branch);
  if (!id || of_run_) return {};
  auto run = platform_.catalog.run(*id);
  if (!run && run.error().code == Code::kNotFound) return {};
  if (!run) return std::unexpected(to_sql_error(run.error()));
  if (run->state != catalog::RunState::kRunning) return {};
  return fail_sql("25006",
                  fmt::format("cannot execute {} on branch {}: run {} works on it", tag, ref_.branch, id->value()),
                  "Only the run itself writes there while it goes on. Write to main, or wait for its end.");
}

namespace {

SqlResult<void> check_database(const sql::RelationName& written, std::string_view own) {
  if (written.database.empty() || written.database == sql::kDatabase || written.database == own) return {};
  return fail_at(written, "0A000",
                 fmt::format("cross-database references are not implemented: \"{}.{}.{}\"", written.database,
                             written.name_space, written.name),
                 "A session writes to its own branch.");
}

bool exists(const catalog::State& state, const catalog::TableName& name) {
  return state.find(name) != nullptr || state.find_view(name) != nullptr;
}

}  // namespace

// What a CREATE names. Without a schema: the first of the search path that there is.
SqlResult<catalog::TableName> Session::name_to_make(const sql::RelationName& written,
                                                    const catalog::State& state) const {
  TARN_TRY(check_database(written, database_));
  std::vector<std::string> there = state.namespaces();
  auto is_there = [&](const std::string& name) { return std::ranges::find(there, name) != there.end(); };
  catalog::TableName name{written.name_space, written.name};
  if (name.name_space.empty()) {
    std::vector<std::string> path = settings_.search_path(principal_.name);
    auto first = std::ranges::find_if(path, is_there);
    if (first == path.end()) return fail_at(written, "3F000", "no schema has been selected to create in");
    name.name_space = *first;
  }
  if (is_system_schema(name.name_space))
    return fail_at(written, "42501", fmt::format("permission denied to create \"{}\"", catalog::to_string(name)),
                   "System schemas are read-only.");
  if (!is_there(name.name_space))
    return fail_at(written, "3F000", fmt::format("schema \"{}\" does not exist", name.name_space));
  if (name.name.size() > catalog::kSqlNameMax)
    return fail_at(written, "42622", fmt::format("identifier \"{}\" is too long", name.name),
                   fmt::format("A name has at most {} bytes.", catalog::kSqlNameMax));
  if (name.name.ends_with(catalog::kDeadLetterSuffix))
    return fail_at(
        written, "42939", fmt::format("unacceptable name \"{}\"", name.name),
        fmt::format("Names that end in {} are kept for the dead letters of topics.", catalog::kDeadLetterSuffix));
  return name;
}

// What INSERT and DROP name: the first of the search path that has it; else the name as it would be made.
SqlResult<catalog::TableName> Session::name_of(const sql::RelationName& written, const catalog::State& state) const {
  TARN_TRY(check_database(written, database_));
  if (written.name_space.empty()) {
    for (const std::string& candidate : settings_.search_path(principal_.name)) {
      if (exists(state, {candidate, written.name})) return catalog::TableName{candidate, written.name};
    }
  }
  return catalog::TableName{written.name_space.empty() ? "public" : written.name_space, written.name};
}

// ---- statements

SqlResult<void> Session::run_write(const Portal& portal, Client& client) {
  const sql::Parsed& statement = *portal.prepared->statement;
  TARN_TRY(
      as_sql(access::authorize(principal_, access::Action::kWrite, {access::ResourceKind::kStatement, statement.tag})));
  TARN_TRY(check_may_write(statement.tag));
  switch (statement.kind) {
    case sql::Kind::kCreateTable: return run_create_table(portal, client);
    case sql::Kind::kCreateView: return run_create_view(statement, client);
    case sql::Kind::kInsert: return run_insert(portal, client);
    default: return run_drop(statement, client);
  }
}

SqlResult<void> Session::run_create_table(const Portal& portal, Client& client) {
  const sql::Parsed& statement = *portal.prepared->statement;
  TARN_ASSIGN(std::shared_ptr<const catalog::State> now, state());
  TARN_ASSIGN(catalog::TableName name, name_to_make(statement.write.target, *now));
  if (exists(*now, name)) {
    std::string message = fmt::format("relation \"{}\" already exists", name.name);
    if (!statement.write.if_not_exists) return fail_sql("42P07", std::move(message));
    client.notice("NOTICE", "42P07", message + ", skipping");
    client.complete(statement.tag);
    return {};
  }
  auto select = std::make_shared<Prepared>();
  select->statement = statement.inner;
  select->parameter_types = portal.prepared->parameter_types;
  TableWanted wanted{name,  std::move(select),        portal.parameters, plain_names(statement.write.columns),
                     false, statement.write.with_data};
  TARN_ASSIGN(Written written, create_table(wanted, client));
  client.complete(wanted.with_rows ? fmt::format("SELECT {}", written.rows()) : statement.tag);
  return {};
}

SqlResult<Session::Written> Session::create_table(const TableWanted& wanted, Client& client) {
  std::string full = catalog::to_string(wanted.name);
  TARN_TRY(as_sql(access::authorize(principal_, access::Action::kCreate, {access::ResourceKind::kTable, full})));
  catalog::Commit commit{.branch = ref_.branch};
  ChooseTarget choose = [&](const Described& described, const catalog::State& seen) -> SqlResult<Target> {
    std::vector<table::Field> fields = described.fields;
    TARN_TRY(rename_columns(fields, wanted.columns, "CREATE TABLE AS"));
    TARN_TRY(check_columns(fields));
    if (wanted.or_replace && seen.find_view(wanted.name)) commit.view_drops.push_back({wanted.name, true});
    TARN_ASSIGN(catalog::Place place, as_sql(platform_.catalog.place(ref_.branch, wanted.name, std::move(fields))));
    return Target{place.uuid, place.location, {.fields = place.fields}, place};
  };
  wanted.select->purpose.stored = true;
  TARN_ASSIGN(Written written, store(*wanted.select, wanted.parameters, choose, wanted.with_rows, client));
  catalog::ReplaceTable replace{.name = wanted.name,
                                .fields = written.target.schema.fields,
                                .files = {},
                                .summary = {},
                                .or_replace = wanted.or_replace,
                                .place = written.target.place};
  if (written.file) replace.files.push_back(*written.file);
  commit.replaces.push_back(std::move(replace));
  TARN_TRY(this->commit(commit, written));
  return written;
}

SqlResult<void> Session::run_create_view(const sql::Parsed& statement, Client& client) {
  TARN_ASSIGN(std::shared_ptr<const catalog::State> now, state());
  TARN_ASSIGN(catalog::TableName name, name_to_make(statement.write.target, *now));
  bool is_table = now->find(name) != nullptr;
  if (is_table && statement.write.or_replace)
    return fail_sql("42809", fmt::format("\"{}\" is not a view", name.name), "Drop the table first.");
  if (exists(*now, name) && !statement.write.or_replace)
    return fail_sql("42P07", fmt::format("relation \"{}\" already exists", name.name));
  TARN_TRY(create_view({name, *statement.inner, statement.write.select, plain_names(statement.write.columns),
                        statement.write.or_replace, true}));
  client.complete(statement.tag);
  return {};
}

SqlResult<void> Session::create_view(ViewWanted wanted) {
  std::string full = catalog::to_string(wanted.name);
  TARN_TRY(as_sql(access::authorize(principal_, access::Action::kCreate, {access::ResourceKind::kTable, full})));
  if (wanted.select.parameters > 0) return fail_sql("42P02", "a view has no parameters");
  Prepared prepared;
  prepared.statement = std::make_shared<const sql::Parsed>(std::move(wanted.select));
  prepared.purpose.search_path = {wanted.name.name_space};
  if (wanted.name.name_space != "public") prepared.purpose.search_path->emplace_back("public");
  TARN_ASSIGN(const Plan* plan, this->plan(prepared));
  for (const sql::ViewUse& use : plan->rewritten.views) {
    if (use.name_space == wanted.name.name_space && use.name == wanted.name.name)
      return fail_sql("42P17", fmt::format("view \"{}\" would read itself", full));
  }
  TARN_ASSIGN(std::shared_ptr<const catalog::State> now, state());
  TARN_ASSIGN(plan, this->plan(prepared, *now));
  TARN_ASSIGN(Statement statement, engine::describe_statement(*plan, {}, settings_, *now));
  TARN_ASSIGN(std::unique_ptr<Execution> execution, platform_.seats.open(interrupt_, deadline_));
  TARN_ASSIGN(Described described, ask_described(*execution, *plan, std::move(statement), true));
  execution->finished();
  std::vector<table::Field> fields;
  for (std::size_t i = 0; i < described.fields.size() && i < described.columns.size(); ++i)
    fields.push_back(view_field(std::move(described.fields[i]), described.columns[i].type));
  bool rename = !wanted.columns.empty();
  TARN_TRY(rename_columns(fields, wanted.columns, "CREATE VIEW"));
  TARN_TRY(check_columns(fields));
  std::shared_ptr<const catalog::ViewState> old = now->find_view(wanted.name);
  if (old && wanted.as_postgres) TARN_TRY(check_replaces(old->columns(), fields));
  catalog::Commit commit{.branch = ref_.branch};
  bool over_table = wanted.or_replace && !wanted.as_postgres && now->find(wanted.name);
  if (over_table) commit.table_drops.push_back({wanted.name, true});
  commit.views.push_back({.name = wanted.name,
                          .sql = rename ? renamed(wanted.text, fields) : std::move(wanted.text),
                          .columns = std::move(fields),
                          .or_replace = wanted.or_replace});
  return this->commit(commit, {});
}

SqlResult<void> Session::run_drop(const sql::Parsed& statement, Client& client) {
  const sql::Drop& drop = statement.drop;
  std::string_view kind = drop.views ? "view" : "table";
  if (drop.cascade)
    return fail_sql("0A000", fmt::format("{} ... CASCADE is not supported", statement.tag),
                    "Views are looked up when they are read: drop those that are of no use by name.");
  TARN_ASSIGN(std::shared_ptr<const catalog::State> now, state());
  catalog::Commit commit{.branch = ref_.branch};
  for (const sql::RelationName& written : drop.names) {
    TARN_ASSIGN(catalog::TableName name, name_of(written, *now));
    if (find_system_table(name.name_space, name.name) != nullptr)
      return fail_sql("42501", fmt::format("permission denied for table {}", name.name));
    if (!exists(*now, name)) {
      std::string message = fmt::format("{} \"{}\" does not exist", kind, written.name);
      if (!drop.if_exists) return fail_sql("42P01", std::move(message));
      client.notice("NOTICE", "00000", message + ", skipping");
      continue;
    }
    std::shared_ptr<const catalog::TableState> table = now->find(name);
    if ((table == nullptr) != drop.views)
      return fail_sql("42809", fmt::format("\"{}\" is not a {}", written.name, kind),
                      fmt::format("Use DROP {} to remove it.", drop.views ? "TABLE" : "VIEW"));
    std::string full = catalog::to_string(name);
    TARN_TRY(as_sql(access::authorize(principal_, access::Action::kDrop, {access::ResourceKind::kTable, full})));
    if (table) TARN_TRY(check_not_landed(*now, *table, "drop"));
    if (table) commit.table_drops.push_back({name, drop.if_exists});
    if (!table) commit.view_drops.push_back({name, drop.if_exists});
  }
  if (!commit.table_drops.empty() || !commit.view_drops.empty()) TARN_TRY(this->commit(commit, {}));
  client.complete(statement.tag);
  return {};
}

// ---- for runs of models

SqlResult<Materialized> Session::materialize(const Materialize& what) {
  begin_call();
  bool view = what.kind == Materialize::Kind::kView;
  TARN_TRY(check_may_write(view ? "CREATE VIEW" : "CREATE TABLE AS"));
  TARN_ASSIGN(std::vector<sql::Parsed> parsed, sql::parse(what.select));
  if (parsed.size() != 1 || parsed[0].kind != sql::Kind::kSelect)
    return fail_sql("42601", fmt::format("\"{}\" is not made of one select", catalog::to_string(what.name)));
  TARN_ASSIGN(std::shared_ptr<const catalog::State> now, state());
  TARN_ASSIGN(std::ignore, name_to_make({{}, what.name.name_space, what.name.name, 0}, *now));
  if (exists(*now, what.name) && !what.replace)
    return fail_sql("42P07", fmt::format("relation \"{}\" already exists", catalog::to_string(what.name)));
  if (auto table = now->find(what.name)) TARN_TRY(check_not_landed(*now, *table, "replace"));
  if (view) {
    std::string text = parsed[0].text;
    TARN_TRY(create_view({what.name, std::move(parsed[0]), std::move(text), {}, what.replace, false}));
    return Materialized{};
  }
  auto select = std::make_shared<Prepared>();
  select->statement = std::make_shared<const sql::Parsed>(std::move(parsed[0]));
  Silent silent;
  TARN_ASSIGN(Written written, create_table({what.name, std::move(select), {}, {}, what.replace, true}, silent));
  return Materialized{written.rows(), written.file ? written.file->file_size_in_bytes : Bytes()};
}

}  // namespace tarn::engine
