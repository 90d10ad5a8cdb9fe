#include "tarn/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <functional>

#include "base/nearest.h"
#include "flow/land/rules.h"
#include "flow/model/project.h"

namespace tarn::app {
namespace {

// Carries an Error out of yaml-cpp's accessors, which throw themselves; never leaves this file.
struct BadYaml {
  Error error;
};

[[noreturn]] void bad(const std::string& file, const YAML::Node& node, const std::string& message) {
  int line = node.Mark().line;
  throw BadYaml{{Code::kInvalidArgument,
                 line >= 0 ? fmt::format("{}:{}: {}", file, line + 1, message) : fmt::format("{}: {}", file, message)}};
}

std::string scalar(const std::string& file, const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar()) bad(file, node, fmt::format("`{}` takes a single value", key));
  return node.Scalar();
}

std::int64_t integer(const std::string& file, const YAML::Node& node, std::string_view key, std::int64_t min,
                     std::int64_t max) {
  std::string text = scalar(file, node, key);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max)
    bad(file, node, fmt::format("`{}` takes a whole number from {} to {}, not `{}`", key, min, max, text));
  return value;
}

bool boolean(const std::string& file, const YAML::Node& node, std::string_view key) {
  std::string text = scalar(file, node, key);
  if (text == "true") return true;
  if (text == "false") return false;
  bad(file, node, fmt::format("`{}` takes true or false, not `{}`", key, text));
}

// One known key and what to do with its value.
struct Key {
  std::string_view name;
  std::function<void(const YAML::Node&)> read;
};

void read_keys(const std::string& file, const YAML::Node& root, std::span<const Key> keys) {
  if (root.IsNull()) return;
  if (!root.IsMap()) bad(file, root, "expected `key: value` lines");
  for (const auto& entry : root) {
    std::string name = scalar(file, entry.first, "a key");
    auto key = std::ranges::find(keys, name, &Key::name);
    if (key != keys.end()) {
      key->read(entry.second);
      continue;
    }
    std::vector<std::string_view> names;
    for (const Key& known : keys) names.push_back(known.name);
    std::string_view guess = nearest(name, names);
    bad(file, entry.first,
        guess.empty() ? fmt::format("unknown key `{}`; known are {}", name, fmt::join(names, ", "))
                      : fmt::format("unknown key `{}`; did you mean `{}`?", name, guess));
  }
}

// Calls `read` with the file's parsed root; false if there is no such file.
Result<bool> with_yaml(host::Files& files, const std::string& path,
                       const std::function<void(const YAML::Node&)>& read) {
  TARN_ASSIGN(bool there, files.exists(path));
  if (!there) return false;
  TARN_ASSIGN(Buffer content, host::read_file(files, path, kYamlBytesMax));
  try {
    read(YAML::Load(std::string(as_text(content))));
  } catch (const BadYaml& problem) {
    return std::unexpected(problem.error);
  } catch (const YAML::Exception& problem) {
    return fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", path, problem.mark.line + 1, problem.msg));
  }
  return true;
}

Address address_or_throw(const std::string& file, const YAML::Node& node, std::string_view key) {
  auto address = parse_address(scalar(file, node, key), key);
  if (!address) bad(file, node, address.error().message);
  return *address;
}

std::vector<table::Field> read_columns(const std::string& file, const YAML::Node& node) {
  if (!node.IsMap()) bad(file, node, "`columns` takes `name: type` lines");
  std::vector<table::Field> columns;
  for (const auto& entry : node) {
    std::string name = scalar(file, entry.first, "a column name");
    auto type = table::parse_type(scalar(file, entry.second, name));
    if (!type) bad(file, entry.second, fmt::format("column `{}`: {}", name, type.error().message));
    if (std::ranges::find(columns, name, &table::Field::name) != columns.end())
      bad(file, entry.first, fmt::format("column `{}` is there twice", name));
    if (name == "_kafka")
      bad(file, entry.first, "`_kafka` is the column of Kafka's own metadata; name yours otherwise");
    columns.push_back({.name = name, .type = std::move(*type)});
  }
  if (columns.empty()) bad(file, node, "`columns` is empty; leave it out to have the columns inferred");
  return columns;
}

// `rides` or `namespace.rides`.
std::string read_table(const std::string& file, const YAML::Node& node) {
  std::string table = scalar(file, node, "table");
  catalog::TableName name = flow::land::parse_table_name(table);
  auto is_plain = [](const std::string& part) {
    auto plain = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c >= 0x80; };
    return !part.empty() && part.size() <= flow::land::kTableNameMax && std::ranges::all_of(part, plain);
  };
  if (!is_plain(name.name_space) || !is_plain(name.name))
    bad(file, node,
        fmt::format("`table: {}`: say `name` or `namespace.name`, each of letters, digits, - and _, {} bytes at most",
                    table, flow::land::kTableNameMax));
  if (name.name.ends_with(catalog::kDeadLetterSuffix))
    bad(file, node,
        fmt::format("`table: {}`: tables that end in {} are for dead letters", table, catalog::kDeadLetterSuffix));
  return table;
}

