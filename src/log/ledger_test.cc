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

void GroupLedger::commit(Log& log, const std::string& group, const TopicPartition& partition) {
  Known& known = offsets_[{group, partition}];
  std::int64_t offset = ++known.tried;
  // Large now and then: snapshots and segment rolls come in between.
  if (log::commit(log, group, {{partition, Offset(offset), LeaderEpoch(0), std::string(offset % 3 * 200, 'm')}})) {
    known.acked = offset;
  }
}

void GroupLedger::keep_state(Log& log, const std::string& group) {
  Known& known = states_[group];
  std::int64_t number = ++known.tried;
  if (log::keep_state(log, group, to_buffer(as_bytes(std::to_string(number))))) known.acked = number;
}

void GroupLedger::remove(Log& log, const std::string& group) {
  bool removed = log::remove_group(log, group).has_value();
  auto end = [&](Known& known) { known.acked = 0, known.tried = removed ? 0 : known.tried; };
  for (auto& [key, known] : offsets_) {
    if (key.first == group) end(known);
  }
  end(states_[group]);
}

void GroupLedger::check(const Log& log) {
  auto& store = const_cast<Log&>(log).groups();
  std::map<std::string, std::int64_t> states;
  for (const auto& [name, state] : store.states()) {
    states[name] = std::stoll(std::string(as_text(state)));
  }
  for (auto& [group, known] : states_) {
    std::int64_t found = states[group];
    CHECK_MESSAGE((found >= known.acked && found <= known.tried), group, "'s state is ", found, ", acked was ",
                  known.acked, ", tried ", known.tried);
    known.acked = found;
  }
  for (auto& [key, known] : offsets_) {
    GroupOffsets offsets = store.offsets(key.first);
    auto at = offsets.find(key.second);
    std::int64_t found = at == offsets.end() ? 0 : at->second.offset.value();
    CHECK_MESSAGE((found >= known.acked && found <= known.tried), key.first, " is at ", found, ", acked was ",
                  known.acked, ", tried ", known.tried);
    known.acked = found;  // what was seen stays
  }
}

void GroupLedger::forget(TopicId topic) {
  std::erase_if(offsets_, [&](const auto& known) { return known.first.second.topic == topic; });
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
