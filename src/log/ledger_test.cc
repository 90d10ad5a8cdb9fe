#include "log/ledger_test.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace tarn::log {

AppendStatus Ledger::send(Log& log, const TopicPartition& partition, const std::string& value) {
  auto [at, fresh] = lanes_.try_emplace(partition);
  Lane& lane = at->second;
  if (fresh) lane.producer = ProducerId(next_producer_++);
  lane.sent.push_back({value, lane.next_sequence++, std::nullopt});
  return send_once(log, partition, lane, lane.sent.back());
}

AppendStatus Ledger::send_once(Log& log, const TopicPartition& partition, Lane& lane, Sent& sent) {
  Buffer batch = make_batch(
      {sent.value}, {.producer_id = lane.producer, .producer_epoch = ProducerEpoch(0), .base_sequence = sent.sequence});
  AppendResult result = append_bytes(log, partition, batch);
  if (result.status == AppendStatus::kOk || result.status == AppendStatus::kDuplicate) {
    sent.acked = result.base_offset;
    auto [seen, fresh] = lane.seen.emplace(result.base_offset, sent.value);
    CHECK_MESSAGE(seen->second == sent.value, "offset given twice");
  }
  return result.status;
}

void Ledger::send_unanswered_again(Log& log) {
  for (auto& [partition, lane] : lanes_) {
    auto first = std::ranges::find_if(lane.sent, [](const Sent& sent) { return !sent.acked; });
    for (; first != lane.sent.end(); ++first) {
      if (first->acked) continue;
      AppendStatus status = send_once(log, partition, lane, *first);
      CHECK(
          (status == AppendStatus::kOk || status == AppendStatus::kDuplicate || status == AppendStatus::kUnknownTopic));
    }
  }
}

void Ledger::check(Log& log, const TopicPartition& partition, bool may_lose) {
  auto found = lanes_.find(partition);
  auto ends = log.ends(partition);
  if (!ends) {
    // The topic's making was never acked, or it was forgotten.
    if (found != lanes_.end()) {
      for (const Sent& sent : found->second.sent) CHECK(!sent.acked);
    }
    return;
  }
  std::map<std::string, Offset> there;
  Offset last(-1);
  for (const auto& [offset, value] : records(log, partition)) {
    CHECK(offset > last);
    last = offset;
    CHECK_MESSAGE(there.emplace(value, offset).second, "twice in the log: ", value.substr(0, 30));
    REQUIRE_MESSAGE(found != lanes_.end(), "never sent: ", value.substr(0, 30));
    auto [seen, fresh] = found->second.seen.emplace(offset, value);
    CHECK_MESSAGE((may_lose || seen->second == value), "offset ", offset.value(), " was ", seen->second.substr(0, 30),
                  ", is ", value.substr(0, 30));
  }
  if (found == lanes_.end()) return;
  std::size_t known = 0;
  for (const Sent& sent : found->second.sent) {
    auto at = there.find(sent.value);
    if (at != there.end()) ++known;
    if (!sent.acked || (may_lose && at == there.end())) continue;
    CHECK_MESSAGE(at != there.end(), "acked and lost: ", sent.value.substr(0, 30), " at ", sent.acked->value());
    if (at != there.end()) CHECK(at->second == *sent.acked);
  }
  CHECK(known == there.size());
}

void Ledger::check_all(Log& log) {
  for (const auto& [partition, lane] : lanes_) check(log, partition);
}

void Ledger::forget(TopicId topic) {
  std::erase_if(lanes_, [&](const auto& lane) { return lane.first.topic == topic; });
}

void Ledger::forget_lost(Log& log, const TopicPartition& partition) {
  auto found = lanes_.find(partition);
  if (found == lanes_.end()) return;
  auto all = values(log, partition);
  Lane& lane = found->second;
  std::erase_if(lane.sent, [&](const Sent& sent) { return std::ranges::find(all, sent.value) == all.end(); });
  lane.producer = ProducerId(next_producer_++);
  lane.next_sequence = 0;
  lane.seen.clear();
}

std::size_t Ledger::acked() const {
  std::size_t count = 0;
  for (const auto& [partition, lane] : lanes_) {
    count += static_cast<std::size_t>(
        std::ranges::count_if(lane.sent, [](const Sent& sent) { return sent.acked.has_value(); }));
  }
  return count;
}

}  // namespace tarn::log
