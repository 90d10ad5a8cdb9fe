#include "host/terminal.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "host/files.h"

namespace tarn::host {

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

TerminalSize terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {.rows = size.ws_row, .columns = size.ws_col};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_in_path(std::string_view program) {
  std::string path = environment("PATH");
  std::string_view left = path;
  while (!left.empty()) {
    std::string_view folder = left.substr(0, left.find(':'));
    left.remove_prefix(std::min(left.size(), folder.size() + 1));
    if (!folder.empty() && ::access(join(folder, program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

void keep_new_files_private() { ::umask(077); }

Result<std::unique_ptr<Pager>> Pager::start(Processes& processes, const std::string& command) {
  TARN_ASSIGN(auto ends, socket_pair());
  std::unique_ptr<Pager> pager(new Pager());
  pager->input_ = std::move(ends.first);
  Command pager_command{
      .argv = {"/bin/sh", "-c", command}, .descriptors = {{ends.second.get(), STDIN_FILENO}}, .own_group = false};
  TARN_ASSIGN(pager->process_, processes.spawn(pager_command));
  return pager;
}

bool Pager::write(std::string_view text) {
  while (!text.empty()) {
    ssize_t sent = ::send(input_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Pager::finish() {
  if (!process_) return;
  input_.close();
  while (!process_->wait(MonotonicTime::max())) {
  }
  process_.reset();
}

}  // namespace tarn::host
