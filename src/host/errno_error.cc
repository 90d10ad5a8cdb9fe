#include "host/errno_error.h"

#include <cstring>

namespace tarn::host {

static Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT: return Code::kNotFound;
    case EEXIST: return Code::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN: return Code::kUnavailable;
    case EOPNOTSUPP: return Code::kUnsupported;
    default: return Code::kIo;
  }
}

Error errno_error(std::string_view what, std::string_view subject, int error_number) {
  const char* text = strerrordesc_np(error_number);
  std::string message = "cannot ";
  message.append(what).append(" ").append(subject).append(": ");
  message.append(text ? text : "error " + std::to_string(error_number));
  return Error{code_of(error_number), std::move(message)};
}

}  // namespace tarn::host
