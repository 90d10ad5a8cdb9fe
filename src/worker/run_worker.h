// `tarn worker <kind> --data DIR --temp DIR --memory BYTES --threads N`: the other process, as main starts it
// (engine/worker_process.h). Confines itself, then serves its channel (descriptor 3) until main closes it.
#pragma once

namespace tarn::worker {

// argv as the process got it: argv[1] is "worker". Returns the exit code: 2 for arguments that main would not give.
int run_worker(int argc, char** argv);

}  // namespace tarn::worker
