#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "jinja/arguments.h"
#include "jinja/containers.h"
#include "jinja/filters.h"
#include "jinja/format.h"
#include "jinja/operators.h"
#include "jinja/sequences.h"
#include "jinja/texts.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

Result<Value> made(Result<std::string> text) {
  if (!text) return std::unexpected(std::move(text).error());
  return Value(std::move(*text));
}

// Any value as text, then changed.
template <Result<std::string> (*change)(std::string_view)>
Result<Value> changed(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "the filter", {}));
  TARN_ASSIGN(const std::string text, text_of(value, call.meter));
  TARN_TRY(call.meter.make(text.size()));
  return made(change(text));
}

Result<Value> string(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "string", {}));
  return made(text_of(value, call.meter));
}

Result<Value> trim(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "trim", {"chars"}));
  TARN_ASSIGN(const std::string text, text_of(value, call.meter));
  TARN_TRY(call.meter.make(text.size()));
  if (taken.is_none(0)) return Value(texts::strip(text, std::nullopt, true, true));
  TARN_ASSIGN(const std::string chars, taken.text(0, ""));
  TARN_TRY(call.meter.spend(1 + text.size() / 64 * (1 + chars.size() / 16)));
  return Value(texts::strip(text, chars, true, true));
}

Result<Value> replace(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "replace", {"old", "new", "count"}, 2));
  TARN_ASSIGN(const std::string text, text_of(value, call.meter));
  TARN_ASSIGN(const std::string old, text_of(taken.value(0), call.meter));
  TARN_ASSIGN(const std::string with, text_of(taken.value(1), call.meter));
  TARN_ASSIGN(const std::int64_t count, taken.is_none(2) ? Result<std::int64_t>(-1) : taken.integer(2, -1));
  return made(texts::replace(text, old, with, count, call.meter));
}

Result<Value> center(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "center", {"width"}));
  TARN_ASSIGN(const std::int64_t width, taken.integer(0, 80));
  TARN_ASSIGN(const std::string text, text_of(value, call.meter));
  return made(texts::justify(text, width, " ", texts::Side::kCenter, call.meter));
}

Result<std::string> only_text(const Value& value, std::string_view filter) {
  if (value.is_undefined()) return undefined_error(value);
  if (const std::string* text = value.string()) return *text;
  return fail(Code::kInvalidArgument,
              fmt::format("`{}` takes a text, not {}; `| string` makes one", filter, value.type_name()));
}

Result<Value> indent(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "indent", {"width", "first", "blank"}));
  TARN_ASSIGN(const std::string text, only_text(value, "indent"));
  TARN_ASSIGN(const bool first, taken.truth(1, false));
  TARN_ASSIGN(const bool blank, taken.truth(2, false));
  const Value width = taken.value(0, Value(4));
  std::string before;
  if (width.string()) {
    before = *width.string();
  } else {
    TARN_ASSIGN(const std::int64_t spaces, taken.integer(0, 4));
    TARN_ASSIGN(before, texts::justify("", spaces, " ", texts::Side::kLeft, call.meter));
  }
  TARN_TRY(call.meter.make(2 * text.size()));
  std::string out = first ? before : "";
  const std::string ended = text + "\n";
  const auto lines = texts::lines(ended, false);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool indented = i > 0 && (blank || !lines[i].empty());
    TARN_TRY(call.meter.make(before.size() + 1));
    if (i > 0) out += '\n';
    if (indented) out += before;
    out += lines[i];
  }
  return Value(std::move(out));
}

Result<Value> truncate(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "truncate", {"length", "killwords", "end", "leeway"}));
  TARN_ASSIGN(const std::int64_t length, taken.integer(0, 255));
  TARN_ASSIGN(const bool kill_words, taken.truth(1, false));
  TARN_ASSIGN(const std::string end, taken.text(2, "..."));
  TARN_ASSIGN(const std::int64_t leeway, taken.is_none(3) ? Result<std::int64_t>(5) : taken.integer(3, 5));
  const auto end_size = static_cast<std::int64_t>(utf8::length(end));
  if (length < end_size || leeway < 0) {
    return fail(Code::kInvalidArgument,
                "`truncate` to less than its end is long, or with a leeway below 0; make it longer");
  }
  if (value.is_undefined()) return value;
  if (const auto short_enough = length_of(value);
      short_enough && !value.string() && static_cast<std::int64_t>(*short_enough) - leeway <= length) {
    return value;
  }
  TARN_ASSIGN(const std::string text, only_text(value, "truncate"));
  const auto size = static_cast<std::int64_t>(utf8::length(text));
  if (size - leeway <= length) return value;
  const std::string_view kept =
      std::string_view(text).substr(0, utf8::offset(text, static_cast<std::size_t>(length - end_size)));
  TARN_TRY(call.meter.make(kept.size() + end.size()));
  return Value(std::string(kill_words ? kept : texts::split_right(kept, " ", 1)[0]) + end);
}

Result<Value> wordcount(const Value& value, Call& call) {
  TARN_TRY(Taken::of(call, "wordcount", {}));
  TARN_ASSIGN(const std::string text, text_of(value, call.meter));
  if (!utf8::is_ascii(text)) return fail(Code::kUnsupported, "`wordcount` knows words of ASCII only");
  std::int64_t count = 0;
  bool inside = false;
  for (char c : text) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (word && !inside) ++count;
    inside = word;
  }
  return Value(count);
}

Result<Value> format(const Value& value, Call& call) {
  TARN_ASSIGN(const std::string text, text_of(value, call.meter));
  if (!call.arguments.empty() && !call.named.empty()) {
    return fail(Code::kInvalidArgument, "`format` takes values by place or by name, not both");
  }
  if (call.named.empty()) return made(format_percent(text, Value::tuple(call.arguments), call.meter));
  return made(format_percent(text, Value::dict(call.named), call.meter));
}

Result<Value> join(const Value& value, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "join", {"d", "attribute"}));
  TARN_ASSIGN(const std::string between, text_of(taken.value(0, Value("")), call.meter));
  TARN_ASSIGN(const auto items, iterate(value));
  std::string out;
  for (bool first = true;; first = false) {
    TARN_ASSIGN(auto item, items->next(call.meter));
    if (!item) return Value(std::move(out));
    if (!taken.is_none(1)) {
      TARN_ASSIGN(const Getter getter, Getter::of(taken.value(1), false));
      TARN_ASSIGN(item, getter.get(*item, call.meter));
    }
    TARN_ASSIGN(const std::string text, text_of(*item, call.meter));
    TARN_TRY(call.meter.make(text.size() + between.size()));
    if (!first) out += between;
    out += text;
  }
}

constexpr std::array kFilters = std::to_array<FilterEntry>({{"capitalize", changed<texts::capitalize>},
                                                            {"center", center},
                                                            {"format", format},
                                                            {"indent", indent},
                                                            {"join", join},
                                                            {"lower", changed<texts::lower>},
                                                            {"replace", replace},
                                                            {"string", string},
                                                            {"title", changed<texts::title_words>},
                                                            {"trim", trim},
                                                            {"truncate", truncate},
                                                            {"upper", changed<texts::upper>},
                                                            {"wordcount", wordcount}});

}  // namespace

std::span<const FilterEntry> text_filters() { return kFilters; }

}  // namespace tarn::jinja
