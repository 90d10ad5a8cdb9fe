#include "flow/model/names.h"

#include <fmt/format.h>

#include <array>

#include "jinja/containers.h"

namespace tarn::flow::model {
namespace {

using jinja::Call;
using jinja::Value;

constexpr std::string_view kDatabase = "tarn";
constexpr std::string_view kDefaultSchema = "public";
constexpr std::string_view kSecretPrefix = "DBT_ENV_SECRET";

// Named things with a text: relations, `config`, `exceptions`.
class Thing : public jinja::Object {
 public:
  Thing(std::string text, Values attributes, Value called = {})
      : text_(std::move(text)), attributes_(std::move(attributes)), called_(std::move(called)) {}

  Result<std::string> text(jinja::Meter& meter) const override {
    TARN_TRY(meter.make(text_.size()));
    return text_;
  }
  Result<std::optional<Value>> attribute(const std::shared_ptr<Object>&, std::string_view name) override {
    auto found = attributes_.find(name);
    if (found == attributes_.end()) return std::optional<Value>();
    return std::optional<Value>(found->second);
  }
  bool callable() const override { return !called_.is_none(); }
  Result<Value> call(Call& call) override {
    if (!callable()) return Object::call(call);
    return called_.object()->call(call);
  }

 private:
  std::string text_;
  Values attributes_;
  Value called_;
};

Place place_of(const Call& call) {
  return {std::string(call.file), static_cast<int>(call.line), static_cast<int>(call.column)};
}

Result<std::string> text_argument(const std::optional<Value>& value, std::string_view what) {
  if (!value || !value->string())
    return fail(Code::kInvalidArgument,
                fmt::format("{} must be text, not {}", what, value ? value->type_name() : "none"));
  return *value->string();
}

// What real dbt has and this has not, said better than "undefined".
constexpr std::array kUnsupported{"run_query",
                                  "statement",
                                  "adapter",
                                  "dbt_utils",
                                  "dbt",
                                  "graph",
                                  "modules",
                                  "load_result",
                                  "dispatch",
                                  "builtins",
                                  "doc",
                                  "return",
                                  "store_result",
                                  "api",
                                  "selected_resources",
                                  "write",
                                  "render",
                                  "fromjson",
                                  "tojson",
                                  "fromyaml",
                                  "toyaml",
                                  "local_md5",
                                  "submit_python_job",
                                  "schemas",
                                  "pre_hooks",
                                  "post_hooks",
                                  "sql",
                                  "compiled_code",
                                  "zip",
                                  "set",
                                  "diff_of_two_dicts",
                                  "load_agate_table",
                                  "context",
                                  "caller",
                                  "run_started_at",
                                  "invocation_id",
                                  "dbt_version"};

Value target() {
  return Value::dict({{"name", "tarn"},
                      {"profile_name", "tarn"},
                      {"type", "postgres"},
                      {"database", kDatabase},
                      {"dbname", kDatabase},
                      {"schema", kDefaultSchema},
                      {"threads", 2}});
}

Value silent(std::string name) {
  return Value::function(std::move(name), [](Call&) -> Result<Value> { return Value(""); });
}

Value constant(std::string name, bool value) {
  return Value::function(std::move(name), [value](Call&) -> Result<Value> { return Value(value); });
}

}  // namespace

Value yaml_value(const Yaml& value) {
  if (value.is_null()) return {};
  if (value.is_list()) {
    std::vector<Value> items;
    for (const Yaml& item : value.items) items.push_back(yaml_value(item));
    return Value::list(std::move(items));
  }
  if (value.is_map()) {
    std::vector<std::pair<std::string, Value>> entries;
    for (const YamlEntry& entry : value.entries) entries.emplace_back(entry.key, yaml_value(entry.value));
    return Value::dict(std::move(entries));
  }
  if (auto flag = yaml_bool(value)) return *flag;
  if (auto number = yaml_int(value)) return *number;
  if (auto number = yaml_float(value)) return *number;
  return value.text;
}

Value relation_value(const Relation& relation) {
  Values attributes{{"database", kDatabase}, {"schema", relation.schema}, {"identifier", relation.name},
                    {"name", relation.name}, {"table", relation.name},    {"is_cte", false}};
  return std::shared_ptr<jinja::Object>(std::make_shared<Thing>(quoted(relation), std::move(attributes)));
}

Globals::Globals(const Project& project, Env env, bool full_refresh, Findings& findings)
    : project_(project), env_(std::move(env)), findings_(findings) {
  for (const YamlEntry& entry : project.vars) vars_[entry.key] = &entry.value;
  add(parse_, false);
  add(execute_, true);
  for (jinja::Scope* scope : {&parse_, &execute_})
    scope->set("flags", Value::dict({{"FULL_REFRESH", full_refresh}, {"WHICH", "build"}}));
}

void Globals::add(jinja::Scope& scope, bool execute) {
  for (const char* name : kUnsupported)
    scope.set(name,
              Value::undefined(fmt::format("`{}` is not supported here: models have ref, source, config, var, env_var, "
                                           "this, target; run real dbt through the Postgres door for the rest",
                                           name)));
  scope.set("execute", execute);
  scope.set("target", target());
  scope.set("project_name", project_.name);
  scope.set("var", var(execute));
  scope.set("env_var", env_var());
  scope.set("exceptions", exceptions());
  scope.set("log", silent("log"));
  scope.set("print", silent("print"));
  // Models are rebuilt whole: neither is there an older table to add to.
  scope.set("is_incremental", constant("is_incremental", false));
  scope.set("should_full_refresh", constant("should_full_refresh", true));
}

Value Globals::var(bool execute) {
  auto get = [this, execute](Call& call) -> Result<Value> {
    constexpr std::array<std::string_view, 2> kNames{"name", "default"};
    TARN_ASSIGN(auto given, call.take("var", kNames, 1));
    TARN_ASSIGN(std::string name, text_argument(given[0], "var's name"));
    // Made anew each time: a template may change a list that it got, and others must not see it.
    if (auto found = vars_.find(name); found != vars_.end()) return yaml_value(*found->second);
    if (given[1]) return *given[1];
    if (!execute) return Value();  // perhaps on a way that is not taken in the end: as dbt does
    std::vector<std::string> names;
    for (const auto& [known, value] : vars_) names.push_back(known);
    return fail(Code::kInvalidArgument, fmt::format("no var `{}`{}; write it under `vars:` in {}, or give a default",
                                                    name, did_you_mean(name, names), kProjectFile));
  };
  auto has = [this](Call& call) -> Result<Value> {
    constexpr std::array<std::string_view, 1> kNames{"name"};
    TARN_ASSIGN(auto given, call.take("has_var", kNames, 1));
    TARN_ASSIGN(std::string name, text_argument(given[0], "has_var's name"));
    return Value(vars_.contains(name));
  };
  Values attributes{{"has_var", Value::function("has_var", has)}};
  return std::shared_ptr<jinja::Object>(
      std::make_shared<Thing>("", std::move(attributes), Value::function("var", get)));
}

Value Globals::env_var() {
  return Value::function("env_var", [this](Call& call) -> Result<Value> {
    constexpr std::array<std::string_view, 2> kNames{"name", "default"};
    TARN_ASSIGN(auto given, call.take("env_var", kNames, 1));
    TARN_ASSIGN(std::string name, text_argument(given[0], "env_var's name"));
    // As in dbt: what a model says is kept in the history for all to read.
    if (name.starts_with(kSecretPrefix))
      return fail(Code::kInvalidArgument,
                  fmt::format("{} is a secret by its name, and models are no place for one", name));
    if (auto found = env_(name)) return Value(*found);
    if (given[1] && !given[1]->is_none()) {
      TARN_ASSIGN(std::string text, jinja::to_text(*given[1]));
      return Value(text);
    }
    return fail(Code::kInvalidArgument,
                fmt::format("the environment has no {}; set it, or give a default: env_var('{}', '...')", name, name));
  });
}

Value Globals::exceptions() {
  auto raise = [](Call& call) -> Result<Value> {
    constexpr std::array<std::string_view, 1> kNames{"msg"};
    TARN_ASSIGN(auto given, call.take("raise_compiler_error", kNames, 1));
    TARN_ASSIGN(std::string text, jinja::to_text(*given[0]));
    return fail(Code::kInvalidArgument, text);
  };
  auto warn = [this](Call& call) -> Result<Value> {
    constexpr std::array<std::string_view, 1> kNames{"msg"};
    TARN_ASSIGN(auto given, call.take("warn", kNames, 1));
    TARN_ASSIGN(std::string text, jinja::to_text(*given[0]));
    findings_.notes.add(place_of(call), text);
    return Value("");
  };
  Values attributes{{"raise_compiler_error", Value::function("raise_compiler_error", raise)},
                    {"warn", Value::function("warn", warn)}};
  return std::shared_ptr<jinja::Object>(std::make_shared<Thing>("", std::move(attributes)));
}

std::optional<Value> Globals::rendered(const Yaml& value, const Place& place, const jinja::Scope* scope) const {
  if (value.is_list()) {
    std::vector<Value> items;
    for (const Yaml& item : value.items) {
      auto one = rendered(item, place, scope);
      if (!one) return std::nullopt;
      items.push_back(std::move(*one));
    }
    return Value::list(std::move(items));
  }
  bool plain =
      !value.is_scalar() || (value.text.find("{{") == std::string::npos && value.text.find("{%") == std::string::npos);
  if (plain) return yaml_value(value);
  auto parsed = jinja::Template::parse(place.file, value.text);
  Result<Value> result = parsed ? parsed->evaluate(scope ? *scope : execute_) : std::unexpected(parsed.error());
  if (result) return std::move(*result);
  Problems inner;  // its places are within the text: ours is better
  inner.add_located(result.error().message);
  findings_.problems.add(place, inner.messages()[0]);
  return std::nullopt;
}

namespace {

class Node {
 public:
  Node(const NodeNames& names, bool execute) : names_(names), execute_(execute) {}

