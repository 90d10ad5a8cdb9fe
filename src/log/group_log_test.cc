// Consumer groups in the log: what was committed is there, whatever was written around it.
#include <doctest/doctest.h>

#include <future>
#include <map>

#include "base/codec.h"
#include "host/fault_sweep.h"
#include "host/logging.h"
#include "host/test_folder.h"
#include "log/group_table.h"
#include "log/testing.h"

namespace tarn::log {
namespace {

TopicPartition make_partition(Log& log, const std::string& topic, std::map<std::string, std::string> configs = {}) {
  return {must(log.create_topic({topic, 3, std::move(configs)})).id, PartitionId(0)};
}

std::uint64_t bytes_in(const host::Path& folder) {
  auto files = host::real_files();
  std::uint64_t total = 0;
  for (const host::DirEntry& entry : must(files->list(folder))) {
    if (!entry.name.ends_with(".log")) continue;
    auto file = files->open(host::join(folder, entry.name), host::OpenMode::kRead);  // may have gone just now
    if (file) total += must((*file)->size()).count();
  }
  return total;
}

TEST_CASE("what was committed is there after a start, the last commit of each partition") {
  host::TestFolder folder;
  TestHost host;
  TopicPartition p;
  {
    auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
    p = make_partition(*log, "rides");
    must(commit(*log, "g", {{p, Offset(5), LeaderEpoch(2), "first"}}));
    must(commit(*log, "g", {{p, Offset(7), LeaderEpoch(3), "second"}, {{p.topic, PartitionId(1)}, Offset(1)}}));
    must(commit(*log, "other", {{p, Offset(1)}}));
    must(keep_state(*log, "g", to_buffer(as_bytes("state"))));
    must(remove_offsets(*log, "g", {{p.topic, PartitionId(1)}}));
    must(remove_group(*log, "other"));
  }
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  GroupOffsets offsets = log->groups().offsets("g");
  REQUIRE(offsets.size() == 1);
  const CommittedOffset& found = offsets.at(p);
  CHECK(found.offset == Offset(7));
  CHECK(found.leader_epoch == LeaderEpoch(3));
  CHECK(found.metadata == "second");
  CHECK(found.committed_at == host.clock.wall_ms());
  auto groups = log->groups().states();
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].first == "g");
  CHECK(as_text(groups[0].second) == "state");
}

TEST_CASE("offsets go with their topic, and no commit takes ones of a topic that is gone") {
  host::TestFolder folder;
  TestHost host;
  auto log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  TopicPartition gone = make_partition(*log, "gone");
  TopicPartition kept = make_partition(*log, "kept");
  must(commit(*log, "g", {{gone, Offset(1)}, {kept, Offset(2)}}));
  std::uint64_t seen = log->groups().changes();
  must(log->delete_topic(gone.topic));
  CHECK(log->groups().offsets("g").size() == 1);
  CHECK(log->groups().changes() > seen);
  must(commit(*log, "g", {{gone, Offset(3)}, {{kept.topic, PartitionId(9)}, Offset(3)}}));
  CHECK(log->groups().offsets("g").size() == 1);
  log.reset();
  log = must(Log::open(host.host(), folder.path(), small_options(), nullptr, nullptr));
  CHECK(log->groups().offsets("g").size() == 1);
}

TEST_CASE("commits over and over take no more room than what is alive, and a start finds every group") {
  host::TestFolder folder;
  TestHost host;
  LogOptions options = small_options();
  options.group_snapshot_bytes_min = 8_KiB;
  std::map<std::string, std::int64_t> truth;
  TopicPartition p;
  auto check = [&](Log& log) {
    for (const auto& [name, offset] : truth) CHECK(log.groups().offsets(name).at(p).offset == Offset(offset));
    CHECK(log.groups().names().size() == truth.size());
  };
  {
    auto log = must(Log::open(host.host(), folder.path(), options, nullptr, nullptr));
    p = make_partition(*log, "rides");
    for (std::int64_t i = 0; i < 3000; ++i) {
      std::string name = "group " + std::to_string(i % 20);
      must(commit(*log, name, {{p, Offset(i), LeaderEpoch(0), std::string(100, 'm')}}));
      truth[name] = i;
    }
    std::uint64_t unbounded = 3000 * 250;
    for (std::int64_t i = 3000; bytes_in(folder.path() + "/log/meta/1") > unbounded / 5; ++i) {  // in the background
      must(commit(*log, "group 0", {{p, Offset(i)}}));
      truth["group 0"] = i;
    }
    check(*log);
  }
  auto log = must(Log::open(host.host(), folder.path(), options, nullptr, nullptr));
  check(*log);
}

