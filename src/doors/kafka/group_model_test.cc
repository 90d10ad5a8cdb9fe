// Consumer groups against chance: members that join, sync, commit, lag, die and come back, in any order, over restarts
// of Tarn and writes that are slow, refused or lost. What must hold is told beside the code that checks it.
#include <algorithm>
#include <random>

#include "doors/kafka/group_fixture_test.h"
#include "host/fault_sweep.h"

namespace tarn::doors::kafka {
namespace {

constexpr int kPartitions = 6;

// A member as a library drives it: one request at a time, the next by the answer of the last.
struct Actor {
  GroupClientFake client;
  enum class Step { kJoin, kJoining, kSyncing, kWorking } step = Step::kJoin;
  bool alive = true;
  std::set<int> partitions;  // as its assignment says

  void start_anew() {
    client.id.clear();
    step = Step::kJoin;
  }
  void rejoin(ErrorCode why) {
    if (why == ErrorCode::kUnknownMemberId || why == ErrorCode::kFencedInstanceId) client.id.clear();
    step = Step::kJoin;
  }
  void act();
  void take_join();
  void take_sync();
  void assign() const;
};

void Actor::assign() const {
  const auto& answer = **client.join_answer;
  wk::SyncGroupRequest request;
  request.group_id = "g";
  request.generation_id = client.generation;
  request.member_id = client.id;
  request.group_instance_id = client.instance;
  for (std::size_t i = 0; i < answer.members.size(); ++i) {
    std::string own;
    for (std::size_t p = i; p < kPartitions; p += answer.members.size()) own += static_cast<char>('0' + p);
    request.assignments.push_back({answer.members[i].member_id, bytes(own)});
  }
  client.at.groups->sync(std::move(request),
                         [kept = client.sync_answer](wk::SyncGroupResponse response) { *kept = std::move(response); });
}

void Actor::take_join() {
  if (!*client.join_answer) return;  // still held
  if (!client.joined()) return rejoin(client.join_error());
  step = Step::kSyncing;
  client.sync_answer = std::make_shared<std::optional<wk::SyncGroupResponse>>();
  bool leads = client.leads() && !(*client.join_answer)->skip_assignment;
  leads ? assign() : client.send_sync();
}

void Actor::take_sync() {
  if (!*client.sync_answer) return;
  if ((*client.sync_answer)->error_code != 0) return rejoin(static_cast<ErrorCode>((*client.sync_answer)->error_code));
  partitions.clear();
  for (char p : as_text((*client.sync_answer)->assignment)) partitions.insert(p - '0');
  step = Step::kWorking;
}

void Actor::act() {
  switch (step) {
    case Step::kJoin:
      client.join();
      step = Step::kJoining;
      break;
    case Step::kJoining: take_join(); break;
    case Step::kSyncing: take_sync(); break;
    case Step::kWorking:
      if (ErrorCode code = client.heartbeat(); code != ErrorCode::kNone) rejoin(code);
      break;
  }
}

struct World : GroupFixture {
  explicit World(std::uint64_t seed) : chance(seed) {
    for (int i = 0; i < 5; ++i) {
      std::string name = "member " + std::to_string(i);
      std::optional<std::string> instance;
      if (i % 2 == 1) instance = "instance " + std::to_string(i);
      actors.push_back({{*this, name, instance}});
    }
  }

  std::uint64_t below(std::uint64_t bound) { return chance() % bound; }

  void commit(Actor& actor) {
    if (actor.step != Actor::Step::kWorking || actor.partitions.empty()) return;
    ErrorCode code = actor.client.commit(1);
    if (code != ErrorCode::kNone) return;
    // Once a generation has committed, none before it does.
    CHECK(actor.client.generation >= committed_generation);
    committed_generation = actor.client.generation;
  }

  void step() {
    Actor& actor = actors[below(actors.size())];
    switch (below(40)) {
      case 0: actor.alive = false; break;  // dies; its requests stay behind
      case 1:
        actor.alive ? void() : actor.start_anew();
        actor.alive = true;
        break;
      case 2: pass(milliseconds(below(12'000))); break;
      case 3:
        if (actor.alive && actor.step == Actor::Step::kWorking) (void)actor.client.leave(), actor.start_anew();
        break;
      case 4: log.groups().hold(below(2) == 0); break;
      case 5: crash(); break;
      case 6:
        log.groups().refuse_with(below(3) == 0 ? std::optional(Error{Code::kUnavailable, "full"}) : std::nullopt);
        break;
      case 7:
      case 8:
      case 9:
      case 10:
        if (actor.alive) commit(actor);
        break;
      default:
        if (actor.alive) actor.act();
        pass(milliseconds(below(300)));
    }
  }

  // Of Tarn: writes that were not answered may be lost, and so are requests that wait.
  void crash() {
    log.groups().refuse_with(Error{Code::kIo, "crashed"});
    if (below(2) == 0) log.groups().lose_held();
    log.groups().hold(false);
    groups.reset();
    log.groups().refuse_with(std::nullopt);
    restart();
    for (Actor& actor : actors) {
      bool waits = (actor.step == Actor::Step::kJoining && !*actor.client.join_answer) ||
                   (actor.step == Actor::Step::kSyncing && !*actor.client.sync_answer);
      if (waits) actor.step = Actor::Step::kJoin;
    }
  }

  // Nothing goes wrong any more: soon everyone alive works, and every partition is read by exactly one.
  void converge() {
    log.groups().refuse_with(std::nullopt);
    log.groups().hold(false);
    for (int round = 0; round < 400; ++round) {
      for (Actor& actor : actors) {
        if (actor.alive) actor.act();
      }
      pass(milliseconds(1'000));
    }
    std::multiset<int> read;
    int working = 0;
    for (Actor& actor : actors) {
      if (!actor.alive) continue;
      ++working;
      CHECK(actor.step == Actor::Step::kWorking);
      CHECK(actor.client.heartbeat() == ErrorCode::kNone);
      read.insert(actor.partitions.begin(), actor.partitions.end());
    }
    if (working == 0) return;
    CHECK(read.size() == kPartitions);
    for (int p = 0; p < kPartitions; ++p) CHECK(read.count(p) == 1);
    CHECK(groups->list().at(0).state == Group::State::kStable);
  }

  std::mt19937_64 chance;
  std::vector<Actor> actors;
  std::int32_t committed_generation = 0;
};

TEST_CASE("whatever happens, an old generation does not commit after a new one, and all end up with every partition") {
  host::for_each_seed(300, [](std::uint64_t seed) {
    INFO("seed ", seed);
    World world(seed);
    for (int i = 0; i < 300; ++i) world.step();
    world.converge();
  });
}

}  // namespace
}  // namespace tarn::doors::kafka
