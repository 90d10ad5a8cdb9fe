// How a build shows itself: a line for each node that has ended, on a terminal also what runs right now; then what
// failed, how many rows, and how to see them. Or, for programs, the events as they come, a line of JSON each.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "flow/model/plan.h"

namespace tarn::app {

inline constexpr std::size_t kSampleRowsShown = 5;

// A value as one word of a shell's command line: 'it''s'.
std::string shell_word(std::string_view text);
// SQL on one line, if that means the same.
std::string one_line_sql(std::string_view sql);

class BuildView {
 public:
  struct Options {
    bool json = false;
    bool terminal = false;
    std::string where;  // what `tarn sql` needs to find this platform: " --data DIR" or ""
  };
  // Borrows the plan and the stream.
  BuildView(const flow::model::Plan& plan, Options options, std::FILE* out);
  ~BuildView();

  // One line of the run's answer (flow/publish/events.h).
  void event(std::string_view line);
  // Nothing more comes.
  void finish();

  std::optional<int> exit_code() const;  // once the run has ended
  std::int64_t run() const;              // 0: none began

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::app
