// The one writer: takes waiting intents of one branch, applies each to a draft, makes their files durable, commits the
// draft in one transaction and swaps the state. So a version belongs to one branch. What only reads or writes rows of
// the store (branches, runs, older versions) is a job, and goes through the same line.
//
// After a commit of unknown outcome (a full disk in the middle of it) the next batch first reads everything anew from
// disk. After a disk that failed to sync nothing is written any more: what it holds is anyone's guess.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "catalog/draft.h"
#include "catalog/states.h"
#include "catalog/store.h"

namespace tarn::catalog {

// Intents that wait for the queue; past it they are refused.
inline constexpr std::size_t kWaitingMax = 1000;
// Intents of one transaction: bounds open files, and what one failure takes along.
inline constexpr std::size_t kBatchMax = 100;

class Queue {
 public:
  using Intent = std::function<Result<Committed>(Draft&)>;
  using Job = std::function<Result<void>(Store&, States&)>;

  static Result<std::unique_ptr<Queue>> open(host::Host host, const host::Path& data, const CatalogOptions& options,
                                             LakeReader& reader);
  ~Queue();

  States& states() { return states_; }
  const States& states() const { return states_; }
  Result<void> health() const;
  // Blocks until the intent, on `branch`, is durable or failed.
  Result<Committed> run(const std::string& branch, Intent intent);
  // One transaction of rows; `then`, once it is durable.
  Result<void> write(Job job, std::function<void(States&)> then = {});
  Result<void> read(Job job);

 private:
  struct Waiting {
    std::string branch;
    Intent intent;
    Job job;  // instead of an intent
    bool job_writes = false;
    std::function<void(States&)> then;
    std::promise<Result<Committed>> done;
  };

  Queue(host::Host host, const host::Path& data, const CatalogOptions& options, LakeReader& reader);
  Result<void> load();
  Result<Committed> wait_for(Waiting waiting);
  std::deque<Waiting> take_batch();
  void work();
  void run_job(Waiting& one);
  void run_batch(std::deque<Waiting> batch);
  Result<void> ready();
  Result<StatePtr> base_of(const std::string& branch);
  Result<void> write(Draft& draft);
  void store_failed(const Error& error);
  void stop_writing(const Error& error);

  host::Host host_;
  host::Path data_;
  LakeWriter writer_;
  KnownPaths known_paths_;
  States states_;
  DraftTools tools_;
  std::unique_ptr<Store> store_;  // null: to be opened anew

  mutable std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<Waiting> waiting_;
  std::string stopped_;  // why nothing is written any more; empty: it is
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace tarn::catalog
