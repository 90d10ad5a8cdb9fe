#include "jinja/texts.h"

#include <fmt/format.h>

#include <algorithm>

#include "jinja/letters.h"
#include "jinja/utf8.h"

namespace tarn::jinja::texts {
namespace {

using letters::Letter;

// `text` with each code point changed by `change`, which gives what to write for it.
template <class Change>
Result<std::string> each_letter(std::string_view text, std::string_view what, Change change) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const utf8::Point point = utf8::decode(text, at);
    const std::string_view bytes = text.substr(at, point.size);
    at += point.size;
    const auto letter = letters::find(point.value);
    if (!point.valid) {
      out += bytes;
    } else if (!letter || !change(out, point.value, *letter)) {
      return fail(
          Code::kUnsupported,
          fmt::format("`{}` does not know the case of `{}` here; docs/jinja.md says which it knows", what, bytes));
    }
  }
  return out;
}

void append_as(std::string& out, char32_t point, const Letter& letter, Letter::Case wanted) {
  const bool changes = letter.kind != Letter::Case::kNone && letter.kind != wanted;
  utf8::append(out, changes ? letter.other : point);
}

// As the first letter of a word, or as one within it.
void append_titled(std::string& out, char32_t point, const Letter& letter, bool first) {
  if (first && point == letters::kSharpS) {
    out += "Ss";
  } else {
    append_as(out, point, letter, first ? Letter::Case::kUpper : Letter::Case::kLower);
  }
}

Result<bool> all_cased(std::string_view text, std::string_view what, Letter::Case wanted, Letter::Case wrong) {
  bool any = false, all = true;
  auto seen = each_letter(text, what, [&](std::string&, char32_t, const Letter& letter) {
    any = any || letter.kind == wanted;
    all = all && letter.kind != wrong;
    return true;
  });
  if (!seen) return std::unexpected(std::move(seen).error());
  return any && all;
}

bool is_line_end(char32_t c) {
  return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// The last `needle` that ends at or before `end`.
std::size_t find_last(std::string_view text, std::string_view needle) { return text.rfind(needle); }

// Where the first white space of `text` begins; its size if there is none.
std::size_t first_space(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const utf8::Point point = utf8::decode(text, at);
    if (point.valid && utf8::is_space(point.value)) break;
    at += point.size;
  }
  return at;
}

// Where what follows the last white space of `text` begins.
std::size_t after_last_space(std::string_view text) {
  std::size_t after = 0;
  for (std::size_t at = 0; at < text.size();) {
    const utf8::Point point = utf8::decode(text, at);
    at += point.size;
    if (point.valid && utf8::is_space(point.value)) after = at;
  }
  return after;
}

}  // namespace

Result<std::string> lower(std::string_view text) {
  return each_letter(text, "lower", [](std::string& out, char32_t point, const Letter& letter) {
    append_as(out, point, letter, Letter::Case::kLower);
    return true;
  });
}

Result<std::string> upper(std::string_view text) {
  return each_letter(text, "upper", [](std::string& out, char32_t point, const Letter& letter) {
    if (point == letters::kSharpS)
      out += "SS";
    else
      append_as(out, point, letter, Letter::Case::kUpper);
    return true;
  });
}

Result<std::string> swapcase(std::string_view text) {
  return each_letter(text, "swapcase", [](std::string& out, char32_t point, const Letter& letter) {
    if (point == letters::kSharpS) {
      out += "SS";
    } else {
      append_as(out, point, letter, letter.kind == Letter::Case::kLower ? Letter::Case::kUpper : Letter::Case::kLower);
    }
    return true;
  });
}

Result<std::string> capitalize(std::string_view text) {
  return each_letter(text, "capitalize",
                     [first = true](std::string& out, char32_t point, const Letter& letter) mutable {
                       append_titled(out, point, letter, std::exchange(first, false));
                       return true;
                     });
}

Result<std::string> title(std::string_view text) {
  return each_letter(text, "title", [inside = false](std::string& out, char32_t point, const Letter& letter) mutable {
    append_titled(out, point, letter, !std::exchange(inside, letter.kind != Letter::Case::kNone));
    return true;
  });
}

Result<bool> is_lower(std::string_view text) {
  return all_cased(text, "islower", Letter::Case::kLower, Letter::Case::kUpper);
}
Result<bool> is_upper(std::string_view text) {
  return all_cased(text, "isupper", Letter::Case::kUpper, Letter::Case::kLower);
}

// Words begin after white space and - ( { [ <, unlike those of title().
Result<std::string> title_words(std::string_view text) {
  return each_letter(text, "title", [begins = true](std::string& out, char32_t point, const Letter& letter) mutable {
    const bool here = begins;
    begins = utf8::is_space(point) ||
             (point < 0x80 && std::string_view("-({[<").find(static_cast<char>(point)) != std::string_view::npos);
    if (here && point == letters::kSharpS) {
      out += "SS";
    } else {
      append_as(out, point, letter, here ? Letter::Case::kUpper : Letter::Case::kLower);
    }
    return true;
  });
}

