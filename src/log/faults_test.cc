// The log on a disk that breaks: every call of a scenario fails, fills up, tears, is killed or loses power once.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "host/fault_sweep.h"
#include "host/logging.h"
#include "log/checkpoint.h"
#include "log/ledger_test.h"
#include "log/wal_reader.h"

namespace tarn::log {
namespace {

using host::Fault;
using host::FaultPoint;
using host::FaultyFiles;

LogOptions tiny_options() {
  LogOptions options;
  options.wal_bytes = 256_KiB;
  options.wal_file_bytes = 64_KiB;
  options.ballast_bytes = 0_B;
  options.open_files_max = 8;
  options.group_snapshot_bytes_min = 3_KiB;
  return options;
}

// One life after the other on one disk.
class Machine {
 public:
  explicit Machine(FaultyFiles& files) : files_(files), host_(files) {}
  Result<std::unique_ptr<Log>> open() { return Log::open(host_.host(), "data", tiny_options(), nullptr, nullptr); }
  FaultyFiles& files() { return files_; }

 private:
  FaultyFiles& files_;
  TestHost host_;
};

class Landed final : public LandedOffsets {
 public:
  std::optional<Offset> landed_end(const TopicPartition&) const override { return end; }
  std::atomic<Offset> end{Offset(0)};
};

std::optional<TopicId> topic_of(Log& log, const std::string& name, std::map<std::string, std::string> configs = {}) {
  if (auto made = log.create_topic({name, 2, std::move(configs)})) return made->id;
  const Topic* there = log.topics()->find(name);
  return there ? std::optional(there->id) : std::nullopt;
}

// What the faults hit: topics made, batches over segment rolls and the ring's end, checkpoints, a topic deleted, made
// again and forgotten, producer ids, a change of mode.
class Scenario {
 public:
  void run(Log& log) {
    auto rides = topic_of(log, "rides", {{"segment.bytes", "700"}});
    produce(log, rides, 6);
    commit(log, rides, 8);
    ids(log);
    (void)log.checkpoint();
    auto other = topic_of(log, "other");
    produce(log, other, 2);
    commit(log, other, 2);
    produce(log, rides, 5);
    if (other) groups.forget(*other);
    if (other) (void)log.delete_topic(*other);
    auto again = topic_of(log, "other");
    if (other && again != other) {
      ledger.forget(*other);
      (void)log.forget_topic(*other);
    }
    produce(log, again, 2);
    groups.remove(log, "group 1");
    commit(log, rides, 8);
    auto mode = topic_of(log, "mode");
    produce(log, mode, 1);
    if (mode) {
      (void)log.alter_topic(*mode, {{"tarn.fsync", "never"}});
      (void)log.alter_topic(*mode, {{"tarn.fsync", "always"}});
    }
    produce(log, mode, 1);
    (void)log.checkpoint();
    produce(log, rides, 6);
    commit(log, rides, 4);
    ids(log);
  }

  void commit(Log& log, std::optional<TopicId> topic, int count) {
    if (!topic) return;
    for (int i = 0; i < count; ++i) {
      groups.commit(log, "group " + std::to_string(i % 2), {*topic, PartitionId(i % 2)});
      if (i % 3 == 0) groups.keep_state(log, "group " + std::to_string(i % 2));
    }
  }

  void produce(Log& log, std::optional<TopicId> topic, int count) {
    if (!topic) return;
    for (int i = 0; i < count; ++i) {
      ledger.send(log, {*topic, PartitionId(i % 2)}, "value " + std::to_string(next_value_++) + std::string(80, '.'));
    }
  }

  void ids(Log& log) {
    auto id = log.new_producer_id();
    if (!id) return;
    CHECK(id->id > last_id_);
    last_id_ = id->id;
  }

  void check(Log& log) {
    ledger.check_all(log);
    groups.check(log);
  }

  Ledger ledger;
  GroupLedger groups;

