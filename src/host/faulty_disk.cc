#include "host/faulty_disk.h"

#include <algorithm>
#include <set>

namespace tarn::host {
namespace {

// How much of a list of un-synced changes a power loss keeps.
enum class Keep { kAll, kNone, kFirst, kAny };

Keep choose_keep(Random& random) { return static_cast<Keep>(random.next() % 4); }

// A number that depends on both, and on nothing else.
std::uint64_t mix(std::uint64_t salt, std::uint64_t value) {
  std::uint64_t z = salt ^ (value * 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void put(Buffer& into, ByteView data, std::size_t position) {
  if (data.empty()) return;
  if (into.size() < position + data.size()) into.resize(position + data.size());
  std::ranges::copy(data, into.begin() + static_cast<std::ptrdiff_t>(position));
}

}  // namespace

void FaultyContent::write(ByteView data, std::size_t position) {
  put(seen_, data, position);
  pending_.push_back({false, position, to_buffer(data), seen_.size()});
}

void FaultyContent::truncate(std::size_t size) {
  seen_.resize(size);
  pending_.push_back({true, size, {}, size});
}

void FaultyContent::sync() {
  for (const Change& change : pending_) {
    if (change.is_truncate)
      durable_.resize(change.position);
    else
      put(durable_, change.data, change.position);
  }
  pending_.clear();
  durable_.resize(seen_.size());  // longer only where an earlier sync failed: zeros, as its data is lost
}

void FaultyContent::fail_sync(Random& random) {
  durable_ = survivors(random);
  pending_.clear();
}

void FaultyContent::lose_power(Random& random) {
  durable_ = survivors(random);
  seen_ = durable_;
  pending_.clear();
}

Buffer FaultyContent::survivors(Random& random) const {
  if (pending_.empty()) return durable_;
  // The first truncate that is dropped ends what can be kept; the last one kept is the least that the length shows.
  std::size_t end = 0, least = 0;
  for (; end < pending_.size(); ++end) {
    if (!pending_[end].is_truncate) continue;
    if (random.next() % 2 == 0) break;
    least = end + 1;
  }
  Keep keep = choose_keep(random);
  std::uint64_t salt = random.next();
  std::size_t first = salt % (end + 1);
  auto kept_of_sector = [&](std::size_t sector) -> std::size_t {
    switch (keep) {
      case Keep::kAll: return end;
      case Keep::kNone: return 0;
      case Keep::kFirst: return first;
      case Keep::kAny: return mix(salt, sector) % (end + 1);
    }
    return 0;
  };
  Buffer result = durable_;
  for (std::size_t i = 0; i < end; ++i) {
    const Change& change = pending_[i];
    if (change.is_truncate) {
      result.resize(change.position);
      continue;
    }
    std::size_t change_end = change.position + change.data.size();
    for (std::size_t at = change.position; at < change_end;) {
      std::size_t sector = at / kSectorBytes;
      std::size_t piece_end = std::min(change_end, (sector + 1) * kSectorBytes);
      if (i < kept_of_sector(sector))
        put(result, ByteView(change.data).subspan(at - change.position, piece_end - at), at);
      at = piece_end;
    }
  }
  std::size_t length_after = keep == Keep::kAll     ? end
                             : keep == Keep::kNone  ? 0
                             : keep == Keep::kFirst ? first
                                                    : random.next() % (end + 1);
  length_after = std::max(least, length_after);
  result.resize(length_after == 0 ? durable_.size() : pending_[length_after - 1].size_after);
  return result;
}

void FaultyNames::change(Change change) {
  for (const auto& [name, node] : change.set) {
    if (node)
      seen_[name] = node;
    else
      seen_.erase(name);
  }
  pending_.push_back(std::move(change));
}

void FaultyNames::set(const std::string& name, FaultyNodePtr node) {
  change({{{name, std::move(node)}}, nullptr, nullptr});
}
void FaultyNames::erase(const std::string& name) { change({{{name, nullptr}}, nullptr, nullptr}); }

void FaultyNames::move(const std::string& name, FaultyNames& target, const std::string& new_name) {
  FaultyNodePtr node = seen_.find(name)->second;
  if (this == &target) {
    if (name != new_name) change({{{name, nullptr}, {new_name, node}}, nullptr, nullptr});
    return;
  }
  auto arrived = std::make_shared<bool>(false);
  target.change({{{new_name, node}}, nullptr, arrived});
  change({{{name, nullptr}}, node, arrived});
}

void FaultyNames::apply(const Change& change) {
  for (const auto& [name, node] : change.set) {
    if (node) {
      durable_[name] = node;
    } else if (auto entry = durable_.find(name); entry != durable_.end()) {
      if (!change.moved_away || entry->second == change.moved_away) durable_.erase(entry);
    }
  }
  if (change.arrived) *change.arrived = true;
}

void FaultyNames::sync() {
  std::erase_if(pending_, [&](Change& change) {
    change.synced = true;
    if (!may_apply(change)) return false;
    apply(change);
    return true;
  });
}

void FaultyNames::sync_name(const std::string& name) {
  // With the changes that it builds on: going back, those that share a name with one that is taken.
  std::set<std::string> names{name};
  std::vector<bool> taken(pending_.size());
  for (std::size_t i = pending_.size(); i-- > 0;) {
    const Entries& set = pending_[i].set;
    taken[i] = may_apply(pending_[i]) &&
               std::ranges::any_of(set, [&](const auto& entry) { return names.contains(entry.first); });
    if (taken[i]) std::ranges::for_each(set, [&](const auto& entry) { names.insert(entry.first); });
  }
  std::vector<Change> left;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (taken[i])
      apply(pending_[i]);
    else
      left.push_back(std::move(pending_[i]));
  }
  pending_ = std::move(left);
}

void FaultyNames::lose_power(Random& random) {
  Keep keep = choose_keep(random);
  std::size_t first = random.next() % (pending_.size() + 1);
  std::size_t index = 0;
  for (const Change& change : pending_) {
    bool kept =
        keep == Keep::kAll || (keep == Keep::kFirst && index < first) || (keep == Keep::kAny && random.next() % 2 == 0);
    if (kept && may_apply(change)) apply(change);
    ++index;
  }
  // Moves away stay: whether they hold is decided over there.
  std::erase_if(pending_, [](const Change& change) { return !change.moved_away; });
}

void FaultyNames::lose_power_of_moves(Random& random) {
  for (const Change& change : pending_) {
    if (may_apply(change) && (change.synced || random.next() % 2 == 0)) apply(change);
  }
  pending_.clear();
  seen_ = durable_;
}

FaultyNodePtr make_faulty_file() { return std::make_shared<FaultyNode>(); }

FaultyNodePtr make_faulty_folder() {
  auto node = std::make_shared<FaultyNode>();
  node->folder = std::make_unique<FaultyNames>();
  return node;
}

std::vector<FaultyNodePtr> FaultyNames::possible_children() const {
  std::vector<FaultyNodePtr> children;
  auto add = [&](const Entries& entries) {
    for (const auto& [name, node] : entries) {
      if (node) children.push_back(node);
    }
  };
  add(seen_);
  add(durable_);
  for (const Change& change : pending_) add(change.set);
  return children;
}

static void collect(FaultyNode& node, std::set<FaultyNode*>& met, std::vector<FaultyNode*>& nodes) {
  if (!met.insert(&node).second) return;
  nodes.push_back(&node);
  if (!node.folder) return;
  for (const FaultyNodePtr& child : node.folder->possible_children()) collect(*child, met, nodes);
}

void lose_power(FaultyNode& root, Random& random) {
  std::set<FaultyNode*> met;
  std::vector<FaultyNode*> nodes;  // in an order that does not depend on addresses
  collect(root, met, nodes);
  std::vector<FaultyNodePtr> alive;  // while names go
  for (FaultyNode* node : nodes) {
    if (!node->folder) continue;
    for (FaultyNodePtr& child : node->folder->possible_children()) alive.push_back(std::move(child));
  }
  for (FaultyNode* node : nodes) {
    if (node->folder)
      node->folder->lose_power(random);
    else
      node->content.lose_power(random);
  }
  for (FaultyNode* node : nodes) {
    if (node->folder) node->folder->lose_power_of_moves(random);
  }
}

}  // namespace tarn::host
