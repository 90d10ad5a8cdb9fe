// errno as an Error: kNotFound, kAlreadyExists, kUnavailable for what passes by itself (a full disk or quota, too many
// open files, no memory), kIo for the rest. Used inside `host` only.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tarn::host {

Error errno_error(std::string_view what, std::string_view subject, int error_number);

// "cannot <what> <subject>: <errno's text>", from the present errno.
inline std::unexpected<Error> fail_errno(std::string_view what, std::string_view subject) {
  return std::unexpected(errno_error(what, subject, errno));
}

// Calls a system call again while a signal interrupts it.
template <class Call>
auto retry_interrupted(Call call) {
  while (true) {
    auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace tarn::host
