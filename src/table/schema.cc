#include "table/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tarn::table {
namespace {

struct KindName {
  TypeKind kind;
  std::string_view name;
};
// Kinds whose text is their name alone.
constexpr std::array kPlainKinds{
    KindName{TypeKind::kBoolean, "boolean"},
    KindName{TypeKind::kInt, "int"},
    KindName{TypeKind::kLong, "long"},
    KindName{TypeKind::kFloat, "float"},
    KindName{TypeKind::kDouble, "double"},
    KindName{TypeKind::kDate, "date"},
    KindName{TypeKind::kTime, "time"},
    KindName{TypeKind::kTimestamp, "timestamp"},
    KindName{TypeKind::kTimestamptz, "timestamptz"},
    KindName{TypeKind::kString, "string"},
    KindName{TypeKind::kUuid, "uuid"},
    KindName{TypeKind::kBinary, "binary"},
};

void raise_to_last(const std::vector<Field>& fields, FieldId& last) {
  for (const Field& field : fields) {
    last = std::max(last, field.id);
    raise_to_last(field.type.children, last);
  }
}

std::string struct_text(const Type& type) {
  std::string text = "struct<";
  for (const Field& field : type.children) {
    if (text.size() > 7) text += ", ";
    text += fmt::format("{}: {}: {} {}", field.id.value(), field.name, field.required ? "required" : "optional",
                        to_string(field.type));
  }
  return text + ">";
}

// Reads type text from the left; `text_` is what is left.
class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : whole_(text), text_(text) {}

  Result<Type> parse_all() {
    TARN_ASSIGN(Type type, parse(0));
    skip_spaces();
    if (!text_.empty()) return wrong("text after the type");
    return type;
  }

 private:
  Result<Type> parse(int depth) {
    if (depth > kNestingMax) return fail(Code::kLimit, fmt::format("a type may be nested {} deep", kNestingMax));
    std::string_view word = take_word();
    for (const KindName& plain : kPlainKinds) {
      if (plain.name == word) return Type{.kind = plain.kind};
    }
    if (word == "decimal") return parse_decimal();
    if (word == "list") return parse_list(depth);
    if (word == "struct") return parse_struct(depth);
    return wrong(
        fmt::format("\"{}\" is no type; there are boolean, int, long, float, double, decimal(p,s), date, time, "
                    "timestamp, timestamptz, string, uuid, binary, list<T> and struct<name: T, ...>",
                    word));
  }

  Result<Type> parse_decimal() {
    Type type{.kind = TypeKind::kDecimal};
    if (!take('(') || !take_number(type.precision) || !take(',') || !take_number(type.scale) || !take(')'))
      return wrong("a decimal is written decimal(precision,scale)");
    if (type.precision < 1 || type.precision > 38 || type.scale < 0 || type.scale > type.precision)
      return wrong("a decimal's precision is 1 to 38 and its scale 0 to the precision");
    return type;
  }

  Result<Type> parse_list(int depth) {
    if (!take('<')) return wrong("a list is written list<T>");
    TARN_ASSIGN(Type element, parse(depth + 1));
    if (!take('>')) return wrong("a list is written list<T>");
    Type type{.kind = TypeKind::kList};
    type.children.push_back({.name = "element", .type = std::move(element)});
    return type;
  }

  Result<Type> parse_struct(int depth) {
    if (!take('<')) return wrong("a struct is written struct<name: T, ...>");
    Type type{.kind = TypeKind::kStruct};
    do {
      std::size_t colon = text_.find(':');
      if (colon == std::string_view::npos) return wrong("a struct's field is written name: T");
      std::string_view name = trim(text_.substr(0, colon));
      if (name.empty()) return wrong("a struct's field needs a name");
      if (++fields_ > kColumnsMax) return fail(Code::kLimit, fmt::format("a schema may have {} fields", kColumnsMax));
      text_.remove_prefix(colon + 1);
      TARN_ASSIGN(Type inner, parse(depth + 1));
      type.children.push_back({.name = std::string(name), .type = std::move(inner)});
    } while (take(','));
    if (!take('>')) return wrong("a struct ends with >");
    return type;
  }

