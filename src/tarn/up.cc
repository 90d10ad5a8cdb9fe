// `tarn up`: serve a project folder until SIGINT or SIGTERM.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "host/clock.h"
#include "host/files.h"
#include "host/logging.h"
#include "host/process.h"
#include "host/signals.h"
#include "host/terminal.h"
#include "tarn/commands.h"
#include "tarn/platform.h"

namespace tarn::app {
namespace {

using namespace std::chrono_literals;

// A stop that hangs ends hard: everything acknowledged is durable already, so nothing is lost by it.
constexpr auto kStopMax = 5s;

int complain(const Error& error) {
  fmt::print(stderr, "tarn: {}\n", error.message);
  return error.code == Code::kInvalidArgument ? 2 : 1;
}

void say_ready(const Endpoints& endpoints) {
  fmt::print("ready kafka={} pg={} http={}\n", endpoints.kafka, endpoints.pg, endpoints.http);
  if (host::is_terminal(STDOUT_FILENO))
    fmt::print("console http://{}, Ctrl-C stops; `tarn sql` and others go in another terminal\n", endpoints.http);
  std::fflush(stdout);
}

void show(const std::vector<TopicChange>& changes) {
  for (const TopicChange& change : changes) fmt::print(stderr, "{}\n", to_string(change));
}

// `tarn up --plan`.
int run_plan(host::Files& files, const Config& config) {
  if (auto running = find_running(files, config.data)) {
    auto shown = show_plan(*running, config.project);
    return shown ? 0 : complain(shown.error());
  }
  auto changes = Platform::plan(config);
  if (!changes) return complain(changes.error());
  for (const TopicChange& change : *changes) fmt::print("{}\n", to_string(change));
  if (changes->empty()) fmt::print("no topic changes\n");
  return 0;
}

void stop_in_time(Platform& platform) {
  std::thread watchdog([] {
    auto clock = host::real_clock();
    clock->sleep_until(clock->now() + kStopMax);
    host::log_error("tarn", "stop took too long", {{"limit_s", 5}});
    host::exit_now(1);
  });
  watchdog.detach();
  platform.stop();
}

}  // namespace

int run_up(const UpCommand& command) {
  host::block_stop_signals();
  host::raise_descriptor_limit();
  auto files = host::real_files();
  std::string folder = project_folder(*files, command.project);
  if (std::string found = found_above(command.project, folder); !found.empty()) fmt::print(stderr, "{}\n", found);
  auto config = load_config(*files, folder, command.overrides);
  if (!config) return complain(config.error());
  if (command.plan) return run_plan(*files, *config);
  auto platform = Platform::start(*config, show);
  if (!platform) return complain(platform.error());
  say_ready((*platform)->endpoints());
  int signal = host::wait_for_stop_signal();
  host::log_info("tarn", "stopping", {{"signal", signal}});
  stop_in_time(**platform);
  return 0;
}

}  // namespace tarn::app
