// The handlers by themselves, for the table of handlers.cc and for tests.
#pragma once

#include "doors/kafka/handlers.h"
#include "wire/kafka/messages/api_versions.h"
#include "wire/kafka/messages/create_topics.h"
#include "wire/kafka/messages/delete_topics.h"
#include "wire/kafka/messages/describe_configs.h"
#include "wire/kafka/messages/find_coordinator.h"
#include "wire/kafka/messages/incremental_alter_configs.h"
#include "wire/kafka/messages/init_producer_id.h"
#include "wire/kafka/messages/list_offsets.h"
#include "wire/kafka/messages/metadata.h"
#include "wire/kafka/messages/offset_for_leader_epoch.h"

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

}  // namespace tarn::doors::kafka
