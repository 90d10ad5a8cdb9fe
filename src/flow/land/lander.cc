#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>

#include "flow/land/lander_impl.h"
#include "flow/land/rules.h"
#include "host/logging.h"
#include "host/metrics.h"

namespace tarn::flow::land {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetryMax = 10s;
constexpr auto kIdleWait = 1h;  // nothing to wait for but the inbox

struct Metrics {
  host::Gauge behind{"tarn_land_partitions_behind_count", "Partitions with records that are not decoded yet"};
  host::Gauge tail{"tarn_land_tail_bytes",
                   "Decoded rows that are not landed yet; at its bound decoding waits for files"};
};

Metrics& metrics() {
  static Metrics all;
  return all;
}

}  // namespace

void Retry::failed(host::MonotonicTime now, host::Duration retry_min, std::string why) {
  constexpr int kDoublings = 7;
  host::Duration wait = retry_min * (1 << std::min(failures_, kDoublings));
  next_ = now + std::min<host::Duration>(wait, kRetryMax);
  ++failures_;
  why_ = std::move(why);
}

std::unique_ptr<Lander> Lander::make(host::Host host, catalog::Catalog& catalog, tail::Tail& tail,
                                     StartWorker start_worker, const LandOptions& options) {
  return std::make_unique<LanderImpl>(host, catalog, tail, std::move(start_worker), options);
}

LanderImpl::LanderImpl(host::Host host, catalog::Catalog& catalog, tail::Tail& tail, StartWorker start_worker,
                       LandOptions options)
    : host_(host),
      catalog_(catalog),
      tail_(tail),
      start_worker_(std::move(start_worker)),
      options_(std::move(options)) {}

void LanderImpl::start(log::Log& log) {
  log_ = &log;
  reload_topics();
  ensure_worker();
  thread_ = std::thread([this] { run(); });
}

void LanderImpl::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
    for (auto& barrier : inbox_.barriers) barrier->changed.notify_all();
  }
  {
    std::lock_guard lock(published_mutex_);
    stopped_ = true;
    decoded_moved_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (auto& barrier : barriers_) barrier->changed.notify_all();
  worker_.reset();
}

// ---- called by the log

void LanderImpl::on_progress(const log::TopicPartition& partition, Offset high_watermark) {
  std::lock_guard lock(mutex_);
  auto [entry, added] = inbox_.progress.try_emplace(partition, high_watermark);
  if (!added) entry->second = std::max(entry->second, high_watermark);
  wake_.notify_one();
}

void LanderImpl::on_topics_changed() {
  std::lock_guard lock(mutex_);
  inbox_.topics_changed = true;
  wake_.notify_one();
}

std::optional<Offset> LanderImpl::landed_end(const log::TopicPartition& partition) const {
  auto state = catalog_.state();
  if (const catalog::Binding* binding = state->binding(partition.topic); binding && !binding->detached)
    return state->landed_end({binding->table, partition.topic, partition.partition});
  std::lock_guard lock(published_mutex_);
  auto topic = published_.find(partition.topic);
  if (topic == published_.end() || topic->second.off) return std::nullopt;
  return Offset(0);  // it will land, once something of it decodes
}

// ---- the landing thread

void LanderImpl::run() {
  pthread_setname_np(pthread_self(), "tarn-land");
  Inbox inbox;
  do {
    handle(inbox);
    inbox = {};
    check_worker();
    flush_all();  // before new leases: a range that a lease in flight may grow can't be taken
    replace_all();
    lease_all();
    check_barriers();
    metrics().behind.set(static_cast<double>(behind_.size()));
    metrics().tail.set(static_cast<double>(tail_.bytes().count()));
  } while (wait_for_work(inbox));
}

bool LanderImpl::wait_for_work(Inbox& inbox) {
  auto deadline = next_deadline();
  std::unique_lock lock(mutex_);
  host::Duration wait = kIdleWait;
  if (deadline) wait = std::clamp<host::Duration>(*deadline - now(), 0ns, kIdleWait);
  wake_.wait_for(lock, wait, [&] { return stopping_ || !inbox_.empty(); });
  if (stopping_) return false;
  std::swap(inbox, inbox_);
  return true;
}

