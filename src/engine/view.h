// What one statement reads: the catalog at one version and the tail rows that belong on top. Immutable; holding it pins
// chunks and keeps the files it names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "host/clock.h"
#include "tail/tail.h"

namespace tarn::engine {

// One table in a view: rows are those of `files` plus those of `chunks`.
struct TableView {
  std::shared_ptr<const catalog::TableState> table;
  std::shared_ptr<const std::vector<table::DataFile>> files;
  std::vector<std::shared_ptr<const tail::Chunk>> chunks;
};

class View {
 public:
  // Takes tail, then catalog: see tail.h for why in this order.
  static std::shared_ptr<const View> take(const tail::Tail& tail, catalog::Catalog& catalog);
  // Files only: what another branch than main, or a version of one, has.
  static std::shared_ptr<const View> of_files(std::shared_ptr<const catalog::State> state, catalog::Catalog& catalog);

  const catalog::State& state() const { return *state_; }
  // kNotFound if there is no such table at this version.
  Result<TableView> table(const catalog::TableName& name) const;
  // Every chunk that the view keeps alive, of all tables, each once.
  std::vector<const tail::Chunk*> chunks() const;

 private:
  View(std::shared_ptr<const tail::TailState> tail, std::shared_ptr<const catalog::State> state,
       catalog::Catalog& catalog)
      : tail_(std::move(tail)), state_(std::move(state)), catalog_(catalog) {}
  std::shared_ptr<const tail::TailState> tail_;  // null: files only
  std::shared_ptr<const catalog::State> state_;
  catalog::Catalog& catalog_;
};

// Implemented by flow/land: how far decoding is behind what was acknowledged.
class Freshness {
 public:
  virtual ~Freshness() = default;
  struct Waited {
    std::int64_t records_missing = 0;  // acknowledged before the call, not decoded when the wait ended
    bool recovering = false;           // not even what was readable before the last stop is decoded yet
    std::string held_up_by;            // what went wrong with a topic that is behind; "": it is only slow
  };
  // Waits until everything acknowledged before the call in the topics that land in `tables` is decoded, or `deadline`.
  virtual Waited wait_decoded(const std::vector<TableUuid>& tables, host::MonotonicTime deadline) = 0;
  // Topics with records but no table yet whose table will be one of `tables` get it now, instead of gathering more
  // records to infer it from. Waits until they have, or `deadline`; true if there were any.
  virtual bool wait_bound(const std::vector<catalog::TableName>& tables, host::MonotonicTime deadline) = 0;
};

inline constexpr std::chrono::milliseconds kDecodeWaitMax{
    100};                                                      // then the statement reads what is there, with a NOTICE
inline constexpr std::chrono::milliseconds kBindWaitMax{500};  // for the table of a topic's first records
inline constexpr std::chrono::seconds kRecoverWaitMax{30};     // after a start; then it fails (kUnavailable)
inline constexpr std::chrono::seconds kHeldUpWaitMax{2};       // the same, once something is known to be wrong

}  // namespace tarn::engine
