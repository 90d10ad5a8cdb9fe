#include "host/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "base/assert.h"
#include "host/channel.h"
#include "host/deadline.h"
#include "host/errno_error.h"

extern char** environ;

namespace tarn::host {
namespace {

// All that the child needs, made before fork: after it only async-signal-safe calls are allowed.
struct Prepared {
  const char* program = nullptr;
  std::vector<char*> argv;
  std::vector<std::string> env_texts;
  std::vector<char*> envp;
  std::vector<std::pair<int, int>> descriptors;  // sorted by the child's number
  bool own_group = true;
  pid_t parent = 0;
};

bool names_same_variable(std::string_view entry, const std::string& name) {
  return entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name);
}

Prepared prepare(const Command& command) {
  Prepared made;
  for (const std::string& argument : command.argv) made.argv.push_back(const_cast<char*>(argument.c_str()));
  made.argv.push_back(nullptr);
  // A link of the kernel's that outlives the name.
  made.program = command.this_program ? "/proc/self/exe" : made.argv[0];
  for (const auto& [name, value] : command.env) made.env_texts.push_back(name + "=" + value);
  for (std::string& text : made.env_texts) made.envp.push_back(text.data());
  for (char** entry = environ; *entry; ++entry) {
    if (std::ranges::none_of(command.env, [&](const auto& added) { return names_same_variable(*entry, added.first); }))
      made.envp.push_back(*entry);
  }
  made.envp.push_back(nullptr);
  made.descriptors = command.descriptors;
  std::ranges::sort(made.descriptors, {}, &std::pair<int, int>::second);
  made.own_group = command.own_group;
  made.parent = ::getpid();
  return made;
}

void reset_signals() {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Puts every listed descriptor at its number and marks all others from 3 up to close at exec. Sources move above all
// targets first, so that no dup2 overwrites one that is still needed.
bool arrange_descriptors(std::vector<std::pair<int, int>>& descriptors, int& report) {
  int above = descriptors.empty() ? 3 : std::max(3, descriptors.back().second + 1);
  int moved = ::fcntl(report, F_DUPFD_CLOEXEC, above);
  if (moved < 0) return false;
  report = moved;
  for (auto& [ours, theirs] : descriptors) {
    ours = ::fcntl(ours, F_DUPFD_CLOEXEC, above);
    if (ours < 0) return false;
  }
  unsigned next = 3;
  for (auto [ours, theirs] : descriptors) {
    if (::dup2(ours, theirs) < 0) return false;
    unsigned number = static_cast<unsigned>(theirs);
    if (number > next && ::close_range(next, number - 1, CLOSE_RANGE_CLOEXEC) != 0) return false;
    next = std::max(next, number + 1);
  }
  return ::close_range(next, ~0u, CLOSE_RANGE_CLOEXEC) == 0;
}

[[noreturn]] void become(Prepared& prepared, int report) {
  // The signal follows the thread that forked; a parent that died before this line is seen by its changed pid.
  bool ready = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (::getppid() != prepared.parent) ::_exit(127);
  reset_signals();
  if (prepared.own_group) ready = ::setpgid(0, 0) == 0 && ready;
  if (ready && arrange_descriptors(prepared.descriptors, report))
    ::execve(prepared.program, prepared.argv.data(), prepared.envp.data());
  int error_number = errno;
  (void)!::write(report, &error_number, sizeof error_number);
  ::_exit(127);
}

class RealProcess final : public Process {
 public:
  RealProcess(pid_t pid, Descriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  ~RealProcess() override {
    kill(SIGKILL);
    wait_for_end(std::nullopt);
  }

  int pid() const override { return pid_; }

  void kill(int signal) override { ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0); }

  std::optional<Exit> wait(std::optional<MonotonicTime> deadline) override {
    return wait_for_end(deadline.value_or(MonotonicTime::min()));
  }

 private:
  std::optional<Exit> wait_for_end(std::optional<MonotonicTime> deadline) {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    if (retry_interrupted([&] { return ::poll(&ended, 1, poll_timeout_ms(deadline)); }) <= 0) return std::nullopt;
    std::lock_guard guard(mutex_);
    if (exit_) return exit_;
    int status = 0;
    pid_t reaped = retry_interrupted([&] { return ::waitpid(pid_, &status, 0); });
    TARN_ASSERT(reaped == pid_, "only this object reaps its child");
    exit_ = WIFSIGNALED(status) ? Exit{0, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0};
    return exit_;
  }

  const pid_t pid_;
  Descriptor pidfd_;
  std::mutex mutex_;
  std::optional<Exit> exit_;
};

Result<std::unique_ptr<Process>> start(const Command& command) {
  if (command.argv.empty()) return fail(Code::kInvalidArgument, "a command to start has no program");
  const std::string& program = command.argv[0];
  Prepared prepared = prepare(command);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("start", program);
  Descriptor read_end(ends[0]), write_end(ends[1]);
  pid_t pid = ::fork();
  if (pid < 0) return fail_errno("start", program);
  if (pid == 0) become(prepared, write_end.get());
  write_end.close();
  Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) {
    Error error = errno_error("watch", program, errno);
    ::kill(pid, SIGKILL);
    retry_interrupted([&] { return ::waitpid(pid, nullptr, 0); });
    return std::unexpected(std::move(error));
  }
  auto process = std::make_unique<RealProcess>(pid, std::move(pidfd));
  int error_number = 0;  // end of file: exec succeeded
  ssize_t got = retry_interrupted([&] { return ::read(read_end.get(), &error_number, sizeof error_number); });
  if (got == static_cast<ssize_t>(sizeof error_number))
    return std::unexpected(errno_error("start", program, error_number));
  return process;
}

// One thread that starts all children, one at a time.
class Spawner final : public Processes {
 public:
  Spawner() : thread_([this] { run(); }) { ::pthread_setname_np(thread_.native_handle(), "tarn-host-spawn"); }
  ~Spawner() override {
    {
      std::lock_guard guard(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Result<std::unique_ptr<Process>> spawn(const Command& command) override {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return !command_; });
    Result<std::unique_ptr<Process>> result;
    command_ = &command;
    result_ = &result;
    changed_.notify_all();
    changed_.wait(guard, [&] { return result_ != &result; });
    return result;
  }

 private:
  void run() {
    std::unique_lock guard(mutex_);
    while (true) {
      changed_.wait(guard, [&] { return stopping_ || command_; });
      if (stopping_) return;
      *result_ = start(*command_);
      command_ = nullptr;
      result_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  const Command* command_ = nullptr;                    // being started
  Result<std::unique_ptr<Process>>* result_ = nullptr;  // where its outcome goes
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Processes> real_processes() { return std::make_unique<Spawner>(); }

std::uint64_t raise_descriptor_limit() {
  struct rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

int self_pid() { return ::getpid(); }

static std::uint64_t kib_after(std::string_view text, std::string_view label) {
  std::size_t at = text.find(label);
  if (at == std::string_view::npos) return 0;
  at = text.find_first_not_of(' ', at + label.size());
  std::uint64_t kib = 0;
  if (at != std::string_view::npos) std::from_chars(text.data() + at, text.data() + text.size(), kib);
  return kib * 1024;
}

Bytes memory_of_machine() {
  return Bytes(static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
               static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

MemoryUse memory_use(int pid) {
  Descriptor file(::open(("/proc/" + std::to_string(pid) + "/smaps_rollup").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  char text[4096];  // the whole file is under 1 KiB
  ssize_t got = retry_interrupted([&] { return ::read(file.get(), text, sizeof text); });
  if (got <= 0) return {};
  std::string_view rollup(text, static_cast<std::size_t>(got));
  return {kib_after(rollup, "\nRss:"), kib_after(rollup, "\nPss:")};
}

}  // namespace tarn::host
