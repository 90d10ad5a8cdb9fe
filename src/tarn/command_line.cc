#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <span>

#include "base/nearest.h"
#include "tarn/commands.h"
#include "tarn/version.h"

namespace tarn::app {
namespace {

constexpr const char* kAbout =
    "Tarn: Kafka in, Iceberg at rest, Postgres out, in one program.\n"
    "\n"
    "Examples:\n"
    "  tarn init my-platform              write an example project\n"
    "  tarn up                            serve this folder: Kafka on 9092, Postgres on 5433, HTTP on 8276\n"
    "  echo '{\"id\":1}' | kcat -P -b 127.0.0.1:9092 -t rides\n"
    "  tarn sql -c 'select * from rides'\n"
    "  tarn topic list\n";

// Options every command that finds a running platform has.
void add_where(CLI::App* command, CommandLine& line) {
  command->add_option("--data", line.data,
                      "Data folder of the running platform (default: `data:` in tarn.yaml, else .tarn)");
  command->add_option("--project", line.project, "Project folder (default: this one, or the nearest above it)");
}

void add_up(CLI::App& app, CommandLine& line, UpCommand& up) {
  CLI::App* command = app.add_subcommand("up", "Serve a project folder until stopped");
  command->footer(
      "Examples:\n  tarn up\n  tarn up examples/flights --data /var/lib/tarn\n  tarn up --kafka 127.0.0.1:0 --pg "
      "127.0.0.1:0 --http 127.0.0.1:0");
  command->add_option(
      "project", up.project,
      "Project folder (default: this one, or the nearest above it with a tarn.yaml or dbt_project.yml); "
      "tarn.yaml and topics/*.yaml in it are optional");
  command->add_option("--data", up.overrides.data,
                      "Data folder (default: `data:` in tarn.yaml, else .tarn in the project)");
  command->add_option("--kafka", up.overrides.kafka,
                      "Kafka door, ADDR:PORT on loopback; port 0 picks one (default 127.0.0.1:9092)");
  command->add_option("--pg", up.overrides.pg, "Postgres door, likewise (default 127.0.0.1:5433)");
  command->add_option("--http", up.overrides.http, "HTTP door, likewise (default 127.0.0.1:8276)");
  command->add_flag("--plan", up.plan, "Show what topics/*.yaml would change of topics and tables, and change nothing");
  command->callback([&] { line.command = up; });
}

void add_init(CLI::App& app, CommandLine& line, InitCommand& init) {
  CLI::App* command = app.add_subcommand("init", "Write an example project, to serve, build and change");
  command->footer("Files that are there stay as they are.\n\nExamples:\n  tarn init my-platform\n  tarn init");
  command->add_option("name", init.folder, "Its folder, made if need be (default: this one)");
  command->callback([&] { line.command = init; });
}

void add_sql(CLI::App& app, CommandLine& line, SqlCommand& sql) {
  CLI::App* command = app.add_subcommand("sql", "Run SQL on the running platform, or type it");
  command->footer(
      "Without -c and -f, statements come from standard input; on a terminal with history, completion and \\? for "
      "help.\n"
      "The exit code is 1 once a statement failed; those after it are not run.\n\n"
      "Examples:\n  tarn sql\n  tarn sql -c 'select count(*) from rides'\n  tarn sql --csv -f report.sql > report.csv\n"
      "  tarn sql --branch run/7 -c 'select * from fares_by_city'");
  CLI::Option* text = command->add_option("-c,--command", "Statements, or one backslash command; may be repeated");
  CLI::Option* file = command->add_option("-f,--file", "A file of statements, - for standard input; may be repeated");
  for (CLI::Option* option : {text, file}) option->expected(1)->take_all()->type_name("TEXT");
  command->add_option("--branch", sql.branch, "BRANCH or BRANCH@VERSION to read and write (default: main)");
  CLI::Option* csv = command->add_flag("--csv", sql.csv, "Results as CSV with a header");
  command->add_flag("--json", sql.json, "Results as JSON, an array of objects each")->excludes(csv);
  add_where(command, line);
  command->callback([&, command, text, file] {
    // In the order they were typed; parse_order() has an option once for each time.
    std::size_t texts = 0, files = 0;
    for (const CLI::Option* option : command->parse_order()) {
      if (option == text) sql.sources.emplace_back(false, text->results()[texts++]);
      if (option == file) sql.sources.emplace_back(true, file->results()[files++]);
    }
    line.command = sql;
  });
}

struct TopicCommands {
  TopicCreateCommand create;
  TopicDescribeCommand describe;
  TopicDeleteCommand remove;
};

void add_topic(CLI::App& app, CommandLine& line, TopicCommands& topic) {
  CLI::App* command = app.add_subcommand("topic", "List, create, describe and delete topics");
  command->footer(
      "Examples:\n  tarn topic create rides --partitions 4 --config tarn.land.ms=5000\n  tarn topic describe rides");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "Topics with their partitions, records and the tables they land in");
  add_where(list, line);
  list->callback([&] { line.command = TopicListCommand{}; });
  CLI::App* create = command->add_subcommand("create", "Make a topic");
  create->add_option("topic", topic.create.topic, "Its name")->required();
  create->add_option("--partitions", topic.create.partitions, "How many (default 1)");
  create->add_option("--config", topic.create.config, "NAME=VALUE, like tarn.fsync=never; may be repeated");
  add_where(create, line);
  create->callback([&] { line.command = topic.create; });
  CLI::App* describe = command->add_subcommand("describe", "One topic: partitions, offsets, configs, landing");
  describe->add_option("topic", topic.describe.topic, "Its name")->required();
  add_where(describe, line);
  describe->callback([&] { line.command = topic.describe; });
  CLI::App* remove = command->add_subcommand("delete", "Delete a topic; its table stays");
  remove->add_option("topic", topic.remove.topic, "Its name")->required();
  add_where(remove, line);
  remove->callback([&] { line.command = topic.remove; });
}

void add_land(CLI::App& app, CommandLine& line, LandCommand& land) {
  CLI::App* command =
      app.add_subcommand("land", "Land topics up to now: returns when their records are in Iceberg files");
  command->footer("Examples:\n  tarn land\n  tarn land rides --timeout 10");
  command->add_option("topics", land.topics, "Topics (default: all that land)");
  command->add_option("--timeout", land.timeout_s, "Seconds to wait at most (default 60)")->check(CLI::Range(1, 3600));
  add_where(command, line);
  command->callback([&] { line.command = land; });
}

void add_build(CLI::App& app, CommandLine& line, BuildCommand& build) {
  CLI::App* command =
      app.add_subcommand("build", "Build a project's models, test them, and publish all of it at once, or nothing");
  command->footer(
      "Models are built on a branch, tested there, and published in one commit when no test fails. Exit codes: 0 "
      "published,\n"
      "1 a model, a test or the publish failed (nothing is published), 2 the project or the call is wrong, 3 Tarn "
      "failed.\n\n"
      "Examples:\n  tarn build\n  tarn build examples/taxi --select +fct_rides\n  tarn build --select "
      "tag:hourly,staged_rides+\n"
      "  tarn build --dry-run");
  command->add_option("project", build.project,
                      "Project folder with dbt_project.yml and models/ (default: this one, or the nearest above it)");
  command->add_option("--data", build.data,
                      "Data folder of the running platform; if none runs there, one is started for this command");
  command
      ->add_option("--select", build.select,
                   "Only these: NAME, tag:T, path:FOLDER; + before adds what it needs, + after what needs it; more by "
                   "commas")
      ->allow_extra_args(false);
  command->add_flag("--full-refresh", build.full_refresh, "As for dbt; every model is rebuilt whole anyway");
  command->add_flag("--json", build.json, "Events instead of text, one JSON object a line");
  command->add_flag("--dry-run", build.dry_run, "Compile and show what would be built; --json shows the SQL");
  command->callback([&] { line.command = build; });
}

struct BranchCommands {
  BranchDiffCommand diff;
  BranchDropCommand drop;
};

void add_branch(CLI::App& app, CommandLine& line, BranchCommands& branch) {
  CLI::App* command = app.add_subcommand("branch", "List branches of the catalog, see what they change, drop them");
  command->footer(
      "A build that fails leaves its branch, run/N, to be looked at: tarn sql --branch run/7\n\n"
      "Examples:\n  tarn branch list\n  tarn branch diff run/7\n  tarn branch drop run/7\n  "
      "tarn branch drop --failed");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "Branches, the versions they began at and are at, when they go");
  add_where(list, line);
  list->callback([&] { line.command = BranchListCommand{}; });
  CLI::App* diff = command->add_subcommand("diff", "Tables and views that a branch added, changed and dropped");
  diff->add_option("branch", branch.diff.branch, "Its name")->required();
  add_where(diff, line);
  diff->callback([&] { line.command = branch.diff; });
  CLI::App* drop =
      command->add_subcommand("drop", "Drop a branch, or all that failed builds left; main is not touched");
  CLI::Option* name = drop->add_option("branch", branch.drop.branch, "Its name");
  drop->add_flag("--failed", branch.drop.failed, "Those of runs that failed, were cancelled or were interrupted")
      ->excludes(name);
  add_where(drop, line);
  drop->callback([&] {
    if (branch.drop.branch.empty() && !branch.drop.failed) throw CLI::RequiredError("a branch, or --failed,");
    line.command = branch.drop;
  });
}

