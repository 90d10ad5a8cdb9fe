#include "worker/land/json_decoder.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "engine/land_protocol.h"
#include "worker/land/json_plan.h"
#include "worker/land/json_values.h"
#include "worker/text_values.h"

namespace tarn::worker::land {
namespace {

using tail::ColumnBuilder;
using enum table::TypeKind;

constexpr std::size_t kSkippedMax = 4;       // columns looked at in order before a field is looked up by name
constexpr std::size_t kReasonValueMax = 60;  // bytes of a value quoted in a reason

// A column's value as the parser has it.
struct Value {
  ondemand::value json;
  std::string_view token;
  bool is_string() const { return token.starts_with('"'); }
};

}  // namespace

class JsonDecoder::Impl {
 public:
  Impl(const table::Schema& schema, Columns columns)
      : fields_(schema.fields), columns_(columns), root_(schema.fields), room_(room_of(schema.fields)) {
    root_.skip = root_.find(engine::kMetadataColumn);
  }

  bool decode(ByteView value, tail::ChunkBuilder& rows) {
    path_.clear();
    pending_.clear();
    pending_fields_ = 0;
    pending_doubles_.clear();
    end_ = reinterpret_cast<const char*>(value.data()) + value.size();
    if (decode_record(value, rows)) {
      for (Pending& pending : pending_) merge(pending);
      for (std::size_t column : pending_doubles_) replace_with_double(fields_[column]);
      return true;
    }
    if (!path_.empty()) reason_ = fmt::format("column {}: {}", path_, reason_);
    rows.drop_row();
    return false;
  }

  const std::string& reason() const { return reason_; }
  bool has_new_fields() const { return has_new_; }
  std::vector<table::Field> fields_with_new() const {
    std::size_t room = room_;
    return grown_fields(fields_, root_, room);
  }

 private:
  // A field without a column, kept until its record has decoded.
  struct Pending {
    ObjectPlan* plan;
    std::string name;
    Shape shape;
  };

  static std::size_t room_of(const std::vector<table::Field>& fields) {
    std::size_t used = count_fields(fields);
    return used < table::kColumnsMax ? table::kColumnsMax - used : 0;
  }

  bool decode_record(ByteView value, tail::ChunkBuilder& rows) {
    ondemand::document document;
    ondemand::object object;
    if (!open_object(parser_, as_text(value), document, object, reason_)) return false;
    if (!decode_fields(object, root_, rows.columns(), rows.rows())) return false;
    if (is_read_out(document)) return true;
    return bad("not JSON: there is text after the object");
  }

  void merge(Pending& pending) {
    pending.plan->added.saw(Shape::kObject);
    if (Shape* shape = pending.plan->added.field(pending.name)) shape->merge(pending.shape);
    has_new_ = true;
  }

  void replace_with_double(table::Field& field) {
    field.id = FieldId(0);
    field.type.kind = kDouble;
    has_new_ = true;
  }

  bool bad(std::string why) {
    reason_ = std::move(why);
    return false;
  }
  bool broken(simdjson::error_code error) {
    path_.clear();
    return bad(fmt::format("not JSON: {}", simdjson::error_message(error)));
  }
  // "12.5 is not an int".
  bool misfit(const Value& value, std::string_view what) {
    bool cut = value.token.size() > kReasonValueMax;
    return bad(fmt::format("{}{} {}", value.token.substr(0, kReasonValueMax), cut ? "..." : "", what));
  }
  bool in_column(const std::string& name, bool ok) {
    if (!ok && !(reason_.starts_with("not JSON"))) path_ = path_.empty() ? name : name + "." + path_;
    return ok;
  }

