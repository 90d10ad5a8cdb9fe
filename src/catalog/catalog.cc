#include "catalog/catalog.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>

#include "base/natural_order.h"
#include "catalog/lake.h"
#include "catalog/queue.h"
#include "catalog/sweep.h"
#include "host/logging.h"
#include "host/metrics.h"

namespace tarn::catalog {
namespace {

struct Metrics {
  host::Counter publishes{"tarn_catalog_publishes_total", "Branches that were published"};
  host::Counter conflicts{"tarn_catalog_publish_conflicts_total", "Publishes that a change on main refused"};
  host::Counter removed{"tarn_catalog_files_removed_total", "Files removed that nothing referred to any more"};
};

Metrics& metrics() {
  static Metrics all;
  return all;
}

// What changes runs holds one: the number moves after the commit, so who reads it before the runs never keeps old ones.
struct RunsChange {
  explicit RunsChange(std::atomic<std::uint64_t>& number) : version(number) {}
  RunsChange(const RunsChange&) = delete;
  ~RunsChange() { ++version; }
  std::atomic<std::uint64_t>& version;
};

class SqliteCatalog final : public Catalog {
 public:
  explicit SqliteCatalog(host::Host host) : host_(host), reader_(host.files) {}

  Result<void> open(host::Host host, const host::Path& data, const CatalogOptions& options) {
    TARN_ASSIGN(queue_, Queue::open(host, data, options, reader_));
    sweep_ = std::make_unique<Sweep>(host, data, options, reader_, *queue_);
    if (options.sweep_every.count() > 0)
      sweeper_ =
          std::jthread([this, every = options.sweep_every](std::stop_token stop) { keep_sweeping(stop, every); });
    return {};
  }

  std::shared_ptr<const State> state() const override { return queue_->states().main(); }
  Result<std::shared_ptr<const State>> state(const Ref& ref) const override;

  Result<BranchState> create_branch(const std::string& name, std::optional<CatalogVersion> base,
                                    std::chrono::milliseconds keep) override;
  Result<void> drop_branch(const std::string& name) override;
  std::vector<BranchState> branches() const override;
  Result<std::vector<Change>> diff(const std::string& branch) override;
  Result<Published> publish(const Publish& publish) override;

  Result<Run> start_run(const std::string& project) override;
  Result<void> put_nodes(RunId run, const std::vector<RunNode>& nodes) override;
  Result<void> finish_run(const RunFinish& finish) override;
  std::uint64_t runs_version() const override { return runs_version_; }
  Result<std::vector<Run>> runs(std::size_t limit) override;
  Result<Run> run(RunId id) override { return read_run(id, &Store::nodes); }
  Result<Run> run_without_texts(RunId id) override { return read_run(id, &Store::nodes_without_texts); }
  Result<std::map<std::string, std::string>> published_relations(std::size_t runs) override;
  Result<Swept> sweep() override {
    settle_runs();
    TARN_ASSIGN(Swept swept, sweep_->run());
    metrics().removed.add(static_cast<double>(swept.removed));
    return swept;
  }

  Result<void> health() const override { return queue_->health(); }

  Result<void> create_namespace(const std::string& name) override {
    return on_main([&](Draft& draft) { return draft.create_namespace(name); });
  }

  Result<TablePtr> create_table(const TableName& name, std::vector<table::Field> fields,
                                const std::map<std::string, std::string>& properties) override {
    TableUuid uuid;
    TARN_TRY(on_main([&](Draft& draft) -> Result<void> {
      TARN_ASSIGN(uuid, draft.create_table(name, fields, properties));
      return {};
    }));
    TablePtr table = state()->find(uuid);
    if (!table)
      return fail(Code::kConflict, fmt::format("table {} was made, and dropped at once by another", to_string(name)));
    return table;
  }

  Result<void> drop_table(const TableName& name) override {
    return on_main([&](Draft& draft) { return draft.drop_table(name); });
  }

