// What landing has in hand, all of it owned by the landing thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "engine/land_protocol.h"
#include "host/clock.h"
#include "log/log.h"
#include "tail/tail.h"

namespace tarn::flow::land {

using engine::LandRequestId;

// Waits after failures: doubling from LandOptions::retry_min to kRetryMax, back to none after a success.
class Retry {
 public:
  void failed(host::MonotonicTime now, host::Duration retry_min, std::string why);
  void succeeded() { failures_ = 0, why_.clear(); }
  bool may_try(host::MonotonicTime now) const { return failures_ == 0 || now >= next_; }
  std::optional<host::MonotonicTime> next() const { return failures_ == 0 ? std::nullopt : std::optional(next_); }
  int failures() const { return failures_; }
  const std::string& why() const { return why_; }

 private:
  int failures_ = 0;
  host::MonotonicTime next_;
  std::string why_;
};

// One partition of a topic that lands or may come to.
//
//   log_start ... landed ... decoded ... end
//                 └─ in the tail ─┘
struct PartitionWork {
  Offset end;     // readable: the high-watermark as last told
  Offset landed;  // as the catalog has it
  Offset decoded;
  std::optional<Offset> open_from;     // the last range may grow from here
  std::optional<LandRequestId> lease;  // a Decode in flight
  bool lease_may_grow = false;         // it was given open_from
  host::MonotonicTime next_sync{};     // fsync=never: not before
};

struct TopicWork {
  log::Topic topic;
  bool deleted = false;
  std::optional<std::string> off;  // why it does not land at all
  std::optional<catalog::Binding> binding;
  std::optional<host::MonotonicTime> first_seen;  // unbound: when its first record was
  std::vector<PartitionWork> partitions;
  Retry retry;
};

// A file being written: the chunks of one table and schema.
struct FileWork {
  TableUuid table;
  std::vector<std::shared_ptr<const tail::Chunk>> chunks;
  std::string path;
  std::optional<table::DataFile> written;
};

// A flush of a table and its DLQ, from the Writes to the commit.
struct Flush {
  std::vector<catalog::Land> lands;
  std::vector<FileWork> files;
  std::map<LandRequestId, std::size_t> writes;  // in flight: the index in `files`
  std::int64_t records = 0;
};

// A table's files on their way into a schema in which long columns are double.
struct Rewriting {
  host::Path folder;
  table::Schema from, to;
  catalog::SetSchema schema;  // the commit's two parts; of the second `added` grows file by file
  catalog::RowDelta delta;
  std::shared_ptr<const std::vector<table::DataFile>> files;
  std::size_t next = 0;   // of `files`: those before it are rewritten or in the request
  LandRequestId request;  // in flight, and where its file goes
  host::Path path;
};

// Long columns of a table that met a fraction.
struct Replacement {
  std::set<FieldId> columns;
  std::optional<Rewriting> rewriting;  // once nothing of the table is in flight
  int failures = 0;                    // that waiting does not mend
};

// Per table (its DLQ with it), as several topics may land in one.
struct TableWork {
  std::set<TopicId> topics;
  std::optional<Flush> flush;
  std::optional<host::MonotonicTime> oldest;  // when the oldest range not in a flush was decoded
  Bytes waiting;                              // of chunks not landed
  std::size_t chunks_waiting = 0;
  bool not_replaceable = false;  // found out in this life: what does not fit its long columns goes to the dead letters
  Retry retry;
};

}  // namespace tarn::flow::land
