// The outside world, handed to whoever needs it: one struct of interfaces, made real in `tarn`, fake in tests.
#pragma once

#include "host/clock.h"
#include "host/files.h"
#include "host/process.h"
#include "host/random.h"

namespace tarn::host {

// Borrowed; the owner outlives everyone who got it.
struct Host {
  Files& files;
  Clock& clock;
  Random& random;
  Processes* processes = nullptr;  // absent where a test starts no program
};

}  // namespace tarn::host
