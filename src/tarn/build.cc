// `tarn build`: reads and compiles a dbt project here, then has the running platform build and publish it. Without one,
// a platform is started for as long as the command takes.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "flow/land/rules.h"
#include "flow/model/check_sql.h"
#include "flow/model/compile.h"
#include "host/clock.h"
#include "host/logging.h"
#include "host/process.h"
#include "host/signals.h"
#include "tarn/build_view.h"
#include "tarn/commands.h"
#include "tarn/data_folder.h"
#include "tarn/http_client.h"
#include "tarn/platform.h"

namespace tarn::app {
namespace {

using Json = nlohmann::ordered_json;
using flow::model::Plan;
using flow::model::Project;
using flow::model::Relation;
using namespace std::chrono_literals;

constexpr int kNotPublished = 1;    // exit codes: of what was not good enough, or was cancelled
constexpr int kRefused = 2;         // of the command line and the project
constexpr int kPlatformFailed = 3;  // and of the platform
constexpr auto kTopicsWaitMax = 30s;
constexpr int kStateAsksMax = 50;  // after a cancel, 200 ms apart, until the run has ended
constexpr auto kStateAskPause = 200ms;

class Build {
 public:
  explicit Build(const BuildCommand& command) : command_(command) {}
  ~Build() {
    if (inner_) inner_->stop();
  }

  int run() {
    listen_for_stops();
    std::string folder = project_folder(*files_, command_.project);
    if (std::string found = found_above(command_.project, folder); !found.empty()) tell_note(found);
    auto config = load_config(*files_, folder, {.data = command_.data});
    if (!config) return refused({config.error().message});
    config_ = std::move(*config);
    auto project = flow::model::read_project(*files_, folder);
    if (!project) return refused({project.error().message});
    auto plan = flow::model::compile(*project, options());
    for (const std::string& note : project->findings.notes.lines()) tell_note(note);
    if (platform_failed_) return failed(*platform_failed_);
    if (!plan) return refused(project->findings.problems.lines());
    flow::model::check_sql(*plan, project->findings.problems);
    if (!project->findings.problems.empty()) return refused(project->findings.problems.lines());
    std::string body = flow::model::to_json(*plan);
    if (plan->nodes.size() > flow::model::kPlanNodesMax || body.size() > flow::model::kPlanBytesMax)
      return refused(
          {fmt::format("{} models and tests, {} bytes of SQL: a build takes {} and {} at most; --select fewer",
                       plan->nodes.size(), body.size(), flow::model::kPlanNodesMax, flow::model::kPlanBytesMax)});
    if (command_.dry_run) return show(*plan, body);
    if (plan->nodes.empty()) return refused({"there is no model to build: models are files models/**/*.sql"});
    return build(*plan, body);
  }

 private:
  flow::model::CompileOptions options() {
    return {.env = [](const std::string& name) -> std::optional<std::string> {
              const char* value = std::getenv(name.c_str());
              return value ? std::optional<std::string>(value) : std::nullopt;
            },
            .topic_table = [this](const std::string& topic) { return topic_table(topic); },
            .select = command_.select,
            .full_refresh = command_.full_refresh};
  }

  // ---- the platform

  // The one that runs, or one of our own.
  Result<std::string> http() {
    if (!http_.empty()) return http_;
    auto running = find_running(*files_, config_.data);
    if (!running) {
      if (running.error().code != Code::kUnavailable) return std::unexpected(running.error());
      host::set_log_level(host::Level::kWarn);
      Config config = config_;
      for (Address* door : {&config.kafka, &config.pg, &config.http}) door->port = 0;  // nobody is told of them
      TARN_ASSIGN(inner_, Platform::start(config));
      running = inner_->endpoints();
    }
    http_ = running->http;
    return http_;
  }

