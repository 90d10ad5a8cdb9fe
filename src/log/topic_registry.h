// Topics and producer-id blocks: the fold of the records of the log's own partition (all-zero topic id, partition 0).
//
//   record value:  u8 kind, then
//     1 topic      16 id, string name, i32 partitions, u32 count, count × (string, string)   made, or altered
//     2 deleted    16 id                  gone for clients; its data waits for landing
//     3 forgotten  16 id                  its files may go
//     4 ids        i64 end                producer ids below `end` may have been given out
//   little-endian; a string is u32 length and bytes
#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "base/result.h"
#include "log/topic.h"

namespace tarn::log {

inline constexpr TopicPartition kMetaPartition{};  // all zeros
inline constexpr std::int64_t kProducerIdBlock = 1000;

Buffer topic_record(const Topic& topic);
Buffer deleted_record(TopicId id);
Buffer forgotten_record(TopicId id);
Buffer producer_ids_record(std::int64_t end);

// Not thread-safe, but for the tables it hands out, which never change.
class TopicRegistry {
 public:
  TopicRegistry();
  // kCorruption if it does not parse.
  Result<void> apply(ByteView record);
  void publish();  // a new table()

  std::shared_ptr<const TopicTable> table() const { return table_; }
  std::shared_ptr<const Topic> live(TopicId id) const;
  std::shared_ptr<const Topic> live(const std::string& name) const;
  std::shared_ptr<const Topic> deleted(TopicId id) const;
  std::vector<Topic> all_deleted() const;
  std::vector<std::shared_ptr<const Topic>> all() const;  // live and deleted
  const std::unordered_set<TopicId>& forgotten() const { return forgotten_; }
  std::int64_t producer_ids_end() const { return producer_ids_end_; }
  std::int32_t partitions() const;  // of live and deleted topics

 private:
  std::map<std::string, std::shared_ptr<const Topic>> by_name_;
  std::unordered_map<TopicId, std::shared_ptr<const Topic>> live_, deleted_;
  std::unordered_set<TopicId> forgotten_;
  std::int64_t producer_ids_end_ = 0;
  std::shared_ptr<const TopicTable> table_;
};

// Kafka's rules for a name. kInvalidArgument says what is wrong.
Result<void> check_topic_name(std::string_view name);

}  // namespace tarn::log
