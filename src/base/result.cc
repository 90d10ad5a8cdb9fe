#include "base/result.h"

namespace tarn {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return "invalid_argument";
    case Code::kNotFound: return "not_found";
    case Code::kAlreadyExists: return "already_exists";
    case Code::kConflict: return "conflict";
    case Code::kUnsupported: return "unsupported";
    case Code::kDenied: return "denied";
    case Code::kLimit: return "limit";
    case Code::kUnavailable: return "unavailable";
    case Code::kTimeout: return "timeout";
    case Code::kCancelled: return "cancelled";
    case Code::kIo: return "io";
    case Code::kCorruption: return "corruption";
    case Code::kCommitUnknown: return "commit_unknown";
    case Code::kFenced: return "fenced";
    case Code::kInternal: return "internal";
  }
  return "unknown";
}

}  // namespace tarn
