// Which topics land where: bindings, the tables they need, columns that records add.
#include <fmt/format.h>

#include <algorithm>

#include "flow/land/lander_impl.h"
#include "flow/land/rules.h"
#include "host/logging.h"

namespace tarn::flow::land {

void LanderImpl::reload_topics() {
  auto live = log_->topics();
  for (const log::Topic* topic : live->all()) {
    if (TopicWork* known = find(topic->id)) {
      known->topic = *topic;
      auto off = why_not_landed(*topic, options_.skip);
      bool back_on = known->off && !off;
      known->off = off;
      if (back_on) catch_up(*known);
      publish(*known);
    } else {
      add_topic(*topic, false);
    }
  }
  for (const log::Topic& topic : log_->deleted_topics()) {
    if (TopicWork* known = find(topic.id))
      known->deleted = true;
    else
      add_topic(topic, true);
  }
  std::vector<TopicId> gone;
  for (auto& [id, topic] : topics_)
    if (topic.deleted) gone.push_back(id);
  for (TopicId id : gone)
    if (TopicWork* topic = find(id)) forget_if_landed(*topic);
}

// Landing was switched on: what came meanwhile is behind.
void LanderImpl::catch_up(TopicWork& topic) {
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    if (topic.partitions[i].end <= topic.partitions[i].decoded) continue;
    behind_.insert({topic.topic.id, PartitionId(static_cast<std::int32_t>(i))});
    topic.first_seen = now();
  }
}

void LanderImpl::add_topic(const log::Topic& spec, bool deleted) {
  TopicWork& topic = topics_[spec.id];
  topic.topic = spec;
  topic.deleted = deleted;
  topic.off = why_not_landed(spec, options_.skip);
  topic.partitions.resize(static_cast<std::size_t>(spec.partitions));
  if (const catalog::Binding* binding = catalog_.state()->binding(spec.id)) adopt(topic, *binding);
  for (std::int32_t i = 0; i < spec.partitions; ++i) {
    PartitionWork& partition = topic.partitions[static_cast<std::size_t>(i)];
    log::TopicPartition id{spec.id, PartitionId(i)};
    if (auto ends = log_->ends(id)) partition.end = ends->high_watermark;
    partition.decoded = first_to_decode(topic, id.partition);
    if (partition.end <= partition.decoded) continue;
    behind_.insert(id);
    topic.first_seen = now();
  }
  // A topic with declared columns has its table before its first record, so that models and queries can name it.
  auto declared = options_.declarations.find(spec.name);
  if (!topic.binding && !deleted && !topic.off && declared != options_.declarations.end() && declared->second.columns)
    bind_without_looking(topic);
  publish(topic);
}

void LanderImpl::adopt(TopicWork& topic, const catalog::Binding& binding) {
  topic.binding = binding;
  if (binding.detached) {
    topic.off = "its table was dropped";
    return;
  }
  auto state = catalog_.state();
  for (std::size_t i = 0; i < topic.partitions.size(); ++i)
    topic.partitions[i].landed =
        state->landed_end({binding.table, binding.topic, PartitionId(static_cast<std::int32_t>(i))});
  tables_[binding.table].topics.insert(binding.topic);
}

// A deleted topic that was never bound lands nothing; one that was keeps its files until all of it landed.
void LanderImpl::forget_if_landed(TopicWork& topic) {
  bool all = std::ranges::all_of(topic.partitions,
                                 [](const PartitionWork& partition) { return partition.landed >= partition.end; });
  bool busy =
      std::ranges::any_of(topic.partitions, [](const PartitionWork& partition) { return partition.lease.has_value(); });
  if (busy || !(all || !topic.binding || topic.off)) return;
  TopicId id = topic.topic.id;
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    PartitionId partition(static_cast<std::int32_t>(i));
    behind_.erase({id, partition});
    if (topic.binding) tail_.drop(source_of(topic, partition));
  }
  if (topic.binding) tables_[topic.binding->table].topics.erase(id);
  if (auto forgotten = log_->forget_topic(id); !forgotten)
    host::log_warn("flow/land", "forget_failed", {{"topic", topic.topic.name}, {"error", forgotten.error().message}});
  topics_.erase(id);
  std::lock_guard lock(published_mutex_);
  published_.erase(id);
}

catalog::TableName LanderImpl::table_name(const std::string& topic) const {
  auto declared = options_.declarations.find(topic);
  if (declared == options_.declarations.end() || declared->second.table.empty()) return default_table_name(topic);
  return parse_table_name(declared->second.table);
}

