// Lines that a person types, with editing, history and completion: libedit's. The only file that includes it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shell/complete.h"

namespace tarn::shell {

class LineEditor {
 public:
  // Called with the line up to the cursor when Tab is pressed.
  using Complete = std::function<Completion(std::string_view)>;

  // On standard input and output, which are terminals.
  static std::unique_ptr<LineEditor> make(Complete complete);
  virtual ~LineEditor() = default;

  enum class End { kLine, kInterrupted, kEndOfFile };
  struct Typed {
    End end = End::kLine;
    std::string text;  // without its line end
  };
  virtual Typed read(const std::string& prompt) = 0;
  virtual void remember(const std::string& entry) = 0;  // for the arrow keys and Ctrl-R
};

}  // namespace tarn::shell
