#include <cstddef>
#include <cstdint>
#include <string_view>

#include "flow/model/plan.h"

// A plan that is taken says the same after a trip through JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::flow::model;
  auto plan = parse_plan(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!plan) return 0;
  auto again = parse_plan(to_json(*plan));
  if (!again || again->nodes.size() != plan->nodes.size()) __builtin_trap();
  return 0;
}
