#include "catalog/queue.h"

#include <fmt/format.h>
#include <pthread.h>

#include "host/logging.h"
#include "host/metrics.h"
#include "table/data_file.h"

namespace tarn::catalog {
namespace {

struct Metrics {
  host::Counter commits{"tarn_catalog_commits_total", "Transactions of the catalog that are durable"};
  host::Counter intents{"tarn_catalog_intents_total", "Intents that are durable"};
  host::Counter refused{"tarn_catalog_intents_refused_total", "Intents that failed"};
  host::Histogram seconds{"tarn_catalog_commit_seconds",
                          "One transaction, its files' syncs included",
                          {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5}};
};

Metrics& metrics() {
  static Metrics all;
  return all;
}

}  // namespace

Queue::Queue(host::Host host, const host::Path& data, const CatalogOptions& options, LakeReader& reader)
    : host_(host),
      data_(data),
      reader_(reader),
      writer_(host.files),
      tools_{host, data, options, reader, writer_, known_paths_, [this](const std::string& key) {
               return store_->outcome(key, host_.clock.wall_ms());
             }} {}

Result<std::unique_ptr<Queue>> Queue::open(host::Host host, const host::Path& data, const CatalogOptions& options,
                                           LakeReader& reader) {
  auto queue = std::unique_ptr<Queue>(new Queue(host, data, options, reader));
  TARN_TRY(queue->load());
  queue->thread_ = std::thread([raw = queue.get()] {
    pthread_setname_np(pthread_self(), "tarn-catalog-q");
    raw->work();
  });
  return queue;
}

Queue::~Queue() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> Queue::load() {
  TARN_ASSIGN(auto store, Store::open(host_.files, host::join(data_, "catalog.db")));
  TARN_ASSIGN(Rows rows, store->load());
  auto next = std::make_shared<StateData>();
  auto by_name = std::make_shared<StateData::TablesByName>();
  auto by_uuid = std::make_shared<StateData::TablesByUuid>();
  for (Head& head : rows.heads) {
    auto table = std::make_shared<TableState>(
        TableState{.uuid = head.uuid, .name = head.name, .metadata_location = std::move(head.location)});
    TARN_ASSIGN(table->metadata, reader_.metadata(table->metadata_location));
    (*by_name)[head.name] = table;
    (*by_uuid)[head.uuid] = table;
  }
  next->at = rows.version;
  next->name_spaces = std::make_shared<const StateData::Namespaces>(std::move(rows.namespaces));
  next->by_name = std::move(by_name);
  next->by_uuid = std::move(by_uuid);
  next->topic_bindings = std::make_shared<const StateData::Bindings>(std::move(rows.bindings));
  next->landed = std::make_shared<const StateData::Landed>(std::move(rows.landed));
  known_paths_.clear();
  store_ = std::move(store);
  swap(std::move(next));
  return {};
}

std::shared_ptr<const StateData> Queue::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

void Queue::swap(std::shared_ptr<const StateData> next) {
  std::lock_guard lock(mutex_);
  state_ = std::move(next);
}

Result<Committed> Queue::run(Intent intent) {
  std::future<Result<Committed>> done;
  {
    std::lock_guard lock(mutex_);
    if (closing_) return fail(Code::kUnavailable, "the catalog is closing");
    if (waiting_.size() >= kWaitingMax)
      return fail(Code::kUnavailable, fmt::format("{} commits wait for the catalog; try again later", kWaitingMax));
    waiting_.push_back({std::move(intent), {}});
    done = waiting_.back().done.get_future();
  }
  woken_.notify_one();
  return done.get();
}

void Queue::work() {
  while (true) {
    std::deque<Waiting> batch;
    {
      std::unique_lock lock(mutex_);
      woken_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      while (!waiting_.empty() && batch.size() < kBatchMax) {
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    run_batch(std::move(batch));
  }
}

Result<void> Queue::health() const {
  std::lock_guard lock(mutex_);
  if (!stopped_.empty()) return fail(Code::kUnavailable, stopped_);
  return {};
}

// Why nothing can be written, if so.
Result<void> Queue::ready() {
  TARN_TRY(health());
  if (!store_) TARN_TRY(load());
  return {};
}

void Queue::run_batch(std::deque<Waiting> batch) {
  host::MonotonicTime begun = host_.clock.now();
  if (auto able = ready(); !able) {
    for (Waiting& one : batch) one.done.set_value(std::unexpected(able.error()));
    return;
  }
  auto base = state();
  Draft draft(*base, tools_);
  std::vector<std::pair<Waiting*, Committed>> applied;
  for (Waiting& one : batch) {
    Draft attempt = draft;
    std::size_t mark = writer_.written();
    auto outcome = one.intent(attempt);
    if (outcome) {
      draft = std::move(attempt);
      applied.emplace_back(&one, std::move(*outcome));
    } else {
      writer_.discard(mark);
      metrics().refused.add();
      one.done.set_value(std::move(outcome));
    }
  }
  auto written = write(draft);
  writer_.forget();
  CatalogVersion version = state()->at;  // the draft's, unless nothing changed
  for (auto& [one, outcome] : applied) {
    outcome.version = std::min(outcome.version, version);
    if (written)
      one->done.set_value(std::move(outcome));
    else
      one->done.set_value(std::unexpected(written.error()));
  }
  if (!written) return metrics().refused.add(static_cast<double>(applied.size()));
  metrics().intents.add(static_cast<double>(applied.size()));
  metrics().seconds.observe(std::chrono::duration<double>(host_.clock.now() - begun).count());
}

void Queue::stop_writing(const Error& error) {
  std::lock_guard lock(mutex_);
  stopped_ = fmt::format("the catalog has stopped, since the disk failed ({}); check the disk, then start Tarn again",
                         error.message);
}

Result<void> Queue::write(Draft& draft) {
  if (draft.is_empty()) return {};
  auto changes = draft.finish();
  if (!changes) {
    writer_.discard(0);
    return std::unexpected(changes.error());
  }
  if (auto synced = writer_.sync(); !synced) {
    writer_.discard(0);
    if (synced.error().code != Code::kUnavailable) stop_writing(synced.error());
    return std::unexpected(synced.error());
  }
  auto stored = store_->write(*changes);
  if (!stored) {
    if (store_->disk_failed())
      stop_writing(stored.error());
    else
      store_.reset();
    return stored;
  }
  swap(apply(*state(), *changes));
  metrics().commits.add();
  forget_files(changes->forgotten);
  return {};
}

// Metadata files that left their table's log, and whose heads the transaction forgot. One that stays does no harm.
void Queue::forget_files(const std::vector<std::string>& locations) {
  for (const std::string& location : locations) {
    if (auto removed = host_.files.remove(table::from_uri(location)); !removed)
      host::log_warn("catalog", "metadata_file_stays", {{"location", location}, {"error", removed.error().message}});
  }
}

}  // namespace tarn::catalog
