// A record's whole way on a disk that breaks: log, decoding, files, commit, with the worker played by the test (no DuckDB,
// no Parquet: a data file is its records as lines). After each fault and a restart every acknowledged record is in the
// table exactly once.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "engine/land_protocol.h"
#include "flow/land/lander.h"
#include "host/fault_sweep.h"
#include "host/memory_file.h"
#include "log/testing.h"

namespace tarn::flow::land {
namespace {

using namespace std::chrono_literals;
using host::FaultPoint;
using host::FaultyFiles;
using log::TopicPartition;

const char* const kData = "/data";
constexpr auto kBrokenWait = 20ms;   // for a barrier that a fault may keep from ending
constexpr auto kSoundWait = 20'000ms;

// "offset value" of every record of [from, to).
Result<std::string> read_records(log::Log& log, const TopicPartition& partition, Offset from, Offset to) {
  std::string lines;
  wire::kafka::Decompressor decompressor;
  while (from < to) {
    TARN_ASSIGN(log::SegmentRange range, log.read(partition, from, 1_B));
    if (!range.file) break;
    Buffer bytes(range.length.count());
    TARN_TRY(range.file->read_at(bytes, range.position));
    TARN_ASSIGN(auto header, wire::kafka::check_batch(bytes));
    TARN_ASSIGN(ByteView plain, decompressor.decompress(header.codec(), ByteView(bytes).subspan(wire::kafka::kBatchHeaderBytes), 1_MiB));
    wire::kafka::RecordReader reader(header, plain);
    for (wire::kafka::Record record; reader.next(record);)
      if (record.offset >= from && record.offset < to) lines += fmt::format("{} {}\n", record.offset.value(), as_text(*record.value));
    from = header.last_offset() + 1;
  }
  return lines;
}

// The landing worker: answers within send().
class FakeWorker final : public engine::WorkerProcess {
 public:
  FakeWorker(host::Files& files, log::Log*& log, OnMessage on_message) : files_(files), log_(log), on_message_(std::move(on_message)) {}
  int pid() const override { return 0; }
  void kill() override {}

  Result<void> send(ByteView payload, std::span<const int> descriptors) override {
    TARN_ASSIGN(auto request, engine::decode_land_request(payload));
    if (auto* decode = std::get_if<engine::Decode>(&request)) answer(decode->id, run(*decode));
    else answer(std::get<engine::Write>(request).id, run(std::get<engine::Write>(request), descriptors));
    return {};
  }

 private:
  void answer(engine::LandRequestId id, Result<host::Message> message) {
    if (!message) message = host::Message{engine::encode(engine::LandReply(engine::LandFailed{id, message.error().code, message.error().message}))};
    on_message_(std::move(*message));
  }

  Result<host::Message> run(const engine::Decode& decode) {
    TARN_ASSIGN(std::string lines, read_records(*log_, {decode.source.source, decode.source.partition}, decode.from, decode.to));
    TARN_ASSIGN(auto file, host::make_memory_file("chunk", Bytes(lines.size())));
    { host::Mapping mapping = std::move(file.second); std::ranges::copy(as_bytes(lines), mapping.writable().begin()); }
    TARN_TRY(host::seal_memory_file(file.first.get()));
    engine::Decoded decoded{.id = decode.id, .from = decode.from, .to = decode.to};
    decoded.rows = engine::ChunkInfo{Bytes(lines.size()), static_cast<std::uint32_t>(std::ranges::count(lines, '\n')), decode.schema.id};
    host::Message message{engine::encode(engine::LandReply(decoded))};
    message.descriptors.push_back(std::move(file.first));
    return message;
  }

  Result<host::Message> run(const engine::Write& write, std::span<const int> chunks) {
    std::string lines;
    for (int chunk : chunks) {
      TARN_ASSIGN(host::Mapping mapping, host::map_memory_file(chunk));
      lines += as_text(mapping.bytes());
    }
    TARN_ASSIGN(auto file, files_.open(write.path, host::OpenMode::kCreateNew));
    TARN_TRY(file->write_at(as_bytes(lines), 0_B));
    TARN_TRY(file->sync());
    TARN_TRY(files_.sync_dir(host::parent(write.path)));
    engine::Written written{write.id, {.file_path = table::to_uri(write.path), .record_count = std::ranges::count(lines, '\n'),
                                       .file_size_in_bytes = Bytes(lines.size())}};
    return host::Message{engine::encode(engine::LandReply(written))};
  }

  host::Files& files_;
  log::Log*& log_;
  OnMessage on_message_;
};

// Everything below the doors, from one start to its end, however sudden.
class Life {
 public:
  Life(FaultyFiles& files, std::uint64_t seed) : files_(files), random_(host::seeded_random(seed)) {}
  ~Life() {
    if (lander_) lander_->stop();
    log_.reset();
  }

  Result<void> start() {
    host::Host host{files_, *clock_, *random_};
    TARN_ASSIGN(catalog_, catalog::Catalog::open(host, kData));
    LandOptions options;
    options.declarations["rides"].columns = {{.name = "v", .type = {.kind = table::TypeKind::kString}}};
    auto start_worker = [this](engine::WorkerProcess::OnMessage on_message, engine::WorkerProcess::OnExit) -> Result<std::unique_ptr<engine::WorkerProcess>> {
      return std::make_unique<FakeWorker>(files_, borrowed_log_, std::move(on_message));
    };
    lander_ = Lander::make(host, *catalog_, *tail_, start_worker, options);
    TARN_ASSIGN(log_, log::Log::open(host, kData, log::small_options(), lander_.get(), lander_.get()));
    borrowed_log_ = log_.get();
    lander_->start(*log_);
    return {};
  }

