#include "catalog/queue.h"

#include <fmt/format.h>
#include <pthread.h>

#include "host/metrics.h"

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
      writer_(host.files),
      states_(reader),
      tools_{.host = host,
             .data = data,
             .options = options,
             .reader = reader,
             .writer = writer_,
             .known_paths = known_paths_,
             .known_outcome = [this](const std::string& key) { return store_->outcome(key, host_.clock.wall_ms()); },
             .branch = [this](const std::string& branch) { return states_.content(*store_, branch); },
             .run = [this](RunId id) { return store_->run(id); }} {}

Result<std::unique_ptr<Queue>> Queue::open(host::Host host, const host::Path& data, const CatalogOptions& options,
                                           LakeReader& reader) {
  auto queue = std::unique_ptr<Queue>(new Queue(host, data, options, reader));
  TARN_TRY(queue->load());
  Store& store = *queue->store_;
  TARN_TRY(store.transaction([&] { return store.interrupt_runs(host.clock.wall_ms()); }));
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
  TARN_ASSIGN(auto store, Store::open(host_.files, host::join(data_, "catalog.db"), host_.clock.wall_ms()));
  TARN_ASSIGN(Rows rows, store->load());
  TARN_TRY(states_.reset(std::move(rows)));
  known_paths_.clear();
  store_ = std::move(store);
  return {};
}

Result<Committed> Queue::run(const std::string& branch, Intent intent) {
  return wait_for({.branch = branch, .intent = std::move(intent)});
}

Result<void> Queue::write(Job job, std::function<void(States&)> then) {
  auto done = wait_for({.job = std::move(job), .job_writes = true, .then = std::move(then)});
  if (!done) return std::unexpected(std::move(done).error());
  return {};
}

Result<void> Queue::read(Job job) {
  auto done = wait_for({.job = std::move(job)});
  if (!done) return std::unexpected(std::move(done).error());
  return {};
}

Result<Committed> Queue::wait_for(Waiting waiting) {
  std::future<Result<Committed>> done;
  {
    std::lock_guard lock(mutex_);
    if (closing_) return fail(Code::kUnavailable, "the catalog is closing");
    if (waiting_.size() >= kWaitingMax)
      return fail(Code::kUnavailable, fmt::format("{} commits wait for the catalog; try again later", kWaitingMax));
    waiting_.push_back(std::move(waiting));
    done = waiting_.back().done.get_future();
  }
  woken_.notify_one();
  return done.get();
}

// Intents of one branch, or one job; in the order they came.
std::deque<Queue::Waiting> Queue::take_batch() {
  std::deque<Waiting> batch;
  while (!waiting_.empty() && batch.size() < kBatchMax) {
    const Waiting& next = waiting_.front();
    if (!batch.empty() && (next.job || batch.front().job || next.branch != batch.front().branch)) break;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

void Queue::work() {
  while (true) {
    std::deque<Waiting> batch;
    {
      std::unique_lock lock(mutex_);
      woken_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch = take_batch();
    }
    if (batch.front().job)
      run_job(batch.front());
    else
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

void Queue::run_job(Waiting& one) {
  auto able = one.job_writes || !store_ ? ready() : Result<void>();
  if (!able) return one.done.set_value(std::unexpected(able.error()));
  auto outcome =
      one.job_writes ? store_->transaction([&] { return one.job(*store_, states_); }) : one.job(*store_, states_);
  if (!outcome && store_->broken()) store_failed(outcome.error());
  if (outcome && one.then) one.then(states_);
  if (outcome)
    one.done.set_value(Committed{});
  else
    one.done.set_value(std::unexpected(std::move(outcome).error()));
}

Result<StatePtr> Queue::base_of(const std::string& branch) {
  TARN_TRY(ready());
  return branch == kMainBranch ? states_.main() : states_.load(*store_, {.branch = branch});
}

void Queue::run_batch(std::deque<Waiting> batch) {
  host::MonotonicTime begun = host_.clock.now();
  std::string branch = batch.front().branch;
  auto base = base_of(branch);
  if (!base) {
    for (Waiting& one : batch) one.done.set_value(std::unexpected(base.error()));
    return;
  }
  Draft draft(branch, *base, states_.main(), states_.last_version() + 1, tools_);
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
  CatalogVersion version = states_.last_version();  // the draft's, unless nothing changed
  for (auto& [one, outcome] : applied) {
    outcome.version = std::min(outcome.version, version);
    if (written)
      one->done.set_value(std::move(outcome));
    else
      one->done.set_value(std::unexpected(written.error()));
  }
  if (!written) {
    known_paths_.clear();  // they may be of a publish that was not
    return metrics().refused.add(static_cast<double>(applied.size()));
  }
  metrics().intents.add(static_cast<double>(applied.size()));
  metrics().seconds.observe(std::chrono::duration<double>(host_.clock.now() - begun).count());
}

void Queue::store_failed(const Error& error) {
  if (store_->disk_failed())
    stop_writing(error);
  else
    store_.reset();
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
    store_failed(stored.error());
    return stored;
  }
  states_.committed(*changes);
  metrics().commits.add();
  return {};
}

}  // namespace tarn::catalog
