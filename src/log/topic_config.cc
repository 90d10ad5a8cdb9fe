#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "log/topic.h"

namespace tarn::log {
namespace {

using Type = ConfigSpec::Type;

// Where a number must lie.
struct Range {
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
};

constexpr std::int64_t kIntMax = 2147483647;
constexpr std::int64_t kLongMax = INT64_MAX;
constexpr std::int64_t kMessageBytesMost = 32 << 20;  // must fit a file of the write-ahead log with others beside it

constexpr std::array kRanges{
    Range{"tarn.land.ms", 100, 86'400'000},
    Range{"tarn.land.bytes", 1 << 20, std::int64_t{1} << 40},
    Range{"max.message.bytes", 0, kMessageBytesMost},
    Range{"segment.bytes", 14, kIntMax},
    Range{"segment.ms", 1, kLongMax},
    Range{"retention.ms", -1, kLongMax},
    Range{"retention.bytes", -1, kLongMax},
};

struct Choice {
  std::string_view name;
  std::string_view choices;  // separated by ", "
};
constexpr std::array kChoices{
    Choice{"tarn.land", "auto, off"},
    Choice{"tarn.fsync", "always, never"},
    Choice{"message.timestamp.type", "CreateTime, LogAppendTime"},
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string_view nearest_name(std::string_view name) {
  return std::ranges::min(known_topic_configs(), {},
                          [&](const ConfigSpec& spec) { return edit_distance(name.substr(0, 100), spec.name); })
      .name;
}

std::unexpected<Error> bad(std::string_view name, std::string_view value, std::string_view takes) {
  return fail(Code::kInvalidArgument, fmt::format("{} takes {}, not '{}'", name, takes, value.substr(0, 100)));
}

Result<std::int64_t> number(const ConfigSpec& spec, std::string_view value) {
  std::int64_t parsed = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  if (error != std::errc() || end != value.data() + value.size()) return bad(spec.name, value, "a whole number");
  for (const Range& range : kRanges) {
    if (range.name == spec.name && (parsed < range.least || parsed > range.most)) {
      return bad(spec.name, value, fmt::format("a number from {} to {}", range.least, range.most));
    }
  }
  return parsed;
}

Result<void> check_value(const ConfigSpec& spec, std::string_view value) {
  if (spec.type == Type::kInt || spec.type == Type::kLong) {
    Result<std::int64_t> parsed = number(spec, value);
    if (!parsed) return std::unexpected(std::move(parsed).error());
  }
  if (spec.type == Type::kBoolean && value != "true" && value != "false") return bad(spec.name, value, "true or false");
  for (const Choice& choice : kChoices) {
    if (choice.name != spec.name) continue;
    bool known = !value.empty() && value.find(',') == std::string_view::npos &&
                 fmt::format(", {}, ", choice.choices).find(fmt::format(", {}, ", value)) != std::string::npos;
    if (!known) return bad(spec.name, value, fmt::format("one of {}", choice.choices));
  }
  if (spec.name == "cleanup.policy") {
    bool known = value == "delete" || value == "compact" || value == "compact,delete" || value == "delete,compact";
    if (!known) return bad(spec.name, value, "delete, compact or both");
  }
  return {};
}

const ConfigSpec* find_spec(std::string_view name) {
  for (const ConfigSpec& spec : known_topic_configs()) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

}  // namespace

const std::vector<ConfigSpec>& known_topic_configs() {
  static const std::vector<ConfigSpec> kConfigs{
      {"cleanup.policy", Type::kList, "delete",
       "delete old segments, compact by key, or both (compaction is not done yet: kept whole)"},
      {"compression.gzip.level", Type::kInt, "-1", "Kept; Tarn never recompresses"},
      {"compression.lz4.level", Type::kInt, "9", "Kept; Tarn never recompresses"},
      {"compression.type", Type::kString, "producer", "Kept; Tarn stores batches as the producer made them"},
      {"compression.zstd.level", Type::kInt, "3", "Kept; Tarn never recompresses"},
      {"delete.retention.ms", Type::kLong, "86400000", "Kept until compaction comes"},
      {"file.delete.delay.ms", Type::kLong, "60000", "Kept; files go when nobody reads them"},
      {"flush.messages", Type::kLong, "9223372036854775807", "Kept; see tarn.fsync"},
      {"flush.ms", Type::kLong, "9223372036854775807", "Kept; see tarn.fsync"},
      {"follower.replication.throttled.replicas", Type::kList, "", "Kept; one node has no followers"},
      {"index.interval.bytes", Type::kInt, "4096", "Kept; an index entry is made every 4096 bytes"},
      {"leader.replication.throttled.replicas", Type::kList, "", "Kept; one node has no followers"},
      {"local.retention.bytes", Type::kLong, "-2", "Kept; there is no remote tier"},
      {"local.retention.ms", Type::kLong, "-2", "Kept; there is no remote tier"},
      {"max.compaction.lag.ms", Type::kLong, "9223372036854775807", "Kept until compaction comes"},
      {"max.message.bytes", Type::kInt, "1048588", "The largest batch, with its header"},
      {"message.timestamp.after.max.ms", Type::kLong, "3600000", "Kept; records may be at most 1 h in the future"},
      {"message.timestamp.before.max.ms", Type::kLong, "9223372036854775807",
       "Kept; records may be as old as they like"},
      {"message.timestamp.type", Type::kString, "CreateTime", "CreateTime: the producer's clock; LogAppendTime: ours"},
      {"min.cleanable.dirty.ratio", Type::kDouble, "0.5", "Kept until compaction comes"},
      {"min.compaction.lag.ms", Type::kLong, "0", "Kept until compaction comes"},
      {"min.insync.replicas", Type::kInt, "1", "Kept; one node is all there is"},
      {"preallocate", Type::kBoolean, "false", "Kept; segments are never preallocated"},
      {"remote.storage.enable", Type::kBoolean, "false", "Kept; there is no remote tier"},
      {"retention.bytes", Type::kLong, "-1", "Bytes of a partition to keep; -1: no bound. Un-landed data is kept"},
      {"retention.ms", Type::kLong, "604800000", "How long to keep records; -1: for ever. Un-landed data is kept"},
      {"segment.bytes", Type::kInt, "1073741824", "A segment file is closed at this size"},
      {"segment.index.bytes", Type::kInt, "10485760", "Kept; indexes grow as needed"},
      {"segment.jitter.ms", Type::kLong, "0", "Kept; segments are rolled when due"},
      {"segment.ms", Type::kLong, "604800000", "A segment file is closed at this age"},
      {"tarn.fsync", Type::kString, "always", "always: an ack means durable; never: an ack means in the page cache"},
      {"tarn.land", Type::kString, "auto", "auto: lands in a table; off: does not"},
      {"tarn.land.bytes", Type::kLong, "67108864", "Land when this much is decoded"},
      {"tarn.land.ms", Type::kLong, "30000", "Land at the latest after this long"},
      {"unclean.leader.election.enable", Type::kBoolean, "false", "Kept; one node has one leader"},
  };
  return kConfigs;
}

Result<TopicConfig> parse_topic_config(const std::map<std::string, std::string>& configs) {
  if (configs.size() > kTopicConfigsMax) {
    return fail(Code::kInvalidArgument,
                fmt::format("{} topic configs are more than {}", configs.size(), kTopicConfigsMax));
  }
  for (const auto& [name, value] : configs) {
    const ConfigSpec* spec = find_spec(name);
    if (!spec) {
      return fail(Code::kInvalidArgument, fmt::format("no topic config is called '{}'; did you mean {}?",
                                                      std::string_view(name).substr(0, 100), nearest_name(name)));
    }
    TARN_TRY(check_value(*spec, value));
  }
  TopicConfig parsed;
  auto text = [&](const char* name, std::string_view otherwise) {
    auto found = configs.find(name);
    return found == configs.end() ? otherwise : std::string_view(found->second);
  };
  auto integer = [&](const char* name, std::int64_t otherwise) {
    auto found = configs.find(name);
    return found == configs.end() ? otherwise : *number(*find_spec(name), found->second);
  };
  if (text("tarn.land", "auto") == "off") parsed.land = TopicConfig::Land::kOff;
  if (text("tarn.fsync", "always") == "never") parsed.fsync = TopicConfig::Fsync::kNever;
  if (text("message.timestamp.type", "") == "LogAppendTime") {
    parsed.timestamp_type = TopicConfig::TimestampType::kLogAppendTime;
  }
  parsed.compact_only = text("cleanup.policy", "delete") == "compact";
  parsed.land_ms = std::chrono::milliseconds(integer("tarn.land.ms", parsed.land_ms.count()));
  parsed.land_bytes = Bytes(
      static_cast<std::uint64_t>(integer("tarn.land.bytes", static_cast<std::int64_t>(parsed.land_bytes.count()))));
  parsed.message_bytes_max = Bytes(static_cast<std::uint64_t>(
      integer("max.message.bytes", static_cast<std::int64_t>(parsed.message_bytes_max.count()))));
  parsed.segment_bytes = Bytes(
      static_cast<std::uint64_t>(integer("segment.bytes", static_cast<std::int64_t>(parsed.segment_bytes.count()))));
  parsed.segment_ms = std::chrono::milliseconds(integer("segment.ms", parsed.segment_ms.count()));
  parsed.retention_ms = std::chrono::milliseconds(integer("retention.ms", parsed.retention_ms.count()));
  parsed.retention_bytes = integer("retention.bytes", parsed.retention_bytes);
  return parsed;
}

}  // namespace tarn::log
