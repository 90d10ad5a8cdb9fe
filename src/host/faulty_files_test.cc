// What FaultyFiles loses, and what it must not lose.
#include "host/faulty_files.h"

#include <doctest/doctest.h>

#include <set>

#include "host/fault_sweep.h"

using namespace tarn;
using namespace tarn::host;

namespace {

void write(Files& files, const Path& path, std::string_view text, Bytes position = 0_B) {
  auto file = files.open(path, OpenMode::kCreate);
  REQUIRE(file);
  REQUIRE((*file)->write_at(as_bytes(text), position));
}

void sync(Files& files, const Path& path) { REQUIRE((*files.open(path, OpenMode::kReadWrite))->sync()); }

std::string seen(Files& files, const Path& path) {
  auto content = read_file(files, path, 16_MiB);
  return content ? std::string(as_text(*content)) : "none";
}

void lose_power(FaultyFiles& files) {
  files.crash(Fault::kPowerLoss);
  files.restart();
}

using Outcomes = std::set<std::string>;

// What `look` sees after `prepare` and a power loss, over many seeds.
template <class Prepare, class Look>
Outcomes after_power_loss(Prepare prepare, Look look) {
  Outcomes outcomes;
  for_each_seed(200, [&](std::uint64_t seed) {
    FaultyFiles files(seed);
    prepare(files);
    lose_power(files);
    outcomes.insert(look(files));
  });
  return outcomes;
}

}  // namespace

TEST_CASE("what was synced, name and bytes, is there after a power loss") {
  auto outcomes = after_power_loss(
      [](FaultyFiles& files) {
        REQUIRE(files.make_dirs("a/b"));
        write(files, "a/b/f", "hello");
        sync(files, "a/b/f");
        REQUIRE(files.sync_dir("a/b"));
        REQUIRE(write_file_atomically(files, "a/g", as_bytes("1")));
        REQUIRE(write_file_atomically(files, "a/g", as_bytes("2")));
      },
      [](FaultyFiles& files) { return seen(files, "a/b/f") + seen(files, "a/g"); });
  CHECK(outcomes == Outcomes{"hello2"});
}

TEST_CASE("a synced file without a synced name may be gone") {
  auto outcomes = after_power_loss(
      [](FaultyFiles& files) {
        write(files, "f", "hello");
        sync(files, "f");
      },
      [](FaultyFiles& files) { return seen(files, "f"); });
  CHECK(outcomes == Outcomes{"none", "hello"});
}

TEST_CASE("an un-synced rename leaves the old name or the new, and a removed file may come back") {
  auto prepare = [](FaultyFiles& files) {
    REQUIRE(write_file_atomically(files, "a", as_bytes("A")));
    REQUIRE(write_file_atomically(files, "b", as_bytes("B")));
    REQUIRE(write_file_atomically(files, "c", as_bytes("C")));
    REQUIRE(files.rename("a", "b"));
    REQUIRE(files.remove("c"));
  };
  auto outcomes = after_power_loss(prepare, [](FaultyFiles& files) { return seen(files, "a") + seen(files, "b"); });
  CHECK(outcomes == Outcomes{"AB", "noneA"});
  outcomes = after_power_loss(prepare, [](FaultyFiles& files) { return seen(files, "c"); });
  CHECK(outcomes == Outcomes{"C", "none"});
}

TEST_CASE("a file moved between folders is never lost, and only there once both folders are synced") {
  auto prepare = [](FaultyFiles& files) {
    REQUIRE(files.make_dirs("from"));
    REQUIRE(files.make_dirs("to"));
    REQUIRE(write_file_atomically(files, "from/f", as_bytes("F")));
    REQUIRE(files.rename("from/f", "to/f"));
  };
  auto look = [](FaultyFiles& files) { return seen(files, "from/f") + "," + seen(files, "to/f"); };
  CHECK(after_power_loss(prepare, look) == Outcomes{"F,none", "none,F", "F,F"});
  auto source_synced = [&](FaultyFiles& files) {
    prepare(files);
    REQUIRE(files.sync_dir("from"));
  };
  CHECK(after_power_loss(source_synced, look) == Outcomes{"F,none", "none,F"});
  auto both_synced = [&](FaultyFiles& files) {
    source_synced(files);
    REQUIRE(files.sync_dir("to"));
  };
  CHECK(after_power_loss(both_synced, look) == Outcomes{"none,F"});
}

TEST_CASE("un-synced writes survive in any order, torn at sectors and not inside") {
  std::string zeros(1024, '0');
  auto outcomes = after_power_loss(
      [&](FaultyFiles& files) {
        REQUIRE(write_file_atomically(files, "f", as_bytes(zeros)));
        write(files, "f", "1", 0_B);
        write(files, "f", "2", 512_B);
        write(files, "f", "3", 1_B);
        write(files, "f", std::string(2, '4'), 511_B);  // over the edge
      },
      [](FaultyFiles& files) {
        std::string text = seen(files, "f");
        CHECK(text.size() == 1024);
        return text.substr(0, 2) + text.substr(511, 2);
      });
  Outcomes expected;
  for (std::string first : {"00.0", "10.0", "13.0", "13.4"})
    for (char second : {'0', '2', '4'}) expected.insert(first.substr(0, 2) + first[3] + second);
  CHECK(outcomes == expected);
}

TEST_CASE("the length of a file that grew is durable only with a sync") {
  auto outcomes = after_power_loss(
      [](FaultyFiles& files) {
        REQUIRE(write_file_atomically(files, "f", as_bytes("ab")));
        write(files, "f", "cd", 2_B);
      },
      [](FaultyFiles& files) { return seen(files, "f"); });
  CHECK(outcomes == Outcomes{"ab", "abcd", std::string("ab\0\0", 4)});
}

