// Branches against a simple model of them, in random order; and publishing while main goes on.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "catalog/lake_test.h"
#include "host/fault_sweep.h"

namespace tarn::catalog {
namespace {

// What a branch should hold: for each name the files of its table, or the SQL of its view.
struct Thing {
  bool is_view = false;
  int made = 0;  // tells apart what was dropped and made anew
  std::set<std::string> files;
  std::string sql;
  bool operator==(const Thing&) const = default;
};
using Names = std::map<std::string, Thing>;

struct Branch {
  Names base;
  Names now;
};

bool only_added(const Thing& base, const Thing& now) {
  return !base.is_view && !now.is_view && base.made == now.made && std::ranges::includes(now.files, base.files);
}

// Main after a publish; nullopt for a conflict.
std::optional<Names> publish(Names main, const Branch& branch) {
  std::set<std::string> names;
  for (const Names* all : {&branch.base, &branch.now})
    for (const auto& [name, thing] : *all) names.insert(name);
  auto at = [](const Names& all, const std::string& name) {
    auto found = all.find(name);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  };
  for (const std::string& name : names) {
    auto base = at(branch.base, name), now = at(branch.now, name), present = at(main, name);
    if (base == now) continue;
    if (present == base) {
      if (now)
        main[name] = *now;
      else
        main.erase(name);
    } else if (base && now && present && only_added(*base, *now) && only_added(*base, *present)) {
      main[name].files.insert(now->files.begin(), now->files.end());
    } else {
      return std::nullopt;
    }
  }
  return main;
}

class Walk {
 public:
  explicit Walk(std::uint64_t seed) : random_(host::seeded_random(seed)) {}

  void go(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      if (below(10) == 0) fixture_.restart();
      if (below(10) == 0) fixture_.pass(std::chrono::minutes(10));
      if (below(40) == 0) fixture_.pass(std::chrono::minutes(200));
      if (i % 8 == 0) check();
    }
    check();
    branches_.clear();
    for (const BranchState& branch : fixture_.catalog().branches())
      if (branch.name != "main") must(fixture_.catalog().drop_branch(branch.name));
    fixture_.pass(std::chrono::minutes(200));
    check();
    CHECK(fixture_.on_disk() == fixture_.needed_by(*fixture_.catalog().state()));
  }

  int conflicts = 0, published = 0;

 private:
  std::uint64_t below(std::uint64_t bound) { return random_->next() % bound; }
  std::string any_name() { return std::string(1, static_cast<char>('a' + below(4))); }
  std::string any_branch() {
    if (branches_.empty() || below(3) == 0) return "main";
    return std::next(branches_.begin(), static_cast<std::ptrdiff_t>(below(branches_.size())))->first;
  }
  Names& of(const std::string& branch) { return branch == "main" ? main_ : branches_.at(branch).now; }

  void step() {
    switch (below(10)) {
      case 0:
      case 1: return make_branch();
      case 2:
      case 3: return publish_one();
      case 4: return drop_one();
      default: return change(any_branch(), any_name());
    }
  }

  void make_branch() {
    if (branches_.size() >= 4) return;
    std::string name = fmt::format("b{}", ++made_);
    must(fixture_.catalog().create_branch(name));
    branches_[name] = {main_, main_};
  }

  void drop_one() {
    std::string name = any_branch();
    if (name == "main") return;
    must(fixture_.catalog().drop_branch(name));
    branches_.erase(name);
  }

  void publish_one() {
    std::string name = any_branch();
    if (name == "main") return;
    auto expected = tarn::catalog::publish(main_, branches_.at(name));
    auto done = fixture_.catalog().publish({.branch = name});
    CHECK_MESSAGE(done.has_value() == expected.has_value(), (done ? "" : done.error().message));
    if (!expected) {
      CHECK(done.error().code == Code::kConflict);
      ++conflicts;
      return;
    }
    ++published;
    main_ = *expected;
    branches_.erase(name);
  }

