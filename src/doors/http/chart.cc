#include "doors/http/chart.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>

#include "doors/http/error_answer.h"
#include "flow/publish/row_reader.h"

namespace tarn::doors::http {
namespace {

using Json = nlohmann::ordered_json;
using engine::SqlError;
using engine::SqlResult;
using Row = std::vector<std::optional<std::string>>;

constexpr const char* kUndefinedTable = "42P01";

enum class Axis { kTime, kNumber, kCategory };
constexpr const char* kAxisNames[] = {"time", "number", "category"};

Axis axis_of(engine::Oid type) {
  namespace pg = wire::postgres;
  switch (type) {
    case pg::kDateOid:
    case pg::kTimestampOid:
    case pg::kTimestamptzOid: return Axis::kTime;
    case pg::kInt2Oid:
    case pg::kInt4Oid:
    case pg::kInt8Oid:
    case pg::kFloat4Oid:
    case pg::kFloat8Oid:
    case pg::kNumericOid: return Axis::kNumber;
    default: return Axis::kCategory;
  }
}

std::string as_identifier(std::string_view name) {
  std::string text = "\"";
  for (char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

std::optional<double> number_of(const std::optional<std::string>& text) {
  double number = 0;
  if (!text) return std::nullopt;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  return number;
}

Json or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(); }

SqlError wrong(std::string message) { return {.sqlstate = "22023", .message = std::move(message)}; }

// Lines over one axis.
class Points {
 public:
  Points(const ChartDeclaration& declaration, Axis axis) : declaration_(declaration), axis_(axis) {
    if (declaration.series.empty()) names_ = declaration.y;
  }

  // Columns: x, series if there is one, each y.
  SqlResult<void> take(const std::vector<Row>& rows) {
    bool split = !declaration_.series.empty();
    for (const Row& row : rows) {
      if (row.size() != 1 + split + declaration_.y.size() || !row[0]) continue;  // no place without an x
      std::vector<std::optional<double>>& lines = at(*row[0]);
      std::size_t first = split ? line(row[1].value_or("null")) : 0;
      if (first == kChartLinesMax)
        return std::unexpected(wrong(fmt::format("`{}` has more than {} values, and each is a line; keep the largest",
                                                 declaration_.series, kChartLinesMax)));
      if (lines.size() < names_.size()) lines.resize(names_.size());
      for (std::size_t y = 0; y < declaration_.y.size(); ++y) lines[first + y] = number_of(row[1 + split + y]);
    }
    return {};
  }

  Json json() const {
    std::vector<std::pair<Json, const std::vector<std::optional<double>>*>> points;
    for (const auto& [x, lines] : points_)
      points.emplace_back(axis_ == Axis::kCategory ? Json(x) : or_null(number_of(x)), &lines);
    if (axis_ != Axis::kCategory) {
      std::erase_if(points, [](const auto& point) { return point.first.is_null(); });
      std::ranges::sort(points, {}, [](const auto& point) { return point.first.template get<double>(); });
    }
    Json xs = Json::array(), series = Json::array();
    for (const auto& point : points) xs.push_back(point.first);
    for (std::size_t line = 0; line < names_.size(); ++line) {
      Json values = Json::array();
      for (const auto& point : points)
        values.push_back(line < point.second->size() ? or_null((*point.second)[line]) : Json());
      series.push_back({{"name", names_[line]}, {"values", values}});
    }
    return {{"x", {{"name", declaration_.x}, {"kind", kAxisNames[static_cast<int>(axis_)]}, {"values", xs}}},
            {"series", series}};
  }

 private:
  std::vector<std::optional<double>>& at(const std::string& x) {
    auto [place, is_new] = places_.emplace(x, points_.size());
    if (is_new) points_.emplace_back(x, std::vector<std::optional<double>>());
    return points_[place->second].second;
  }

  // The line's number; kChartLinesMax if there are too many.
  std::size_t line(const std::string& name) {
    auto found = std::ranges::find(names_, name);
    if (found == names_.end() && names_.size() == kChartLinesMax) return kChartLinesMax;
    if (found == names_.end()) found = names_.insert(names_.end(), name);
    return static_cast<std::size_t>(found - names_.begin());
  }

  const ChartDeclaration& declaration_;
  Axis axis_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t> places_;
  std::vector<std::pair<std::string, std::vector<std::optional<double>>>> points_;
};

class HomeChart {
 public:
  HomeChart(const engine::Platform& platform, std::optional<ChartDeclaration> declaration)
      : platform_(platform), declaration_(std::move(declaration)) {}

  Answer answer(const Request& request) {
    if (auto allowed =
            access::authorize(request.principal, access::Action::kRead, {access::ResourceKind::kStatement, ""});
        !allowed)
      return error_answer(allowed.error());
    if (!declaration_) return {.body = said("none", "", Json())};
    std::lock_guard lock(mutex_);  // one run of its SQL at a time: whoever waited gets what it gave
    host::MonotonicTime now = platform_.host.clock.now();
    if (made_.empty() || made_for_ != request.principal.name || made_at_ + kChartAge <= now) {
      made_ = make(request.principal);
      made_for_ = request.principal.name;
      made_at_ = platform_.host.clock.now();
    }
    return {.body = made_};
  }

 private:
  static std::string said(const char* state, const std::string& reason, Json chart) {
    return Json{{"state", state}, {"reason", reason}, {"chart", std::move(chart)}}.dump(-1, ' ', false,
                                                                                        Json::error_handler_t::replace);
  }

  std::string make(const access::Principal& principal) {
    std::int64_t version = platform_.catalog.state()->version().value();
    auto chart = run(principal);
    if (chart) {
      (*chart)["made"] = platform_.host.clock.wall_ms().value();
      (*chart)["catalog_version"] = version;
      return said("drawn", "", std::move(*chart));
    }
    const SqlError& error = chart.error();
    std::string reason = error.message + (error.detail.empty() ? "" : ": " + error.detail);
    return said(error.sqlstate == kUndefinedTable ? "waiting" : "failed", reason, Json());
  }

  SqlResult<Json> run(const access::Principal& principal) {
    engine::SessionOptions options{.principal = principal};
    options.settings = {{"statement_timeout", std::to_string(kChartTimeMax.count())}};
    TARN_ASSIGN(auto session, engine::Session::open(platform_, options));
    TARN_TRY(session->parse("", declaration_->sql, {}));
    TARN_ASSIGN(engine::StatementDescription description, session->describe_statement(""));
    if (!description.columns) return std::unexpected(wrong("its SQL gives no rows; it takes a select"));
    TARN_ASSIGN(Axis axis, axis_in(*description.columns));
    flow::publish::RowReader reader;
    TARN_TRY(session->query(select(axis), reader));
    std::vector<Row> rows = reader.take();
    bool cut = rows.size() > kChartRowsMax;
    if (cut) rows.resize(kChartRowsMax);
    Points points(*declaration_, axis);
    TARN_TRY(points.take(rows));
    Json chart{{"title", declaration_->title}, {"sql", declaration_->sql}, {"cut", cut}};
    chart.update(points.json());
    return chart;
  }

  // What x is; an error if a column that the declaration names is not there.
  SqlResult<Axis> axis_in(const std::vector<engine::Column>& columns) const {
    std::vector<std::string> wanted = declaration_->y, names;
    wanted.push_back(declaration_->x);
    if (!declaration_->series.empty()) wanted.push_back(declaration_->series);
    for (const engine::Column& column : columns) names.push_back(column.name);
    for (const std::string& name : wanted)
      if (std::ranges::find(names, name) == names.end())
        return std::unexpected(
            wrong(fmt::format("its SQL gives no column `{}`; it gives {}", name, fmt::join(names, ", "))));
    return axis_of(std::ranges::find(columns, declaration_->x, &engine::Column::name)->type);
  }

  // x as seconds, number or text, then the rest; the SQL stands on lines of its own, for it may end in a comment.
  std::string select(Axis axis) const {
    std::string x = as_identifier(declaration_->x), rest;
    x = axis == Axis::kTime     ? fmt::format("extract(epoch from {})::float8", x)
        : axis == Axis::kNumber ? x + "::float8"
                                : x + "::text";
    if (!declaration_->series.empty()) rest += fmt::format(", {}::text", as_identifier(declaration_->series));
    for (const std::string& y : declaration_->y) rest += fmt::format(", {}::float8", as_identifier(y));
    std::string sql = declaration_->sql;
    sql.erase(sql.find_last_not_of(" \t\r\n;") + 1);
    return fmt::format("select {}{} from (\n{}\n) as chart limit {}", x, rest, sql, kChartRowsMax + 1);
  }

  engine::Platform platform_;
  const std::optional<ChartDeclaration> declaration_;
  std::mutex mutex_;
  std::string made_, made_for_;
  host::MonotonicTime made_at_{};
};

}  // namespace

std::vector<Route> chart_routes(const engine::Platform& platform, std::optional<ChartDeclaration> home) {
  auto chart = std::make_shared<HomeChart>(platform, std::move(home));
  auto answer = [chart](const Request& request) { return chart->answer(request); };
  return {{"GET", "/api/v1/charts/home", answer, Takes::kAWhile}};
}

}  // namespace tarn::doors::http