  Result<Place> place(const std::string& branch, const TableName& name, std::vector<table::Field> fields) override {
    Place place;
    TARN_TRY(queue_->run(branch, [&](Draft& draft) -> Result<Committed> {
      TARN_ASSIGN(place, draft.place(name, fields));
      return Committed{};
    }));
    return place;
  }

  Result<Committed> commit(const Commit& commit) override {
    return queue_->run(commit.branch, [&](Draft& draft) { return draft.commit(commit); });
  }

  Result<void> bind(const Binding& binding) override {
    return on_main([&](Draft& draft) { return draft.bind(binding); });
  }

  Result<std::shared_ptr<const std::vector<table::DataFile>>> data_files(const TableState& table) override;

 private:
  template <class Intent>
  Result<void> on_main(Intent intent) {
    auto done = queue_->run(std::string(kMainBranch), [&](Draft& draft) -> Result<Committed> {
      TARN_TRY(intent(draft));
      return Committed{.version = draft.version()};
    });
    if (!done) return std::unexpected(std::move(done).error());
    return {};
  }

  void keep_sweeping(std::stop_token stop, std::chrono::milliseconds every);
  Result<void> end_runs(const std::function<Result<std::vector<RunFinish>>(Store&)>& which);
  void settle_runs();
  Result<Run> read_run(RunId id, Result<std::vector<RunNode>> (Store::*nodes)(RunId));

