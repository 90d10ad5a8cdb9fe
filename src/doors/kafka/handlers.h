// The handlers, one or two for each API: for the table (api_table.cc) and for tests. Files are by subject.
#pragma once

#include "doors/kafka/api_table.h"
#include "wire/kafka/messages/api_versions.h"
#include "wire/kafka/messages/create_topics.h"
#include "wire/kafka/messages/delete_groups.h"
#include "wire/kafka/messages/delete_topics.h"
#include "wire/kafka/messages/describe_configs.h"
#include "wire/kafka/messages/describe_groups.h"
#include "wire/kafka/messages/find_coordinator.h"
#include "wire/kafka/messages/heartbeat.h"
#include "wire/kafka/messages/incremental_alter_configs.h"
#include "wire/kafka/messages/init_producer_id.h"
#include "wire/kafka/messages/join_group.h"
#include "wire/kafka/messages/leave_group.h"
#include "wire/kafka/messages/list_groups.h"
#include "wire/kafka/messages/list_offsets.h"
#include "wire/kafka/messages/metadata.h"
#include "wire/kafka/messages/offset_commit.h"
#include "wire/kafka/messages/offset_delete.h"
#include "wire/kafka/messages/offset_fetch.h"
#include "wire/kafka/messages/offset_for_leader_epoch.h"
#include "wire/kafka/messages/sync_group.h"

namespace tarn::doors::kafka {

namespace wk = tarn::wire::kafka;

wk::ApiVersionsResponse handle(const Caller& caller, const wk::ApiVersionsRequest& request, std::int16_t version);
wk::MetadataResponse handle(const Caller& caller, const wk::MetadataRequest& request, std::int16_t version);
wk::FindCoordinatorResponse handle(const Caller& caller, const wk::FindCoordinatorRequest& request,
                                   std::int16_t version);
wk::CreateTopicsResponse handle(const Caller& caller, const wk::CreateTopicsRequest& request, std::int16_t version);
wk::DeleteTopicsResponse handle(const Caller& caller, const wk::DeleteTopicsRequest& request, std::int16_t version);
wk::InitProducerIdResponse handle(const Caller& caller, const wk::InitProducerIdRequest& request, std::int16_t version);
wk::ListOffsetsResponse handle(const Caller& caller, const wk::ListOffsetsRequest& request, std::int16_t version);
wk::OffsetForLeaderEpochResponse handle(const Caller& caller, const wk::OffsetForLeaderEpochRequest& request,
                                        std::int16_t version);
wk::DescribeConfigsResponse handle(const Caller& caller, const wk::DescribeConfigsRequest& request,
                                   std::int16_t version);
wk::IncrementalAlterConfigsResponse handle(const Caller& caller, const wk::IncrementalAlterConfigsRequest& request,
                                           std::int16_t version);

// ---- consumer groups

wk::OffsetFetchResponse handle(const Caller& caller, const wk::OffsetFetchRequest& request, std::int16_t version);
wk::HeartbeatResponse handle(const Caller& caller, const wk::HeartbeatRequest& request, std::int16_t version);
wk::LeaveGroupResponse handle(const Caller& caller, const wk::LeaveGroupRequest& request, std::int16_t version);
wk::DescribeGroupsResponse handle(const Caller& caller, const wk::DescribeGroupsRequest& request, std::int16_t version);
wk::ListGroupsResponse handle(const Caller& caller, const wk::ListGroupsRequest& request, std::int16_t version);

// These answer by `done`, once, on any thread, maybe before they return.
template <class Response>
using Done = std::move_only_function<void(Response)>;

void begin_handling(const Caller& caller, wk::JoinGroupRequest request, const wk::RequestHeader& header,
                    Done<wk::JoinGroupResponse> done);
void begin_handling(const Caller& caller, wk::SyncGroupRequest request, const wk::RequestHeader& header,
                    Done<wk::SyncGroupResponse> done);
void begin_handling(const Caller& caller, wk::OffsetCommitRequest request, const wk::RequestHeader& header,
                    Done<wk::OffsetCommitResponse> done);
void begin_handling(const Caller& caller, wk::OffsetDeleteRequest request, const wk::RequestHeader& header,
                    Done<wk::OffsetDeleteResponse> done);
void begin_handling(const Caller& caller, wk::DeleteGroupsRequest request, const wk::RequestHeader& header,
                    Done<wk::DeleteGroupsResponse> done);

}  // namespace tarn::doors::kafka
