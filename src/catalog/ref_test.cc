#include "catalog/ref.h"

#include <doctest/doctest.h>

namespace tarn::catalog {

TEST_CASE("a ref is a branch, or a branch at a version, and prints as it was written") {
  for (const char* text : {"main", "run/7", "run/7@412", "a.b-c_d@0", "main@9223372036854775807"}) {
    auto ref = parse_ref(text);
    REQUIRE_MESSAGE(ref, text);
    CHECK(to_string(*ref) == text);
  }
  CHECK(parse_ref("main")->is_main());
  CHECK(!parse_ref("main@3")->is_main());
  CHECK(parse_ref("run/7@412")->version == CatalogVersion(412));
}

TEST_CASE("what is no ref is refused with a word on why") {
  for (const char* text : {"", "@", "@3", "main@", "main@x", "main@-1", "main@1 ", "main@99999999999999999999", "a|b",
                           "a b", "/a", ".a", "-a", "a@1@2", "\xC3\xA4"}) {
    auto ref = parse_ref(text);
    CHECK_MESSAGE(!ref, text);
    if (!ref) CHECK(ref.error().code == Code::kInvalidArgument);
  }
  CHECK(!parse_ref(std::string(101, 'a')));
  CHECK(parse_ref(std::string(100, 'a')));
}

}  // namespace tarn::catalog