  host::Host host_;
  LakeReader reader_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Sweep> sweep_;
  std::atomic<std::uint64_t> runs_version_{1};
  std::mutex runs_mutex_;            // guards what follows
  std::set<RunId> going_;            // begun and not ended by anyone
  std::map<RunId, RunFinish> owed_;  // ends that could not be written
  bool unsettled_ = false;           // there may be running runs that are not going on
  std::mutex sleeping_;
  std::condition_variable_any woken_;
  std::jthread sweeper_;  // ends first
};

void SqliteCatalog::keep_sweeping(std::stop_token stop, std::chrono::milliseconds every) {
  pthread_setname_np(pthread_self(), "tarn-catalog-sw");
  std::unique_lock lock(sleeping_);
  while (!woken_.wait_for(lock, stop, every, [&] { return stop.stop_requested(); }) && !stop.stop_requested()) {
    auto swept = sweep();
    if (!swept)
      host::log_warn("catalog", "sweep_failed", {{"error", swept.error().message}});
    else if (swept->branches + swept->garbage + swept->removed > 0)
      host::log_info("catalog", "swept",
                     {{"branches", swept->branches}, {"garbage", swept->garbage}, {"removed", swept->removed}});
  }
}

Result<std::shared_ptr<const State>> SqliteCatalog::state(const Ref& ref) const {
  if (StatePtr known = queue_->states().known(ref)) return known;
  TARN_TRY(check_branch_name(ref.branch));
  StatePtr loaded;
  TARN_TRY(queue_->read([&](Store& store, States& states) -> Result<void> {
    TARN_ASSIGN(loaded, states.load(store, ref));
    return {};
  }));
  return loaded;
}

std::vector<BranchState> SqliteCatalog::branches() const {
  std::vector<BranchState> all = queue_->states().branches();
  BranchState main{.name = std::string(kMainBranch), .at = queue_->states().main()->at};
  all.push_back(std::move(main));
  std::ranges::sort(all, natural_less, &BranchState::name);
  return all;
}

// Room for one more branch: the oldest one goes whose run has ended. Its name, if one had to.
Result<std::string> make_room(Store& store, const States& states) {
  std::vector<BranchState> all = states.branches();
  if (all.size() < kBranchesMax) return std::string();
  std::ranges::sort(all, {}, &BranchState::created);
  for (const BranchState& branch : all) {
    auto id = run_of(branch.name);
    if (!id) continue;
    auto run = store.run(*id);
    if (!run && run.error().code != Code::kNotFound) return std::unexpected(std::move(run).error());
    if (run && run->state == RunState::kRunning) continue;
    TARN_TRY(store.remove_branch(branch.name));
    return branch.name;
  }
  return fail(Code::kLimit, fmt::format("there are {} branches already; drop some", kBranchesMax));
}

Result<BranchState> SqliteCatalog::create_branch(const std::string& name, std::optional<CatalogVersion> base,
                                                 std::chrono::milliseconds keep) {
  TARN_TRY(check_branch_name(name));
  BranchState branch{.name = name};
  std::string removed;
  auto add = [&](Store& store, States& states) -> Result<void> {
    if (name == kMainBranch || states.branch(name))
      return fail(Code::kAlreadyExists, fmt::format("branch {} is there already", name));
    branch.base = states.main()->at;
    if (base) {
      TARN_ASSIGN(branch.base, states.main_version(store, *base));
    }
    branch.at = branch.base;
    branch.created = host_.clock.wall_ms();
    branch.expires = branch.created + keep.count();
    TARN_ASSIGN(removed, make_room(store, states));
    return store.add_branch(branch);
  };
  TARN_TRY(queue_->write(add, [&](States& states) {
    states.remove_branch(removed);
    states.put_branch(branch);
  }));
  return branch;
}

Result<void> SqliteCatalog::drop_branch(const std::string& name) {
  settle_runs();
  auto remove = [&](Store& store, States& states) -> Result<void> {
    if (name == kMainBranch) return fail(Code::kInvalidArgument, "main cannot be dropped");
    if (!states.branch(name)) return fail(Code::kNotFound, fmt::format("there is no branch {}, or no longer", name));
    if (auto id = run_of(name)) {
      auto run = store.run(*id);
      if (run && run->state == RunState::kRunning)
        return fail(Code::kConflict,
                    fmt::format("run {} still works on branch {}; cancel it first", id->value(), name));
    }
    return store.remove_branch(name);
  };
  return queue_->write(remove, [&](States& states) { states.remove_branch(name); });
}

Result<void> SqliteCatalog::finish_run(const RunFinish& finish) {
  if (finish.state == RunState::kRunning || finish.state == RunState::kPublished)
    return fail(Code::kInvalidArgument, "a run ends as failed, cancelled or interrupted, or by publishing its branch");
  auto done = end_runs([&](Store&) { return std::vector{finish}; });
  bool owed = !done && done.error().code != Code::kConflict && done.error().code != Code::kNotFound;
  std::lock_guard lock(runs_mutex_);
  going_.erase(finish.id);
  if (owed) owed_.emplace(finish.id, finish);
  unsettled_ = unsettled_ || owed;
  return done;
}

Result<void> SqliteCatalog::end_runs(const std::function<Result<std::vector<RunFinish>>(Store&)>& which) {
  RunsChange change(runs_version_);
  TimestampMs now = host_.clock.wall_ms();
  TimestampMs expires = now + std::chrono::milliseconds(kBranchKeep).count();
  std::vector<RunFinish> ends;
  auto end = [&](Store& store, States&) -> Result<void> {
    TARN_ASSIGN(ends, which(store));
    for (const RunFinish& one : ends) {
      TARN_TRY(store.finish_run({one, 0}, std::nullopt, now));
      TARN_TRY(store.keep_branch(branch_of(one.id), expires));
    }
    return {};
  };
  return queue_->write(end, [&](States& states) {
    for (const RunFinish& one : ends) {
      auto known = states.branch(branch_of(one.id));
      if (!known) continue;
      known->expires = expires;
      states.put_branch(*known);
    }
  });
}

// Ends the runs that look as if they went on and do not. If that can't be written now, the next call tries again.
void SqliteCatalog::settle_runs() {
  {
    std::lock_guard lock(runs_mutex_);
    if (!unsettled_) return;
    unsettled_ = false;
  }
  auto stale = [&](Store& store) -> Result<std::vector<RunFinish>> {
    TARN_ASSIGN(std::vector<RunId> running, store.running());
    std::vector<RunFinish> ends;
    std::lock_guard lock(runs_mutex_);
    for (RunId id : running) {
      if (going_.contains(id)) continue;
      auto owed = owed_.find(id);
      ends.push_back(owed != owed_.end()
                         ? owed->second
                         : RunFinish{id, RunState::kInterrupted, "the disk was full when the run began"});
    }
    return ends;
  };
  bool done = end_runs(stale).has_value();
  std::lock_guard lock(runs_mutex_);
  if (!done) unsettled_ = true;
  if (!unsettled_) owed_.clear();
}

Result<std::vector<Change>> SqliteCatalog::diff(const std::string& branch) {
  std::vector<Change> changes;
  TARN_TRY(queue_->run(std::string(kMainBranch), [&](Draft& draft) -> Result<Committed> {
    TARN_ASSIGN(changes, draft.diff(branch));
    return Committed{};
  }));
  return changes;
}

Result<Published> SqliteCatalog::publish(const Publish& publish) {
  RunsChange change(runs_version_);
  Published published;
  auto committed =
      queue_->run(std::string(kMainBranch), [&](Draft& draft) { return draft.publish(publish, published.changed); });
  if (!committed && committed.error().code == Code::kConflict) metrics().conflicts.add();
  if (!committed) return std::unexpected(std::move(committed).error());
  metrics().publishes.add();
  if (publish.finish) {
    std::lock_guard lock(runs_mutex_);
    going_.erase(publish.finish->id);
  }
  published.version = committed->version;
  return published;
}

Result<Run> SqliteCatalog::start_run(const std::string& project) {
  settle_runs();
  RunsChange change(runs_version_);
  Run run;
  auto add = [&](Store& store, States&) -> Result<void> {
    TARN_ASSIGN(run, store.add_run(project, host_.clock.wall_ms()));
    return {};
  };
  auto done = queue_->write(add, [&](States&) {
    std::lock_guard lock(runs_mutex_);
    going_.insert(run.id);
  });
  if (done) return run;
  std::lock_guard lock(runs_mutex_);
  unsettled_ = true;
  return std::unexpected(std::move(done).error());
}

Result<void> SqliteCatalog::put_nodes(RunId run, const std::vector<RunNode>& nodes) {
  RunsChange change(runs_version_);
  return queue_->write([&](Store& store, States&) { return store.put_nodes(run, nodes); });
}

Result<std::vector<Run>> SqliteCatalog::runs(std::size_t limit) {
  std::vector<Run> runs;
  TARN_TRY(queue_->read([&](Store& store, States&) -> Result<void> {
    TARN_ASSIGN(runs, store.runs(limit));
    return {};
  }));
  return runs;
}

Result<Run> SqliteCatalog::read_run(RunId id, Result<std::vector<RunNode>> (Store::*nodes)(RunId)) {
  Run run;
  TARN_TRY(queue_->read([&](Store& store, States&) -> Result<void> {
    TARN_ASSIGN(run, store.run(id));
    TARN_ASSIGN(run.nodes, (store.*nodes)(id));
    return {};
  }));
  return run;
}

Result<std::map<std::string, std::string>> SqliteCatalog::published_relations(std::size_t runs) {
  std::map<std::string, std::string> relations;
  TARN_TRY(queue_->read([&](Store& store, States&) -> Result<void> {
    TARN_ASSIGN(relations, store.published_relations(runs));
    return {};
  }));
  return relations;
}

Result<std::shared_ptr<const std::vector<table::DataFile>>> SqliteCatalog::data_files(const TableState& table) {
  auto snapshot = table.metadata->current_snapshot();
  if (!snapshot) return std::make_shared<const std::vector<table::DataFile>>();
  auto files = reader_.data_files(*snapshot);
  if (!files) return std::unexpected(std::move(files.error()).with_context("table " + to_string(table.name)));
  return files;
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(host::Host host, const host::Path& data, const CatalogOptions& options) {
  if (data.empty() || data.front() != '/' || data.find_first_of("?#%") != host::Path::npos)
    return fail(
        Code::kInvalidArgument,
        fmt::format(
            "data folder {}: it must be absolute, without ?, # and %, which Iceberg readers take for parts of a URI",
            data));
  TARN_TRY(host.files.make_dirs(host::join(data, "lake")));
  auto catalog = std::make_unique<SqliteCatalog>(host);
  TARN_TRY(catalog->open(host, data, options));
  return catalog;
}

}  // namespace tarn::catalog