  void change(const std::string& branch, const std::string& name) {
    Names& all = of(branch);
    auto found = all.find(name);
    bool is_table = found != all.end() && !found->second.is_view, is_view = found != all.end() && found->second.is_view;
    std::string file = fmt::format("f{}", ++made_);
    auto kind = below(6);
    if (kind <= 2 && is_table) {
      must(fixture_.add(branch, name, file));
      found->second.files.insert(file);
    } else if (kind <= 3 && !is_view) {
      must(fixture_.build(branch, name, file));
      if (!is_table) all[name] = {.made = made_};
      all[name].files = {file};
    } else if (kind == 4 && !is_table) {
      must(fixture_.catalog().commit(fixture_.viewing(branch, name, file)));
      if (!is_view) all[name] = {.is_view = true, .made = made_};
      all[name].sql = file;
    } else if (kind == 5 && found != all.end()) {
      Commit drop{.branch = branch};
      if (is_view)
        drop.view_drops.push_back({{"public", name}});
      else
        drop.table_drops.push_back({{"public", name}});
      must(fixture_.catalog().commit(drop));
      all.erase(found);
    }
  }

  void check() {
    check(main_, "main");
    for (const auto& [name, branch] : branches_) check(branch.now, name);
  }

  void check(const Names& expected, const std::string& branch) {
    auto state = fixture_.at(branch);
    CHECK(state->tables("public").size() + state->views("public").size() == expected.size());
    for (const auto& [name, thing] : expected) {
      INFO(branch, " ", name);
      if (thing.is_view) {
        auto view = state->find_view({"public", name});
        REQUIRE(view);
        CHECK(view->sql() == thing.sql);
      } else {
        auto table = state->find(TableName{"public", name});
        REQUIRE(table);
        auto files = fixture_.file_names(*table);
        CHECK(std::set(files.begin(), files.end()) == thing.files);
        CHECK(files.size() == thing.files.size());
      }
    }
    fixture_.needed_by(*state);
  }

  LakeFixture fixture_;
  std::unique_ptr<host::Random> random_;
  Names main_;
  std::map<std::string, Branch> branches_;
  int made_ = 0;
};

}  // namespace

TEST_CASE("branches, commits, publishes and drops in any order do what the rules say, and no file is lost or left") {
  int conflicts = 0, published = 0;
  host::for_each_seed(12, [&](std::uint64_t seed) {
    INFO("seed ", seed);
    Walk walk(seed);
    walk.go(120);
    conflicts += walk.conflicts;
    published += walk.published;
  });
  CHECK(conflicts > 20);
  CHECK(published > 50);
}

TEST_CASE(
    "while landings go on, publishes lose none of them and bring none twice, and readers see all of a run or none") {
  Fixture fixture;
  TableUuid rides = fixture.make_table("rides");
  must(fixture.catalog().commit(fixture.replacing("main", "one", {"run0"})));
  must(fixture.catalog().commit(fixture.replacing("main", "two", {"run0"})));
  constexpr int kLandings = 120, kPublishes = 40;
  std::atomic<bool> done = false;
  std::thread lander([&] {
    for (int i = 0; i < kLandings; ++i)
      must(fixture.catalog().commit(fixture.landing(rides, fmt::format("l{}", i), i, i + 1)));
  });
  std::thread sweeper([&] {
    while (!done) must(fixture.catalog().sweep());
  });
  std::thread reader([&] {
    while (!done) {
      auto state = fixture.catalog().state();
      CHECK(fixture.file_names(*state->find(TableName{"public", "one"})) ==
            fixture.file_names(*state->find(TableName{"public", "two"})));
      auto again = must(fixture.catalog().state(Ref{"main", state->version()}));
      CHECK(again->version() == state->version());
    }
  });
  int failed = 0;
  for (int i = 1; i <= kPublishes; ++i) {
    std::string name = fmt::format("run{}", i);
    must(fixture.catalog().create_branch(name));
    must(fixture.catalog().commit(fixture.replacing(name, "one", {name})));
    must(fixture.catalog().commit(fixture.appending(name, rides, "p" + name)));
    must(fixture.catalog().commit(fixture.replacing(name, "two", {name})));
    if (i % 4 == 0) {
      ++failed;
      must(fixture.catalog().drop_branch(name));
    } else {
      must(fixture.catalog().publish({.branch = name}));
    }
  }
  lander.join();
  done = true;
  reader.join();
  sweeper.join();
  fixture.restart();
  auto names = fixture.file_names(rides);
  CHECK(std::set(names.begin(), names.end()).size() == names.size());
  CHECK(names.size() == kLandings + kPublishes - failed);
  CHECK(fixture.catalog().state()->landed_end(fixture.key(rides)) == Offset(kLandings));
  CHECK(fixture.files_at("main", "one") == fmt::format("run{}", kPublishes - 1));
}

}  // namespace tarn::catalog
