// A time zone's offsets, as DuckDB's ICU has them: so that text and what date_trunc and casts do agree.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "worker/sql/database.h"

namespace tarn::worker::sql {

inline constexpr std::size_t kZonesMax = 64;              // remembered; past it all are forgotten
inline constexpr int kYearMin = -4000, kYearMax = 20000;  // outside, the offset is that of the nearest of these

// Offsets are looked up a year at a time and kept. Thread-safe.
class TimeZone {
 public:
  explicit TimeZone(Database& database, std::string name) : database_(database), name_(std::move(name)) {}
  // Seconds east of UTC at an instant (microseconds since 1970); transitions are found to the minute.
  int offset_seconds(std::int64_t micros);

 private:
  struct Step {
    std::int64_t from_second;
    int offset;
  };
  const std::vector<Step>& year(int year);
  std::vector<Step> look_up(int year);
  std::vector<int> offsets(const std::string& times);

  Database& database_;
  std::string name_;
  std::mutex mutex_;
  std::map<int, std::vector<Step>> years_;
};

class TimeZones {
 public:
  explicit TimeZones(Database& database) : database_(database) {}
  // kInvalidArgument if DuckDB knows no such zone.
  Result<std::shared_ptr<TimeZone>> find(const std::string& name);

 private:
  Database& database_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<TimeZone>> zones_;
};

}  // namespace tarn::worker::sql
