// `tarn worker sql`: runs rewritten, authorised SQL for main and streams Postgres rows back (engine/sql_protocol.h).
#pragma once

#include "base/bytes.h"
#include "host/channel.h"
#include "host/files.h"
#include "worker/sql/database.h"

namespace tarn::worker::sql {

inline constexpr int kExitBroken = 70;  // DuckDB said that it is not to be used any more

// Serves until the channel closes; says Ready first. Returns the process's exit code. Ends the process itself, after
// the reply is sent, when DuckDB breaks.
int run_sql_worker(host::Files& files, host::Channel& channel, const DatabaseOptions& options);

}  // namespace tarn::worker::sql
