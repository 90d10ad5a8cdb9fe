#include "flow/model/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/nearest.h"

namespace tarn::flow::model {
namespace {

using enum Effect;

constexpr Key kProject[] = {{"name"},
                            {"version", kQuiet},
                            {"config-version", kQuiet},
                            {"profile", kQuiet},
                            {"model-paths"},
                            {"test-paths"},
                            {"macro-paths"},
                            {"seed-paths"},
                            {"snapshot-paths"},
                            {"analysis-paths", kQuiet},
                            {"docs-paths", kQuiet},
                            {"asset-paths", kQuiet},
                            {"function-paths", kQuiet},
                            {"target-path", kQuiet},
                            {"log-path", kQuiet},
                            {"clean-targets", kQuiet},
                            {"packages-install-path", kQuiet},
                            {"require-dbt-version", kQuiet},
                            {"flags", kQuiet},
                            {"dbt-cloud", kQuiet},
                            {"vars"},
                            {"models"},
                            {"tests"},
                            {"data_tests"},
                            {"quoting", kNone},
                            {"on-run-start", kNone},
                            {"on-run-end", kNone},
                            {"query-comment", kQuiet},
                            {"restrict-access", kNone},
                            {"dispatch", kNone},
                            {"seeds", kNone},
                            {"snapshots", kNone},
                            {"sources", kNone},
                            {"analyses", kQuiet},
                            {"unit_tests", kNone},
                            {"metrics", kNone},
                            {"semantic-models", kNone},
                            {"saved-queries", kNone},
                            {"exposures", kQuiet},
                            {"functions", kNone}};

constexpr Key kProperties[] = {{"version", kQuiet},
                               {"models"},
                               {"sources"},
                               {"data_tests"},
                               {"tests"},
                               {"exposures", kQuiet},
                               {"groups", kQuiet},
                               {"analyses", kQuiet},
                               {"macros", kQuiet},
                               {"anchors", kQuiet},
                               {"seeds", kNone},
                               {"snapshots", kNone},
                               {"metrics", kNone},
                               {"semantic_models", kNone},
                               {"unit_tests", kNone},
                               {"saved_queries", kNone},
                               {"functions", kNone}};

constexpr Key kModel[] = {{"name"},
                          {"description", kQuiet},
                          {"config"},
                          {"columns"},
                          {"tests"},
                          {"data_tests"},
                          {"meta", kQuiet},
                          {"docs", kQuiet},
                          {"data_type", kQuiet},
                          {"access", kNone},
                          {"group", kQuiet},
                          {"constraints", kNone},
                          {"quote_columns", kNone},
                          {"latest_version", kNone},
                          {"versions", kNone},
                          {"deprecation_date", kQuiet},
                          {"time_spine", kNone}};

constexpr Key kColumn[] = {{"name"},
                           {"description", kQuiet},
                           {"tests"},
                           {"data_tests"},
                           {"quote"},
                           {"data_type", kQuiet},
                           {"meta", kQuiet},
                           {"docs", kQuiet},
                           {"tags"},
                           {"config", kQuiet},
                           {"constraints", kNone},
                           {"granularity", kNone}};

constexpr Key kSource[] = {{"name"},
                           {"description", kQuiet},
                           {"schema"},
                           {"database"},
                           {"tables"},
                           {"config"},
                           {"meta", kQuiet},
                           {"tags"},
                           {"loader", kQuiet},
                           {"overrides", kNone},
                           {"quoting", kNone},
                           {"freshness", kNone},
                           {"loaded_at_field", kNone},
                           {"loaded_at_query", kNone}};

constexpr Key kSourceTable[] = {{"name"},
                                {"description", kQuiet},
                                {"identifier"},
                                {"columns"},
                                {"tests"},
                                {"data_tests"},
                                {"config"},
                                {"meta", kQuiet},
                                {"docs", kQuiet},
                                {"tags"},
                                {"data_type", kQuiet},
                                {"constraints", kNone},
                                {"quoting", kNone},
                                {"freshness", kNone},
                                {"loaded_at_field", kNone},
                                {"loaded_at_query", kNone},
                                {"external", kNone}};

constexpr Key kSingularTest[] = {{"name"}, {"description", kQuiet}, {"config"}, {"meta", kQuiet}, {"docs", kQuiet}};

constexpr Key kModelConfig[] = {{"materialized"},
                                {"schema"},
                                {"alias"},
                                {"database"},
                                {"enabled"},
                                {"tags"},
                                {"meta", kQuiet},
                                {"docs", kQuiet},
                                {"description", kQuiet},
                                {"group", kQuiet},
                                {"static_analysis", kQuiet},
                                {"full_refresh", kQuiet},
                                {"persist_docs", kNone},
                                {"pre_hook", kNone},
                                {"pre-hook", kNone},
                                {"post_hook", kNone},
                                {"post-hook", kNone},
                                {"sql_header", kNone},
                                {"quoting", kNone},
                                {"column_types", kNone},
                                {"grants", kNone},
                                {"packages", kNone},
                                {"contract", kNone},
                                {"access", kNone},
                                {"event_time", kNone},
                                {"freshness", kNone},
                                {"unique_key", kNone},
                                {"incremental_strategy", kNone},
                                {"incremental_predicates", kNone},
                                {"on_schema_change", kNone},
                                {"on_configuration_change", kNone},
                                {"merge_update_columns", kNone},
                                {"merge_exclude_columns", kNone},
                                {"concurrent_batches", kNone},
                                {"batch_size", kNone},
                                {"lookback", kNone},
                                {"begin", kNone},
                                {"partition_by", kNone},
                                {"partitioned_by", kNone},
                                {"cluster_by", kNone},
                                {"indexes", kNone},
                                {"unlogged", kNone},
                                {"format", kNone},
                                {"file_format", kNone},
                                {"location", kNone}};

constexpr Key kTestConfig[] = {{"severity"},
                               {"where"},
                               {"limit"},
                               {"warn_if"},
                               {"error_if"},
                               {"fail_calc"},
                               {"enabled"},
                               {"tags"},
                               {"alias", kQuiet},
                               {"meta", kQuiet},
                               {"group", kQuiet},
                               {"description", kQuiet},
                               {"schema", kNone},
                               {"database", kNone},
                               {"sql_header", kNone},
                               {"store_failures", kNone},
                               {"store_failures_as", kNone},
                               {"static_analysis", kQuiet}};

constexpr Key kSourceConfig[] = {{"enabled"},
                                 {"tags"},
                                 {"meta", kQuiet},
                                 {"freshness", kNone},
                                 {"event_time", kNone},
                                 {"loaded_at_field", kNone},
                                 {"loaded_at_query", kNone},
                                 {"static_analysis", kQuiet}};

}  // namespace

const std::span<const Key> kProjectKeys = kProject;
const std::span<const Key> kPropertiesKeys = kProperties;
const std::span<const Key> kModelKeys = kModel;
const std::span<const Key> kColumnKeys = kColumn;
const std::span<const Key> kSourceKeys = kSource;
const std::span<const Key> kSourceTableKeys = kSourceTable;
const std::span<const Key> kSingularTestKeys = kSingularTest;
const std::span<const Key> kModelConfigKeys = kModelConfig;
const std::span<const Key> kTestConfigKeys = kTestConfig;
const std::span<const Key> kSourceConfigKeys = kSourceConfig;

std::optional<Effect> check_key(std::string_view name, const Place& place, std::string_view what,
                                std::span<const Key> known, Findings& findings) {
  auto key = std::ranges::find(known, name, &Key::name);
  if (key == known.end()) {
    std::vector<std::string_view> names;
    for (const Key& each : known) names.push_back(each.name);
    std::string_view near = nearest(name, names);
    findings.problems.add(place, near.empty()
                                     ? fmt::format("unknown {} `{}`; known are {}", what, name, fmt::join(names, ", "))
                                     : fmt::format("unknown {} `{}`; did you mean `{}`?", what, name, near));
    return std::nullopt;
  }
  if (key->effect == kNone) findings.notes.add(place, fmt::format("`{}` has no effect here", name));
  return key->effect;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  std::vector<std::string_view> names(known.begin(), known.end());
  std::string_view near = nearest(word, names);
  return near.empty() ? std::string() : fmt::format("; did you mean `{}`?", near);
}

}  // namespace tarn::flow::model