void add_doctor(CLI::App& app, CommandLine& line, DoctorCommand& doctor) {
  CLI::App* command =
      app.add_subcommand("doctor", "Look for what would get in Tarn's way: machine, ports, disk, data folder, clients");
  command->footer(
      "The exit code is 1 if something is to be mended.\n\nExamples:\n  tarn doctor\n  tarn doctor --json --data "
      ".tarn");
  command->add_flag("--json", doctor.json, "The findings as JSON");
  command->add_option("--data", line.data, "Data folder (default: `data:` in tarn.yaml, else .tarn)");
  command->add_option("--project", line.project, "Project folder (default: this one, or the nearest above it)");
  command->callback([&] { line.command = doctor; });
}

CommandShape shape_of(const CLI::App& command) {
  CommandShape shape{.name = command.get_name(), .about = command.get_description()};
  for (const CLI::Option* option : command.get_options()) {
    OptionShape one{.about = option->get_description(), .takes_value = option->get_items_expected_max() > 0};
    for (const std::string& name : option->get_snames()) one.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) one.names.push_back("--" + name);
    bool positional = one.names.empty();
    if (positional) one.names.push_back(option->get_name());
    (positional ? shape.positionals : shape.options).push_back(std::move(one));
  }
  for (const CLI::App* each : command.get_subcommands([](const CLI::App*) { return true; }))
    shape.commands.push_back(shape_of(*each));
  return shape;
}

