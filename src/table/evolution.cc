#include "table/evolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tarn::table {
namespace {

std::unexpected<Error> wrong(std::string_view why) { return fail(Code::kInvalidArgument, std::string(why)); }

Result<void> check_parts(const Field& field) {
  const Type& type = field.type;
  std::size_t parts = type.children.size();
  bool right = type.kind == TypeKind::kStruct ? parts > 0
               : type.kind == TypeKind::kList ? parts == 1
               : type.kind == TypeKind::kMap  ? parts == 2
                                              : parts == 0;
  if (!right)
    return wrong(fmt::format("column {}: its type has {} parts, which is not what such a type has", field.name, parts));
  if (type.kind == TypeKind::kDecimal &&
      (type.precision < 1 || type.precision > 38 || type.scale < 0 || type.scale > type.precision))
    return wrong(
        fmt::format("column {}: a decimal's precision is 1 to 38 and its scale 0 to the precision", field.name));
  return {};
}

Result<void> check_size(const std::vector<Field>& fields, int depth, std::size_t& count) {
  if (depth > kNestingMax) return fail(Code::kLimit, fmt::format("a schema may be nested {} deep", kNestingMax));
  count += fields.size();
  if (count > kColumnsMax) return fail(Code::kLimit, fmt::format("a schema may have {} fields", kColumnsMax));
  for (const Field& field : fields) TARN_TRY(check_size(field.type.children, depth + 1, count));
  return {};
}

Result<void> check_level(const std::vector<Field>& fields) {
  std::set<std::string_view> names;
  for (const Field& field : fields) {
    if (field.name.empty()) return wrong("a column has no name");
    if (!names.insert(field.name).second) return wrong(fmt::format("column {} is there twice", field.name));
    TARN_TRY(check_parts(field));
    TARN_TRY(check_level(field.type.children));
  }
  return {};
}

Result<void> check_evolved(const std::vector<Field>& current, const std::vector<Field>& next, bool may_replace);

Result<void> check_kept(const Field& before, const Field& after) {
  if (after.required && !before.required)
    return wrong(fmt::format("column {} has had nulls and cannot become required", after.name));
  if (before.type.is_nested() && before.type.kind == after.type.kind)
    return check_evolved(before.type.children, after.type.children, false);
  if (!can_promote(before.type, after.type))
    return wrong(fmt::format("column {} cannot change from {} to {}", after.name, to_string(before.type),
                             to_string(after.type)));
  return {};
}

Result<void> check_evolved(const std::vector<Field>& current, const std::vector<Field>& next, bool may_replace) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < next.size(); ++i) {
    const Field& field = next[i];
    if (field.id == FieldId(0)) {
      if (field.required)
        return wrong(fmt::format("column {} is new and cannot be required: older rows lack it", field.name));
      if (may_replace && i < current.size() && current[i].name == field.name) ++kept;
      continue;
    }
    auto before = std::ranges::find(current, field.id, &Field::id);
    if (before == current.end())
      return wrong(fmt::format("column {} has field id {}, which is not there", field.name, field.id.value()));
    TARN_TRY(check_kept(*before, field));
    ++kept;
  }
  if (kept != current.size()) return wrong("columns cannot be dropped, nor be there twice");
  return {};
}

// Equal but for ids, and for what values do not depend on.
bool same_type(const Type& a, const Type& b) {
  return a.kind == b.kind && a.precision == b.precision && a.scale == b.scale && a.length == b.length &&
         std::ranges::equal(a.children, b.children, [](const Field& one, const Field& other) {
           return one.name == other.name && one.required == other.required && same_type(one.type, other.type);
         });
}

void clear_ids(std::vector<Field>& fields) {
  for (Field& field : fields) {
    field.id = FieldId(0);
    clear_ids(field.type.children);
  }
}

}  // namespace

Result<void> check_fields(const std::vector<Field>& fields) {
  if (fields.empty()) return wrong("a table needs a column");
  std::size_t count = 0;
  TARN_TRY(check_size(fields, 0, count));
  return check_level(fields);
}

Result<Schema> evolve(const Schema& current, std::vector<Field> fields, FieldId& last_assigned, bool may_replace) {
  TARN_TRY(check_fields(fields));
  TARN_TRY(check_evolved(current.fields, fields, may_replace));
  Schema schema{.fields = std::move(fields)};
  assign_ids(schema, last_assigned);
  return schema;
}

Result<Schema> replace(const Schema& current, std::vector<Field> fields, FieldId& last_assigned) {
  TARN_TRY(check_fields(fields));
  clear_ids(fields);
  for (Field& field : fields) {
    const Field* before = current.find(field.name);
    if (!before || !same_type(before->type, field.type)) continue;
    field.id = before->id;
    field.type = before->type;
  }
  Schema schema{.fields = std::move(fields)};
  assign_ids(schema, last_assigned);
  return schema;
}

}  // namespace tarn::table
