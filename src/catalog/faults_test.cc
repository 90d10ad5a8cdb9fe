// The catalog on a disk that breaks at every call: what it acknowledged is there, what it refused is not, files and
// landed offsets agree.
#include <doctest/doctest.h>

#include <optional>

#include "catalog/fixture_test.h"
#include "host/fault_sweep.h"

namespace tarn::catalog {
namespace {

using host::Fault;
using host::FaultPoint;
using host::FaultyFiles;

// Every call in a plain build; a sanitizer's is some five times slower, and looks for something else.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t kStride = 5;
#else
constexpr std::uint64_t kStride = 1;
#endif

// What the catalog said about one change.
enum class Said { kNothing, kDone, kRefused, kUnknown };

struct Story {
  TableUuid rides;
  std::optional<TableUuid> second;
  Said second_table = Said::kNothing;
  Said landing = Said::kNothing;
  Said schema = Said::kNothing;
  Said both = Said::kNothing;
};

class Machine {
 public:
  explicit Machine(FaultyFiles& files) : files_(files) {}

  // Null when the disk does not let it.
  std::unique_ptr<Catalog> open() {
    auto catalog = Catalog::open({files_, clock_, *random_}, "/data");
    if (catalog) return std::move(*catalog);
    last_error = catalog.error().message;
    return nullptr;
  }

  template <class T>
  Said said(const Result<T>& result) {
    if (result) return Said::kDone;
    bool unknown = files_.crashed() || result.error().code == Code::kCommitUnknown;
    return unknown ? Said::kUnknown : Said::kRefused;
  }

  std::string last_error;

 private:
  FaultyFiles& files_;
  host::ManualClock clock_{TimestampMs(1'700'000'000'000)};
  std::unique_ptr<host::Random> random_ = host::seeded_random(1);
};

Story prepare(Machine& machine, std::unique_ptr<Catalog>& catalog) {
  Story story;
  catalog = machine.open();
  REQUIRE(catalog);
  story.rides = must(catalog->create_table({"public", "rides"}, kFields(), {}))->uuid;
  must(catalog->commit(Fixture::landing(story.rides, "a", 0, 10)));
  return story;
}

void change(Machine& machine, Catalog& catalog, Story& story) {
  auto made = catalog.create_table({"public", "second"}, kFields(), {});
  story.second_table = machine.said(made);
  if (made) story.second = (*made)->uuid;
  Commit landing = Fixture::landing(story.rides, "b", 10, 20);
  landing.idempotency_key = "b";
  story.landing = machine.said(catalog.commit(landing));
  auto fields = kFields();
  fields[0].id = FieldId(1);
  fields[1].id = FieldId(2);
  fields.push_back({.name = "more", .type = {.kind = table::TypeKind::kLong}});
  story.schema =
      machine.said(catalog.commit({.schemas = {{.table = story.rides, .base = SchemaId(0), .fields = fields}}}));
  if (!story.second || story.landing != Said::kDone) return;
  Commit both = Fixture::landing(story.rides, "c", 20, 30);
  both.appends.push_back({.table = *story.second, .files = {data_file("d", 1)}});
  story.both = machine.said(catalog.commit(both));
}

void agree(Said said, bool happened) {
  if (said == Said::kDone) CHECK(happened);
  if (said == Said::kRefused || said == Said::kNothing) CHECK(!happened);
}

// The live files of a table, in one string; every metadata file it needs must be there and whole.
std::string live(Catalog& catalog, const TableState& table) {
  std::string names;
  for (const auto& file : *must(catalog.data_files(table))) names += file.file_path.substr(13, 1);
  std::ranges::sort(names);
  return names;
}

// What happened, as far as it must be so; returns the files of `rides`.
void check(Catalog& catalog, const Story& story) {
  auto state = catalog.state();
  auto rides = state->find(story.rides);
  REQUIRE(rides);
  auto second = state->find(TableName{"public", "second"});
  agree(story.second_table, second != nullptr);
  std::string files = live(catalog, *rides);
  bool landed = files.find('b') != std::string::npos, both = files.find('c') != std::string::npos;
  agree(story.landing, landed);
  agree(story.both, both);
  agree(story.schema, rides->metadata->schema().find("more") != nullptr);
  CHECK(state->landed_end(Fixture::key(story.rides)) == Offset(static_cast<std::int64_t>(10 * files.size())));
  if (second) CHECK(live(catalog, *second) == (both ? "d" : ""));
}

}  // namespace

TEST_CASE("a disk that breaks at any call of a change leaves it whole or undone, as the catalog said") {
  host::sweep_faults("catalog changes", {.stride = kStride}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Machine machine(files);
    std::unique_ptr<Catalog> catalog;
    Story story = prepare(machine, catalog);
    point.arm(files);
    change(machine, *catalog, story);
    catalog.reset();
    point.disarm(files);
    INFO(files.last_fault());
    files.restart();
    catalog = machine.open();
    REQUIRE_MESSAGE(catalog, machine.last_error);
    check(*catalog, story);

    // What comes after stands on firm ground: it survives a power loss.
    std::int64_t end = catalog->state()->landed_end(Fixture::key(story.rides)).value();
    must(catalog->commit(Fixture::landing(story.rides, "z", end, end + 10)));
    files.crash(Fault::kPowerLoss);
    catalog.reset();
    files.restart();
    catalog = machine.open();
    REQUIRE_MESSAGE(catalog, machine.last_error);
    check(*catalog, story);
    CHECK(live(*catalog, *catalog->state()->find(story.rides)).find('z') != std::string::npos);
  });
}

