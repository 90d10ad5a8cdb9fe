// Snapshot summaries (spec, Appendix F, "Optional Snapshot Summary Fields").
#pragma once

#include <map>
#include <string>
#include <vector>

#include "table/plan.h"

namespace tarn::table {

// What `change` did, and the table's totals after it: those of `parent` (null for the first snapshot) plus the change.
// A total that the parent does not say is left out.
std::map<std::string, std::string> summarize(const Change& change, const std::vector<DataFile>& removed,
                                             const Snapshot* parent);

}  // namespace tarn::table
