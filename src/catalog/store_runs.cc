// The rows of runs.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/store.h"

namespace tarn::catalog {
namespace {

constexpr const char* kRunColumns =
    "id, project, state, started_ms, finished_ms, message, base_version, published_version, changed";

constexpr const char* kNodeColumns =
    "name, kind, materialized, state, started_ms, finished_ms, row_count, failures, message";

template <class T>
std::optional<T> optional_at(host::SqliteStatement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return T(row.integer(column));
}

template <class T>
void bind_optional(host::SqliteStatement& row, int index, const std::optional<T>& value) {
  if (!value) {
    row.bind_null(index);
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    row.bind(index, *value);
  } else {
    row.bind(index, value->value());
  }
}

Run run_at(host::SqliteStatement& row) {
  return {.id = RunId(row.integer(0)),
          .project = row.text(1),
          .state = static_cast<RunState>(row.integer(2)),
          .started = TimestampMs(row.integer(3)),
          .finished = optional_at<TimestampMs>(row, 4),
          .message = row.text(5),
          .base = optional_at<CatalogVersion>(row, 6),
          .published = optional_at<CatalogVersion>(row, 7),
          .changed = static_cast<std::size_t>(row.integer(8))};
}

RunNode node_at(host::SqliteStatement& row) {
  return {.name = row.text(0),
          .kind = static_cast<RunNodeKind>(row.integer(1)),
          .materialized = row.text(2),
          .state = static_cast<RunNodeState>(row.integer(3)),
          .started = optional_at<TimestampMs>(row, 4),
          .finished = optional_at<TimestampMs>(row, 5),
          .rows = optional_at<std::int64_t>(row, 6),
          .failures = optional_at<std::int64_t>(row, 7),
          .message = row.text(8)};
}

// At most `max` bytes, no character cut in two.
std::string_view cut(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  return text.substr(0, max);
}

std::unexpected<Error> no_run(RunId id) {
  return fail(Code::kNotFound, fmt::format("there is no run {}, or no longer: {} are kept", id.value(), kRunsMax));
}

}  // namespace

Result<Run> Store::add_run(const std::string& project, TimestampMs now) {
  TARN_ASSIGN(auto insert, database_->prepare("insert into run(project, state, started_ms) values(?, 0, ?)"));
  std::string_view named = cut(project, kRunTextMax);
  TARN_TRY(insert.bind(1, named).bind(2, now.value()).run());
  TARN_ASSIGN(auto last, database_->prepare("select max(id) from run"));
  TARN_TRY(last.step());
  Run run{.id = RunId(last.integer(0)), .project = std::string(named), .started = now};
  last.reset();
  TARN_TRY(trim_runs());
  return run;
}

Result<void> Store::trim_runs() {
  for (const char* sql :
       {"delete from run_node where run in (select id from run where state<>0 order by id desc limit -1 offset ?)",
        "delete from run where id in (select id from run where state<>0 order by id desc limit -1 offset ?)"}) {
    TARN_ASSIGN(auto trim, database_->prepare(sql));
    TARN_TRY(trim.bind(1, static_cast<std::int64_t>(kRunsMax)).run());
  }
  const std::string wordy =
      " in (select id from (select id, text_bytes, sum(text_bytes) over (order by id desc) as total from run) where "
      "text_bytes>0 and total>?)";
  for (const std::string& sql : {"update run_node set compiled_sql='', sample_json='' where run" + wordy,
                                 "update run set text_bytes=0 where id" + wordy}) {
    TARN_ASSIGN(auto trim, database_->prepare(sql));
    TARN_TRY(trim.bind(1, static_cast<std::int64_t>(kRunTextsBytesMax.count())).run());
  }
  return {};
}

Result<void> Store::put_nodes(RunId run, const std::vector<RunNode>& nodes) {
  TARN_ASSIGN(auto known, database_->prepare("select text_bytes from run where id=?"));
  known.bind(1, run.value());
  TARN_ASSIGN(bool found, known.step());
  if (!found) return no_run(run);
  RunTally tally{.text_bytes = known.integer(0)};
  known.reset();
  for (const RunNode& node : nodes) TARN_TRY(put_node(run, node, tally));
  TARN_ASSIGN(auto sum, database_->prepare("update run set text_bytes=? where id=?"));
  return sum.bind(1, tally.text_bytes).bind(2, run.value()).run();
}

Result<void> Store::put_node(RunId run, const RunNode& node, RunTally& tally) {
  std::string_view name = cut(node.name, kRunTextMax);
  TARN_ASSIGN(auto old, database_->prepare("select position, length(cast(compiled_sql as blob)) + "
                                           "length(cast(sample_json as blob)) from run_node where run=? and name=?"));
  TARN_ASSIGN(bool known, old.bind(1, run.value()).bind(2, name).step());
  if (!known && !tally.nodes) {
    TARN_ASSIGN(auto count, database_->prepare("select count(*) from run_node where run=?"));
    TARN_TRY(count.bind(1, run.value()).step());
    tally.nodes = count.integer(0);
  }
  std::int64_t position = known ? old.integer(0) : (*tally.nodes)++;
  if (known) tally.text_bytes -= old.integer(1);
  old.reset();
  if (position >= static_cast<std::int64_t>(kRunNodesMax))
    return fail(Code::kLimit, fmt::format("a run has up to {} models and tests", kRunNodesMax));
  // What has no room in the run is left out: the sample before the SQL.
  std::size_t used = static_cast<std::size_t>(std::max<std::int64_t>(0, tally.text_bytes));
  std::size_t left = kRunBytesMax.count() - std::min(kRunBytesMax.count(), used);
  std::string_view sql = cut(node.compiled_sql, kCompiledSqlBytesMax.count()), sample = node.sample_json;
  if (sql.size() > left) sql = "";
  if (sample.size() > kSampleBytesMax.count() || sql.size() + sample.size() > left) sample = "";
  tally.text_bytes += static_cast<std::int64_t>(sql.size() + sample.size());
  TARN_ASSIGN(
      auto put,
      database_->prepare(
          "insert into run_node values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) on conflict "
          "do update set kind=excluded.kind, materialized=excluded.materialized, "
          "state=excluded.state, started_ms=excluded.started_ms, finished_ms=excluded.finished_ms, "
          "row_count=excluded.row_count, failures=excluded.failures, message=excluded.message, "
          "compiled_sql=excluded.compiled_sql, sample_json=excluded.sample_json, file=excluded.file, "
          "relation=excluded.relation"));
  put.bind(1, run.value())
      .bind(2, position)
      .bind(3, name)
      .bind(4, static_cast<std::int64_t>(node.kind))
      .bind(5, cut(node.materialized, kRunTextMax))
      .bind(6, static_cast<std::int64_t>(node.state));
  bind_optional(put, 7, node.started);
  bind_optional(put, 8, node.finished);
  bind_optional(put, 9, node.rows);
  bind_optional(put, 10, node.failures);
  return put.bind(11, cut(node.message, kRunTextMax))
      .bind(12, sql)
      .bind(13, sample)
      .bind(14, cut(node.file, kRunTextMax))
      .bind(15, cut(node.relation, kRunTextMax))
      .run();
}

Result<void> Store::finish_run(const FinishedRun& finished, std::optional<CatalogVersion> published, TimestampMs now) {
  const RunFinish& finish = finished.finish;
  TARN_ASSIGN(auto update, database_->prepare("update run set state=?, finished_ms=?, message=?, published_version=?, "
                                              "changed=? where id=? and state=0"));
  update.bind(1, static_cast<std::int64_t>(finish.state))
      .bind(2, now.value())
      .bind(3, cut(finish.message, kRunTextMax));
  bind_optional(update, 4, published);
  TARN_TRY(update.bind(5, static_cast<std::int64_t>(finished.changed)).bind(6, finish.id.value()).run());
  if (database_->changes() == 1) return {};
  TARN_ASSIGN(Run known, run(finish.id));
  return fail(Code::kConflict, fmt::format("run {} has ended already: {}", finish.id.value(), to_string(known.state)));
}

Result<void> Store::interrupt_runs(TimestampMs now) {
  TARN_ASSIGN(auto update,
              database_->prepare("update run set state=?, finished_ms=?, message='Tarn stopped before the run "
                                 "had ended' where state=0"));
  return update.bind(1, static_cast<std::int64_t>(RunState::kInterrupted)).bind(2, now.value()).run();
}

Result<std::vector<RunId>> Store::running() {
  TARN_ASSIGN(auto row, database_->prepare("select id from run where state=0"));
  std::vector<RunId> ids;
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return ids;
    ids.emplace_back(row.integer(0));
  }
}

