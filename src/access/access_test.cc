#include "access/access.h"

#include <doctest/doctest.h>

namespace tarn::access {

TEST_CASE("the local administrator may, anyone else may not and is told what") {
  CHECK(authorize(local_admin("ada"), Action::kWrite, {ResourceKind::kTopic, "rides"}));
  auto denied = authorize({.name = "eve"}, Action::kDrop, {ResourceKind::kTable, "public.rides"});
  REQUIRE(!denied);
  CHECK(denied.error().code == Code::kDenied);
  CHECK(denied.error().message == "eve may not drop table public.rides; ask an administrator for a grant");
}

}  // namespace tarn::access
