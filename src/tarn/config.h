// A project folder as `tarn up` reads it: tarn.yaml, topics/*.yaml and dashboards/home.yaml. All optional; an unknown
// key is an error that names the nearest known one.
//
//   # tarn.yaml                        # topics/flights.yaml
//   data: .tarn                        topic: flights           # default: the file's name
//   kafka: 127.0.0.1:9092              partitions: 1
//   pg: 127.0.0.1:5433                 config: {tarn.land.ms: 30000}
//   http: 127.0.0.1:8276               table: public.flights
//   auto_create_topics: true           columns:                 # declared: nothing is inferred
//   auto_tables_max: 1000                year: int
//   land_skip: [scratch-*]               dep_time: int
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doors/http/chart_declaration.h"
#include "host/files.h"
#include "table/schema.h"

namespace tarn::app {

// "ADDR:PORT"; port 0 picks a free one.
struct Address {
  std::string host;
  int port = 0;
};
std::string to_string(const Address& address);
// kInvalidArgument for anything but an address on loopback: Tarn listens nowhere else until authentication is set up.
Result<Address> parse_address(std::string_view text, std::string_view what);

struct TopicDeclaration {
  std::string topic;
  std::optional<std::int32_t> partitions;
  std::map<std::string, std::string> config;
  std::string table;                                 // "": the default name
  std::optional<std::vector<table::Field>> columns;  // ids are zero
  std::string source;                                // the file, for messages
};

struct Config {
  std::string project;  // its folder, absolute
  std::string data;     // absolute
  Address kafka{"127.0.0.1", 9092};
  Address pg{"127.0.0.1", 5433};
  Address http{"127.0.0.1", 8276};
  bool auto_create_topics = true;
  std::size_t auto_tables_max = 1000;
  std::vector<std::string> land_skip;  // globs of topic names that don't land by themselves
  std::vector<TopicDeclaration> topics;
  std::optional<doors::http::ChartDeclaration> home_chart;  // dashboards/home.yaml, see chart_declaration.h
};

// What the command line says over the files.
struct Overrides {
  std::optional<std::string> data, kafka, pg, http;
};

inline constexpr std::string_view kProjectFileName = "tarn.yaml";
inline constexpr std::string_view kDataFolderName = ".tarn";  // unless `data:` says another
inline constexpr Bytes kYamlBytesMax = 1_MiB;

// The folder a command works on: `named`, or if that is empty, the one we are in (".") or the nearest above it that
// holds tarn.yaml or dbt_project.yml (absolute). A folder with one of them, or with a data folder of its own, is its
// own.
std::string project_folder(host::Files& files, const std::string& named, const std::string& here = ".");
// "the project is /x/my-platform, above this folder"; "" if `folder` is none that was found above.
std::string found_above(const std::string& named, const std::string& folder);

// `project`: the folder; a missing tarn.yaml or topics/ is fine, a missing folder is not.
Result<Config> load_config(host::Files& files, const std::string& project, const Overrides& overrides);

// The data folder alone, for commands that look for a running platform.
Result<std::string> data_folder(host::Files& files, const std::string& project, const std::optional<std::string>& flag);

}  // namespace tarn::app