 private:
  int next_value_ = 0;
  ProducerId last_id_{-1};
};

// Starts, again if the fault was still to come; then everything must be there, go on working, and what is acked from
// then on must hold through another crash.
void recover_and_check(Machine& machine, Scenario& scenario, Fault second_crash) {
  machine.files().restart();
  auto log = machine.open();
  machine.files().clear_faults();
  if (!log || machine.files().crashed()) {  // a log that opened may meet the fault at once, in its checkpoint
    if (log) log->reset();
    machine.files().restart();
    log = machine.open();
    REQUIRE_MESSAGE(log, log.error().message);
  }
  scenario.check(**log);
  scenario.ledger.send_unanswered_again(**log);
  scenario.ids(**log);
  machine.files().crash(second_crash);
  log->reset();
  machine.files().restart();
  log = machine.open();
  REQUIRE_MESSAGE(log, log.error().message);
  scenario.check(**log);
  scenario.ids(**log);
}

// Kill, then power loss, in turn.
Fault crash_for(const FaultPoint& point) { return point.call % 2 == 0 ? Fault::kKill : Fault::kPowerLoss; }

TEST_CASE("any one fault while producing: what was acked is there exactly once") {
  host::set_log_level(host::Level::kOff);
  host::sweep_faults("log scenario", {}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Machine machine(files);
    Scenario scenario;
    point.arm(files);
    {
      auto log = machine.open();
      if (log) scenario.run(**log);
    }
    recover_and_check(machine, scenario, crash_for(point));
  });
  host::set_log_level(host::Level::kInfo);
}

TEST_CASE("any one fault while recovering: a second start finds everything") {
  host::set_log_level(host::Level::kOff);
  host::sweep_faults("log recovery", {}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Machine machine(files);
    Scenario scenario;
    auto log = must(machine.open());
    scenario.run(*log);
    files.crash(crash_for(point));
    log.reset();
    files.restart();
    point.arm(files);
    recover_and_check(machine, scenario, Fault::kPowerLoss);
  });
  host::set_log_level(host::Level::kInfo);
}

TEST_CASE("a full disk refuses, reads go on, and writing resumes by itself") {
  host::set_log_level(host::Level::kOff);
  FaultyFiles files(1);
  Machine machine(files);
  auto log = must(machine.open());
  TopicPartition p{must(log->create_topic({"t", 1, {}})).id, PartitionId(0)};
  Ledger ledger;
  CHECK(ledger.send(*log, p, "before") == AppendStatus::kOk);
  for (int round = 0; round < 3; ++round) {
    files.set_capacity(files.used());
    AppendStatus status = AppendStatus::kOk;
    for (int i = 0; i < 100 && status == AppendStatus::kOk; ++i) {
      status = ledger.send(*log, p, std::to_string(round) + " full " + std::to_string(i) + std::string(5000, '.'));
    }
    CHECK(status == AppendStatus::kDiskFull);
    CHECK(ledger.send(*log, p, std::to_string(round) + " overtakes") != AppendStatus::kOk);
    ledger.check_all(*log);
    CHECK(log->create_topic({"u", 1, {}}).error().code == Code::kUnavailable);
    files.set_capacity(1_GiB);
    ledger.send_unanswered_again(*log);
    ledger.check_all(*log);
  }
  log.reset();
  log = must(machine.open());
  ledger.check_all(*log);
  host::set_log_level(host::Level::kInfo);
}

