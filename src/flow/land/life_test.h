// Landing below the doors on a disk that can break, with the worker played by the test: no DuckDB, no Parquet, a data
// file is its records as lines.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/land_protocol.h"
#include "flow/land/lander.h"
#include "host/faulty_files.h"
#include "log/testing.h"

namespace tarn::flow::land {

inline constexpr std::chrono::milliseconds kBrokenWait{20};  // for a barrier that a fault may keep from ending
inline constexpr std::chrono::milliseconds kSoundWait{20'000};

enum class Asked { kDecode, kWrite, kRewrite };

// The order in which workers answer: each request at once, or, while held, when the test says so.
class WorkerScript {
 public:
  void hold(bool through_deaths = false);  // else a worker's death releases
  void release();                          // answers what waits, and from now on at once
  void forget_waiting();                   // what a worker that ended was asked
  bool wait_for(Asked kind);               // until such a request waits; false: none came
  std::size_t waiting(Asked kind);
  void answer(Asked kind, bool open = false);  // the oldest such request; `open`: its range may grow

  // By the worker: `run` answers.
  void ask(Asked kind, std::function<void(bool open)> run);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool through_deaths_ = false;
  std::deque<std::pair<Asked, std::function<void(bool)>>> waiting_;
};

// What is known of the topic `rides` before its records come: that they have a string `v`; or nothing: then `v` is
// long, and double once a value has a point.
enum class Rides { kDeclared, kInferred };

// Everything below the doors, from one start to its end, however sudden.
class Life {
 public:
  Life(host::FaultyFiles& files, std::uint64_t seed, Rides rides = Rides::kDeclared)
      : files_(files), rides_(rides), random_(host::seeded_random(seed)) {}
  ~Life();
  Result<void> start(std::chrono::milliseconds worker_stall_max = LandOptions().worker_stall_max);

  log::Log& log() { return *log_; }
  catalog::Catalog& catalog() { return *catalog_; }
  WorkerScript& worker() { return script_; }
  int workers() const { return workers_; }  // started so far
  void kill_worker();                       // the one that was asked last; what it was asked is forgotten
  Result<void> land(std::chrono::milliseconds wait) { return lander_->land({}, clock_->now() + wait); }
  std::shared_ptr<const catalog::TableState> table() {
    return catalog_->state()->find(catalog::TableName{"public", "rides"});
  }
  // Commits lines as if an earlier attempt had come through after all; `size`: what is said of their file's.
  void commit_behind_its_back(const log::TopicPartition& partition, Offset from, Offset to, const std::string& lines,
                              Bytes size = 1_KiB);

 private:
  host::FaultyFiles& files_;
  const Rides rides_;
  WorkerScript script_;
  std::atomic<engine::WorkerProcess*> worker_{nullptr};
  std::atomic<int> workers_{0};
  std::unique_ptr<host::Clock> clock_ = host::real_clock();
  std::unique_ptr<host::Random> random_;
  std::unique_ptr<tail::Tail> tail_ = tail::Tail::make();
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<Lander> lander_;
  std::unique_ptr<log::Log> log_;
  log::Log* borrowed_log_ = nullptr;
};

// What was sent, and what of it was acknowledged.
struct Producer {
  std::vector<std::string> sent, acked;
  void send(log::Log& log, const log::TopicPartition& partition, int count, const char* suffix = "");
};

// How often each value is in the table, all of whose files have the present `v`.
std::map<std::string, int> rows_in_table(Life& life, host::FaultyFiles& files);
// What was acknowledged is there, once; nothing else is there twice.
void check_rows(Life& life, host::FaultyFiles& files, const Producer& producer);

// A life whose worker waits for the test, and a topic of two partitions, each of whose ranges lands at once.
struct Held {
  host::FaultyFiles files{1};
  Life life;
  Producer producer;
  log::TopicPartition rides, other;

  explicit Held(std::chrono::milliseconds worker_stall_max = std::chrono::minutes(2), Rides kind = Rides::kDeclared);
  WorkerScript& worker() { return life.worker(); }
  void send(int count, const char* suffix = "") { producer.send(life.log(), rides, count, suffix); }
  void check_all_landed_once();
};

}  // namespace tarn::flow::land
