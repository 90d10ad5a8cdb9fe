#include "tarn/topic_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/land_protocol.h"
#include "flow/land/rules.h"

namespace tarn::app {
namespace {

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Field ids aside.
bool same_type(const table::Type& a, const table::Type& b) {
  auto same_fields = [](const table::Field& x, const table::Field& y) {
    return x.name == y.name && same_type(x.type, y.type);
  };
  return a.kind == b.kind && a.precision == b.precision && a.scale == b.scale && a.length == b.length &&
         std::ranges::equal(a.children, b.children, same_fields);
}

// As topics/*.yaml says it.
std::string type_text(const table::Type& type) {
  if (type.kind == table::TypeKind::kList) return fmt::format("list<{}>", type_text(type.children.at(0).type));
  if (type.kind != table::TypeKind::kStruct) return table::to_string(type);
  std::string text;
  for (const table::Field& field : type.children)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.name, type_text(field.type));
  return fmt::format("struct<{}>", text);
}

class Planner {
 public:
  Planner(const log::Log& log, const catalog::State& state, const Config& config)
      : log_(log), topics_(log.topics()), state_(state), config_(config) {}

  Result<std::vector<TopicChange>> plan() {
    for (const TopicDeclaration& declared : config_.topics) plan(declared);
    if (refusals_.empty()) return std::move(changes_);
    return fail(Code::kInvalidArgument, fmt::format("{}", fmt::join(refusals_, "\n")));
  }

 private:
  void plan(const TopicDeclaration& declared) {
    const log::Topic* there = topics_->find(declared.topic);
    TopicChange change{.topic = declared.topic, .source = declared.source};
    if (auto known = log::parse_topic_config(declared.config); !known) return refuse(declared, known.error().message);
    if (there) {
      change.id = there->id;
      plan_partitions(declared, *there);
      plan_configs(declared, *there, change);
      plan_table(declared, *there, change);
    } else {
      create(declared, change);
    }
    if (!change.lines.empty()) changes_.push_back(std::move(change));
  }

  void refuse(const TopicDeclaration& declared, const std::string& why) {
    refusals_.push_back(fmt::format("{}: topic {}: {}", declared.source, declared.topic, why));
  }

  static void create(const TopicDeclaration& declared, TopicChange& change) {
    change.create = {.name = declared.topic, .partitions = declared.partitions.value_or(1), .configs = declared.config};
    change.lines.push_back(
        fmt::format("made, {} partition{}", change.create->partitions, change.create->partitions == 1 ? "" : "s"));
    for (const auto& [name, value] : declared.config) change.lines.push_back(fmt::format("{}: {}", name, value));
  }

  void plan_partitions(const TopicDeclaration& declared, const log::Topic& there) {
    if (!declared.partitions || *declared.partitions == there.partitions) return;
    bool fewer = *declared.partitions < there.partitions;
    refuse(declared,
           fmt::format("it has {} partitions, not {}; {}; say `partitions: {}`, or delete the topic first",
                       there.partitions, *declared.partitions,
                       fewer ? "fewer would lose the records of the others" : "more can't be added", there.partitions));
  }

  void plan_configs(const TopicDeclaration& declared, const log::Topic& there, TopicChange& change) {
    auto after = there.configs;
    for (const auto& [name, value] : declared.config) {
      auto present = there.configs.find(name);
      if (present != there.configs.end() && present->second == value) continue;
      change.configs[name] = value;
      after[name] = value;
      change.lines.push_back(
          fmt::format("{}: {} -> {}", name, present == there.configs.end() ? "default" : present->second, value));
    }
    auto parsed = log::parse_topic_config(after);
    if (!parsed) return refuse(declared, parsed.error().message);
    if (auto lost = would_lose(there, *parsed))
      refuse(declared, fmt::format("{} would delete records that are in no table, since the topic does not land ({}); "
                                   "let it land first, or set it with a Kafka tool (kafka-configs --alter)",
                                   lost->first, lost->second));
  }

  // The config that shortens what is kept, and why the records are nowhere else.
  std::optional<std::pair<std::string, std::string>> would_lose(const log::Topic& there,
                                                                const log::TopicConfig& after) const {
    auto shorter = [](std::int64_t before, std::int64_t now) { return now >= 0 && (before < 0 || now < before); };
    bool time = shorter(there.config.retention_ms.count(), after.retention_ms.count());
    bool bytes = shorter(there.config.retention_bytes, after.retention_bytes);
    if ((!time && !bytes) || !has_records(there)) return std::nullopt;
    auto why = flow::land::why_not_landed(there, config_.land_skip);
    const catalog::Binding* binding = state_.binding(there.id);
    if (!why && binding && binding->detached) why = "its table was dropped";
    if (!why) return std::nullopt;  // what has not landed yet is kept until it has
    return std::pair(time ? "a shorter retention.ms" : "a smaller retention.bytes", *why);
  }

