#include "engine/seats.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <tuple>

#include "base/assert.h"
#include "engine/sql_error.h"
#include "engine/sql_worker.h"
#include "host/logging.h"

namespace tarn::engine {
namespace {

constexpr std::chrono::seconds kQuickDeath{10};  // a worker that died younger counts towards the restart wait

SqlError worker_died(const std::string& why) {
  return {"57P01",
          fmt::format("the worker that ran the statement died ({})", why),
          {},
          "Run the statement again; other sessions go on.",
          0};
}

SqlError no_seat(std::string why) {
  return {"53300", std::move(why), {}, "Try again when running statements have ended.", 0};
}

class RealSeats final : public Seats {
 public:
  RealSeats(host::Clock& clock, StartWorker start, const SeatOptions& options)
      : clock_(clock), start_(std::move(start)), options_(options) {}
  ~RealSeats() override { retire_all(); }

  Result<void> warm_up() override {
    std::unique_lock lock(mutex_);
    if (!workers_.empty()) return {};
    return start_worker(lock);
  }

  SqlResult<std::unique_ptr<Execution>> open(const Interrupt& interrupt,
                                             std::optional<host::MonotonicTime> deadline) override;
  void wake() override {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  std::vector<int> worker_pids() const override {
    std::lock_guard lock(mutex_);
    std::vector<int> pids;
    for (const auto& worker : workers_) pids.push_back(worker->process->pid());
    return pids;
  }

 private:
  friend class RealExecution;
  using Lock = std::unique_lock<std::mutex>;
  using Workers = std::vector<std::shared_ptr<SqlWorker>>;

  std::shared_ptr<SqlWorker> free_worker() const;
  Result<void> start_worker(Lock& lock);
  void note_death();
  void on_exit(SqlWorker* worker, const std::string& why);
  void bury(SqlWorker* worker, const std::string& why);
  Workers take_idle();
  void retire_all();
  bool may_start() const { return workers_.size() + starting_ < options_.workers_max && clock_.now() >= restart_at_; }

  // Waits once for a change; the error if there is no use in waiting on.
  SqlResult<void> wait(Lock& lock, const Interrupt& interrupt, std::optional<host::MonotonicTime> deadline,
                       host::MonotonicTime queue_deadline);

  // The seat's ways back.
  SqlResult<void> take_seat_of(SqlWorker& worker, const Interrupt& interrupt,
                               std::optional<host::MonotonicTime> deadline);
  void take_seat_now(SqlWorker& worker) {
    std::lock_guard lock(mutex_);
    ++worker.running;
  }
  void free_seat(SqlWorker& worker, bool portal_too);
  void free_portal(SqlWorker& worker);
  // It takes no messages any more: no new statement for it while its reader finds out why.
  void shun(SqlWorker& worker) {
    std::lock_guard lock(mutex_);
    worker.shunned = true;
  }

  host::Clock& clock_;
  StartWorker start_;
  SeatOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Workers workers_;
  Workers graveyard_;  // dead: destroyed by a session's thread, not by the reader that found out
  std::size_t starting_ = 0;
  std::size_t waiting_ = 0;
  int quick_deaths_ = 0;
  std::string last_death_;
  host::MonotonicTime restart_at_{};
  std::atomic<std::uint64_t> last_id_{0};
};

class RealExecution final : public Execution {
 public:
  RealExecution(RealSeats& seats, std::shared_ptr<SqlWorker> worker, ExecutionId id)
      : seats_(seats), worker_(std::move(worker)), id_(id), inbox_(std::make_shared<Inbox>(seats.clock_)) {
    worker_->add(id_, inbox_);
  }
  ~RealExecution() override {
    worker_->remove(id_);
    if (sent_ && !finished_) std::ignore = post(Close{id_});
    seated_ ? seats_.free_seat(*worker_, true) : seats_.free_portal(*worker_);
  }

  ExecutionId id() const override { return id_; }

  SqlResult<void> send(const SqlRequest& request, std::span<const int> descriptors,
                       const CatalogSource* catalog) override {
    std::lock_guard lock(worker_->send_mutex);
    sent_ = true;
    if (catalog != nullptr && worker_->catalog_key != catalog->key) {
      worker_->catalog_key = catalog->key;
      TARN_TRY(checked(worker_->process->send(catalog->image())));
    }
    return checked(post(request, descriptors));
  }
  const std::string& temp() const override { return worker_->process->temp(); }

