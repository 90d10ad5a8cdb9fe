// A producer that remembers what it sent and what it was told, and compares the log with that. Shares no code with it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "log/testing.h"

namespace tarn::log {

class Ledger {
 public:
  // Sends `value` as the partition's next batch, with an idempotent producer of the ledger's own.
  AppendStatus send(Log& log, const TopicPartition& partition, const std::string& value);
  // Sends again what got no final answer, oldest first, and expects it to be taken or known.
  void send_unanswered_again(Log& log);
  // Every acked value exactly once at its offset, others at most once, nothing that was never sent, offsets ascending.
  // `may_lose`: acked values of this partition may be missing (fsync=never after a power loss).
  void check(Log& log, const TopicPartition& partition, bool may_lose = false);
  void check_all(Log& log);
  // The topic's files may be gone from now on.
  void forget(TopicId topic);
  // Stops expecting values that may have been lost.
  void forget_lost(Log& log, const TopicPartition& partition);
  std::size_t acked() const;

 private:
  struct Sent {
    std::string value;
    std::int32_t sequence = 0;
    std::optional<Offset> acked;
    bool refused = false;  // surely not taken
  };
  struct Lane {
    ProducerId producer;
    std::vector<Sent> sent;
    std::int32_t next_sequence = 0;
    std::map<Offset, std::string> seen;  // no offset may ever show another value
  };
  AppendStatus send_once(Log& log, const TopicPartition& partition, Lane& lane, Sent& sent);

  std::map<TopicPartition, Lane> lanes_;
  std::int64_t next_producer_ = 1'000'000;
};

// A consumer group that remembers what it committed and what it was told: no offset may go back.
class GroupLedger {
 public:
  // Commits the next offset of the group's, and now and then changes its state, or removes it whole.
  void commit(Log& log, const std::string& group, const TopicPartition& partition);
  void keep_state(Log& log, const std::string& group);
  void remove(Log& log, const std::string& group);
  // What was acked last, or something later that was not.
  void check(const Log& log);
  void forget(TopicId topic);  // it was, or may have been, deleted

 private:
  struct Known {
    std::int64_t acked = 0;  // 0: nothing
    std::int64_t tried = 0;
  };

  std::map<std::pair<std::string, TopicPartition>, Known> offsets_;
  std::map<std::string, Known> states_;
};

}  // namespace tarn::log
