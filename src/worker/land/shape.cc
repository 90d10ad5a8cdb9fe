#include "worker/land/shape.h"

#include <algorithm>

namespace tarn::worker::land {

static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

Shape* Shape::field(std::string_view name) {
  std::size_t count = fields_.size();
  for (std::size_t tried = 0; tried < count; ++tried) {
    std::size_t at = next_ < count ? next_ : 0;
    next_ = at + 1;
    if (same_name(fields_[at].first, name)) return &fields_[at].second;
  }
  if (count == table::kColumnsMax) return nullptr;
  next_ = count + 1;
  return &fields_.emplace_back(std::string(name), Shape{}).second;
}

Shape& Shape::element() {
  if (!element_) element_ = std::make_unique<Shape>();
  return *element_;
}

void Shape::merge(const Shape& other) {
  kinds_ |= other.kinds_;
  for (const auto& [name, shape] : other.fields_) {
    if (Shape* mine = field(name)) mine->merge(shape);
  }
  if (other.element_) element().merge(*other.element_);
}

static table::Type struct_type(const std::vector<std::pair<std::string, Shape>>& fields) {
  table::Type type{.kind = table::TypeKind::kStruct};
  for (const auto& [name, shape] : fields) {
    if (auto inner = shape.type()) type.children.push_back({.name = name, .type = std::move(*inner)});
  }
  return type;
}

std::optional<table::Type> Shape::type() const {
  using enum table::TypeKind;
  switch (kinds_) {
    case 0: return std::nullopt;
    case kTruth: return table::Type{.kind = kBoolean};
    case kInteger: return table::Type{.kind = kLong};
    case kFraction:
    case kFraction | kInteger: return table::Type{.kind = kDouble};
    case kObject: {
      table::Type type = struct_type(fields_);
      if (type.children.empty()) return std::nullopt;
      return type;
    }
    case kArray: {
      std::optional<table::Type> inner = element_ ? element_->type() : std::nullopt;
      if (!inner) return std::nullopt;
      table::Type type{.kind = kList};
      type.children.push_back({.name = "element", .type = std::move(*inner)});
      return type;
    }
    default: return table::Type{.kind = kString};
  }
}

static std::size_t count_fields(const table::Type& type) {
  std::size_t count = 1;
  for (const table::Field& child : type.children) count += count_fields(child.type);
  return count;
}

std::size_t Shape::fields() const {
  auto known = type();
  return known ? count_fields(*known) : 0;
}

}  // namespace tarn::worker::land
