#include "doors/kafka/handlers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>

#include "doors/kafka/api_table.h"
#include "doors/kafka/error_codes.h"
#include "doors/kafka/fetch.h"
#include "doors/kafka/group_coordinator.h"
#include "doors/kafka/produce.h"
#include "doors/kafka/testing/memory_log.h"
#include "host/clock.h"
#include "wire/kafka/apis.h"
#include "wire/kafka/record_batch.h"

namespace tarn::doors::kafka {
namespace {

struct Fixture {
  testing::MemoryLog log;
  host::ManualClock clock{TimestampMs(1'700'000'000'000)};
  std::unique_ptr<host::Files> files = host::real_files();
  std::unique_ptr<host::Random> random = host::seeded_random(1);
  DoorOptions options{.cluster_id = "cluster"};
  GroupCoordinator groups{log, {*files, clock, *random}, {}, {[](auto task) { task(); }, [] {}}};
  Caller caller{log, groups, clock, options, access::local_admin(""), "127.0.0.1", 9092, "/127.0.0.1"};

  log::Topic topic(const std::string& name, std::int32_t partitions = 1) {
    return log.create_topic({name, partitions, {}}).value();
  }

  template <class Request>
  auto ask(const Request& request, std::int16_t version = Request::kVersionMax) {
    return handle(caller, request, version);
  }

