#include "doors/kafka/api_table.h"

#include <algorithm>

#include "doors/kafka/error_codes.h"
#include "doors/kafka/group_coordinator.h"
#include "doors/kafka/handlers.h"

namespace tarn::doors::kafka {
namespace {

using wk::ApiKey;

template <class Request>
Result<void> answer(const Caller& caller, ByteView body, std::int16_t version, wk::Writer& out) {
  TARN_ASSIGN(Request request, Request::decode(body, version));
  handle(caller, request, version).encode(out, version);
  return {};
}

template <class Request>
Result<void> begin(const Caller& caller, const wk::Request& frame, Answered answered) {
  std::int16_t version = frame.header.api_version;
  TARN_ASSIGN(Request request, Request::decode(frame.body, version));
  begin_handling(
      caller, std::move(request), frame.header, [answered = std::move(answered), version](auto response) mutable {
        answered([response = std::move(response), version](wk::Writer& out) { response.encode(out, version); });
      });
  return {};
}

// Of requests that could but be refused past a size: decoded they take up to kAllocationRatioMax times their bytes.
template <class Request, class Response>
Result<void> begin_small(const Caller& caller, const wk::Request& frame, Answered answered) {
  Bytes max = caller.options.groups.request_bytes_max;
  if (frame.body.size() <= max.count()) return begin<Request>(caller, frame, std::move(answered));
  caller.groups.log_refusal("(request not read)", {"request_bytes_max", max.count()});
  answered([version = frame.header.api_version](wk::Writer& out) {
    Response refused;
    refused.error_code = wire_code(ErrorCode::kGroupMaxSizeReached);
    refused.encode(out, version);
  });
  return {};
}

constexpr Handler kHandlers[] = {
    {ApiKey::kProduce, 0, 13, Pool::kWrite, nullptr},
    {ApiKey::kFetch, 4, 18, Pool::kRead, nullptr},
    {ApiKey::kListOffsets, 1, 11, Pool::kRead, answer<wk::ListOffsetsRequest>},
    {ApiKey::kMetadata, 0, 13, Pool::kWrite, answer<wk::MetadataRequest>},  // may create topics
    {ApiKey::kOffsetCommit, 2, 10, Pool::kWrite, nullptr, begin<wk::OffsetCommitRequest>},
    {ApiKey::kOffsetFetch, 1, 10, Pool::kRead, answer<wk::OffsetFetchRequest>},
    {ApiKey::kFindCoordinator, 0, 6, Pool::kRead, answer<wk::FindCoordinatorRequest>},
    {ApiKey::kJoinGroup, 0, 9, Pool::kWrite, nullptr, begin_small<wk::JoinGroupRequest, wk::JoinGroupResponse>},
    {ApiKey::kHeartbeat, 0, 4, Pool::kRead, answer<wk::HeartbeatRequest>},
    {ApiKey::kLeaveGroup, 0, 5, Pool::kWrite, answer<wk::LeaveGroupRequest>},
    {ApiKey::kSyncGroup, 0, 5, Pool::kWrite, nullptr, begin_small<wk::SyncGroupRequest, wk::SyncGroupResponse>},
    {ApiKey::kDescribeGroups, 0, 6, Pool::kRead, answer<wk::DescribeGroupsRequest>},
    {ApiKey::kListGroups, 0, 5, Pool::kRead, answer<wk::ListGroupsRequest>},
    {ApiKey::kApiVersions, 0, 4, Pool::kRead, answer<wk::ApiVersionsRequest>},
    {ApiKey::kCreateTopics, 2, 7, Pool::kWrite, answer<wk::CreateTopicsRequest>},
    {ApiKey::kDeleteTopics, 1, 6, Pool::kWrite, answer<wk::DeleteTopicsRequest>},
    {ApiKey::kInitProducerId, 0, 5, Pool::kWrite, answer<wk::InitProducerIdRequest>},
    {ApiKey::kOffsetForLeaderEpoch, 2, 4, Pool::kRead, answer<wk::OffsetForLeaderEpochRequest>},
    {ApiKey::kDescribeConfigs, 1, 4, Pool::kRead, answer<wk::DescribeConfigsRequest>},
    {ApiKey::kDeleteGroups, 0, 2, Pool::kWrite, nullptr, begin<wk::DeleteGroupsRequest>},
    {ApiKey::kIncrementalAlterConfigs, 0, 1, Pool::kWrite, answer<wk::IncrementalAlterConfigsRequest>},
    {ApiKey::kOffsetDelete, 0, 0, Pool::kWrite, nullptr, begin<wk::OffsetDeleteRequest>},
};

// KIP-511: [a-zA-Z0-9], then those, dashes and dots, not at the end.
bool is_software_name(std::string_view name) {
  auto is_alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (name.empty() || !is_alnum(name.front()) || !is_alnum(name.back())) return false;
  return std::ranges::all_of(name, [&](char c) { return is_alnum(c) || c == '-' || c == '.'; });
}

}  // namespace

std::span<const Handler> handlers() { return kHandlers; }

const Handler* find_handler(ApiKey key) {
  auto found = std::ranges::find(handlers(), key, &Handler::key);
  return found == handlers().end() ? nullptr : &*found;
}

void answer_unknown_api_versions(wk::Writer& out) {
  const Handler& own = *find_handler(ApiKey::kApiVersions);
  wk::ApiVersionsResponse response;
  response.error_code = wire_code(ErrorCode::kUnsupportedVersion);
  response.api_keys.push_back({static_cast<std::int16_t>(own.key), own.version_min, own.version_max});
  response.encode(out, 0);
}

wk::ApiVersionsResponse handle(const Caller& caller, const wk::ApiVersionsRequest& request, std::int16_t version) {
  wk::ApiVersionsResponse response;
  if (version >= 3 &&
      (!is_software_name(request.client_software_name) || !is_software_name(request.client_software_version))) {
    response.error_code = wire_code(ErrorCode::kInvalidRequest);
    return response;
  }
  if (!access::authorize(caller.principal, access::Action::kDescribe, {access::ResourceKind::kCluster, ""})) {
    response.error_code = wire_code(ErrorCode::kClusterAuthorizationFailed);
    return response;
  }
  for (const Handler& handler : handlers()) {
    response.api_keys.push_back({static_cast<std::int16_t>(handler.key), handler.version_min, handler.version_max});
  }
  return response;
}

}  // namespace tarn::doors::kafka