TEST_CASE("the ballast makes room for the replay on a full disk") {
  host::set_log_level(host::Level::kOff);
  host::for_each_seed(10, [](std::uint64_t seed) {
    INFO("seed ", seed);
    FaultyFiles files(seed);
    TestHost host(files, seed);
    LogOptions options = tiny_options();
    options.ballast_bytes = 200_KiB;
    auto log = must(Log::open(host.host(), "data", options, nullptr, nullptr));
    TopicPartition p{must(log->create_topic({"t", 1, {}})).id, PartitionId(0)};
    Ledger ledger;
    for (int i = 0; i < 10; ++i) ledger.send(*log, p, std::to_string(i) + std::string(5000, '.'));
    while (!must(files.exists("data/log/wal/ballast"))) std::this_thread::yield();
    files.crash(Fault::kPowerLoss);
    log.reset();
    files.restart();
    auto ballast = must(files.open("data/log/wal/ballast", host::OpenMode::kCreate));
    must(ballast->reserve(200_KiB));  // a power loss may have taken it: here it did not
    ballast.reset();
    files.set_capacity(files.used());
    log = must(Log::open(host.host(), "data", options, nullptr, nullptr));
    ledger.check_all(*log);
    int more = 0;
    while (ledger.send(*log, p, "more " + std::to_string(more++) + std::string(20'000, '.')) == AppendStatus::kOk) {
    }
    files.set_capacity(1_GiB);
    ledger.send_unanswered_again(*log);
    ledger.check_all(*log);
  });
  host::set_log_level(host::Level::kInfo);
}

TEST_CASE("fsync=never: a power loss may take acks, but no offset that landed and nothing acked after it") {
  host::set_log_level(host::Level::kOff);
  host::for_each_seed(30, [](std::uint64_t seed) {
    INFO("seed ", seed);
    FaultyFiles files(seed);
    Landed landed;
    TestHost host(files, seed);
    auto open = [&] { return must(Log::open(host.host(), "data", tiny_options(), &landed, nullptr)); };
    auto log = open();
    TopicPartition p{must(log->create_topic({"t", 1, {{"tarn.fsync", "never"}, {"segment.bytes", "900"}}})).id,
                     PartitionId(0)};
    Ledger ledger;
    int value = 0;
    for (int life = 0; life < 4; ++life) {
      for (int i = 0; i < 20; ++i) ledger.send(*log, p, "value " + std::to_string(value++) + std::string(50, '.'));
      if (life % 2 == 0) landed.end = must(log->sync(p));
      for (int i = 0; i < 20; ++i) ledger.send(*log, p, "value " + std::to_string(value++) + std::string(50, '.'));
      if (life == 2) landed.end = must(log->ends(p)).high_watermark;  // landed without a sync: must not be reused
      LeaderEpoch before = must(log->ends(p)).leader_epoch;
      files.crash(seed % 3 == 0 ? Fault::kKill : Fault::kPowerLoss);
      log.reset();
      files.restart();
      log = open();
      ledger.check(*log, p, seed % 3 != 0);
      CHECK(must(log->ends(p)).leader_epoch > before);
      CHECK(must(log->ends(p)).high_watermark >= landed.end.load());
      ledger.forget_lost(*log, p);
    }
  });
  host::set_log_level(host::Level::kInfo);
}

// ---- damage on the disk itself

constexpr const char* kRingFile = "data/log/wal/ring-000";

void flip(FaultyFiles& files, const std::string& path, std::uint64_t at) {
  auto file = must(files.open(path, host::OpenMode::kReadWrite));
  std::byte byte[1];
  must(file->read_at(byte, Bytes(at)));
  byte[0] ^= std::byte{0x10};
  must(file->write_at(byte, Bytes(at)));
  must(file->sync());
}

// The mark follows the last group's ack: without it that group's damage looks torn, as it may be.
void wait_for_mark(FaultyFiles& files) {
  auto ring = must(files.open(kRingFile, host::OpenMode::kReadWrite));
  auto last_kind = [&] {
    std::byte header[kWalRecordHeaderBytes];
    std::byte kind{0};
    for (std::uint64_t at = kWalBlockBytes;; at += kWalBlockBytes) {
      must(ring->read_at(header, Bytes(at)));
      if (load_le<std::uint32_t>(header) == 0) return static_cast<WalKind>(kind);
      kind = header[12];
    }
  };
  auto clock = host::real_clock();
  auto deadline = clock->now() + std::chrono::seconds(20);
  while (last_kind() != WalKind::kMark) {
    REQUIRE(clock->now() < deadline);
    std::this_thread::yield();
  }
}

TEST_CASE("a rotten byte in what was durable refuses to start and says where") {
  host::set_log_level(host::Level::kOff);
  // Groups of one block each: the open record, a mark, the topic, a mark, then 5 batches with a mark after each.
  int refused = 0, harmless = 0;
  for (std::uint64_t at = kWalBlockBytes; at < 64 * 1024; at += 509) {
    INFO("byte ", at);
    FaultyFiles files(1);
    Machine machine(files);
    auto log = must(machine.open());
    TopicPartition p{must(log->create_topic({"t", 1, {}})).id, PartitionId(0)};
    Ledger ledger;
    for (int i = 0; i < 5; ++i) ledger.send(*log, p, std::to_string(i) + std::string(1500, '.'));
    wait_for_mark(files);
    files.crash(Fault::kKill);
    log.reset();
    files.restart();
    flip(files, kRingFile, at);
    auto again = machine.open();
    if (again) {
      // Zeros between records, and marks: nothing that was acked.
      ledger.check_all(**again);
      ++harmless;
      continue;
    }
    CHECK(again.error().code == Code::kCorruption);
    CHECK(again.error().message.find(kRingFile) != std::string::npos);
    CHECK(again.error().message.find("at byte ") != std::string::npos);
    ++refused;
    CHECK(!machine.open());  // nothing was changed: it refuses again
  }
  CHECK(refused >= 5);  // each batch has two places at least, and marks come where they come
  CHECK(harmless > 20);
  std::printf("rot: %d refused, %d harmless\n", refused, harmless);
  host::set_log_level(host::Level::kInfo);
}

// Ends the log as a torn group does that begins on `block` of the file: its first record is whole, the rest is not
// there.
void tear_at(FaultyFiles& files, std::uint64_t block) {
  CheckpointHead head = must(read_checkpoint(files, "data/log"))->head;
  auto ring = must(WalRing::open(files, "data/log/wal", head.ring, 3));
  WalReader reader(*ring, head.position);
  while (must(reader.next())) continue;
  WalPosition end = reader.end();
  REQUIRE(end.position <= block * kWalBlockBytes);
  for (std::uint64_t at = end.position; at <= block * kWalBlockBytes; at += kWalBlockBytes, ++end.sequence) {
    Buffer mark(kWalBlockBytes);
    put_record_header(mark.data(),
                      {.body_crc = head.ring.seed,
                       .kind = WalKind::kMark,
                       .last_of_group = at < block * kWalBlockBytes,
                       .sequence = end.sequence,
                       .durable = head.position.sequence - 1,
                       .generation = end.generation,
                       .run = end.run},
                      head.ring.seed);
    must(reader.file().file->write_at(mark, Bytes(at)));
  }
  must(reader.file().file->sync());
}

TEST_CASE("a torn group on any block of a file is cut, and what is acked after it is found by the next start") {
  host::set_log_level(host::Level::kOff);
  for (std::uint64_t block = 8; block < 15; ++block) {  // the last of 16 says where the log goes on
    for (Fault second_crash : {Fault::kKill, Fault::kPowerLoss}) {
      INFO("block ", block);
      FaultyFiles files(block);
      Machine machine(files);
      auto log = must(machine.open());
      TopicPartition p{must(log->create_topic({"t", 1, {}})).id, PartitionId(0)};
      Ledger ledger;
      ledger.send(*log, p, "before");
      files.crash(Fault::kKill);
      log.reset();
      files.restart();
      tear_at(files, block);
      log = must(machine.open());
      ledger.send(*log, p, "after");
      files.crash(second_crash);
      log.reset();
      files.restart();
      log = must(machine.open());
      ledger.check_all(*log);
    }
  }
  host::set_log_level(host::Level::kInfo);
}

TEST_CASE("a rotten checkpoint, a missing one, a missing ring file: each refuses and is named") {
  host::set_log_level(host::Level::kOff);
  auto broken = [](const std::function<void(FaultyFiles&)>& damage, bool with_checkpoint = false) {
    FaultyFiles files(1);
    Machine machine(files);
    auto log = must(machine.open());
    TopicPartition p{must(log->create_topic({"t", 1, {}})).id, PartitionId(0)};
    append(*log, p, {"a"});
    if (with_checkpoint) must(log->checkpoint());
    files.crash(Fault::kKill);
    log.reset();
    files.restart();
    damage(files);
    auto again = machine.open();
    REQUIRE(!again);
    CHECK(again.error().code == Code::kCorruption);
    return again.error().message;
  };
  CHECK(broken([](FaultyFiles& f) { flip(f, "data/log/wal/checkpoint", 40); }).find("wal/checkpoint") !=
        std::string::npos);
  CHECK(broken([](FaultyFiles& f) { must(f.remove("data/log/wal/checkpoint")); }).find("wal/checkpoint") !=
        std::string::npos);
  CHECK(broken([](FaultyFiles& f) { must(f.remove(kRingFile)); }).find("generation 1") != std::string::npos);
  CHECK(broken([](FaultyFiles& f) { flip(f, kRingFile, 42); }).find("generation 1") != std::string::npos);
  CHECK(broken([](FaultyFiles& f) { flip(f, "data/log/meta/0/00000000000000000000.log", 30); }, true).find("meta/0") !=
        std::string::npos);
  host::set_log_level(host::Level::kInfo);
}

}  // namespace
}  // namespace tarn::log
