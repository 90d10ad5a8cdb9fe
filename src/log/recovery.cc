#include "log/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/endian.h"
#include "host/logging.h"

namespace tarn::log {
namespace {

constexpr std::uint64_t kRingShareOfDisk = 8;        // the ring takes at most an eighth of the disk,
constexpr std::uint64_t kSmallFileBytes = 4u << 20;  // but its files are not made smaller than this for it
constexpr Bytes kMetaReadBytes = 1_MiB;

std::shared_ptr<const TopicConfig> meta_config(Bytes segment_bytes) {
  auto config = std::make_shared<TopicConfig>();
  config->message_bytes_max = 32_MiB;
  config->segment_bytes = segment_bytes;
  config->retention_ms = std::chrono::milliseconds(-1);
  return config;
}

}  // namespace

host::Path ballast_path(const host::Path& log_folder) { return host::join(log_folder, "wal/ballast"); }

Result<Recovered> Recovery::run() {
  TARN_ASSIGN(Checkpoint start, checkpoint());
  from_ = start.head.position;
  TARN_TRY(open_ring(start.head));
  TARN_TRY(load_partitions(start));
  TARN_TRY(verify());
  bool clean = start.head.clean && out_.position.sequence == from_.sequence;
  if (out_.position.sequence != from_.sequence) TARN_TRY(replay());
  TARN_TRY(read_topics());
  TARN_TRY(read_groups());
  TARN_TRY(finish_partitions(clean));
  return std::move(out_);
}

Result<Checkpoint> Recovery::checkpoint() {
  TARN_ASSIGN(std::optional<Checkpoint> found, read_checkpoint(host_.files, folder_));
  if (!found) {
    TARN_TRY(make_new());
    TARN_ASSIGN(found, read_checkpoint(host_.files, folder_));
    if (!found) return fail(Code::kIo, checkpoint_path(folder_) + " vanished");
  }
  // What was read, and which files are there, may be known to the page cache alone: a crash before the folder's sync.
  TARN_TRY(host_.files.sync_dir(host::join(folder_, "wal")));
  return std::move(*found);
}

// The checkpoint is written last: without it there is no log yet.
Result<void> Recovery::make_new() {
  for (const char* part : {"wal", "meta", "topics"}) TARN_TRY(host_.files.make_dirs(host::join(folder_, part)));
  for (const char* part : {"meta", "topics"}) {
    TARN_ASSIGN(auto entries, host_.files.list(host::join(folder_, part)));
    if (entries.empty()) continue;
    return fail(Code::kCorruption,
                fmt::format("{} is missing, but {}/{} has data; restore the data folder from a backup",
                            checkpoint_path(folder_), folder_, part));
  }
  TARN_ASSIGN(host::Space space, host_.files.space(folder_));
  WalRingId id = new_ring(space);
  TARN_ASSIGN(auto ring, WalRing::open(host_.files, host::join(folder_, "wal"), id, 1));
  TARN_TRY(ring->remove_strangers());
  TARN_TRY(ring->grow());
  TARN_ASSIGN(WalFile file, ring->take());
  CheckpointHead head{id, {file.generation, kWalBlockBytes, 1, 0}, true};
  return write_checkpoint(host_.files, folder_, head, 0, {});
}

WalRingId Recovery::new_ring(const host::Space& space) {
  WalRingId id;
  id.ring = host_.random.uuid();
  id.seed = static_cast<std::uint32_t>(host_.random.next());
  std::uint64_t ring = std::min(options_.wal_bytes.count(), space.total.count() / kRingShareOfDisk);
  std::uint64_t file = std::min(options_.wal_file_bytes.count(), std::max(ring / 4, kSmallFileBytes));
  id.file_bytes = align_up(std::max(file, kWalFileBytesMin.count()), kWalBlockBytes);
  return id;
}

Result<void> Recovery::open_ring(const CheckpointHead& head) {
  TARN_ASSIGN(host::Space space, host_.files.space(folder_));
  std::uint64_t ring = std::min(options_.wal_bytes.count(), space.total.count() / kRingShareOfDisk);
  TARN_ASSIGN(out_.ring,
              WalRing::open(host_.files, host::join(folder_, "wal"), head.ring, ring / head.ring.file_bytes));
  return {};
}

Result<void> Recovery::load_partitions(const Checkpoint& checkpoint) {
  Decoder in(ByteView(checkpoint.content).subspan(checkpoint.partitions_at));
  std::uint32_t count = in.get_count(4);
  for (std::uint32_t i = 0; i < count; ++i) {
    auto loaded = Partition::from_checkpoint(cache_, in, folder_);
    if (!loaded) return std::unexpected(std::move(loaded).error().with_context(checkpoint_path(folder_)));
    out_.partitions[(*loaded)->id()] = *loaded;
  }
  return {};
}

Result<void> Recovery::verify() {
  WalReader reader(*out_.ring, from_);
  for (;;) {
    TARN_ASSIGN(std::optional<WalRecord> record, reader.next());
    if (!record) break;
    if (record->header.kind == WalKind::kExtent) {
      return fail(Code::kUnsupported, reader.place() + ": an extent, which only a newer program reads; start that");
    }
  }
  TARN_TRY(reader.check_tail());
  TARN_TRY(reader.harden());
  for (std::uint64_t generation : reader.generations()) out_.ring->keep(generation);
  TARN_TRY(out_.ring->remove_strangers());
  out_.file = reader.file();
  out_.position = reader.end();
  out_.replayed_bytes = reader.bytes_read();
  return {};
}

Result<void> Recovery::replay() {
  WalReader reader(*out_.ring, from_);
  for (;;) {
    TARN_ASSIGN(std::optional<WalRecord> record, reader.next());
    if (!record) return {};
    Result<void> applied = with_room([&] { return apply(*record); });
    if (!applied) return std::unexpected(std::move(applied).error().with_context(reader.place()));
  }
}

// On a full disk the ballast makes room, once.
Result<void> Recovery::with_room(const std::function<Result<void>()>& step) {
  Result<void> done = step();
  if (done || done.error().code != Code::kUnavailable) return done;
  if (!host_.files.remove(ballast_path(folder_))) return done;
  host::log_warn("log", "ballast_given_up", {{"reason", done.error().message}});
  return step();
}

Result<void> Recovery::apply(const WalRecord& record) {
  switch (record.header.kind) {
    case WalKind::kBatch: {
      BatchPlace place = get_batch_place(record.body.data());
      return partition(place.partition).replay(place, record.body.subspan(kBatchPlaceBytes));
    }
    case WalKind::kEpoch: {
      auto change = decode_epoch_change(record.body);
      if (!change) return fail(Code::kCorruption, "an epoch record does not parse");
      partition(change->partition).apply(*change);
      return {};
    }
    case WalKind::kLogStart: {
      auto log_start = decode_log_start(record.body);
      if (!log_start) return fail(Code::kCorruption, "a log start record does not parse");
      for (const auto& segment : partition(log_start->partition).drop_below(log_start->start)) {
        TARN_TRY(segment->remove_files());
      }
      return {};
    }
    default: return {};
  }
}

Partition& Recovery::partition(const TopicPartition& id) {
  auto& slot = out_.partitions[id];
  if (!slot) {
    slot =
        std::make_shared<Partition>(cache_, id, partition_folder(folder_, id), std::make_shared<const TopicConfig>());
  }
  return *slot;
}

Result<void> Recovery::read_topics() {
  Partition& meta = partition(kMetaPartition);
  meta.set_config(meta_config(1_GiB));
  TARN_TRY(read_records(meta, [this](ByteView value) { return out_.topics.apply(value); }));
  out_.topics.publish();
  return {};
}

Result<void> Recovery::read_groups() {
  Partition& groups = partition(kGroupsPartition);
  groups.set_config(meta_config(options_.group_snapshot_bytes_min));  // whole segments go after a snapshot
  TARN_TRY(read_records(groups, [this](ByteView value) { return out_.groups.apply(value); }));
  out_.groups.drop_topics([this](TopicId topic) { return out_.topics.live(topic) != nullptr; });
  return {};
}

// Every value of a partition of the log's own.
Result<void> Recovery::read_records(Partition& meta, const std::function<Result<void>(ByteView value)>& take) {
  Offset end = meta.recovered();
  wire::kafka::Record record;
  for (Offset at = meta.ends().log_start; at < end;) {
    TARN_ASSIGN(SegmentRange range, meta.read(at, kMetaReadBytes));
    if (!range.file) break;
    Buffer bytes(range.length.count());
    TARN_ASSIGN(std::size_t got, range.file->read_at(bytes, range.position));
    ByteView left = ByteView(bytes).first(got);
    for (bool first = true;; first = false) {
      auto header = wire::kafka::parse_batch_header(left);
      if (!first && header && header->size() > left.size()) break;  // cut short; read from it next
      header = wire::kafka::check_batch(left);
      if (!header) return std::unexpected(std::move(header).error().with_context(meta.folder()));
      wire::kafka::RecordReader reader(*header, left.first(header->size()).subspan(wire::kafka::kBatchHeaderBytes));
      while (reader.next(record)) {
        if (record.value && record.offset >= meta.ends().log_start) TARN_TRY(take(*record.value));
      }
      TARN_TRY(reader.status());
      at = header->last_offset() + 1;
      left = left.subspan(header->size());
      if (left.size() < wire::kafka::kBatchHeaderBytes) break;
    }
  }
  return {};
}

Result<void> Recovery::finish_partitions(bool clean) {
  const std::map<TopicPartition, Offset> committed = out_.groups.committed_ends();
  for (const auto& topic : out_.topics.all()) {
    auto config = std::make_shared<const TopicConfig>(topic->config);
    bool lives = out_.topics.live(topic->id) != nullptr;
    for (std::int32_t i = 0; i < topic->partitions; ++i) {
      TopicPartition id{topic->id, PartitionId(i)};
      Partition& each = partition(id);
      each.set_config(config);
      if (!lives) each.close();
      if (config->fsync == TopicConfig::Fsync::kNever && !clean) TARN_TRY(with_room([&] { return each.walk(); }));
      each.recovered();
      std::optional<Offset> used = landed_ ? landed_->landed_end(id) : std::nullopt;
      auto found = committed.find(id);
      if (config->fsync == TopicConfig::Fsync::kNever && found != committed.end()) {
        used = std::max(used.value_or(Offset(0)), found->second);
      }
      if (auto change = each.change_needed(used, !clean)) {
        each.apply(*change);
        each.recovered();
        out_.changes.push_back(*change);
      }
    }
  }
  // Partitions of forgotten topics, and of ones whose making was never acked.
  std::erase_if(out_.partitions, [&](const auto& entry) {
    const TopicId& topic = entry.first.topic;
    return !topic.is_zero() && !out_.topics.live(topic) && !out_.topics.deleted(topic);
  });
  return {};
}

}  // namespace tarn::log