  // Fills the columns from one object. `row`: how many values they have already.
  bool decode_fields(ondemand::object& object, ObjectPlan& plan, std::vector<ColumnBuilder>& columns,
                     std::uint32_t row) {
    std::size_t guess = 0, filled = 0;
    for (auto entry : object) {
      ondemand::field field;
      if (auto error = std::move(entry).get(field)) return broken(error);
      std::size_t at = find_column(field, plan, guess);
      if (at == kBroken) return false;
      if (at == ObjectPlan::kNone) {
        if (!note_new_field(field, plan)) return false;
        continue;
      }
      ValuePlan& column = plan.fields[at];
      if (at == plan.skip) return bad(fmt::format("the field {} is Tarn's own", engine::kMetadataColumn));
      if (columns[at].length() != row) return bad(fmt::format("the field {} comes twice", column.name));
      if (!in_column(column.name, decode_value(field.value(), column, columns[at]))) return false;
      ++filled;
      guess = at + 1;
    }
    if (filled < plan.fields.size()) fill_nulls(plan, columns, row);
    return true;
  }

  static void fill_nulls(const ObjectPlan& plan, std::vector<ColumnBuilder>& columns, std::uint32_t row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].length() == row && i != plan.skip) columns[i].append_null();
    }
  }

  static constexpr std::size_t kBroken = static_cast<std::size_t>(-2);

  std::size_t find_column(ondemand::field& field, const ObjectPlan& plan, std::size_t guess) {
    const char* raw = field.key().raw();
    std::size_t near = std::min(guess + kSkippedMax, plan.fields.size());
    for (std::size_t at = guess; at < near; ++at)
      if (is_key(raw, plan.fields[at].name)) return at;
    if (auto error = field.unescaped_key().get(key_)) {
      broken(error);
      return kBroken;
    }
    return plan.find(key_);
  }

  bool is_key(const char* raw, const std::string& name) const {
    return static_cast<std::size_t>(end_ - raw) > name.size() && raw[name.size()] == '"' &&
           std::memcmp(raw, name.data(), name.size()) == 0;
  }

  // The field named key_ has no column.
  bool note_new_field(ondemand::field& field, ObjectPlan& plan) {
    if (columns_ == Columns::kDeclared) return true;
    if (!can_name_column(key_)) return bad("a field whose name is empty, too long or has control characters");
    std::string name(key_);
    Shape shape;
    if (!add_to_shape(field.value(), shape, 1, reason_)) return false;
    std::size_t size = shape.fields();
    if (size == 0) return true;  // null, {} or []: no column yet
    pending_fields_ += size;
    if (pending_fields_ > room_)
      return bad(fmt::format("the field {} would be one column more than a table's {}", name, table::kColumnsMax));
    pending_.push_back({&plan, std::move(name), std::move(shape)});
    return true;
  }

  bool decode_value(ondemand::value json, ValuePlan& plan, ColumnBuilder& column) {
    Value value{json, json.raw_json_token()};
    if (value.token.starts_with('n')) return decode_null(value, column);
    switch (plan.type.kind) {
      case kBoolean: return decode_bool(value, column);
      case kInt: return decode_integer<std::int32_t>(value, column, "an int");
      case kLong: return decode_integer<std::int64_t>(value, column, "a long") || decode_fraction(value, plan, column);
      case kFloat:
      case kDouble: return decode_floating(value, plan.type.kind, column);
      case kString: return decode_string(value, column);
      case kStruct: return decode_struct(value, plan, column);
      case kList: return decode_list(value, plan, column);
      default: return decode_text(value, plan.type, column);
    }
  }

  bool decode_null(Value& value, ColumnBuilder& column) {
    bool null;
    if (auto error = value.json.is_null().get(null)) return broken(error);
    column.append_null();
    return true;
  }

  bool decode_bool(Value& value, ColumnBuilder& column) {
    bool truth;
    if (value.json.get_bool().get(truth)) return misfit(trimmed(value), "is not a boolean");
    column.append_bool(truth);
    return true;
  }

  static Value trimmed(Value& value) { return {value.json, token_of(value.json)}; }

  template <class T>
  bool decode_integer(Value& value, ColumnBuilder& column, std::string_view what) {
    std::int64_t number;
    if (value.json.get_int64().get(number)) {
      Value text = trimmed(value);
      if (text.is_string()) return misfit(text, fmt::format("is not {}", what));
      auto exact = parse_decimal(text.token, 38, 0);  // 12.0, 1e3, or too long for simdjson
      if (!exact) return misfit(text, fmt::format("is not {}", what));
      if (*exact < std::numeric_limits<std::int64_t>::min() || *exact > std::numeric_limits<std::int64_t>::max())
        return misfit(text, fmt::format("is out of range for {}", what));
      number = static_cast<std::int64_t>(*exact);
    }
    if (number < std::numeric_limits<T>::min() || number > std::numeric_limits<T>::max())
      return misfit(trimmed(value), fmt::format("is out of range for {}", what));
    column.append(static_cast<T>(number));
    return true;
  }

  // A long column that meets a fraction becomes double; the row is of no use then, and nor is what stands in it.
  bool decode_fraction(Value& value, const ValuePlan& plan, ColumnBuilder& column) {
    bool top_level = !root_.fields.empty() && &plan >= &root_.fields.front() && &plan <= &root_.fields.back();
    if (columns_ == Columns::kDeclared || !top_level || value.is_string()) return false;
    bool integer = token_of(value.json).find_first_of(".eE") == std::string_view::npos;
    double number;
    if (integer || value.json.get_double().get(number)) return false;
    if (columns_ == Columns::kGrowing) {
      reason_ += fmt::format(
          "; the column stays long (the table's files are past the {} MiB that are rewritten to make it double, hold "
          "whole numbers that no double holds, or could not be rewritten): send such records to a topic of their own",
          engine::kReplaceBytesMax.count() >> 20);
      return false;
    }
    pending_doubles_.push_back(static_cast<std::size_t>(&plan - root_.fields.data()));
    column.append(std::int64_t{0});
    return true;
  }

  bool decode_floating(Value& value, table::TypeKind kind, ColumnBuilder& column) {
    double number;
    if (value.json.get_double().get(number)) {
      Value text = trimmed(value);
      if (text.token == "\"NaN\"")
        number = std::numeric_limits<double>::quiet_NaN();
      else if (text.token == "\"Infinity\"")
        number = std::numeric_limits<double>::infinity();
      else if (text.token == "\"-Infinity\"")
        number = -std::numeric_limits<double>::infinity();
      else
        return misfit(text, kind == kFloat ? "is not a float" : "is not a double");
    }
    if (kind == kDouble) {
      column.append(number);
      return true;
    }
    auto narrow = static_cast<float>(number);
    if (std::isinf(narrow) && !std::isinf(number)) return misfit(trimmed(value), "is out of range for a float");
    column.append(narrow);
    return true;
  }

  bool decode_string(Value& value, ColumnBuilder& column) {
    if (!value.is_string()) return decode_raw(value, column);
    std::string_view text;
    if (!string_of(value, text)) return false;
    column.append_bytes(text.data(), text.size());
    return true;
  }

  // What is no string lands in a string column as its JSON text.
  bool decode_raw(Value& value, ColumnBuilder& column) {
    std::string_view text = token_of(value.json);
    bool nested = text == "{" || text == "[";
    Shape shape;
    if (!add_to_shape(value.json, shape, 1, reason_)) return false;  // it is well formed
    if (nested) {
      const char* next;  // the token after the closing bracket
      if (auto error = value.json.current_location().get(next)) return broken(error);
      text = without_space(std::string_view(text.data(), static_cast<std::size_t>(next - text.data())));
    }
    column.append_bytes(text.data(), text.size());
    return true;
  }

  // A string's text, borrowed from the document where it has no escapes.
  bool string_of(Value& value, std::string_view& text) {
    std::string_view token = value.token;
    std::size_t quote = token.rfind('"');
    if (std::memchr(token.data(), '\\', token.size()) == nullptr) {
      ondemand::raw_json_string raw;
      if (auto error = value.json.get_raw_json_string().get(raw)) return broken(error);
      text = token.substr(1, quote - 1);
      return true;
    }
    if (auto error = value.json.get_string().get(text)) return broken(error);
    return true;
  }

  bool decode_struct(Value& value, ValuePlan& plan, ColumnBuilder& column) {
    ondemand::object object;
    if (auto error = value.json.get_object().get(object)) {
      return error == simdjson::INCORRECT_TYPE ? misfit(trimmed(value), "is not an object") : broken(error);
    }
    if (!decode_fields(object, *plan.object, column.children(), column.length())) return false;
    column.end_struct();
    return true;
  }

  bool decode_list(Value& value, ValuePlan& plan, ColumnBuilder& column) {
    ondemand::array array;
    if (auto error = value.json.get_array().get(array)) {
      return error == simdjson::INCORRECT_TYPE ? misfit(trimmed(value), "is not an array") : broken(error);
    }
    for (auto entry : array) {
      ondemand::value element;
      if (auto error = std::move(entry).get(element)) return broken(error);
      if (!in_column("element", decode_value(element, *plan.element, column.children()[0]))) return false;
    }
    column.end_list();
    return true;
  }

  // The types whose values JSON says as text: dates, times, decimals (numbers too), uuids, binary.
  bool decode_text(Value& value, const table::Type& type, ColumnBuilder& column) {
    std::string_view text;
    if (value.is_string()) {
      if (!string_of(value, text)) return false;
    } else if (type.kind == kDecimal) {
      text = token_of(value.json);
    } else {
      return misfit(trimmed(value), fmt::format("is not a {}; write it as a string", to_string(type)));
    }
    if (append_text(text, type, column)) return true;
    return misfit(trimmed(value), fmt::format("is not a {}", to_string(type)));
  }

  bool append_text(std::string_view text, const table::Type& type, ColumnBuilder& column) {
    switch (type.kind) {
      case kDecimal: return append_parsed(parse_decimal(text, type.precision, type.scale), column);
      case kDate: return append_parsed(parse_date(text), column);
      case kTime: return append_parsed(parse_time(text), column);
      case kTimestamp:
      case kTimestamptz: {
        auto parsed = parse_timestamp(text);
        if (!parsed || (parsed->has_zone && type.kind == kTimestamp)) return false;
        column.append(parsed->micros);
        return true;
      }
      case kUuid: {
        auto uuid = Uuid::parse(text);
        if (uuid) column.append_fixed(uuid->bytes.data());
        return uuid.has_value();
      }
      case kFixed:
      case kBinary: {
        base64_.clear();
        if (!parse_base64(text, base64_)) return false;
        if (type.kind == kBinary)
          column.append_bytes(base64_.data(), base64_.size());
        else if (base64_.size() == static_cast<std::size_t>(type.length))
          column.append_fixed(base64_.data());
        else
          return false;
        return true;
      }
      default: return false;
    }
  }

  template <class T>
  static bool append_parsed(std::optional<T> parsed, ColumnBuilder& column) {
    if (parsed) column.append(*parsed);
    return parsed.has_value();
  }

  std::vector<table::Field> fields_;  // long columns that met a fraction being double
  const Columns columns_;
  ObjectPlan root_;
  const std::size_t room_;  // columns that may still be added
  ondemand::parser parser_;
  const char* end_ = nullptr;  // of the record's value
  std::string_view key_;       // of the field at hand, if it was not where the columns' order has it
  Buffer base64_;
  std::vector<Pending> pending_;
  std::size_t pending_fields_ = 0;
  std::vector<std::size_t> pending_doubles_;  // columns of the record at hand that can't stay long
  bool has_new_ = false;
  std::string reason_, path_;
};

JsonDecoder::JsonDecoder(const table::Schema& schema, Columns columns)
    : impl_(std::make_unique<Impl>(schema, columns)) {}
JsonDecoder::~JsonDecoder() = default;
bool JsonDecoder::decode(ByteView value, tail::ChunkBuilder& rows) { return impl_->decode(value, rows); }
const std::string& JsonDecoder::reason() const { return impl_->reason(); }
bool JsonDecoder::has_new_fields() const { return impl_->has_new_fields(); }
std::vector<table::Field> JsonDecoder::fields_with_new() const { return impl_->fields_with_new(); }

}  // namespace tarn::worker::land
