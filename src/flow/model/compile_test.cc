#include "flow/model/compile.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "flow/model/testing_project_test.h"

namespace tarn::flow::model {
namespace {

using Lines = std::vector<std::string>;

struct Compiling : TestingProject {
  Compiling() { write("dbt_project.yml", "name: shop\nvars: {least: 3, names: [a, b]}\n"); }

  std::map<std::string, std::string> env;
  CompileOptions options{.env = [this](const std::string& name) -> std::optional<std::string> {
                           auto found = env.find(name);
                           return found == env.end() ? std::nullopt : std::optional(found->second);
                         },
                         .topic_table = [](const std::string& topic) -> Result<Relation> {
                           if (topic == "missing") return fail(Code::kNotFound, "no topic missing; make it");
                           return Relation{"public", topic};
                         }};
  Lines problems, notes;

  std::optional<Plan> compiled() {
    Project project = read();
    auto plan = compile(project, options);
    problems = project.findings.problems.lines();
    notes = project.findings.notes.lines();
    return plan;
  }
  Plan plan() {
    auto plan = compiled();
    INFO(fmt::format("{}", fmt::join(problems, "\n")));
    REQUIRE(plan.has_value());
    return std::move(*plan);
  }
  std::string sql(const std::string& name) {
    for (const PlanNode& node : plan().nodes)
      if (node.name == name) return node.sql;
    return "no such node";
  }
  bool says(std::string_view text) {
    for (const std::string& line : problems)
      if (line.find(text) != std::string::npos) return true;
    return false;
  }
};

TEST_CASE("names of dbt are what they are in dbt") {
  Compiling c;
  c.env["TOWN"] = "Oslo";
  c.write("models/a.sql",
          "{{ config(materialized='table', alias='first') }}\nselect * from {{ source('stream', 'rides') }} "
          "where n > {{ var('least') }} and t = '{{ env_var('TOWN') }}' and u = '{{ env_var('X', 'y') }}'");
  c.write("models/b.sql",
          "-- {{ this }} {{ target.name }} {{ target.schema }} {{ this.schema }}.{{ this.identifier }}\n"
          "select {% for n in var('names') %}'{{ n }}'{% if not loop.last %}, {% endif %}{% endfor %} from {{ ref('a') "
          "}} x "
          "join {{ ref('shop', 'a') }} y {% if is_incremental() %}never{% endif %}{% if execute %}now{% endif %}");
  Plan plan = c.plan();
  REQUIRE(plan.nodes.size() == 2);
  CHECK(plan.nodes[0].sql == "select * from \"tarn\".\"public\".\"rides\" where n > 3 and t = 'Oslo' and u = 'y'");
  CHECK(plan.nodes[0].materialized == Materialized::kTable);
  CHECK(plan.nodes[0].relation == Relation{"public", "first"});
  CHECK(plan.nodes[1].sql ==
        "-- \"tarn\".\"public\".\"b\" tarn public public.b\nselect 'a', 'b' from \"tarn\".\"public\".\"first\" x join "
        "\"tarn\".\"public\".\"first\" y now");
  CHECK(plan.nodes[1].materialized == Materialized::kView);
  CHECK(plan.nodes[1].depends_on == Lines{"a"});
  REQUIRE(plan.sources.size() == 1);
  CHECK(plan.sources[0].topic == "rides");
  CHECK(plan.sources[0].by == "a");
  CHECK(plan.sources[0].line == 2);
}

TEST_CASE("settings: the tree is weaker than the .yml, which is weaker than the file") {
  Compiling c;
  c.write("dbt_project.yml",
          "name: shop\nmodels:\n  +materialized: table\n  +tags: [all]\n  shop:\n    raw: {+schema: raw}\n");
  c.write("models/raw/a.sql", "select 1");
  c.write("models/raw/b.sql", "{{ config(materialized='view') }} select '{{ config.get('schema') }}'");
  c.write("models/raw/c.sql", "select '{{ config.get('nothing', 'usual') }}'");
  c.write("models/raw/off.sql", "{{ config(enabled=false) }} select 1 {{ unknown_thing() if execute }}");
  c.write("models/raw/s.yml", "models: [{name: c, config: {materialized: view, schema: \"{{ 'x' ~ 'y' }}\"}}]\n");
  Plan plan = c.plan();
  REQUIRE(plan.nodes.size() == 3);
  CHECK(plan.nodes[0].materialized == Materialized::kTable);
  CHECK(plan.nodes[0].relation == Relation{"public_raw", "a"});
  CHECK(plan.nodes[1].materialized == Materialized::kView);
  CHECK(plan.nodes[1].sql == "select 'raw'");
  CHECK(plan.nodes[2].materialized == Materialized::kView);
  CHECK(plan.nodes[2].relation.schema == "public_xy");
  CHECK(plan.nodes[2].sql == "select 'usual'");
  c.options.select = {"tag:all"};
  CHECK(c.plan().nodes.size() == 3);
}

TEST_CASE("the four tests have dbt's names and SQL") {
  Compiling c;
  c.write("models/m.sql", "select 1 as id, 'x' as kind");
  c.write("models/zones.sql", "select 1 as id");
  c.write("models/s.yml", R"(models:
  - name: m
    columns:
      - name: id
        data_tests:
          - not_null
          - unique: {config: {where: "id > 1", severity: warn, warn_if: "> 2"}}
          - relationships: {arguments: {to: ref('zones'), field: id}}
      - name: kind
        tests:
          - accepted_values: {values: [a, 2, true], quote: false}
          - accepted_values: {name: kinds, values: ["it's"]}
)");
  Plan plan = c.plan();
  std::map<std::string, PlanNode> nodes;
  for (const PlanNode& node : plan.nodes) nodes[node.name] = node;
  REQUIRE(nodes.size() == 7);
  CHECK(nodes.at("not_null_m_id").sql == "select id\nfrom \"tarn\".\"public\".\"m\"\nwhere id is null");
  CHECK(nodes.at("not_null_m_id").file == "models/s.yml");
  CHECK(nodes.at("not_null_m_id").line == 6);
  const PlanNode& unique = nodes.at("unique_m_id");
  CHECK(unique.sql.find("from (select * from \"tarn\".\"public\".\"m\" where id > 1) dbt_subquery\n") !=
        std::string::npos);
  CHECK(unique.severity == Severity::kWarn);
  CHECK(unique.warn_if == Bound{">", 2});
  const PlanNode& relationships = nodes.at("relationships_m_id__id__ref_zones_");
  CHECK(relationships.depends_on == Lines{"m", "zones"});
  CHECK(relationships.sql.find("select id as to_field\n    from \"tarn\".\"public\".\"zones\"") != std::string::npos);
  CHECK(nodes.at("accepted_values_m_kind__False__a__2__True").sql.find("    a,2,True\n") != std::string::npos);
  CHECK(nodes.at("kinds").sql.find("'it's'") != std::string::npos);  // as dbt: quoting is the writer's
}

TEST_CASE("a test's name that is too long is cut and hashed as dbt's aliases are") {
  Compiling c;
  c.write("models/m.sql", "select 1");
  std::string many = fmt::format("{:050}", 1);
  c.write(
      "models/s.yml",
      fmt::format(
          "models: [{{name: m, columns: [{{name: payment_type, tests: [{{accepted_values: {{values: [Credit card, "
          "Cash, "
          "No charge, Dispute, Unknown]}}}}, {{accepted_values: {{values: ['{0}', '{0}', '{0}', '{0}']}}}}]}}]}}]\n",
          many));
  Plan plan = c.plan();
  CHECK(plan.nodes[1].name == "accepted_values_m_4437709a98e38430c481c6df4b17f871");
  CHECK(plan.nodes[2].name == "accepted_values_m_payment_type__Credit_card__Cash__No_charge__Dispute__Unknown");
}

TEST_CASE("sources: declared ones are tables of their schema, and hide topics of the name") {
  Compiling c;
  c.write("models/a.sql", "select * from {{ source('raw', 'rides') }}, {{ source('stream', 'zones') }}");
  c.write("models/s.yml",
          "sources:\n  - {name: raw, tables: [{name: rides, identifier: rides_v2, columns: [{name: id, tests: "
          "[not_null]}]}]}\n"
          "  - {name: stream, schema: landed, tables: [{name: zones}]}\n");
  Plan plan = c.plan();
  CHECK(plan.nodes[0].sql == "select * from \"tarn\".\"raw\".\"rides_v2\", \"tarn\".\"landed\".\"zones\"");
  CHECK(plan.nodes[1].name == "source_not_null_raw_rides_id");
  CHECK(plan.sources.size() == 3);
  CHECK(plan.sources[0].topic.empty());
}

TEST_CASE("tests of one's own are files, with settings of their own") {
  Compiling c;
  c.write("models/m.sql", "select 1 as id");
  c.write("tests/low.sql", "{{ config(severity='warn', limit=5) }}\nselect * from {{ ref('m') }} where id < 0");
  Plan plan = c.plan();
  CHECK(plan.nodes[1].name == "low");
  CHECK(plan.nodes[1].sql == "select * from \"tarn\".\"public\".\"m\" where id < 0");
  CHECK(plan.nodes[1].severity == Severity::kWarn);
  CHECK(plan.nodes[1].limit == 5);
  CHECK(plan.nodes[1].lines == std::vector<int>{2});
}

TEST_CASE("a selection brings tests along, and says what must be there from before") {
  Compiling c;
  c.write("models/a.sql", "select 1 as id");
  c.write("models/b.sql", "select * from {{ ref('a') }}");
  c.write("models/c.sql", "select * from {{ ref('b') }}");
  c.write("models/s.yml", "models: [{name: b, columns: [{name: id, tests: [unique]}]}]\n");
  c.options.select = {"b"};
  Plan plan = c.plan();
  REQUIRE(plan.nodes.size() == 2);
  CHECK(plan.nodes[0].name == "b");
  CHECK(plan.nodes[1].name == "unique_b_id");
  REQUIRE(plan.existing.size() == 1);
  CHECK(plan.existing[0].name == "a");
  CHECK(plan.existing[0].by == "b");
  c.options.select = {"nothing"};
  CHECK(!c.compiled());
  CHECK(c.says("--select nothing: no model or test is called so"));
}

TEST_CASE("what is wrong is told at once: file, line, what, what to do") {
  Compiling c;
  c.write("models/rides.sql", "select 1");
  c.write("models/a.sql", "select *\nfrom {{ ref('ride') }}");
  c.write("models/b.sql", "select *\nfrom {{ source('rawr', 'x') }}");
  c.write("models/c.sql", "\n{{ cents_to_dollars('x') }}");
  c.write("models/d.sql", "{% macro x() %}{% endmacro %}");
  c.write("models/e.sql", "select {{ var('leest') }}");
  c.write("models/f.sql", "select '{{ env_var('NOWHERE') }}'");
  c.write("models/n.sql", "select '{{ env_var('DBT_ENV_SECRET_X') }}'");
  c.write("models/g.sql", "{{ config(materialized='incremental') }} select 1");
  c.write("models/h.sql", "{{ config(materialised='table') }} select 1");
  c.write("models/i.sql", "{{ exceptions.raise_compiler_error('on purpose') }}");
  c.write("models/j.sql", "{{ config(alias='rides') }} select 1");
  c.write("models/k.sql", "select * from {{ source('stream', 'missing') }}");
  std::string long_name(64, 'x');
  c.write("models/" + long_name + ".sql", "select 1");
  c.write("models/o.sql", "{{ config(alias='rides__dlq') }} select 1");
  c.write("models/l.sql", "select {{ run_query('select 1') }}");
  c.write("models/m.sql", "select {{ 1 + }}");
  c.write("models/s.yml",
          "models: [{name: rides, columns: [{name: id, tests: [uniqe, {relationships: {to: ref('zone'), field: id}}, "
          "{accepted_values: {value: [1]}}, {unique: {error_if: often}}]}]}]\n");
  CHECK(!c.compiled());
  INFO(fmt::format("{}", fmt::join(c.problems, "\n")));
  CHECK(c.says("models/a.sql:2:9: no model `ride`; did you mean `rides`?"));
  CHECK(c.says("models/b.sql:2:9: no source `rawr`"));
  CHECK(c.says("models/c.sql:2:4: "));
  CHECK(c.says("models/d.sql:1:4: "));
  CHECK(c.says("no var `leest`; did you mean `least`?"));
  CHECK(c.says("models/f.sql:1:"));
  CHECK(c.says("the environment has no NOWHERE"));
  CHECK(c.says("DBT_ENV_SECRET_X is a secret by its name"));
  CHECK(c.says("models/g.sql:1:"));
  CHECK(c.says("materialized='incremental' is not supported"));
  CHECK(c.says("unknown config `materialised`; did you mean `materialized`?"));
  CHECK(c.says("on purpose"));
  CHECK(c.says("models/rides.sql:1: this model and models/j.sql are both public.rides"));
  CHECK(c.says("models/k.sql:1:18: no topic missing; make it"));
  CHECK(c.says(
      fmt::format("models/{0}.sql:1: `{0}` is no name that a table can have in SQL: at most 63 bytes", long_name)));
  CHECK(c.says("`rides__dlq`: names that end in __dlq are kept for the dead letters of topics; rename the model"));
  CHECK(c.says("`run_query` is not supported here"));
  CHECK(c.says("models/m.sql:1:"));
  CHECK(c.says("models/s.yml:1:53: unknown test `uniqe`; did you mean `unique`?"));
  CHECK(c.says("no model `zone`"));
  CHECK(c.says("`accepted_values` has no argument `value`; did you mean `values`?"));
  CHECK(c.says("`error_if` compares the failing rows with a number, like `> 10`, not `often`"));
}

TEST_CASE("a cycle is told as its way, and a model may not read itself") {
  Compiling c;
  c.write("models/a.sql", "select * from {{ ref('b') }}");
  c.write("models/b.sql", "select * from\n{{ ref('a') }}");
  CHECK(!c.compiled());
  CHECK(c.problems == Lines{"models/a.sql:1:18: models need each other in a circle: a (models/a.sql:1:18) -> b "
                            "(models/b.sql:2:4) -> a; break it at one of them"});
}

TEST_CASE("a line of the SQL is found in the file again") {
  Compiling c;
  c.write("models/a.sql",
          "{{ config(materialized='table') }}\n\nselect\n{% for n in var('names') %}\n  x as {{ n }},\n{% endfor %}\n  "
          "missing\n"
          "from {{ source('stream', 'r') }}\nwhere y");
  PlanNode node = c.plan().nodes[0];
  auto line_of = [&](std::string_view text) {
    std::size_t at = node.sql.find(text);
    REQUIRE(at != std::string::npos);
    return place_of(node, at + 1).line;
  };
  CHECK(line_of("select") == 3);
  CHECK(line_of("missing") == 7);
  CHECK(line_of("from") == 8);
  CHECK(line_of("where") == 9);
}

TEST_CASE("1,000 models and as many tests are planned") {
  Compiling c;
  for (int i = 0; i < 1000; ++i) {
    std::string from = i ? fmt::format("{{{{ ref('m{}') }}}}", i / 2) : "{{ source('stream', 'r') }}";
    if (i == 1) from = "{{ ref('m0') }}";
    c.write(fmt::format("models/f{}/m{}.sql", i % 10, i),
            fmt::format(
                "{{{{ config(materialized='{}') }}}}\nselect id, count(*) as n\nfrom {}\n{{% if var('least') > 2 %}}\n"
                "where id > {{{{ var('least') }}}}\n{{% endif %}}\ngroup by id\n",
                i % 3 ? "view" : "table", from));
  }
  std::string yml = "models:\n";
  for (int i = 0; i < 1000; i += 2)
    yml += fmt::format("  - name: m{}\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n", i);
  c.write("models/s.yml", yml);
  Plan plan = c.plan();
  CHECK(plan.nodes.size() == 2000);
}

}  // namespace
}  // namespace tarn::flow::model
