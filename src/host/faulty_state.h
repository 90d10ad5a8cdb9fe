// The inside of FaultyFiles: its disk, its plan of faults, its open files and locks.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "host/faulty_disk.h"
#include "host/faulty_files.h"

namespace tarn::host {

inline bool is_crash(Fault fault) { return fault == Fault::kKill || fault == Fault::kPowerLoss; }

// The names that a path is made of. Paths go down only.
std::vector<std::string> path_names(std::string_view path);

inline constexpr std::uint64_t kNotArmed = ~std::uint64_t{0};

// Every member is guarded by `mutex`, which the callers of its functions hold.
struct FaultyFiles::State {
  explicit State(std::uint64_t seed) : random(seeded_random(seed)) {}

  mutable std::mutex mutex;
  std::unique_ptr<Random> random;
  FaultyNodePtr root = make_faulty_folder();
  std::map<FaultyNodePtr, int> opened;  // handles of this run on each file
  struct FaultOn {
    Call kind;
    std::string path_part;
    Fault fault;
  };
  struct Held {
    int shared = 0;
    bool exclusive = false;
  };
  std::map<FaultyNodePtr, Held> locks;
  std::uint64_t run = 0;  // one more with each restart: handles of earlier runs are dead
  bool off = false;
  Bytes capacity = 1024_GiB;

  std::uint64_t count = 0;
  std::array<std::uint64_t, kCallKinds> counts{};
  std::map<std::uint64_t, Fault> planned;
  std::optional<std::pair<std::uint64_t, Fault>> planned_from;
  std::vector<FaultOn> planned_on;
  std::uint64_t armed_call = kNotArmed;  // of the last inject or inject_from
  bool armed_call_reached = false;
  void arm(std::uint64_t call) {
    armed_call = call;
    armed_call_reached = false;
  }
  std::string last_fault;
  std::uint64_t faults_met = 0;

  // Counts a call and says which fault it meets; an error if nothing runs.
  Result<std::optional<Fault>> begin(Call kind, const Path& path);
  std::optional<Fault> fault_of(std::uint64_t number, Call kind, const Path& path);
  // The call's own error for `fault`, after crashing if it is a crash.
  std::unexpected<Error> failed(Call kind, const Path& path, Fault fault);
  // The call can't be done, whatever the disk does: `error`, unless a fault comes first.
  std::unexpected<Error> refused(Call kind, const Path& path, std::optional<Fault> fault, Error error);
  void crash(Fault how);
  bool coin() { return random->next() % 2 == 0; }
  // A call that changes nothing.
  Result<void> look(Call kind, const Path& path);
  // A call whose change happens whole or, when a fault tears it, as `part` does.
  template <class Whole, class Part>
  Result<void> change(Call kind, const Path& path, std::optional<Fault> fault, Whole whole, Part part);
  template <class Whole>
  Result<void> change(Call kind, const Path& path, std::optional<Fault> fault, Whole whole) {
    return change(kind, path, fault, whole, [&] {
      if (coin()) whole();
    });
  }

  FaultyNodePtr find(const Path& path) const;
  FaultyNodePtr find_folder(const Path& path) const;
  std::uint64_t room_below(const FaultyNodePtr& node) const;
  std::uint64_t used() const;
  std::uint64_t available() const { return capacity.count() - std::min(capacity.count(), used()); }
};

template <class Whole, class Part>
Result<void> FaultyFiles::State::change(Call kind, const Path& path, std::optional<Fault> fault, Whole whole,
                                        Part part) {
  if (!fault) {
    whole();
    return {};
  }
  if (*fault != Fault::kIo) part();
  return failed(kind, path, *fault);
}

class FaultyFiles::OpenFile final : public File {
 public:
  OpenFile(State& state, FaultyNodePtr node, Path path, bool writable);
  ~OpenFile() override;
  Result<std::size_t> read_at(MutableBytes out, Bytes position) override;
  Result<void> write_at(ByteView data, Bytes position) override;
  Result<void> sync() override;
  Result<Bytes> size() override;
  Result<void> truncate(Bytes size) override;
  Result<void> reserve(Bytes size) override;
  int descriptor() const override { return -1; }
  const Path& path() const override { return path_; }

 private:
  Result<void> check_alive() const;
  Result<std::optional<Fault>> begin_change(Call kind);
  // How many of `count` bytes at `position` the disk has room for.
  std::size_t fitting(std::size_t count, std::size_t position) const;
  std::unexpected<Error> disk_full() const;

  State& state_;
  FaultyNodePtr node_;
  Path path_;
  bool writable_;
  std::uint64_t run_;
};

class FaultyFiles::HeldLock final : public FileLock {
 public:
  HeldLock(State& state, FaultyNodePtr node, bool exclusive);
  ~HeldLock() override;
  int descriptor() const override { return -1; }

 private:
  State& state_;
  FaultyNodePtr node_;
  bool exclusive_;
  std::uint64_t run_;
};

}  // namespace tarn::host