std::optional<Part> part(std::string_view text, std::optional<std::int64_t> start, std::optional<std::int64_t> end) {
  const auto size = static_cast<std::int64_t>(utf8::length(text));
  const auto from_end = [size](std::int64_t index) {
    return index < 0 ? std::max<std::int64_t>(index + size, 0) : index;
  };
  const std::int64_t last = std::min(from_end(end.value_or(size)), size);
  const std::int64_t first = from_end(start.value_or(0));
  if (first > last) return std::nullopt;
  const std::size_t begin = utf8::offset(text, static_cast<std::size_t>(first));
  return Part{begin, utf8::offset(text, static_cast<std::size_t>(last)) - begin};
}

std::string_view strip(std::string_view text, std::optional<std::string_view> chars, bool left, bool right) {
  if (!chars) {
    if (left) text = utf8::strip_left(text);
    return right ? utf8::strip_right(text) : text;
  }
  const auto stripped = [&](std::string_view point) { return chars->find(point) != std::string_view::npos; };
  while (left && !text.empty()) {
    const std::size_t size = utf8::decode(text, 0).size;
    if (!stripped(text.substr(0, size))) break;
    text.remove_prefix(size);
  }
  while (right && !text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) --start;
    if (!stripped(text.substr(start))) break;
    text.remove_suffix(text.size() - start);
  }
  return text;
}

Result<std::string> replace(std::string_view text, std::string_view old, std::string_view with, std::int64_t count,
                            Meter& meter) {
  TARN_TRY(meter.make(text.size()));
  std::string out;
  auto left = count < 0 ? UINT64_MAX : static_cast<std::uint64_t>(count);
  std::size_t at = 0;
  while (left > 0) {
    // An empty text is found before each code point and at the end.
    const std::size_t found = utf8::find(text, old, at);
    if (found == std::string_view::npos) break;
    TARN_TRY(meter.make(with.size()));
    out.append(text.substr(at, found - at)).append(with);
    at = found + old.size();
    --left;
    if (!old.empty()) continue;
    if (at >= text.size()) break;
    const std::size_t size = utf8::decode(text, at).size;
    out.append(text.substr(at, size));
    at += size;
  }
  return out.append(text.substr(std::min(at, text.size())));
}

std::vector<std::string_view> split(std::string_view text, std::optional<std::string_view> by, std::int64_t most) {
  std::vector<std::string_view> parts;
  auto left = most < 0 ? UINT64_MAX : static_cast<std::uint64_t>(most);
  if (by) {
    for (; left > 0; --left) {
      const std::size_t found = utf8::find(text, *by);
      if (found == std::string_view::npos) break;
      parts.push_back(text.substr(0, found));
      text.remove_prefix(found + by->size());
    }
    parts.push_back(text);
    return parts;
  }
  for (text = utf8::strip_left(text); !text.empty() && left > 0; --left) {
    const std::size_t end = first_space(text);
    parts.push_back(text.substr(0, end));
    text = utf8::strip_left(text.substr(end));
  }
  if (!text.empty()) parts.push_back(text);  // with the white space at its end, as Python has it
  return parts;
}

std::vector<std::string_view> split_right(std::string_view text, std::optional<std::string_view> by,
                                          std::int64_t most) {
  if (most < 0) return split(text, by, most);
  std::vector<std::string_view> parts;
  if (by) {
    for (; most > 0; --most) {
      const std::size_t found = find_last(text, *by);
      if (found == std::string_view::npos) break;
      parts.push_back(text.substr(found + by->size()));
      text = text.substr(0, found);
    }
    parts.push_back(text);
  } else {
    for (text = utf8::strip_right(text); !text.empty() && most > 0; --most) {
      const std::size_t begin = after_last_space(text);
      parts.push_back(text.substr(begin));
      text = utf8::strip_right(text.substr(0, begin));
    }
    if (!text.empty()) parts.push_back(text);
  }
  std::ranges::reverse(parts);
  return parts;
}

std::vector<std::string_view> lines(std::string_view text, bool keep_ends) {
  std::vector<std::string_view> found;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const utf8::Point point = utf8::decode(text, at);
    const std::size_t end = at;
    at += point.size;
    if (!point.valid || !is_line_end(point.value)) continue;
    if (point.value == '\r' && at < text.size() && text[at] == '\n') ++at;
    found.push_back(text.substr(start, (keep_ends ? at : end) - start));
    start = at;
  }
  if (start < text.size()) found.push_back(text.substr(start));
  return found;
}

Result<std::string> justify(std::string_view text, std::int64_t width, std::string_view fill, Side side, Meter& meter) {
  const auto length = static_cast<std::int64_t>(utf8::length(text));
  if (width <= length) return std::string(text);
  if (width > INT64_C(1) << 30)
    return fail(Code::kLimit, fmt::format("a text of {} characters is asked for; ask for fewer", width));
  const std::int64_t missing = width - length;
  TARN_TRY(meter.make(text.size() + static_cast<std::size_t>(missing) * fill.size()));
  std::int64_t before = side == Side::kRight ? missing : 0;
  if (side == Side::kCenter) before = missing / 2 + (missing & width & 1);
  std::string out;
  for (std::int64_t i = 0; i < before; ++i) out += fill;
  out += text;
  for (std::int64_t i = before; i < missing; ++i) out += fill;
  return out;
}

}  // namespace tarn::jinja::texts
