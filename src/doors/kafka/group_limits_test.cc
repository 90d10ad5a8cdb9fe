// What a client can make the coordinator hold and compare: refused past a named limit, and counted for what it takes.
#include "doors/kafka/group_fixture_test.h"

namespace tarn::doors::kafka {
namespace {

using Protocols = std::vector<GroupMember::Protocol>;

struct Fixture : GroupFixture {
  wk::JoinGroupResponse join(wk::JoinGroupRequest request, const std::string& client_id = "client",
                             std::int16_t version = 9) {
    auto answer = std::make_shared<wk::JoinGroupResponse>();  // it may come later
    if (request.group_id.empty()) request.group_id = "g";
    if (request.session_timeout_ms == 0) request.session_timeout_ms = 1'800'000;
    request.protocol_type = request.protocol_type.empty() ? "consumer" : request.protocol_type;
    if (request.protocols.empty()) request.protocols.push_back({"range", {}});
    groups->join({client_id, "/127.0.0.1"}, std::move(request), version,
                 [answer](wk::JoinGroupResponse response) { *answer = std::move(response); });
    return *answer;
  }
  bool refused(Protocols protocols, ErrorCode with) {
    wk::JoinGroupRequest request;
    request.protocols = std::move(protocols);
    return is(join(std::move(request)).error_code, with);
  }
};

Protocols numbered(std::size_t count, const std::string& prefix) {
  Protocols protocols;
  for (std::size_t i = 0; i < count; ++i) protocols.push_back({prefix + std::to_string(i), {}});
  return protocols;
}

TEST_CASE_FIXTURE(Fixture, "a member offers so many protocols at most, of names so long, or its request is invalid") {
  CHECK(refused(numbered(101, "a"), ErrorCode::kInvalidRequest));
  CHECK(refused({{std::string(256, 'n'), {}}}, ErrorCode::kInvalidRequest));
  wk::JoinGroupRequest typed;
  typed.protocol_type = std::string(256, 't');
  CHECK(is(join(typed).error_code, ErrorCode::kInvalidRequest));
  CHECK(groups->list().empty());
  CHECK(refused(numbered(100, std::string(250, 'n')), ErrorCode::kMemberIdRequired));
}

TEST_CASE("members with many protocols that only the last of each has in common agree on that one") {
  Group group;
  constexpr int kMembers = 300;
  for (int i = 0; i < kMembers; ++i) {
    GroupMember member;
    member.id = std::to_string(i);
    member.protocols = numbered(99, i == kMembers - 1 ? "other" : "same");
    member.protocols.push_back({"zz", {}});
    group.add(std::move(member));
  }
  CHECK(group.choose_protocol() == "zz");
  group.protocol_type = "consumer";
  CHECK(group.supports("consumer", {{"zz", {}}, {"more", {}}}));
  CHECK(!group.supports("consumer", {{"same1", {}}, {"other1", {}}}));
  CHECK(!group.supports("connect", {{"zz", {}}}));
}

TEST_CASE_FIXTURE(Fixture, "ids that are given out count, with their group, until they are used or forgotten") {
  options.members_bytes_max = Bytes(100'000);
  restart();
  const std::string client_id(32'000, 'Z');
  auto ask = [&](int group) {
    wk::JoinGroupRequest request;
    request.group_id = "g" + std::to_string(group);
    return static_cast<ErrorCode>(join(request, client_id).error_code);
  };
  int given = 0;
  while (given < 1'000 && ask(given % 20) == ErrorCode::kMemberIdRequired) ++given;
  CHECK(given > 50);
  CHECK(given < 300);  // each takes more than its 292 bytes of id
  CHECK(ask(0) == ErrorCode::kGroupMaxSizeReached);
  CHECK(ask(99) == ErrorCode::kGroupMaxSizeReached);
  pass(milliseconds(1'800'001));
  CHECK(groups->list().empty());
  for (int i = 0; i < given; ++i) CHECK(ask(i % 20) == ErrorCode::kMemberIdRequired);
}

TEST_CASE_FIXTURE(Fixture, "a client id is cut, at the end of a character") {
  std::string client_id(254, 'Z');
  for (int i = 0; i < 100; ++i) client_id += "\u00e9";  // é, of two bytes
  const std::string id = join({}, client_id).member_id;
  CHECK(id.size() == 254 + 37);
  wk::JoinGroupRequest request;
  request.member_id = id;
  join(request, client_id);
  wk::DescribeGroupsResponse::DescribedGroup described;
  CHECK(groups->describe("g", described) == ErrorCode::kNone);
  CHECK(described.members.at(0).client_id == std::string(254, 'Z'));
}

TEST_CASE_FIXTURE(Fixture, "a protocol without name and metadata still takes memory") {
  CHECK(bytes_of(Protocols(1'000)) > 1'000 * sizeof(GroupMember::Protocol));
  options.protocols_max = 1'000'000;
  restart();
  CHECK(refused(Protocols(100'000), ErrorCode::kGroupMaxSizeReached));
  CHECK(refused(Protocols(10'000), ErrorCode::kMemberIdRequired));
}

TEST_CASE_FIXTURE(Fixture,
                  "members that grow when they join again, or by what they are assigned, stay within all's memory") {
  options.members_bytes_max = Bytes(20'000);
  restart();
  GroupClientFake one{*this, "one"};
  one.join();
  pass(milliseconds(3'000));
  REQUIRE(one.joined());
  auto assign = [&](std::size_t size) {
    wk::SyncGroupRequest sync;
    sync.group_id = "g";
    sync.generation_id = one.generation;
    sync.member_id = one.id;
    sync.assignments.push_back({one.id, Buffer(size)});
    std::int16_t code = 0;
    groups->sync(sync, [&](const wk::SyncGroupResponse& response) { code = response.error_code; });
    return static_cast<ErrorCode>(code);
  };
  CHECK(assign(20'000) == ErrorCode::kGroupMaxSizeReached);
  wk::JoinGroupRequest again;
  again.member_id = one.id;
  again.session_timeout_ms = 10'000;
  again.protocols = {{"range", Buffer(20'000)}};
  CHECK(is(join(again).error_code, ErrorCode::kGroupMaxSizeReached));
  one.join();
  REQUIRE(one.joined());
  CHECK(assign(5'000) == ErrorCode::kNone);

  options.members_bytes_max = Bytes(100);  // less than there is: who is there stays, and nobody comes
  restart();
  one.join();
  CHECK(one.joined());
  GroupClientFake two{*this, "two"};
  two.join();
  CHECK(two.join_error() == ErrorCode::kGroupMaxSizeReached);
}

TEST_CASE_FIXTURE(Fixture, "groups without members do not count as groups that are used, whoever comes to them does") {
  options.groups_max = 2;
  restart();
  auto join_and_leave = [&](const std::string& name) {
    wk::JoinGroupRequest request;
    request.group_id = name;
    request.member_id = join(request).member_id;
    if (request.member_id.empty()) return ErrorCode::kPolicyViolation;
    join(request);
    pass(milliseconds(3'000));
    return groups->leave(name, {{request.member_id, std::nullopt, std::nullopt}}).at(0);
  };
  for (int i = 0; i < 10; ++i) CHECK(join_and_leave("g" + std::to_string(i)) == ErrorCode::kNone);
  CHECK(groups->list().size() == 10);
  restart();
  auto ask = [&](const std::string& name) {
    wk::JoinGroupRequest request;
    request.group_id = name;
    return static_cast<ErrorCode>(join(request).error_code);
  };
  CHECK(ask("g3") == ErrorCode::kMemberIdRequired);
  CHECK(ask("new") == ErrorCode::kMemberIdRequired);
  CHECK(ask("g3") == ErrorCode::kMemberIdRequired);
  CHECK(ask("g4") == ErrorCode::kPolicyViolation);
  CHECK(ask("newer") == ErrorCode::kPolicyViolation);
  pass(milliseconds(1'800'001));
  CHECK(ask("g4") == ErrorCode::kMemberIdRequired);
}

TEST_CASE_FIXTURE(Fixture, "a static member of a full group takes its place again") {
  options.members_max = 1;
  restart();
  GroupClientFake one{*this, "one", "first"}, again{*this, "one", "first"}, other{*this, "two", "second"};
  one.join();
  pass(milliseconds(3'000));
  REQUIRE(one.joined());
  one.sync();
  again.join();
  CHECK(again.joined());
  other.join();
  CHECK(other.join_error() == ErrorCode::kGroupMaxSizeReached);
}

}  // namespace
}  // namespace tarn::doors::kafka
