// Jinja templates, as dbt's models use them: a documented subset (docs/jinja.md) that renders as Python's Jinja2 does
// in dbt's environment, and refuses the rest by file, line and column. Macros, includes and inheritance are not in it.
//
//   TARN_ASSIGN(auto model, Template::parse("models/rides.sql", text));
//   Scope scope;
//   scope.set("ref", Value::function("ref", [&](Call& call) -> Result<Value> { ... }));
//   TARN_ASSIGN(std::string sql, model.render(scope));
//
// A Template is immutable and may be rendered by several threads at once, each with a Scope of its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "jinja/meter.h"
#include "jinja/value.h"

namespace tarn::jinja {

// The names that a template finds besides those it sets: globals of a project with those of one model over them.
// `range`, `dict` and `namespace` are there by themselves.
class Scope {
 public:
  Scope() = default;
  // Names that are not here are looked up in `outer`, which must outlive this.
  explicit Scope(const Scope* outer) : outer_(outer) {}

  void set(std::string name, Value value) { names_.insert_or_assign(std::move(name), std::move(value)); }
  const Value* find(std::string_view name) const {
    auto found = names_.find(name);
    if (found != names_.end()) return &found->second;
    return outer_ ? outer_->find(name) : nullptr;
  }

 private:
  const Scope* outer_ = nullptr;
  std::map<std::string, Value, std::less<>> names_;
};

class Template {
 public:
  // `file` is what errors call it. Errors: `file:line:column: what; what to do`, kInvalidArgument for what is no
  // template at all, kUnsupported for what Jinja2 would take and this does not.
  static Result<Template> parse(std::string file, std::string text);

  // Errors: the same form; the code is that of a called function that failed, kLimit past `limits`, else
  // kInvalidArgument or kUnsupported.
  Result<std::string> render(const Scope& globals, const Limits& limits = {}) const;

  // The value of a template that is one `{{ … }}` and nothing else, the rendered text of any other: what dbt does with
  // texts in YAML. An undefined value is an error.
  Result<Value> evaluate(const Scope& globals, const Limits& limits = {}) const;

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

 private:
  struct Parsed;
  explicit Template(std::unique_ptr<const Parsed> parsed);

  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace tarn::jinja