  void add(jinja::Scope& scope) const {
    scope.set("ref", Value::function("ref", [this_ = *this](Call& call) { return this_.ref(call); }));
    scope.set("source", Value::function("source", [this_ = *this](Call& call) { return this_.source(call); }));
    scope.set("config", config());
    scope.set("this", relation_value(names_.self));
    scope.set("model", names_.model);
    scope.set("database", kDatabase);
    scope.set("schema", names_.self.schema);
  }

 private:
  Place place(const Call& call) const { return names_.place ? *names_.place : place_of(call); }

  Result<Value> ref(Call& call) const {
    std::vector<std::string> name;
    for (const Value& argument : call.arguments) {
      TARN_ASSIGN(std::string part, text_argument(argument, "ref's name"));
      name.push_back(part);
    }
    if (!call.named.empty()) return fail(Code::kUnsupported, "models have no versions here: ref('name')");
    if (name.empty() || name.size() > 2) return fail(Code::kInvalidArgument, "ref takes one name: ref('name')");
    auto found = names_.ref(name, place(call));
    return relation_value(found.value_or(names_.self));
  }

  Result<Value> source(Call& call) const {
    constexpr std::array<std::string_view, 2> kNames{"source_name", "table_name"};
    TARN_ASSIGN(auto given, call.take("source", kNames, 2));
    TARN_ASSIGN(std::string source_name, text_argument(given[0], "a source's name"));
    TARN_ASSIGN(std::string table_name, text_argument(given[1], "a table's name"));
    auto found = names_.source(source_name, table_name, place(call));
    return relation_value(found.value_or(names_.self));
  }