std::optional<host::MonotonicTime> LanderImpl::next_deadline() {
  std::optional<host::MonotonicTime> next;
  auto at = [&](std::optional<host::MonotonicTime> when) {
    if (when && (!next || *when < *next)) next = when;
  };
  bool worker_down = !worker_;
  if (worker_down) at(worker_retry_.next());
  if (worker_is_asked()) at(worker_heard_ + options_.worker_stall_max);
  for (const log::TopicPartition& behind : behind_) {
    TopicWork* topic = find(behind.topic);
    if (!topic || topic->off || worker_down || is_replacing(*topic)) continue;
    const PartitionWork& partition = topic->partitions[static_cast<std::size_t>(behind.partition.value())];
    if (partition.lease) continue;
    at(topic->retry.next());
    if (!topic->binding && topic->first_seen) at(*topic->first_seen + options_.infer_wait);
    if (topic->topic.config.fsync == log::TopicConfig::Fsync::kNever) at(partition.next_sync);
  }
  for (TableUuid uuid : dirty_) {
    const TableWork& work = tables_.at(uuid);
    if (work.flush || worker_down) continue;
    if (work.retry.next())
      at(work.retry.next());
    else if (work.oldest)
      for (TopicId id : work.topics)
        if (TopicWork* topic = find(id)) at(*work.oldest + topic->topic.config.land_ms);
  }
  for (const auto& [uuid, replacement] : replacements_)
    if (!replacement.rewriting && !worker_down && is_at_rest(uuid)) at(tables_.at(uuid).retry.next());
  // What could go on already and did not waits for an answer or for room, not for time.
  if (next && *next <= now()) next = now() + 10ms;
  return next;
}

void LanderImpl::handle(Inbox& inbox) {
  if (inbox.topics_changed) reload_topics();
  for (const auto& [id, end] : inbox.progress) {
    TopicWork* topic = find(id.topic);
    if (!topic) continue;
    PartitionWork& partition = topic->partitions[static_cast<std::size_t>(id.partition.value())];
    partition.end = std::max(partition.end, end);  // known while it is off, too: it may be switched on
    if (topic->off || partition.end <= partition.decoded) continue;
    behind_.insert(id);
    if (!topic->first_seen) topic->first_seen = now();
  }
  for (TopicId id : inbox.bind_now)
    if (TopicWork* topic = find(id); topic && !topic->binding && topic->first_seen)
      topic->first_seen = now() - options_.infer_wait;
  for (FromWorker& event : inbox.from_worker) handle(event);
  for (auto& barrier : inbox.barriers) barriers_.push_back(std::move(barrier));
}

void LanderImpl::handle(FromWorker& event) {
  if (event.generation != worker_generation_) return;  // of one that we gave up
  if (event.message) return handle_reply(std::move(*event.message));
  worker_gone(event.why);
}

void LanderImpl::handle_reply(host::Message message) {
  auto reply = engine::decode_land_reply(message.payload);
  if (!reply) {
    host::log_error("flow/land", "bad_reply", {{"error", reply.error().message}});
    worker_->kill();
    return;
  }
  worker_retry_.succeeded();
  worker_heard_ = now();
  if (auto* decoded = std::get_if<engine::Decoded>(&*reply))
    on_decoded(*decoded, std::move(message.descriptors));
  else if (auto* proposed = std::get_if<engine::Proposed>(&*reply))
    on_proposed(*proposed);
  else if (auto* written = std::get_if<engine::Written>(&*reply))
    on_written(*written);
  else
    on_failed(std::get<engine::LandFailed>(*reply));
}

