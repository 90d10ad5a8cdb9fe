// Synthetic taxi rides. Ride n of a seed is always the same, whatever was made before it, so a batch can go on where
// another ended. Rides come in the order of their pick-up; hours of day, distances, fares and tips are like those of
// the yellow cabs' public data, whose field names these are.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

struct City {
  std::uint64_t seed = 2026;
  std::int64_t rides_a_day = 10'000;
  std::int64_t first_day = 0;  // in days since 1970-01-01
  double bad_share = 0.002;    // broken JSON, text for a number, refunds, clocks that go back, no distance, sent twice
  bool lost_gps = false;       // all rides are of vendor 7, whose meters report zones that do not exist
};

// Appends ride `number` as one JSON object, no newline.
void append_ride(const City& city, std::int64_t number, std::string& out);

// Appends zone `id`, 1 to 263, as one JSON object: zone_id, zone, borough.
void append_zone(int id, std::string& out);
