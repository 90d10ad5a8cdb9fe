#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "jinja/arguments.h"
#include "jinja/format.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/texts.h"
#include "jinja/utf8.h"

namespace tarn::jinja {
namespace {

constexpr auto kNone = std::string_view::npos;

// A text that the method makes; it has been paid where it is longer than the text itself.
Result<Value> made(Result<std::string> text, Call& call) {
  if (!text) return std::unexpected(std::move(text).error());
  TARN_TRY(call.meter.make(text->size()));
  return Value(std::move(*text));
}

Result<Value> list_of(const std::vector<std::string_view>& parts, Call& call) {
  std::vector<Value> items;
  for (std::string_view part : parts) {
    TARN_TRY(call.meter.make(sizeof(Value) + part.size()));
    items.emplace_back(part);
  }
  return Value::list(std::move(items));
}

// A method without arguments that makes a text of one.
template <Result<std::string> (*change)(std::string_view)>
Result<Value> changed(const Value& self, Call& call) {
  TARN_TRY(Taken::of(call, "the method", {}));
  return made(change(*self.string()), call);
}

template <Result<bool> (*test)(std::string_view)>
Result<Value> tested(const Value& self, Call& call) {
  TARN_TRY(Taken::of(call, "the method", {}));
  TARN_TRY(call.meter.spend(1 + self.string()->size() / 64));
  TARN_ASSIGN(const bool holds, test(*self.string()));
  return Value(holds);
}

Result<std::optional<std::int64_t>> bound(const Taken& taken, std::size_t i) {
  if (taken.is_none(i)) return std::nullopt;
  TARN_ASSIGN(const std::int64_t value, taken.integer(i, 0));
  return value;
}

// The arguments (sub, start, end) of find, index, count: the part of the text that they look at.
struct Search {
  std::string needle;
  std::optional<texts::Part> part;
};
Result<Search> search(const Value& self, Call& call, std::string_view name) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, name, {"sub", "start", "end"}, 1));
  TARN_ASSIGN(std::string needle, taken.text(0, ""));
  TARN_ASSIGN(const auto start, bound(taken, 1));
  TARN_ASSIGN(const auto end, bound(taken, 2));
  TARN_TRY(call.meter.spend(1 + self.string()->size() / 16));
  return Search{std::move(needle), texts::part(*self.string(), start, end)};
}

// Where the needle is, in code points; -1 if nowhere.
template <bool last>
Result<std::int64_t> place(const Value& self, Call& call, std::string_view name) {
  TARN_ASSIGN(const Search wanted, search(self, call, name));
  if (!wanted.part) return -1;
  const std::string_view text = *self.string();
  const std::string_view within = text.substr(wanted.part->begin, wanted.part->size);
  if (last) TARN_TRY(call.meter.spend(1 + within.size() / 64 * wanted.needle.size()));
  const std::size_t found = last ? within.rfind(wanted.needle) : utf8::find(within, wanted.needle);
  if (found == kNone) return -1;
  return static_cast<std::int64_t>(utf8::length(text.substr(0, wanted.part->begin + found)));
}

template <bool last>
Result<Value> find(const Value& self, Call& call) {
  TARN_ASSIGN(const std::int64_t found, place<last>(self, call, last ? "rfind" : "find"));
  return Value(found);
}

template <bool last>
Result<Value> index(const Value& self, Call& call) {
  TARN_ASSIGN(const std::int64_t found, place<last>(self, call, last ? "rindex" : "index"));
  if (found < 0) return fail(Code::kInvalidArgument, "`index`: the text is not in it; `find` gives -1 then");
  return Value(found);
}

Result<Value> count(const Value& self, Call& call) {
  TARN_ASSIGN(const Search wanted, search(self, call, "count"));
  if (!wanted.part) return Value(0);
  const auto within = std::string_view(*self.string()).substr(wanted.part->begin, wanted.part->size);
  if (wanted.needle.empty()) return Value(utf8::length(within) + 1);
  std::int64_t times = 0;
  for (std::size_t at = utf8::find(within, wanted.needle); at != kNone;
       at = utf8::find(within, wanted.needle, at + wanted.needle.size())) {
    TARN_TRY(call.meter.spend());
    ++times;
  }
  return Value(times);
}

