#include "doors/http/events_routes.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "doors/http/error_answer.h"
#include "host/metrics.h"

namespace tarn::doors::http {
namespace {

class Events : public std::enable_shared_from_this<Events> {
 public:
  explicit Events(const Seen& seen) : seen_(seen), instance_(seen.host.random.uuid().to_string()) {}

  Answer answer(const Request& request) {
    if (auto allowed =
            access::authorize(request.principal, access::Action::kDescribe, {access::ResourceKind::kCluster, ""});
        !allowed)
      return error_answer(allowed.error());
    auto place = std::make_shared<Place>(*this);
    if (place->number > kListenersMax)
      return error_answer({Code::kUnavailable, fmt::format("{} pages listen already; close some", kListenersMax)});
    auto follow = [self = shared_from_this(), place, told = request.last_event_id](Stream& to) {
      self->follow(to, told);
    };
    return {.content_type = "text/event-stream", .stream = follow};
  }

 private:
  // One listener's, from its answer to its end.
  struct Place {
    explicit Place(Events& events) : all(events), number(++events.listeners_) { all.shown_.set(number); }
    ~Place() { all.shown_.set(--all.listeners_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Events& all;
    int number;
  };

  struct News {
    std::string id, data;
  };

  void follow(Stream& to, std::string told) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    host::MonotonicTime spoke = seen_.host.clock.now();
    bool open = to.write("retry: 500\n\n");
    while (open) {
      News news = look();
      host::MonotonicTime now = seen_.host.clock.now();
      if (news.id != told) {
        open = to.write(fmt::format("id: {}\nevent: change\ndata: {}\n\n", news.id, news.data));
        told = news.id;
        spoke = now;
      } else if (spoke + kBeatEvery <= now) {
        open = to.write("event: beat\ndata: {}\n\n");
        spoke = now;
      }
      never.wait_for(lock, to.gone(), kLookEvery, [] { return false; });
      open = open && !to.gone().stop_requested();
    }
  }

  News look() {
    std::lock_guard lock(mutex_);
    host::MonotonicTime now = seen_.host.clock.now();
    if (!news_.id.empty() && looked_ + kLookEvery > now) return news_;
    looked_ = now;
    std::string data = state();
    if (news_.id.empty() || data != news_.data) news_ = {fmt::format("{}-{}", instance_, ++count_), data};
    return news_;
  }

  std::string state() {
    std::int64_t records = 0;
    auto topics = seen_.log.topics();
    for (const log::Topic* topic : topics->all())
      for (std::int32_t partition = 0; partition < topic->partitions; ++partition)
        if (auto ends = seen_.log.ends({topic->id, PartitionId(partition)})) records += ends->high_watermark.value();
    look_at_run();
    nlohmann::ordered_json json{{"catalog_version", seen_.catalog.state()->version().value()},
                                {"records", records},
                                {"groups", seen_.groups ? seen_.groups->changes() : 0},
                                {"run", run_},
                                {"healthy", seen_.health().has_value()}};
    return json.dump();
  }

  // The last run, read only when a run has changed.
  void look_at_run() {
    std::uint64_t version = seen_.catalog.runs_version();
    if (version == run_version_) return;
    auto runs = seen_.catalog.runs(1);
    if (!runs) return;  // the next look tries again
    run_ = nullptr;
    run_version_ = version;
    if (runs->empty()) return;
    const catalog::Run& last = runs->front();
    run_ = {{"id", last.id.value()}, {"state", catalog::to_string(last.state)}};
    if (last.state == catalog::RunState::kRunning) run_["progress"] = progress(last.id);
  }

  // How many steps the nodes of a running run have taken.
  std::int64_t progress(catalog::RunId id) const {
    auto run = seen_.catalog.run_without_texts(id);
    std::int64_t steps = 0;
    if (run)
      for (const catalog::RunNode& node : run->nodes)
        steps += (node.state != catalog::RunNodeState::kWaiting) + node.finished.has_value();
    return steps;
  }

  const Seen seen_;
  const std::string instance_;
  std::mutex mutex_;
  News news_;
  nlohmann::ordered_json run_;
  std::uint64_t run_version_ = 0;  // of the catalog's runs, when run_ was read
  std::uint64_t count_ = 0;
  host::MonotonicTime looked_{};
  std::atomic<int> listeners_ = 0;
  host::Gauge shown_{"tarn_http_event_listeners_count", "Pages that listen for events"};
};

}  // namespace

std::vector<Route> events_routes(const Seen& seen) {
  auto events = std::make_shared<Events>(seen);
  return {{"GET", "/api/v1/events", [events](const Request& request) { return events->answer(request); }}};
}

}  // namespace tarn::doors::http
