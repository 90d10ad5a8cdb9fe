// Which state of the catalog a reader means: a branch, as it is or as it was.
//
//   main            the newest state of main
//   run/7           a branch
//   run/7@412       the branch as it was at catalog version 412
//
// SQL clients write it after the database (`tarn@run/7@412`), Iceberg clients before the warehouse (`run/7@412|tarn`).
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"

namespace tarn::catalog {

inline constexpr std::string_view kMainBranch = "main";
inline constexpr std::size_t kBranchNameMax = 100;  // bytes

struct Ref {
  std::string branch{kMainBranch};
  std::optional<CatalogVersion> version;  // none: as it is
  auto operator<=>(const Ref&) const = default;
  bool is_main() const { return branch == kMainBranch && !version; }  // the newest state of main
};

// kInvalidArgument says what is wrong. Whether there is such a branch is the catalog's to say.
Result<Ref> parse_ref(std::string_view text);
std::string to_string(const Ref& ref);

// A name of letters, digits, _ - . and /, beginning with a letter or digit: neither @ nor | can be in one.
Result<void> check_branch_name(std::string_view name);

}  // namespace tarn::catalog
