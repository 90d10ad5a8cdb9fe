// `tarn worker land`: decodes ranges of partitions into chunks and writes chunks as Parquet (engine/land_protocol.h).
//
// Two threads: this one decodes, another writes, so that a flush does not hold up fresh rows.
#pragma once

#include <string>

#include "base/bytes.h"
#include "host/channel.h"
#include "host/files.h"

namespace tarn::worker::land {

struct LandWorkerOptions {
  std::string temp;          // its own folder, for what DuckDB spills
  Bytes memory_max = 1_GiB;  // DuckDB's share
};

// Serves until the channel closes. Returns the process's exit code.
int run_land_worker(host::Files& files, host::Channel& channel, const LandWorkerOptions& options);

}  // namespace tarn::worker::land
