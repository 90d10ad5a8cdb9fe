// Server-sent events: tells pages that something changed, for them to ask for what they show.
//
//   GET /api/v1/events    text/event-stream
//     id: <instance>-<n>            where the page is; a page that comes back with it as Last-Event-ID is told only of
//     event: change                 what it missed
//     data: {"catalog_version": 7, "records": 1200, "groups": 3, "run": {"id": 2, "state": "published"},
//            "healthy": true}
//
//     event: beat                   every kBeatEvery in which nothing changed: silence means that Tarn is gone
//     data: {}
//
// A change is told within kLookEvery. All streams share one look; none is taken while nobody listens.
#pragma once

#include <vector>

#include "doors/http/overview.h"
#include "doors/http/route.h"

namespace tarn::doors::http {

inline constexpr std::chrono::milliseconds kLookEvery{150};
inline constexpr std::chrono::seconds kBeatEvery{5};
inline constexpr int kListenersMax = 64;  // each has a thread; 503 past it

std::vector<Route> events_routes(const Seen& seen);

}  // namespace tarn::doors::http
