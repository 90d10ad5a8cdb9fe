// A plan against what the platform has: that sources are there, that no model takes a landed table's name.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "flow/model/plan.h"

namespace tarn::flow::publish {

// The topics to land before the run: those that its sources are tables of. Errors: kInvalidArgument, every problem with
// its place in one message.
Result<std::vector<std::string>> check_before_landing(const model::Plan& plan, const catalog::State& main);

// Topics, by their tables' default names, that may make the sources which are not there: one whose first record was
// only just acknowledged has no table yet.
std::vector<std::string> topics_to_come(const model::Plan& plan, const catalog::State& main);

// Once they have landed: every table that is read and not built is there. The tests that read a model which is in
// neither are given back, with why: they are skipped.
struct Unasked {
  std::size_t node;
  std::string why;
};
Result<std::vector<Unasked>> check_after_landing(const model::Plan& plan, const catalog::State& main);

}  // namespace tarn::flow::publish
