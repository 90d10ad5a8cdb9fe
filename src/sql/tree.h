// The parse tree of one query string and its memory: libpg_query's protobuf structs in an arena that lives as long as
// any statement of the string.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/rewrite.h"

struct PgQuery__Node;
struct PgQuery__ParseResult;

namespace tarn::sql {

// Grows, never shrinks, frees all at once.
class Arena {
 public:
  void* allocate(std::size_t size);

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t left_ = 0;
  std::byte* next_ = nullptr;
};

struct Source {
  std::string text;
  Arena arena;
  const PgQuery__ParseResult* parsed = nullptr;
  std::size_t tokens = 0;

  // 1-based character of the byte `location`, as the protocol counts; 0 for a negative one.
  std::int32_t position(std::int32_t location) const;
  // position() of every byte.
  std::vector<std::int32_t> characters() const;
};

struct Parsed::Tree {
  std::shared_ptr<const Source> source;
  const PgQuery__Node* node;  // a SelectStmt
};

// Runs `work` on a stack that fits a tree of `tokens` tokens: this thread's, or a thread of its own for a long text.
void with_stack_for(std::size_t tokens, const std::function<void()>& work);
// The same where this thread's stack is in use already: always a thread of its own.
void with_own_stack_for(std::size_t tokens, const std::function<void()>& work);

inline std::unexpected<Problem> refuse(std::string_view sqlstate, std::string message, std::int32_t position = 0,
                                       std::string hint = {}) {
  return std::unexpected(Problem{std::string(sqlstate), std::move(message), {}, std::move(hint), position});
}

}  // namespace tarn::sql
