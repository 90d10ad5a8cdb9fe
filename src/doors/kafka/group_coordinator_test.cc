// Consumer groups, by a clock that a test moves: what members are told, in every order that matters.
#include "doors/kafka/group_fixture_test.h"

namespace tarn::doors::kafka {
namespace {

using Fixture = GroupFixture;
using Client = GroupClientFake;

void settle(Fixture& at, std::vector<Client*> members) {
  for (Client* each : members) REQUIRE(each->joined());
  for (Client* each : members) each->sync();
  for (Client* each : members) REQUIRE(each->synced());
  for (Client* each : members) CHECK(each->heartbeat() == ErrorCode::kNone);
  CHECK(at.groups->list().at(0).state == Group::State::kStable);
}

TEST_CASE_FIXTURE(Fixture, "the first generation waits for the initial delay, and on while members come") {
  Client one{*this, "one"}, two{*this, "two"};
  one.join();
  pass(milliseconds(2'000));
  two.join();
  pass(milliseconds(2'000));
  CHECK(!one.joined());
  pass(milliseconds(2'000));
  settle(*this, {&one, &two});
  CHECK(one.leads() != two.leads());
  CHECK((*(one.leads() ? one : two).join_answer)->members.size() == 2);
  CHECK((*(one.leads() ? two : one).join_answer)->members.empty());
}

TEST_CASE_FIXTURE(Fixture, "a member that comes makes a generation as soon as the others have joined again") {
  Client one{*this, "one"}, two{*this, "two"};
  one.join();
  pass(milliseconds(3'000));
  settle(*this, {&one});
  two.join();
  CHECK(one.heartbeat() == ErrorCode::kRebalanceInProgress);
  CHECK(one.commit(1) == ErrorCode::kNone);  // of the old one, as long as it is
  one.join();
  settle(*this, {&one, &two});
  CHECK(one.generation == 2);
  CHECK(two.leave() == ErrorCode::kNone);
  CHECK(one.heartbeat() == ErrorCode::kRebalanceInProgress);
  one.join();
  settle(*this, {&one});
  CHECK(one.generation == 3);
  CHECK(two.heartbeat() == ErrorCode::kUnknownMemberId);
  CHECK(two.commit(5) == ErrorCode::kUnknownMemberId);
}

TEST_CASE_FIXTURE(Fixture,
                  "a member that dies is found by its session timeout, one that lags by the rebalance timeout") {
  Client one{*this, "one"}, two{*this, "two"};
  one.join(), two.join();
  pass(milliseconds(6'000));
  settle(*this, {&one, &two});
  for (int i = 0; i < 3; ++i) {
    pass(milliseconds(3'000));
    CHECK(one.heartbeat() == ErrorCode::kNone);
  }
  pass(milliseconds(1'001));
  CHECK(one.heartbeat() == ErrorCode::kRebalanceInProgress);
  one.join();
  settle(*this, {&one});

  Client three{*this, "three"};
  three.join();
  for (int i = 0; i < 9; ++i) {  // one lives, and never joins again
    pass(milliseconds(3'000));
    CHECK(one.heartbeat() == ErrorCode::kRebalanceInProgress);
  }
  pass(milliseconds(3'100));
  settle(*this, {&three});
  CHECK(one.heartbeat() == ErrorCode::kUnknownMemberId);
}

TEST_CASE_FIXTURE(Fixture, "a leader that dies before it assigns: the others join again under another") {
  Client one{*this, "one"}, two{*this, "two"};
  one.join(), two.join();
  pass(milliseconds(6'000));
  REQUIRE(one.joined());
  REQUIRE(two.joined());
  Client& leader = one.leads() ? one : two;
  Client& other = one.leads() ? two : one;
  other.sync();
  CHECK(!*other.sync_answer);
  pass(milliseconds(10'001));
  REQUIRE(*other.sync_answer);
  CHECK(is((*other.sync_answer)->error_code, ErrorCode::kRebalanceInProgress));
  other.join();
  settle(*this, {&other});
  CHECK(other.leads());
  CHECK(leader.heartbeat() == ErrorCode::kUnknownMemberId);
}

TEST_CASE_FIXTURE(Fixture, "a static member that starts again goes on with its assignment, its former self is fenced") {
  Client one{*this, "one", "first"}, two{*this, "two", "second"};
  one.join(), two.join();
  pass(milliseconds(6'000));
  settle(*this, {&one, &two});
  Client again{*this, "two", "second"};
  again.join();
  REQUIRE(again.joined());
  CHECK(again.generation == two.generation);
  CHECK(again.id != two.id);
  again.send_sync();
  CHECK(as_text((*again.sync_answer)->assignment) == "for " + two.id);
  CHECK(one.heartbeat() == ErrorCode::kNone);
  CHECK(two.heartbeat() == ErrorCode::kFencedInstanceId);
  CHECK(two.commit(1) == ErrorCode::kFencedInstanceId);
  two.join();
  CHECK(two.join_error() == ErrorCode::kFencedInstanceId);

  restart();  // of Tarn: who has which place is stored
  CHECK(again.heartbeat() == ErrorCode::kNone);
  CHECK(two.heartbeat() == ErrorCode::kFencedInstanceId);
  CHECK(groups->leave("g", {{"", "second", std::nullopt}}).at(0) == ErrorCode::kNone);
  CHECK(one.heartbeat() == ErrorCode::kRebalanceInProgress);
}

TEST_CASE_FIXTURE(Fixture, "a static member that starts again with other timeouts is waited for by these") {
  Client one{*this, "one", "first"};
  one.join();
  pass(milliseconds(3'000));
  settle(*this, {&one});
  Client slow{.at = *this, .name = "one", .instance = "first", .session = milliseconds(60'000)};
  slow.rebalance = milliseconds(90'000);
  slow.join();
  REQUIRE(slow.joined());
  CHECK(slow.generation == one.generation);
  pass(milliseconds(59'000));
  CHECK(slow.heartbeat() == ErrorCode::kNone);
  restart();  // they are stored
  pass(milliseconds(59'000));
  CHECK(slow.heartbeat() == ErrorCode::kNone);
  Client two{*this, "two"};
  two.join();
  pass(milliseconds(50'000));
  CHECK(slow.heartbeat() == ErrorCode::kRebalanceInProgress);
  pass(milliseconds(39'000));
  CHECK(!two.joined());
  slow.join();
  settle(*this, {&slow, &two});

  Client quick{.at = *this, .name = "one", .instance = "first", .session = milliseconds(6'000)};
  quick.join();
  REQUIRE(quick.joined());
  for (int i = 0; i < 2; ++i) {
    pass(milliseconds(3'500));
    (void)two.heartbeat();
  }
  CHECK(quick.heartbeat() == ErrorCode::kUnknownMemberId);
}

TEST_CASE_FIXTURE(Fixture, "a static leader that starts again does not assign again, in any version") {
  for (std::int16_t version : {5, 9}) {
    Client one{*this, "one", "first"};
    one.join();
    pass(milliseconds(3'000));
    settle(*this, {&one});
    Client again{*this, "one", "first", version};
    again.join();
    REQUIRE(again.joined());
    CHECK((*again.join_answer)->skip_assignment == (version >= 9));
    CHECK(again.leads() == (version >= 9));
    CHECK(again.leave() == ErrorCode::kNone);
  }
}

TEST_CASE_FIXTURE(Fixture, "a group survives a restart: members, generation, assignments and offsets") {
  Client one{*this, "one"}, two{*this, "two"};
  one.join(), two.join();
  pass(milliseconds(6'000));
  settle(*this, {&one, &two});
  CHECK(one.commit(7) == ErrorCode::kNone);
  restart();
  CHECK(one.heartbeat() == ErrorCode::kNone);
  CHECK(two.commit(9) == ErrorCode::kNone);
  CHECK(log.groups().offsets("g").begin()->second.offset == Offset(9));
  two.send_sync();
  CHECK(two.synced());
  wk::DescribeGroupsResponse::DescribedGroup described;
  CHECK(groups->describe("g", described) == ErrorCode::kNone);
  CHECK(described.group_state == "Stable");
  CHECK(described.members.size() == 2);
  CHECK(as_text(described.members[0].member_metadata).starts_with("metadata of "));
  for (int i = 0; i < 2; ++i) {  // one does not come back
    pass(milliseconds(6'000));
    (void)two.heartbeat();
  }
  CHECK(two.heartbeat() == ErrorCode::kRebalanceInProgress);
  two.join();
  settle(*this, {&two});
  CHECK(two.generation == one.generation + 1);
}

TEST_CASE_FIXTURE(Fixture, "an assignment is handed out when it is stored, and not if it is not") {
  Client one{*this, "one"};
  one.join();
  pass(milliseconds(3'000));
  REQUIRE(one.joined());
  log.groups().hold(true);
  one.sync();
  CHECK(!*one.sync_answer);
  CHECK(groups->list().at(0).state == Group::State::kCompletingRebalance);
  CHECK(one.commit(1) == ErrorCode::kRebalanceInProgress);
  log.groups().hold(false);
  CHECK(one.synced());

  log.groups().refuse_with(Error{Code::kUnavailable, "the disk is full"});
  CHECK(one.commit(1) == ErrorCode::kCoordinatorNotAvailable);
  one.join();
  REQUIRE(one.joined());
  one.sync();
  CHECK(is((*one.sync_answer)->error_code, ErrorCode::kCoordinatorNotAvailable));
  log.groups().refuse_with(std::nullopt);
  one.join();
  settle(*this, {&one});
}

TEST_CASE_FIXTURE(Fixture, "commits of an old generation never overtake those of the next") {
  Client one{*this, "one"}, two{*this, "two"};
  one.join();
  pass(milliseconds(3'000));
  settle(*this, {&one});
  std::int32_t before = one.generation;
  two.join(), one.join();
  settle(*this, {&one, &two});
  CHECK(two.commit(10) == ErrorCode::kNone);
  one.generation = before;
  CHECK(one.commit(5) == ErrorCode::kIllegalGeneration);
  CHECK(log.groups().offsets("g").begin()->second.offset == Offset(10));
}

TEST_CASE_FIXTURE(Fixture, "what can't be is refused with Kafka's own error") {
  Client one{*this, "one"};
  one.session = milliseconds(5'999);
  one.join();
  CHECK(one.join_error() == ErrorCode::kInvalidSessionTimeout);
  one.session = milliseconds(10'000);
  one.id = "made up";
  one.join();
  CHECK(one.join_error() == ErrorCode::kUnknownMemberId);
  one.id.clear();
  one.join();
  pass(milliseconds(3'000));
  settle(*this, {&one});
  Client other{*this, "other"};
  other.protocol = "sticky";
  other.join();
  CHECK(other.join_error() == ErrorCode::kInconsistentGroupProtocol);
  CHECK(groups->heartbeat({"", 1, "x", std::nullopt}) == ErrorCode::kInvalidGroupId);
  CHECK(groups->heartbeat({"none", 1, "x", std::nullopt}) == ErrorCode::kUnknownMemberId);
  ErrorCode removed{};
  groups->remove("g", [&](ErrorCode code) { removed = code; });
  CHECK(removed == ErrorCode::kNonEmptyGroup);
  CHECK(one.leave() == ErrorCode::kNone);
  groups->remove("g", [&](ErrorCode code) { removed = code; });
  CHECK(removed == ErrorCode::kNone);
  groups->remove("g", [&](ErrorCode code) { removed = code; });
  CHECK(removed == ErrorCode::kGroupIdNotFound);
  CHECK(groups->list().empty());
}

TEST_CASE_FIXTURE(Fixture, "an id that was given out and not used is forgotten, and so is a group that it alone made") {
  Client one{*this, "one"};
  one.send_join();
  CHECK(one.join_error() == ErrorCode::kMemberIdRequired);
  CHECK(groups->list().size() == 1);
  pass(milliseconds(10'001));
  CHECK(groups->list().empty());
  one.id = (*one.join_answer)->member_id;
  one.send_join();
  CHECK(one.join_error() == ErrorCode::kUnknownMemberId);
}

TEST_CASE_FIXTURE(Fixture, "limits: members of a group, groups, bytes of a group") {
  options.members_max = 2;
  options.groups_max = 1;
  options.group_bytes_max = Bytes(10'000);
  restart();
  Client one{*this, "one"}, two{*this, "two"}, three{*this, "three"};
  one.join(), two.join(), three.join();
  CHECK(three.join_error() == ErrorCode::kGroupMaxSizeReached);
  CHECK(two.leave() == ErrorCode::kNone);
  three.name = std::string(20'000, 'n');
  three.join();
  CHECK(three.join_error() == ErrorCode::kGroupMaxSizeReached);
  wk::JoinGroupRequest other;
  other.group_id = "other";
  other.session_timeout_ms = 10'000;
  std::int16_t code = 0;
  groups->join({"x", ""}, other, 9, [&](const wk::JoinGroupResponse& response) { code = response.error_code; });
  CHECK(is(code, ErrorCode::kPolicyViolation));
}

TEST_CASE_FIXTURE(Fixture, "whoever watches groups sees that something is new, and nothing where nothing is") {
  std::uint64_t seen = groups->changes();
  auto anything_new = [&] { return std::exchange(seen, groups->changes()) != seen; };
  Client one{*this, "one"};
  one.join();
  CHECK(anything_new());
  pass(milliseconds(3'000));
  settle(*this, {&one});
  CHECK(anything_new());
  CHECK(one.heartbeat() == ErrorCode::kNone);
  CHECK(!anything_new());
  CHECK(one.commit(5) == ErrorCode::kNone);
  CHECK(anything_new());
  CHECK(one.commit(5) == ErrorCode::kNone);
  CHECK(!anything_new());
  pass(milliseconds(10'001));  // it dies
  CHECK(anything_new());
  groups->remove_offsets("g", {{{}, PartitionId(0)}}, [](ErrorCode) {});
  CHECK(anything_new());
  groups->remove("g", [](ErrorCode) {});
  CHECK(anything_new());
}

TEST_CASE_FIXTURE(Fixture, "offsets expire after the retention of an empty group, and the group with the last") {
  Client one{*this, "one"};
  one.join();
  pass(milliseconds(3'000));
  settle(*this, {&one});
  CHECK(one.commit(5) == ErrorCode::kNone);
  one.session = milliseconds(1'800'000);
  for (int i = 0; i < 8 * 24 * 2; ++i) {  // eight days with a member
    log.groups().now = clock.wall_ms();
    pass(milliseconds(1'799'000 / 200));
    clock.advance(std::chrono::minutes(30));
    if (one.heartbeat() != ErrorCode::kNone) break;
  }
  one.join();
  if (one.joined()) one.sync();
  CHECK(!log.groups().offsets("g").empty());
  (void)one.leave();
  pass(milliseconds(6 * 86'400'000));
  CHECK(!log.groups().offsets("g").empty());
  pass(milliseconds(86'400'000 + 1'200'000));
  CHECK(log.groups().offsets("g").empty());
  CHECK(groups->list().empty());
}

TEST_CASE_FIXTURE(Fixture, "offsets that are committed while those before expire stay") {
  auto committed = [&] { return log.groups().offsets("g").size(); };
  auto commit = [&](std::int32_t partition) {
    log.groups().now = clock.wall_ms();
    auto code = std::make_shared<ErrorCode>(ErrorCode::kUnknownServerError);
    groups->commit({"g", -1, "", std::nullopt}, {{{{}, PartitionId(partition)}, Offset(5), {}, {}}},
                   [code](ErrorCode answer) { *code = answer; });
    return code;
  };
  CHECK(*commit(0) == ErrorCode::kNone);
  pass(milliseconds(86'400'000));
  CHECK(*commit(1) == ErrorCode::kNone);
  pass(options.offsets_retention - milliseconds(86'400'000) - options.offsets_retention_check);
  for (int i = 0; i < 2; ++i) {  // first one of two would expire, then all there is
    CHECK(committed() == 2);
    log.groups().hold(true);
    auto one = commit(0), other = commit(1);
    pass(2 * options.offsets_retention_check);
    log.groups().end_one();
    pass(2 * options.offsets_retention_check);
    log.groups().hold(false);
    CHECK(*one == ErrorCode::kNone);
    CHECK(*other == ErrorCode::kNone);
    CHECK(committed() == 2);
    pass(options.offsets_retention - 5 * options.offsets_retention_check);
  }
  pass(2 * options.offsets_retention_check);
  CHECK(committed() == 0);  // in the air no more, they expire
}

TEST_CASE_FIXTURE(Fixture, "who stops answers whoever waits") {
  Client one{*this, "one"};
  one.join();
  groups->stop();
  CHECK(one.join_error() == ErrorCode::kCoordinatorNotAvailable);
  CHECK(one.heartbeat() == ErrorCode::kCoordinatorNotAvailable);
}

TEST_CASE("a group's state read back is the same, and cut anywhere it does not parse") {
  Group group;
  group.name = "g";
  group.generation = 7;
  group.protocol_type = "consumer";
  group.protocol = "range";
  GroupMember member;
  member.id = "one-1";
  member.instance = "one";
  member.session_timeout = milliseconds(10);
  member.protocols.push_back({"range", bytes("metadata")});
  member.assignment = bytes("assignment");
  group.add(std::move(member));
  const Buffer state = encode_group(group);
  Group read = decode_group("g", state).value();
  CHECK(encode_group(read) == state);
  CHECK(read.is(Group::State::kStable));
  CHECK(read.static_members.at("one") == "one-1");
  for (std::size_t length = 0; length < state.size(); ++length) {
    CHECK(decode_group("g", ByteView(state).first(length)).error().code == Code::kCorruption);
  }
  Buffer newer = state;
  newer[0] = std::byte{9};
  CHECK(decode_group("g", newer).error().code == Code::kUnsupported);
}

}  // namespace
}  // namespace tarn::doors::kafka
