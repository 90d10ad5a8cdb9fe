#include "ride.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <vector>

#include "zones.h"

namespace {

constexpr int kJfk = 132, kLaGuardia = 138, kNewark = 1, kZoneCount = static_cast<int>(kZones.size());
constexpr int kSecondsADay = 24 * 3600;

// splitmix64: a few nanoseconds a draw, and any number is a good seed.
class Chance {
 public:
  Chance(std::uint64_t seed, std::uint64_t number) : state_(seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03) {}
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  double share() { return static_cast<double>(bits() >> 11) * 0x1p-53; }  // 0 <= share < 1
  int below(int end) { return static_cast<int>(share() * end); }
  double exponential(double mean) { return -mean * std::log(1 - share()); }

 private:
  std::uint64_t state_;
};

// Where the sum of the weights up to an entry passes a share of the whole.
template <std::size_t N>
class Wheel {
 public:
  explicit Wheel(const std::array<double, N>& weights) {
    double sum = 0;
    for (std::size_t i = 0; i < N; ++i) ends_[i] = sum += weights[i];
    for (double& end : ends_) end /= sum;
  }
  std::size_t at(double share) const {
    auto found = std::ranges::upper_bound(ends_, share);
    return std::min<std::size_t>(static_cast<std::size_t>(found - ends_.begin()), N - 1);
  }
  // at(share), plus how far between its ends `share` is.
  double place(double share) const {
    std::size_t i = at(share);
    double from = i ? ends_[i - 1] : 0;
    return static_cast<double>(i) + (share - from) / (ends_[i] - from);
  }

