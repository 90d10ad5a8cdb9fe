// What a run does to the platform, apart from the catalog: land, build a model, ask a test. `sessions.h` does it with
// SQL sessions; tests do it without.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/model/plan.h"

namespace tarn::flow::publish {

inline constexpr std::size_t kSampleRowsMax = 20;
inline constexpr std::size_t kSampleTextMax = 1000;  // bytes of one value; cut past it

// Why a node failed.
struct NodeError {
  Error error;
  std::string hint;          // what to do, if the message does not say
  std::size_t position = 0;  // character of the node's SQL, from 1; 0: unknown
};
template <class T>
using NodeResult = std::expected<T, NodeError>;

struct Built {
  std::uint64_t rows = 0;  // of a table
};

struct Asked {
  std::int64_t failing = 0;
  std::string sample_json;  // {"columns": ["a"], "rows": [["1"], [null]]}; "" if nothing fails
};

// Thread-safe. Calls block until done or `gone`, then with kCancelled.
class Workshop {
 public:
  virtual ~Workshop() = default;
  virtual bool lands(const std::string& topic) const = 0;  // whether there is such a topic and it may be landed
  virtual Result<void> land(const std::vector<std::string>& topics, std::stop_token gone) = 0;
  virtual NodeResult<Built> build(const std::string& branch, const model::PlanNode& node, std::stop_token gone) = 0;
  virtual NodeResult<Asked> ask(const std::string& branch, const model::PlanNode& node, std::stop_token gone) = 0;
};

}  // namespace tarn::flow::publish
