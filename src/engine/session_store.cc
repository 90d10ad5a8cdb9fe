// Rows of a select to a data file of a table.
//
//   plan ─▶ Describe: the table's columns ─▶ target: folder and field ids ─▶ Store: a file in the worker's temp folder
//        ─▶ moved into the table's folder, synced ─▶ (the caller's commit)
//
// The worker may write nowhere but in its temp folder, so whatever goes wrong before the move leaves nothing behind.
// After it, a commit that is known to have failed takes the file along; one of unknown outcome leaves it.
#include <fmt/format.h>

#include <tuple>

#include "engine/session_state.h"
#include "host/channel.h"
#include "host/logging.h"
#include "sql/types.h"

namespace tarn::engine {
namespace {

// The schema's columns as plain fields: no table has others.
SqlResult<void> check_kept(const std::vector<table::Field>& fields) {
  for (const table::Field& field : fields) {
    if (field.doc.empty()) continue;
    return fail_sql("0A000", fmt::format("column \"{}\" has type {}, which no table can keep", field.name, field.doc),
                    "Cast it: to text, or an interval to a number by extract(epoch from ...).");
  }
  return {};
}

// A numeric without precision has as many digits as fit, and those after the point that its expression gives: what is
// inserted later may be longer than what is there now.
void widen_numerics(const std::vector<sql::ColumnType>& columns, std::vector<table::Field>& fields) {
  for (std::size_t i = 0; i < fields.size() && i < columns.size(); ++i) {
    bool numeric = fields[i].type.kind == table::TypeKind::kDecimal && columns[i].type == sql::oid::kNumeric;
    if (numeric && columns[i].modifier < 0) fields[i].type.precision = sql::kPrecisionMax;
  }
}

}  // namespace

SqlResult<Session::Written> Session::store(Prepared& prepared, const std::vector<Parameter>& parameters,
                                           const ChooseTarget& choose, bool with_rows, Client& client) {
  TARN_ASSIGN(const Plan* plan, this->plan(prepared));
  TARN_TRY(wait_decoded(*plan, client));
  TARN_ASSIGN(std::unique_ptr<Execution> execution, platform_.seats.open(interrupt_, deadline_));
  TARN_ASSIGN(std::shared_ptr<const View> view, take_view());
  TARN_ASSIGN(plan, this->plan(prepared, view->state()));
  TARN_ASSIGN(Statement statement,
              engine::describe_statement(*plan, prepared.parameter_types, settings_, view->state()));
  TARN_ASSIGN(Described described, ask_described(*execution, *plan, std::move(statement), true));
  TARN_TRY(check_kept(described.fields));
  widen_numerics(plan->rewritten.columns, described.fields);
  Written written;
  TARN_ASSIGN(written.target, choose(described, view->state()));
  if (!with_rows) return written;
  TARN_TRY(apply_set_config(*plan, client));
  TARN_ASSIGN(written.file, store_rows(*execution, prepared, parameters, *view, written.target.schema));
  if (written.file) TARN_TRY(take_file(*execution, written.target, *written.file));
  return written;
}

SqlResult<std::optional<table::DataFile>> Session::store_rows(Execution& execution, Prepared& prepared,
                                                              const std::vector<Parameter>& parameters,
                                                              const View& view, const table::Schema& schema) {
  struct Running {
    Session& session;
    ~Running() { session.set_running(nullptr); }
  } running{*this};
  const Plan& plan = *prepared.plan;
  TARN_ASSIGN(ViewedStatement viewed,
              view_statement(plan, prepared.parameter_types, settings_, view, platform_.catalog));
  std::optional<CatalogSource> source;
  if (viewed.statement.reads_catalog) {
    TARN_ASSIGN(source, catalog_source());
  }
  TARN_ASSIGN(std::span<const int> descriptors, attach(execution, viewed.descriptors));
  Store store{execution.id(), std::move(viewed.statement), parameters, schema, {}};
  store.path = host::join(execution.temp(), fmt::format("rows-{}.parquet", execution.id().value()));
  TARN_TRY(execution.send(store, descriptors, source ? &*source : nullptr));
  set_running(&execution);
  TARN_ASSIGN(Reply reply, next(execution));
  if (const auto* failure = std::get_if<Failed>(&reply.value)) return std::unexpected(translate(*failure, plan));
  auto* stored = std::get_if<Stored>(&reply.value);
  if (stored == nullptr) return fail_sql("XX000", "a SQL worker answered Store with something else");
  return std::move(stored->file);
}

// From the worker's temp folder into the table's: its bytes are synced already.
SqlResult<void> Session::take_file(Execution& execution, const Target& target, table::DataFile& file) {
  host::Files& files = platform_.host.files;
  host::Path folder = host::join(table::from_uri(target.location), "data");
  host::Path path = host::join(folder, platform_.host.random.uuid().to_string() + ".parquet");
  host::Path from = host::join(execution.temp(), fmt::format("rows-{}.parquet", execution.id().value()));
  TARN_TRY(as_sql(files.make_dirs(folder)));
  TARN_TRY(as_sql(files.rename(from, path)));
  file.file_path = table::to_uri(path);
  if (auto synced = files.sync_dir(folder); !synced) {
    std::ignore = files.remove(path);
    return std::unexpected(to_sql_error(synced.error()));
  }
  return {};
}

SqlResult<void> Session::commit(const catalog::Commit& commit, const Written& written) {
  Result<catalog::Committed> committed = platform_.catalog.commit(commit);
  if (committed) return {};
  bool unknown = committed.error().code == Code::kCommitUnknown;
  if (written.file && !unknown) std::ignore = platform_.host.files.remove(table::from_uri(written.file->file_path));
  if (unknown) host::log_warn("engine", "commit_unknown", {{"why", committed.error().message}});
  SqlError error = to_sql_error(committed.error());
  if (committed.error().code == Code::kAlreadyExists) error.sqlstate = "42P07";
  if (committed.error().code == Code::kNotFound) error.sqlstate = "42P01";
  return std::unexpected(std::move(error));
}

}  // namespace tarn::engine
