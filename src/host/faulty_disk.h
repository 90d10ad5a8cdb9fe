// What FaultyFiles keeps of files and folders: what everyone sees now, what is durable, and what lies between.
// The rules of what a power loss may keep are in faulty_files.h. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "host/random.h"

namespace tarn::host {

inline constexpr std::size_t kSectorBytes = 512;

class FaultyContent {
 public:
  const Buffer& seen() const { return seen_; }
  void write(ByteView data, std::size_t position);
  void truncate(std::size_t size);
  void sync();
  // Any part becomes durable, the rest never by a later sync.
  void fail_sync(Random& random);
  void lose_power(Random& random);

 private:
  struct Change {
    bool is_truncate;
    std::size_t position;  // a truncate's new size
    Buffer data;
    std::size_t size_after;
  };
  // The durable bytes after a random part of the pending changes.
  Buffer survivors(Random& random) const;

  Buffer seen_;
  Buffer durable_;
  std::vector<Change> pending_;
};

struct FaultyNode;
using FaultyNodePtr = std::shared_ptr<FaultyNode>;

class FaultyNames {
 public:
  using Entries = std::map<std::string, FaultyNodePtr, std::less<>>;

  const Entries& seen() const { return seen_; }
  void set(const std::string& name, FaultyNodePtr node);  // replaces
  void erase(const std::string& name);
  // Moves `name` to `new_name` of `target` (perhaps this folder), replacing what is there.
  void move(const std::string& name, FaultyNames& target, const std::string& new_name);
  void sync();
  void sync_name(const std::string& name);
  void lose_power(Random& random);           // first for every folder that can be reached,
  void lose_power_of_moves(Random& random);  // then this
  // Every node that a power loss may leave here.
  std::vector<FaultyNodePtr> possible_children() const;

 private:
  struct Change {
    Entries set;                    // null: erased
    FaultyNodePtr moved_away;       // the erased name's node, if it moved to another folder,
    std::shared_ptr<bool> arrived;  // durable there: until then it stays here. Shared with the change over there
    bool synced = false;            // this folder was synced: gone as soon as it arrived
  };
  void change(Change change);
  bool may_apply(const Change& change) const { return !change.moved_away || *change.arrived; }
  void apply(const Change& change);

  Entries seen_;
  Entries durable_;
  std::vector<Change> pending_;
};

struct FaultyNode {
  std::unique_ptr<FaultyNames> folder;  // null: a file
  FaultyContent content;
  std::size_t reserved = 0;
};

FaultyNodePtr make_faulty_file();
FaultyNodePtr make_faulty_folder();

// Everything below `root`.
void lose_power(FaultyNode& root, Random& random);

}  // namespace tarn::host