TEST_CASE("a disk that breaks at any call of making or opening a catalog lets it open the next time") {
  for (bool lasting : {false, true}) {
    host::sweep_faults("catalog opening", {.lasting = lasting, .stride = kStride},
                       [](FaultyFiles& files, const FaultPoint& point) {
                         INFO(point.text());
                         Machine machine(files);
                         point.arm(files);
                         machine.open();  // makes it
                         machine.open();  // finds it
                         point.disarm(files);
                         files.restart();
                         auto catalog = machine.open();
                         REQUIRE_MESSAGE(catalog, machine.last_error);
                         CHECK(catalog->state()->namespaces() == std::vector<std::string>{"public"});
                       });
  }
}

TEST_CASE("a disk that breaks while a killed catalog is recovered costs nothing that was acknowledged") {
  host::sweep_faults("catalog recovery", {.stride = kStride}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Machine machine(files);
    std::unique_ptr<Catalog> catalog;
    Story story = prepare(machine, catalog);
    change(machine, *catalog, story);
    files.crash(Fault::kKill);
    catalog.reset();
    files.restart();
    point.arm(files);
    machine.open();
    point.disarm(files);
    files.crash(Fault::kPowerLoss);
    files.restart();
    catalog = machine.open();
    REQUIRE_MESSAGE(catalog, machine.last_error);
    REQUIRE(story.both == Said::kDone);
    check(*catalog, story);
  });
}

TEST_CASE("a disk that is full at any call refuses, or knows better afterwards, and goes on when there is room") {
  host::sweep_faults("catalog full disk", {.faults = {Fault::kDiskFull}, .stride = kStride},
                     [](FaultyFiles& files, const FaultPoint& point) {
                       INFO(point.text());
                       Machine machine(files);
                       std::unique_ptr<Catalog> catalog;
                       Story story = prepare(machine, catalog);
                       point.arm(files);
                       Said said = machine.said(catalog->commit(Fixture::landing(story.rides, "b", 10, 20)));
                       point.disarm(files);
                       // The landing is tried again, as landing does: fenced if it had happened. A sync that failed
                       // takes a restart.
                       auto again = catalog->commit(Fixture::landing(story.rides, "b", 10, 20));
                       if (!again && again.error().code == Code::kUnavailable) {
                         CHECK(files.last_fault().find("sync") != std::string::npos);
                         catalog.reset();
                         catalog = machine.open();
                         REQUIRE_MESSAGE(catalog, machine.last_error);
                         again = catalog->commit(Fixture::landing(story.rides, "b", 10, 20));
                       }
                       if (said == Said::kRefused) CHECK(again.has_value());
                       if (said == Said::kDone) CHECK(again.error().code == Code::kFenced);
                       if (said == Said::kUnknown) CHECK((again || again.error().code == Code::kFenced));
                       story.landing = Said::kDone;
                       check(*catalog, story);
                       files.crash(Fault::kPowerLoss);
                       catalog.reset();
                       files.restart();
                       catalog = machine.open();
                       REQUIRE_MESSAGE(catalog, machine.last_error);
                       check(*catalog, story);
                     });
}

TEST_CASE("after a disk failed to sync, nothing more is written until a restart") {
  FaultyFiles files(1);
  Machine machine(files);
  std::unique_ptr<Catalog> catalog;
  Story story = prepare(machine, catalog);
  files.inject_on(host::Call::kSync, "catalog.db-wal", Fault::kIo);
  CHECK(catalog->commit(Fixture::landing(story.rides, "b", 10, 20)).error().code == Code::kCommitUnknown);
  files.clear_faults();
  auto refused = catalog->commit(Fixture::landing(story.rides, "b", 10, 20));
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::kUnavailable);
  CHECK(refused.error().message.find("start Tarn again") != std::string::npos);
  CHECK(catalog->state()->find(story.rides) != nullptr);  // reading goes on
}

}  // namespace tarn::catalog
