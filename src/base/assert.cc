#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace tarn {

void assert_failed(const char* condition, const char* file, int line, const char* why) {
  std::fprintf(stderr, "assert failed: %s (%s:%d) %s\n", condition, file, line, why);
  std::abort();
}

}  // namespace tarn
