#include "tarn/platform.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "catalog/catalog.h"
#include "doors/http/api_routes.h"
#include "doors/http/branch_routes.h"
#include "doors/http/chart.h"
#include "doors/http/console.h"
#include "doors/http/door.h"
#include "doors/http/events_routes.h"
#include "doors/http/index_routes.h"
#include "doors/http/overview.h"
#include "doors/http/runs_routes.h"
#include "doors/kafka/door.h"
#include "doors/pg/door.h"
#include "engine/seats.h"
#include "engine/worker_process.h"
#include "flow/land/lander.h"
#include "flow/land/rules.h"
#include "flow/publish/runs.h"
#include "host/host.h"
#include "host/logging.h"
#include "log/log.h"
#include "tail/tail.h"
#include "tarn/plan_route.h"
#include "tarn/version.h"

namespace tarn::app {
namespace {

constexpr std::chrono::minutes kCatalogSweepEvery{10};
constexpr Bytes kSqlWorkerMemoryMax = 4_GiB;   // or half of the machine's, past which statements spill
constexpr Bytes kLandWorkerMemoryMax = 1_GiB;  // or an eighth
constexpr int kSqlWorkerThreads = 2;
constexpr int kLandWorkerThreads = 1;

std::map<std::string, flow::land::Declaration> declarations(const Config& config) {
  std::map<std::string, flow::land::Declaration> all;
  for (const TopicDeclaration& topic : config.topics)
    all[topic.topic] = {.table = topic.table, .columns = topic.columns};
  return all;
}

}  // namespace

// In the order they start; destroyed in the opposite one.
struct Platform::Parts {
  std::unique_ptr<host::Files> files = host::real_files();
  std::unique_ptr<host::Clock> clock = host::real_clock();
  std::unique_ptr<host::Random> random = host::real_random();
  std::unique_ptr<host::Processes> processes = host::real_processes();
  host::Host host{*files, *clock, *random, processes.get()};

  std::unique_ptr<DataFolder> folder;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<tail::Tail> tail;
  std::unique_ptr<flow::land::Lander> lander;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<engine::Seats> seats;
  std::unique_ptr<flow::publish::Runs> runs;
  std::unique_ptr<doors::kafka::Door> kafka;
  std::unique_ptr<doors::pg::Door> pg;
  std::unique_ptr<doors::http::Door> http;  // shows the Kafka door's groups

  std::atomic<bool> ready{false};
  std::atomic<int> workers_started{0};
  Endpoints endpoints;

  Result<void> health() const;
  Result<std::unique_ptr<engine::WorkerProcess>> start_worker(std::string kind, Bytes memory, int threads,
                                                              engine::WorkerProcess::OnMessage on_message,
                                                              engine::WorkerProcess::OnExit on_exit) {
    std::string temp = host::join(folder->temp(), fmt::format("{}-{}", kind, ++workers_started));
    engine::WorkerOptions options{.kind = std::move(kind),
                                  .data = folder->path(),
                                  .temp = std::move(temp),
                                  .lock_descriptor = folder->workers_lock_descriptor(),
                                  .memory_max = memory,
                                  .threads = threads};
    return engine::WorkerProcess::start(host, options, std::move(on_message), std::move(on_exit));
  }

  auto starter(std::string kind, Bytes memory, int threads) {
    return [this, kind, memory, threads](engine::WorkerProcess::OnMessage on_message,
                                         engine::WorkerProcess::OnExit on_exit) {
      return start_worker(kind, memory, threads, std::move(on_message), std::move(on_exit));
    };
  }

