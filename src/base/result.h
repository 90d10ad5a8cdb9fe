// What every fallible call returns: a value, or an Error that a person can act on.
//
// We don't throw. An Error has a code that each door maps to its own protocol through one table, a message that says
// what failed, which thing, and what to do next, and no stack: context is added by whoever can name more
// (`with_context`).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tarn {

// One code per kind of reaction a caller can have; not one per place that fails.
enum class Code {
  kInvalidArgument,  // the request is wrong; the same request fails again
  kNotFound,         // names something that does not exist
  kAlreadyExists,    // creates something that exists
  kConflict,         // lost a race; retry against the present state (SQLSTATE 40001, HTTP 409)
  kUnsupported,      // understood, not served (yet)
  kDenied,           // `access` said no
  kLimit,            // a named limit was met; the message says which
  kUnavailable,      // not now: starting, stopping, disk full, worker died. Retriable
  kTimeout,          // a named deadline passed
  kCancelled,        // the caller asked to stop
  kIo,               // the host refused: the message carries errno's text and the path
  kCorruption,       // bytes on disk are not what was written; never retried, never repaired by guess
  kCommitUnknown,    // the commit may or may not have happened: neither retry blindly nor delete its files
  kFenced,           // a newer owner exists (zombie worker, old producer epoch)
  kInternal,         // a bug of ours
};

std::string_view code_name(Code code);

struct Error {
  Code code = Code::kInternal;
  std::string message;  // for a person: what, which, what to do next

  // Prefixes the message with what the caller was doing: "landing topic rides: <message>".
  Error with_context(std::string_view context) && {
    message.insert(0, ": ").insert(0, context);
    return std::move(*this);
  }
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace tarn

// TARN_TRY(expr): returns expr's error from the enclosing function, else goes on.
// TARN_ASSIGN(auto x, expr): the same, and binds the value.
#define TARN_CONCAT_(a, b) a##b
#define TARN_CONCAT(a, b) TARN_CONCAT_(a, b)
#define TARN_TRY(expr)                                                          \
  do {                                                                          \
    auto tarn_result_ = (expr);                                                 \
    if (!tarn_result_) return std::unexpected(std::move(tarn_result_).error()); \
  } while (false)
#define TARN_ASSIGN_(temp, decl, expr)                        \
  auto temp = (expr);                                         \
  if (!temp) return std::unexpected(std::move(temp).error()); \
  decl = std::move(*temp)
#define TARN_ASSIGN(decl, expr) TARN_ASSIGN_(TARN_CONCAT(tarn_value_, __COUNTER__), decl, expr)