  SqlResult<std::optional<Reply>> next(std::optional<host::MonotonicTime> deadline) override;
  void credit(std::size_t bytes) override {
    credit_ += bytes;
    if (credit_ < kWindowBytes.count() / 4) return;
    std::ignore = post(Credit{id_, std::exchange(credit_, 0)});
  }
  void cancel() override {
    host::MonotonicTime never{};
    kill_at_.compare_exchange_strong(never, seats_.clock_.now() + seats_.options_.cancel_wait_max);
    std::ignore = post(Cancel{id_});
    inbox_->wake();
  }
  void suspend() override {
    TARN_ASSERT(seated_);
    seated_ = false;
    seats_.free_seat(*worker_, false);
  }
  SqlResult<void> resume(const Interrupt& interrupt, std::optional<host::MonotonicTime> deadline) override {
    if (seated_) return {};
    TARN_TRY(seats_.take_seat_of(*worker_, interrupt, deadline));
    seated_ = true;
    return {};
  }
  void resume_now() override {
    if (seated_) return;
    seats_.take_seat_now(*worker_);
    seated_ = true;
  }
  void finished() override { finished_ = true; }

 private:
  Result<void> post(const SqlRequest& request, std::span<const int> descriptors = {}) {
    return worker_->process->send(encode(request), descriptors);
  }
  SqlResult<void> checked(Result<void> sent) {
    if (sent) return {};
    seats_.shun(*worker_);
    std::string why = inbox_->why();
    return std::unexpected(worker_died(why.empty() ? sent.error().message : why));
  }

