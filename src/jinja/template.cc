#include "jinja/template.h"

#include <fmt/format.h>

#include "jinja/evaluate.h"
#include "jinja/parser.h"
#include "jinja/utf8.h"

namespace tarn::jinja {

struct Template::Parsed {
  explicit Parsed(Source its_source) : source(std::move(its_source)) {}

  Source source;
  Tree tree;
};

namespace {

// \r\n and \r become \n, and one at the very end goes: keep_trailing_newline is off in dbt.
std::string normalized(std::string text) {
  if (text.find('\r') != std::string::npos) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
      out += text[i] == '\r' ? '\n' : text[i];
    }
    text = std::move(out);
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Template::Template(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Result<Template> Template::parse(std::string file, std::string text) {
  auto parsed = std::make_unique<Parsed>(Source(std::move(file), normalized(std::move(text))));
  const Source& source = parsed->source;
  if (source.text.size() > kTemplateBytesMax) {
    return source.fail(Code::kLimit, 0, fmt::format("a template of more than {} bytes; split it", kTemplateBytesMax));
  }
  if (const std::size_t bad = utf8::find_invalid(source.text); bad != std::string_view::npos) {
    return source.fail(Code::kInvalidArgument, static_cast<At>(bad), "a byte that is no UTF-8; save the file as UTF-8");
  }
  TARN_ASSIGN(parsed->tree, jinja::parse(source));
  return Template(std::move(parsed));
}

Result<std::string> Template::render(const Scope& globals, const Limits& limits) const {
  return Rendering(parsed_->source, globals, limits).render(parsed_->tree);
}

Result<Value> Template::evaluate(const Scope& globals, const Limits& limits) const {
  const Body& body = parsed_->tree.body;
  if (body.size() == 1) {
    if (auto* print = std::get_if<Print>(&body[0].node); print && print->values.size() == 1) {
      return Rendering(parsed_->source, globals, limits).value(*print->values[0]);
    }
  }
  TARN_ASSIGN(std::string text, render(globals, limits));
  return Value(std::move(text));
}

}  // namespace tarn::jinja