Result<std::vector<Run>> Store::runs(std::size_t limit) {
  TARN_ASSIGN(auto row, database_->prepare(fmt::format("select {} from run order by id desc limit ?", kRunColumns)));
  row.bind(1, static_cast<std::int64_t>(std::min(limit, kRunsMax)));
  std::vector<Run> runs;
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return runs;
    runs.push_back(run_at(row));
  }
}

Result<Run> Store::run(RunId id) {
  TARN_ASSIGN(auto row, database_->prepare(fmt::format("select {} from run where id=?", kRunColumns)));
  row.bind(1, id.value());
  TARN_ASSIGN(bool found, row.step());
  if (!found) return no_run(id);
  return run_at(row);
}

Result<std::vector<RunNode>> Store::nodes(RunId run) {
  TARN_ASSIGN(auto row, database_->prepare(fmt::format(
                            "select {}, compiled_sql, sample_json, file, relation from run_node where run=? "
                            "order by position",
                            kNodeColumns)));
  row.bind(1, run.value());
  std::vector<RunNode> nodes;
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return nodes;
    nodes.push_back(node_at(row));
    RunNode& node = nodes.back();
    node.compiled_sql = row.text(9);
    node.sample_json = row.text(10);
    node.file = row.text(11);
    node.relation = row.text(12);
  }
}

Result<std::vector<RunNode>> Store::nodes_without_texts(RunId run) {
  TARN_ASSIGN(auto row,
              database_->prepare(fmt::format("select {} from run_node where run=? order by position", kNodeColumns)));
  row.bind(1, run.value());
  std::vector<RunNode> nodes;
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return nodes;
    nodes.push_back(node_at(row));
  }
}

Result<std::map<std::string, std::string>> Store::published_relations(std::size_t runs) {
  TARN_ASSIGN(
      auto row,
      database_->prepare("select relation, project from run join run_node on run=id where kind=0 and relation<>'' and "
                         "id in (select id from run where state=1 order by id desc limit ?) order by id"));
  row.bind(1, static_cast<std::int64_t>(runs));
  std::map<std::string, std::string> projects;
  while (true) {
    TARN_ASSIGN(bool more, row.step());
    if (!more) return projects;
    projects[row.text(0)] = row.text(1);
  }
}

}  // namespace tarn::catalog
