// chunk_scan(id): rows of decoded chunks (tail/chunk_layout.h) as a DuckDB table function, without a copy: vectors
// point into the chunks' mappings.
//
// A scan's columns are those of the chunks' one schema; only the columns that a statement uses are converted. Chunks
// are scanned in order by one thread, or one chunk per thread by several.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "table/schema.h"
#include "tail/chunk_view.h"

namespace tarn::worker {

// Chunks of one schema. Immutable.
struct ChunkSet {
  table::Schema schema;
  std::vector<std::shared_ptr<const tail::ChunkView>> chunks;
};

// The chunk sets that statements of one database may name. Thread-safe. Outlives every statement that uses it.
class ChunkScans {
 public:
  // Registers the function `chunk_scan` in `database`. Errors: kInternal.
  static Result<std::unique_ptr<ChunkScans>> attach(duckdb_database database);
  virtual ~ChunkScans() = default;

  // Makes `chunk_scan(<id>)` mean these chunks; the set lives until remove() and the end of statements that scan it.
  virtual std::uint64_t add(std::shared_ptr<const ChunkSet> set) = 0;
  virtual void remove(std::uint64_t id) = 0;
};

}  // namespace tarn::worker