// startswith, endswith: a text or a tuple of them, within a part.
template <bool at_end>
Result<Value> begins(const Value& self, Call& call) {
  constexpr std::string_view kName = at_end ? "endswith" : "startswith";
  TARN_ASSIGN(const Taken taken, Taken::positional(call, kName, {"affix", "start", "end"}, 1));
  TARN_ASSIGN(const auto start, bound(taken, 1));
  TARN_ASSIGN(const auto end, bound(taken, 2));
  const Value affix = taken.value(0);
  std::vector<Value> wanted;
  if (auto* tuple = as<Tuple>(affix))
    wanted = tuple->items;
  else
    wanted.push_back(affix);
  TARN_TRY(call.meter.spend(wanted.size() + self.string()->size() / 64));
  const auto part = texts::part(*self.string(), start, end);
  for (const Value& each : wanted) {
    if (!each.string())
      return fail(Code::kInvalidArgument,
                  fmt::format("`{}` takes a text or a tuple of texts, not {}", kName, each.type_name()));
    if (!part) continue;
    const auto within = std::string_view(*self.string()).substr(part->begin, part->size);
    if (at_end ? within.ends_with(*each.string()) : within.starts_with(*each.string())) return Value(true);
  }
  return Value(false);
}

template <bool left, bool right>
Result<Value> strip(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "strip", {"chars"}));
  std::optional<std::string_view> chars;
  TARN_ASSIGN(const std::string given, taken.is_none(0) ? Result<std::string>("") : taken.text(0, ""));
  if (!taken.is_none(0)) chars = given;
  TARN_TRY(call.meter.spend(1 + self.string()->size() / 64 * (1 + given.size() / 16)));
  return made(std::string(texts::strip(*self.string(), chars, left, right)), call);
}

template <bool from_right>
Result<Value> split(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "split", {"sep", "maxsplit"}));
  std::optional<std::string_view> by;
  TARN_ASSIGN(const std::string given, taken.is_none(0) ? Result<std::string>("") : taken.text(0, ""));
  if (!taken.is_none(0)) by = given;
  if (by && by->empty()) return fail(Code::kInvalidArgument, "`split` by an empty text; `| list` gives the characters");
  TARN_ASSIGN(const std::int64_t most, taken.integer(1, -1));
  const std::string_view text = *self.string();
  if (from_right && most >= 0) TARN_TRY(call.meter.spend(1 + text.size() / 64 * (1 + given.size())));
  TARN_TRY(call.meter.make(text.size()));
  const auto parts = from_right ? texts::split_right(text, by, most) : texts::split(text, by, most);
  return list_of(parts, call);
}

Result<Value> splitlines(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::of(call, "splitlines", {"keepends"}));
  TARN_ASSIGN(const bool keep, taken.truth(0, false));
  TARN_TRY(call.meter.make(self.string()->size()));
  return list_of(texts::lines(*self.string(), keep), call);
}

// (before, separator, after)
template <bool last>
Result<Value> partition(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "partition", {"sep"}, 1));
  TARN_ASSIGN(const std::string by, taken.text(0, ""));
  if (by.empty()) return fail(Code::kInvalidArgument, "`partition` by an empty text; give it one to look for");
  const std::string_view text = *self.string();
  TARN_TRY(call.meter.make(text.size() + by.size()));
  if (last) TARN_TRY(call.meter.spend(1 + text.size() / 64 * by.size()));
  const std::size_t found = last ? text.rfind(by) : utf8::find(text, by);
  if (found == kNone) return last ? Value::tuple({"", "", self}) : Value::tuple({self, "", ""});
  return Value::tuple({text.substr(0, found), by, text.substr(found + by.size())});
}

Result<Value> replace(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "replace", {"old", "new", "count"}, 2));
  TARN_ASSIGN(const std::string old, taken.text(0, ""));
  TARN_ASSIGN(const std::string with, taken.text(1, ""));
  TARN_ASSIGN(const std::int64_t most, taken.integer(2, -1));
  TARN_ASSIGN(std::string text, texts::replace(*self.string(), old, with, most, call.meter));
  return Value(std::move(text));
}

Result<Value> join(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "join", {"iterable"}, 1));
  TARN_ASSIGN(const auto items, collect(taken.value(0), call.meter));
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].string()) {
      return fail(Code::kInvalidArgument,
                  fmt::format("`join` takes texts, and item {} is of type {}; the filter `join` takes all", i,
                              items[i].type_name()));
    }
    TARN_TRY(call.meter.make(items[i].string()->size() + self.string()->size()));
    if (i > 0) out += *self.string();
    out += *items[i].string();
  }
  return Value(std::move(out));
}

