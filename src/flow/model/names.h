// The names that templates see: ref, source, config, var, env_var, this, target, ... as in dbt.
//
// Each file is rendered twice, as dbt does: first with `execute` false, when only config() and what is read are taken,
// and relations are not known yet; then for its SQL. What a name does wrong becomes a problem with the call's place,
// and rendering goes on: a person gets all of a file's problems at once.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/model/plan.h"
#include "flow/model/project.h"
#include "jinja/template.h"

namespace tarn::flow::model {

using Values = std::map<std::string, jinja::Value, std::less<>>;

// A YAML value as PyYAML would give it. Texts are not rendered.
jinja::Value yaml_value(const Yaml& value);

// A relation as templates have it: prints quoted, has database, schema, identifier, name.
jinja::Value relation_value(const Relation& relation);

// What every template of a project sees. `env`: the environment, for env_var.
class Globals {
 public:
  using Env = std::function<std::optional<std::string>(const std::string&)>;
  Globals(const Project& project, Env env, bool full_refresh, Findings& findings);

  const jinja::Scope& scope(bool execute) const { return execute ? execute_ : parse_; }
  // Texts within `value` rendered, as dbt renders those in .yml files. Nothing if one does not: a problem at `place`.
  std::optional<jinja::Value> rendered(const Yaml& value, const Place& place,
                                       const jinja::Scope* scope = nullptr) const;

 private:
  void add(jinja::Scope& scope, bool execute);
  jinja::Value var(bool execute);
  jinja::Value env_var();
  jinja::Value exceptions();

  const Project& project_;
  Env env_;
  Findings& findings_;
  std::map<std::string, const Yaml*, std::less<>> vars_;
  jinja::Scope parse_, execute_;
};

// What one node's templates add to them. Lives as long as its scope is rendered with.
struct NodeNames {
  // A model's relation, from ref(); nullopt, with a problem reported, if there is none.
  std::function<std::optional<Relation>(const std::vector<std::string>& name, const Place& place)> ref;
  std::function<std::optional<Relation>(const std::string& source, const std::string& table, const Place& place)>
      source;
  std::function<void(const std::string& key, const jinja::Value& value, const Place& place)> configure;
  Values config;  // what config.get() answers; empty in the first rendering
  Relation self;  // `this`
  jinja::Value model;
  std::optional<Place> place;  // of everything, where the template is a text within a .yml
};
jinja::Scope node_scope(const jinja::Scope& globals, const NodeNames& names, bool execute);

}  // namespace tarn::flow::model
