// What topics/*.yaml say, against the topics and tables that are there: planned whole, shown, then applied. A change
// that would lose data is refused, and then nothing is applied.
//
//   a topic that is missing              made
//   a config                             set; shorter retention of records that are nowhere else is refused
//   partitions                           refused: records would be elsewhere, or gone
//   columns of a bound topic             new ones are added, wider types taken; any other change is refused
//   table of a bound topic               refused: its rows are in the one it has
//
// What a file no longer says stays as it was set.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "log/log.h"
#include "tarn/config.h"

namespace tarn::app {

struct TopicChange {
  std::string topic, source;
  std::vector<std::string> lines;  // for a person: "partitions: 2", "tarn.land.ms: 30000 -> 500", "column tip: double"
  std::optional<log::TopicSpec> create;
  TopicId id{};  // of one that is there
  std::map<std::string, std::optional<std::string>> configs;
  std::optional<catalog::SetSchema> schema;
  std::optional<catalog::Binding> binding;  // its columns are declared from now on, or not any more
};

// Topics without a change are left out. kInvalidArgument: every refusal, a line each, with its file and what to do.
Result<std::vector<TopicChange>> plan_topics(const log::Log& log, const catalog::State& state, const Config& config);

Result<void> apply_topics(log::Log& log, catalog::Catalog& catalog, const std::vector<TopicChange>& changes);

std::string to_string(const TopicChange& change);  // "topic rides: column tip: double, tarn.land.ms: 30000 -> 500"

}  // namespace tarn::app
