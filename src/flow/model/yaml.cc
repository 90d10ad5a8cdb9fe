#include "flow/model/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <sstream>

namespace tarn::flow::model {
namespace {

// Ends yaml-cpp's parsing from within; never leaves this file.
struct Stop {
  int line, column;
  std::string why;
  Code code = Code::kInvalidArgument;
};

// yaml-cpp's words, and ours: what is wrong and what to do.
struct Plain {
  std::string_view theirs, ours;
};
constexpr auto kPlain = std::to_array<Plain>({
    {"end of map not found", "this line does not go on what is above it; check its indentation"},
    {"end of sequence not found", "this line does not go on the list above it; check its indentation and its `- `"},
    {"end of map flow not found", "a `{` before this has no `}`; close it"},
    {"end of sequence flow not found", "a `[` before this has no `]`; close it"},
    {"unknown token", "a value can't begin with this character; put it into quotes"},
    {"illegal EOF in scalar", "a text in quotes has no end; close it"},
    {"illegal document indicator in scalar", "a text in quotes has no end; close it"},
    {"illegal tab", "a tab; lines begin with spaces"},
    {"illegal flow end", "a `]` or `}` that closes nothing; take it out"},
    {"illegal block entry", "a `-` where no list can begin; put the list on lines of its own, below its key"},
    {"illegal map key", "a key where none can stand; check the indentation"},
    {"illegal map value", "a `:` where no value can begin; check the indentation, put a text with `: ` into quotes"},
    {"the referenced anchor is not defined",
     "a `*name` that no `&name` before it explains; put it into quotes if it is text"},
});

std::string plain_words(const std::string& message) {
  for (const Plain& plain : kPlain)
    if (message.starts_with(plain.theirs)) return std::string(plain.ours);
  return "this is no YAML: " + message;
}

std::size_t values_in(const Yaml& value) {
  std::size_t count = 1;
  for (const Yaml& item : value.items) count += values_in(item);
  for (const YamlEntry& entry : value.entries) count += values_in(entry.value);
  return count;
}

// Builds the tree from yaml-cpp's events: no graph of shared nodes, so aliases are copies that are counted.
class Builder : public YAML::EventHandler {
 public:
  Yaml root;
  bool done = false;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override { done = true; }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { value(make(mark, Yaml::Kind::kNull), anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    Yaml scalar = make(mark, Yaml::Kind::kScalar);
    scalar.text = text;
    scalar.quoted = tag == "!";
    bool null = !scalar.quoted && (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
    if (null && !at_key()) scalar = make(mark, Yaml::Kind::kNull);
    value(std::move(scalar), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Stop{mark.line + 1, mark.column + 1, "an alias within what it stands for"};
    count(values_in(found->second), mark);
    value(found->second, 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(mark, Yaml::Kind::kList), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(mark, Yaml::Kind::kMap), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Yaml value;
    YAML::anchor_t anchor = 0;
    std::optional<YamlEntry> key;  // a map's, waiting for its value
    std::vector<Yaml> merged;      // what `<<` names
  };

  Yaml make(const YAML::Mark& mark, Yaml::Kind kind) {
    count(1, mark);
    Yaml made;
    made.kind = kind;
    made.line = mark.line + 1;
    made.column = mark.column + 1;
    return made;
  }

  void count(std::size_t more, const YAML::Mark& mark) {
    if ((count_ += more) > kYamlValuesMax)
      throw Stop{mark.line + 1, mark.column + 1, fmt::format("more than {} values in one file", kYamlValuesMax),
                 Code::kLimit};
  }

  bool at_key() const { return !stack_.empty() && stack_.back().value.is_map() && !stack_.back().key; }

  void open(Yaml made, YAML::anchor_t anchor) {
    if (at_key())
      throw Stop{made.line, made.column,
                 "a key that is a list or a map; put text that begins so, like `{{ ... }}`, into quotes"};
    if (stack_.size() >= kYamlDepthMax)
      throw Stop{made.line, made.column, fmt::format("nested deeper than {}", kYamlDepthMax), Code::kLimit};
    stack_.push_back({std::move(made), anchor, {}, {}});
  }

  void close() {
    Open ended = std::move(stack_.back());
    stack_.pop_back();
    for (Yaml& from : ended.merged)
      for (YamlEntry& entry : from.entries)
        if (!ended.value.find(entry.key)) ended.value.entries.push_back(std::move(entry));
    value(std::move(ended.value), ended.anchor);
  }

  void value(Yaml made, YAML::anchor_t anchor) {
    if (anchor) anchors_[anchor] = made;
    if (stack_.empty()) {
      root = std::move(made);
      return;
    }
    Open& into = stack_.back();
    if (into.value.is_list()) {
      into.value.items.push_back(std::move(made));
    } else if (!into.key) {
      take_key(into, made);
    } else if (into.key->key == "<<") {
      merge(into, std::move(made));
    } else {
      into.key->value = std::move(made);
      into.value.entries.push_back(std::move(*into.key));
      into.key.reset();
    }
  }

  static void take_key(Open& into, const Yaml& key) {
    if (!key.is_scalar() && !key.is_null())
      throw Stop{key.line, key.column,
                 "a key that is a list or a map; put text that begins so, like `{{ ... }}`, into quotes"};
    if (into.value.find(key.text))
      throw Stop{key.line, key.column, fmt::format("the key `{}` stands here twice; keep one", key.text)};
    into.key = YamlEntry{key.text, key.line, key.column, {}};
  }

  static void merge(Open& into, Yaml from) {
    if (from.is_list())
      for (Yaml& item : from.items) into.merged.push_back(std::move(item));
    else
      into.merged.push_back(std::move(from));
    into.key.reset();
  }

  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Yaml> anchors_;
  std::size_t count_ = 0;
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const YamlEntry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

Result<Yaml> parse_yaml(const std::string& file, const std::string& text) {
  if (text.size() > kYamlBytesMax)
    return fail(Code::kLimit, fmt::format("{}: {} bytes, more than {}", file, text.size(), kYamlBytesMax));
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Builder builder;
    parser.HandleNextDocument(builder);
    return std::move(builder.root);
  } catch (const Stop& stop) {
    return fail(stop.code, fmt::format("{}:{}:{}: {}", file, stop.line, stop.column, stop.why));
  } catch (const YAML::Exception& problem) {
    return fail(Code::kInvalidArgument, fmt::format("{}:{}:{}: {}", file, problem.mark.line + 1,
                                                    problem.mark.column + 1, plain_words(problem.msg)));
  }
}

std::optional<bool> yaml_bool(const Yaml& value) {
  if (!value.is_scalar() || value.quoted) return std::nullopt;
  if (is_one_of(value.text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (is_one_of(value.text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  return std::nullopt;
}

std::optional<std::int64_t> yaml_int(const Yaml& value) {
  if (!value.is_scalar() || value.quoted) return std::nullopt;
  std::string digits = value.text;
  std::erase(digits, '_');
  bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.erase(0, 1);
  int base = 10;
  if (digits.starts_with("0x")) {
    base = 16;
  } else if (digits.starts_with("0b")) {
    base = 2;
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  if (base == 16 || base == 2) digits.erase(0, 2);
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (digits.empty() || digits[0] == '-' || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return negative ? -number : number;
}

std::optional<double> yaml_float(const Yaml& value) {
  if (!value.is_scalar() || value.quoted) return std::nullopt;
  std::string digits = value.text;
  std::erase(digits, '_');
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (is_one_of(digits, {".inf", "+.inf", ".Inf", ".INF"})) return kInfinite;
  if (is_one_of(digits, {"-.inf", "-.Inf", "-.INF"})) return -kInfinite;
  if (is_one_of(digits, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  if (digits.find('.') == std::string::npos || digits.find_first_not_of("+-.0123456789eE") != std::string::npos)
    return std::nullopt;
  const char* begin = digits.data() + (digits[0] == '+' ? 1 : 0);
  double number = 0;
  auto [end, error] = std::from_chars(begin, digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace tarn::flow::model