  static std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
  }

  void skip_spaces() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
  }

  bool take(char wanted) {
    skip_spaces();
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool take_number(std::int32_t& number) {
    skip_spaces();
    auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error != std::errc{}) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }

  std::string_view take_word() {
    skip_spaces();
    std::size_t size = 0;
    while (size < text_.size() && text_[size] >= 'a' && text_[size] <= 'z') ++size;
    std::string_view word = text_.substr(0, size);
    text_.remove_prefix(size);
    return word;
  }

  std::unexpected<Error> wrong(std::string_view why) const {
    return fail(Code::kInvalidArgument, fmt::format("type \"{}\": {}", whole_.substr(0, 200), why));
  }

  std::string_view whole_;
  std::string_view text_;
  std::size_t fields_ = 0;
};

void assign_level(std::vector<Field>& fields, FieldId& last_assigned) {
  for (Field& field : fields) {
    if (field.id == FieldId(0)) field.id = ++last_assigned;
  }
  for (Field& field : fields) assign_level(field.type.children, last_assigned);
}

void encode_fields(Encoder& encoder, const std::vector<Field>& fields) {
  encoder.put(static_cast<std::uint32_t>(fields.size()));
  for (const Field& field : fields) {
    encoder.put(field.id);
    encoder.put(field.name);
    encoder.put(field.required);
    encoder.put(field.doc);
    encoder.put(static_cast<std::uint8_t>(field.type.kind));
    encoder.put(field.type.precision);
    encoder.put(field.type.scale);
    encoder.put(field.type.length);
    encode_fields(encoder, field.type.children);
  }
}

constexpr std::size_t kFieldBytesMin = 4 + 4 + 1 + 4 + 1 + 3 * 4 + 4;

std::vector<Field> decode_fields(Decoder& decoder, int depth, std::size_t& left) {
  std::uint32_t count = decoder.get_count(kFieldBytesMin);
  if (depth > kNestingMax + 1 || count > left) {
    decoder.mark_bad();
    return {};
  }
  left -= count;
  std::vector<Field> fields(count);
  for (Field& field : fields) {
    field.id = decoder.get_id<FieldId>();
    field.name = decoder.get_string();
    field.required = decoder.get_bool();
    field.doc = decoder.get_string();
    std::uint8_t kind = decoder.get<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(TypeKind::kMap)) decoder.mark_bad();
    if (!decoder.ok()) return {};
    field.type.kind = static_cast<TypeKind>(kind);
    field.type.precision = decoder.get<std::int32_t>();
    field.type.scale = decoder.get<std::int32_t>();
    field.type.length = decoder.get<std::int32_t>();
    field.type.children = decode_fields(decoder, depth + 1, left);
  }
  return fields;
}

}  // namespace

const Field* Schema::find(std::string_view name) const {
  auto found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

FieldId last_field_id(const Schema& schema) {
  FieldId last{0};
  raise_to_last(schema.fields, last);
  return last;
}

std::string to_string(const Type& type) {
  for (const KindName& plain : kPlainKinds) {
    if (plain.kind == type.kind) return std::string(plain.name);
  }
  switch (type.kind) {
    case TypeKind::kDecimal: return fmt::format("decimal({}, {})", type.precision, type.scale);
    case TypeKind::kFixed: return fmt::format("fixed[{}]", type.length);
    case TypeKind::kList: return fmt::format("list<{}>", to_string(type.children.at(0).type));
    case TypeKind::kMap:
      return fmt::format("map<{}, {}>", to_string(type.children.at(0).type), to_string(type.children.at(1).type));
    default: return struct_text(type);
  }
}

Result<Type> parse_type(std::string_view text) { return TypeParser(text).parse_all(); }

void assign_ids(Schema& schema, FieldId& last_assigned) { assign_level(schema.fields, last_assigned); }

bool can_promote(const Type& from, const Type& to) {
  if (from == to) return true;
  if (from.kind == TypeKind::kInt) return to.kind == TypeKind::kLong;
  if (from.kind == TypeKind::kFloat) return to.kind == TypeKind::kDouble;
  return from.kind == TypeKind::kDecimal && to.kind == TypeKind::kDecimal && from.scale == to.scale &&
         from.precision < to.precision;
}

void encode(Encoder& encoder, const Schema& schema) {
  encoder.put(schema.id);
  encode_fields(encoder, schema.fields);
}

Schema decode_schema(Decoder& decoder) {
  Schema schema;
  schema.id = decoder.get_id<SchemaId>();
  std::size_t left = kColumnsMax;
  schema.fields = decode_fields(decoder, 0, left);
  return schema;
}

}  // namespace tarn::table
