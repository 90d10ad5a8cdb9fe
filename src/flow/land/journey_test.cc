// A record's whole way on a disk that breaks: log, decoding, files, commit. After each fault and a restart every
// acknowledged record is in the table exactly once.
#include <doctest/doctest.h>

#include "flow/land/life_test.h"
#include "host/fault_sweep.h"

namespace tarn::flow::land {
namespace {

using host::FaultPoint;
using host::FaultyFiles;

// A sound life after whatever happened: all that was acknowledged lands, once.
void check_exactly_once(FaultyFiles& files, const Producer& producer, std::uint64_t seed,
                        Rides rides = Rides::kDeclared) {
  Life life(files, seed, rides);
  auto started = life.start();
  REQUIRE_MESSAGE(started, started.error().message);
  auto landed = life.land(kSoundWait);
  REQUIRE_MESSAGE(landed, landed.error().message);
  check_rows(life, files, producer);
}

Producer journey(FaultyFiles& files, const FaultPoint& point, const char* fsync) {
  Producer producer;
  {
    Life life(files, point.seed);
    log::must(life.start());
    log::TopicSpec spec{
        .name = "rides", .partitions = 2, .configs = {{"tarn.land.ms", "3600000"}, {"tarn.fsync", fsync}}};
    TopicId topic = log::must(life.log().create_topic(spec)).id;
    producer.send(life.log(), {topic, PartitionId(0)}, 2);
    point.arm(files);
    producer.send(life.log(), {topic, PartitionId(0)}, 2);
    producer.send(life.log(), {topic, PartitionId(1)}, 1);
    (void)life.land(kBrokenWait);
    producer.send(life.log(), {topic, PartitionId(1)}, 2);
    (void)life.land(kBrokenWait);
    point.disarm(files);
  }
  files.restart();
  return producer;
}

// A topic of two partitions whose table has a long column, and rows in a file.
TopicId make_replaced(Life& life, Producer& producer) {
  log::TopicSpec spec{.name = "rides", .partitions = 2, .configs = {{"tarn.land.ms", "3600000"}}};
  TopicId topic = log::must(life.log().create_topic(spec)).id;
  producer.send(life.log(), {topic, PartitionId(0)}, 2);
  log::must(life.land(kSoundWait));
  return topic;
}

}  // namespace

TEST_CASE("every acknowledged record is in its table once, whichever call fails between produce and commit") {
  host::sweep_faults("journey", {}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Producer producer = journey(files, point, "always");
    check_exactly_once(files, producer, point.seed + 1);
  });
}

TEST_CASE("every acknowledged record is in its table once, whichever call fails while a column is replaced") {
  host::sweep_faults("journey with a replacement", {.stride = 2}, [](FaultyFiles& files, const FaultPoint& point) {
    INFO(point.text());
    Producer producer;
    {
      Life life(files, point.seed, Rides::kInferred);
      log::must(life.start());
      TopicId topic = make_replaced(life, producer);
      point.arm(files);
      producer.send(life.log(), {topic, PartitionId(1)}, 1);
      producer.send(life.log(), {topic, PartitionId(0)}, 1, ".5");
      (void)life.land(kBrokenWait);
      point.disarm(files);
    }
    files.restart();
    check_exactly_once(files, producer, point.seed + 1, Rides::kInferred);
  });
}

TEST_CASE("a disk that is full for a moment while a column is replaced costs a moment") {
  host::sweep_faults("replacement on a full disk", {.faults = {host::Fault::kDiskFull}, .stride = 2},
                     [](FaultyFiles& files, const FaultPoint& point) {
                       INFO(point.text());
                       Life life(files, point.seed, Rides::kInferred);
                       log::must(life.start());
                       Producer producer;
                       TopicId topic = make_replaced(life, producer);
                       producer.send(life.log(), {topic, PartitionId(1)}, 1);
                       point.arm(files);
                       producer.send(life.log(), {topic, PartitionId(0)}, 1, ".5");
                       auto goes_on = [&] {
                         return life.catalog().health() && life.log().health();
                       };  // not after a failed sync
                       Result<void> landed = fail(Code::kTimeout, "");
                       for (auto left = kSoundWait; !landed && left.count() > 0 && goes_on(); left -= 5 * kBrokenWait)
                         landed = life.land(5 * kBrokenWait);
                       point.disarm(files);
                       if (!goes_on()) return;
                       CHECK_MESSAGE(landed, landed.error().message);
                       check_rows(life, files, producer);
                     });
}

TEST_CASE("after power loss on a fsync=never topic each new acknowledged record lands once") {
  host::sweep_faults("journey fsync=never", {.faults = {host::Fault::kPowerLoss}, .stride = 2},
                     [](FaultyFiles& files, const FaultPoint& point) {
                       INFO(point.text());
                       Producer producer = journey(files, point, "never");
                       producer.acked.clear();  // what only the page cache had may be gone
                       {
                         Life life(files, point.seed + 1);
                         log::must(life.start());
                         log::must(life.land(kSoundWait));  // over the gap that recovery left
                         const log::Topic* topic = life.log().topics()->find("rides");
                         for (std::int32_t i = 0; i < 2; ++i)
                           producer.send(life.log(), {topic->id, PartitionId(i)}, 100);
                         log::must(life.land(kSoundWait));
                       }
                       check_exactly_once(files, producer, point.seed + 2);
                     });
}

TEST_CASE("a start that breaks loses nothing and lands nothing twice") {
  host::sweep_faults("journey recovery", {.faults = {host::Fault::kIo, host::Fault::kKill, host::Fault::kPowerLoss}},
                     [](FaultyFiles& files, const FaultPoint& point) {
                       INFO(point.text());
                       Producer producer;
                       {
                         Life life(files, point.seed);
                         log::must(life.start());
                         TopicId topic = log::must(life.log().create_topic({.name = "rides"})).id;
                         producer.send(life.log(), {topic, PartitionId(0)}, 3);
                         log::must(life.land(kSoundWait));
                         producer.send(life.log(), {topic, PartitionId(0)}, 2);
                         files.crash(host::Fault::kKill);
                       }
                       files.restart();
                       {
                         Life life(files, point.seed + 1);
                         point.arm(files);
                         if (life.start()) (void)life.land(kBrokenWait);
                         point.disarm(files);
                       }
                       files.restart();
                       check_exactly_once(files, producer, point.seed + 2);
                     });
}

}  // namespace tarn::flow::land