TEST_CASE("a truncate that is lost takes along what came after it") {
  auto outcomes = after_power_loss(
      [](FaultyFiles& files) {
        REQUIRE(write_file_atomically(files, "f", as_bytes("old")));
        auto file = files.open("f", OpenMode::kReadWrite);
        REQUIRE((*file)->truncate(0_B));
        REQUIRE((*file)->write_at(as_bytes("N"), 0_B));
      },
      [](FaultyFiles& files) { return seen(files, "f"); });
  CHECK(outcomes == Outcomes{"old", "", "N", std::string("\0", 1)});
}

TEST_CASE("kill -9 keeps what was written, and a later power loss does not") {
  Outcomes outcomes;
  for_each_seed(100, [&](std::uint64_t seed) {
    FaultyFiles files(seed);
    REQUIRE(write_file_atomically(files, "f", as_bytes("old")));
    write(files, "f", "new");
    files.crash(Fault::kKill);
    CHECK(files.crashed());
    CHECK(seen(files, "f") == "none");
    files.restart();
    CHECK(seen(files, "f") == "new");
    lose_power(files);
    outcomes.insert(seen(files, "f"));
  });
  CHECK(outcomes == Outcomes{"old", "new"});
}

TEST_CASE("a sync after a failed one proves nothing") {
  Outcomes outcomes;
  for_each_seed(100, [&](std::uint64_t seed) {
    FaultyFiles files(seed);
    REQUIRE(write_file_atomically(files, "f", as_bytes("old")));
    auto file = files.open("f", OpenMode::kReadWrite);
    REQUIRE((*file)->write_at(as_bytes("new"), 0_B));
    files.inject(files.calls(), Fault::kIo);
    CHECK(!(*file)->sync());
    CHECK((*file)->sync());
    CHECK(seen(files, "f") == "new");
    lose_power(files);
    outcomes.insert(seen(files, "f"));
  });
  CHECK(outcomes == Outcomes{"old", "new"});
}

TEST_CASE("after a crash nothing runs until the restart, which closes files and frees locks") {
  FaultyFiles files(1);
  auto file = files.open("f", OpenMode::kCreate);
  auto lock = files.lock("lock", true);
  REQUIRE(lock);
  files.inject(files.calls(), Fault::kKill);
  CHECK(!(*file)->write_at(as_bytes("x"), 0_B));
  CHECK(files.crashed());
  CHECK(files.last_fault() == "call 2 (write f): kill");
  CHECK(!(*file)->size());
  CHECK(!files.exists("f"));
  CHECK(!files.lock("lock", true));
  files.restart();
  CHECK(!(*file)->size());
  auto again = files.lock("lock", true);
  CHECK(again);
  lock->reset();  // of a life that is over: frees nothing
  CHECK(!files.lock("lock", true));
}

TEST_CASE("a full disk takes what fits, and goes on when there is room again") {
  FaultyFiles files(1);
  write(files, "other", std::string(60, 'x'));
  files.set_capacity(100_B);
  CHECK(files.space(".")->available == 40_B);
  auto file = files.open("f", OpenMode::kCreate);
  auto full = (*file)->write_at(as_bytes(std::string(41, 'y')), 0_B);
  CHECK(full.error().code == Code::kUnavailable);
  CHECK((*file)->size() == 40_B);
  CHECK((*file)->write_at(as_bytes("z"), 3_B));
  REQUIRE(files.remove("other"));
  CHECK((*file)->write_at(as_bytes(std::string(41, 'y')), 0_B));
  CHECK(files.used() == 41_B);
  CHECK((*file)->reserve(100_B));
  CHECK((*file)->write_at(as_bytes(std::string(59, 'y')), 41_B));
  CHECK(files.used() == 100_B);
  auto second = files.open("g", OpenMode::kCreate);
  CHECK((*second)->reserve(1_B).error().code == Code::kUnavailable);
}

TEST_CASE("faults can be aimed at one kind of call on one file") {
  FaultyFiles files(1);
  files.inject_on(Call::kSync, "bad", Fault::kIo);
  for (const char* path : {"good", "bad"}) write(files, path, "x");
  CHECK((*files.open("good", OpenMode::kReadWrite))->sync());
  CHECK(!(*files.open("bad", OpenMode::kReadWrite))->sync());
  files.clear_faults();
  CHECK((*files.open("bad", OpenMode::kReadWrite))->sync());
  CHECK(files.calls(Call::kSync) == 3);
}

TEST_CASE("the same seed gives the same disk") {
  auto run = [](std::uint64_t seed) {
    FaultyFiles files(seed);
    for (int i = 0; i < 20; ++i) write(files, "f" + std::to_string(i), std::string(5000, 'x'));
    lose_power(files);
    std::string all;
    for (const auto& entry : files.list(".").value()) all += entry.name + seen(files, entry.name);
    return all;
  };
  CHECK(run(3) == run(3));
  CHECK(run(3) != run(4));
}

TEST_CASE("an atomically written file is old or new, whole, whatever breaks") {
  auto body = [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    std::string before(2000, 'a'), after(3000, 'b');
    REQUIRE(write_file_atomically(files, "f", as_bytes(before)));
    point.arm(files);
    auto written = write_file_atomically(files, "f", as_bytes(after));
    INFO(files.last_fault());
    point.disarm(files);
    files.restart();
    for (int life = 0; life < 2; ++life) {
      std::string now = seen(files, "f");
      if (written)
        CHECK(now == after);
      else
        CHECK((now == before || now == after));
      lose_power(files);
    }
  };
  CHECK(sweep_faults("write_file_atomically", {.seeds = 20}, body).faults_met > 100);
  sweep_faults("write_file_atomically, lasting", {.lasting = true, .seeds = 5}, body);
}
