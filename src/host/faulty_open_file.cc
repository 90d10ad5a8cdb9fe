#include <algorithm>

#include "host/faulty_state.h"

namespace tarn::host {

FaultyFiles::OpenFile::OpenFile(State& state, FaultyNodePtr node, Path path, bool writable)
    : state_(state), node_(std::move(node)), path_(std::move(path)), writable_(writable), run_(state.run) {
  ++state_.opened[node_];
}

FaultyFiles::OpenFile::~OpenFile() {
  std::lock_guard guard(state_.mutex);
  if (run_ != state_.run) return;
  auto entry = state_.opened.find(node_);
  if (--entry->second == 0) state_.opened.erase(entry);
}

Result<std::size_t> FaultyFiles::OpenFile::read_at(MutableBytes out, Bytes position) {
  std::lock_guard guard(state_.mutex);
  TARN_TRY(check_alive());
  TARN_TRY(state_.look(Call::kRead, path_));
  ByteView seen = node_->content.seen();
  if (position.count() >= seen.size()) return 0;
  ByteView wanted = seen.subspan(position.count(), std::min<std::size_t>(out.size(), seen.size() - position.count()));
  std::ranges::copy(wanted, out.begin());
  return wanted.size();
}

Result<void> FaultyFiles::OpenFile::write_at(ByteView data, Bytes position) {
  std::lock_guard guard(state_.mutex);
  TARN_ASSIGN(auto fault, begin_change(Call::kWrite));
  std::size_t fits = fitting(data.size(), position.count());
  if (!fault && fits < data.size()) {
    node_->content.write(data.first(fits), position.count());
    return disk_full();
  }
  auto whole = [&] { node_->content.write(data, position.count()); };
  auto part = [&] { node_->content.write(data.first(state_.random->next() % (fits + 1)), position.count()); };
  return state_.change(Call::kWrite, path_, fault, whole, part);
}

Result<void> FaultyFiles::OpenFile::sync() {
  std::lock_guard guard(state_.mutex);
  TARN_TRY(check_alive());
  TARN_ASSIGN(auto fault, state_.begin(Call::kSync, path_));
  if (fault && !is_crash(*fault)) node_->content.fail_sync(*state_.random);
  if (fault) return state_.failed(Call::kSync, path_, *fault);
  node_->content.sync();
  return {};
}

Result<Bytes> FaultyFiles::OpenFile::size() {
  std::lock_guard guard(state_.mutex);
  TARN_TRY(check_alive());
  TARN_TRY(state_.look(Call::kSize, path_));
  return Bytes(node_->content.seen().size());
}

Result<void> FaultyFiles::OpenFile::truncate(Bytes size) {
  std::lock_guard guard(state_.mutex);
  TARN_ASSIGN(auto fault, begin_change(Call::kTruncate));
  return state_.change(Call::kTruncate, path_, fault, [&] {
    node_->content.truncate(size.count());
    node_->reserved = std::min(node_->reserved, node_->content.seen().size());
  });
}

Result<void> FaultyFiles::OpenFile::reserve(Bytes size) {
  std::lock_guard guard(state_.mutex);
  TARN_ASSIGN(auto fault, begin_change(Call::kReserve));
  if (!fault && fitting(size.count(), 0) < size.count()) return disk_full();
  return state_.change(Call::kReserve, path_, fault,
                       [&] { node_->reserved = std::max<std::size_t>(node_->reserved, size.count()); });
}

Result<void> FaultyFiles::OpenFile::check_alive() const {
  if (run_ != state_.run) return fail(Code::kIo, path_ + " was opened before the last restart");
  return {};
}

Result<std::optional<Fault>> FaultyFiles::OpenFile::begin_change(Call kind) {
  TARN_TRY(check_alive());
  if (!writable_)
    return fail(Code::kIo, std::string("cannot ") + call_name(kind) + " " + path_ + ": it is open for reading");
  return state_.begin(kind, path_);
}

std::size_t FaultyFiles::OpenFile::fitting(std::size_t count, std::size_t position) const {
  std::size_t here = std::max(node_->content.seen().size(), node_->reserved);
  std::uint64_t end = std::max<std::uint64_t>(here, position) + state_.available();
  return position >= end ? 0 : std::min<std::uint64_t>(count, end - position);
}

std::unexpected<Error> FaultyFiles::OpenFile::disk_full() const {
  return fail(Code::kUnavailable, "cannot write " + path_ + ": the disk is full");
}

FaultyFiles::HeldLock::HeldLock(State& state, FaultyNodePtr node, bool exclusive)
    : state_(state), node_(std::move(node)), exclusive_(exclusive), run_(state.run) {}

FaultyFiles::HeldLock::~HeldLock() {
  std::lock_guard guard(state_.mutex);
  if (run_ != state_.run) return;
  auto entry = state_.locks.find(node_);
  if (exclusive_)
    entry->second.exclusive = false;
  else
    --entry->second.shared;
  if (!entry->second.exclusive && entry->second.shared == 0) state_.locks.erase(entry);
}

}  // namespace tarn::host
