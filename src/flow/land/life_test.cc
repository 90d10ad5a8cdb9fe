#include "flow/land/life_test.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "host/memory_file.h"

namespace tarn::flow::land {
namespace {

using log::TopicPartition;

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
    TARN_ASSIGN(ByteView plain, decompressor.decompress(
                                    header.codec(), ByteView(bytes).subspan(wire::kafka::kBatchHeaderBytes), 1_MiB));
    wire::kafka::RecordReader reader(header, plain);
    for (wire::kafka::Record record; reader.next(record);)
      if (record.offset >= from && record.offset < to)
        lines += fmt::format("{} {}\n", record.offset.value(), as_text(*record.value));
    from = header.last_offset() + 1;
  }
  return lines;
}

const table::Field& v_of(const table::Schema& schema) {
  return *std::ranges::find(schema.fields, "v", &table::Field::name);
}

// Lines that this worker takes for records that do not fit.
bool is_bad(const std::string& line) { return line.contains("bad"); }

std::string only(const std::string& lines, bool bad) {
  std::istringstream in(lines);
  std::string some;
  for (std::string line; std::getline(in, line);)
    if (is_bad(line) == bad) some += line + "\n";
  return some;
}

Result<table::DataFile> write_lines(host::Files& files, const host::Path& path, const table::Schema& schema,
                                    const std::string& lines) {
  TARN_ASSIGN(auto file, files.open(path, host::OpenMode::kCreateNew));
  TARN_TRY(file->write_at(as_bytes(lines), 0_B));
  TARN_TRY(file->sync());
  TARN_TRY(files.sync_dir(host::parent(path)));
  std::int64_t count = std::ranges::count(lines, '\n');
  table::DataFile written{
      .file_path = table::to_uri(path), .record_count = count, .file_size_in_bytes = Bytes(lines.size())};
  const table::Field& first = only(lines, true).empty() ? v_of(schema) : schema.fields.front();
  written.value_counts[first.id.value()] = count;
  return written;
}

class FakeWorker final : public engine::WorkerProcess {
 public:
  FakeWorker(host::Files& files, log::Log*& log, WorkerScript& script, OnMessage on_message, OnExit on_exit)
      : files_(files), log_(log), script_(script), on_message_(std::move(on_message)), on_exit_(std::move(on_exit)) {}
  int pid() const override { return 0; }
  const std::string& temp() const override { return temp_; }
  void kill() override {
    script_.forget_waiting();
    auto on_exit = on_exit_;  // it may end us
    on_exit("killed");
  }

  Result<void> send(ByteView payload, std::span<const int> descriptors) override {
    TARN_ASSIGN(auto request, engine::decode_land_request(payload));
    if (auto* decode = std::get_if<engine::Decode>(&request)) {
      script_.ask(Asked::kDecode, [this, decode = *decode](bool open) { answer(decode.id, run(decode, open)); });
    } else if (auto* rewrite = std::get_if<engine::Rewrite>(&request)) {
      script_.ask(Asked::kRewrite, [this, rewrite = *rewrite](bool) { answer(rewrite.id, run(rewrite)); });
    } else {
      std::string lines;
      for (int chunk : descriptors) {
        TARN_ASSIGN(host::Mapping mapping, host::map_memory_file(chunk));
        lines += as_text(mapping.bytes());
      }
      script_.ask(Asked::kWrite, [this, write = std::get<engine::Write>(request), lines](bool) {
        answer(write.id, run(write, lines));
      });
    }
    return {};
  }

 private:
  void answer(engine::LandRequestId id, Result<host::Message> message) {
    if (!message)
      message = host::Message{
          engine::encode(engine::LandReply(engine::LandFailed{id, message.error().code, message.error().message}))};
    on_message_(std::move(*message));
  }

  Result<host::Message> run(const engine::Decode& decode, bool open) {
    Offset from = decode.open_from.value_or(decode.from);
    TARN_ASSIGN(std::string lines,
                read_records(*log_, {decode.source.source, decode.source.partition}, from, decode.to));
    if (auto proposed = propose(decode, lines)) return host::Message{engine::encode(engine::LandReply(*proposed))};
    engine::Decoded decoded{.id = decode.id, .from = from, .to = decode.to, .open = open};
    std::vector<host::Descriptor> chunks;
    std::string good = only(lines, false), bad = only(lines, true);
    if (!good.empty()) {
      TARN_ASSIGN(decoded.rows, chunk(good, decode.schema.id, chunks));
    }
    if (!bad.empty()) {
      TARN_ASSIGN(decoded.dead_letters, chunk(bad, SchemaId(0), chunks));
    }
    host::Message message{engine::encode(engine::LandReply(decoded))};
    message.descriptors = std::move(chunks);
    return message;
  }

