#include "shell/output.h"

#include <algorithm>
#include <cstdio>

namespace tarn::shell {

void PlainOutput::write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void PlainOutput::finish() { std::fflush(stdout); }
bool PlainOutput::gone() { return std::ferror(stdout) != 0; }

void PagedOutput::write(std::string_view text) {
  if (gone_) return;
  if (pager_) {
    gone_ = !pager_->write(text);
    return;
  }
  waiting_ += text;
  if (fits(text)) return;
  if (!pager_command_.empty()) {
    if (auto pager = host::Pager::start(processes_, pager_command_)) pager_ = std::move(*pager);
  }
  if (pager_)
    gone_ = !pager_->write(waiting_);
  else
    std::fwrite(waiting_.data(), 1, waiting_.size(), stdout);
  waiting_.clear();
}

void PagedOutput::finish() {
  if (pager_) pager_->finish();
  pager_.reset();
  std::fwrite(waiting_.data(), 1, waiting_.size(), stdout);
  std::fflush(stdout);
  waiting_.clear();
  rows_ = 0;
  gone_ = false;
}

// A row is left for the prompt. Lines that are too wide are the pager's business only if there are too many.
bool PagedOutput::fits(std::string_view more) {
  rows_ += static_cast<std::size_t>(std::ranges::count(more, '\n'));
  return rows_ + 1 < host::terminal_size().rows;
}

std::string choose_pager() {
  if (std::string term = host::environment("TERM"); term.empty() || term == "dumb") return {};
  for (const char* name : {"PSQL_PAGER", "PAGER"}) {
    std::string command = host::environment(name);
    if (command == "less") return "less -FRSX";
    if (!command.empty()) return command;
  }
  return host::is_in_path("less") ? "less -FRSX" : "";
}

}  // namespace tarn::shell
