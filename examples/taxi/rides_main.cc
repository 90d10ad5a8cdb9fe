// rides: publishes synthetic New York taxi rides to a Kafka broker. `rides --help` says how.
#include <librdkafka/rdkafka.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "ride.h"
#include "zones.h"

namespace {

constexpr const char* kHelp =
    R"(rides [OPTION...] BROKER   publishes synthetic taxi rides to BROKER (host:port), topics rides and zones

The 263 zones go first, then the rides in the order of their pick-up, as JSON. Ride n of a seed is always the same.
When all is acknowledged, prints for each topic: TOPIC RECORDS records SECONDS s. BROKER `-` writes lines to stdout.

  --count N      rides to publish (200000); 0: until Ctrl-C
  --first N      number of the first ride (0): where an earlier batch ended
  --rate N       rides a second (0: as fast as they are taken)
  --seed N       another city (2026)
  --start DATE   day of ride 0 (2026-01-05)
  --per-day N    rides a day (10000)
  --bad SHARE    share of bad records (0.002): cut off, text for a number, refunds, clocks that go back, no distance,
                 sent twice
  --timeout S    how long the broker may take to acknowledge a record (30)
  --lost-gps     all rides are of vendor 7, whose meters report zones that do not exist
  --no-zones     rides only
)";

using Clock = std::chrono::steady_clock;

struct Options {
  std::string broker;
  std::int64_t count = 200'000, first = 0, timeout_s = 30;
  double rate = 0;
  bool zones = true;
  City city;
};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "rides: %s\n", why.c_str());
  std::exit(1);
}

[[noreturn]] void wrong_call(const std::string& why) {
  std::fprintf(stderr, "rides: %s; rides --help lists the options\n", why.c_str());
  std::exit(2);
}

template <class Number>
Number number_of(std::string_view name, std::string_view text, Number least) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least)
    wrong_call(std::string(name) + " does not take " + std::string(text));
  return value;
}

std::int64_t day_of(std::string_view text) {
  int year = 0;
  unsigned month = 0, day = 0;
  std::sscanf(std::string(text).c_str(), "%4d-%2u-%2u", &year, &month, &day);
  std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (text.size() != 10 || !date.ok() || year < 1970) wrong_call("--start takes a date such as 2026-01-05");
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

Options parse(int argc, char** argv) {
  Options options;
  std::string_view start = "2026-01-05";
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    auto value = [&]() -> std::string_view {
      if (++i == argc) wrong_call(std::string(word) + " needs a value");
      return argv[i];
    };
    if (word == "--help" || word == "-h")
      std::fputs(kHelp, stdout), std::exit(0);
    else if (word == "--count")
      options.count = number_of<std::int64_t>(word, value(), 0);
    else if (word == "--first")
      options.first = number_of<std::int64_t>(word, value(), 0);
    else if (word == "--rate")
      options.rate = number_of<double>(word, value(), 0);
    else if (word == "--seed")
      options.city.seed = number_of<std::uint64_t>(word, value(), 0);
    else if (word == "--per-day")
      options.city.rides_a_day = number_of<std::int64_t>(word, value(), 1);
    else if (word == "--bad")
      options.city.bad_share = number_of<double>(word, value(), 0);
    else if (word == "--timeout")
      options.timeout_s = number_of<std::int64_t>(word, value(), 1);
    else if (word == "--start")
      start = value();
    else if (word == "--lost-gps")
      options.city.lost_gps = true;
    else if (word == "--no-zones")
      options.zones = false;
    else if (word.starts_with("--") || !options.broker.empty())
      wrong_call("what is " + std::string(word) + "?");
    else
      options.broker = word;
  }
  if (options.broker.empty()) wrong_call("which broker?");
  options.city.first_day = day_of(start);
  return options;
}

volatile std::sig_atomic_t stopped = 0;

long long refused = 0;
std::string why_refused;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (!message->err) return;
  ++refused;
  why_refused = rd_kafka_err2str(message->err);
}

// Where records go: a topic of a broker, or stdout.
class Out {
 public:
  explicit Out(const Options& options) {
    if (options.broker == "-") return;
    std::string timeout_ms = std::to_string(options.timeout_s * 1000);
    char why[512];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const char* settings[][2] = {{"bootstrap.servers", options.broker.c_str()},
                                 {"enable.idempotence", "true"},  // a retry never doubles a ride
                                 {"compression.type", "lz4"},
                                 {"linger.ms", "5"},
                                 {"log_level", "2"},  // what matters is said at the end
                                 {"batch.size", "1000000"},
                                 {"message.timeout.ms", timeout_ms.c_str()},
                                 {"queue.buffering.max.messages", "500000"},
                                 {"queue.buffering.max.kbytes", "262144"}};
    for (auto& [name, value] : settings)
      if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) die(why);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!producer_) die(why);
  }
  ~Out() {
    if (topic_) rd_kafka_topic_destroy(topic_);
    if (producer_) rd_kafka_destroy(producer_);
  }
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;

  void begin(const char* topic) {
    topic_name_ = topic, records_ = 0, started_ = Clock::now();
    if (!producer_) return;
    if (topic_) rd_kafka_topic_destroy(topic_);
    topic_ = rd_kafka_topic_new(producer_, topic, nullptr);
  }

  void send(const std::string& record) {
    if (++records_ % 1000 == 0 && producer_) rd_kafka_poll(producer_, 0);
    if (!producer_) {
      std::fwrite(record.data(), 1, record.size(), stdout), std::fputc('\n', stdout);
      return;
    }
    while (rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(record.data()),
                            record.size(), nullptr, 0, nullptr)) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(producer_, 10);
    }
  }

  // Polls until `due`, so that reports don't pile up at a slow rate.
  void wait(Clock::time_point due) {
    for (auto now = Clock::now(); now < due; now = Clock::now()) {
      int left_ms = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(due - now).count());
      if (producer_)
        rd_kafka_poll(producer_, left_ms);
      else
        std::this_thread::sleep_until(due);
    }
  }

  void end() {
    if (!producer_) return;
    while (rd_kafka_outq_len(producer_) > 0) rd_kafka_poll(producer_, 10);
    if (refused)
      die(std::to_string(refused) + " of " + std::to_string(records_) + " records of topic " + topic_name_ +
          " were not acknowledged: " + why_refused);
    std::printf("%s %lld records %.3f s\n", topic_name_, records_,
                std::chrono::duration<double>(Clock::now() - started_).count());
    std::fflush(stdout);
  }

 private:
  rd_kafka_t* producer_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
  const char* topic_name_ = "";
  long long records_ = 0;
  Clock::time_point started_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options = parse(argc, argv);
  Out out(options);
  std::string record;
  if (options.zones) {
    out.begin("zones");
    for (int id = 1; id <= static_cast<int>(kZones.size()); ++id) {
      record.clear();
      append_zone(id, record);
      out.send(record);
    }
    out.end();
  }
  std::signal(SIGINT, [](int) { stopped = 1; });
  out.begin("rides");
  auto started = Clock::now();
  for (std::int64_t sent = 0; (options.count == 0 || sent < options.count) && !stopped; ++sent) {
    if (options.rate > 0)
      out.wait(started + std::chrono::duration_cast<Clock::duration>(
                             std::chrono::duration<double>(static_cast<double>(sent) / options.rate)));
    record.clear();
    append_ride(options.city, options.first + sent, record);
    out.send(record);
  }
  out.end();
}
