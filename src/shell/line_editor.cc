#include "shell/line_editor.h"

#include <histedit.h>
#include <locale.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "host/terminal.h"
#include "shell/history.h"
#include "shell/text_width.h"

namespace tarn::shell {
namespace {

constexpr std::size_t kShownMax = 200;  // candidates listed

// In columns, as ls does.
void list(const std::vector<std::string>& candidates) {
  std::size_t width = 0, shown = std::min(candidates.size(), kShownMax);
  for (const std::string& each : candidates) width = std::max(width, display_width(each) + 2);
  std::size_t across = std::max<std::size_t>(1, host::terminal_size().columns / width);
  std::string text = "\n";
  for (std::size_t i = 0; i < shown; ++i) {
    text += candidates[i];
    bool ends = (i + 1) % across == 0 || i + 1 == shown;
    text += ends ? "\n" : std::string(width - display_width(candidates[i]), ' ');
  }
  if (candidates.size() > shown) text += "... and " + std::to_string(candidates.size() - shown) + " more\n";
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

class LineEditorImpl final : public LineEditor {
 public:
  explicit LineEditorImpl(Complete complete) : complete_(std::move(complete)) {
    // libedit takes what is typed apart by this; where the machine has no UTF-8, the terminal still has.
    if (const char* set = ::setlocale(LC_CTYPE, ""); !set || !std::strstr(set, "UTF-8"))
      ::setlocale(LC_CTYPE, "C.UTF-8");
    edit_ = el_init("tarn", stdin, stdout, stderr);
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, static_cast<int>(kHistoryEntriesMax));
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_PROMPT, &LineEditorImpl::prompt_of);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_SIGNAL, 1);                      // sizes that change, Ctrl-Z
    el_set(edit_, EL_SETTY, "-d", "-isig", nullptr);  // Ctrl-C is a key here
    el_set(edit_, EL_ADDFN, "tarn-complete", "Completes the word", &LineEditorImpl::on_tab);
    el_set(edit_, EL_ADDFN, "tarn-interrupt", "Gives up the line", &LineEditorImpl::on_interrupt);
    el_set(edit_, EL_BIND, "^I", "tarn-complete", nullptr);
    el_set(edit_, EL_BIND, "^C", "tarn-interrupt", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit_, EL_BIND, "\\e[3~", "ed-delete-next-char", nullptr);
    el_set(edit_, EL_BIND, "\\e[H", "ed-move-to-beg", nullptr);
    el_set(edit_, EL_BIND, "\\e[F", "ed-move-to-end", nullptr);
    el_set(edit_, EL_BIND, "\\e[1;5C", "em-next-word", nullptr);
    el_set(edit_, EL_BIND, "\\e[1;5D", "ed-prev-word", nullptr);
  }

  ~LineEditorImpl() override {
    history_end(history_);
    el_end(edit_);
  }

  Typed read(const std::string& prompt) override {
    prompt_ = prompt;
    interrupted_ = false;
    int count = 0;
    const char* line = el_gets(edit_, &count);
    if (interrupted_) return {.end = End::kInterrupted};
    if (!line || count <= 0) return {.end = End::kEndOfFile};
    std::string text(line, static_cast<std::size_t>(count));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return {.text = std::move(text)};
  }

  void remember(const std::string& entry) override {
    HistEvent event;
    history(history_, &event, H_ENTER, entry.c_str());
  }

 private:
  static LineEditorImpl& of(EditLine* edit) {
    void* data = nullptr;
    el_get(edit, EL_CLIENTDATA, &data);
    return *static_cast<LineEditorImpl*>(data);
  }
  static char* prompt_of(EditLine* edit) { return of(edit).prompt_.data(); }

  static unsigned char on_interrupt(EditLine* edit, int) {
    of(edit).interrupted_ = true;
    std::fputs("^C\n", stdout);
    std::fflush(stdout);
    return CC_NEWLINE;
  }

  static unsigned char on_tab(EditLine* edit, int) {
    const LineInfo* info = el_line(edit);
    std::string line(info->buffer, static_cast<std::size_t>(info->cursor - info->buffer));
    Completion found = of(edit).complete_(line);
    if (found.candidates.empty()) return CC_ERROR;
    std::string common = common_prefix(found.candidates);
    std::string typed = line.substr(line.size() - found.replaces);
    bool one = found.candidates.size() == 1;
    if (one && !common.ends_with('.')) common += ' ';
    // Names may be typed in other letters, or without the quotes they need.
    bool longer = common.size() > typed.size() || one;
    if (longer) {
      el_deletestr(edit, static_cast<int>(display_characters(typed)));
      el_insertstr(edit, common.c_str());
      if (one) return CC_REFRESH;
    }
    list(found.candidates);
    return CC_REDISPLAY;
  }

  static std::size_t display_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  }

  Complete complete_;
  EditLine* edit_ = nullptr;
  ::History* history_ = nullptr;
  std::string prompt_;
  bool interrupted_ = false;
};

}  // namespace

std::unique_ptr<LineEditor> LineEditor::make(Complete complete) {
  return std::make_unique<LineEditorImpl>(std::move(complete));
}

}  // namespace tarn::shell
