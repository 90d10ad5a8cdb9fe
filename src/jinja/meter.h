// What one rendering may cost. A template is a program that somebody else wrote: every loop, every text it makes and
// every comparison of deep lists spends from a Meter, and one that is spent ends the rendering with kLimit, so no
// template takes all memory, stack or time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace tarn::jinja {

struct Limits {
  std::uint64_t steps_max = 5'000'000;             // about one per expression, item or 64 bytes looked at: below 2 s
  std::size_t value_bytes_max = 64 * 1024 * 1024;  // all texts and lists made, living or not
  std::size_t output_bytes_max = 16 * 1024 * 1024;
};

inline constexpr std::size_t kTemplateBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kNestingMax = 200;     // of expressions and statements in a template
inline constexpr std::size_t kValueDepthMax = 100;  // of lists in lists, where they are walked
inline constexpr std::int64_t kRangeMax = 100'000;  // as Jinja2's sandbox has it

class Meter {
 public:
  explicit Meter(const Limits& limits) : steps_left_(limits.steps_max), bytes_left_(limits.value_bytes_max) {}

  // Errors: kLimit.
  Result<void> spend(std::uint64_t steps = 1) {
    if (steps > steps_left_) return too_long();
    steps_left_ -= steps;
    return {};
  }

  // One level of what walks lists in lists, while it lives. Errors: kLimit past kValueDepthMax.
  class Level {
   public:
    explicit Level(Meter& meter) : meter_(meter) { ++meter_.depth_; }
    ~Level() { --meter_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Result<void> check() const;

   private:
    Meter& meter_;
  };

  // `bytes` are about to be made. Errors: kLimit, before they are.
  Result<void> make(std::size_t bytes) {
    if (bytes > bytes_left_) return too_much();
    bytes_left_ -= bytes;
    return spend(1 + bytes / 64);
  }

 private:
  static std::unexpected<Error> too_long();
  static std::unexpected<Error> too_much();

  std::uint64_t steps_left_;
  std::size_t bytes_left_;
  std::size_t depth_ = 0;
};

}  // namespace tarn::jinja