template <texts::Side side>
Result<Value> justify(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "the method", {"width", "fillchar"}, 1));
  TARN_ASSIGN(const std::int64_t width, taken.integer(0, 0));
  TARN_ASSIGN(const std::string fill, taken.text(1, " "));
  if (utf8::length(fill) != 1) return fail(Code::kInvalidArgument, "what fills must be one character");
  TARN_ASSIGN(std::string text, texts::justify(*self.string(), width, fill, side, call.meter));
  return Value(std::move(text));
}

Result<Value> zfill(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, "zfill", {"width"}, 1));
  TARN_ASSIGN(const std::int64_t width, taken.integer(0, 0));
  std::string_view text = *self.string();
  std::string sign;
  if (text.starts_with('-') || text.starts_with('+')) {
    sign = text.substr(0, 1);
    text.remove_prefix(1);
  }
  TARN_ASSIGN(const std::string filled,
              texts::justify(text, std::max<std::int64_t>(width, 0) - static_cast<std::int64_t>(sign.size()), "0",
                             texts::Side::kRight, call.meter));
  return Value(sign + filled);
}

template <bool suffix>
Result<Value> remove_affix(const Value& self, Call& call) {
  TARN_ASSIGN(const Taken taken, Taken::positional(call, suffix ? "removesuffix" : "removeprefix", {"affix"}, 1));
  TARN_ASSIGN(const std::string affix, taken.text(0, ""));
  std::string_view text = *self.string();
  if (suffix ? text.ends_with(affix) : text.starts_with(affix))
    text = suffix ? text.substr(0, text.size() - affix.size()) : text.substr(affix.size());
  return made(std::string(text), call);
}

Result<Value> format(const Value& self, Call& call) { return made(format_braces(*self.string(), call), call); }

// All of `text` are `kind`, and there is one.
template <class Kind>
Result<bool> all_of(std::string_view text, std::string_view what, Kind kind) {
  if (!utf8::is_ascii(text))
    return fail(Code::kUnsupported, fmt::format("`{}` knows ASCII only, and the text has other characters", what));
  return !text.empty() && std::ranges::all_of(text, kind);
}
bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
Result<bool> is_digit(std::string_view text) { return all_of(text, "isdigit", digit); }
Result<bool> is_alpha(std::string_view text) { return all_of(text, "isalpha", letter); }
Result<bool> is_alnum(std::string_view text) {
  return all_of(text, "isalnum", [](char c) { return digit(c) || letter(c); });
}
Result<bool> is_ascii(std::string_view text) { return utf8::is_ascii(text); }
Result<bool> is_space(std::string_view text) { return !text.empty() && utf8::strip_left(text).empty(); }

constexpr std::array kMethods = std::to_array<MethodEntry>({
    {"capitalize", changed<texts::capitalize>},
    {"center", justify<texts::Side::kCenter>},
    {"count", count},
    {"endswith", begins<true>},
    {"find", find<false>},
    {"format", format},
    {"index", index<false>},
    {"isalnum", tested<is_alnum>},
    {"isalpha", tested<is_alpha>},
    {"isascii", tested<is_ascii>},
    {"isdecimal", tested<is_digit>},
    {"isdigit", tested<is_digit>},
    {"islower", tested<texts::is_lower>},
    {"isnumeric", tested<is_digit>},
    {"isspace", tested<is_space>},
    {"isupper", tested<texts::is_upper>},
    {"join", join},
    {"ljust", justify<texts::Side::kLeft>},
    {"lower", changed<texts::lower>},
    {"lstrip", strip<true, false>},
    {"partition", partition<false>},
    {"removeprefix", remove_affix<false>},
    {"removesuffix", remove_affix<true>},
    {"replace", replace},
    {"rfind", find<true>},
    {"rindex", index<true>},
    {"rjust", justify<texts::Side::kRight>},
    {"rpartition", partition<true>},
    {"rsplit", split<true>},
    {"rstrip", strip<false, true>},
    {"split", split<false>},
    {"splitlines", splitlines},
    {"startswith", begins<false>},
    {"strip", strip<true, true>},
    {"swapcase", changed<texts::swapcase>},
    {"title", changed<texts::title>},
    {"upper", changed<texts::upper>},
    {"zfill", zfill},
});

}  // namespace

std::span<const MethodEntry> text_methods() { return kMethods; }

}  // namespace tarn::jinja
