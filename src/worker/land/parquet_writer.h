// Chunks, or older files, to Parquet files, by DuckDB's COPY on one thread: field ids in, column statistics out.
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/land_protocol.h"
#include "host/files.h"
#include "table/data_file.h"
#include "table/schema.h"
#include "worker/chunk_scan.h"

namespace tarn::worker::land {

// Owns an in-memory DuckDB. Not thread-safe.
class ParquetWriter {
 public:
  static Result<std::unique_ptr<ParquetWriter>> open(Bytes memory_max, const std::string& temp);
  virtual ~ParquetWriter() = default;

  // Writes all rows of `chunks` (of one schema, at least one row) to `path`, which does not exist, zstd-compressed, and
  // syncs the file and its folder: DuckDB does not. Bounds are taken from DuckDB's statistics, none for columns in
  // lists. On an error the file may be there, in part. Errors: kIo, kUnavailable (the disk is full), kInternal.
  virtual Result<table::DataFile> write(host::Files& files, const host::Path& path,
                                        std::shared_ptr<const ChunkSet> chunks) = 0;

  // The same with the rows of data files, in another schema.
  virtual Result<table::DataFile> rewrite(host::Files& files, const engine::Rewrite& request) = 0;
};

}  // namespace tarn::worker::land
