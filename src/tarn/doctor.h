// `tarn doctor`: what of this machine, project and data folder would get in Tarn's way, and what mends it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "host/host.h"
#include "host/machine.h"
#include "tarn/commands.h"

namespace tarn::app {

inline constexpr Bytes kDiskLow = 5_GiB;  // the write-ahead log alone takes 1 GiB
inline constexpr Bytes kMemoryLow = 2_GiB;
inline constexpr std::uint64_t kOpenFilesLow = 16'384;
inline constexpr std::chrono::microseconds kFsyncSlow{20'000};  // an ack waits for one

enum class Level {
  kFine,
  kNote,  // worth knowing, nothing to mend
  kWrong
};

struct Finding {
  Level level = Level::kFine;
  std::string subject;  // "ports"
  std::string text;
  std::string mend;  // of what is wrong
};

// All that was looked at. What follows from it is judge()'s.
struct Facts {
  host::Machine machine;
  std::int64_t wall_ms = 0;

  std::string project;        // its folder
  std::string project_found;  // that it is not the folder we are in; else empty
  std::string project_error;  // tarn.yaml or topics/*.yaml can't be read: no more is known of ports and data

  struct Door {
    std::string name;     // "kafka", as tarn.yaml calls it
    std::string address;  // "127.0.0.1:9092"
    std::optional<host::Listener> listener;
  };
  std::vector<Door> doors;

  std::string data;  // the data folder
  bool data_exists = false;
  std::string data_error;     // its files can't be read, or a newer Tarn wrote it
  int running_pid = 0;        // of the Tarn that has it; 0: none
  std::string health;         // what that one says of itself; empty: well
  bool left_behind = false;   // an unclean stop: the next start recovers
  bool workers_left = false;  // a dead Tarn's workers still hold it

  std::string file_system;
  std::optional<Bytes> disk_available;
  std::string disk_error;  // a file can't be written there
  std::optional<std::chrono::microseconds> fsync_median, fsync_worst;

  std::vector<std::string> clients_found, clients_missing;
};

std::vector<Finding> judge(const Facts& facts);

}  // namespace tarn::app
