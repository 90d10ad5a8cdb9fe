// What `tarn` can be told on the command line, parsed. CLI11 stays in command_line.cc.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tarn/completion.h"
#include "tarn/config.h"
#include "tarn/data_folder.h"

namespace tarn::app {

struct UpCommand {
  std::string project;  // of this and all others, empty: the one we are in, see project_folder()
  Overrides overrides;
  bool plan = false;  // show what topics/*.yaml would change, and end
};
struct InitCommand {
  std::string folder = ".";
  std::string program;  // as it was called
};
struct SqlCommand {
  std::vector<std::pair<bool, std::string>> sources;  // in their order: (true, a file of -f), (false, SQL of -c)
  std::string branch;                                 // "branch[@version]"; empty: main
  bool csv = false, json = false;
};
struct TopicListCommand {};
struct TopicCreateCommand {
  std::string topic;
  std::int32_t partitions = 1;
  std::vector<std::string> config;  // name=value
};
struct TopicDescribeCommand {
  std::string topic;
};
struct TopicDeleteCommand {
  std::string topic;
};
struct LandCommand {
  std::vector<std::string> topics;  // empty: all that land
  int timeout_s = 60;
};
struct BuildCommand {
  std::string project;
  std::optional<std::string> data;
  std::vector<std::string> select;  // none: everything
  bool full_refresh = false;
  bool json = false;
  bool dry_run = false;
};
struct BranchListCommand {};
struct BranchDiffCommand {
  std::string branch;
};
struct BranchDropCommand {
  std::string branch;   // empty: `failed`
  bool failed = false;  // those of runs that ended without publishing
};
struct DoctorCommand {
  bool json = false;
};
struct CompletionCommand {
  std::string shell;
  CommandShape root;
};
struct VersionCommand {};

using Command = std::variant<UpCommand, InitCommand, SqlCommand, TopicListCommand, TopicCreateCommand,
                             TopicDescribeCommand, TopicDeleteCommand, LandCommand, BuildCommand, BranchListCommand,
                             BranchDiffCommand, BranchDropCommand, DoctorCommand, CompletionCommand, VersionCommand>;

struct CommandLine {
  Command command;
  std::string project;              // of commands that look for a running platform
  std::optional<std::string> data;  // --data
};

// Prints help or what is wrong and gives the exit code, or gives what to run.
std::variant<CommandLine, int> parse_command_line(int argc, char** argv);

// Each returns the process's exit code and has said on standard error what went wrong.
int run_up(const UpCommand& command);
int run_completion(const CompletionCommand& command);
int run_init(const InitCommand& command);
int run_build(const BuildCommand& command);  // 0 published, 1 not, 2 the project or call is wrong, 3 Tarn failed
int run_sql(const CommandLine& line, const SqlCommand& command);
int run_doctor(const CommandLine& line, const DoctorCommand& command);
int run_client(const CommandLine& line);  // every other command that talks to a running platform

// What topics/*.yaml would change, as the platform that serves `project` says. kUnavailable if it serves another.
Result<void> show_plan(const Endpoints& platform, const std::string& project);

}  // namespace tarn::app