// Declared columns need no look at the records; a re-created topic continues its predecessor's table.
bool LanderImpl::bind_without_looking(TopicWork& topic) {
  auto state = catalog_.state();
  for (const catalog::Binding* other : state->bindings()) {
    if (other->topic_name != topic.topic.name || other->detached) continue;
    catalog::Binding binding = *other;
    binding.topic = topic.topic.id;
    adopt(topic, binding);
    publish(topic);  // before it is durable: from now on statements on the table wait for this topic's records
    if (auto bound = catalog_.bind(binding); !bound) {
      topic.binding.reset();
      tables_[binding.table].topics.erase(binding.topic);
      return topic_failed(topic, bound.error().message), false;
    }
    return true;
  }
  auto declared = options_.declarations.find(topic.topic.name);
  if (declared == options_.declarations.end() || !declared->second.columns) return false;
  auto bound = bind(topic, catalog::BindingFormat::kJson, *declared->second.columns, true);
  if (!bound) topic_failed(topic, bound.error().message);
  return bound.has_value();
}

Result<void> LanderImpl::bind(TopicWork& topic, catalog::BindingFormat format, std::vector<table::Field> fields,
                              bool declared) {
  if (catalog_.state()->bindings().size() >= options_.auto_tables_max)
    return fail(Code::kLimit,
                fmt::format("{} topics have tables already, the bound auto_tables_max; raise it in tarn.yaml",
                            options_.auto_tables_max));
  fields.push_back(engine::metadata_field());
  catalog::TableName name = table_name(topic.topic.name);
  auto table = make_table(name, fields, kTopicProperty, topic.topic.id);
  bool taken = !table && table.error().code == Code::kAlreadyExists && name == default_table_name(topic.topic.name);
  if (taken)
    table = make_table(distinct_table_name(topic.topic.name), std::move(fields), kTopicProperty, topic.topic.id);
  if (!table) return std::unexpected(table.error());
  catalog::Binding binding{.topic = topic.topic.id,
                           .topic_name = topic.topic.name,
                           .table = (*table)->uuid,
                           .format = format,
                           .declared = declared};
  TARN_TRY(catalog_.bind(binding));
  adopt(topic, binding);
  topic.retry.succeeded();
  publish(topic);
  host::log_info("flow/land", "bound", {{"topic", topic.topic.name}, {"table", to_string((*table)->name)}});
  return {};
}

Result<std::shared_ptr<const catalog::TableState>> LanderImpl::make_table(const catalog::TableName& name,
                                                                          std::vector<table::Field> fields,
                                                                          std::string_view property,
                                                                          const Uuid& owner) {
  if (auto made = catalog_.create_namespace(name.name_space); !made && made.error().code != Code::kAlreadyExists)
    return std::unexpected(made.error());
  std::string key(property), value = owner.to_string();
  auto table = catalog_.create_table(name, std::move(fields), {{key, value}});
  if (table || table.error().code != Code::kAlreadyExists) return table;
  auto there = catalog_.state()->find(name);
  if (there) {
    auto made_for = there->metadata->properties.find(key);
    if (made_for != there->metadata->properties.end() && made_for->second == value) return there;
  }
  return fail(
      Code::kAlreadyExists,
      fmt::format("table {} exists and is not this topic's; drop it, or name another with `table:` in topics/*.yaml",
                  to_string(name)));
}

Result<void> LanderImpl::ensure_dead_letters(TopicWork& topic) {
  if (!topic.binding->dlq_table.is_zero()) return {};
  auto table = catalog_.state()->find(topic.binding->table);
  if (!table) return fail(Code::kNotFound, "its table was dropped");
  auto make = [&](const catalog::TableName& name) {
    return make_table(name, engine::dead_letter_fields(), kDeadLettersProperty, table->uuid);
  };
  auto dlq = make(dead_letter_table_name(table->name));
  if (!dlq && dlq.error().code == Code::kAlreadyExists) {
    catalog::TableName other = distinct_dead_letter_table_name(table->name);
    host::log_warn("flow/land", "dead_letters_elsewhere",
                   {{"topic", topic.topic.name}, {"table", to_string(other)}, {"why", dlq.error().message}});
    dlq = make(other);
  }
  if (!dlq) return std::unexpected(dlq.error());
  catalog::Binding binding = *topic.binding;
  binding.dlq_table = (*dlq)->uuid;
  TARN_TRY(catalog_.bind(binding));
  topic.binding = binding;
  publish(topic);
  return {};
}

// Adds the columns that records brought. If another topic of the same table was faster, nothing is lost: the range is
// decoded again, on the schema that won, and proposes what is still missing.
Result<void> LanderImpl::widen(TopicWork& topic, std::vector<table::Field> fields) {
  auto table = catalog_.state()->find(topic.binding->table);
  if (!table) return fail(Code::kNotFound, "its table was dropped");
  catalog::Commit commit;
  commit.schemas.push_back(
      {.table = table->uuid, .base = table->metadata->current_schema_id, .fields = std::move(fields)});
  auto committed = catalog_.commit(commit);
  if (!committed && committed.error().code != Code::kConflict) return std::unexpected(committed.error());
  return {};
}

void LanderImpl::topic_failed(TopicWork& topic, const std::string& why) {
  topic.retry.failed(now(), options_.retry_min, why);
  host::log_warn("flow/land", "topic_waits",
                 {{"topic", topic.topic.name}, {"failures", topic.retry.failures()}, {"why", why}});
  publish(topic);
}

}  // namespace tarn::flow::land