  // Large, as far as anyone is told: a topic with the least tarn.land.bytes lands each range at once.
  static Result<engine::ChunkInfo> chunk(const std::string& lines, SchemaId schema,
                                         std::vector<host::Descriptor>& chunks) {
    TARN_ASSIGN(auto file, host::make_memory_file("chunk", Bytes(lines.size())));
    {
      host::Mapping mapping = std::move(file.second);
      std::ranges::copy(as_bytes(lines), mapping.writable().begin());
    }
    TARN_TRY(host::seal_memory_file(file.first.get()));
    chunks.push_back(std::move(file.first));
    return engine::ChunkInfo{1_MiB, static_cast<std::uint32_t>(std::ranges::count(lines, '\n')), schema};
  }

  static std::optional<engine::Proposed> propose(const engine::Decode& decode, const std::string& lines) {
    using enum table::TypeKind;
    bool fraction = lines.contains('.');
    auto records = static_cast<std::uint32_t>(std::ranges::count(lines, '\n'));
    engine::Proposed proposed{.id = decode.id, .records = records, .fields = decode.schema.fields};
    if (decode.format == engine::LandFormat::kInfer) {
      proposed.fields = {{.name = "v", .type = {.kind = fraction ? kDouble : kLong}}};
      return proposed;
    }
    table::Field& v = proposed.fields.at(0);
    if (!fraction || v.type.kind != kLong || !decode.may_replace) return std::nullopt;
    v.id = FieldId(0), v.type.kind = kDouble;
    return proposed;
  }

  Result<host::Message> run(const engine::Write& write, const std::string& lines) {
    return written(write.id, write_lines(files_, write.path, write.schema, lines));
  }

  Result<host::Message> run(const engine::Rewrite& rewrite) {
    std::string lines;
    for (const std::string& input : rewrite.inputs) {
      TARN_ASSIGN(Buffer content, host::read_file(files_, input, 1_MiB));
      lines += as_text(content);
    }
    return written(rewrite.id, write_lines(files_, rewrite.path, rewrite.to, lines));
  }

  static Result<host::Message> written(engine::LandRequestId id, Result<table::DataFile> file) {
    if (!file) return std::unexpected(file.error());
    return host::Message{engine::encode(engine::LandReply(engine::Written{id, std::move(*file)}))};
  }

  const std::string temp_ = "worker";
  host::Files& files_;
  log::Log*& log_;
  WorkerScript& script_;
  OnMessage on_message_;
  OnExit on_exit_;
};

}  // namespace

void WorkerScript::hold(bool through_deaths) {
  std::lock_guard lock(mutex_);
  held_ = true;
  through_deaths_ = through_deaths;
}

void WorkerScript::release() {
  decltype(waiting_) waiting;
  {
    std::lock_guard lock(mutex_);
    held_ = false;
    waiting.swap(waiting_);
  }
  for (auto& [kind, run] : waiting) run(false);
}

void WorkerScript::forget_waiting() {
  std::lock_guard lock(mutex_);
  held_ = through_deaths_;
  waiting_.clear();
}

bool WorkerScript::wait_for(Asked kind) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(
      lock, kSoundWait, [&] { return std::ranges::count(waiting_, kind, &decltype(waiting_)::value_type::first) > 0; });
}

std::size_t WorkerScript::waiting(Asked kind) {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(waiting_, kind, &decltype(waiting_)::value_type::first));
}

void WorkerScript::answer(Asked kind, bool open) {
  REQUIRE(wait_for(kind));
  std::function<void(bool)> run;
  {
    std::lock_guard lock(mutex_);
    auto found = std::ranges::find(waiting_, kind, &decltype(waiting_)::value_type::first);
    run = std::move(found->second);
    waiting_.erase(found);
  }
  run(open);
}

void WorkerScript::ask(Asked kind, std::function<void(bool open)> run) {
  {
    std::lock_guard lock(mutex_);
    if (held_) {
      waiting_.emplace_back(kind, std::move(run));
      changed_.notify_all();
      return;
    }
  }
  run(false);
}