  bool has_records(const log::Topic& topic) const {
    for (std::int32_t i = 0; i < topic.partitions; ++i) {
      auto ends = log_.ends({topic.id, PartitionId(i)});
      if (!ends || ends->high_watermark > ends->log_start) return true;
    }
    return false;
  }

  void plan_table(const TopicDeclaration& declared, const log::Topic& there, TopicChange& change) {
    const catalog::Binding* binding = state_.binding(there.id);
    if (!binding || binding->detached) return;
    auto table = state_.find(binding->table);
    if (!table) return;
    if (!declared.table.empty() && flow::land::parse_table_name(declared.table) != table->name)
      return refuse(declared, fmt::format("it lands in {0}, not {1}, and its rows are there; say `table: {0}`",
                                          catalog::to_string(table->name), declared.table));
    if (declared.columns && binding->format == catalog::BindingFormat::kBinary)
      return refuse(declared,
                    "its records land as bytes, since the first were no JSON objects; take `columns` away, or "
                    "name another table for it and delete the topic first");
    if (binding->declared != declared.columns.has_value() && binding->format == catalog::BindingFormat::kJson) {
      change.binding = *binding;
      change.binding->declared = declared.columns.has_value();
      change.lines.emplace_back(declared.columns ? "columns: declared from now on" : "columns: inferred from now on");
    }
    if (declared.columns) plan_columns(declared, *table, change);
  }

  void plan_columns(const TopicDeclaration& declared, const catalog::TableState& table, TopicChange& change) {
    const table::Schema& schema = table.metadata->schema();
    std::vector<table::Field> fields = schema.fields;
    bool changed = false;
    for (const table::Field& column : *declared.columns) {
      auto present =
          std::ranges::find_if(fields, [&](const auto& field) { return same_letters(field.name, column.name); });
      if (present == fields.end()) {
        auto metadata = std::ranges::find(fields, engine::metadata_field().name, &table::Field::name);
        fields.insert(metadata, column);
        change.lines.push_back(fmt::format("column {}: {}", column.name, type_text(column.type)));
        changed = true;
      } else if (present->name != column.name) {
        refuse(declared, fmt::format("column `{}` is `{}` in its table; say that", column.name, present->name));
      } else if (same_type(present->type, column.type)) {
        continue;
      } else if (!column.type.is_nested() && table::can_promote(present->type, column.type)) {
        change.lines.push_back(
            fmt::format("column {}: {} -> {}", column.name, type_text(present->type), type_text(column.type)));
        present->type = column.type;
        changed = true;
      } else {
        refuse(declared,
               fmt::format("column `{0}` is {1} in its table, and its values can't all be {2}; say `{0}: {1}`",
                           column.name, type_text(present->type), type_text(column.type)));
      }
    }
    for (const table::Field& field : schema.fields) {
      bool said = std::ranges::any_of(*declared.columns,
                                      [&](const auto& column) { return same_letters(column.name, field.name); });
      if (!said && field.name != engine::metadata_field().name)
        refuse(declared,
               fmt::format("column `{0}` is in its table, and taking it away would lose its values; say `{0}: {1}`",
                           field.name, type_text(field.type)));
    }
    if (changed)
      change.schema = {.table = table.uuid, .base = table.metadata->current_schema_id, .fields = std::move(fields)};
  }

  const log::Log& log_;
  std::shared_ptr<const log::TopicTable> topics_;
  const catalog::State& state_;
  const Config& config_;
  std::vector<TopicChange> changes_;
  std::vector<std::string> refusals_;
};

Result<void> apply(log::Log& log, catalog::Catalog& catalog, const TopicChange& change) {
  if (change.create) {
    TARN_TRY(log.create_topic(*change.create));
    return {};
  }
  if (!change.configs.empty()) TARN_TRY(log.alter_topic(change.id, change.configs));
  if (change.schema) {
    catalog::Commit commit;
    commit.schemas.push_back(*change.schema);
    TARN_TRY(catalog.commit(commit));
  }
  if (change.binding) TARN_TRY(catalog.bind(*change.binding));
  return {};
}

}  // namespace

Result<std::vector<TopicChange>> plan_topics(const log::Log& log, const catalog::State& state, const Config& config) {
  return Planner(log, state, config).plan();
}

Result<void> apply_topics(log::Log& log, catalog::Catalog& catalog, const std::vector<TopicChange>& changes) {
  for (const TopicChange& change : changes)
    if (auto applied = apply(log, catalog, change); !applied)
      return std::unexpected(std::move(applied).error().with_context(change.source));
  return {};
}

std::string to_string(const TopicChange& change) {
  return fmt::format("topic {}: {}", change.topic, fmt::join(change.lines, ", "));
}

}  // namespace tarn::app
