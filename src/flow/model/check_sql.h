// Whether what a plan's nodes were rendered to is SQL at all: asked before anything is built. Which tables and columns
// there are only a run can tell.
#pragma once

#include "flow/model/plan.h"

namespace tarn::flow::model {

// Every node must be one select that Tarn's grammar takes; what is not is a problem at its place in the node's file.
void check_sql(const Plan& plan, Problems& problems);

// "syntax error at or near "form"; the hint", then the line of the SQL with a caret, if the place is known.
std::string sql_message(std::string message, const std::string& hint, std::string_view sql, std::size_t position);

}  // namespace tarn::flow::model
