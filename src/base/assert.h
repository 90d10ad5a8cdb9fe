// Asserts for invariants of ours: always on, never reachable from input. A failure prints where and stops the process,
// since going on would write state that nobody has reasoned about.
#pragma once

namespace tarn {

[[noreturn]] void assert_failed(const char* condition, const char* file, int line, const char* why);

}  // namespace tarn

// TARN_ASSERT(condition) or TARN_ASSERT(condition, "why it must hold").
#define TARN_ASSERT(condition, ...)                                          \
  do {                                                                       \
    if (!(condition)) [[unlikely]]                                           \
      ::tarn::assert_failed(#condition, __FILE__, __LINE__, "" __VA_ARGS__); \
  } while (false)
