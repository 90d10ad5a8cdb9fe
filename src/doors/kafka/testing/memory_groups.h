// Consumer groups' store without durability, for the door's tests: lets a test hold writes back, refuse them, or lose
// those that are held.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "log/group_table.h"

namespace tarn::doors::kafka::testing {

// Thread-safe. Takes offsets of any partition, whose end is always 1000.
class MemoryGroups final : public log::GroupStore {
 public:
  void hold(bool hold);                          // true: writes wait; false: those that wait are done, in order
  void end_one();                                // of those held
  void lose_held();                              // those held fail, and never were
  void refuse_with(std::optional<Error> error);  // of writes from now on
  std::size_t held() const;

  void commit(const std::string& group, std::vector<log::OffsetCommit> offsets, Done done) override;
  void keep_state(const std::string& group, Buffer state, Done done) override;
  void remove_offsets(const std::string& group, std::vector<log::TopicPartition> partitions, Done done) override;
  void remove(const std::string& group, Done done) override;
  log::GroupOffsets offsets(const std::string& group) const override;
  bool contains(const std::string& group) const override;
  std::vector<std::string> names() const override;
  std::vector<std::pair<std::string, Buffer>> states() const override;
  std::uint64_t changes() const override;

  TimestampMs now{1'700'000'000'000};  // of commits

 private:
  struct Held {
    Buffer record;
    Done done;
  };
  void write(Buffer record, Done done);

  mutable std::mutex mutex_;
  log::GroupTable table_;
  std::deque<Held> held_;
  std::optional<Error> error_;
  bool hold_ = false;
};

}  // namespace tarn::doors::kafka::testing
