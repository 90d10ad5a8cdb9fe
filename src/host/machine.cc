#include "host/machine.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "host/process.h"

namespace tarn::host {
namespace {

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Bytes available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string name, value, unit; file >> name >> value; std::getline(file, unit))
    if (name == "MemAvailable:") return Bytes(number<std::uint64_t>(value).value_or(0) << 10);
  return {};
}

// "0100007F:2384" of /proc/net/tcp: words of 32 bits as this machine stores them.
std::string local_of(const std::string& address, int port, int family) {
  unsigned char raw[16] = {};
  if (::inet_pton(family, address.c_str(), raw) != 1) return {};
  std::string text;
  char piece[16];
  for (std::size_t i = 0; i < (family == AF_INET ? 4u : 16u); i += 4) {
    std::uint32_t word;
    std::copy_n(raw + i, 4, reinterpret_cast<unsigned char*>(&word));
    std::snprintf(piece, sizeof piece, "%08X", word);
    text += piece;
  }
  std::snprintf(piece, sizeof piece, ":%04X", static_cast<unsigned>(port));
  return text + piece;
}

// The inode of the socket that listens there, as text.
std::string listening_inode(const std::string& table, const std::vector<std::string>& locals) {
  constexpr std::string_view kListening = "0A";
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
    if (state == kListening && std::ranges::find(locals, local) != locals.end()) return inode;
  }
  return {};
}

constexpr std::string_view kTarnsLock = "/workers.lock";  // see data_folder.h

// What the descriptors of a process lead to ("socket:[123]", "/x/file"); nothing if it may not be looked into.
std::vector<std::string> open_by(const std::string& process) {
  std::vector<std::string> all;
  std::string folder = process + "/fd";
  DIR* open = ::opendir(folder.c_str());
  if (!open) return all;
  while (dirent* entry = ::readdir(open)) {
    char target[4096];
    ssize_t length = ::readlinkat(::dirfd(open), entry->d_name, target, sizeof target);
    if (length > 0) all.emplace_back(target, static_cast<std::size_t>(length));
  }
  ::closedir(open);
  return all;
}

Listener holder_of(const std::string& inode) {
  Listener listener;
  std::string socket = "socket:[" + inode + "]";
  DIR* processes = ::opendir("/proc");
  if (!processes) return listener;
  while (dirent* entry = listener.pid ? nullptr : ::readdir(processes)) {
    auto pid = number<int>(entry->d_name);
    std::string process = std::string("/proc/") + entry->d_name;
    if (!pid) continue;
    std::vector<std::string> open = open_by(process);
    if (std::ranges::find(open, socket) == open.end()) continue;
    listener = {*pid, first_line(process + "/comm")};
    auto lock = std::ranges::find_if(open, [](const std::string& path) { return path.ends_with(kTarnsLock); });
    if (lock != open.end()) listener.data = lock->substr(0, lock->size() - kTarnsLock.size());
  }
  ::closedir(processes);
  return listener;
}

}  // namespace

std::string to_string(const Listener& listener) {
  if (listener.pid == 0) return "a program of another user";
  std::string data = listener.data.empty() ? "" : ", data folder " + listener.data;
  return listener.program + " (pid " + std::to_string(listener.pid) + data + ")";
}

Machine look_at_machine() {
  Machine machine;
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) == 0) machine.cores = CPU_COUNT(&cores);
  machine.memory = memory_of_machine();
  machine.memory_available = available_memory();
  if (auto allowed = number<std::uint64_t>(first_line("/sys/fs/cgroup/memory.max")))
    machine.memory_allowed = Bytes(*allowed);
  utsname names{};
  if (::uname(&names) == 0) machine.kernel = names.release;
  long landlock = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  machine.landlock_version = static_cast<int>(std::max(landlock, 0L));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) machine.open_files_max = limit.rlim_max;
  timex clock{};
  machine.clock_synchronized = ::adjtimex(&clock) >= 0 && (clock.status & STA_UNSYNC) == 0;
  return machine;
}

std::string file_system_of(const Path& path) {
  struct statfs status{};
  if (::statfs(path.c_str(), &status) != 0) return "unknown";
  constexpr long kXfs = 0x58465342, kBtrfs = 0x9123683E, kZfs = 0x2FC12FC1, kFuse = 0x65735546, kCifs = 0xFF534D42,
                 kNinep = 0x01021997, kSmb2 = 0xFE534D42;
  switch (static_cast<long>(status.f_type)) {
    case EXT4_SUPER_MAGIC: return "ext4";
    case TMPFS_MAGIC: return "tmpfs";
    case OVERLAYFS_SUPER_MAGIC: return "overlay";
    case NFS_SUPER_MAGIC: return "nfs";
    case F2FS_SUPER_MAGIC: return "f2fs";
    case kXfs: return "xfs";
    case kBtrfs: return "btrfs";
    case kZfs: return "zfs";
    case kFuse: return "fuse";
    case kCifs:
    case kSmb2: return "cifs";
    case kNinep: return "9p";
    default: break;
  }
  char text[24];
  std::snprintf(text, sizeof text, "0x%lx", static_cast<unsigned long>(status.f_type));
  return text;
}

std::optional<Listener> listener_on(const std::string& address, int port) {
  bool v6 = address.find(':') != std::string::npos;
  std::string inode;
  if (!v6)
    inode = listening_inode("/proc/net/tcp", {local_of(address, port, AF_INET), local_of("0.0.0.0", port, AF_INET)});
  if (inode.empty())
    inode = listening_inode("/proc/net/tcp6", {local_of(v6 ? address : "::ffff:" + address, port, AF_INET6),
                                               local_of("::", port, AF_INET6)});
  if (inode.empty()) return std::nullopt;
  return holder_of(inode);
}

}  // namespace tarn::host
