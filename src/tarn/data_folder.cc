#include "tarn/data_folder.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

namespace tarn::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kLockPoll = 20ms;
constexpr auto kProbeWaitMax = 300ms;  // find_running() holds the lock for a moment to see whether anyone else does
constexpr Bytes kSmallFileMax = 4_KiB;

std::string version_path(const std::string& data) { return host::join(data, "version"); }
std::string lock_path(const std::string& data) { return host::join(data, "lock"); }
std::string endpoints_path(const std::string& data) { return host::join(data, "endpoints"); }

int to_int(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<void> make_version(host::Files& files, const std::string& data) {
  TARN_ASSIGN(bool there, files.exists(version_path(data)));
  if (there) return {};
  return host::write_file_atomically(files, version_path(data), as_bytes(fmt::format("{}\n", kDataVersion)));
}

Error in_use(host::Files& files, const std::string& data) {
  auto holder = host::read_file(files, lock_path(data), kSmallFileMax);
  std::string pid = holder ? std::string(as_text(*holder)) : "";
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return {Code::kUnavailable,
          fmt::format("data folder {} is in use by tarn{}; stop it, or choose another folder with --data", data,
                      pid.empty() ? "" : fmt::format(" (pid {})", pid))};
}

Result<std::unique_ptr<host::FileLock>> lock_within(host::Host host, const std::string& path, host::Duration wait_max) {
  auto deadline = host.clock.now() + wait_max;
  for (;;) {
    auto lock = host.files.lock(path, true);
    if (lock || lock.error().code != Code::kUnavailable || host.clock.now() >= deadline) return lock;
    host.clock.sleep_until(host.clock.now() + kLockPoll);
  }
}

Result<std::unique_ptr<host::FileLock>> wait_for_workers(host::Host host, const std::string& data) {
  std::string path = host::join(data, "workers.lock");
  auto lock = lock_within(host, path, kLeftoverWorkersWaitMax);
  if (!lock && lock.error().code == Code::kUnavailable)
    return fail(Code::kUnavailable,
                fmt::format("workers of a Tarn that died still hold {}; end the `tarn worker` processes", path));
  return lock;
}

Result<std::string> read_or_make_cluster_id(host::Host host, const std::string& data) {
  std::string path = host::join(data, "cluster_id");
  TARN_ASSIGN(bool there, host.files.exists(path));
  if (!there) {
    std::string made = host.random.uuid().to_base64();
    TARN_TRY(host::write_file_atomically(host.files, path, as_bytes(made)));
    return made;
  }
  TARN_ASSIGN(Buffer content, host::read_file(host.files, path, kSmallFileMax));
  return std::string(as_text(content));
}

Result<void> write_pid(host::Files& files, const std::string& data) {
  TARN_ASSIGN(auto file, files.open(lock_path(data), host::OpenMode::kCreate));
  std::string pid = fmt::format("{}\n", host::self_pid());
  TARN_TRY(file->truncate(0_B));
  return file->write_at(as_bytes(pid), 0_B);
}

}  // namespace

Result<void> check_data_version(host::Files& files, const std::string& data) {
  TARN_ASSIGN(bool there, files.exists(version_path(data)));
  if (!there) return {};
  TARN_ASSIGN(Buffer content, host::read_file(files, version_path(data), kSmallFileMax));
  int version = to_int(as_text(content));
  if (version >= 1 && version <= kDataVersion) return {};
  if (version < 1)
    return fail(Code::kCorruption,
                fmt::format("{} holds no version; is {} a Tarn data folder?", version_path(data), data));
  return fail(
      Code::kUnsupported,
      fmt::format("data folder {} has layout {}, this Tarn knows up to {}; start it with the Tarn that wrote it", data,
                  version, kDataVersion));
}

FolderState folder_state(host::Files& files, const std::string& data) {
  FolderState state;
  auto endpoints = files.exists(endpoints_path(data));
  state.left_behind = endpoints && *endpoints;
  std::string workers = host::join(data, "workers.lock");
  auto there = files.exists(workers);
  if (there && *there) {
    auto lock = files.lock(workers, true);
    state.workers_left = !lock && lock.error().code == Code::kUnavailable;
  }
  return state;
}

Result<std::unique_ptr<DataFolder>> DataFolder::take(host::Host host, const std::string& path) {
  std::unique_ptr<DataFolder> folder(new DataFolder(host, path));
  if (auto made = host.files.make_dirs(path); !made)
    return fail(Code::kIo, fmt::format("data folder {} can't be made ({}); choose another with --data", path,
                                       made.error().message));
  auto lock = lock_within(host, lock_path(path), kProbeWaitMax);
  if (!lock && lock.error().code == Code::kUnavailable) return std::unexpected(in_use(host.files, path));
  if (!lock)
    return fail(Code::kIo, fmt::format("data folder {} is not writable ({}); choose another with --data", path,
                                       lock.error().message));
  folder->lock_ = std::move(*lock);
  TARN_TRY(write_pid(host.files, path));
  TARN_TRY(check_data_version(host.files, path));
  TARN_TRY(make_version(host.files, path));
  TARN_ASSIGN(folder->cluster_id_, read_or_make_cluster_id(host, path));
  TARN_ASSIGN(folder->workers_lock_, wait_for_workers(host, path));
  TARN_TRY(host.files.remove_dirs(folder->temp()));
  TARN_TRY(host.files.make_dirs(folder->temp()));
  return folder;
}

Result<void> DataFolder::publish(const Endpoints& endpoints) {
  std::string text =
      fmt::format("pid {}\nkafka {}\npg {}\nhttp {}\n", endpoints.pid, endpoints.kafka, endpoints.pg, endpoints.http);
  return host::write_file_atomically(host_.files, endpoints_path(path_), as_bytes(text));
}

void DataFolder::withdraw() { (void)host_.files.remove(endpoints_path(path_)); }

Result<Endpoints> find_running(host::Files& files, const std::string& data) {
  auto none = [&] {
    return fail(
        Code::kUnavailable,
        fmt::format("no Tarn is running on {}; start one with `tarn up --data {}`, or name its folder with --data",
                    data, data));
  };
  auto content = host::read_file(files, endpoints_path(data), kSmallFileMax);
  if (!content) return none();
  // The file outlives a crash; the lock does not.
  if (auto lock = files.lock(lock_path(data), true); lock) return none();
  Endpoints endpoints;
  std::istringstream lines{std::string(as_text(*content))};
  for (std::string key, value; lines >> key >> value;) {
    if (key == "pid") endpoints.pid = to_int(value);
    if (key == "kafka") endpoints.kafka = value;
    if (key == "pg") endpoints.pg = value;
    if (key == "http") endpoints.http = value;
  }
  if (endpoints.http.empty()) return none();
  return endpoints;
}

}  // namespace tarn::app
