#include "log/topic_registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/codec.h"

namespace tarn::log {
namespace {

enum class RecordKind : std::uint8_t { kTopic = 1, kDeleted = 2, kForgotten = 3, kProducerIds = 4 };

class Table final : public TopicTable {
 public:
  Table(const std::map<std::string, std::shared_ptr<const Topic>>& by_name,
        const std::unordered_map<TopicId, std::shared_ptr<const Topic>>& by_id)
      : by_name_(by_name.begin(), by_name.end()), by_id_(by_id) {}
  const Topic* find(std::string_view name) const override {
    auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
  }
  const Topic* find(TopicId id) const override {
    auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second.get();
  }
  std::vector<const Topic*> all() const override {
    std::vector<const Topic*> topics;
    for (const auto& [name, topic] : by_name_) topics.push_back(topic.get());
    return topics;
  }

 private:
  std::map<std::string, std::shared_ptr<const Topic>, std::less<>> by_name_;
  std::unordered_map<TopicId, std::shared_ptr<const Topic>> by_id_;
};

Buffer id_record(RecordKind kind, TopicId id) {
  Encoder out;
  out.put(static_cast<std::uint8_t>(kind));
  out.put(id);
  return out.take();
}

Topic get_topic(Decoder& in) {
  Topic topic;
  topic.id = in.get_uuid();
  topic.name = in.get_string();
  topic.partitions = in.get<std::int32_t>();
  std::uint32_t count = in.get_count(8);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string name = in.get_string();
    topic.configs[std::move(name)] = in.get_string();
  }
  return topic;
}

std::shared_ptr<const Topic> find_in(const std::unordered_map<TopicId, std::shared_ptr<const Topic>>& topics,
                                     TopicId id) {
  auto found = topics.find(id);
  return found == topics.end() ? nullptr : found->second;
}

}  // namespace

Buffer topic_record(const Topic& topic) {
  Encoder out;
  out.put(static_cast<std::uint8_t>(RecordKind::kTopic));
  out.put(topic.id);
  out.put(topic.name);
  out.put(topic.partitions);
  out.put(static_cast<std::uint32_t>(topic.configs.size()));
  for (const auto& [name, value] : topic.configs) {
    out.put(name);
    out.put(value);
  }
  return out.take();
}

Buffer deleted_record(TopicId id) { return id_record(RecordKind::kDeleted, id); }
Buffer forgotten_record(TopicId id) { return id_record(RecordKind::kForgotten, id); }

Buffer producer_ids_record(std::int64_t end) {
  Encoder out;
  out.put(static_cast<std::uint8_t>(RecordKind::kProducerIds));
  out.put(end);
  return out.take();
}

TopicRegistry::TopicRegistry() { publish(); }

Result<void> TopicRegistry::apply(ByteView record) {
  Decoder in(record);
  auto kind = static_cast<RecordKind>(in.get<std::uint8_t>());
  if (kind == RecordKind::kProducerIds) {
    producer_ids_end_ = std::max(producer_ids_end_, in.get<std::int64_t>());
  } else if (kind == RecordKind::kTopic) {
    Topic topic = get_topic(in);
    Result<TopicConfig> config = parse_topic_config(topic.configs);
    if (!in.ok() || !config) return fail(Code::kCorruption, "a topic's record does not parse");
    topic.config = *config;
    auto shared = std::make_shared<const Topic>(std::move(topic));
    live_[shared->id] = shared;
    by_name_[shared->name] = shared;
  } else if (kind == RecordKind::kDeleted) {
    TopicId id = in.get_uuid();
    if (auto topic = live(id)) {
      by_name_.erase(topic->name);
      live_.erase(id);
      deleted_[id] = topic;
    }
  } else if (kind == RecordKind::kForgotten) {
    TopicId id = in.get_uuid();
    deleted_.erase(id);
    forgotten_.insert(id);
  } else {
    in.mark_bad();
  }
  if (!in.ok()) return fail(Code::kCorruption, "a record of the topic registry does not parse");
  return {};
}

void TopicRegistry::publish() { table_ = std::make_shared<const Table>(by_name_, live_); }

std::shared_ptr<const Topic> TopicRegistry::live(TopicId id) const { return find_in(live_, id); }
std::shared_ptr<const Topic> TopicRegistry::deleted(TopicId id) const { return find_in(deleted_, id); }

std::shared_ptr<const Topic> TopicRegistry::live(const std::string& name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<Topic> TopicRegistry::all_deleted() const {
  std::vector<Topic> topics;
  for (const auto& [id, topic] : deleted_) topics.push_back(*topic);
  return topics;
}

std::vector<std::shared_ptr<const Topic>> TopicRegistry::all() const {
  std::vector<std::shared_ptr<const Topic>> topics;
  for (const auto& [id, topic] : live_) topics.push_back(topic);
  for (const auto& [id, topic] : deleted_) topics.push_back(topic);
  return topics;
}

std::int32_t TopicRegistry::partitions() const {
  std::int32_t count = 0;
  for (const auto& [id, topic] : live_) count += topic->partitions;
  for (const auto& [id, topic] : deleted_) count += topic->partitions;
  return count;
}

Result<void> check_topic_name(std::string_view name) {
  auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (name.empty() || name == "." || name == ".." || name.size() > kTopicNameMax) {
    return fail(Code::kInvalidArgument,
                fmt::format("a topic name has 1 to {} characters and is not . or ..", kTopicNameMax));
  }
  if (!std::ranges::all_of(name, legal)) {
    return fail(Code::kInvalidArgument,
                fmt::format("topic name '{}' has characters other than a-z A-Z 0-9 . _ -", name));
  }
  return {};
}

}  // namespace tarn::log
