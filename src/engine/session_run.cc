// What a worker answers: planning, views, and the relay of rows.
#include <fmt/format.h>

#include <algorithm>

#include "engine/catalog_image.h"
#include "engine/session_state.h"
#include "host/channel.h"
#include "host/metrics.h"

namespace tarn::engine {
namespace {

constexpr int kExecuteDepthMax = 4;                             // EXECUTE of a prepared EXECUTE ...
constexpr std::chrono::milliseconds kRecoverPollInterval{500};  // how often a wait for recovery looks at its interrupt

bool same_types(const std::vector<Column>& left, const std::vector<Column>& right) {
  return std::ranges::equal(left, right,
                            [](const Column& a, const Column& b) { return a.type == b.type && a.name == b.name; });
}

// From the call that ran it to its last row taken, or its failure.
void observe_statement(host::Duration took, bool good) {
  static const std::vector<double> kBounds{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30};
  static host::Histogram done("tarn_engine_statement_seconds", "Time that statements took, by outcome.", kBounds,
                              {{"outcome", "done"}});
  static host::Histogram failed("tarn_engine_statement_seconds", "Time that statements took, by outcome.", kBounds,
                                {{"outcome", "failed"}});
  (good ? done : failed).observe(std::chrono::duration<double>(took).count());
}

std::vector<TableUuid> uuids_of(const Plan& plan, const catalog::State& state) {
  std::vector<TableUuid> uuids;
  for (const sql::TableUse& use : plan.rewritten.tables) {
    if (auto table = state.find({use.name_space, use.name})) uuids.push_back(table->uuid);
  }
  return uuids;
}

std::vector<TableUuid> all_uuids(const catalog::State& state) {
  std::vector<TableUuid> uuids;
  for (const std::string& name_space : state.namespaces()) {
    for (const auto& table : state.tables(name_space)) uuids.push_back(table->uuid);
  }
  return uuids;
}

}  // namespace

// ---- planning and describing

// Of the session's branch, newest.
SqlResult<std::shared_ptr<const catalog::State>> Session::state() const {
  if (ref_.is_main()) return platform_.catalog.state();
  auto state = platform_.catalog.state(ref_);
  if (state) return std::move(*state);
  if (state.error().code != Code::kNotFound) return std::unexpected(to_sql_error(state.error()));
  return fail_sql("3D000", fmt::format("database \"{}\" is no longer there: {}", database_, state.error().message));
}

SqlResult<std::shared_ptr<const View>> Session::take_view() const {
  if (ref_.is_main()) return View::take(platform_.tail, platform_.catalog);
  TARN_ASSIGN(std::shared_ptr<const catalog::State> state, this->state());
  return View::of_files(std::move(state), platform_.catalog);
}

SqlResult<std::shared_ptr<const View>> Session::transaction_view() const {
  if (!transaction_pin_) return nullptr;
  std::shared_ptr<const View> view = transaction_pin_->view();
  if (view) return view;
  return fail_sql("40001",
                  fmt::format("the transaction held un-landed rows for too long: more than {} MiB of them were kept",
                              kPinnedBytesMax.count() >> 20),
                  "Run the transaction again.");
}

SqlResult<const Plan*> Session::plan(Prepared& prepared) {
  TARN_ASSIGN(std::shared_ptr<const View> view, transaction_view());
  if (view) return plan(prepared, view->state());
  std::vector<catalog::TableName> missing;
  TARN_ASSIGN(std::shared_ptr<const catalog::State> now, state());
  SqlResult<const Plan*> made = plan(prepared, *now, &missing);
  if (made || platform_.freshness == nullptr || !ref_.is_main()) return made;
  // Records may be acknowledged whose table, or column, comes with their decoding.
  if (made.error().sqlstate == "42P01") {
    if (!platform_.freshness->wait_bound(missing, platform_.host.clock.now() + kBindWaitMax)) return made;
  } else if (made.error().sqlstate == "42703") {
    platform_.freshness->wait_decoded(all_uuids(*now), platform_.host.clock.now() + kBindWaitMax);
  } else {
    return made;
  }
  return plan(prepared, *platform_.catalog.state());
}

// The plan on `seen`, made anew if catalog or settings are others than it was made with.
SqlResult<const Plan*> Session::plan(Prepared& prepared, const catalog::State& seen,
                                     std::vector<catalog::TableName>* missing) {
  bool fresh = prepared.plan && prepared.plan->catalog_version == seen.version() &&
               prepared.plan->settings_version == settings_.version();
  if (fresh) {
    TARN_TRY(authorize_tables(principal_, *prepared.plan));
    return &*prepared.plan;
  }
  TARN_ASSIGN(prepared.plan, make_plan(*prepared.statement, {principal_, database_, process_id_, settings_, seen,
                                                             prepared.parameter_types, missing, prepared.purpose}));
  prepared.described.reset();
  return &*prepared.plan;
}

// After the worker was told to run: it knows nothing of what a cancel before that names, so one that came meanwhile is
// passed on here.
void Session::set_running(Execution* execution) {
  std::lock_guard lock(running_mutex_);
  running_ = execution;
  if (execution != nullptr && interrupt_.reason() != Stop::kNone) execution->cancel();
}

SqlError Session::translate(const Failed& failure, const Plan& plan) const {
  if (failure.sqlstate == "57014" && interrupt_.reason() != Stop::kNone) return stop_error(interrupt_.reason());
  return {failure.sqlstate, failure.message, failure.detail, failure.hint,
          plan.rewritten.client_position(failure.position)};
}

// As of now, also in a transaction.
SqlResult<CatalogSource> Session::catalog_source() const {
  TARN_ASSIGN(std::shared_ptr<const catalog::State> state, this->state());
  std::vector<std::string> databases{std::string(sql::kDatabase)};
  for (const catalog::BranchState& branch : platform_.catalog.branches()) {
    if (branch.name != catalog::kMainBranch) databases.push_back(fmt::format("{}@{}", sql::kDatabase, branch.name));
  }
  if (std::ranges::find(databases, database_) == databases.end()) databases.push_back(database_);
  std::string key = fmt::format("{} {} {}", state->version().value(), database_, fmt::join(databases, " "));
  return CatalogSource{std::move(key), [state, databases, database = database_] {
                         return encode(SqlRequest(make_catalog_image(*state, database, databases)));
                       }};
}

SqlResult<Described> Session::ask_described(Execution& execution, const Plan& plan, Statement statement, bool stored) {
  struct Running {
    Session& session;
    ~Running() { session.set_running(nullptr); }
  } running{*this};
  std::optional<CatalogSource> source;
  if (statement.reads_catalog) {
    TARN_ASSIGN(source, catalog_source());
  }
  TARN_TRY(execution.send(Describe{execution.id(), std::move(statement), stored}, {}, source ? &*source : nullptr));
  set_running(&execution);
  TARN_ASSIGN(Reply reply, next(execution));
  if (const auto* failure = std::get_if<Failed>(&reply.value)) return std::unexpected(translate(*failure, plan));
  auto* described = std::get_if<Described>(&reply.value);
  if (described == nullptr) return fail_sql("XX000", "a SQL worker answered Describe with something else");
  return std::move(*described);
}

SqlResult<const Described*> Session::described(Prepared& prepared) {
  TARN_ASSIGN(const Plan* plan, this->plan(prepared));
  if (prepared.described) return &*prepared.described;
  TARN_ASSIGN(std::shared_ptr<const View> view, transaction_view());
  std::shared_ptr<const catalog::State> now;
  if (!view) {
    TARN_ASSIGN(now, state());
  }
  const catalog::State& seen = view ? view->state() : *now;
  TARN_ASSIGN(Statement statement, engine::describe_statement(*plan, prepared.parameter_types, settings_, seen));
  TARN_ASSIGN(std::unique_ptr<Execution> execution, platform_.seats.open(interrupt_, deadline_));
  TARN_ASSIGN(prepared.described, ask_described(*execution, *plan, std::move(statement), false));
  execution->finished();
  return &*prepared.described;
}

SqlResult<std::optional<std::vector<Column>>> Session::columns_of(Prepared& prepared, int depth) {
  const sql::Parsed& statement = *prepared.statement;
  if (returns_rows(statement.kind)) {
    TARN_ASSIGN(const Described* described, this->described(prepared));
    return described->columns;
  }
  if (statement.kind == sql::Kind::kShow) return show_columns(statement);
  if (statement.kind == sql::Kind::kExecute && depth < kExecuteDepthMax) {
    TARN_ASSIGN(std::shared_ptr<Prepared> inner, find_prepared(statement.name));
    if (inner->statement) return columns_of(*inner, depth + 1);
  }
  if (statement.kind == sql::Kind::kFetch) {
    auto portal = portals_.find(statement.name);
    if (portal == portals_.end()) return fail_sql("34000", fmt::format("cursor \"{}\" does not exist", statement.name));
    return columns_of(*portal->second->prepared, depth + 1);
  }
  return std::nullopt;
}

// ---- running

// The next reply, whatever stops the statement meanwhile: then the worker is told, and its Failed is what comes.
SqlResult<Reply> Session::next(Execution& execution) {
  while (true) {
    TARN_ASSIGN(std::optional<Reply> reply, execution.next(deadline_));
    if (reply) return std::move(*reply);
    interrupt_.raise(Stop::kTimeout);
    execution.cancel();
  }
}

// A statement that reads tables waits for what was acknowledged before it began.
SqlResult<void> Session::wait_decoded(const Plan& plan, Client& client) {
  bool waits = platform_.freshness != nullptr && ref_.is_main() && !transaction_pin_;
  if (!waits || plan.rewritten.tables.empty()) return {};
  host::Clock& clock = platform_.host.clock;
  host::MonotonicTime begin = clock.now();
  std::shared_ptr<const catalog::State> state = platform_.catalog.state();
  Freshness::Waited waited = platform_.freshness->wait_decoded(uuids_of(plan, *state), begin + kDecodeWaitMax);
  std::int64_t missing = waited.records_missing;
  // A transaction keeps its view for every table, so none may be behind what was readable before the last stop.
  std::vector<TableUuid> recovered = in_transaction_ ? all_uuids(*state) : uuids_of(plan, *state);
  if (in_transaction_) waited = platform_.freshness->wait_decoded(recovered, clock.now());
  while (waited.recovering) {
    if (interrupt_.reason() != Stop::kNone) return std::unexpected(stop_error(interrupt_.reason()));
    if (deadline_ && clock.now() >= *deadline_) return std::unexpected(stop_error(Stop::kTimeout));
    bool held_up = !waited.held_up_by.empty();
    if (clock.now() - begin >= (held_up ? kHeldUpWaitMax : kRecoverWaitMax)) {
      return fail_sql("57P03",
                      fmt::format("records readable before the last stop are not decoded again yet{}{}",
                                  held_up ? ": " : "", waited.held_up_by),
                      "Try again later; `tarn topic describe` shows how far each topic is.");
    }
    waited = platform_.freshness->wait_decoded(recovered, clock.now() + kRecoverPollInterval);
    missing = waited.records_missing;
  }
  if (missing > 0) {
    std::string why = waited.held_up_by.empty() ? "" : ": " + waited.held_up_by;
    client.notice("NOTICE", "01000",
                  fmt::format("{} acknowledged records are not decoded yet and not in the result{}", missing, why));
  }
  return {};
}

// Sends ahead what one message can't carry; the rest goes with the request.
SqlResult<std::span<const int>> Session::attach(Execution& execution, std::span<const int> descriptors) {
  for (; descriptors.size() > host::kChannelDescriptorsMax;
       descriptors = descriptors.subspan(host::kChannelDescriptorsMax)) {
    TARN_TRY(execution.send(Attach{execution.id()}, descriptors.first(host::kChannelDescriptorsMax)));
  }
  return descriptors;
}

SqlResult<void> Session::start(Portal& portal, Relay& relay) {
  TARN_ASSIGN(const Plan* plan, this->plan(*portal.prepared));
  TARN_TRY(wait_decoded(*plan, relay.client));
  TARN_ASSIGN(portal.execution, platform_.seats.open(interrupt_, deadline_));
  TARN_ASSIGN(portal.view, transaction_view());
  if (!portal.view) {
    TARN_ASSIGN(portal.view, take_view());
    if (in_transaction_ && !plan->rewritten.tables.empty()) transaction_pin_ = platform_.pins->pin(portal.view);
    TARN_ASSIGN(plan, this->plan(*portal.prepared, portal.view->state()));  // columns may have changed in the waits
  }
  portal.plan = *plan;
  TARN_ASSIGN(ViewedStatement viewed, view_statement(portal.plan, portal.prepared->parameter_types, settings_,
                                                     *portal.view, platform_.catalog));
  Execution& execution = *portal.execution;
  TARN_TRY(apply_set_config(portal.plan, relay.client));
  std::optional<CatalogSource> source;
  if (viewed.statement.reads_catalog) {
    TARN_ASSIGN(source, catalog_source());
  }
  TARN_ASSIGN(std::span<const int> descriptors, attach(execution, viewed.descriptors));
  Execute execute{execution.id(), std::move(viewed.statement), portal.parameters, portal.formats, relay.max_rows, true};
  TARN_TRY(execution.send(execute, descriptors, source ? &*source : nullptr));
  set_running(&execution);
  return {};
}

SqlResult<void> Session::apply_set_config(const Plan& plan, Client& client) {
  for (const sql::SettingChange& change : plan.rewritten.set_config) {
    TARN_TRY(change.local ? settings_.set_local(change.name, change.value) : settings_.set(change.name, change.value));
  }
  if (!plan.rewritten.set_config.empty()) report_settings(client);
  return {};
}

// Columns before the rows; the client must not get others than it was told.
SqlResult<void> Session::tell_columns(Portal& portal, const Relay& relay, std::vector<Column> columns) {
  if (!relay.describe && portal.told && !same_types(*portal.told, columns)) {
    return fail_sql("0A000", "cached plan must not change result type");
  }
  if (portal.formats.size() > 1 && portal.formats.size() != columns.size()) {
    return fail_sql("08P01", fmt::format("bind message has {} result formats but query has {} columns",
                                         portal.formats.size(), columns.size()));
  }
  portal.told = std::move(columns);
  if (relay.describe) relay.client.columns(*portal.told, portal.formats);
  return {};
}

SqlResult<void> Session::relay(Portal& portal, Relay& relay) {
  if (portal.state == Portal::State::kDone) {
    relay.client.complete(fmt::format("{} 0", relay.tag));
    return {};
  }
  struct Running {
    Session& session;
    ~Running() { session.set_running(nullptr); }
  } running{*this};
  host::MonotonicTime began = platform_.host.clock.now();
  SqlResult<void> result = portal.state == Portal::State::kNew ? start(portal, relay) : go_on(portal, relay);
  if (result) result = relay_rows(portal, relay);
  observe_statement(platform_.host.clock.now() - began, result.has_value());
  if (portal.state != Portal::State::kSuspended || !result) {
    set_running(nullptr);
    portal.state = Portal::State::kDone;
    portal.execution.reset();
    portal.view.reset();
  }
  return result;
}

SqlResult<void> Session::go_on(Portal& portal, const Relay& relay) {
  TARN_TRY(portal.execution->resume(interrupt_, deadline_));
  TARN_TRY(portal.execution->send(Fetch{portal.execution->id(), relay.max_rows}));
  set_running(portal.execution.get());
  return {};
}

SqlResult<void> Session::relay_rows(Portal& portal, Relay& relay) {
  Execution& execution = *portal.execution;
  while (true) {
    TARN_ASSIGN(Reply reply, next(execution));
    if (auto* rows = std::get_if<Rows>(&reply.value)) {
      bool behind = relay.client.behind(rows->messages.size());
      if (behind) execution.suspend();
      bool taken = relay.client.rows(rows->messages, rows->cut);
      execution.resume_now();
      if (!taken) return std::unexpected(stop_error(Stop::kDisconnect));
      execution.credit(rows->messages.size());
    } else if (auto* described = std::get_if<Described>(&reply.value)) {
      TARN_TRY(tell_columns(portal, relay, std::move(described->columns)));
    } else if (auto* completed = std::get_if<Completed>(&reply.value)) {
      execution.finished();
      portal.state = Portal::State::kDone;
      relay.client.complete(relay.tag == "EXPLAIN" ? "EXPLAIN" : fmt::format("{} {}", relay.tag, completed->rows));
      return {};
    } else if (auto* suspended = std::get_if<Suspended>(&reply.value)) {
      portal.state = Portal::State::kSuspended;
      execution.suspend();
      if (relay.tag == "FETCH") {
        relay.client.complete(fmt::format("FETCH {}", suspended->rows));
      } else {
        relay.client.suspended();
      }
      return {};
    } else if (auto* failure = std::get_if<Failed>(&reply.value)) {
      execution.finished();
      return std::unexpected(translate(*failure, portal.plan));
    }
  }
}

}  // namespace tarn::engine
