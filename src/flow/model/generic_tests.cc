#include "flow/model/generic_tests.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>

#include "flow/model/plan.h"

namespace tarn::flow::model {
namespace {

struct Argument {
  std::string_view name;
  bool required = false;
};

struct Kind {
  std::string_view name;
  std::vector<Argument> arguments;
};

const std::array<Kind, 4>& kinds() {
  static const std::array<Kind, 4> kKinds{{{"not_null", {}},
                                           {"unique", {}},
                                           {"accepted_values", {{"values", true}, {"quote", false}}},
                                           {"relationships", {{"to", true}, {"field", true}}}}};
  return kKinds;
}

std::string md5(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// As dbt's `re.sub("[^0-9a-zA-Z_]+", "_", ...)`: runs of anything else are one underscore.
std::string cleaned(std::string_view text) {
  std::string clean;
  bool other = false;
  for (unsigned char c : text) {
    bool plain = c < 0x80 && (std::isalnum(c) || c == '_');
    if (plain)
      clean += static_cast<char>(c);
    else if (!other)
      clean += '_';
    other = !plain;
  }
  return clean;
}

std::string printed(const Yaml& value) { return jinja::to_text(yaml_value(value)).value_or(""); }

std::vector<std::string> printed_parts(const Yaml& value) {
  std::vector<std::string> parts;
  if (value.is_list())
    for (const Yaml& item : value.items) parts.push_back(printed(item));
  else if (value.is_map())
    for (const YamlEntry& entry : value.entries) parts.push_back(printed(entry.value));
  else
    parts.push_back(printed(value));
  return parts;
}

Result<std::string> text_of(const Values& arguments, std::string_view name) {
  auto found = arguments.find(name);
  if (found == arguments.end()) return fail(Code::kInvalidArgument, fmt::format("the argument `{}` is missing", name));
  return jinja::to_text(found->second);
}

Result<std::string> accepted_values(const std::string& model, const std::string& column, const Values& arguments) {
  const std::vector<jinja::Value>* values = arguments.at("values").items();
  if (!values || values->empty()) return fail(Code::kInvalidArgument, "`values` takes a list: values: [a, b]");
  bool quote = true;
  if (auto found = arguments.find("quote"); found != arguments.end()) {
    TARN_ASSIGN(quote, jinja::to_truth(found->second));
  }
  std::vector<std::string> texts;
  for (const jinja::Value& value : *values) {
    TARN_ASSIGN(std::string text, jinja::to_text(value));
    texts.push_back(quote ? fmt::format("'{}'", text) : text);
  }
  return fmt::format(R"(with all_values as (

    select
        {0} as value_field,
        count(*) as n_records

    from {1}
    group by {0}

)

select *
from all_values
where value_field not in (
    {2}
))",
                     column, model, fmt::join(texts, ","));
}

Result<std::string> relationships(const std::string& model, const std::string& column, const Values& arguments) {
  TARN_ASSIGN(std::string to, text_of(arguments, "to"));
  TARN_ASSIGN(std::string field, text_of(arguments, "field"));
  return fmt::format(R"(with child as (
    select {0} as from_field
    from {1}
    where {0} is not null
),

parent as (
    select {2} as to_field
    from {3}
)

select
    from_field

from child
left join parent
    on child.from_field = parent.to_field

where parent.to_field is null)",
                     column, model, field, to);
}

}  // namespace

std::string generic_test_name(const TestSpec& spec, const std::string& target, bool of_source) {
  std::map<std::string, std::vector<std::string>> arguments;
  if (spec.column) arguments["column_name"] = {*spec.column};
  for (const YamlEntry& entry : spec.arguments) arguments[entry.key] = printed_parts(entry.value);
  std::vector<std::string> flat;
  for (const auto& [name, parts] : arguments)
    for (const std::string& part : parts) flat.push_back(cleaned(part));
  std::string identifier = fmt::format("{}{}_{}", of_source ? "source_" : "", spec.kind, target);
  std::string full = fmt::format("{}_{}", identifier, fmt::join(flat, "__"));
  if (full.size() <= kPlanNameMax) return full;
  return fmt::format("{}_{}", identifier.substr(0, 30), md5(full));
}

bool check_generic_test(const TestSpec& spec, Findings& findings) {
  auto kind = std::ranges::find(kinds(), spec.kind, &Kind::name);
  if (kind == kinds().end()) {
    std::vector<std::string> names;
    for (const Kind& known : kinds()) names.emplace_back(known.name);
    findings.problems.add(
        spec.place, fmt::format("unknown test `{}`{}; there are {}, and queries of your own in tests/*.sql", spec.kind,
                                did_you_mean(spec.kind, names), fmt::join(names, ", ")));
    return false;
  }
  bool good = true;
  auto wrong = [&](const Place& place, std::string message) {
    findings.problems.add(place, std::move(message));
    good = false;
  };
  if (!spec.column)
    wrong(spec.place, fmt::format("`{}` tests a column: put it under one, or give `column_name`", spec.kind));
  std::vector<std::string> known;
  for (const Argument& argument : kind->arguments) known.emplace_back(argument.name);
  for (const YamlEntry& entry : spec.arguments)
    if (std::ranges::find(known, entry.key) == known.end())
      wrong({spec.place.file, entry.line, entry.column},
            fmt::format("`{}` has no argument `{}`{}", spec.kind, entry.key, did_you_mean(entry.key, known)));
  for (const Argument& argument : kind->arguments)
    if (argument.required && std::ranges::find(spec.arguments, argument.name, &YamlEntry::key) == spec.arguments.end())
      wrong(spec.place, fmt::format("`{}` needs the argument `{}`", spec.kind, argument.name));
  return good;
}

Result<std::string> generic_test_sql(const TestSpec& spec, const std::string& model, const Values& arguments) {
  const std::string& column = *spec.column;
  if (spec.kind == "not_null") return fmt::format("select {0}\nfrom {1}\nwhere {0} is null", column, model);
  if (spec.kind == "accepted_values") return accepted_values(model, column, arguments);
  if (spec.kind == "relationships") return relationships(model, column, arguments);
  return fmt::format(
      "select\n    {0} as unique_field,\n    count(*) as n_records\n\nfrom {1}\nwhere {0} is not null\ngroup by {0}\n"
      "having count(*) > 1",
      column, model);
}

}  // namespace tarn::flow::model