TopicDeclaration read_topic(const std::string& file, const std::string& default_name, const YAML::Node& root) {
  TopicDeclaration topic{.topic = default_name, .source = file};
  const Key kKeys[] = {
      {"topic", [&](const YAML::Node& node) { topic.topic = scalar(file, node, "topic"); }},
      {"partitions",
       [&](const YAML::Node& node) {
         topic.partitions = static_cast<std::int32_t>(integer(file, node, "partitions", 1, 1000));
       }},
      {"table", [&](const YAML::Node& node) { topic.table = read_table(file, node); }},
      {"columns", [&](const YAML::Node& node) { topic.columns = read_columns(file, node); }},
      {"config",
       [&](const YAML::Node& node) {
         if (!node.IsMap()) bad(file, node, "`config` takes `name: value` lines");
         for (const auto& entry : node) {
           std::string name = scalar(file, entry.first, "a config name");
           topic.config[name] = scalar(file, entry.second, name);
         }
       }},
  };
  read_keys(file, root, kKeys);
  return topic;
}

bool is_yaml(const std::string& name) { return name.ends_with(".yaml") || name.ends_with(".yml"); }

Result<void> load_topics(host::Files& files, const std::string& folder, Config& config) {
  TARN_ASSIGN(bool there, files.exists(folder));
  if (!there) return {};
  TARN_ASSIGN(auto entries, files.list(folder));
  for (const host::DirEntry& entry : entries) {
    if (entry.is_dir || !is_yaml(entry.name)) continue;
    std::string file = host::join(folder, entry.name);
    std::string name = entry.name.substr(0, entry.name.rfind('.'));
    TARN_TRY(
        with_yaml(files, file, [&](const YAML::Node& root) { config.topics.push_back(read_topic(file, name, root)); }));
    const TopicDeclaration& added = config.topics.back();
    for (std::size_t i = 0; i + 1 < config.topics.size(); ++i) {
      if (config.topics[i].topic != added.topic) continue;
      return fail(Code::kInvalidArgument, fmt::format("topic `{}` is declared in {} and in {}; keep one", added.topic,
                                                      config.topics[i].source, added.source));
    }
  }
  return {};
}

// One name, or a list of them.
std::vector<std::string> names(const std::string& file, const YAML::Node& node, std::string_view key) {
  if (!node.IsSequence()) return {scalar(file, node, key)};
  std::vector<std::string> all;
  for (const auto& name : node) all.push_back(scalar(file, name, key));
  if (all.empty()) bad(file, node, fmt::format("`{}` is an empty list", key));
  return all;
}

doors::http::ChartDeclaration read_chart(const std::string& file, const YAML::Node& root) {
  doors::http::ChartDeclaration chart;
  const Key kKeys[] = {
      {"title", [&](const YAML::Node& node) { chart.title = scalar(file, node, "title"); }},
      {"sql", [&](const YAML::Node& node) { chart.sql = scalar(file, node, "sql"); }},
      {"x", [&](const YAML::Node& node) { chart.x = scalar(file, node, "x"); }},
      {"y", [&](const YAML::Node& node) { chart.y = names(file, node, "y"); }},
      {"series", [&](const YAML::Node& node) { chart.series = scalar(file, node, "series"); }},
  };
  read_keys(file, root, kKeys);
  for (const auto& [key, missing] : {std::pair("title", chart.title.empty()), std::pair("sql", chart.sql.empty()),
                                     std::pair("x", chart.x.empty()), std::pair("y", chart.y.empty())})
    if (missing) bad(file, root, fmt::format("`{}` is missing; a chart has title, sql, x and y", key));
  if (!chart.series.empty() && chart.y.size() > 1)
    bad(file, root, "`series` makes a line of each of its values; name one `y` with it");
  if (chart.y.size() > doors::http::kChartLinesMax)
    bad(file, root,
        fmt::format("`y` names {} columns; a chart has {} lines at most", chart.y.size(), doors::http::kChartLinesMax));
  return chart;
}

Result<void> load_home_chart(host::Files& files, const std::string& file, Config& config) {
  TARN_TRY(with_yaml(files, file, [&](const YAML::Node& root) { config.home_chart = read_chart(file, root); }));
  return {};
}

