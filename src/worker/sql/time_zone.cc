#include "worker/sql/time_zone.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/postgres/datetime.h"
#include "worker/duckdb_types.h"

namespace tarn::worker::sql {
namespace {

constexpr std::int64_t kSecondsADay = 86'400, kSecondsAMinute = 60, kMicrosASecond = 1'000'000;

bool is_utc(const std::string& name) { return name == "UTC" || name == "Etc/UTC" || name == "GMT"; }

std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

// `count` instants from `from`, `step` seconds apart, as DuckDB makes them.
std::string instants(std::int64_t from, std::int64_t step, std::int64_t count) {
  return fmt::format("SELECT make_timestamptz(({} + i * {}) * 1000000) AS t FROM range({}) r(i)", from, step, count);
}

}  // namespace

std::vector<int> TimeZone::offsets(const std::string& times) {
  std::vector<int> result;
  Result<Connection> connection = database_.connect();
  if (!connection) return result;
  QueryResult rows;
  std::string sql =
      fmt::format("SELECT CAST((epoch_us(timezone({}, t)) - epoch_us(t)) // 1000000 AS INTEGER) FROM ({})",
                  quote_literal(name_), times);
  if (duckdb_query(connection->handle(), sql.c_str(), &rows.result) != DuckDBSuccess) return result;
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(rows.result)) {
    const auto* values =
        static_cast<const std::int32_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)));
    result.insert(result.end(), values, values + duckdb_data_chunk_get_size(chunk));
    duckdb_destroy_data_chunk(&chunk);
  }
  return result;
}

// The offset at each day's start, then, for days that begin and end with different ones, at each minute.
std::vector<TimeZone::Step> TimeZone::look_up(int year) {
  std::int64_t from = wire::postgres::days_from_civil({year, 1, 1}) * kSecondsADay;
  std::int64_t days = wire::postgres::days_from_civil({year + 1, 1, 1}) - from / kSecondsADay;
  std::vector<int> daily = offsets(instants(from, kSecondsADay, days + 1));
  if (daily.empty()) return {{from, 0}};
  std::vector<Step> steps{{from, daily[0]}};
  for (std::size_t day = 0; day + 1 < daily.size(); ++day) {
    if (daily[day] == daily[day + 1]) continue;
    std::int64_t start = from + static_cast<std::int64_t>(day) * kSecondsADay;
    std::vector<int> minutes = offsets(instants(start, kSecondsAMinute, kSecondsADay / kSecondsAMinute + 1));
    for (std::size_t minute = 0; minute < minutes.size(); ++minute) {
      if (minutes[minute] == steps.back().offset) continue;
      steps.push_back({start + static_cast<std::int64_t>(minute) * kSecondsAMinute, minutes[minute]});
    }
  }
  return steps;
}

const std::vector<TimeZone::Step>& TimeZone::year(int year) {
  std::lock_guard lock(mutex_);
  auto found = years_.find(year);
  if (found == years_.end()) found = years_.emplace(year, look_up(year)).first;
  return found->second;
}

int TimeZone::offset_seconds(std::int64_t micros) {
  if (is_utc(name_)) return 0;
  std::int64_t second = floor_divide(micros, kMicrosASecond);
  std::int64_t civil = wire::postgres::civil_from_days(floor_divide(second, kSecondsADay)).year;
  const std::vector<Step>& steps = year(static_cast<int>(std::clamp<std::int64_t>(civil, kYearMin, kYearMax)));
  auto after = std::ranges::upper_bound(steps, second, {}, &Step::from_second);
  return after == steps.begin() ? steps.front().offset : std::prev(after)->offset;
}

Result<std::shared_ptr<TimeZone>> TimeZones::find(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto found = zones_.find(name);
  if (found != zones_.end()) return found->second;
  if (!is_utc(name)) {
    TARN_ASSIGN(Connection connection, database_.connect());
    auto known = connection.run(fmt::format("SET TimeZone = {}", quote_literal(name)));
    if (!known)
      return fail(Code::kInvalidArgument, fmt::format("invalid value for parameter \"TimeZone\": \"{}\"", name));
  }
  if (zones_.size() >= kZonesMax) zones_.clear();
  return zones_.emplace(name, std::make_shared<TimeZone>(database_, name)).first->second;
}

}  // namespace tarn::worker::sql
