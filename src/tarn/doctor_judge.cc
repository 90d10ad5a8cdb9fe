// From what `tarn doctor` saw to what is wrong. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tarn/doctor.h"

namespace tarn::app {
namespace {

std::string size_text(Bytes bytes) {
  double gib = static_cast<double>(bytes.count()) / static_cast<double>((1_GiB).count());
  return gib < 1 ? fmt::format("{:.0f} MiB", gib * 1024) : fmt::format("{:.1f} GiB", gib);
}

class Judge {
 public:
  explicit Judge(const Facts& facts) : facts_(facts) {}

  std::vector<Finding> all() {
    machine();
    sandbox();
    limits();
    clock();
    project();
    if (facts_.project_error.empty()) {
      doors();
      data();
      disk();
      fsync_speed();
    }
    clients();
    return std::move(findings_);
  }

 private:
  void fine(std::string subject, std::string text) { add(Level::kFine, std::move(subject), std::move(text), ""); }
  void note(std::string subject, std::string text) { add(Level::kNote, std::move(subject), std::move(text), ""); }
  void wrong(std::string subject, std::string text, std::string mend) {
    add(Level::kWrong, std::move(subject), std::move(text), std::move(mend));
  }
  void add(Level level, std::string subject, std::string text, std::string mend) {
    findings_.push_back({level, std::move(subject), std::move(text), std::move(mend)});
  }

  void machine() {
    const host::Machine& m = facts_.machine;
    std::string text = fmt::format("{} core{}, {} of memory ({} available), Linux {}", m.cores, m.cores == 1 ? "" : "s",
                                   size_text(m.memory), size_text(m.memory_available), m.kernel);
    if (m.memory_allowed && *m.memory_allowed < m.memory)
      wrong("machine",
            fmt::format("{}; but this container may use {} only, and Tarn's workers go by the machine's memory", text,
                        size_text(*m.memory_allowed)),
            "raise the container's memory limit to the machine's, or run Tarn outside of it");
    else if (m.memory_available < kMemoryLow)
      wrong(
          "machine", text,
          fmt::format("free some memory: below {} large statements spill to disk and may fail", size_text(kMemoryLow)));
    else
      fine("machine", text);
  }

  void sandbox() {
    int version = facts_.machine.landlock_version;
    if (version > 0)
      fine("sandbox", fmt::format("Landlock {}: workers reach their own folders only", version));
    else
      wrong("sandbox", "this kernel has no Landlock, so workers can open any file of this user",
            "Linux 5.13 or later with `landlock` in the kernel's lsm= list; in a container, a seccomp profile that "
            "lets it through");
  }

  void limits() {
    std::uint64_t most = facts_.machine.open_files_max;
    if (most >= kOpenFilesLow)
      fine("limits", fmt::format("{} open files", most));
    else
      wrong(
          "limits", fmt::format("{} open files at most: connections and log segments share them", most),
          fmt::format("ulimit -Hn {} as root, LimitNOFILE={} in a systemd unit", kOpenFilesLow * 4, kOpenFilesLow * 4));
  }

  void clock() {
    constexpr std::int64_t kYear2024 = 1'704'067'200'000;
    if (facts_.wall_ms < kYear2024)
      wrong("clock", "it stands before 2024: records would be stamped so, and retention go by it",
            "set the clock (timedatectl)");
    else if (facts_.machine.clock_synchronized)
      fine("clock", "synchronized");
    else
      note("clock", "nothing says that it is synchronized (no NTP client, or a container)");
  }

  void project() {
    std::string found = facts_.project_found.empty() ? "" : facts_.project_found + "; ";
    if (facts_.project_error.empty())
      fine("project", found + "tarn.yaml and topics/*.yaml can be read");
    else
      wrong("project", found + facts_.project_error,
            "mend that line; `tarn up --help` and the README say what may stand there");
  }

