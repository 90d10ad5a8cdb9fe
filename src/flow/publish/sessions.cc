#include "flow/publish/sessions.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>

#include "catalog/runs.h"
#include "flow/publish/row_reader.h"
#include "sql/rewrite.h"

namespace tarn::flow::publish {
namespace {

using model::PlanNode;

// SQLSTATEs whose cause is not the statement. One that needs more memory than there is, or that its worker died of, has
// itself to blame.
Code code_of(std::string_view sqlstate) {
  if (sqlstate == "57014" || sqlstate == "57P01") return Code::kCancelled;
  if (sqlstate == "53200") return Code::kLimit;
  if (sqlstate == "58030") return Code::kIo;
  if (sqlstate.starts_with("53") || sqlstate.starts_with("57") || sqlstate.starts_with("08")) return Code::kUnavailable;
  if (sqlstate == "40001") return Code::kConflict;
  return Code::kInvalidArgument;
}

// `before`: characters of ours that stand before the node's SQL.
NodeError node_error(const engine::SqlError& error, std::size_t before = 0) {
  std::string message = error.message;
  if (!error.detail.empty()) message += ": " + error.detail;
  auto position = static_cast<std::size_t>(std::max(0, error.position));
  return {.error = {code_of(error.sqlstate), message},
          .hint = error.hint,
          .position = position > before ? position - before : 0};
}

// A text of at most kSampleTextMax bytes, cut between characters.
std::string cut(std::string text) {
  if (text.size() <= kSampleTextMax) return text;
  std::size_t end = kSampleTextMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string sample_json(RowReader& reader) {
  nlohmann::ordered_json json{{"columns", reader.names()}, {"rows", nlohmann::ordered_json::array()}};
  for (auto& row : reader.take()) {
    auto values = nlohmann::ordered_json::array();
    for (auto& value : row) values.push_back(value ? nlohmann::ordered_json(cut(std::move(*value))) : nullptr);
    json["rows"].push_back(std::move(values));
    std::string text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    if (text.size() <= catalog::kSampleBytesMax.count()) continue;
    json["rows"].erase(json["rows"].size() - 1);
    break;
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// The test's SQL by itself: what is one select stays one when it stands in parentheses.
engine::SqlResult<std::string> one_select(const PlanNode& node) {
  TARN_ASSIGN(std::vector<sql::Parsed> parsed, sql::parse(node.sql));
  if (parsed.size() == 1 && parsed[0].kind == sql::Kind::kSelect) return parsed[0].text;
  return engine::fail_sql("42601", fmt::format("test `{}` is not made of one select", node.name));
}

// What the test's SQL gives, as a table. The SQL stands on lines of its own: it may end in a comment.
struct Wrapped {
  std::string text;
  std::size_t before = 0;
};
Wrapped wrapped(std::string_view sql, std::string_view select, std::optional<std::int64_t> limit) {
  std::string before = fmt::format("select {} from (\n{}", select, limit ? "select * from (\n" : "");
  std::string after =
      limit ? fmt::format("\n) dbt_limit_subq limit {}\n) dbt_internal_test", *limit) : "\n) dbt_internal_test";
  return {fmt::format("{}{}{}", before, sql, after), before.size()};
}

}  // namespace

Result<void> Sessions::land(const std::vector<std::string>& topics, std::stop_token gone) {
  return lander_.land(topics, platform_.host.clock.now() + kLandWaitMax, gone);
}

engine::SqlResult<std::unique_ptr<engine::Session>> Sessions::open(const std::string& branch, bool read_only) const {
  return engine::Session::open(
      platform_, {.principal = principal_, .database = "tarn@" + branch, .read_only = read_only, .of_run = true});
}

NodeResult<Built> Sessions::build(const std::string& branch, const PlanNode& node, std::stop_token gone) {
  auto session = open(branch, false);
  if (!session) return std::unexpected(node_error(session.error()));
  std::stop_callback stop(gone, [&] { (*session)->stop(engine::Stop::kDisconnect); });
  using Kind = engine::Materialize::Kind;
  auto made =
      (*session)->materialize({.name = {node.relation.schema, node.relation.name},
                               .select = node.sql,
                               .kind = node.materialized == model::Materialized::kTable ? Kind::kTable : Kind::kView});
  if (!made) return std::unexpected(node_error(made.error()));
  return Built{made->rows};
}

NodeResult<Asked> Sessions::ask(const std::string& branch, const PlanNode& node, std::stop_token gone) {
  auto sql = one_select(node);
  if (!sql) return std::unexpected(node_error(sql.error()));
  auto session = open(branch, true);
  if (!session) return std::unexpected(node_error(session.error()));
  std::stop_callback stop(gone, [&] { (*session)->stop(engine::Stop::kDisconnect); });
  RowReader reader;
  Wrapped count = wrapped(*sql, "count(*)", node.limit);
  if (auto done = (*session)->query(count.text, reader); !done)
    return std::unexpected(node_error(done.error(), count.before));
  Asked asked;
  auto rows = reader.take();
  if (rows.size() == 1 && rows[0].size() == 1 && rows[0][0])
    std::from_chars(rows[0][0]->data(), rows[0][0]->data() + rows[0][0]->size(), asked.failing);
  if (asked.failing == 0) return asked;
  Wrapped sample = wrapped(*sql, "*", static_cast<std::int64_t>(kSampleRowsMax));
  // The rows are a help; the count stands without them.
  if (auto done = (*session)->query(sample.text, reader); done) asked.sample_json = sample_json(reader);
  return asked;
}

}  // namespace tarn::flow::publish