void add_completion(CLI::App& app, CommandLine& line, CompletionCommand& completion) {
  CLI::App* command = app.add_subcommand("completion", "Print a script that completes tarn's commands in a shell");
  command->footer(
      "Examples:\n  eval \"$(tarn completion bash)\"        in ~/.bashrc\n"
      "  eval \"$(tarn completion zsh)\"         in ~/.zshrc, after compinit");
  command->add_option("shell", completion.shell, "bash or zsh")->required();
  command->callback([&] {
    completion.root = shape_of(app);
    line.command = completion;
  });
}

// "no command `topik`; did you mean `topic`?", of the first word that is none.
std::optional<std::string> unknown_command(const CLI::App& app, std::span<char*> words) {
  std::vector<const CLI::App*> commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty() || words.empty() || words[0][0] == '-') return std::nullopt;
  std::vector<std::string> names;
  for (const CLI::App* command : commands) {
    if (command->get_name() == words[0]) return unknown_command(*command, words.subspan(1));
    names.push_back(command->get_name());
  }
  std::vector<std::string_view> candidates(names.begin(), names.end());
  std::string_view near = nearest(words[0], candidates);
  return fmt::format(
      "no command `{}`; {}", words[0],
      near.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : fmt::format("did you mean `{}`?", near));
}

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, char** argv) {
  CommandLine line;
  UpCommand up;
  InitCommand init{.program = argv[0]};
  SqlCommand sql;
  TopicCommands topic;
  LandCommand land;
  BuildCommand build;
  BranchCommands branch;
  DoctorCommand doctor;
  CompletionCommand completion;
  CLI::App app{kAbout, "tarn"};
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("tarn {}", kVersion), "Print the version");
  add_up(app, line, up);
  add_init(app, line, init);
  add_sql(app, line, sql);
  add_topic(app, line, topic);
  add_land(app, line, land);
  add_build(app, line, build);
  add_branch(app, line, branch);
  add_doctor(app, line, doctor);
  add_completion(app, line, completion);
  app.add_subcommand("version", "Print the version")->callback([&] { line.command = VersionCommand{}; });
  if (auto wrong = unknown_command(app, std::span(argv, static_cast<std::size_t>(argc)).subspan(1))) {
    fmt::print(stderr, "tarn: {}\n", *wrong);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return line;
}

}  // namespace tarn::app