Life::~Life() {
  if (lander_) lander_->stop();
  log_.reset();
}

Result<void> Life::start(std::chrono::milliseconds worker_stall_max) {
  host::Host host{files_, *clock_, *random_};
  TARN_ASSIGN(catalog_, catalog::Catalog::open(host, "/data"));
  LandOptions options{.worker_stall_max = worker_stall_max, .retry_min = std::chrono::milliseconds(2)};
  if (rides_ == Rides::kDeclared)
    options.declarations["rides"].columns = {{.name = "v", .type = {.kind = table::TypeKind::kString}}};
  else
    options.infer_wait = std::chrono::milliseconds(0);
  auto start_worker = [this](engine::WorkerProcess::OnMessage on_message,
                             engine::WorkerProcess::OnExit on_exit) -> Result<std::unique_ptr<engine::WorkerProcess>> {
    ++workers_;
    auto worker =
        std::make_unique<FakeWorker>(files_, borrowed_log_, script_, std::move(on_message), std::move(on_exit));
    worker_ = worker.get();
    return worker;
  };
  lander_ = Lander::make(host, *catalog_, *tail_, start_worker, options);
  TARN_ASSIGN(log_, log::Log::open(host, "/data", log::small_options(), lander_.get(), lander_.get()));
  borrowed_log_ = log_.get();
  lander_->start(*log_);
  return {};
}

void Life::kill_worker() { worker_.load()->kill(); }

void Life::commit_behind_its_back(const TopicPartition& partition, Offset from, Offset to, const std::string& lines,
                                  Bytes size) {
  auto rides = table();
  host::Path path = host::join(table::from_uri(rides->metadata->location), "data/rival.parquet");
  catalog::Commit commit;
  commit.lands.push_back({.key = {rides->uuid, partition.topic, partition.partition}, .from = from, .to = to});
  commit.appends.push_back(
      {.table = rides->uuid, .files = {log::must(write_lines(files_, path, rides->metadata->schema(), lines))}});
  commit.appends[0].files[0].file_size_in_bytes = size;
  log::must(catalog_->commit(commit));
}

void Producer::send(log::Log& log, const TopicPartition& partition, int count, const char* suffix) {
  for (int i = 0; i < count; ++i) {
    std::string value = fmt::format("p{}-{}{}", partition.partition.value(), sent.size(), suffix);
    sent.push_back(value);
    if (log::append(log, partition, {value}).status == log::AppendStatus::kOk) acked.push_back(value);
  }
}

Held::Held(std::chrono::milliseconds worker_stall_max, Rides kind) : life(files, 1, kind) {
  log::must(life.start(worker_stall_max));
  log::TopicSpec spec{
      .name = "rides", .partitions = 2, .configs = {{"tarn.land.bytes", "1048576"}, {"tarn.land.ms", "3600000"}}};
  TopicId topic = log::must(life.log().create_topic(spec)).id;
  rides = {topic, PartitionId(0)}, other = {topic, PartitionId(1)};
  worker().hold();
}

void Held::check_all_landed_once() {
  worker().release();
  auto landed = life.land(kSoundWait);
  REQUIRE_MESSAGE(landed, landed.error().message);
  check_rows(life, files, producer);
  CHECK(rows_in_table(life, files).size() == producer.sent.size());
}

std::map<std::string, int> rows_in_table(Life& life, host::FaultyFiles& files) {
  std::map<std::string, int> rows;
  auto table = life.table();
  if (!table) return rows;
  auto listed = log::must(life.catalog().data_files(*table));
  for (const table::DataFile& file : *listed) {
    Buffer content = log::must(host::read_file(files, table::from_uri(file.file_path), 1_MiB));
    std::istringstream lines{std::string(as_text(content))};
    std::int64_t count = 0;
    for (std::string offset, value; lines >> offset >> value; ++count) ++rows[value];
    CHECK(count == file.record_count);
    CHECK(file.value_counts.contains(v_of(table->metadata->schema()).id.value()));
  }
  return rows;
}

void check_rows(Life& life, host::FaultyFiles& files, const Producer& producer) {
  std::map<std::string, int> rows = rows_in_table(life, files);
  for (const std::string& value : producer.acked) CHECK_MESSAGE(rows[value] == 1, value);
  for (const auto& [value, count] : rows) CHECK_MESSAGE(count <= 1, value);
}

}  // namespace tarn::flow::land
