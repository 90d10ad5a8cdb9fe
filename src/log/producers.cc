#include "log/producers.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::log {
namespace {

using wire::kafka::RecordBatchHeader;

constexpr std::int64_t kSequences = std::int64_t{1} << 31;

std::int32_t add_to_sequence(std::int32_t sequence, std::int32_t distance) {
  return static_cast<std::int32_t>((std::int64_t{sequence} + distance) % kSequences);
}

std::int32_t last_sequence(const RecordBatchHeader& batch) {
  return add_to_sequence(batch.base_sequence, batch.last_offset_delta);
}

}  // namespace

Producers::Verdict Producers::check(const RecordBatchHeader& batch) const {
  if (batch.producer_id.value() < 0) return {};
  if (batch.base_sequence < 0 || batch.producer_epoch.value() < 0) {
    return {AppendStatus::kInvalidRecord, {}, {}, "a producer id without an epoch and a sequence"};
  }
  auto found = producers_.find(batch.producer_id);
  if (found == producers_.end()) return {};
  const Producer& known = found->second;
  auto refuse = [&](AppendStatus status, std::string_view why) {
    return Verdict{status, {}, {}, fmt::format("producer {}: {}", batch.producer_id.value(), why)};
  };
  if (batch.producer_epoch < known.epoch) {
    return refuse(AppendStatus::kInvalidProducerEpoch,
                  fmt::format("epoch {} is older than {}", batch.producer_epoch.value(), known.epoch.value()));
  }
  if (batch.producer_epoch > known.epoch) {
    if (batch.base_sequence == 0) return {};
    return refuse(AppendStatus::kOutOfOrderSequence,
                  fmt::format("a new epoch begins at sequence {}, not 0", batch.base_sequence));
  }
  for (std::size_t i = 0; i < known.count; ++i) {
    const Batch& earlier = known.batches[i];
    if (earlier.first_sequence == batch.base_sequence && earlier.last_sequence == last_sequence(batch)) {
      return {AppendStatus::kDuplicate, earlier.base, earlier.last, {}};
    }
  }
  std::int32_t expected =
      known.count > 0 ? add_to_sequence(known.batches[known.count - 1].last_sequence, 1) : known.expected;
  if (expected < 0 || batch.base_sequence == expected) return {};
  return refuse(AppendStatus::kOutOfOrderSequence,
                fmt::format("sequence {} came where {} was expected", batch.base_sequence, expected));
}

void Producers::took(const RecordBatchHeader& batch, TimestampMs now) {
  if (batch.producer_id.value() < 0) return;
  if (!producers_.contains(batch.producer_id)) make_room(now);
  Producer& known = producers_[batch.producer_id];
  if (known.epoch != batch.producer_epoch) known = {.epoch = batch.producer_epoch, .batches = {}, .last_used = now};
  if (known.count == kProducerBatchesKept) {
    std::ranges::rotate(known.batches, known.batches.begin() + 1);
    --known.count;
  }
  known.batches[known.count++] = {batch.base_sequence, last_sequence(batch), batch.base_offset, batch.last_offset()};
  known.expected = -1;
  known.last_used = now;
}

void Producers::refused(const RecordBatchHeader& batch, TimestampMs now) {
  if (batch.producer_id.value() < 0 || producers_.contains(batch.producer_id)) return;
  make_room(now);
  producers_[batch.producer_id] = {
      .epoch = batch.producer_epoch, .batches = {}, .expected = batch.base_sequence, .last_used = now};
}

// At the bound: drops the expired, and at least the longest silent tenth, so that this is rare.
void Producers::make_room(TimestampMs now) {
  if (producers_.size() < kProducersPerPartitionMax) return;
  std::vector<std::int64_t> used;
  for (const auto& [id, producer] : producers_) used.push_back(producer.last_used.value());
  auto tenth = used.begin() + static_cast<std::ptrdiff_t>(used.size() / 10);
  std::ranges::nth_element(used, tenth);
  std::int64_t until = std::max(*tenth, now.value() - kProducerExpiry.count());
  std::erase_if(producers_, [&](const auto& entry) { return entry.second.last_used.value() <= until; });
}

void Producers::put(Encoder& out) const {
  out.put(static_cast<std::uint32_t>(producers_.size()));
  for (const auto& [id, producer] : producers_) {
    out.put(id);
    out.put(producer.epoch);
    out.put(producer.last_used);
    out.put(producer.expected);
    out.put(producer.count);
    for (std::size_t i = 0; i < producer.count; ++i) {
      const Batch& batch = producer.batches[i];
      out.put(batch.first_sequence);
      out.put(batch.last_sequence);
      out.put(batch.base);
      out.put(batch.last);
    }
  }
}

Producers Producers::get(Decoder& in) {
  Producers all;
  std::uint32_t count = in.get_count(8 + 2 + 8 + 4 + 1);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    auto id = in.get_id<ProducerId>();
    Producer producer;
    producer.epoch = in.get_id<ProducerEpoch>();
    producer.last_used = in.get_id<TimestampMs>();
    producer.expected = in.get<std::int32_t>();
    producer.count = in.get<std::uint8_t>();
    if (producer.count > kProducerBatchesKept) in.mark_bad();
    for (std::size_t b = 0; b < producer.count && in.ok(); ++b) {
      producer.batches[b].first_sequence = in.get<std::int32_t>();
      producer.batches[b].last_sequence = in.get<std::int32_t>();
      producer.batches[b].base = in.get_id<Offset>();
      producer.batches[b].last = in.get_id<Offset>();
    }
    if (in.ok()) all.producers_.emplace(id, producer);
  }
  return all;
}

}  // namespace tarn::log
