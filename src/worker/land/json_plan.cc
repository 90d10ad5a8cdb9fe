#include "worker/land/json_plan.h"

namespace tarn::worker::land {
namespace {

std::string lower_case(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

void grow_type(table::Type& type, const ValuePlan& plan, std::size_t& room) {
  if (plan.object) type.children = grown_fields(type.children, *plan.object, room);
  if (plan.element) grow_type(type.children.at(0).type, *plan.element, room);
}

}  // namespace

ValuePlan::ValuePlan(const table::Field& field) : name(field.name), type(field.type) {
  if (type.kind == table::TypeKind::kStruct) object = std::make_unique<ObjectPlan>(type.children);
  if (type.kind == table::TypeKind::kList) element = std::make_unique<ValuePlan>(type.children.at(0));
}

ObjectPlan::ObjectPlan(const std::vector<table::Field>& from) {
  for (const table::Field& field : from) fields.emplace_back(field);
  for (std::size_t i = 0; i < fields.size(); ++i) by_name.try_emplace(lower_case(fields[i].name), i);
}

std::size_t ObjectPlan::find(std::string_view name) const {
  auto found = by_name.find(lower_case(name));
  return found == by_name.end() ? kNone : found->second;
}

std::size_t count_fields(const std::vector<table::Field>& fields) {
  std::size_t count = fields.size();
  for (const table::Field& field : fields) count += count_fields(field.type.children);
  return count;
}

std::vector<table::Field> grown_fields(const std::vector<table::Field>& fields, const ObjectPlan& plan,
                                       std::size_t& room) {
  std::vector<table::Field> out = fields;
  for (std::size_t i = 0; i < out.size(); ++i) grow_type(out[i].type, plan.fields[i], room);
  auto added = plan.added.type();
  if (!added) return out;
  for (table::Field& field : added->children) {
    std::size_t size = 1 + count_fields(field.type.children);
    if (size > room) continue;
    room -= size;
    out.push_back(std::move(field));
  }
  return out;
}

}  // namespace tarn::worker::land
