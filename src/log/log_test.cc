// The log on real files: what clients see of it.
#include "log/log.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

#include "host/test_folder.h"
#include "log/testing.h"

namespace tarn::log {
namespace {

TEST_CASE("what was acked is there after a clean stop and a start") {
  host::TestFolder folder;
  TestHost host;
  TopicPartition p;
  {
    auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
    Topic topic = must(log->create_topic({"rides", 2, {}}));
    p = {topic.id, PartitionId(1)};
    for (int i = 0; i < 100; ++i) {
      AppendResult result = append(*log, p, {"value-" + std::to_string(i)});
      CHECK(result.status == AppendStatus::kOk);
      CHECK(result.base_offset == Offset(i));
    }
    CHECK(values(*log, p).size() == 100);
  }
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  REQUIRE(log->topics()->find("rides") != nullptr);
  CHECK(must(log->ends(p)).high_watermark == Offset(100));
  auto all = values(*log, p);
  REQUIRE(all.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(all[static_cast<std::size_t>(i)] == "value-" + std::to_string(i));
  CHECK(append(*log, p, {"more"}).base_offset == Offset(100));
}

Topic make_topic(Log& log, const std::string& name, std::int32_t partitions = 1,
                 std::map<std::string, std::string> configs = {}) {
  return must(log.create_topic({name, partitions, std::move(configs)}));
}

TEST_CASE("many producers on many partitions, over segment rolls and the ring's end") {
  host::TestFolder folder;
  TestHost host;
  constexpr int kPartitions = 8, kThreads = 4, kBatches = 400;
  TopicId id;
  {
    auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
    Topic topic = make_topic(*log, "t", kPartitions, {{"segment.bytes", "30000"}});
    id = topic.id;
    std::vector<std::thread> threads;
    std::atomic<int> acked = 0;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kBatches; ++i) {
          Buffer batch = make_batch({std::string(1500, 'x'), "from " + std::to_string(t) + " " + std::to_string(i)});
          log->append({id, PartitionId((i + t) % kPartitions)}, batch, [&](AppendResult result) {
            if (result.status == AppendStatus::kOk) ++acked;
          });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < kPartitions; ++i) append(*log, {id, PartitionId(i)}, {"last"});
    CHECK(acked == kThreads * kBatches);
  }
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  std::size_t count = 0;
  for (int i = 0; i < kPartitions; ++i) {
    auto all = records(*log, {id, PartitionId(i)});
    for (std::size_t k = 0; k < all.size(); ++k) CHECK(all[k].first == Offset(static_cast<std::int64_t>(k)));
    count += all.size();
  }
  CHECK(count == kThreads * kBatches * 2 + kPartitions);
}

TEST_CASE("topics are made, altered, deleted and forgotten for good") {
  host::TestFolder folder;
  TestHost host;
  TopicId kept, deleted, forgotten;
  {
    auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
    kept = make_topic(*log, "kept", 3, {{"retention.ms", "1000"}}).id;
    deleted = make_topic(*log, "deleted").id;
    forgotten = make_topic(*log, "forgotten").id;
    append(*log, {deleted, PartitionId(0)}, {"waits for landing"});
    append(*log, {forgotten, PartitionId(0)}, {"goes"});
    CHECK(log->create_topic({"kept", 1, {}}).error().code == Code::kAlreadyExists);
    CHECK(log->create_topic({"a b", 1, {}}).error().code == Code::kInvalidArgument);
    CHECK(log->create_topic({"x", 1, {{"retention.mss", "1"}}}).error().message.find("retention.ms") !=
          std::string::npos);
    CHECK(log->create_topic({"x", kPartitionsPerTopicMax + 1, {}}).error().code == Code::kLimit);
    must(log->alter_topic(kept, {{"retention.ms", std::nullopt}, {"tarn.land", "off"}}));
    CHECK(log->alter_topic(kept, {{"tarn.land", "maybe"}}).error().code == Code::kInvalidArgument);
    must(log->delete_topic(deleted));
    must(log->delete_topic(forgotten));
    must(log->forget_topic(forgotten));
    CHECK(append(*log, {deleted, PartitionId(0)}, {"late"}).status == AppendStatus::kUnknownTopic);
    CHECK(log->forget_topic(kept).error().code == Code::kNotFound);
  }
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  CHECK(log->topics()->all().size() == 1);
  const Topic* topic = log->topics()->find("kept");
  REQUIRE(topic);
  CHECK(topic->id == kept);
  CHECK(topic->partitions == 3);
  CHECK(topic->config.land == TopicConfig::Land::kOff);
  CHECK(topic->config.retention_ms == TopicConfig().retention_ms);
  REQUIRE(log->deleted_topics().size() == 1);
  CHECK(values(*log, {deleted, PartitionId(0)}) == std::vector<std::string>{"waits for landing"});
  CHECK(log->ends({forgotten, PartitionId(0)}).error().code == Code::kNotFound);
  TopicId again = make_topic(*log, "deleted").id;
  CHECK(again != deleted);
  CHECK(values(*log, {again, PartitionId(0)}).empty());
}

TEST_CASE("a batch sent again is acked with its first offset, and what does not follow is refused") {
  host::TestFolder folder;
  TestHost host;
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  TopicPartition p{make_topic(*log, "t").id, PartitionId(0)};
  ProducerIdAndEpoch producer = must(log->new_producer_id());
  auto send = [&](std::int32_t sequence, std::int16_t epoch = 0) {
    return append_bytes(
        *log, p,
        make_batch({"a", "b"},
                   {.producer_id = producer.id, .producer_epoch = ProducerEpoch(epoch), .base_sequence = sequence}));
  };
  for (int i = 0; i < 6; ++i) CHECK(send(i * 2).base_offset == Offset(i * 2));
  AppendResult again = send(6);
  CHECK(again.status == AppendStatus::kDuplicate);
  CHECK(again.base_offset == Offset(6));
  CHECK(send(0).status == AppendStatus::kOutOfOrderSequence);  // older than the last five
  CHECK(send(14).status == AppendStatus::kOutOfOrderSequence);
  CHECK(send(4, 1).status == AppendStatus::kOutOfOrderSequence);
  CHECK(send(0, 1).status == AppendStatus::kOk);
  CHECK(send(12, 0).status == AppendStatus::kInvalidProducerEpoch);
  log.reset();
  log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  CHECK(send(0, 1).status == AppendStatus::kDuplicate);
  CHECK(send(2, 1).base_offset == Offset(14));
  CHECK(must(log->new_producer_id()).id > producer.id);
}

TEST_CASE("what is no whole, honest batch is refused by name") {
  host::TestFolder folder;
  TestHost host;
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  TopicPartition p{make_topic(*log, "t", 1, {{"max.message.bytes", "1000"}}).id, PartitionId(0)};
  Buffer good = make_batch({"a"});
  auto status = [&](Buffer batch) { return append_bytes(*log, p, batch).status; };
  Buffer bad = good;
  bad.back() ^= std::byte{1};
  CHECK(status(bad) == AppendStatus::kCorrupt);
  bad = good;
  bad.pop_back();
  CHECK(status(bad) == AppendStatus::kCorrupt);
  bad = good;
  bad.insert(bad.end(), good.begin(), good.end());
  CHECK(status(bad) == AppendStatus::kInvalidRecord);
  bad = good;
  bad[16] = std::byte{1};
  CHECK(status(bad) == AppendStatus::kInvalidRecord);
  CHECK(status({}) == AppendStatus::kCorrupt);
  CHECK(status(make_batch({std::string(1000, 'x')})) == AppendStatus::kTooLarge);
  CHECK(status(make_batch({"a"}, {.control = true})) == AppendStatus::kInvalidRecord);
  CHECK(status(make_batch({"a"}, {}, TimestampMs(1'700'003'600'001))) == AppendStatus::kInvalidTimestamp);
  CHECK(status(make_batch({"a"}, {}, TimestampMs(1'700'003'600'000))) == AppendStatus::kOk);
  CHECK(append_bytes(*log, {p.topic, PartitionId(1)}, good).status == AppendStatus::kUnknownTopic);
  CHECK(append_bytes(*log, TopicPartition{}, good).status == AppendStatus::kUnknownTopic);
  TopicPartition keyed{make_topic(*log, "compact", 1, {{"cleanup.policy", "compact"}}).id, PartitionId(0)};
  CHECK(append_bytes(*log, keyed, good).status == AppendStatus::kInvalidRecord);
}

TEST_CASE("offsets are found by time, in every codec, over segments") {
  host::TestFolder folder;
  TestHost host;
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  TopicPartition p{make_topic(*log, "t", 1, {{"segment.bytes", "8000"}}).id, PartitionId(0)};
  constexpr std::int64_t kStart = 1'600'000'000'000;
  for (int i = 0; i < 200; ++i) {
    auto codec = static_cast<wire::kafka::Compression>(i % 5);
    append_bytes(
        *log, p,
        make_batch({std::string(100, 'x'), std::string(100, 'y')}, {.codec = codec}, TimestampMs(kStart + i * 10)));
  }
  for (int i = 0; i < 200; ++i) {
    auto first = must(log->offset_for_time(p, TimestampMs(kStart + i * 10)));
    REQUIRE(first);
    CHECK(first->offset == Offset(i * 2));
    auto second = must(log->offset_for_time(p, TimestampMs(kStart + i * 10 + 1)));
    CHECK(second->offset == Offset(i * 2 + 1));
    CHECK(second->timestamp == TimestampMs(kStart + i * 10 + 1));
  }
  CHECK(!must(log->offset_for_time(p, TimestampMs(kStart + 2000))));
  CHECK(must(log->max_timestamp(p))->offset == Offset(399));
  CHECK(must(log->offset_for_leader_epoch(p, LeaderEpoch(0))) == std::pair(LeaderEpoch(0), Offset(400)));
  CHECK(log->read(p, Offset(401), 1_B).error().code == Code::kInvalidArgument);
  CHECK(!must(log->read(p, Offset(400), 1_B)).file);
  SegmentRange range = must(log->read(p, Offset(3), 1_MiB));
  CHECK(range.base_offset == Offset(2));
  CHECK(range.length > 1000_B);
}

TEST_CASE("a watch is woken once, when a partition grows past its offset or its topic goes") {
  host::TestFolder folder;
  TestHost host;
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  Topic topic = make_topic(*log, "t", 2);
  TopicPartition p{topic.id, PartitionId(0)}, q{topic.id, PartitionId(1)};
  int woken = 0;
  log->watch({{p, Offset(0)}, {q, Offset(0)}}, [&] { ++woken; });
  append(*log, q, {"a"});
  CHECK(woken == 1);
  append(*log, p, {"a"});
  CHECK(woken == 1);
  log->watch({{p, Offset(0)}}, [&] { ++woken; });
  CHECK(woken == 2);
  std::uint64_t off = log->watch({{p, Offset(1)}}, [&] { ++woken; });
  log->unwatch(off);
  append(*log, p, {"b"});
  CHECK(woken == 2);
  log->watch({{p, Offset(5)}}, [&] { ++woken; });
  must(log->delete_topic(topic.id));
  CHECK(woken == 3);
  log->watch({{{TopicId{}, PartitionId(0)}, Offset(0)}}, [&] { ++woken; });
  CHECK(woken == 4);
}

TEST_CASE("LogAppendTime sets our time, and the CRC still holds") {
  host::TestFolder folder;
  TestHost host;
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  TopicPartition p{make_topic(*log, "t", 1, {{"message.timestamp.type", "LogAppendTime"}}).id, PartitionId(0)};
  AppendResult result = append_bytes(*log, p, make_batch({"a"}, {}, TimestampMs(5)));
  CHECK(result.log_append_time == host.clock.wall_ms());
  CHECK(values(*log, p) == std::vector<std::string>{"a"});
  CHECK(must(log->max_timestamp(p))->timestamp == host.clock.wall_ms());
}

TEST_CASE("fsync=never: readable at once, durable when asked; the mode changes both ways") {
  host::TestFolder folder;
  TestHost host;
  TopicPartition p;
  {
    auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
    p = {make_topic(*log, "t", 1, {{"tarn.fsync", "never"}}).id, PartitionId(0)};
    for (int i = 0; i < 10; ++i) append(*log, p, {std::to_string(i)});
    CHECK(must(log->ends(p)).high_watermark == Offset(10));
    CHECK(must(log->ends(p)).durable_end == Offset(0));
    CHECK(must(log->sync(p)) == Offset(10));
    CHECK(must(log->ends(p)).durable_end == Offset(10));
    must(log->alter_topic(p.topic, {{"tarn.fsync", "always"}}));
    for (int i = 10; i < 20; ++i) append(*log, p, {std::to_string(i)});
    CHECK(must(log->ends(p)).durable_end == Offset(20));
    must(log->alter_topic(p.topic, {{"tarn.fsync", "never"}}));
    for (int i = 20; i < 30; ++i) append(*log, p, {std::to_string(i)});
  }
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  auto all = values(*log, p);
  REQUIRE(all.size() == 30);
  for (int i = 0; i < 30; ++i) CHECK(all[static_cast<std::size_t>(i)] == std::to_string(i));
  CHECK(must(log->ends(p)).leader_epoch == LeaderEpoch(0));  // a clean stop loses nothing
}

class Landed final : public LandedOffsets {
 public:
  std::optional<Offset> landed_end(const TopicPartition&) const override { return end.load(); }
  std::string why_not(TopicId) const override { return "its first record is no JSON"; }
  std::atomic<Offset> end{Offset(0)};
};

TEST_CASE("retention drops whole segments, never what has not landed, and a start knows") {
  host::TestFolder folder;
  TestHost host;
  Landed landed;
  auto open = [&] { return must(Log::open(host.host(), folder.path(), small_options(), &landed, nullptr)); };
  auto log = open();
  TopicPartition p{make_topic(*log, "t", 1, {{"segment.bytes", "1000"}, {"retention.bytes", "2000"}}).id,
                   PartitionId(0)};
  auto fill_and_wait_for_retention = [&](Offset start) {
    for (int i = 0; i < 10; ++i) append(*log, p, {std::string(400, 'x')});
    host.clock.advance(std::chrono::minutes(6));
    for (int i = 0; i < 10000 && must(log->ends(p)).log_start < start; ++i) append(*log, p, {"nudge"});
  };
  fill_and_wait_for_retention(Offset(0));
  CHECK(must(log->ends(p)).log_start == Offset(0));
  landed.end = Offset(5);
  fill_and_wait_for_retention(Offset(4));
  CHECK(must(log->ends(p)).log_start == Offset(4));  // the segment of 4 and 5 has one that has not landed
  CHECK(log->read(p, Offset(3), 1_B).error().code == Code::kInvalidArgument);
  CHECK(must(log->read(p, Offset(4), 1_B)).base_offset == Offset(4));
  Offset end = must(log->ends(p)).high_watermark;
  log.reset();
  log = open();
  CHECK(must(log->ends(p)).log_start == Offset(4));
  CHECK(must(log->ends(p)).high_watermark == end);
  CHECK(records(*log, p, Offset(4)).size() == static_cast<std::size_t>(end - Offset(4)));
}

TEST_CASE("a topic with too much that has not landed refuses, says why, and goes on when it lands") {
  host::TestFolder folder;
  TestHost host;
  Landed landed;
  LogOptions options = small_options();
  options.unlanded_bytes_max = 20_KiB;
  auto log = must(Log::open(host.host(), folder.path(), options, &landed, nullptr));
  TopicPartition p{make_topic(*log, "t", 1, {{"segment.bytes", "10000"}}).id, PartitionId(0)};
  Buffer batch = make_batch({std::string(200'000, 'x')});
  AppendResult result;
  Offset last(-1);
  for (int i = 0; i < 10000 && result.status == AppendStatus::kOk; ++i) {
    result = append_bytes(*log, p, batch);
    if (result.status == AppendStatus::kOk) last = result.base_offset;
  }
  CHECK(result.status == AppendStatus::kHeld);
  CHECK(result.message.find("no JSON") != std::string::npos);
  landed.end = last + 1;
  CHECK(append(*log, p, {"a"}).status == AppendStatus::kOk);
}

TEST_CASE("many topics share few open files") {
  host::TestFolder folder;
  TestHost host;
  LogOptions options = small_options();
  options.open_files_max = 8;
  auto log = must(Log::open(host.host(), folder.path(), options, nullptr, nullptr));
  Topic topic = make_topic(*log, "t", 20, {{"segment.bytes", "3000"}});
  for (int i = 0; i < 100; ++i)
    append(*log, {topic.id, PartitionId(i % 20)}, {std::string(700, 'x'), std::to_string(i)});
  for (int i = 0; i < 20; ++i) CHECK(values(*log, {topic.id, PartitionId(i)}).size() == 10);
  log.reset();
  log = must(Log::open(host.host(), folder.path(), options, nullptr, nullptr));
  for (int i = 0; i < 20; ++i) CHECK(values(*log, {topic.id, PartitionId(i)}).size() == 10);
}

}  // namespace
}  // namespace tarn::log