  Result<void> ask_topics() {
    if (topics_) return {};
    TARN_ASSIGN(std::string address, http());
    TARN_ASSIGN(HttpAnswer answer, http_request(address, "GET", "/api/v1/topics", "", kTopicsWaitMax));
    Json json = Json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !json.is_object() || !json["topics"].is_array())
      return fail(Code::kUnavailable, fmt::format("{} does not tell its topics: status {}", address, answer.status));
    topics_.emplace();
    for (const Json& topic : json["topics"])
      (*topics_)[topic.value("name", "")] = topic["table"].is_string() ? topic["table"].get<std::string>() : "";
    return {};
  }

  // Where a topic's records are, or with __dlq after its name its dead letters: told by the platform; before the first
  // record by topics/*.yaml or the usual rule.
  Result<Relation> topic_table(const std::string& topic) {
    std::string table;
    if (!command_.dry_run) {
      if (auto asked = ask_topics(); !asked) {
        platform_failed_ = asked.error();
        return std::unexpected(asked.error());
      }
      auto found = topics_->find(topic);
      if (found == topics_->end() && topic.ends_with(catalog::kDeadLetterSuffix)) {
        TARN_ASSIGN(Relation whole, topic_table(topic.substr(0, topic.size() - catalog::kDeadLetterSuffix.size())));
        catalog::TableName letters = flow::land::dead_letter_table_name({whole.schema, whole.name});
        return Relation{letters.name_space, letters.name};
      }
      if (found == topics_->end()) {
        std::vector<std::string> names;
        for (const auto& [name, its_table] : *topics_) names.push_back(name);
        return fail(Code::kNotFound,
                    fmt::format("no topic {}{}; `tarn topic list` shows them, producing to it makes it", topic,
                                flow::model::did_you_mean(topic, names)));
      }
      table = found->second;
    }
    for (const TopicDeclaration& declared : config_.topics)
      if (table.empty() && declared.topic == topic) table = declared.table;
    catalog::TableName name =
        table.empty() ? flow::land::default_table_name(topic) : flow::land::parse_table_name(table);
    return Relation{name.name_space, name.name};
  }

  // ---- the run

  // Of a thread that waits for signals until the process ends.
  struct Stops {
    std::stop_source stop;
    std::mutex mutex;
    bool posted = false;  // the run may have begun: a stop cancels it
  };

  void listen_for_stops() {
    std::thread([stops = stops_, json = command_.json] {
      host::wait_for_stop_signal();
      {
        std::lock_guard lock(stops->mutex);
        if (!stops->posted) {
          say_end(json, "cancelled", kNotPublished, "cancelled before anything was built");
          std::fflush(nullptr);
          host::exit_now(kNotPublished);
        }
      }
      stops->stop.request_stop();
      host::wait_for_stop_signal();  // a second one does not wait for what the first began
      host::exit_now(kNotPublished);
    }).detach();
  }

  int build(const Plan& plan, const std::string& body) {
    auto address = http();
    if (!address) return failed(address.error());
    BuildView view(plan, {.json = command_.json, .terminal = ::isatty(STDOUT_FILENO) == 1, .where = where()}, stdout);
    {
      std::lock_guard lock(stops_->mutex);
      stops_->posted = true;
    }
    auto done = http_lines(
        *address, "/api/v1/runs", body, [&](std::string_view line) { view.event(line); }, stops_->stop.get_token());
    view.finish();
    if (view.exit_code()) return *view.exit_code();
    if (stops_->stop.stop_requested()) return cancelled(*address, view);
    if (done) return failed({Code::kUnavailable, "the platform's answer broke off"});
    if (done.error().code == Code::kInvalidArgument) return refused({done.error().message});
    if (view.run())
      return failed(
          {Code::kUnavailable,
           fmt::format("{}; run {} was published whole or not at all: `tarn sql -c 'select * from tarn.runs'` "
                       "says which once the platform is up again",
                       done.error().message, view.run())});
    return failed(done.error());
  }

