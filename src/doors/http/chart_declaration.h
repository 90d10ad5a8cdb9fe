// A chart as a project's dashboards/home.yaml declares it:
//
//   title: Rides per hour
//   sql: select date_trunc('hour', pickup_at) as hour, borough, count(*) as rides from rides group by 1, 2
//   x: hour            # a column of the SQL: a time, a number, or anything else as names
//   y: rides           # or a list of columns: a line each
//   series: borough    # or one y, and a line for each value of this column
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tarn::doors::http {

inline constexpr std::size_t kChartLinesMax = 12;

struct ChartDeclaration {
  std::string title;
  std::string sql;  // one statement that gives rows
  std::string x;
  std::vector<std::string> y;
  std::string series;  // empty: each y is a line
};

}  // namespace tarn::doors::http
