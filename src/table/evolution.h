// Checking schemas, and their next version (spec, "Schema Evolution").
#pragma once

#include <vector>

#include "base/result.h"
#include "table/schema.h"

namespace tarn::table {

// kInvalidArgument or kLimit, naming the field: names empty or twice, nested types without their parts, decimals out of
// range, more than kColumnsMax fields or deeper than kNestingMax, no column at all.
Result<void> check_fields(const std::vector<Field>& fields);

// What `current` becomes with `fields`: known fields (by id) keep their place in the hierarchy and their type or a
// wider one, new ones (id 0) are optional and get ids after `last_assigned`, at any depth. Nothing is dropped, unless
// `may_replace`: then a new column may stand at the place of one of the same name, whose values it does not have.
// kInvalidArgument says which field breaks that. The result's schema id is the caller's to set.
Result<Schema> evolve(const Schema& current, std::vector<Field> fields, FieldId& last_assigned,
                      bool may_replace = false);

// The schema of a table whose rows are all replaced: `fields` as they are, but a column of the same name and type as
// one of `current` keeps its id, the others get ids after `last_assigned`. The result's schema id is the caller's to
// set.
Result<Schema> replace(const Schema& current, std::vector<Field> fields, FieldId& last_assigned);

}  // namespace tarn::table
