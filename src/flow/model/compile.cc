#include "flow/model/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>
#include <set>

#include "flow/model/config.h"
#include "flow/model/generic_tests.h"
#include "flow/model/graph.h"
#include "flow/model/names.h"

namespace tarn::flow::model {
namespace {

using jinja::Template;
using jinja::Value;

std::string without_edges(const std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// What one node reads, gathered while its templates are rendered.
struct Reads {
  std::map<std::string, Place> models;
  std::map<std::pair<std::string, std::string>, Place> sources;
};

struct CompiledModel {
  const ModelFile* file = nullptr;
  std::optional<Template> text;
  Config config;
  ModelConfig decided;
  Reads reads;
  std::string sql;
};

struct CompiledTest {
  std::string name;
  std::string file;
  Place place;
  TestConfig decided;
  Reads reads;
  std::string sql;
  std::vector<int> lines;  // of tests/*.sql
};

class Compiler {
 public:
  Compiler(Project& project, const CompileOptions& options)
      : project_(project),
        options_(options),
        findings_(project.findings),
        globals_(project, options.env, options.full_refresh, findings_) {}

  std::optional<Plan> run() {
    find_sources();
    for (const ModelFile& file : project_.models) configure(file);
    refuse_shared_relations();
    for (auto& [name, model] : models_) render(model);
    for (const SingularTest& test : project_.singulars) add_singular(test);
    for (auto& [name, model] : models_)
      for (const TestSpec& spec : model.file->tests) add_generic(spec, name, model.decided.relation, false);
    for (const SourceTable& table : project_.sources)
      for (const TestSpec& spec : table.tests) add_source_test(spec, table);
    Plan plan = arrange();
    if (!findings_.problems.empty()) return std::nullopt;
    return plan;
  }

 private:
  void problem(Place place, std::string message) { findings_.problems.add(std::move(place), std::move(message)); }

  // ---- sources

  void find_sources() {
    for (const SourceTable& table : project_.sources) {
      if (!table.enabled) continue;
      std::string schema = text_of(table.schema, table.place).value_or("");
      Yaml identifier;
      identifier.kind = Yaml::Kind::kScalar;
      identifier.quoted = true;
      identifier.text = table.identifier;
      std::string name = text_of(identifier, table.place).value_or("");
      sources_[{table.source, table.name}] = {schema.empty() ? table.source : schema, name};
      declared_.insert(table.source);
    }
  }

  std::optional<std::string> text_of(const Yaml& value, const Place& place) {
    auto rendered = globals_.rendered(value, place);
    if (!rendered || rendered->is_none()) return std::nullopt;
    return jinja::to_text(*rendered).value_or("");
  }

  std::optional<Relation> source(const std::string& name, const std::string& table, const Place& place, Reads& reads) {
    auto found = sources_.find({name, table});
    if (found == sources_.end() && name == kStreamSource && !declared_.contains(name)) {
      auto relation = options_.topic_table(table);
      if (!relation) {
        problem(place, relation.error().message);
        return std::nullopt;
      }
      found = sources_.emplace(std::pair(name, table), *relation).first;
    }
    if (found == sources_.end()) {
      problem(place, missing_source(name, table));
      return std::nullopt;
    }
    reads.sources.emplace(std::pair(name, table), place);
    return found->second;
  }

  std::string missing_source(const std::string& name, const std::string& table) const {
    std::vector<std::string> known;
    for (const auto& [key, relation] : sources_)
      if (!declared_.contains(name) || key.first == name)
        known.push_back(declared_.contains(name) ? key.second : key.first);
    if (declared_.contains(name))
      return fmt::format("source `{}` has no table `{}`{}; its tables stand under `sources:` in a .yml", name, table,
                         did_you_mean(table, known));
    known.emplace_back(kStreamSource);
    return fmt::format(
        "no source `{}`{}; sources stand under `sources:` in a .yml, and source('stream', 'TOPIC') is the "
        "table of a topic",
        name, did_you_mean(name, known));
  }

  // ---- models

  // The first rendering: takes config() and what is read.
  void configure(const ModelFile& file) {
    CompiledModel model{.file = &file};
    for (const Setting& setting : file.settings) set(model.config, setting);
    auto parsed = Template::parse(file.file, file.text);
    if (!parsed) return findings_.problems.add_located(parsed.error().message);
    model.text = std::move(*parsed);
    NodeNames names;
    names.self = {schema_name(""), file.name};
    names.model = Value::dict({{"name", file.name}, {"resource_type", "model"}, {"package_name", project_.name}});
    names.ref = [&](const std::vector<std::string>& name, const Place& place) {
      model.reads.models.emplace(name.back(), place);  // checked when all models are known
      return std::optional<Relation>(names.self);
    };
    names.source = [&](const std::string&, const std::string&, const Place&) {
      return std::optional<Relation>(names.self);
    };
    names.configure = [&](const std::string& key, const Value& value, const Place& place) {
      if (check_key(key, place, "config", kModelConfigKeys, findings_)) model.config.set(key, value, place);
    };
    auto text = model.text->render(node_scope(globals_.scope(false), names, false));
    if (!text) return findings_.problems.add_located(text.error().message);
    model.decided = model_config(model.config, file, findings_);
    if (model.decided.enabled)
      models_.emplace(file.name, std::move(model));
    else
      disabled_.insert(file.name);
  }

  void set(Config& config, const Setting& setting) {
    if (auto value = globals_.rendered(setting.value, setting.place)) config.set(setting.key, *value, setting.place);
  }

  void refuse_shared_relations() {
    std::map<Relation, const ModelFile*> first;
    for (const auto& [name, model] : models_) {
      const Relation& relation = model.decided.relation;
      auto [there, fresh] = first.emplace(Relation{folded(relation.schema), folded(relation.name)}, model.file);
      if (!fresh)
        problem({model.file->file, 1},
                fmt::format("this model and {} are both {}; give one another `alias` or `schema`", there->second->file,
                            to_string(there->first)));
    }
  }

  std::optional<Relation> ref(const std::vector<std::string>& name, const Place& place, Reads& reads) {
    if (name.size() == 2 && name[0] != project_.name) {
      problem(place, fmt::format("no package `{}`: packages are not installed here", name[0]));
      return std::nullopt;
    }
    auto found = models_.find(name.back());
    if (found != models_.end()) {
      reads.models.emplace(name.back(), place);
      return found->second.decided.relation;
    }
    if (disabled_.contains(name.back())) {
      problem(place, fmt::format("model `{}` is disabled (enabled=false)", name.back()));
    } else if (std::ranges::find(project_.models, name.back(), &ModelFile::name) == project_.models.end()) {
      std::vector<std::string> names;
      for (const ModelFile& model : project_.models) names.push_back(model.name);
      problem(place, fmt::format("no model `{}`{}; a model is a file models/**/{}.sql", name.back(),
                                 did_you_mean(name.back(), names), name.back()));
    }  // else its own file has a problem, which is told
    return std::nullopt;
  }

  // What any template's names do; `reads` outlives them.
  NodeNames names(Reads& reads, const Relation& self, const std::string& name, std::string_view type) {
    NodeNames names;
    names.self = self;
    names.ref = [this, &reads](const auto& model, const Place& place) { return ref(model, place, reads); };
    names.source = [this, &reads](const auto& source_name, const auto& table, const Place& place) {
      return source(source_name, table, place, reads);
    };
    names.configure = [](const std::string&, const Value&, const Place&) {};
    names.model = Value::dict({{"name", name},
                               {"alias", self.name},
                               {"schema", self.schema},
                               {"database", "tarn"},
                               {"resource_type", type},
                               {"package_name", project_.name},
                               {"unique_id", fmt::format("{}.{}.{}", type, project_.name, name)}});
    return names;
  }

  void render(CompiledModel& model) {
    // Only what the second rendering reads counts, and what `-- depends_on:` says is in it too.
    Reads first = std::move(model.reads);
    model.reads = {};
    NodeNames scope_names = names(model.reads, model.decided.relation, model.file->name, "model");
    scope_names.config = model.config.values();
    scope_names.config.try_emplace("materialized", std::string(to_string(model.decided.materialized)));
    auto text = model.text->render(node_scope(globals_.scope(true), scope_names, true));
    if (!text) return findings_.problems.add_located(text.error().message);
    model.sql = without_edges(*text);
    if (model.sql.empty()) problem({model.file->file, 1}, "the model is empty; a model is one select");
    for (const auto& [name, place] : first.models)
      if (models_.contains(name)) model.reads.models.emplace(name, place);
  }

  // ---- tests

  void add_singular(const SingularTest& file) {
    CompiledTest test{.name = file.name, .file = file.file, .place = {file.file, 1}};
    Config config;
    for (const Setting& setting : file.settings) set(config, setting);
    auto parsed = Template::parse(file.file, file.text);
    if (!parsed) return findings_.problems.add_located(parsed.error().message);
    NodeNames scope_names = names(test.reads, {schema_name("dbt_test__audit"), file.name}, file.name, "test");
    scope_names.configure = [&](const std::string& key, const Value& value, const Place& place) {
      if (check_key(key, place, "config", kTestConfigKeys, findings_)) config.set(key, value, place);
    };
    auto text = parsed->render(node_scope(globals_.scope(true), scope_names, true));
    if (!text) return findings_.problems.add_located(text.error().message);
    test.decided = test_config(config, findings_);
    test.sql = without_edges(*text);
    test.lines = match_lines(file.text, test.sql);
    if (test.sql.empty()) problem({file.file, 1}, "the test is empty; a test is a select of the rows that are wrong");
    if (test.decided.enabled) tests_.push_back(std::move(test));
  }

  void add_source_test(const TestSpec& spec, const SourceTable& table) {
    auto found = sources_.find({table.source, table.name});
    if (found != sources_.end())
      add_generic(spec, fmt::format("{}_{}", table.source, table.name), found->second, true, &table);
  }

  // `of`: what is tested; `table`: of a source.
  void add_generic(const TestSpec& spec, const std::string& of, const Relation& relation, bool of_source,
                   const SourceTable* table = nullptr) {
    if (!check_generic_test(spec, findings_)) return;
    CompiledTest test{.name = spec.name.value_or(generic_test_name(spec, of, of_source)),
                      .file = spec.place.file,
                      .place = spec.place};
    Config config;
    for (const Setting& setting : spec.settings) set(config, setting);
    test.decided = test_config(config, findings_);
    if (!test.decided.enabled) return;
    if (table)
      test.reads.sources.emplace(std::pair(table->source, table->name), spec.place);
    else
      test.reads.models.emplace(of, spec.place);
    auto arguments = rendered_arguments(spec, test);
    if (!arguments) return;
    std::string tested = quoted(relation);
    if (!test.decided.where.empty())
      tested = fmt::format("(select * from {} where {}) dbt_subquery", tested, test.decided.where);
    auto sql = generic_test_sql(spec, tested, *arguments);
    if (!sql) return problem(spec.place, sql.error().message);
    test.sql = std::move(*sql);
    tests_.push_back(std::move(test));
  }

  // Arguments that look like a call of ref, source, var or env_var are one, as in dbt.
  std::optional<Values> rendered_arguments(const TestSpec& spec, CompiledTest& test) {
    static const std::regex kCall(R"(\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*)");
    NodeNames scope_names = names(test.reads, {schema_name("dbt_test__audit"), test.name}, test.name, "test");
    Values values;
    for (const YamlEntry& entry : spec.arguments) {
      Place place{spec.place.file, entry.value.line, entry.value.column};
      scope_names.place = place;
      jinja::Scope scope = node_scope(globals_.scope(true), scope_names, true);
      Yaml value = entry.value;
      if (value.is_scalar() && value.text.size() <= kPlanNameMax && std::regex_match(value.text, kCall))
        value.text = fmt::format("{{{{ {} }}}}", value.text);
      auto rendered = globals_.rendered(value, place, &scope);
      if (!rendered) return std::nullopt;
      values[entry.key] = *rendered;
    }
    return values;
  }

  // ---- the plan

  Graph graph_of_models() const {
    Graph graph;
    for (const auto& [name, model] : models_)
      graph[name] = {name, model.file->file, model.decided.tags, false, model.reads.models};
    return graph;
  }

  Plan arrange() {
    Plan plan{.project = project_.name, .whole = options_.select.empty()};
    std::ranges::sort(tests_, {}, &CompiledTest::name);
    refuse_twin_names();
    if (!findings_.problems.empty()) {
      order(graph_of_models(), findings_.problems);  // for a cycle to be told together with the rest
      return plan;
    }
    Graph graph = graph_of_models();
    std::vector<std::string> ordered = order(graph, findings_.problems);
    for (const CompiledTest& test : tests_)
      graph[test.name] = {test.name, test.file, test.decided.tags, true, test.reads.models};
    std::set<std::string> picked;
    if (!options_.select.empty()) picked = select_with_tests(graph);
    auto wanted = [&](const std::string& name) { return options_.select.empty() || picked.contains(name); };
    for (const std::string& name : ordered)
      if (wanted(name)) add(plan, models_.at(name));
    for (const CompiledTest& test : tests_)
      if (wanted(test.name)) add(plan, test);
    return plan;
  }

  // As in dbt: a picked model brings the tests that read it.
  std::set<std::string> select_with_tests(const Graph& graph) {
    std::set<std::string> picked = select(graph, options_.select, findings_.problems);
    for (const CompiledTest& test : tests_)
      for (const auto& [model, place] : test.reads.models)
        if (picked.contains(model)) picked.insert(test.name);
    return picked;
  }

  void refuse_twin_names() {
    std::map<std::string_view, Place> first;
    for (const auto& [name, model] : models_) first.emplace(name, Place{model.file->file, 1});
    for (const CompiledTest& test : tests_) {
      auto [there, fresh] = first.emplace(test.name, test.place);
      if (!fresh)
        problem(test.place, fmt::format("`{}` is the name of {} already; give this test another with `name:`",
                                        test.name, to_string(there->second)));
    }
  }

  static std::vector<std::string> keys(const std::map<std::string, Place>& map) {
    std::vector<std::string> all;
    for (const auto& [name, place] : map) all.push_back(name);
    return all;
  }

  void add(Plan& plan, const CompiledModel& model) {
    planned_.insert(model.file->name);
    plan.nodes.push_back({.name = model.file->name,
                          .kind = NodeKind::kModel,
                          .materialized = model.decided.materialized,
                          .relation = model.decided.relation,
                          .sql = model.sql,
                          .file = model.file->file,
                          .line = 1,
                          .lines = match_lines(model.file->text, model.sql),
                          .depends_on = keys(model.reads.models)});
    add_reads(plan, model.file->name, model.reads);
  }

  void add(Plan& plan, const CompiledTest& test) {
    plan.nodes.push_back({.name = test.name,
                          .kind = NodeKind::kTest,
                          .sql = test.sql,
                          .file = test.file,
                          .line = test.place.line,
                          .lines = test.lines,
                          .depends_on = keys(test.reads.models),
                          .severity = test.decided.severity,
                          .warn_if = test.decided.warn_if,
                          .error_if = test.decided.error_if,
                          .limit = test.decided.limit});
    add_reads(plan, test.name, test.reads);
  }

  void add_reads(Plan& plan, const std::string& by, const Reads& reads) {
    for (const auto& [key, place] : reads.sources)
      plan.sources.push_back({.source = key.first,
                              .table = key.second,
                              .topic = key.first == kStreamSource && !declared_.contains(key.first) ? key.second : "",
                              .relation = sources_.at(key),
                              .by = by,
                              .file = place.file,
                              .line = place.line});
    for (const auto& [name, place] : reads.models)
      if (!planned_.contains(name))
        plan.existing.push_back({name, models_.at(name).decided.relation, by, place.file, place.line});
  }

  Project& project_;
  const CompileOptions& options_;
  Findings& findings_;
  Globals globals_;
  std::map<std::string, CompiledModel> models_;  // enabled, and without a problem of their own
  std::set<std::string> disabled_;
  std::vector<CompiledTest> tests_;
  std::map<std::pair<std::string, std::string>, Relation> sources_;
  std::set<std::string> planned_;   // models of the plan so far
  std::set<std::string> declared_;  // sources of .yml files
};

}  // namespace

std::optional<Plan> compile(Project& project, const CompileOptions& options) {
  return Compiler(project, options).run();
}

}  // namespace tarn::flow::model
