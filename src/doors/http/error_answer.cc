#include "doors/http/error_answer.h"

#include <nlohmann/json.hpp>

namespace tarn::doors::http {
namespace {

struct Mapping {
  int status;
  const char* type;
};

// The types are the class names that Iceberg's clients know.
Mapping mapping(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return {400, "BadRequestException"};
    case Code::kLimit: return {400, "BadRequestException"};
    case Code::kNotFound: return {404, "NotFoundException"};
    case Code::kAlreadyExists: return {409, "AlreadyExistsException"};
    case Code::kConflict: return {409, "CommitFailedException"};
    case Code::kFenced: return {409, "CommitFailedException"};
    case Code::kUnsupported: return {406, "UnsupportedOperationException"};
    case Code::kDenied: return {403, "ForbiddenException"};
    case Code::kUnavailable: return {503, "ServiceUnavailableException"};
    case Code::kCancelled: return {503, "ServiceUnavailableException"};
    case Code::kTimeout: return {504, "ServiceFailureException"};
    case Code::kCommitUnknown: return {500, "CommitStateUnknownException"};
    case Code::kIo: return {500, "ServiceFailureException"};
    case Code::kCorruption: return {500, "ServiceFailureException"};
    case Code::kInternal: return {500, "ServiceFailureException"};
  }
  return {500, "ServiceFailureException"};
}

}  // namespace

Answer error_answer(int status, std::string_view type, std::string_view message) {
  nlohmann::ordered_json json{{"error", {{"message", message}, {"type", type}, {"code", status}}}};
  return {.status = status, .body = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

Answer error_answer(const Error& error) {
  Mapping to = mapping(error.code);
  return error_answer(to.status, to.type, error.message);
}

}  // namespace tarn::doors::http
