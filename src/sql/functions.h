// The functions that a statement may call: an allow-list, with what each becomes in DuckDB. A name that is not here
// does not exist for the client (42883), whatever DuckDB has.
#pragma once

#include <string_view>

#include "sql/types.h"

namespace tarn::sql {

enum class FunctionKind { kScalar, kAggregate, kWindow, kSet };

// Rules that need more than a template; printed by call.cc.
enum class Special {
  kNone,
  kSum,
  kAvg,
  kRound,
  kDateTrunc,
  kDatePart,
  kExtract,
  kCount,
  kConcat,
  kCurrentSetting,
  kLikeEscape,
  kOrdered,
  kGenerateSeries,
  kUnnest,
  kEncode,
  kDecode,
  kConvertFrom,
  kConvertTo,
  kSetConfig,
  kLength,
  kSubstring,
  kFormat,
  kWhole,
  kTypeOf,
  kToChar,
  kTrunc,
  kSign,
  kToDate,
  kToTimestamp,
};

struct FunctionFacts {
  std::string_view name;
  FunctionKind kind;
  int arguments_min;
  int arguments_max;      // -1: any number
  std::string_view duck;  // "" the same name, "f" another, or a template: "strpos($1, $2)"
  std::string_view
      result;  // a type's name; "=1" that of the first argument, "=1[]" its array; "=" the common type; "" unknown
  Special special = Special::kNone;
};

// The overload of `name` that takes `arguments`; nullptr if none does. `known` says whether any has the name.
const FunctionFacts* find_function(std::string_view name, int arguments, bool& known);

}  // namespace tarn::sql
