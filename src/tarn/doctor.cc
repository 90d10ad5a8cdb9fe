#include "tarn/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/terminal.h"
#include "tarn/config.h"
#include "tarn/data_folder.h"
#include "tarn/http_client.h"

namespace tarn::app {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr int kSyncsMax = 100;
constexpr auto kSyncTimeMax = 1s;
constexpr auto kHealthWaitMax = 5s;

struct Client {
  std::string_view program, package;
};
constexpr Client kClients[] = {{"kcat", "kcat"},
                               {"psql", "postgresql-client"},
                               {"java", "default-jre-headless"},
                               {"python3", "python3"},
                               {"duckdb", "DuckDB's own"}};

// The nearest folder that exists: where the data folder would be made.
std::string existing_part(host::Files& files, std::string path) {
  while (path.size() > 1) {
    if (auto there = files.exists(path); there && *there) break;
    path = host::parent(path);
  }
  return path;
}

// What an acknowledgement costs: a block written and synced, again and again, in a file that exists already.
Result<void> measure_syncs(host::Host host, const std::string& path, Facts& facts) {
  TARN_ASSIGN(auto file, host.files.open(path, host::OpenMode::kCreate));
  Buffer block(4096, std::byte{1});
  TARN_TRY(file->write_at(block, 0_B));
  TARN_TRY(file->sync());
  std::vector<host::Duration> times;
  auto begun = host.clock.now();
  while (times.size() < kSyncsMax && host.clock.now() - begun < kSyncTimeMax) {
    auto started = host.clock.now();
    block[0] = static_cast<std::byte>(times.size());
    TARN_TRY(file->write_at(block, 0_B));
    TARN_TRY(file->sync());
    times.push_back(host.clock.now() - started);
  }
  std::ranges::sort(times);
  facts.fsync_median = std::chrono::duration_cast<std::chrono::microseconds>(times[times.size() / 2]);
  facts.fsync_worst = std::chrono::duration_cast<std::chrono::microseconds>(times.back());
  return {};
}

void look_at_disk(host::Host host, Facts& facts) {
  std::string folder = existing_part(host.files, facts.data);
  facts.file_system = host::file_system_of(folder);
  if (auto space = host.files.space(folder)) facts.disk_available = space->available;
  std::string path = host::join(folder, fmt::format(".tarn-doctor-{}", host::self_pid()));
  if (auto measured = measure_syncs(host, path, facts); !measured)
    facts.disk_error = fmt::format("a file can't be written and synced in {}: {}", folder, measured.error().message);
  (void)host.files.remove(path);
}

std::string health_of(const Endpoints& running) {
  auto answer = http_request(running.http, "GET", "/healthz", "", kHealthWaitMax);
  if (!answer) return answer.error().message;
  return answer->status == 200 ? "" : answer->body;
}

// The platform that runs on the data folder, if one does.
std::optional<Endpoints> look_at_data(host::Host host, Facts& facts) {
  auto there = host.files.exists(facts.data);
  facts.data_exists = there && *there;
  if (!facts.data_exists) return std::nullopt;
  if (auto known = check_data_version(host.files, facts.data); !known) facts.data_error = known.error().message;
  if (auto running = find_running(host.files, facts.data)) {
    facts.running_pid = running->pid;
    facts.health = health_of(*running);
    return *running;
  }
  FolderState state = folder_state(host.files, facts.data);
  facts.left_behind = state.left_behind;
  facts.workers_left = state.workers_left;
  return std::nullopt;
}

void look_at_door(const std::string& name, const Address& address, Facts& facts) {
  if (address.port != 0)
    facts.doors.push_back({name, to_string(address), host::listener_on(address.host, address.port)});
}

void look_at_project(host::Host host, const std::string& project, const std::optional<std::string>& data,
                     Facts& facts) {
  facts.project = project_folder(host.files, project);
  facts.project_found = found_above(project, facts.project);
  auto config = load_config(host.files, facts.project, {.data = data});
  if (!config) {
    facts.project_error = config.error().message;
    return;
  }
  facts.data = config->data;
  if (auto running = look_at_data(host, facts)) {  // its doors may be others than tarn.yaml's
    for (auto& [name, text] :
         {std::pair("kafka", running->kafka), std::pair("pg", running->pg), std::pair("http", running->http)})
      if (auto address = parse_address(text, name); address) look_at_door(name, *address, facts);
  } else {
    look_at_door("kafka", config->kafka, facts);
    look_at_door("pg", config->pg, facts);
    look_at_door("http", config->http, facts);
  }
  look_at_disk(host, facts);
}

Facts look(host::Host host, const CommandLine& line) {
  Facts facts{.machine = host::look_at_machine(), .wall_ms = host.clock.wall_ms().value()};
  look_at_project(host, line.project, line.data, facts);
  for (const Client& client : kClients) {
    if (host::is_in_path(client.program))
      facts.clients_found.emplace_back(client.program);
    else
      facts.clients_missing.push_back(fmt::format("{} ({})", client.program, client.package));
  }
  return facts;
}

std::string_view name_of(Level level) {
  return level == Level::kFine ? "fine" : level == Level::kNote ? "note" : "wrong";
}

void print_json(const std::vector<Finding>& findings, std::size_t wrong) {
  Json all = Json::array();
  for (const Finding& finding : findings)
    all.push_back({{"subject", finding.subject},
                   {"level", name_of(finding.level)},
                   {"text", finding.text},
                   {"mend", finding.mend.empty() ? Json() : Json(finding.mend)}});
  fmt::print("{}\n", Json{{"wrong", wrong}, {"findings", all}}.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_text(const std::vector<Finding>& findings, std::size_t wrong) {
  for (const Finding& finding : findings) {
    std::string_view mark = finding.level == Level::kWrong ? "WRONG" : finding.level == Level::kNote ? "note" : "ok";
    fmt::print("{:<6}{:<9}{}\n", mark, finding.subject, finding.text);
    if (!finding.mend.empty()) fmt::print("{:<15}-> {}\n", "", finding.mend);
  }
  fmt::print("{}\n", wrong == 0 ? "nothing is wrong" : fmt::format("{} thing{} to mend", wrong, wrong == 1 ? "" : "s"));
}

}  // namespace

int run_doctor(const CommandLine& line, const DoctorCommand& command) {
  auto files = host::real_files();
  auto clock = host::real_clock();
  auto random = host::real_random();
  std::vector<Finding> findings = judge(look({*files, *clock, *random}, line));
  auto wrong = static_cast<std::size_t>(std::ranges::count(findings, Level::kWrong, &Finding::level));
  command.json ? print_json(findings, wrong) : print_text(findings, wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace tarn::app
