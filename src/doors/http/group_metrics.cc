#include "doors/http/group_metrics.h"

#include <fmt/format.h>

namespace tarn::doors::http {
namespace {

std::string label(std::string_view name) {
  std::string text;
  for (char c : name) {
    bool plain = c >= ' ' && c <= '~' && c != '%' && c != '"' && c != '\\';
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

// One metric with all its series, as the format wants them together.
struct Family {
  Family(std::string_view name, std::string_view help)
      : name(name), text(fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help)) {}
  void add(std::string_view labels, std::int64_t value) { text += fmt::format("{}{} {}\n", name, labels, value); }
  std::string_view name;
  std::string text;
};

}  // namespace

std::string group_metrics(const log::GroupsInfo& groups) {
  Family count("tarn_kafka_groups_count", "Consumer groups");
  Family members("tarn_kafka_group_members_count", "Members of a consumer group");
  Family state("tarn_kafka_group_state_info", "The state that a consumer group is in");
  Family lag("tarn_kafka_group_lag_records", "Records past the offset that a group has committed");
  std::vector<log::GroupInfo> all = groups.groups();
  count.add("", static_cast<std::int64_t>(all.size()));
  if (all.size() > kGroupsMeasuredMax) all.resize(kGroupsMeasuredMax);
  std::size_t lags_left = kGroupLagsMeasuredMax;
  for (const log::GroupInfo& group : all) {
    std::string name = label(group.name);
    members.add(fmt::format("{{group=\"{}\"}}", name), static_cast<std::int64_t>(group.members.size()));
    state.add(fmt::format("{{group=\"{}\",state=\"{}\"}}", name, label(group.state)), 1);
    for (const log::GroupOffsetInfo& offset : group.offsets) {
      if (lags_left == 0) break;
      --lags_left;
      lag.add(fmt::format("{{group=\"{}\",topic=\"{}\",partition=\"{}\"}}", name, label(offset.topic),
                          offset.partition.value()),
              offset.lag);
    }
  }
  return count.text + members.text + state.text + lag.text;
}

}  // namespace tarn::doors::http