 private:
  std::array<double, N> ends_;
};

struct Spot {
  double east, north;  // miles from Midtown
};

char borough(int zone) { return kZones[static_cast<std::size_t>(zone) - 1][0]; }

// The zones south of Harlem where most rides begin.
bool busy(int zone) {
  constexpr auto kBusy = std::to_array({43,  48,  68,  79,  90,  100, 107, 113, 114, 140, 141, 142, 161, 162, 163,
                                        164, 170, 186, 230, 231, 234, 236, 237, 238, 239, 246, 249, 262, 263});
  return std::ranges::binary_search(kBusy, zone);
}

// Not the map: each zone has a fixed place near its borough's middle, good for distances of the right size.
Spot spot(int zone) {
  if (zone == kJfk) return {11, -8};
  if (zone == kLaGuardia) return {5.5, 1.5};
  if (zone == kNewark) return {-10, -4};
  Chance chance(1, static_cast<std::uint64_t>(zone));
  double a = chance.share() * 2 - 1, b = chance.share() * 2 - 1;
  switch (borough(zone)) {
    case 'M': return busy(zone) ? Spot{a * 0.8, b * 1.9} : Spot{a * 0.8, 3 + b * 5};
    case 'B': return {2 + a * 3, -7 + b * 3};
    case 'Q': return {8 + a * 4, -1 + b * 4};
    case 'X': return {4 + a * 3, 9 + b * 3};
    default: return {-8 + a * 3, -12 + b * 3};
  }
}

double weight(int zone, bool drop_off) {
  if (zone == kJfk) return drop_off ? 14 : 34;
  if (zone == kLaGuardia) return drop_off ? 12 : 28;
  if (zone == kNewark) return drop_off ? 2 : 0.1;
  if (busy(zone)) return 20 + 40 * Chance(2, static_cast<std::uint64_t>(zone)).share();
  switch (borough(zone)) {
    case 'M': return 6;
    case 'B': return drop_off ? 1.6 : 0.6;
    case 'Q': return drop_off ? 1 : 0.4;
    case 'X': return drop_off ? 0.4 : 0.15;
    default: return 0.05;
  }
}

std::array<double, kZones.size()> weights(bool drop_off) {
  std::array<double, kZones.size()> found{};
  for (int zone = 1; zone <= kZoneCount; ++zone) found[static_cast<std::size_t>(zone) - 1] = weight(zone, drop_off);
  return found;
}

struct World {
  Wheel<24> weekday{{{9, 5, 3, 2, 2, 3, 10, 22, 30, 28, 26, 27, 29, 29, 31, 32, 31, 36, 42, 40, 34, 32, 28, 18}}};
  Wheel<24> weekend{{{26, 21, 16, 11, 6, 3, 4, 7, 12, 19, 25, 28, 31, 31, 31, 31, 31, 32, 34, 34, 30, 29, 30, 29}}};
  Wheel<kZones.size()> pickups{weights(false)}, dropoffs{weights(true)};
  std::vector<Spot> spots;  // by id; none has id 0
  World() {
    for (int zone = 0; zone <= kZoneCount; ++zone) spots.push_back(zone ? spot(zone) : Spot{});
  }
};

const World& world() {
  static const World made;
  return made;
}

struct Ride {
  int vendor, passengers, rate_code = 1, pickup_zone, dropoff_zone, payment_type;
  std::int64_t pickup_s, dropoff_s;                  // since 1970, as New York's clocks show
  int distance;                                      // in hundredths of a mile
  int fare, extra, tip, tolls, congestion, airport;  // in cents
  int mta = 50;
  int total() const { return fare + extra + mta + tip + tolls + congestion + airport; }
};

bool rush(int weekday, int hour) { return weekday < 5 && ((hour >= 7 && hour < 10) || (hour >= 16 && hour < 20)); }

double miles_an_hour(int weekday, int hour, double miles) {
  double town = hour < 6 ? 18 : rush(weekday, hour) ? 8.5 : hour >= 21 ? 14 : 11;
  return town + std::min(miles, 15.0) * 0.9;  // longer ways lead over highways
}

int tip_of(Chance& chance, int fare) {
  constexpr auto kPercent = std::to_array({0, 0, 10, 15, 18, 20, 20, 20, 20, 22, 25, 25, 30});
  return fare * kPercent[static_cast<std::size_t>(chance.below(kPercent.size()))] / 100;
}

// 1 card, 2 cash, 3 no charge, 4 dispute.
int payment_of(double share) { return share < 0.77 ? 1 : share < 0.975 ? 2 : share < 0.99 ? 3 : 4; }

void price(Chance& chance, Ride& ride, int weekday, int hour, double miles, double minutes) {
  bool from_jfk = ride.pickup_zone == kJfk, to_jfk = ride.dropoff_zone == kJfk;
  bool in_manhattan = borough(ride.pickup_zone) == 'M' || borough(ride.dropoff_zone) == 'M';
  ride.fare = 300 + 10 * static_cast<int>(7 * (5 * miles + 0.25 * minutes));
  if (from_jfk != to_jfk && in_manhattan) ride.rate_code = 2, ride.fare = 7000;
  if (ride.dropoff_zone == kNewark && ride.pickup_zone != kNewark) ride.rate_code = 3, ride.fare += 2000;
  ride.extra = hour >= 20 || hour < 6 ? 100 : rush(weekday, hour) && hour >= 16 ? 250 : 0;
  ride.congestion = in_manhattan ? 250 : 0;
  ride.airport = from_jfk || ride.pickup_zone == kLaGuardia ? 175 : 0;
  ride.tolls = miles > 7 && chance.share() < 0.5 ? 694 : 0;
  ride.tip = ride.payment_type == 1 ? tip_of(chance, ride.fare) : 0;
}

Ride make(const City& city, std::int64_t number, Chance& chance) {
  const World& w = world();
  Ride ride{};
  std::int64_t day = city.first_day + number / city.rides_a_day;
  int weekday = static_cast<int>((day + 3) % 7);  // 0 is Monday; 1970-01-01 was a Thursday
  double share =
      (static_cast<double>(number % city.rides_a_day) + chance.share()) / static_cast<double>(city.rides_a_day);
  double hours = (weekday < 5 ? w.weekday : w.weekend).place(share);
  int hour = std::min(static_cast<int>(hours), 23);
  ride.pickup_s = day * kSecondsADay + std::min(static_cast<int>(hours * 3600), kSecondsADay - 1);
  ride.vendor = chance.share() < 0.6 ? 2 : 1;
  double riders = chance.share();
  ride.passengers = riders < 0.72   ? 1
                    : riders < 0.88 ? 2
                    : riders < 0.93 ? 3
                    : riders < 0.96 ? 4
                    : riders < 0.98 ? 5
                                    : 6;
  ride.pickup_zone = static_cast<int>(w.pickups.at(chance.share())) + 1;
  ride.dropoff_zone = static_cast<int>(w.dropoffs.at(chance.share())) + 1;
  ride.payment_type = payment_of(chance.share());

  Spot from = w.spots[static_cast<std::size_t>(ride.pickup_zone)],
       to = w.spots[static_cast<std::size_t>(ride.dropoff_zone)];
  double miles = 0.3 + chance.exponential(0.3) + 1.2 * std::hypot(from.east - to.east, from.north - to.north);
  double minutes = 2 + chance.exponential(2) + 60 * miles / miles_an_hour(weekday, hour, miles);
  ride.distance = static_cast<int>(miles * 100);
  ride.dropoff_s = ride.pickup_s + static_cast<std::int64_t>(minutes * 60);
  price(chance, ride, weekday, hour, miles, minutes);
  return ride;
}

enum class Fault { kNone, kCutOff, kTextForNumber, kRefund, kClockBack, kNoDistance, kSentTwice, kCount };

Fault fault_of(const City& city, Chance& chance) {
  double share = chance.share();
  int kinds = static_cast<int>(Fault::kCount) - 1;
  return share < city.bad_share ? static_cast<Fault>(1 + chance.below(kinds)) : Fault::kNone;
}

void spoil(Ride& ride, Fault fault) {
  if (fault == Fault::kClockBack) std::swap(ride.pickup_s, ride.dropoff_s);
  if (fault == Fault::kNoDistance) ride.distance = 0;
  if (fault != Fault::kRefund) return;
  ride.payment_type = 4;
  for (int* part : {&ride.fare, &ride.extra, &ride.mta, &ride.tip, &ride.tolls, &ride.congestion, &ride.airport})
    *part = -*part;
}

void append_number(std::string& out, std::int64_t number, int digits_min = 1) {
  char text[24];
  auto end = std::to_chars(text, text + sizeof text, number).ptr;
  for (auto digits = end - text; digits < digits_min; ++digits) out += '0';
  out.append(text, end);
}

void append_hundredths(std::string& out, int value) {
  if (value < 0) out += '-';
  value = std::abs(value);
  append_number(out, value / 100);
  out += '.';
  append_number(out, value % 100, 2);
}

void append_time(std::string& out, std::int64_t seconds) {
  std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{seconds / kSecondsADay}}};
  int second = static_cast<int>(seconds % kSecondsADay);
  append_number(out, static_cast<int>(date.year()), 4);
  out += '-', append_number(out, static_cast<unsigned>(date.month()), 2);
  out += '-', append_number(out, static_cast<unsigned>(date.day()), 2);
  out += 'T', append_number(out, second / 3600, 2);
  out += ':', append_number(out, second / 60 % 60, 2);
  out += ':', append_number(out, second % 60, 2);
}

