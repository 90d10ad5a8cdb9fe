#include "jinja/letters.h"

#include <algorithm>

namespace tarn::jinja::letters {
namespace {

// Every `stride`th from first to last is large, and `offset` further is the same letter, small.
struct Pairs {
  char32_t first, last, stride;
  std::int32_t offset;
};
constexpr Pairs kPairs[] = {
    {'A', 'Z', 1, 32},      {0xc0, 0xd6, 1, 32},    {0xd8, 0xde, 1, 32},   {0x100, 0x12e, 2, 1},
    {0x132, 0x136, 2, 1},   {0x139, 0x147, 2, 1},   {0x14a, 0x176, 2, 1},  {0x178, 0x178, 1, -121},
    {0x179, 0x17d, 2, 1},   {0x200, 0x21e, 2, 1},   {0x386, 0x386, 1, 38}, {0x388, 0x38a, 1, 37},
    {0x38c, 0x38c, 1, 64},  {0x38e, 0x38f, 1, 63},  {0x391, 0x3a1, 1, 32}, {0x3a4, 0x3ab, 1, 32},
    {0x400, 0x40f, 1, 80},  {0x410, 0x42f, 1, 32},  {0x460, 0x480, 2, 1},  {0x48a, 0x4be, 2, 1},
    {0x4c0, 0x4c0, 1, 15},  {0x4c1, 0x4cd, 2, 1},   {0x4d0, 0x52e, 2, 1},  {0x531, 0x556, 1, 48},
    {0x1e00, 0x1e94, 2, 1}, {0x1ea0, 0x1efe, 2, 1},
};

// Without case: signs, Hebrew to Burmese, punctuation, currencies, arrows, figures, CJK, Hangul, emoji.
struct Span {
  char32_t first, last;
};
constexpr Span kNoCase[] = {
    {0x00, 0x40},     {0x5b, 0x60},     {0x7b, 0xa9},       {0xab, 0xb4},     {0xb6, 0xb9},     {0xbb, 0xbf},
    {0xd7, 0xd7},     {0xf7, 0xf7},     {0x300, 0x344},     {0x346, 0x36f},   {0x590, 0x109f},  {0x1100, 0x11ff},
    {0x2010, 0x2070}, {0x20a0, 0x20cf}, {0x2190, 0x245f},   {0x2500, 0x2bff}, {0x2e80, 0xa63f}, {0xac00, 0xd7af},
    {0xf900, 0xfaff}, {0xfe00, 0xfe0f}, {0x1f300, 0x1faff},
};

bool is_large(const Pairs& pairs, char32_t point) {
  return point >= pairs.first && point <= pairs.last && (point - pairs.first) % pairs.stride == 0;
}

char32_t moved(char32_t point, std::int32_t by) { return static_cast<char32_t>(static_cast<std::int32_t>(point) + by); }

}  // namespace

std::optional<Letter> find(char32_t point) {
  for (const Pairs& pairs : kPairs) {
    if (is_large(pairs, point)) return Letter{Letter::Case::kUpper, moved(point, pairs.offset)};
    if (is_large(pairs, moved(point, -pairs.offset))) return Letter{Letter::Case::kLower, moved(point, -pairs.offset)};
  }
  if (point == kSharpS) return Letter{Letter::Case::kLower, point};
  const bool none =
      std::ranges::any_of(kNoCase, [&](const Span& span) { return point >= span.first && point <= span.last; });
  return none ? std::optional(Letter{}) : std::nullopt;
}

}  // namespace tarn::jinja::letters
