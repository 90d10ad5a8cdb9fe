#include "engine/worker_process.h"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <thread>
#include <tuple>

#include "base/assert.h"
#include "host/logging.h"

namespace tarn::engine {
namespace {

// How long a worker that closed its channel may take to end before it is killed.
constexpr std::chrono::seconds kExitWaitMax{5};

std::vector<std::string> command_line(const WorkerOptions& options) {
  return {"tarn",
          "worker",
          options.kind,
          "--data",
          options.data,
          "--temp",
          options.temp,
          "--memory",
          std::to_string(options.memory_max.count()),
          "--threads",
          std::to_string(options.threads)};
}

std::string describe(const std::optional<host::Exit>& exit) {
  if (!exit) return "killed: it closed its channel but did not end";
  if (exit->signal != 0) return fmt::format("killed by signal {}", exit->signal);
  return fmt::format("exited with code {}", exit->code);
}

class RealWorkerProcess final : public WorkerProcess {
 public:
  RealWorkerProcess(host::Host host, const WorkerOptions& options, std::unique_ptr<host::Process> process,
                    host::Descriptor socket, OnMessage on_message, OnExit on_exit)
      : host_(host),
        kind_(options.kind),
        temp_(options.temp),
        process_(std::move(process)),
        channel_(std::move(socket)),
        on_message_(std::move(on_message)),
        on_exit_(std::move(on_exit)),
        reader_([this] { read(); }) {}

  ~RealWorkerProcess() override {
    kill();
    reader_.join();
    std::ignore = host_.files.remove_dirs(temp_);  // what it spilled; left over, it goes when the data folder is opened
  }

  Result<void> send(ByteView payload, std::span<const int> descriptors) override {
    return channel_.send(payload, descriptors);
  }
  int pid() const override { return process_->pid(); }
  const std::string& temp() const override { return temp_; }
  void kill() override {
    process_->kill(SIGKILL);
    channel_.shutdown();
  }

 private:
  void read() {
    ::pthread_setname_np(::pthread_self(), ("tarn-engine-" + kind_).substr(0, 15).c_str());
    while (auto message = channel_.receive()) on_message_(std::move(*message));
    channel_.shutdown();
    auto exit = process_->wait(host_.clock.now() + kExitWaitMax);
    if (!exit) process_->kill(SIGKILL);
    on_exit_(describe(exit));
  }

  host::Host host_;
  std::string kind_;
  host::Path temp_;
  std::unique_ptr<host::Process> process_;
  host::Channel channel_;
  OnMessage on_message_;
  OnExit on_exit_;
  std::thread reader_;
};

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(host::Host host, const WorkerOptions& options,
                                                            OnMessage on_message, OnExit on_exit) {
  TARN_ASSERT(host.processes != nullptr, "a host that starts workers has processes");
  TARN_TRY(host.files.remove_dirs(options.temp));
  TARN_TRY(host.files.make_dirs(options.temp));
  TARN_ASSIGN(auto sockets, host::socket_pair());
  host::Command command;
  command.argv = command_line(options);
  command.this_program = true;
  command.descriptors = {{sockets.second.get(), kWorkerChannelDescriptor}};
  if (options.lock_descriptor >= 0) command.descriptors.emplace_back(options.lock_descriptor, kWorkerLockDescriptor);
  TARN_ASSIGN(auto process, host.processes->spawn(command));
  host::log_info("engine", "worker_started", {{"kind", options.kind}, {"pid", process->pid()}});
  return std::make_unique<RealWorkerProcess>(host, options, std::move(process), std::move(sockets.first),
                                             std::move(on_message), std::move(on_exit));
}

}  // namespace tarn::engine