// One record writes its fields in the order of topics/rides.yaml.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  void number(std::string_view name, std::int64_t value) { append_number(key(name), value); }
  void hundredths(std::string_view name, int value) { append_hundredths(key(name), value); }
  void time(std::string_view name, std::int64_t seconds) { append_time(key(name) += '"', seconds), out_ += '"'; }
  void raw(std::string_view name, std::string_view json) { key(name) += json; }
  void end() { out_ += '}'; }

 private:
  std::string& key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    return ((out_ += '"') += name) += "\":";
  }
  std::string& out_;
};

void append_id(std::string& out, std::int64_t number, std::uint64_t mark) {
  constexpr std::string_view kHex = "0123456789abcdef";
  append_number(out, number, 9);
  out += '-';
  for (int i = 0; i < 8; ++i) out += kHex[(mark >> (4 * i)) & 15];
}

}  // namespace

void append_ride(const City& city, std::int64_t number, std::string& out) {
  Chance chance(city.seed, static_cast<std::uint64_t>(number));
  Fault fault = fault_of(city, chance);
  if (fault == Fault::kSentTwice && number > 0) {
    City sound = city;
    sound.bad_share = 0;
    return append_ride(sound, number - 1, out);
  }
  std::uint64_t mark = chance.bits();
  bool unread = chance.share() < 0.01;  // the driver did not say how many passengers
  Ride ride = make(city, number, chance);
  spoil(ride, fault);
  if (city.lost_gps) ride.vendor = 7, ride.pickup_zone = 900 + ride.pickup_zone % 10;

  std::size_t begin = out.size();
  Object object(out);
  append_id((object.raw("ride_id", "\""), out), number, mark);
  out += '"';
  object.number("vendor_id", ride.vendor);
  object.time("pickup_at", ride.pickup_s);
  object.time("dropoff_at", ride.dropoff_s);
  if (unread)
    object.raw("passenger_count", "null");
  else
    object.number("passenger_count", ride.passengers);
  object.hundredths("trip_distance", ride.distance);
  object.number("rate_code_id", ride.rate_code);
  object.number("pickup_zone_id", ride.pickup_zone);
  object.number("dropoff_zone_id", ride.dropoff_zone);
  object.number("payment_type", ride.payment_type);
  if (fault == Fault::kTextForNumber)
    object.raw("fare_amount", "\"n/a\"");
  else
    object.hundredths("fare_amount", ride.fare);
  object.hundredths("extra", ride.extra);
  object.hundredths("mta_tax", ride.mta);
  object.hundredths("tip_amount", ride.tip);
  object.hundredths("tolls_amount", ride.tolls);
  object.hundredths("congestion_surcharge", ride.congestion);
  object.hundredths("airport_fee", ride.airport);
  object.hundredths("total_amount", ride.total());
  object.end();
  if (fault == Fault::kCutOff) out.resize(begin + (out.size() - begin) / 2);
}

void append_zone(int id, std::string& out) {
  constexpr std::string_view kBoroughs[][2] = {{"E", "Newark Airport"}, {"M", "Manhattan"}, {"B", "Brooklyn"},
                                               {"Q", "Queens"},         {"X", "Bronx"},     {"S", "Staten Island"}};
  std::string_view zone = kZones[static_cast<std::size_t>(id) - 1];
  auto* name = std::ranges::find_if(kBoroughs, [&](auto& entry) { return entry[0][0] == zone[0]; });
  Object object(out);
  object.number("zone_id", id);
  object.raw("zone", "\""), (out += zone.substr(2)) += '"';  // no name needs an escape
  object.raw("borough", "\""), (out += (*name)[1]) += '"';
  object.end();
}