TEST_CASE("more than is read at once, in records of any size, is all there after a start") {
  host::TestFolder folder;
  TestHost host;
  LogOptions options;
  options.wal_bytes = 64_MiB;
  options.wal_file_bytes = 16_MiB;
  std::map<std::string, std::size_t> truth;
  {
    auto log = must(Log::open(host.host(), folder.path(), options, nullptr, nullptr));
    for (std::size_t i = 0; i < 60; ++i) {
      std::string name = "group " + std::to_string(i);
      must(keep_state(*log, name, Buffer(1 + i * i * 31)));
      truth[name] = 1 + i * i * 31;
    }
  }
  auto log = must(Log::open(host.host(), folder.path(), options, nullptr, nullptr));
  auto states = log->groups().states();
  CHECK(states.size() == truth.size());
  for (const auto& [name, state] : states) CHECK(state.size() == truth.at(name));
}

TEST_CASE("fsync=never: an offset that was committed is never given again, one beyond the end means the end") {
  host::set_log_level(host::Level::kOff);
  host::for_each_seed(10, [](std::uint64_t seed) {
    INFO("seed ", seed);
    host::FaultyFiles files(seed);
    TestHost host(files, seed);
    auto open = [&] { return must(Log::open(host.host(), "data", small_options(), nullptr, nullptr)); };
    auto log = open();
    TopicPartition committed = make_partition(*log, "committed", {{"tarn.fsync", "never"}});
    TopicPartition beyond{committed.topic, PartitionId(1)};
    for (int i = 0; i < 20; ++i) {
      append(*log, committed, {"value"});
      append(*log, beyond, {"value"});
    }
    must(commit(*log, "g", {{committed, Offset(15)}, {beyond, Offset(1'000'000)}}));
    files.crash(host::Fault::kPowerLoss);
    log.reset();
    files.restart();
    log = open();
    CHECK(append(*log, committed, {"after"}).base_offset >= Offset(15));
    CHECK(append(*log, beyond, {"after"}).base_offset == Offset(20));
  });
  host::set_log_level(host::Level::kInfo);
}

TEST_CASE("groups beyond their room are refused, and go on when others have been removed") {
  host::TestFolder folder;
  TestHost host;
  LogOptions options;
  options.wal_bytes = 64_MiB;
  options.wal_file_bytes = 16_MiB;
  auto log = must(Log::open(host.host(), folder.path(), options, nullptr, nullptr));
  TopicPartition p = make_partition(*log, "t");
  const Buffer state(10 << 20);
  int taken = 0;
  while (keep_state(*log, "group " + std::to_string(taken), state)) ++taken;
  CHECK(taken == 6);
  CHECK(keep_state(*log, "more", state).error().code == Code::kLimit);
  must(commit(*log, "small", {{p, Offset(1)}}));
  must(remove_group(*log, "group 0"));
  must(keep_state(*log, "more", state));
  CHECK(keep_state(*log, "large", Buffer(17 << 20)).error().code == Code::kLimit);
}

TEST_CASE("a record of the groups that does not parse is corruption, at any length") {
  std::vector<GroupOffset> offsets{{{}, {Offset(1), LeaderEpoch(2), "metadata", TimestampMs(3), Offset(4)}}};
  const Buffer whole = offsets_record("group", offsets);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    GroupTable table;
    CHECK(table.apply(ByteView(whole).first(length)).error().code == Code::kCorruption);
    CHECK(table.bytes() == 0);
  }
  GroupTable table;
  CHECK(table.apply(whole));
  GroupTable copy;
  table.for_each_record([&](const Buffer& record) { CHECK(copy.apply(record)); });
  CHECK(copy.find("group")->offsets.begin()->second.metadata == "metadata");
  CHECK(copy.bytes() == table.bytes());
  CHECK(table.apply(group_gone_record("group")));
  CHECK(table.bytes() == 0);
}

}  // namespace
}  // namespace tarn::log
