// What the console's Home shows, in one answer: topics with rate, size and how far landing is behind, tables with rows
// and last commit, the last runs, consumer groups with their lag, health.
//
//   GET /api/v1/overview   see openapi.json
//     ?limit=50            of topics, tables and groups each, at most kOverviewMax; of more, the largest are shown, by
//                          name
//
// Made at most every kOverviewAge, however many ask.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "doors/http/route.h"
#include "flow/land/lander.h"
#include "host/host.h"
#include "log/groups_info.h"
#include "log/log.h"

namespace tarn::doors::http {

inline constexpr std::size_t kOverviewShown = 50;
inline constexpr std::size_t kOverviewMax = 1000;
inline constexpr std::size_t kOverviewRuns = 8;
inline constexpr std::chrono::milliseconds kOverviewAge{200};

// What there is to see. Borrowed; outlives the routes.
struct Seen {
  host::Host host;
  log::Log& log;
  flow::land::Lander& lander;
  catalog::Catalog& catalog;
  const log::GroupsInfo* groups = nullptr;  // null: nobody keeps any
  std::function<Result<void>()> health;
  std::string version;  // Tarn's
};

std::vector<Route> overview_routes(const Seen& seen);

}  // namespace tarn::doors::http