std::string absolute(const std::string& base, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path whole = fs::path(path).is_absolute() ? fs::path(path) : fs::absolute(base, ignored) / path;
  std::string text = whole.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

Result<void> load_project_file(host::Files& files, const std::string& project, Config& config) {
  std::string file = host::join(project, kProjectFileName);
  const Key kKeys[] = {
      {"data", [&](const YAML::Node& node) { config.data = scalar(file, node, "data"); }},
      {"kafka", [&](const YAML::Node& node) { config.kafka = address_or_throw(file, node, "kafka"); }},
      {"pg", [&](const YAML::Node& node) { config.pg = address_or_throw(file, node, "pg"); }},
      {"http", [&](const YAML::Node& node) { config.http = address_or_throw(file, node, "http"); }},
      {"auto_create_topics",
       [&](const YAML::Node& node) { config.auto_create_topics = boolean(file, node, "auto_create_topics"); }},
      {"auto_tables_max",
       [&](const YAML::Node& node) {
         config.auto_tables_max = static_cast<std::size_t>(integer(file, node, "auto_tables_max", 0, 10'000));
       }},
      {"land_skip",
       [&](const YAML::Node& node) {
         if (!node.IsSequence()) bad(file, node, "`land_skip` takes a list of topic name patterns");
         for (const auto& pattern : node) config.land_skip.push_back(scalar(file, pattern, "land_skip"));
       }},
  };
  TARN_TRY(with_yaml(files, file, [&](const YAML::Node& root) { read_keys(file, root, kKeys); }));
  return {};
}

Result<void> check_project(host::Files& files, const std::string& project) {
  auto there = files.list(project);
  if (there) return {};
  return fail(Code::kInvalidArgument, fmt::format("project folder {} can't be read ({}); name an existing one", project,
                                                  there.error().message));
}

Result<void> override_address(const std::optional<std::string>& text, std::string_view what, Address& address) {
  if (!text) return {};
  TARN_ASSIGN(address, parse_address(*text, what));
  return {};
}

}  // namespace

std::string to_string(const Address& address) {
  bool is_v6 = address.host.contains(':');
  return is_v6 ? fmt::format("[{}]:{}", address.host, address.port) : fmt::format("{}:{}", address.host, address.port);
}

Result<Address> parse_address(std::string_view text, std::string_view what) {
  auto wrong = [&](std::string_view why) {
    return fail(Code::kInvalidArgument,
                fmt::format("{} `{}`: {}; say ADDR:PORT, like 127.0.0.1:0 for any free port", what, text, why));
  };
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("no port");
  std::string host(text.substr(0, colon));
  std::string_view port_text = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  int port = -1;
  auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size() || port < 0 || port > 65535)
    return wrong("the port is not a number from 0 to 65535");
  if (host == "localhost") host = "127.0.0.1";
  bool loopback = host == "::1" || (host.starts_with("127.") && std::ranges::count(host, '.') == 3);
  if (!loopback) return wrong("not on loopback, and without authentication Tarn listens nowhere else");
  return Address{host, port};
}

std::string project_folder(host::Files& files, const std::string& named, const std::string& here) {
  auto holds = [&](const std::string& folder, std::string_view name) {
    auto there = files.exists(host::join(folder, name));
    return there && *there;
  };
  auto is_project = [&](const std::string& folder) {
    return holds(folder, kProjectFileName) || holds(folder, flow::model::kProjectFile);
  };
  if (!named.empty()) return named;
  if (is_project(here) || holds(here, kDataFolderName)) return here;
  std::string folder = absolute(".", here);
  while (folder.size() > 1) {
    folder = host::parent(folder);
    if (is_project(folder)) return folder;
  }
  return here;
}

std::string found_above(const std::string& named, const std::string& folder) {
  if (!named.empty() || folder == ".") return "";
  return fmt::format("the project is {}, above this folder", folder);
}

Result<Config> load_config(host::Files& files, const std::string& project, const Overrides& overrides) {
  TARN_TRY(check_project(files, project));
  Config config;
  config.project = absolute(".", project);
  config.data = kDataFolderName;
  TARN_TRY(load_project_file(files, project, config));
  TARN_TRY(load_topics(files, host::join(project, "topics"), config));
  TARN_TRY(load_home_chart(files, host::join(host::join(project, "dashboards"), "home.yaml"), config));
  config.data = overrides.data ? absolute(".", *overrides.data) : absolute(project, config.data);
  TARN_TRY(override_address(overrides.kafka, "--kafka", config.kafka));
  TARN_TRY(override_address(overrides.pg, "--pg", config.pg));
  TARN_TRY(override_address(overrides.http, "--http", config.http));
  return config;
}

Result<std::string> data_folder(host::Files& files, const std::string& project,
                                const std::optional<std::string>& flag) {
  if (flag) return absolute(".", *flag);
  Config config;
  config.data = kDataFolderName;
  TARN_TRY(load_project_file(files, project, config));
  return absolute(project, config.data);
}

}  // namespace tarn::app