  // The topics' changes are only planned.
  Result<std::vector<TopicChange>> open_storage(const Config& config);
  Result<void> open_doors(const Config& config);
};

Result<std::vector<TopicChange>> Platform::Parts::open_storage(const Config& config) {
  TARN_ASSIGN(folder, DataFolder::take(host, config.data));
  seats = engine::Seats::make(
      *clock,
      starter("sql", std::min(kSqlWorkerMemoryMax, Bytes(host::memory_of_machine().count() / 2)), kSqlWorkerThreads));
  TARN_TRY(seats->warm_up());  // it warms up while the log recovers
  TARN_ASSIGN(catalog, catalog::Catalog::open(host, config.data, {.sweep_every = kCatalogSweepEvery}));
  tail = tail::Tail::make();
  flow::land::LandOptions options{
      .auto_tables_max = config.auto_tables_max, .skip = config.land_skip, .declarations = declarations(config)};
  lander = flow::land::Lander::make(
      host, *catalog, *tail,
      starter("land", std::min(kLandWorkerMemoryMax, Bytes(host::memory_of_machine().count() / 8)), kLandWorkerThreads),
      options);
  TARN_ASSIGN(log, log::Log::open(host, config.data, {}, lander.get(), lander.get()));
  return plan_topics(*log, *catalog->state(), config);
}

Result<void> Platform::Parts::open_doors(const Config& config) {
  auto port = [](const Address& address) { return static_cast<std::uint16_t>(address.port); };
  auto where = [](const Address& address, std::uint16_t bound) { return to_string(Address{address.host, bound}); };
  engine::Platform platform{
      .host = host, .catalog = *catalog, .tail = *tail, .freshness = lander.get(), .seats = *seats};
  runs = std::make_unique<flow::publish::Runs>(*clock, *catalog);
  doors::kafka::DoorOptions kafka_options{.address = config.kafka.host,
                                          .port = port(config.kafka),
                                          .cluster_id = folder->cluster_id(),
                                          .auto_create_topics = config.auto_create_topics};
  TARN_ASSIGN(kafka, doors::kafka::Door::open(kafka_options, *log, host));
  doors::http::DoorOptions http_options{
      .address = config.http.host, .port = port(config.http), .groups = &kafka->groups()};
  std::vector<doors::http::Route> routes = doors::http::api_routes(*log, *lander, *clock);
  auto add = [&](std::vector<doors::http::Route> more) { std::ranges::move(more, std::back_inserter(routes)); };
  doors::http::Seen seen{.host = host,
                         .log = *log,
                         .lander = *lander,
                         .catalog = *catalog,
                         .groups = &kafka->groups(),
                         .health = [this] { return health(); },
                         .version = std::string(kVersion)};
  add(doors::http::overview_routes(seen));
  add(doors::http::events_routes(seen));
  add(doors::http::runs_routes(platform, *lander, *runs));
  add(doors::http::branch_routes(*catalog));
  add(doors::http::chart_routes(platform, config.home_chart));
  routes.push_back(plan_route(*files, *log, *catalog, config.project));
  add(doors::http::index_routes(routes));
  add(doors::http::console_routes(doors::http::console_files()));
  TARN_ASSIGN(http, doors::http::Door::open(http_options, *catalog, [this] { return health(); }, std::move(routes)));
  doors::pg::DoorOptions pg_options{.address = config.pg.host, .port = port(config.pg)};
  TARN_ASSIGN(pg, doors::pg::Door::open(pg_options, platform));
  endpoints = {.pid = host::self_pid(),
               .kafka = where(config.kafka, kafka->port()),
               .pg = where(config.pg, pg->port()),
               .http = where(config.http, http->port())};
  // On a full disk the doors serve all the same; only commands don't find them.
  if (auto published = folder->publish(endpoints); !published)
    host::log_warn("tarn", "endpoints_not_written", {{"error", published.error().message}});
  ready = true;
  return {};
}

Result<void> Platform::Parts::health() const {
  if (!ready) return fail(Code::kUnavailable, "starting or stopping");
  TARN_TRY(log->health());
  return catalog->health();
}

Platform::Platform(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::vector<TopicChange>> Platform::plan(const Config& config) {
  Platform platform(std::make_unique<Parts>());
  return platform.parts_->open_storage(config);
}

Result<std::unique_ptr<Platform>> Platform::start(const Config& config, const ShowPlan& show) {
  std::unique_ptr<Platform> platform(new Platform(std::make_unique<Parts>()));
  Parts& parts = *platform->parts_;
  TARN_ASSIGN(std::vector<TopicChange> changes, parts.open_storage(config));
  if (show) show(changes);
  TARN_TRY(apply_topics(*parts.log, *parts.catalog, changes));
  parts.lander->start(*parts.log);
  TARN_TRY(platform->parts_->open_doors(config));
  return platform;
}

Platform::~Platform() { stop(); }

const Endpoints& Platform::endpoints() const { return parts_->endpoints; }

void Platform::stop() {
  if (!parts_) return;
  parts_->ready = false;
  if (parts_->folder) parts_->folder->withdraw();
  if (parts_->lander) parts_->lander->stop();  // first: whoever waits for it in a door goes on
  parts_->http.reset();
  parts_->pg.reset();
  parts_->kafka.reset();
  parts_->seats.reset();
  parts_->log.reset();
  parts_.reset();
}

}  // namespace tarn::app