  log::Log& log() { return *log_; }
  catalog::Catalog& catalog() { return *catalog_; }
  Result<void> land(std::chrono::milliseconds wait) { return lander_->land({}, clock_->now() + wait); }

 private:
  FaultyFiles& files_;
  std::unique_ptr<host::Clock> clock_ = host::real_clock();
  std::unique_ptr<host::Random> random_;
  std::unique_ptr<tail::Tail> tail_ = tail::Tail::make();
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<Lander> lander_;
  std::unique_ptr<log::Log> log_;
  log::Log* borrowed_log_ = nullptr;
};

// What was sent, and what of it was acknowledged.
struct Producer {
  std::vector<std::string> sent, acked;
  void send(log::Log& log, const TopicPartition& partition, int count) {
    for (int i = 0; i < count; ++i) {
      std::string value = fmt::format("p{}-{}", partition.partition.value(), sent.size());
      sent.push_back(value);
      if (log::append(log, partition, {value}).status == log::AppendStatus::kOk) acked.push_back(value);
    }
  }
};

std::map<std::string, int> rows_in_table(Life& life, FaultyFiles& files) {
  std::map<std::string, int> rows;
  auto table = life.catalog().state()->find(catalog::TableName{"public", "rides"});
  if (!table) return rows;
  auto listed = log::must(life.catalog().data_files(*table));
  for (const table::DataFile& file : *listed) {
    Buffer content = log::must(host::read_file(files, table::from_uri(file.file_path), 1_MiB));
    std::istringstream lines{std::string(as_text(content))};
    std::int64_t count = 0;
    for (std::string offset, value; lines >> offset >> value; ++count) ++rows[value];
    CHECK(count == file.record_count);
  }
  return rows;
}

// A sound life after whatever happened: all that was acknowledged lands, once.
void check_exactly_once(FaultyFiles& files, const Producer& producer, std::uint64_t seed) {
  Life life(files, seed);
  auto started = life.start();
  REQUIRE_MESSAGE(started, started.error().message);
  auto landed = life.land(kSoundWait);
  REQUIRE_MESSAGE(landed, landed.error().message);
  std::map<std::string, int> rows = rows_in_table(life, files);
  for (const std::string& value : producer.acked) CHECK_MESSAGE(rows[value] == 1, value);
  for (const auto& [value, count] : rows) CHECK_MESSAGE(count <= 1, value);
}

Producer journey(FaultyFiles& files, const FaultPoint& point, const char* fsync) {
  Producer producer;
  {
    Life life(files, point.seed);
    log::must(life.start());
    log::TopicSpec spec{.name = "rides", .partitions = 2, .configs = {{"tarn.land.ms", "3600000"}, {"tarn.fsync", fsync}}};
    TopicId topic = log::must(life.log().create_topic(spec)).id;
    producer.send(life.log(), {topic, PartitionId(0)}, 2);
    point.arm(files);
    producer.send(life.log(), {topic, PartitionId(0)}, 2);
    producer.send(life.log(), {topic, PartitionId(1)}, 1);
    (void)life.land(kBrokenWait);
    producer.send(life.log(), {topic, PartitionId(1)}, 2);
    (void)life.land(kBrokenWait);
    point.disarm(files);
  }
  files.restart();
  return producer;
}

}  // namespace

TEST_CASE("every acknowledged record is in its table once, whichever call fails between produce and commit") {
  host::sweep_faults("journey", {}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Producer producer = journey(files, point, "always");
    check_exactly_once(files, producer, point.seed + 1);
  });
}

TEST_CASE("after power loss on a fsync=never topic each new acknowledged record lands once") {
  host::sweep_faults("journey fsync=never", {.faults = {host::Fault::kPowerLoss}, .stride = 2}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Producer producer = journey(files, point, "never");
    producer.acked.clear();  // what only the page cache had may be gone
    {
      Life life(files, point.seed + 1);
      log::must(life.start());
      const log::Topic* topic = life.log().topics()->find("rides");
      for (std::int32_t i = 0; i < 2; ++i) producer.send(life.log(), {topic->id, PartitionId(i)}, 100);
      log::must(life.land(kSoundWait));
    }
    check_exactly_once(files, producer, point.seed + 2);
  });
}

TEST_CASE("a start that breaks loses nothing and lands nothing twice") {
  host::sweep_faults("journey recovery", {.faults = {host::Fault::kIo, host::Fault::kKill, host::Fault::kPowerLoss}},
                     [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Producer producer;
    {
      Life life(files, point.seed);
      log::must(life.start());
      TopicId topic = log::must(life.log().create_topic({.name = "rides"})).id;
      producer.send(life.log(), {topic, PartitionId(0)}, 3);
      log::must(life.land(kSoundWait));
      producer.send(life.log(), {topic, PartitionId(0)}, 2);
      files.crash(host::Fault::kKill);
    }
    files.restart();
    {
      Life life(files, point.seed + 1);
      point.arm(files);
      if (life.start()) (void)life.land(kBrokenWait);
      point.disarm(files);
    }
    files.restart();
    check_exactly_once(files, producer, point.seed + 2);
  });
}

}  // namespace tarn::flow::land