  wk::ProduceResponse::PartitionProduceResponse produce(const log::Topic& topic, ByteView batch,
                                                        std::int16_t version = 13,
                                                        std::optional<std::string> transaction = std::nullopt) {
    wk::ProduceRequest request;
    request.acks = -1;
    request.transactional_id = std::move(transaction);
    auto& data = request.topic_data.emplace_back();
    data.name = topic.name;
    data.topic_id = topic.id;
    data.partition_data.push_back({0, wk::Records(batch)});
    std::promise<wk::ProduceResponse> answered;
    start_produce(caller, std::move(request), version,
                  [&](wk::ProduceResponse response) { answered.set_value(std::move(response)); });
    return answered.get_future().get().responses.at(0).partition_responses.at(0);
  }
};

Buffer batch_of(std::size_t value_bytes, wk::Compression codec = wk::Compression::kNone,
                std::int64_t timestamp = 1000) {
  wk::RecordBatchBuilder builder;
  builder.add(TimestampMs(timestamp), std::nullopt, as_bytes(std::string(value_bytes, 'x')));
  return builder.build({.codec = codec}).value();
}

wk::MetadataRequest metadata_of(const std::string& name, bool create) {
  wk::MetadataRequest request;
  request.topics.emplace().push_back({{}, name});
  request.allow_auto_topic_creation = create;
  return request;
}

wk::CreateTopicsRequest create_of(const std::string& name, std::int32_t partitions = 1, std::int16_t replicas = 1) {
  wk::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = name;
  topic.num_partitions = partitions;
  topic.replication_factor = replicas;
  return request;
}

bool is(std::int16_t code, ErrorCode expected) { return code == wire_code(expected); }

}  // namespace

TEST_CASE("exactly what has a codec is served, in the versions that are advertised") {
  REQUIRE(handlers().size() == wk::apis().size());
  for (std::size_t i = 0; i < handlers().size(); ++i) {
    CHECK(handlers()[i].key == wk::apis()[i].key);
    CHECK(handlers()[i].version_min == wk::apis()[i].advertised_min);
    CHECK(handlers()[i].version_max == wk::apis()[i].advertised_max);
  }
}

TEST_CASE_FIXTURE(Fixture, "ApiVersions tells the table, and refuses a client without a proper name") {
  wk::ApiVersionsRequest request{"librdkafka", "2.15.1"};
  auto response = ask(request);
  CHECK(response.error_code == 0);
  CHECK(response.api_keys.size() == handlers().size());
  for (const char* name : {"", "-x", "x-", "a b"}) {
    request.client_software_name = name;
    CHECK(is(ask(request).error_code, ErrorCode::kInvalidRequest));
  }
  CHECK(ask(request, 2).error_code == 0);  // older versions have no name
}

TEST_CASE_FIXTURE(Fixture, "Metadata creates a missing topic only where client and node want it") {
  CHECK(is(ask(metadata_of("rides", false)).topics.at(0).error_code, ErrorCode::kUnknownTopicOrPartition));
  options.auto_create_topics = false;
  CHECK(is(ask(metadata_of("rides", true)).topics.at(0).error_code, ErrorCode::kUnknownTopicOrPartition));
  options.auto_create_topics = true;
  auto created = ask(metadata_of("rides", true));
  CHECK(created.cluster_id == "cluster");
  CHECK(created.controller_id == kNodeId);
  REQUIRE(created.topics.at(0).partitions.size() == 1);
  CHECK(created.topics[0].partitions[0].leader_id == kNodeId);
  CHECK(created.topics[0].partitions[0].leader_epoch == 0);
  CHECK(!created.topics[0].topic_id.is_zero());

  wk::MetadataRequest by_id;
  by_id.topics.emplace().push_back({created.topics[0].topic_id, std::nullopt});
  CHECK(ask(by_id).topics.at(0).name == "rides");
  by_id.topics->at(0).topic_id.bytes[3] = std::byte{9};
  CHECK(is(ask(by_id).topics.at(0).error_code, ErrorCode::kUnknownTopicId));
  CHECK(is(ask(metadata_of("a/b", true)).topics.at(0).error_code, ErrorCode::kInvalidTopic));
}

TEST_CASE_FIXTURE(Fixture, "Metadata of no list means all, of an empty one none; in version 0 an empty one means all") {
  topic("a");
  topic("b");
  wk::MetadataRequest request;
  CHECK(ask(request).topics.size() == 2);
  request.topics.emplace();
  CHECK(ask(request).topics.empty());
  CHECK(ask(request, 0).topics.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "CreateTopics creates, tells all configs, and validates without creating") {
  wk::CreateTopicsRequest request = create_of("rides", 3, -1);
  request.topics[0].configs.push_back({"tarn.land", "off"});
  request.validate_only = true;
  CHECK(ask(request).topics.at(0).error_code == 0);
  CHECK(log.topics()->all().empty());
  request.validate_only = false;
  auto created = ask(request).topics.at(0);
  CHECK(created.num_partitions == 3);
  CHECK(created.replication_factor == 1);
  CHECK(created.configs->size() == log::known_topic_configs().size());
  auto land = std::ranges::find(*created.configs, "tarn.land", &wk::CreateTopicsResponse::CreatableTopicConfigs::name);
  REQUIRE(land != created.configs->end());
  CHECK(land->value == "off");
  CHECK(land->config_source == 1);
  CHECK(log.topics()->find("rides")->partitions == 3);
}

TEST_CASE_FIXTURE(Fixture, "CreateTopics says what is wrong") {
  topic("taken");
  auto error_of = [&](const wk::CreateTopicsRequest& request) {
    return static_cast<ErrorCode>(ask(request).topics.at(0).error_code);
  };
  CHECK(error_of(create_of("taken")) == ErrorCode::kTopicAlreadyExists);
  CHECK(error_of(create_of("no spaces")) == ErrorCode::kInvalidTopic);
  CHECK(error_of(create_of("a", 0)) == ErrorCode::kInvalidPartitions);
  CHECK(error_of(create_of("a", log::kPartitionsPerTopicMax + 1)) == ErrorCode::kInvalidPartitions);
  CHECK(error_of(create_of("a", 1, 3)) == ErrorCode::kInvalidReplicationFactor);

  auto twice = create_of("a");
  twice.topics.push_back(twice.topics[0]);
  CHECK(ask(twice).topics.size() == 1);
  CHECK(error_of(twice) == ErrorCode::kInvalidRequest);

  auto config = create_of("a");
  config.topics[0].configs.push_back({"no.such.config", "1"});
  CHECK(error_of(config) == ErrorCode::kInvalidConfig);

  auto assigned = create_of("a", -1, -1);
  assigned.topics[0].assignments = {{1, {kNodeId}}, {0, {kNodeId}}};
  CHECK(error_of(assigned) == ErrorCode::kNone);
  assigned.topics[0].name = "b";
  assigned.topics[0].assignments[0].broker_ids = {2};
  CHECK(error_of(assigned) == ErrorCode::kInvalidReplicaAssignment);

  log.fail_admin(Error{Code::kUnavailable, "disk full"});
  CHECK(error_of(create_of("c")) == ErrorCode::kRequestTimedOut);
}

TEST_CASE_FIXTURE(Fixture, "DeleteTopics deletes by name or id, not by both") {
  auto first = topic("first");
  auto second = topic("second");
  wk::DeleteTopicsRequest request;
  request.topics.push_back({std::nullopt, first.id});
  request.topics.push_back({"second", {}});
  request.topics.push_back({"gone", {}});
  request.topics.push_back({"first", first.id});
  auto results = ask(request).responses;
  CHECK(results.at(0).name == "first");
  CHECK(results.at(0).error_code == 0);
  CHECK(results.at(1).error_code == 0);
  CHECK(is(results.at(2).error_code, ErrorCode::kUnknownTopicOrPartition));
  CHECK(is(results.at(3).error_code, ErrorCode::kInvalidRequest));
  CHECK(log.topics()->all().empty());
}

TEST_CASE_FIXTURE(Fixture, "Produce answers offsets, and every refusal of the log by its own code") {
  auto rides = topic("rides");
  CHECK(produce(rides, batch_of(10)).base_offset == 0);
  CHECK(produce(rides, batch_of(10)).base_offset == 1);
  const std::pair<log::AppendStatus, ErrorCode> refusals[] = {
      {log::AppendStatus::kDiskFull, ErrorCode::kKafkaStorageError},
      {log::AppendStatus::kHeld, ErrorCode::kNotEnoughReplicas},
      {log::AppendStatus::kOutOfOrderSequence, ErrorCode::kOutOfOrderSequenceNumber},
      {log::AppendStatus::kTooLarge, ErrorCode::kMessageTooLarge},
      {log::AppendStatus::kUnknownTopic, ErrorCode::kUnknownTopicId},
  };
  for (const auto& [status, code] : refusals) {
    log.refuse_with(status);
    auto refused = produce(rides, batch_of(10));
    CHECK(is(refused.error_code, code));
    CHECK(refused.base_offset == -1);
    CHECK(refused.error_message == "refused by the test");
  }
}

TEST_CASE_FIXTURE(Fixture, "Produce refuses what its version or this node does not have") {
  auto rides = topic("rides");
  CHECK(is(produce(rides, {}).error_code, ErrorCode::kInvalidRecord));
  CHECK(is(produce(rides, batch_of(10, wk::Compression::kZstd), 6).error_code, ErrorCode::kUnsupportedCompressionType));
  CHECK(produce(rides, batch_of(10, wk::Compression::kZstd), 7).error_code == 0);
  CHECK(is(produce(rides, batch_of(10), 13, "transfer").error_code, ErrorCode::kUnsupportedVersion));
  rides.id.bytes[2] = std::byte{1};
  CHECK(is(produce(rides, batch_of(10), 13).error_code, ErrorCode::kUnknownTopicId));
  rides.name = "other";
  CHECK(is(produce(rides, batch_of(10), 12).error_code, ErrorCode::kUnknownTopicOrPartition));
}

TEST_CASE_FIXTURE(Fixture,
                  "Fetch gives the first batch whole however small the limit, and the next partition waits its turn") {
  auto first = topic("first");
  auto second = topic("second");
  produce(first, batch_of(5000));
  produce(first, batch_of(5000));
  produce(second, batch_of(5000));
  wk::FetchRequest request;
  request.min_bytes = 1;
  request.max_bytes = 100;
  for (const auto& topic : {first, second}) {
    auto& wanted = request.topics.emplace_back();
    wanted.topic_id = topic.id;
    wanted.partitions.emplace_back().partition_max_bytes = 50;
  }
  FetchCall call(caller, request, 18);
  call.read();
  CHECK(call.is_due());
  REQUIRE(call.ranges().size() == 1);
  CHECK(call.ranges()[0].length == Bytes(batch_of(5000).size()));
  CHECK(call.response().responses.at(0).partitions.at(0).records.promised() == batch_of(5000).size());
  CHECK(call.response().responses.at(1).partitions.at(0).records.promised() == 0);
  CHECK(!call.response().responses.at(1).partitions.at(0).records.is_null());
}

TEST_CASE_FIXTURE(Fixture, "Fetch waits at the end of the log, and tells errors at once") {
  auto rides = topic("rides");
  produce(rides, batch_of(10));
  wk::FetchRequest request;
  request.min_bytes = 1;
  request.isolation_level = 1;
  auto& wanted = request.topics.emplace_back();
  wanted.topic_id = rides.id;
  wanted.partitions.push_back({.partition = 0, .fetch_offset = 1, .partition_max_bytes = 1000});
  auto read = [&] {
    FetchCall call(caller, request, 18);
    call.read();
    return std::pair(call.is_due(), call.response());
  };
  auto [due, response] = read();
  CHECK(!due);
  CHECK(response.responses.at(0).partitions.at(0).high_watermark == 1);
  CHECK(response.responses.at(0).partitions.at(0).aborted_transactions->empty());

  auto error_now = [&] {
    auto [error_due, answer] = read();
    CHECK(error_due);
    return static_cast<ErrorCode>(answer.responses.at(0).partitions.at(0).error_code);
  };
  auto& partition = request.topics[0].partitions[0];
  partition.fetch_offset = 2;
  CHECK(error_now() == ErrorCode::kOffsetOutOfRange);
  partition.fetch_offset = 1;
  partition.current_leader_epoch = 5;
  CHECK(error_now() == ErrorCode::kUnknownLeaderEpoch);
  partition.current_leader_epoch = -1;
  partition.partition = 7;
  CHECK(error_now() == ErrorCode::kUnknownTopicOrPartition);
  request.topics[0].topic_id.bytes[1] = std::byte{1};
  CHECK(error_now() == ErrorCode::kUnknownTopicId);
  request.session_id = 12;
  request.session_epoch = 3;
  auto [session_due, refused] = read();
  CHECK(session_due);
  CHECK(is(refused.error_code, ErrorCode::kFetchSessionIdNotFound));
}

TEST_CASE_FIXTURE(Fixture, "ListOffsets finds places and times") {
  auto rides = topic("rides");
  for (std::int64_t timestamp : {1000, 3000, 2000}) produce(rides, batch_of(10, wk::Compression::kNone, timestamp));
  log.trim({rides.id, PartitionId(0)}, Offset(1));
  auto list = [&](std::int64_t timestamp, std::int32_t epoch = -1) {
    wk::ListOffsetsRequest request;
    auto& wanted = request.topics.emplace_back();
    wanted.name = "rides";
    wanted.partitions.push_back({0, epoch, timestamp});
    return ask(request).topics.at(0).partitions.at(0);
  };
  CHECK(list(-1).offset == 3);
  CHECK(list(-2).offset == 1);
  CHECK(list(-3).offset == 1);
  CHECK(list(-3).timestamp == 3000);
  CHECK(list(-4).offset == 1);
  CHECK(list(-5).offset == -1);
  CHECK(list(1500).offset == 1);
  CHECK(list(9000).offset == -1);
  CHECK(is(list(-7).error_code, ErrorCode::kUnsupportedVersion));
  CHECK(is(list(-1, 4).error_code, ErrorCode::kUnknownLeaderEpoch));

  wk::OffsetForLeaderEpochRequest epochs;
  auto& wanted = epochs.topics.emplace_back();
  wanted.topic = "rides";
  wanted.partitions.push_back({.partition = 0, .leader_epoch = 0});
  CHECK(ask(epochs).topics.at(0).partitions.at(0).end_offset == 3);
}

TEST_CASE_FIXTURE(Fixture, "configs are set, deleted, appended to and subtracted from, all or none") {
  topic("rides");
  auto alter = [&](std::vector<wk::IncrementalAlterConfigsRequest::AlterableConfig> changes,
                   bool validate_only = false) {
    wk::IncrementalAlterConfigsRequest request;
    request.validate_only = validate_only;
    request.resources.push_back({2, "rides", std::move(changes)});
    return ask(request).responses.at(0);
  };
  auto described = [&](const std::string& name) {
    wk::DescribeConfigsRequest request;
    request.include_synonyms = true;
    request.resources.push_back({2, "rides", std::vector{name}});
    return ask(request).results.at(0).configs.at(0);
  };
  CHECK(described("cleanup.policy").value == "delete");
  CHECK(described("cleanup.policy").config_source == 5);
  CHECK(alter({{"cleanup.policy", 2, "compact"}}).error_code == 0);
  CHECK(described("cleanup.policy").value == "delete,compact");
  CHECK(described("cleanup.policy").synonyms.size() == 2);
  CHECK(alter({{"cleanup.policy", 3, "delete"}}).error_code == 0);
  CHECK(described("cleanup.policy").value == "compact");
  CHECK(alter({{"tarn.fsync", 0, "never"}}, true).error_code == 0);
  CHECK(described("tarn.fsync").value == "always");
  CHECK(is(alter({{"tarn.fsync", 0, "never"}, {"retention.ms", 0, "soon"}}).error_code, ErrorCode::kInvalidConfig));
  CHECK(described("tarn.fsync").value == "always");
  CHECK(is(alter({{"retention.ms", 2, "5"}}).error_code, ErrorCode::kInvalidConfig));
  CHECK(alter({{"cleanup.policy", 1, std::nullopt}}).error_code == 0);
  CHECK(described("cleanup.policy").value == "delete");

  wk::IncrementalAlterConfigsRequest broker;
  broker.resources.push_back({4, "1", {{"num.partitions", 0, "4"}}});
  CHECK(is(ask(broker).responses.at(0).error_code, ErrorCode::kInvalidRequest));
  wk::DescribeConfigsRequest nodes;
  nodes.resources.push_back({4, "1", std::nullopt});
  nodes.resources.push_back({4, "2", std::nullopt});
  CHECK(ask(nodes).results.at(0).configs.size() == 7);
  CHECK(is(ask(nodes).results.at(1).error_code, ErrorCode::kInvalidRequest));
}

TEST_CASE_FIXTURE(Fixture, "producer ids are given without a transaction, group coordinators are this node") {
  wk::InitProducerIdRequest request;
  CHECK(ask(request).producer_id > 0);
  CHECK(ask(request).producer_epoch == 0);
  request.transactional_id = "transfer";
  CHECK(is(ask(request).error_code, ErrorCode::kUnsupportedVersion));

  wk::FindCoordinatorRequest coordinator{.coordinator_keys = {"g"}};
  CHECK(ask(coordinator).coordinators.at(0).port == 9092);
  coordinator.key_type = 1;
  CHECK(is(ask(coordinator).coordinators.at(0).error_code, ErrorCode::kUnsupportedVersion));
  CHECK(is(ask(coordinator, 3).error_code, ErrorCode::kUnsupportedVersion));
}

TEST_CASE("an error message is cut between characters") {
  CHECK(!wire_message(""));
  CHECK(wire_message("short") == "short");
  std::string euros;
  for (int i = 0; i < 500; ++i) euros += "\xe2\x82\xac";
  CHECK(wire_message(euros)->size() == 999);
}

}  // namespace tarn::doors::kafka
