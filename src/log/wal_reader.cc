#include "log/wal_reader.h"

#include <fmt/format.h>

#include "base/crc32c.h"
#include "base/endian.h"

namespace tarn::log {

WalReader::WalReader(const WalRing& ring, WalPosition from)
    : ring_(ring), from_(from), sequence_(from.sequence), run_(from.run), durable_(from.sequence - 1) {}

Result<void> WalReader::load(std::uint64_t generation, std::uint64_t at) {
  std::optional<WalFile> file = ring_.find(generation);
  if (!file) {
    return fail(Code::kCorruption,
                fmt::format("the write-ahead log's file of generation {} is missing or its header is damaged; restore "
                            "the data folder from a backup", generation));
  }
  content_.resize(ring_.id().file_bytes);
  TARN_ASSIGN(std::size_t got, file->file->read_at(content_, 0_B));
  if (got < content_.size()) std::fill(content_.begin() + static_cast<std::ptrdiff_t>(got), content_.end(), std::byte{});
  file_ = std::move(*file);
  at_ = at;
  group_begins_ = true;
  unproven_.clear();
  generations_.push_back(generation);
  return {};
}

Result<std::optional<WalRecord>> WalReader::next() {
  if (generations_.empty()) TARN_TRY(load(from_.generation, from_.position));
  for (;;) {
    std::optional<WalRecord> record = record_at(at_);
    if (!record) {
      // A start that cut a torn group left its rest behind, and went on at the next block.
      std::uint64_t block = align_up(at_, kWalBlockBytes);
      if (block != at_) record = record_at(block);
      if (!record || record->header.kind != WalKind::kOpen) return std::optional<WalRecord>();
      at_ = block;
      group_begins_ = true;
    }
    passed(*record);
    if (record->header.kind != WalKind::kContinue) return record;
    auto generation = load_le<std::uint64_t>(record->body.data());
    before_ = file_;
    before_from_ = unproven_.front().at;
    before_to_ = at_;
    TARN_TRY(load(generation, kWalBlockBytes));
  }
}

// The record of number sequence_ at `at`, whole and of this file and run.
std::optional<WalRecord> WalReader::record_at(std::uint64_t at) const {
  if (at + kWalRecordHeaderBytes > content_.size()) return std::nullopt;
  ByteView left = ByteView(content_).subspan(at);
  std::optional<WalRecordHeader> header = get_record_header(left, ring_.id().seed);
  if (!header || header->generation != file_.generation || header->sequence != sequence_) return std::nullopt;
  left = left.subspan(kWalRecordHeaderBytes);
  if (header->body_bytes > left.size()) return std::nullopt;
  ByteView body = left.first(header->body_bytes);
  if (crc32c(body, ring_.id().seed) != header->body_crc) return std::nullopt;
  bool opens = header->kind == WalKind::kOpen && body.size() == 4 && load_le<std::uint32_t>(body.data()) == run_;
  if (header->run != run_ && !opens) return std::nullopt;
  if (header->kind == WalKind::kContinue && (body.size() != 8 || load_le<std::uint64_t>(body.data()) <= file_.generation))
    return std::nullopt;
  if (header->kind == WalKind::kBatch && body.size() < kBatchPlaceBytes) return std::nullopt;
  return WalRecord{*header, body};
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
                          "folder from a backup", file_.path, at_, sequence_));
}

// Whether a group from `from` on knows record sequence_ to be durable.
Result<bool> WalReader::knows_durable(const WalFile& file, std::uint64_t from) const {
  Buffer other;
  if (file.generation != file_.generation) {
    other.resize(ring_.id().file_bytes);
    TARN_TRY(file.file->read_at(other, 0_B));
  }
  ByteView content = other.empty() ? ByteView(content_) : ByteView(other);
  for (std::uint64_t at = from; at + kWalRecordHeaderBytes <= content.size(); at += kWalBlockBytes) {
    auto header = get_record_header(content.subspan(at), ring_.id().seed);
    if (header && header->generation == file.generation && header->durable >= sequence_) return true;
  }
  return false;
}

Result<void> WalReader::harden() {
  if (before_) {
    // The end of the file before, which leads here: that block, and a mark that may stand before it.
    Buffer blocks(before_to_ - before_from_);
    TARN_TRY(before_->file->read_at(blocks, Bytes(before_from_)));
    TARN_TRY(before_->file->write_at(blocks, Bytes(before_from_)));
    TARN_TRY(before_->file->sync());
  }
  if (durable_ + 1 >= sequence_ || unproven_.empty()) return {};
  std::uint64_t from = unproven_.front().at;
  std::uint64_t to = align_up(at_, kWalBlockBytes);
  TARN_TRY(file_.file->write_at(ByteView(content_).subspan(from, to - from), Bytes(from)));
  return file_.file->sync();
}

WalPosition WalReader::end() const {
  return {file_.generation, align_up(at_, kWalBlockBytes), sequence_, run_};
}

std::string WalReader::place() const { return fmt::format("{} at byte {}", file_.path, given_at_); }

}  // namespace tarn::log
