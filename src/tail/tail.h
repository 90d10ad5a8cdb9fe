// Decoded rows that have not landed yet, as immutable chunks that SQL workers and the Parquet writer share.
//
// A chunk's rows are of one table, in one committed schema, in Arrow's columnar layout (chunk.h), in a sealed memory
// file whose descriptor main holds here and passes on: the kernel counts the references.
//
// For a consistent view take snapshot() first and the catalog's state after it, then use, of each source, the ranges
// that begin at or after its landed end: commits cover whole ranges, and a range is dropped only after its commit, so
// each row is seen once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"
#include "base/uuid.h"
#include "host/channel.h"

namespace tarn::tail {

struct Chunk {
  host::Descriptor file;  // sealed
  Bytes size;
  std::uint32_t rows = 0;
  SchemaId schema{0};
};

// Where rows come from: one partition of a topic, landing in `table` (its dead letters in the table's DLQ).
struct Source {
  TableUuid table;
  Uuid source;
  PartitionId partition;
  auto operator<=>(const Source&) const = default;
};

struct TableRows {
  TableUuid table;  // the source's table, or its DLQ
  std::shared_ptr<const Chunk> chunk;
};

// Offsets [from, to) of a source, decoded. No rows at all is fine (every record was a tombstone).
struct DecodedRange {
  Source source;
  Offset from;
  Offset to;
  std::vector<TableRows> rows;
  TimestampMs decoded_at;
};

// All ranges at one moment. Immutable.
class TailState {
 public:
  virtual ~TailState() = default;
  // In offset order, adjacent.
  virtual const std::vector<DecodedRange>& ranges(const Source& source) const = 0;
  virtual std::vector<Source> sources(TableUuid table) const = 0;  // whose ranges hold rows of `table` (DLQs included)
};

struct TailOptions {
  Bytes bytes_max = 512_MiB;  // of all chunks; at the bound decoding waits for landing (chunk pressure)
};

// Thread-safe; nothing blocks.
class Tail {
 public:
  static std::unique_ptr<Tail> make(const TailOptions& options = {});
  virtual ~Tail() = default;

  virtual std::shared_ptr<const TailState> snapshot() const = 0;

  // Adds a range that begins where the source's last one ends, or, with from below that, replaces the source's last
  // ranges that begin at or after `from` (a small open chunk, grown). kConflict if it would leave a hole.
  virtual Result<void> put(DecodedRange range) = 0;
  // The source has landed up to `end`: drops the ranges below it.
  virtual void drop_landed(const Source& source, Offset end) = 0;
  // Forgets everything of a source (detached binding, schema replaced, worker died with rows of it half given).
  virtual void drop(const Source& source) = 0;

  virtual Bytes bytes() const = 0;
  virtual Bytes bytes_max() const = 0;
};

}  // namespace tarn::tail