  void doors() {
    for (const Facts::Door& door : facts_.doors) {
      if (!door.listener)
        fine("ports", fmt::format("{} {} is free", door.name, door.address));
      else if (facts_.running_pid && door.listener->pid == facts_.running_pid)
        fine("ports", fmt::format("{} {} is served by this project's Tarn (pid {})", door.name, door.address,
                                  facts_.running_pid));
      else
        wrong("ports", fmt::format("{} {} is taken by {}", door.name, door.address, to_string(*door.listener)),
              fmt::format("stop it, or choose another: `{}: 127.0.0.1:PORT` in tarn.yaml, or tarn up --{} 127.0.0.1:0",
                          door.name, door.name));
    }
  }

  void data() {
    if (!facts_.data_error.empty())
      wrong("data", facts_.data_error, "look at the folder's owner and mode, or choose another with --data");
    else if (!facts_.data_exists)
      fine("data", fmt::format("{} is not there yet; `tarn up` makes it", facts_.data));
    else if (facts_.running_pid && facts_.health.empty())
      fine("data", fmt::format("{}: Tarn runs on it (pid {}) and is well", facts_.data, facts_.running_pid));
    else if (facts_.running_pid)
      wrong("data",
            fmt::format("{}: Tarn runs on it (pid {}) and says: {}", facts_.data, facts_.running_pid, facts_.health),
            "mend what it says, then stop and start it");
    else if (facts_.workers_left)
      wrong("data", fmt::format("{}: workers of a Tarn that died still hold it", facts_.data),
            "end the `tarn worker` processes");
    else if (facts_.left_behind)
      note("data",
           fmt::format("{}: Tarn was killed on it; the next start recovers what was acknowledged", facts_.data));
    else
      fine("data", fmt::format("{}: nothing runs on it", facts_.data));
  }

  void disk() {
    constexpr std::array<std::string_view, 4> kRemote{"nfs", "cifs", "9p", "fuse"};
    if (!facts_.disk_error.empty())
      return wrong("disk", facts_.disk_error,
                   "give this user the right to write there, or choose another folder with --data");
    if (facts_.disk_available) {
      std::string text = fmt::format("{} free, {}", size_text(*facts_.disk_available), facts_.file_system);
      if (*facts_.disk_available < kDiskLow)
        wrong("disk", text,
              fmt::format("free some: below {} there is little room for what lands, and a full disk refuses records",
                          size_text(kDiskLow)));
      else
        fine("disk", text);
    }
    if (facts_.file_system == "tmpfs")
      wrong("disk", "the data folder is in memory (tmpfs): a restart of the machine loses it",
            "choose a folder on a disk with --data or `data:`");
    else if (std::ranges::find(kRemote, facts_.file_system) != kRemote.end())
      wrong("disk", fmt::format("the data folder is on {}, where locks and fsync can't be trusted", facts_.file_system),
            "choose a folder on a local disk with --data or `data:`");
  }

  void fsync_speed() {
    if (!facts_.fsync_median || !facts_.fsync_worst) return;
    auto ms = [](std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; };
    std::string text = fmt::format("4 KiB written and synced in {:.2f} ms (median; {:.2f} ms at worst)",
                                   ms(*facts_.fsync_median), ms(*facts_.fsync_worst));
    if (*facts_.fsync_median > kFsyncSlow)
      wrong("fsync", text + ": every acknowledgement waits for one",
            "put the data folder on an SSD; or tarn.fsync=never for topics that may lose records at a power cut");
    else
      fine("fsync", text);
  }

  void clients() {
    if (!facts_.clients_found.empty()) fine("clients", fmt::format("{}", fmt::join(facts_.clients_found, ", ")));
    if (!facts_.clients_missing.empty())
      note("clients", fmt::format("not found, and not needed: {}", fmt::join(facts_.clients_missing, ", ")));
  }

  const Facts& facts_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> judge(const Facts& facts) { return Judge(facts).all(); }

}  // namespace tarn::app
