// The four tests that a .yml can ask for, by dbt's names and with dbt's SQL: not_null, unique, accepted_values,
// relationships.
#pragma once

#include <optional>
#include <string>

#include "flow/model/names.h"
#include "flow/model/project.h"

namespace tarn::flow::model {

// "not_null_rides_id": of the test's kind, what it is on and its arguments; past 63 bytes cut and told apart by a hash,
// as dbt does. `target`: the model's name, or "source_table" of a source, for which the name begins with "source_".
std::string generic_test_name(const TestSpec& spec, const std::string& target, bool of_source);

// Checks kind and arguments; problems are reported at their places. False if it can't be compiled.
bool check_generic_test(const TestSpec& spec, Findings& findings);

// The SQL that gives the failing rows. `model`: what is tested, as SQL says it. `arguments`: rendered.
Result<std::string> generic_test_sql(const TestSpec& spec, const std::string& model, const Values& arguments);

}  // namespace tarn::flow::model