  // config(...) in the file, config.get('key', default), config.require('key').
  Value config() const {
    auto set = [this_ = *this](Call& call) -> Result<Value> {
      for (const Value& argument : call.arguments) {
        const jinja::Dict* dict = argument.dict();
        if (!dict) return fail(Code::kInvalidArgument, "config takes `key=value`");
        for (const auto& [key, value] : dict->entries) {
          TARN_ASSIGN(std::string name, jinja::to_text(key));
          this_.names_.configure(name, value, this_.place(call));
        }
      }
      for (const auto& [key, value] : call.named) this_.names_.configure(key, value, this_.place(call));
      return Value("");
    };
    auto get = [this_ = *this](bool required) {
      return [this_, required](Call& call) -> Result<Value> {
        constexpr std::array<std::string_view, 3> kNames{"name", "default", "validator"};
        TARN_ASSIGN(auto given, call.take(required ? "config.require" : "config.get", kNames, 1));
        TARN_ASSIGN(std::string name, text_argument(given[0], "a config's name"));
        if (!this_.execute_) return Value("");
        auto found = this_.names_.config.find(name);
        if (found != this_.names_.config.end() && !found->second.is_none()) return found->second;
        if (required) return fail(Code::kInvalidArgument, fmt::format("the config `{}` is required and not set", name));
        return given[1].value_or(Value());
      };
    };
    Values attributes{{"get", Value::function("config.get", get(false))},
                      {"require", Value::function("config.require", get(true))}};
    return std::shared_ptr<jinja::Object>(
        std::make_shared<Thing>("", std::move(attributes), Value::function("config", set)));
  }

  const NodeNames& names_;
  bool execute_;
};

}  // namespace

jinja::Scope node_scope(const jinja::Scope& globals, const NodeNames& names, bool execute) {
  jinja::Scope scope(&globals);
  Node(names, execute).add(scope);
  return scope;
}

}  // namespace tarn::flow::model
