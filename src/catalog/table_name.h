// The name of a table or view. Both are names of one kind: there is one thing of a name.
#pragma once

#include <compare>
#include <cstddef>
#include <string>

namespace tarn::catalog {

inline constexpr std::size_t kNameMax = 200;  // bytes of a namespace, table or view name

struct TableName {
  std::string name_space;  // one level for now
  std::string name;
  auto operator<=>(const TableName&) const = default;
};
std::string to_string(const TableName& name);  // "public.rides"

}  // namespace tarn::catalog
