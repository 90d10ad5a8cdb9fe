// Which topics land by themselves, and in which table: by name alone, before anything is known of their records.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "log/topic.h"

namespace tarn::flow::land {

inline constexpr std::string_view kDefaultNamespace = "public";
inline constexpr std::size_t kTableNameMax =
    catalog::kSqlNameMax - catalog::kDeadLetterSuffix.size();  // so that its dead letters' fits too

// Properties of the tables that landing makes: for whom. They outlive a crash between making a table and binding it.
inline constexpr std::string_view kTopicProperty = "tarn.topic-id";
inline constexpr std::string_view kDeadLettersProperty = "tarn.dead-letters-of";

// Why the topic does not land by itself; nullopt if it does. `skip` are globs (* and ?) of the configuration.
// A `_` in front, `*-changelog` and `*-repartition` are the internal topics of Kafka's own tools.
std::optional<std::string> why_not_landed(const log::Topic& topic, const std::vector<std::string>& skip);

// `public.<topic>`, dots and dashes as underscores; where that is too long for SQL, distinct_table_name.
catalog::TableName default_table_name(std::string_view topic);
// For a topic whose default name another topic's table has: the same, cut if need be, and 8 hex digits of the topic's
// name.
catalog::TableName distinct_table_name(std::string_view topic);
// "public.rides" or "rides".
catalog::TableName parse_table_name(std::string_view text);
catalog::TableName dead_letter_table_name(const catalog::TableName& table);
// Where that name was taken before it was kept free: `rides_1a2b3c4d__dlq`, of the table's name.
catalog::TableName distinct_dead_letter_table_name(const catalog::TableName& table);

bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace tarn::flow::land
