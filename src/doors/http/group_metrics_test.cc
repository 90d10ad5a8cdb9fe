#include "doors/http/group_metrics.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace tarn::doors::http {
namespace {

struct Groups final : log::GroupsInfo {
  std::vector<log::GroupInfo> all;
  std::vector<log::GroupInfo> groups() const override { return all; }
  std::uint64_t changes() const override { return 0; }
};

log::GroupInfo group(std::string name, std::int32_t partitions) {
  log::GroupInfo info{.name = std::move(name), .state = "Stable", .members = {{.id = "a"}, {.id = "b"}}};
  for (std::int32_t i = 0; i < partitions; ++i)
    info.offsets.push_back({.topic = "rides", .partition = PartitionId(i), .lag = i * 10});
  return info;
}

}  // namespace

TEST_CASE("a group shows with its members, its state and how far it is behind, under a name that breaks no line") {
  Groups groups;
  groups.all = {group("readers", 2), group("a\"b\\c%\n\xC3\xA9", 0)};
  std::string text = group_metrics(groups);
  for (const char* line : {"tarn_kafka_groups_count 2\n", "tarn_kafka_group_members_count{group=\"readers\"} 2\n",
                           "tarn_kafka_group_state_info{group=\"readers\",state=\"Stable\"} 1\n",
                           "tarn_kafka_group_lag_records{group=\"readers\",topic=\"rides\",partition=\"1\"} 10\n",
                           "tarn_kafka_group_members_count{group=\"a%22b%5Cc%25%0A%C3%A9\"} 2\n",
                           "# TYPE tarn_kafka_group_lag_records gauge\n"})
    CHECK_MESSAGE(text.contains(line), line);
}

TEST_CASE("however many groups there are, what is shown of them is bounded") {
  Groups groups;
  for (int i = 0; i < 1000; ++i) groups.all.push_back(group("g" + std::to_string(i), 100));
  std::string text = group_metrics(groups);
  CHECK(text.contains("tarn_kafka_groups_count 1000\n"));
  CHECK(std::ranges::count(text, '\n') == 4 * 2 + 1 + 2 * static_cast<std::ptrdiff_t>(kGroupsMeasuredMax) +
                                              static_cast<std::ptrdiff_t>(kGroupLagsMeasuredMax));
}

}  // namespace tarn::doors::http
