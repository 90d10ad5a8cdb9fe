#include "doors/http/overview.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "doors/http/error_answer.h"
#include "doors/http/topic_rates.h"
#include "wire/kafka/record_batch.h"

namespace tarn::doors::http {
namespace {

using Json = nlohmann::ordered_json;
using access::Action;
using access::ResourceKind;
using flow::land::PartitionStatus;
using flow::land::TopicStatus;

constexpr std::size_t kBatchHeaderBytes = 61;
constexpr std::size_t kFailedShown = 20;  // models and tests that failed, of one run
constexpr std::size_t kDelaysMax = 200;   // partitions that are looked into for how late they are, per overview

bool shows(const access::Principal& principal, ResourceKind kind, std::string_view name) {
  return access::authorize(principal, Action::kDescribe, {kind, name}).has_value();
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// The `limit` items that weigh most, in the order they came in.
template <class Item, class Weight>
std::vector<Item> largest(std::vector<Item> items, std::size_t limit, Weight weight) {
  if (items.size() <= limit) return items;
  std::vector<std::size_t> places(items.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  std::ranges::nth_element(places, places.begin() + static_cast<std::ptrdiff_t>(limit), std::ranges::greater{},
                           [&](std::size_t place) { return weight(items[place]); });
  places.resize(limit);
  std::ranges::sort(places);
  std::vector<Item> kept;
  for (std::size_t place : places) kept.push_back(std::move(items[place]));
  return kept;
}

std::optional<std::int64_t> number_of(const std::map<std::string, std::string>& summary, const char* key) {
  auto found = summary.find(key);
  std::int64_t number = 0;
  if (found == summary.end()) return std::nullopt;
  const std::string& text = found->second;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

class Overview {
 public:
  explicit Overview(const Seen& seen) : seen_(seen), instance_(seen.host.random.uuid().to_string()) {}

  Answer answer(const Request& request) {
    if (auto allowed = access::authorize(request.principal, Action::kDescribe, {ResourceKind::kCluster, ""}); !allowed)
      return error_answer(allowed.error());
    std::size_t limit = kOverviewShown;
    if (auto asked = request.query.find("limit"); asked != request.query.end()) {
      const std::string& text = asked->second;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
      if (error != std::errc() || end != text.data() + text.size() || limit > kOverviewMax)
        return error_answer({Code::kInvalidArgument, "`limit` is a number up to 1000"});
    }
    std::lock_guard lock(mutex_);
    host::MonotonicTime now = seen_.host.clock.now();
    if (made_.empty() || made_limit_ != limit || made_for_ != request.principal.name ||
        made_at_ + kOverviewAge <= now) {
      made_ = make(request.principal, limit, now).dump(-1, ' ', false, Json::error_handler_t::replace);
      made_limit_ = limit;
      made_for_ = request.principal.name;
      made_at_ = now;
    }
    return {.body = made_};
  }

 private:
  Json make(const access::Principal& principal, std::size_t limit, host::MonotonicTime now) {
    auto state = seen_.catalog.state();
    auto health = seen_.health();
    Json json{{"version", seen_.version},
              {"instance", instance_},
              {"now", seen_.host.clock.wall_ms().value()},
              {"health", {{"ok", health.has_value()}, {"message", health ? "" : health.error().message}}},
              {"catalog_version", state->version().value()}};
    json["topics"] = topics(principal, *state, limit, now);
    json["tables"] = tables(principal, *state, limit);
    json["groups"] = groups(principal, limit);
    json["runs"] = runs();
    return json;
  }

  // ---- topics

  struct Topic {
    TopicStatus status;
    std::int64_t records = 0;
    std::optional<double> rate;
  };

  Json topics(const access::Principal& principal, const catalog::State& state, std::size_t limit,
              host::MonotonicTime now) {
    std::vector<Topic> all;
    double rate = 0;
    std::size_t landing = 0;
    for (TopicStatus& status : seen_.lander.status()) {
      if (!shows(principal, ResourceKind::kTopic, status.name)) continue;
      Topic topic{.status = std::move(status)};
      std::int64_t ends = 0;
      for (const PartitionStatus& partition : topic.status.partitions) {
        topic.records += partition.end - partition.log_start;
        ends += partition.end.value();
      }
      topic.rate = rates_.note(topic.status.id, ends, now);
      rate += topic.rate.value_or(0);
      landing += topic.status.table && !topic.status.reason;
      all.push_back(std::move(topic));
    }
    rates_.forget_unseen(now);
    Json json{{"total", all.size()}, {"landing", landing}, {"records_per_s", rate}, {"items", Json::array()}};
    delays_left_ = kDelaysMax;
    for (const Topic& topic : largest(std::move(all), limit, [](const Topic& item) { return item.records; }))
      json["items"].push_back(topic_json(topic, state));
    return json;
  }

  Json topic_json(const Topic& topic, const catalog::State& state) {
    const TopicStatus& status = topic.status;
    std::uint64_t bytes = 0;
    std::int64_t behind = 0;
    for (const PartitionStatus& partition : status.partitions) {
      bytes += seen_.log.stored({status.id, partition.partition}).count();
      if (status.table) behind += std::max<std::int64_t>(0, partition.end - partition.landed);
    }
    return {{"name", status.name},
            {"partitions", status.partitions.size()},
            {"records", topic.records},
            {"bytes", bytes},
            {"records_per_s", or_null(topic.rate)},
            {"table", status.table ? Json(to_string(*status.table)) : Json()},
            {"not_landed", behind},
            {"landing_lag_ms", or_null(landing_lag_ms(status, state))},
            {"reason", or_null(status.reason)}};
  }

  // How long the oldest record that has not landed waits, at most: since its timestamp, or since its table's last
  // commit, which took all that was decoded. 0 when nothing waits; nullopt where nothing lands or nobody knows.
  std::optional<std::int64_t> landing_lag_ms(const TopicStatus& status, const catalog::State& state) {
    if (!status.table) return std::nullopt;
    std::int64_t now = seen_.host.clock.wall_ms().value(), oldest = now;
    bool behind = false;
    for (const PartitionStatus& partition : status.partitions) {
      if (partition.landed >= partition.end) continue;
      behind = true;
      if (delays_left_ == 0) return std::nullopt;
      --delays_left_;
      if (auto when = timestamp_at({status.id, partition.partition}, std::max(partition.landed, partition.log_start)))
        oldest = std::min(oldest, when->value());
    }
    if (!behind) return 0;
    auto table = state.find(*status.table);
    auto snapshot = table ? table->metadata->current_snapshot() : nullptr;
    if (snapshot) oldest = std::max(oldest, snapshot->timestamp_ms.value());
    return now - oldest;
  }

  std::optional<TimestampMs> timestamp_at(const log::TopicPartition& partition, Offset offset) {
    auto range = seen_.log.read(partition, offset, Bytes(1));
    if (!range || !range->file) return std::nullopt;
    Buffer bytes(kBatchHeaderBytes);
    auto got = range->file->read_at(bytes, range->position);
    if (!got || *got < bytes.size()) return std::nullopt;
    auto header = wire::kafka::parse_batch_header(bytes);
    if (!header || header->base_timestamp.value() < 0) return std::nullopt;
    return header->base_timestamp;
  }

  // ---- tables

  Json tables(const access::Principal& principal, const catalog::State& state, std::size_t limit) {
    std::vector<std::shared_ptr<const catalog::TableState>> all;
    for (const std::string& name_space : state.namespaces())
      for (auto& table : state.tables(name_space))
        if (shows(principal, ResourceKind::kTable, to_string(table->name))) all.push_back(std::move(table));
    auto committed = [](const auto& table) { return table->metadata->last_updated_ms; };
    Json json{{"total", all.size()}, {"items", Json::array()}};
    for (const auto& table : largest(std::move(all), limit, committed)) json["items"].push_back(table_json(*table));
    return json;
  }

  static Json table_json(const catalog::TableState& table) {
    Json json{{"name", to_string(table.name)}, {"columns", table.metadata->schema().fields.size()}};
    auto snapshot = table.metadata->current_snapshot();
    json["rows"] = snapshot ? or_null(number_of(snapshot->summary, "total-records")) : Json(0);
    json["bytes"] = snapshot ? or_null(number_of(snapshot->summary, "total-files-size")) : Json(0);
    json["files"] = snapshot ? or_null(number_of(snapshot->summary, "total-data-files")) : Json(0);
    json["committed"] = snapshot ? Json(snapshot->timestamp_ms.value()) : Json();
    return json;
  }

  // ---- groups

  Json groups(const access::Principal& principal, std::size_t limit) {
    std::vector<log::GroupInfo> all;
    if (seen_.groups)
      for (log::GroupInfo& group : seen_.groups->groups())
        if (shows(principal, ResourceKind::kGroup, group.name)) all.push_back(std::move(group));
    auto lag = [](const log::GroupInfo& group) {
      std::int64_t sum = 0;
      for (const auto& offset : group.offsets) sum += offset.lag;
      return sum;
    };
    Json json{{"total", all.size()}, {"items", Json::array()}};
    for (const log::GroupInfo& group : largest(std::move(all), limit, lag)) {
      std::set<std::string> topics;
      for (const auto& offset : group.offsets) topics.insert(offset.topic);
      json["items"].push_back({{"name", group.name},
                               {"state", group.state},
                               {"members", group.members.size()},
                               {"topics", topics},
                               {"lag", lag(group)}});
    }
    return json;
  }

  // ---- runs

  Json runs() {
    Json json = Json::array();
    auto runs = seen_.catalog.runs(kOverviewRuns);
    if (!runs) return json;  // health tells of a disk that fails
    std::map<catalog::RunId, Json> failures;
    for (const catalog::Run& run : *runs) {
      bool running = run.state == catalog::RunState::kRunning;
      // What failed of a run that ended stays: it is read once.
      auto known = failures_.find(run.id);
      Json failed = known != failures_.end()                     ? known->second
                    : run.state == catalog::RunState::kPublished ? Json::array()
                                                                 : failed_nodes(run.id);
      json.push_back({{"id", run.id.value()},
                      {"project", run.project},
                      {"branch", catalog::branch_of(run.id)},
                      {"state", catalog::to_string(run.state)},
                      {"started", run.started.value()},
                      {"finished", run.finished ? Json(run.finished->value()) : Json()},
                      {"message", run.message},
                      {"published", run.published ? Json(run.published->value()) : Json()},
                      {"failed", failed}});
      if (!running) failures[run.id] = std::move(failed);
    }
    failures_ = std::move(failures);
    return json;
  }

  Json failed_nodes(catalog::RunId id) {
    Json failed = Json::array();
    auto run = seen_.catalog.run_without_texts(id);
    if (!run) return failed;
    for (const catalog::RunNode& node : run->nodes)
      if (node.state == catalog::RunNodeState::kFailed && failed.size() < kFailedShown)
        failed.push_back({{"name", node.name},
                          {"kind", catalog::to_string(node.kind)},
                          {"failures", or_null(node.failures)},
                          {"message", node.message}});
    return failed;
  }

  const Seen seen_;
  const std::string instance_;
  std::mutex mutex_;
  TopicRates rates_;
  std::map<catalog::RunId, Json> failures_;  // of the runs shown last
  std::size_t delays_left_ = 0;
  std::string made_, made_for_;
  std::size_t made_limit_ = 0;
  host::MonotonicTime made_at_{};
};

}  // namespace

std::vector<Route> overview_routes(const Seen& seen) {
  auto overview = std::make_shared<Overview>(seen);
  return {{"GET", "/api/v1/overview", [overview](const Request& request) { return overview->answer(request); }}};
}

}  // namespace tarn::doors::http
