// The one writer: takes all waiting intents, applies each to a draft, makes their files durable, commits the draft in
// one transaction and swaps the state.
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
#include "catalog/state.h"
#include "catalog/store.h"

namespace tarn::catalog {

inline constexpr std::size_t kWaitingMax = 1000;  // intents that wait for the queue; past it they are refused
inline constexpr std::size_t kBatchMax =
    100;  // intents of one transaction: bounds open files and what one failure takes along

class Queue {
 public:
  using Intent = std::function<Result<Committed>(Draft&)>;

  static Result<std::unique_ptr<Queue>> open(host::Host host, const host::Path& data, const CatalogOptions& options,
                                             LakeReader& reader);
  ~Queue();

  std::shared_ptr<const StateData> state() const;
  Result<void> health() const;
  // Blocks until the intent is durable or failed.
  Result<Committed> run(Intent intent);

 private:
  struct Waiting {
    Intent intent;
    std::promise<Result<Committed>> done;
  };

  Queue(host::Host host, const host::Path& data, const CatalogOptions& options, LakeReader& reader);
  Result<void> load();
  void work();
  void run_batch(std::deque<Waiting> batch);
  Result<void> ready();
  Result<void> write(Draft& draft);
  void stop_writing(const Error& error);
  void forget_files(const std::vector<std::string>& locations);
  void swap(std::shared_ptr<const StateData> next);

  host::Host host_;
  host::Path data_;
  LakeReader& reader_;
  LakeWriter writer_;
  KnownPaths known_paths_;
  DraftTools tools_;
  std::unique_ptr<Store> store_;  // null: to be opened anew

  mutable std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<Waiting> waiting_;
  std::string stopped_;  // why nothing is written any more; empty: it is
  bool closing_ = false;
  std::shared_ptr<const StateData> state_;
  std::thread thread_;
};

}  // namespace tarn::catalog
