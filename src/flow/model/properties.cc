#include "flow/model/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tarn::flow::model {
namespace {

// A test's keys that are its own, not arguments of what it checks.
bool is_test_key(std::string_view key) {
  return key == "name" || key == "description" || key == "config" || key == "arguments" || key == "column_name";
}

bool is_config_key(std::string_view key) {
  return std::ranges::find(kTestConfigKeys, key, &Key::name) != kTestConfigKeys.end();
}

// A column's name as the SQL has to say it.
std::string column_text(const Yaml& column) {
  const Yaml* name = column.find("name");
  const Yaml* quote = column.find("quote");
  if (!quote || yaml_bool(*quote) != true) return name->text;
  return fmt::format("\"{}\"", name->text);
}

}  // namespace

template <class Read>
void Properties::each(const Yaml& list, std::string_view what, std::span<const Key> known, Read read) {
  if (list.is_null()) return;
  if (!list.is_list()) return wrong(list, fmt::format("`{}` takes a list: lines that begin with `- name:`", what));
  for (const Yaml& entry : list.items) {
    if (!entry.is_map()) {
      wrong(entry, fmt::format("`{}` takes entries that begin with `- name:`", what));
      continue;
    }
    for (const YamlEntry& key : entry.entries) check_key(key.key, at(key), "key", known, project_.findings);
    const Yaml* name = entry.find("name");
    if (!name || !name->is_scalar() || name->text.empty())
      wrong(entry, fmt::format("this entry of `{}` has no `name`", what));
    else
      read(entry);
  }
}

void Properties::read(const std::string& file, const std::vector<std::string>& folders, const Yaml& root) {
  file_ = file;
  folders_ = folders;
  if (root.is_null()) return;
  if (!root.is_map()) return wrong(root, "expected `models:` or `sources:`");
  for (const YamlEntry& entry : root.entries) {
    if (!check_key(entry.key, at(entry), "key", kPropertiesKeys, project_.findings)) continue;
    if (entry.key == "models")
      each(entry.value, "models", kModelKeys, [&](const Yaml& model) {
        Named read = named(model, kModelConfigKeys);
        read.tests = tests_of(model);
        models_.push_back(std::move(read));
      });
    if (entry.key == "sources")
      each(entry.value, "sources", kSourceKeys, [&](const Yaml& source) { read_source(source); });
    if (entry.key == "data_tests" || entry.key == "tests")
      each(entry.value, entry.key, kSingularTestKeys,
           [&](const Yaml& test) { singulars_.push_back(named(test, kTestConfigKeys)); });
  }
}

Properties::Named Properties::named(const Yaml& entry, std::span<const Key> known_config) {
  const Yaml& name = *entry.find("name");
  if (entry.find("versions"))
    wrong(*entry.find("versions"), "models with versions are not supported; keep one version");
  return {name.text, at(name), settings(entry.find("config"), known_config), {}};
}

std::vector<Setting> Properties::settings(const Yaml* config, std::span<const Key> known) {
  std::vector<Setting> all;
  if (!config || config->is_null()) return all;
  if (!config->is_map()) {
    wrong(*config, "`config` takes `key: value` lines");
    return all;
  }
  for (const YamlEntry& entry : config->entries)
    if (check_key(entry.key, at(entry), "config", known, project_.findings))
      all.push_back({entry.key, entry.value, at(entry)});
  return all;
}

std::vector<std::string> Properties::tags(const Yaml& entry) {
  std::vector<std::string> all;
  const Yaml* tags = entry.find("tags");
  if (!tags) return all;
  if (tags->is_scalar()) all.push_back(tags->text);
  for (const Yaml& tag : tags->items) all.push_back(tag.text);
  return all;
}

void Properties::read_source(const Yaml& entry) {
  const Yaml& name = *entry.find("name");
  bool enabled = true;
  for (const Setting& setting : settings(entry.find("config"), kSourceConfigKeys))
    if (setting.key == "enabled") enabled = yaml_bool(setting.value).value_or(true);
  if (const Yaml* database = entry.find("database"); database && !database->is_null() && database->text != "tarn")
    wrong(*database, fmt::format("a source's database is `tarn`, not `{}`; leave the line out", database->text));
  const Yaml* tables = entry.find("tables");
  if (!tables || tables->is_null()) return wrong(name, fmt::format("source `{}` has no `tables`", name.text));
  each(*tables, "tables", kSourceTableKeys, [&](const Yaml& table) { read_source_table(entry, table, enabled); });
}

