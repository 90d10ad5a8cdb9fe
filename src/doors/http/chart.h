// The chart of a project's data that Home shows.
//
//   GET /api/v1/charts/home   {"state", "reason", "chart"}: see openapi.json
//
// The SQL runs as any client's would, by itself, at most every kChartAge, however many pages look.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "doors/http/chart_declaration.h"
#include "doors/http/route.h"
#include "engine/session.h"

namespace tarn::doors::http {

inline constexpr std::size_t kChartRowsMax = 5000;                 // of its SQL; more are cut, and the chart says so
inline constexpr std::chrono::milliseconds kChartTimeMax{10'000};  // of one run of its SQL
inline constexpr std::chrono::milliseconds kChartAge{1000};

// `platform` is borrowed; it outlives the routes.
std::vector<Route> chart_routes(const engine::Platform& platform, std::optional<ChartDeclaration> home);

}  // namespace tarn::doors::http
