#include "engine/sql_error.h"

namespace tarn::engine {

std::string_view sqlstate(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return "22023";
    case Code::kNotFound: return "42704";
    case Code::kAlreadyExists: return "42710";
    case Code::kConflict: return "40001";
    case Code::kUnsupported: return "0A000";
    case Code::kDenied: return "42501";
    case Code::kLimit: return "54000";
    case Code::kUnavailable: return "57P03";
    case Code::kTimeout: return "57014";
    case Code::kCancelled: return "57014";
    case Code::kIo: return "58030";
    case Code::kCorruption: return "XX001";
    case Code::kCommitUnknown: return "08007";
    case Code::kFenced: return "40001";
    case Code::kInternal: return "XX000";
  }
  return "XX000";
}

SqlError to_sql_error(const Error& error) { return {std::string(sqlstate(error.code)), error.message, {}, {}, 0}; }

}  // namespace tarn::engine
