#include "log/wal_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/endian.h"

namespace tarn::log {

WalReader::WalReader(const WalRing& ring, WalPosition from)
    : ring_(ring), from_(from), sequence_(from.sequence), run_(from.run), durable_(from.sequence - 1) {}

Result<void> WalReader::turn_to(std::uint64_t generation, std::uint64_t at) {
  std::optional<WalFile> file = ring_.find(generation);
  if (!file) {
    return fail(Code::kCorruption,
                fmt::format("the write-ahead log's file of generation {} is missing or its header is damaged; restore "
                            "the data folder from a backup",
                            generation));
  }
  file_ = std::move(*file);
  window_.clear();
  at_ = at;
  group_begins_ = true;
  unproven_.clear();
  generations_.push_back(generation);
  return {};
}

// `count` bytes at `at`, fewer only at the file's end.
Result<ByteView> WalReader::view(std::uint64_t at, std::size_t count) {
  if (at < window_at_ || at + count > window_at_ + window_.size()) {
    window_at_ = at;
    window_.resize(std::clamp<std::size_t>(ring_.id().file_bytes - at, count, std::max(count, kWalWindowBytes)));
    TARN_ASSIGN(std::size_t got, file_.file->read_at(window_, Bytes(at)));
    window_.resize(got);
  }
  ByteView from_at = ByteView(window_).subspan(at - window_at_);
  return from_at.first(std::min(count, from_at.size()));
}

static bool starts_anew(WalKind kind) { return kind == WalKind::kOpen || kind == WalKind::kContinue; }

Result<std::optional<WalRecord>> WalReader::next() {
  if (generations_.empty()) TARN_TRY(turn_to(from_.generation, from_.position));
  for (;;) {
    TARN_ASSIGN(std::optional<WalRecord> record, record_at(at_));
    if (!record) {
      // A start that cut a torn group left its rest behind, and went on at the next block: there, or in the next file.
      std::uint64_t block = align_up(at_, kWalBlockBytes);
      if (block == at_) return std::optional<WalRecord>();
      TARN_ASSIGN(record, record_at(block));
      if (!record || !starts_anew(record->header.kind)) return std::optional<WalRecord>();
      at_ = block;
      group_begins_ = true;
    }
    passed(*record);
    if (record->header.kind != WalKind::kContinue) return record;
    auto generation = load_le<std::uint64_t>(record->body.data());
    before_ = file_;
    before_from_ = unproven_.front().at;
    before_to_ = at_;
    TARN_TRY(turn_to(generation, kWalBlockBytes));
  }
}

// The record of number sequence_ at `at`, whole and of this file and run.
Result<std::optional<WalRecord>> WalReader::record_at(std::uint64_t at) {
  std::optional<WalRecord> none;
  TARN_ASSIGN(ByteView head, view(at, kWalRecordHeaderBytes));
  if (head.size() < kWalRecordHeaderBytes) return none;
  std::optional<WalRecordHeader> header = get_record_header(head, ring_.id().seed);
  if (!header || header->generation != file_.generation || header->sequence != sequence_) return none;
  if (header->body_bytes > ring_.record_bytes_max()) return none;
  TARN_ASSIGN(ByteView whole, view(at, kWalRecordHeaderBytes + header->body_bytes));
  if (whole.size() < kWalRecordHeaderBytes + header->body_bytes) return none;
  WalRecord record{*header, whole.subspan(kWalRecordHeaderBytes)};
  if (crc32c(record.body, ring_.id().seed) != header->body_crc || !is_next(record)) return none;
  return record;
}

bool WalReader::is_next(const WalRecord& record) const {
  const auto& [header, body] = record;
  if (header.kind == WalKind::kOpen) return body.size() == 4 && load_le<std::uint32_t>(body.data()) == run_;
  if (header.run != run_) return false;
  if (header.kind == WalKind::kContinue) {
    return body.size() == 8 && load_le<std::uint64_t>(body.data()) > file_.generation;
  }
  return header.kind != WalKind::kBatch || body.size() >= kBatchPlaceBytes;
}

void WalReader::passed(const WalRecord& record) {
  given_at_ = at_;
  if (group_begins_) unproven_.push_back({sequence_, at_});
  durable_ = std::max(durable_, record.header.durable);
  while (unproven_.size() > 1 && unproven_[1].sequence <= durable_ + 1) unproven_.pop_front();
  run_ = record.header.run;
  if (record.header.kind != WalKind::kContinue) ++sequence_;
  std::uint64_t end = at_ + kWalRecordHeaderBytes + record.body.size();
  bytes_read_ += end - at_;
  group_begins_ = record.header.last_of_group;
  at_ = align_up(end, group_begins_ ? kWalBlockBytes : 8);
}

Result<void> WalReader::check_tail() {
  TARN_ASSIGN(bool rotten, knows_durable(file_, at_ / kWalBlockBytes * kWalBlockBytes));
  for (std::uint64_t generation : ring_.generations()) {
    if (rotten) break;
    if (generation <= file_.generation) continue;
    TARN_ASSIGN(rotten, knows_durable(*ring_.find(generation), kWalBlockBytes));
  }
  if (!rotten) return {};
  return fail(Code::kCorruption,
              fmt::format("{} is damaged at byte {}: record {} was durable and does not read back; restore the data "
                          "folder from a backup",
                          file_.path, at_, sequence_));
}

// Whether a group from `from` on knows record sequence_ to be durable.
Result<bool> WalReader::knows_durable(const WalFile& file, std::uint64_t from) const {
  Buffer blocks(std::min<std::size_t>(kWalWindowBytes, ring_.id().file_bytes));
  for (std::uint64_t at = from; at < ring_.id().file_bytes; at += blocks.size()) {
    TARN_ASSIGN(std::size_t got, file.file->read_at(blocks, Bytes(at)));
    for (std::size_t block = 0; block + kWalRecordHeaderBytes <= got; block += kWalBlockBytes) {
      auto header = get_record_header(ByteView(blocks).subspan(block), ring_.id().seed);
      if (header && header->generation == file.generation && header->durable >= sequence_) return true;
    }
  }
  return false;
}

// Writes again what stands there.
static Result<void> rewrite(host::File& file, std::uint64_t from, std::uint64_t to) {
  Buffer blocks(to - from);
  TARN_ASSIGN(std::size_t got, file.read_at(blocks, Bytes(from)));
  TARN_TRY(file.write_at(ByteView(blocks).first(got), Bytes(from)));
  return file.sync();
}

// In the file before: the block that leads here, and a mark that may stand before it.
Result<void> WalReader::harden() {
  if (before_) TARN_TRY(rewrite(*before_->file, before_from_, before_to_));
  if (durable_ + 1 >= sequence_ || unproven_.empty()) return {};
  return rewrite(*file_.file, unproven_.front().at, align_up(at_, kWalBlockBytes));
}

WalPosition WalReader::end() const { return {file_.generation, align_up(at_, kWalBlockBytes), sequence_, run_}; }

std::string WalReader::place() const { return fmt::format("{} at byte {}", file_.path, given_at_); }

}  // namespace tarn::log