  RealSeats& seats_;
  std::shared_ptr<SqlWorker> worker_;
  ExecutionId id_;
  std::shared_ptr<Inbox> inbox_;
  std::atomic<host::MonotonicTime> kill_at_{host::MonotonicTime{}};  // zero: not cancelled
  std::size_t credit_ = 0;
  bool seated_ = true;
  bool sent_ = false;
  bool finished_ = false;
};

SqlResult<std::optional<Reply>> RealExecution::next(std::optional<host::MonotonicTime> deadline) {
  Reply reply;
  while (true) {
    host::MonotonicTime kill_at = kill_at_;
    bool cancelled = kill_at != host::MonotonicTime{};
    switch (inbox_->pop(cancelled ? kill_at : deadline, reply)) {
      case Inbox::Popped::kReply: return std::optional(std::move(reply));
      case Inbox::Popped::kClosed: return std::unexpected(worker_died(inbox_->why()));
      case Inbox::Popped::kNothing: break;
    }
    if (cancelled && seats_.clock_.now() >= kill_at) {
      host::log_warn("engine", "worker_ignores_cancel", {{"pid", worker_->process->pid()}});
      worker_->process->kill();
      kill_at_ = seats_.clock_.now() + seats_.options_.cancel_wait_max;
    } else if (!cancelled && deadline && seats_.clock_.now() >= *deadline) {
      return std::optional<Reply>();
    }
  }
}

SqlResult<std::unique_ptr<Execution>> RealSeats::open(const Interrupt& interrupt,
                                                      std::optional<host::MonotonicTime> deadline) {
  Workers idle;  // destroyed after the lock is gone
  Lock lock(mutex_);
  idle = take_idle();
  host::MonotonicTime queue_deadline = clock_.now() + options_.queue_wait_max;
  while (true) {
    if (std::shared_ptr<SqlWorker> worker = free_worker()) {
      ++worker->running;
      ++worker->portals;
      ExecutionId id(++last_id_);
      lock.unlock();
      return std::make_unique<RealExecution>(*this, std::move(worker), id);
    }
    if (may_start()) {
      Result<void> started = start_worker(lock);
      if (started) continue;
      if (workers_.empty()) {
        return fail_sql("57P03", fmt::format("cannot start a SQL worker: {}", started.error().message));
      }
    }
    TARN_TRY(wait(lock, interrupt, deadline, queue_deadline));
  }
}

std::shared_ptr<SqlWorker> RealSeats::free_worker() const {
  std::shared_ptr<SqlWorker> best;
  for (const auto& worker : workers_) {
    bool free = worker->running < options_.seats_per_worker && worker->portals < options_.portals_per_worker_max;
    if (free && !worker->shunned && (!best || worker->running < best->running)) best = worker;
  }
  return best;
}

SqlResult<void> RealSeats::wait(Lock& lock, const Interrupt& interrupt, std::optional<host::MonotonicTime> deadline,
                                host::MonotonicTime queue_deadline) {
  if (interrupt.reason() != Stop::kNone) return std::unexpected(stop_error(interrupt.reason()));
  host::MonotonicTime now = clock_.now();
  if (deadline && now >= *deadline) return std::unexpected(stop_error(Stop::kTimeout));
  if (now >= queue_deadline) {
    std::string why = fmt::format("no seat for the statement became free in {} ms", options_.queue_wait_max.count());
    if (workers_.empty() && !last_death_.empty()) why += fmt::format("; the last SQL worker died ({})", last_death_);
    return std::unexpected(no_seat(std::move(why)));
  }
  if (waiting_ >= options_.queue_max) {
    return std::unexpected(no_seat(fmt::format("{} statements wait for a seat already", waiting_)));
  }
  host::MonotonicTime until = std::min(queue_deadline, deadline.value_or(queue_deadline));
  if (restart_at_ > now) until = std::min(until, restart_at_);
  ++waiting_;
  changed_.wait_for(lock, until - now);
  --waiting_;
  return {};
}

// Lets go of the lock while the process starts.
Result<void> RealSeats::start_worker(Lock& lock) {
  ++starting_;
  lock.unlock();
  auto worker = std::make_shared<SqlWorker>();
  SqlWorker* raw = worker.get();
  raw->started = raw->idle_since = clock_.now();
  // The reader may call before `process` is set: it waits for the mutex that is held until then.
  auto gate = std::make_shared<std::mutex>();
  std::unique_lock closed(*gate);
  auto process = start_(
      [raw, gate](host::Message m) {
        std::lock_guard open(*gate);
        raw->receive(std::move(m));
      },
      [this, raw, gate](std::string why) {
        std::lock_guard open(*gate);
        on_exit(raw, why);
      });
  if (process) raw->process = std::move(*process);
  lock.lock();
  --starting_;
  if (process) {
    workers_.push_back(std::move(worker));
  } else {
    last_death_ = process.error().message;
    note_death();
  }
  changed_.notify_all();
  closed.unlock();
  if (!process) return std::unexpected(std::move(process).error());
  return {};
}

void RealSeats::note_death() {
  ++quick_deaths_;
  if (quick_deaths_ < 2) return;
  auto wait = options_.restart_wait_min * (1 << std::min(quick_deaths_ - 2, 16));
  restart_at_ = clock_.now() + std::min(wait, options_.restart_wait_max);
}

void RealSeats::on_exit(SqlWorker* worker, const std::string& why) {
  bury(worker, why);
  worker->die(why);  // whose statement ends by it finds the worker gone already
}

void RealSeats::bury(SqlWorker* worker, const std::string& why) {
  std::lock_guard lock(mutex_);
  auto found = std::ranges::find_if(workers_, [&](const auto& w) { return w.get() == worker; });
  if (found == workers_.end()) return;  // it was let go
  host::log_warn("engine", "sql_worker_died", {{"pid", worker->process->pid()}, {"why", why}});
  if (clock_.now() - worker->started > kQuickDeath) quick_deaths_ = 0;
  last_death_ = why;
  note_death();
  worker->shunned = true;
  graveyard_.push_back(std::move(*found));
  workers_.erase(found);
  changed_.notify_all();
}

// The dead, and workers beyond the warm one that had nothing to do for long.
RealSeats::Workers RealSeats::take_idle() {
  Workers idle = std::exchange(graveyard_, {});
  for (std::size_t i = workers_.size(); i-- > 1;) {
    const SqlWorker& worker = *workers_[i];
    if (worker.portals > 0 || clock_.now() - worker.idle_since < options_.idle_worker_max) continue;
    idle.push_back(std::move(workers_[i]));
    workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return idle;
}

void RealSeats::retire_all() {
  Workers all;
  {
    std::lock_guard lock(mutex_);
    all = std::exchange(workers_, {});
    for (auto& dead : graveyard_) all.push_back(std::move(dead));
    graveyard_.clear();
  }
  for (const auto& worker : all) TARN_ASSERT(worker->portals == 0, "every execution is gone before the seats");
}

SqlResult<void> RealSeats::take_seat_of(SqlWorker& worker, const Interrupt& interrupt,
                                        std::optional<host::MonotonicTime> deadline) {
  Lock lock(mutex_);
  host::MonotonicTime queue_deadline = clock_.now() + options_.queue_wait_max;
  while (worker.running >= options_.seats_per_worker && !worker.shunned)  // of a dead one: sending will say so
    TARN_TRY(wait(lock, interrupt, deadline, queue_deadline));
  ++worker.running;
  return {};
}

void RealSeats::free_seat(SqlWorker& worker, bool portal_too) {
  std::lock_guard lock(mutex_);
  --worker.running;
  if (portal_too) --worker.portals;
  worker.idle_since = clock_.now();
  changed_.notify_all();
}

void RealSeats::free_portal(SqlWorker& worker) {
  std::lock_guard lock(mutex_);
  --worker.portals;
  worker.idle_since = clock_.now();
  changed_.notify_all();
}

}  // namespace

std::unique_ptr<Seats> Seats::make(host::Clock& clock, StartWorker start, const SeatOptions& options) {
  return std::make_unique<RealSeats>(clock, std::move(start), options);
}

}  // namespace tarn::engine
