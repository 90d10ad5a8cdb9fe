// Landing: from the log's records to rows in tables, exactly once.
//
//   high-watermark moves ──> Decode lease to the landing worker ──> chunk in the tail (visible to SQL)
//   64 MB, 30 s, pressure or a barrier ──> Write to the worker ──> Parquet ──> commit: files and offsets in one
//
// One thread decides everything (`tarn-land`); the worker's answers, the log's progress and callers' barriers reach it
// through one queue. A worker's death costs the leases in flight: they are asked again of its successor, files under
// new names, and a zombie's files are never named by a commit, since commits are made here and fenced by offsets.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "engine/view.h"
#include "engine/worker_process.h"
#include "host/host.h"
#include "log/log.h"
#include "tail/tail.h"

namespace tarn::flow::land {

// What topics/*.yaml declares of a topic's table.
struct Declaration {
  std::string table;                                 // "": the default name
  std::optional<std::vector<table::Field>> columns;  // ids are zero; none: inferred
};

struct LandOptions {
  std::size_t auto_tables_max = 1000;  // topics that have no table yet land in a new one only below this many
  std::vector<std::string> skip;       // globs of topic names
  std::map<std::string, Declaration> declarations;
  std::chrono::milliseconds infer_wait{1000};  // how long the first records of a topic gather before it is bound
  std::chrono::milliseconds worker_stall_max{
      120'000};                              // a worker that was asked and says nothing this long is replaced
  std::chrono::milliseconds retry_min{100};  // from a first failure to the next try; each after it waits twice as long
};

using StartWorker = std::function<Result<std::unique_ptr<engine::WorkerProcess>>(engine::WorkerProcess::OnMessage,
                                                                                 engine::WorkerProcess::OnExit)>;

struct PartitionStatus {
  PartitionId partition;
  Offset log_start, end, decoded, landed;
};

struct TopicStatus {
  std::string name;
  TopicId id;
  std::optional<catalog::TableName> table;
  std::optional<std::string> reason;             // why it does not land, or not now
  std::optional<catalog::BindingFormat> format;  // none: not known yet
  std::vector<PartitionStatus> partitions;
};

// Thread-safe.
class Lander : public log::LogListener, public log::LandedOffsets, public engine::Freshness {
 public:
  // Borrows all of them; they outlive it.
  static std::unique_ptr<Lander> make(host::Host host, catalog::Catalog& catalog, tail::Tail& tail,
                                      StartWorker start_worker, const LandOptions& options);
  ~Lander() override = default;

  // Once the log is open; until then only landed_end() may be asked.
  virtual void start(log::Log& log) = 0;
  // Ends the thread and the worker. What is decoded but not landed is decoded again after the next start.
  virtual void stop() = 0;

  // The barrier: returns when the topics (none: all that land) have landed up to the ends read when it was called.
  // kTimeout past the deadline, kNotFound, kInvalidArgument (a named topic does not land): with the reason.
  // kCancelled once `gone`: the caller does not wait any more.
  virtual Result<void> land(const std::vector<std::string>& topics, host::MonotonicTime deadline,
                            std::stop_token gone = {}) = 0;

  virtual bool lands(const std::string& topic) const = 0;  // whether land() takes it
  virtual std::vector<TopicStatus> status() const = 0;     // by name
};

}  // namespace tarn::flow::land
