#include "jinja/meter.h"

#include <fmt/format.h>

namespace tarn::jinja {

std::unexpected<Error> Meter::too_long() {
  return fail(Code::kLimit, "the template takes too many steps; loop over less");
}

std::unexpected<Error> Meter::too_much() {
  return fail(Code::kLimit, "the template makes too many bytes of values; make shorter texts and lists");
}

Result<void> Meter::Level::check() const {
  if (meter_.depth_ <= kValueDepthMax) return {};
  return fail(Code::kLimit,
              fmt::format("values more than {} levels deep in each other; make them flatter", kValueDepthMax));
}

}  // namespace tarn::jinja