bool LanderImpl::ensure_worker() {
  if (worker_) return true;
  if (!worker_retry_.may_try(now())) return false;
  std::uint64_t generation = ++worker_generation_;
  auto post = [this, generation](std::optional<host::Message> message, std::string why) {
    std::lock_guard lock(mutex_);
    inbox_.from_worker.push_back({generation, std::move(message), std::move(why)});
    wake_.notify_one();
  };
  auto started = start_worker_([post](host::Message message) { post(std::move(message), ""); },
                               [post](std::string why) { post(std::nullopt, std::move(why)); });
  if (!started) {
    worker_retry_.failed(now(), options_.retry_min, started.error().message);
    host::log_error("flow/land", "no_worker", {{"error", started.error().message}});
    return false;
  }
  worker_ = std::move(*started);
  return true;
}

void LanderImpl::check_worker() {
  if (!worker_is_asked()) worker_heard_ = now();
  if (now() < worker_heard_ + options_.worker_stall_max) return;
  host::log_error("flow/land", "worker_stalled",
                  {{"pid", worker_->pid()}, {"leases", leases_.size()}, {"writes", writes_.size()}});
  worker_heard_ = now();
  worker_->kill();  // its exit follows
}

void LanderImpl::worker_gone(const std::string& why) {
  host::log_warn("flow/land", "worker_gone",
                 {{"why", why}, {"leases", leases_.size()}, {"writes", writes_.size()}, {"rewrites", is_rewriting()}});
  worker_.reset();
  ++worker_generation_;
  worker_retry_.failed(now(), options_.retry_min, why);
  // The oldest lease is the one it was at: its topic waits longer each time, so that the others come through.
  if (!leases_.empty())
    if (TopicWork* topic = find(leases_.begin()->second.partition.topic))
      topic_failed(*topic, "the landing worker died: " + why);
  while (!leases_.empty()) end_lease(leases_.begin()->first);
  for (auto& [id, topic] : topics_)
    for (PartitionWork& partition : topic.partitions) partition.open_from.reset();  // its rows died with the worker
  std::set<TableUuid> writing;
  for (const auto& [id, table] : writes_) writing.insert(table);
  for (TableUuid table : writing)
    flush_failed(table, tables_.at(table), {Code::kUnavailable, "the landing worker died: " + why}, false);
  std::vector<TableUuid> rewriting;
  for (const auto& [table, replacement] : replacements_)
    if (replacement.rewriting) rewriting.push_back(table);
  for (TableUuid table : rewriting)  // one that failed too often is forgotten
    replacement_failed(table, {Code::kInternal, "the landing worker died: " + why});
}

bool LanderImpl::send(const engine::LandRequest& request, std::span<const int> descriptors) {
  if (!ensure_worker()) return false;
  auto sent = worker_->send(engine::encode(request), descriptors);
  if (!sent) host::log_warn("flow/land", "send_failed", {{"error", sent.error().message}});  // its exit follows
  return sent.has_value();
}

void LanderImpl::publish(const TopicWork& topic) {
  std::lock_guard lock(published_mutex_);
  Published& entry = published_[topic.topic.id];
  entry.name = topic.topic.name;
  entry.deleted = topic.deleted;
  entry.off = topic.off.has_value();
  entry.reason = topic.off;
  if (!entry.reason && topic.retry.failures() > 0) entry.reason = topic.retry.why();
  if (topic.binding) {
    const Retry& landing = tables_.at(topic.binding->table).retry;
    if (!entry.reason && landing.failures() > 0) entry.reason = "landing: " + landing.why();
    entry.table_uuid = topic.binding->table;
    entry.format = topic.binding->format;
    entry.dlq_uuid = topic.binding->dlq_table;
    if (!entry.table)
      if (auto table = catalog_.state()->find(topic.binding->table)) entry.table = table->name;
  }
  entry.decoded.resize(topic.partitions.size());
  entry.landed.resize(topic.partitions.size());
  for (std::size_t i = entry.recovered.size(); i < topic.partitions.size(); ++i)
    entry.recovered.push_back(topic.partitions[i].end);
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    entry.decoded[i] = topic.partitions[i].decoded;
    entry.landed[i] = topic.partitions[i].landed;
  }
  decoded_moved_.notify_all();
}

TopicWork* LanderImpl::find(TopicId id) {
  auto topic = topics_.find(id);
  return topic == topics_.end() ? nullptr : &topic->second;
}

}  // namespace tarn::flow::land
