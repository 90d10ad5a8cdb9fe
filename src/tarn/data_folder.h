// The data folder as one running platform owns it.
//
//   <data>/version        "1\n": the layout's version; a newer one is refused
//   <data>/cluster_id     22 characters of base64: who this platform is, to Kafka's clients
//   <data>/lock           held exclusively by main, says its pid
//   <data>/workers.lock   held by main and, inherited, by its workers: a new main waits until the last of a dead
//                         main's workers is gone, so no leftover writes under it
//   <data>/endpoints      where the doors of the running platform are, for commands; removed by a clean stop
//   <data>/tmp/           workers' spill, emptied at start
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "host/host.h"

namespace tarn::app {

inline constexpr int kDataVersion = 1;
inline constexpr std::chrono::seconds kLeftoverWorkersWaitMax{10};

struct Endpoints {
  int pid = 0;
  std::string kafka, pg, http;  // "ADDR:PORT"
};

// Held while main runs.
class DataFolder {
 public:
  // Makes `path` if missing and takes it. Errors, each with what to do: kUnavailable (in use, by which pid),
  // kUnsupported (a newer layout), kIo (not writable).
  static Result<std::unique_ptr<DataFolder>> take(host::Host host, const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& cluster_id() const { return cluster_id_; }
  std::string temp() const { return host::join(path_, "tmp"); }
  int workers_lock_descriptor() const { return workers_lock_->descriptor(); }
  Result<void> publish(const Endpoints& endpoints);
  void withdraw();  // a clean stop

 private:
  DataFolder(host::Host host, std::string path) : host_(host), path_(std::move(path)) {}
  host::Host host_;
  std::string path_;
  std::string cluster_id_;
  std::unique_ptr<host::FileLock> lock_;
  std::unique_ptr<host::FileLock> workers_lock_;
};

// The running platform of a data folder. kUnavailable if none runs there.
Result<Endpoints> find_running(host::Files& files, const std::string& data);

// For `tarn doctor`. kUnsupported or kCorruption as take() says it; fine if nothing says a version.
Result<void> check_data_version(host::Files& files, const std::string& data);
struct FolderState {
  bool left_behind = false;   // the last Tarn was killed
  bool workers_left = false;  // and its workers live on
};
// Of a folder that nobody runs on.
FolderState folder_state(host::Files& files, const std::string& data);

}  // namespace tarn::app
