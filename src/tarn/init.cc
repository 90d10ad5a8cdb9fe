#include "tarn/init.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>

#include "tarn/commands.h"

namespace tarn::app {
namespace {

struct Template {
  std::string_view path;
  std::string_view about;
  std::string_view text;  // @NAME@ stands for the project's name
};

constexpr std::string_view kTarnYaml =
    R"(# Settings of this platform. All optional; these are the defaults.
data: .tarn                # where everything is kept: the log, the tables, the catalog
kafka: 127.0.0.1:9092
pg: 127.0.0.1:5433
http: 127.0.0.1:8276
)";

constexpr std::string_view kTopic =
    R"(# The topic `rides`, made by the next `tarn up`; its records are JSON objects and land in the table `rides`.
# Without `columns:` they are inferred from the first records, and a topic needs no file at all.
columns:
  city: string
  fare: double
)";

constexpr std::string_view kDbtProject = R"(name: @NAME@
version: "1.0"
config-version: 2
profile: @NAME@
model-paths: [models]
test-paths: [tests]
models:
  @NAME@:
    +materialized: view
)";

constexpr std::string_view kStaged =
    R"(-- Rides worth counting. source('stream', T) is the table that topic T lands in.
select city, fare
from {{ source('stream', 'rides') }}
where fare > 0
)";

constexpr std::string_view kByCity = R"({{ config(materialized='table') }}

select city, count(*) as rides, sum(fare) as fares
from {{ ref('staged_rides') }}
group by city
)";

constexpr std::string_view kSchema =
    R"(version: 2

models:
  - name: staged_rides
    description: Rides with a fare
  - name: fares_by_city
    description: How many rides each city had, and what they brought
    columns:
      - name: city
        data_tests:
          - unique
          - not_null
)";

constexpr std::string_view kTest =
    R"(-- A test is a query that finds what must not be: any row fails the build, and nothing is published.
select city, fares
from {{ ref('fares_by_city') }}
where fares <= 0
)";

constexpr std::string_view kHome = R"(# The chart on the console's Home page.
title: Fares by city
sql: select city, sum(fare) as fares from rides group by 1 order by 1
x: city
y: fares
)";

constexpr std::string_view kReadme = R"(# @NAME@

A project of Tarn (Kafka in, Iceberg at rest, Postgres out): this folder is the whole platform.

```
tarn up                                          # serve it
echo '{"city":"Oslo","fare":12.5}' | kcat -P -b 127.0.0.1:9092 -t rides
tarn sql -c 'select city, fare from rides'       # the record, at once
tarn build                                       # models on a branch, their tests, then all published in one commit
tarn sql -c 'select * from fares_by_city'
```

| | |
|---|---|
| `tarn.yaml` | ports, data folder |
| `topics/*.yaml` | topics: columns, partitions, configs |
| `models/**/*.sql` | tables and views, in SQL with `ref` and `source`, in dbt's layout |
| `models/schema.yml` | descriptions and tests of models |
| `tests/*.sql` | tests of your own |
| `dashboards/home.yaml` | the chart on the console's Home page, http://127.0.0.1:8276 |
)";

constexpr std::string_view kGitIgnore = "/.tarn/\n/target/\n/dbt_packages/\n/logs/\n";

constexpr Template kTemplates[] = {
    {"tarn.yaml", "ports and data folder", kTarnYaml},
    {"topics/rides.yaml", "a topic and the columns of its table", kTopic},
    {"dbt_project.yml", "the models' settings", kDbtProject},
    {"models/staged_rides.sql", "a view of the topic's table", kStaged},
    {"models/fares_by_city.sql", "a table made from that view", kByCity},
    {"models/schema.yml", "what the models are, and their tests", kSchema},
    {"tests/fares_are_positive.sql", "a test of your own", kTest},
    {"dashboards/home.yaml", "the chart on the console's Home page", kHome},
    {"README.md", "what is where", kReadme},
    {".gitignore", "keeps data out of git", kGitIgnore},
};

std::string filled(std::string_view text, std::string_view name) {
  constexpr std::string_view kPlace = "@NAME@";
  std::string whole(text);
  for (std::size_t at = 0; (at = whole.find(kPlace, at)) != std::string::npos; at += name.size())
    whole.replace(at, kPlace.size(), name);
  return whole;
}

// False if it is there already.
Result<bool> write_new(host::Files& files, const std::string& path, std::string_view content) {
  TARN_TRY(files.make_dirs(host::parent(path)));
  auto file = files.open(path, host::OpenMode::kCreateNew);
  if (!file && file.error().code == Code::kAlreadyExists) return false;
  if (!file) return std::unexpected(file.error());
  TARN_TRY((*file)->write_at(as_bytes(content), 0_B));
  return true;
}

// `tarn` as it can be called from any folder.
std::string callable(const std::string& typed) {
  std::error_code ignored;
  return typed.contains('/') ? std::filesystem::absolute(typed, ignored).lexically_normal().string() : typed;
}

bool is_current(const std::string& folder) { return folder == "." || folder == "./"; }

void say_what_next(const std::string& folder, const std::string& tarn) {
  fmt::print("\nNext:\n");
  if (!is_current(folder)) fmt::print("  cd {}\n", folder);
  fmt::print(
      "  {0} up                                  # serves this folder; go on in another terminal, here\n"
      "  echo '{{\"city\":\"Oslo\",\"fare\":12.5}}' | kcat -P -b 127.0.0.1:9092 -t rides\n"
      "  {0} sql -c 'select city, fare from rides'   # the record, at once\n"
      "  {0} build                               # models and their tests on a branch, then published\n"
      "  {0} sql -c 'select * from fares_by_city'\n",
      tarn);
}

}  // namespace

std::string project_name(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::path path = std::filesystem::absolute(folder, ignored).lexically_normal();
  std::string name = path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name.insert(0, "project_");
  return name;
}

Result<std::vector<InitFile>> init_project(host::Files& files, const std::string& folder) {
  std::string name = project_name(folder);
  std::vector<InitFile> written;
  for (const Template& each : kTemplates) {
    TARN_ASSIGN(bool is_new, write_new(files, host::join(folder, each.path), filled(each.text, name)));
    written.push_back({.path = std::string(each.path), .about = std::string(each.about), .kept = !is_new});
  }
  return written;
}

int run_init(const InitCommand& command) {
  auto files = host::real_files();
  auto written = init_project(*files, command.folder);
  if (!written) {
    fmt::print(stderr, "tarn: {}\n", written.error().message);
    return 1;
  }
  for (const InitFile& file : *written)
    fmt::print("{} {:<30} {}\n", file.kept ? "kept " : "wrote", file.path,
               file.kept ? "was there, unchanged" : file.about);
  say_what_next(command.folder, callable(command.program));
  return 0;
}

}  // namespace tarn::app
