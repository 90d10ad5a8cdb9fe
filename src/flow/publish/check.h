// A plan against what the platform has: that sources are there, that no model takes a landed table's name.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "flow/model/plan.h"

namespace tarn::flow::publish {

// The topics to land before the run: those that its sources are tables of. Errors: kInvalidArgument, every problem with
// its place in one message.
Result<std::vector<std::string>> check_before_landing(const model::Plan& plan, const catalog::State& main);

// Topics whose rows the nodes' SQL reads, with source() or by a table's plain name, itself or through views of main.
// `to_come`: topics, by their tables' default names, that may make what is not there: one whose first record was only
// just acknowledged has no table yet.
struct TopicsRead {
  std::set<std::string> landed, to_come;
};
TopicsRead topics_read(const model::Plan& plan, const catalog::State& main);

// What earlier builds of this project published and no model of the plan, which is all of the project, makes: for each
// a note with the SQL that drops it. `published`: as Catalog::published_relations.
std::vector<std::string> left_over(const model::Plan& plan, const std::map<std::string, std::string>& published,
                                   const catalog::State& main);

// Once they have landed: every table that is read and not built is there. The tests that read a model which is in
// neither are given back, with why: they are skipped.
struct Unasked {
  std::size_t node;
  std::string why;
};
Result<std::vector<Unasked>> check_after_landing(const model::Plan& plan, const catalog::State& main);

}  // namespace tarn::flow::publish
