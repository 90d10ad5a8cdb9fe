#include "shell/history.h"

#include <algorithm>

#include "host/terminal.h"

namespace tarn::shell {
namespace {

// The end of the file, from the first whole line within the bound.
Result<std::string> read_end(host::Files& files, const host::Path& path, bool& cut) {
  TARN_ASSIGN(auto file, files.open(path, host::OpenMode::kRead));
  TARN_ASSIGN(Bytes size, file->size());
  cut = size > kHistoryBytesMax;
  Bytes from = cut ? size - kHistoryBytesMax : 0_B;
  Buffer content((size - from).count());
  TARN_ASSIGN(std::size_t count, file->read_at(content, from));
  std::string text(as_text(ByteView(content).first(count)));
  return cut ? text.substr(std::min(text.find('\n'), text.size())) : text;
}

}  // namespace

host::Path history_path() {
  std::string state = host::environment("XDG_STATE_HOME"), home = host::environment("HOME");
  if (state.empty() && !home.empty()) state = host::join(home, ".local/state");
  return state.empty() ? "" : host::join(state, "tarn/sql_history");
}

History::History(host::Files& files, host::Path path) : files_(files), path_(std::move(path)) {
  if (!path_.empty()) load();
}

void History::load() {
  bool cut = false;
  auto text = read_end(files_, path_, cut);
  if (!text) return;
  for (std::size_t at = 0; at < text->size();) {
    std::size_t end = std::min(text->find('\n', at), text->size());
    if (end > at) entries_.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  if (cut || entries_.size() > kHistoryEntriesMax) shorten();
}

// To half, so that it is done seldom.
void History::shorten() {
  if (entries_.size() > kHistoryEntriesMax / 2)
    entries_.erase(entries_.begin(), entries_.end() - static_cast<std::ptrdiff_t>(kHistoryEntriesMax / 2));
  std::string text;
  for (const std::string& entry : entries_) text += entry + "\n";
  (void)host::write_file_atomically(files_, path_, as_bytes(text));
}

bool History::add(const std::string& entry) {
  bool kept = !entry.empty() && entry[0] != ' ' && !entry.contains('\n') &&
              entry.size() < kHistoryBytesMax.count() / 4 && (entries_.empty() || entries_.back() != entry);
  if (!kept) return false;
  entries_.push_back(entry);
  if (path_.empty() || !files_.make_dirs(host::parent(path_))) return true;
  auto file = files_.open(path_, host::OpenMode::kCreate);
  if (!file) return true;
  if (auto size = (*file)->size()) (void)(*file)->write_at(as_bytes(entry + "\n"), *size);
  return true;
}

}  // namespace tarn::shell
