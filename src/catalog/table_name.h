// The name of a table or view. Both are names of one kind: there is one thing of a name.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace tarn::catalog {

inline constexpr std::size_t kNameMax = 200;    // bytes of a namespace, table or view name
inline constexpr std::size_t kSqlNameMax = 63;  // of one that SQL can say: more Postgres cuts (NAMEDATALEN - 1)
inline constexpr std::string_view kDeadLetterSuffix = "__dlq";  // only landing makes tables of such names

struct TableName {
  std::string name_space;  // one level for now
  std::string name;
  auto operator<=>(const TableName&) const = default;
};
std::string to_string(const TableName& name);  // "public.rides"

}  // namespace tarn::catalog
