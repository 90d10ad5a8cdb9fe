#include "tail/tail.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "base/assert.h"

namespace tarn::tail {
namespace {

using Ranges = std::vector<DecodedRange>;

// Ranges of one source are shared between states until that source changes, so a change costs the number of sources,
// not of ranges.
class StateImpl final : public TailState {
 public:
  using Sources = std::map<Source, std::shared_ptr<const Ranges>>;
  explicit StateImpl(Sources by_source) : sources_(std::move(by_source)) {}

  const Ranges& ranges(const Source& source) const override {
    static const Ranges kNone;
    auto found = sources_.find(source);
    return found == sources_.end() ? kNone : *found->second;
  }

  std::vector<Source> sources(TableUuid table) const override {
    std::vector<Source> found;
    for (const auto& [source, ranges] : sources_) {
      if (has_rows(*ranges, table)) found.push_back(source);
    }
    return found;
  }

  const Sources& all() const { return sources_; }

 private:
  static bool has_rows(const Ranges& ranges, TableUuid table) {
    for (const DecodedRange& range : ranges) {
      for (const TableRows& rows : range.rows) {
        if (rows.table == table) return true;
      }
    }
    return false;
  }

  Sources sources_;
};

std::uint64_t chunk_bytes(const DecodedRange& range) {
  std::uint64_t bytes = 0;
  for (const TableRows& rows : range.rows) bytes += rows.chunk->size.count();
  return bytes;
}

class TailImpl final : public Tail {
 public:
  explicit TailImpl(const TailOptions& options)
      : options_(options), state_(std::make_shared<StateImpl>(StateImpl::Sources{})) {}

  std::shared_ptr<const TailState> snapshot() const override {
    std::lock_guard lock(mutex_);
    return state_;
  }

  Result<void> put(DecodedRange range) override {
    TARN_ASSERT(range.from < range.to, "a decoded range has offsets");
    std::lock_guard lock(mutex_);
    Ranges ranges = state_->ranges(range.source);
    while (!ranges.empty() && ranges.back().from >= range.from) ranges.pop_back();
    if (!ranges.empty() && ranges.back().to != range.from)
      return fail(Code::kConflict,
                  fmt::format("offsets {} to {} do not follow the last decoded range, which ends at {}",
                              range.from.value(), range.to.value(), ranges.back().to.value()));
    Source source = range.source;
    ranges.push_back(std::move(range));
    set(source, std::move(ranges));
    return {};
  }

  void drop_landed(const Source& source, Offset end) override {
    std::lock_guard lock(mutex_);
    Ranges ranges = state_->ranges(source);
    std::erase_if(ranges, [&](const DecodedRange& range) { return range.to <= end; });
    set(source, std::move(ranges));
  }

  void drop(const Source& source) override {
    std::lock_guard lock(mutex_);
    set(source, {});
  }

  Bytes bytes() const override {
    std::lock_guard lock(mutex_);
    return Bytes(bytes_);
  }
  Bytes bytes_max() const override { return options_.bytes_max; }

 private:
  void set(const Source& source, Ranges ranges) {
    StateImpl::Sources sources = state_->all();
    for (const DecodedRange& range : state_->ranges(source)) bytes_ -= chunk_bytes(range);
    for (const DecodedRange& range : ranges) bytes_ += chunk_bytes(range);
    if (ranges.empty())
      sources.erase(source);
    else
      sources[source] = std::make_shared<const Ranges>(std::move(ranges));
    state_ = std::make_shared<const StateImpl>(std::move(sources));
  }

  const TailOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<const StateImpl> state_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Tail> Tail::make(const TailOptions& options) { return std::make_unique<TailImpl>(options); }

}  // namespace tarn::tail