void Properties::read_source_table(const Yaml& source, const Yaml& entry, bool enabled) {
  SourceTable table;
  table.source = source.find("name")->text;
  table.name = entry.find("name")->text;
  table.place = at(*entry.find("name"));
  table.enabled = enabled;
  for (const Setting& setting : settings(entry.find("config"), kSourceConfigKeys))
    if (setting.key == "enabled") table.enabled = yaml_bool(setting.value).value_or(true);
  if (const Yaml* schema = source.find("schema")) table.schema = *schema;
  const Yaml* identifier = entry.find("identifier");
  table.identifier = identifier && identifier->is_scalar() ? identifier->text : table.name;
  table.tags = tags(source);
  std::ranges::copy(tags(entry), std::back_inserter(table.tags));
  table.tests = tests_of(entry);
  auto same = std::ranges::find_if(project_.sources, [&](const SourceTable& other) {
    return other.source == table.source && other.name == table.name;
  });
  if (same != project_.sources.end())
    return wrong(*entry.find("name"), fmt::format("source `{}` has the table `{}` already, at {}", table.source,
                                                  table.name, to_string(same->place)));
  project_.sources.push_back(std::move(table));
}

std::vector<TestSpec> Properties::tests_of(const Yaml& entry) {
  std::vector<TestSpec> all = test_list(entry, std::nullopt);
  if (const Yaml* columns = entry.find("columns"))
    each(*columns, "columns", kColumnKeys, [&](const Yaml& column) {
      std::ranges::move(test_list(column, column_text(column)), std::back_inserter(all));
    });
  return all;
}

std::vector<TestSpec> Properties::test_list(const Yaml& entry, const std::optional<std::string>& column) {
  std::vector<TestSpec> all;
  const Yaml* old_key = entry.find("tests");
  const Yaml* key = entry.find("data_tests");
  if (old_key && key) wrong(*old_key, "`tests` and `data_tests` are two words for one thing; keep `data_tests`");
  const Yaml* list = key ? key : old_key;
  if (!list || list->is_null()) return all;
  if (!list->is_list()) {
    wrong(*list, "tests are a list: lines that begin with `- `");
    return all;
  }
  for (const Yaml& item : list->items)
    if (auto spec = test(item, column)) all.push_back(std::move(*spec));
  return all;
}

std::optional<TestSpec> Properties::test(const Yaml& entry, const std::optional<std::string>& column) {
  TestSpec spec;
  spec.column = column;
  spec.folders = folders_;
  spec.place = at(entry);
  if (entry.is_scalar()) {
    spec.kind = entry.text;
    return spec;
  }
  const Yaml* spelled = entry.is_map() ? entry.find("test_name") : nullptr;
  if (spelled) {
    spec.kind = spelled->text;
    test_body(entry, spec);
    return spec;
  }
  if (!entry.is_map() || entry.entries.size() != 1) {
    wrong(entry, "a test is a name, or a name and its arguments: `- accepted_values: {arguments: {values: [a, b]}}`");
    return std::nullopt;
  }
  spec.kind = entry.entries[0].key;
  const Yaml& body = entry.entries[0].value;
  if (body.is_map()) {
    test_body(body, spec);
  } else if (!body.is_null()) {
    wrong(body, fmt::format("the arguments of `{}` are `key: value` lines", spec.kind));
    return std::nullopt;
  }
  return spec;
}

// Arguments stand flat or under `arguments`, settings flat or under `config`: dbt takes both.
void Properties::test_body(const Yaml& body, TestSpec& spec) {
  auto argument = [&](const YamlEntry& entry) {
    if (entry.key == "column_name")
      spec.column = entry.value.text;
    else
      spec.arguments.push_back(entry);
  };
  for (const YamlEntry& entry : body.entries) {
    if (entry.key == "test_name") continue;
    if (entry.key == "name") {
      spec.name = entry.value.text;
    } else if (entry.key == "arguments" && entry.value.is_map()) {
      for (const YamlEntry& nested : entry.value.entries) argument(nested);
    } else if (entry.key == "config") {
      std::ranges::copy(settings(&entry.value, kTestConfigKeys), std::back_inserter(spec.settings));
    } else if (!is_test_key(entry.key) && is_config_key(entry.key)) {
      check_key(entry.key, at(entry), "config", kTestConfigKeys, project_.findings);
      spec.settings.push_back({entry.key, entry.value, at(entry)});
    } else if (entry.key != "description") {
      argument(entry);
    }
  }
}

void Properties::apply() {
  auto give = [&](std::vector<Named>& read, auto& things, std::string_view what) {
    std::map<std::string_view, std::size_t> index;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < things.size(); ++i) {
      index.emplace(things[i].name, i);
      names.push_back(things[i].name);
    }
    for (Named& named : read) {
      auto found = index.find(named.name);
      if (found == index.end()) {
        project_.findings.problems.add(named.place,
                                       fmt::format("no {} `{}`{}", what, named.name, did_you_mean(named.name, names)));
        continue;
      }
      auto& thing = things[found->second];
      if (thing.described) {
        project_.findings.problems.add(named.place, fmt::format("{} `{}` is described already, at {}; keep one", what,
                                                                named.name, to_string(*thing.described)));
        continue;
      }
      thing.described = named.place;
      std::ranges::move(named.settings, std::back_inserter(thing.settings));
      if constexpr (requires { thing.tests; }) thing.tests = std::move(named.tests);
    }
  };
  give(models_, project_.models, "model");
  give(singulars_, project_.singulars, "test");
}

}  // namespace tarn::flow::model