  // The run hears that we hung up; whether it was in time is its to say.
  int cancelled(const std::string& address, const BuildView& view) {
    if (!view.run()) {
      say_end("cancelled", kNotPublished, "cancelled; nothing was published");
      return kNotPublished;
    }
    auto clock = host::real_clock();
    for (int asked = 0; asked < kStateAsksMax; ++asked) {
      auto answer = http_request(address, "GET", fmt::format("/api/v1/runs/{}", view.run()), "", kTopicsWaitMax);
      Json run = answer ? Json::parse(answer->body, nullptr, false) : Json();
      std::string state = run.is_object() ? run.value("state", "running") : "running";
      if (state == "published") {
        say_end(state, 0, fmt::format("run {} was published before the cancel reached it", view.run()));
        return 0;
      }
      if (state != "running") {
        say_end(state, kNotPublished, fmt::format("run {}: {}", view.run(), run.value("message", state)));
        return kNotPublished;
      }
      clock->sleep_until(clock->now() + kStateAskPause);
    }
    return failed(
        {Code::kUnavailable,
         fmt::format("cancelled, but not known whether run {} was published before that: `tarn sql -c 'select * from "
                     "tarn.runs'` says it",
                     view.run())});
  }

  // ---- what is said

  // What `tarn sql` needs to find the same platform from here.
  std::string where() const {
    if (command_.data) return " --data " + shell_word(*command_.data);
    return command_.project.empty() || command_.project == "." ? "" : " --project " + shell_word(command_.project);
  }

  int show(const Plan& plan, const std::string& body) {
    if (command_.json) {
      fmt::print("{}\n", body);
      return 0;
    }
    for (const auto& node : plan.nodes) {
      bool model = node.kind == flow::model::NodeKind::kModel;
      fmt::print("{:<5}  {:<44} {}\n", model ? to_string(node.materialized) : "test", node.name,
                 model ? to_string(node.relation) : fmt::format("{}:{}", node.file, node.line));
    }
    return 0;
  }

  void tell_note(const std::string& note) {
    if (command_.json)
      fmt::print("{}\n",
                 Json{{"event", "note"}, {"message", note}}.dump(-1, ' ', false, Json::error_handler_t::replace));
    else
      fmt::print(stderr, "note: {}\n", note);
  }

  int refused(const std::vector<std::string>& problems) {
    if (command_.json) {
      Json event{{"event", "end"}, {"state", "refused"}, {"exit", kRefused}, {"problems", problems}};
      event["message"] = fmt::format("{}", fmt::join(problems, "\n"));
      fmt::print("{}\n", event.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
      for (const std::string& problem : problems) fmt::print(stderr, "tarn: {}\n", problem);
    }
    return kRefused;
  }

  int failed(const Error& error) {
    say_end("failed", kPlatformFailed, error.message);
    return kPlatformFailed;
  }

  void say_end(const std::string& state, int exit, const std::string& message) const {
    say_end(command_.json, state, exit, message);
  }
  static void say_end(bool json, const std::string& state, int exit, const std::string& message) {
    if (json)
      fmt::print("{}\n", Json{{"event", "end"}, {"state", state}, {"exit", exit}, {"message", message}}.dump(
                             -1, ' ', false, Json::error_handler_t::replace));
    else
      fmt::print(stderr, "tarn: {}\n", message);
  }

  const BuildCommand& command_;
  std::unique_ptr<host::Files> files_ = host::real_files();
  Config config_;
  std::unique_ptr<Platform> inner_;
  std::shared_ptr<Stops> stops_ = std::make_shared<Stops>();
  std::string http_;                                          // "" until asked for
  std::optional<std::map<std::string, std::string>> topics_;  // topic -> table, "" if it has none yet
  std::optional<Error> platform_failed_;
};

}  // namespace

int run_build(const BuildCommand& command) {
  host::block_stop_signals();
  host::raise_descriptor_limit();
  return Build(command).run();
}

}  // namespace tarn::app
