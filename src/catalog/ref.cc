#include "catalog/ref.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tarn::catalog {
namespace {

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

}  // namespace

Result<void> check_branch_name(std::string_view name) {
  bool allowed =
      std::ranges::all_of(name, [](char c) { return is_plain(c) || c == '_' || c == '-' || c == '.' || c == '/'; });
  if (!name.empty() && name.size() <= kBranchNameMax && allowed && is_plain(name.front())) return {};
  return fail(
      Code::kInvalidArgument,
      fmt::format("\"{}\" is no name for a branch: it has 1 to {} letters, digits, _ - . and /, and begins with "
                  "a letter or digit",
                  name.substr(0, kBranchNameMax), kBranchNameMax));
}

Result<Ref> parse_ref(std::string_view text) {
  std::size_t at = text.find('@');
  Ref ref{.branch = std::string(text.substr(0, at))};
  TARN_TRY(check_branch_name(ref.branch));
  if (at == std::string_view::npos) return ref;
  std::string_view digits = text.substr(at + 1);
  std::int64_t version = -1;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || version < 0)
    return fail(Code::kInvalidArgument,
                fmt::format("\"{}\" is no version of branch {}: it is a number of the catalog's, such as {}@12",
                            digits.substr(0, kBranchNameMax), ref.branch, ref.branch));
  ref.version = CatalogVersion(version);
  return ref;
}

std::string to_string(const Ref& ref) {
  return ref.version ? fmt::format("{}@{}", ref.branch, ref.version->value()) : ref.branch;
}

}  // namespace tarn::catalog
