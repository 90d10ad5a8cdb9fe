// InitProducerId and FindCoordinator.
#include "doors/kafka/error_codes.h"
#include "doors/kafka/handlers.h"

namespace tarn::doors::kafka {
namespace {

using access::Action;
using access::ResourceKind;
using Coordinator = wk::FindCoordinatorResponse::Coordinator;

// Kafka's FindCoordinatorRequest.CoordinatorType.
constexpr std::int8_t kGroupKey = 0;
constexpr std::int8_t kTransactionKey = 1;

Coordinator find_coordinator(const Caller& caller, const std::string& key, std::int8_t type) {
  Coordinator out;
  out.key = key;
  auto refuse = [&](ErrorCode error, const char* message) {
    out.node_id = -1;
    out.port = -1;
    out.error_code = wire_code(error);
    out.error_message = message;
    return out;
  };
  if (type == kTransactionKey) return refuse(ErrorCode::kUnsupportedVersion, "transactions are not served yet");
  if (type != kGroupKey) return refuse(ErrorCode::kInvalidRequest, "no such type of coordinator");
  if (!access::authorize(caller.principal, Action::kDescribe, {ResourceKind::kGroup, key})) {
    return refuse(ErrorCode::kGroupAuthorizationFailed, "");
  }
  out.node_id = kNodeId;
  out.host = caller.host;
  out.port = caller.port;
  return out;
}

}  // namespace

wk::FindCoordinatorResponse handle(const Caller& caller, const wk::FindCoordinatorRequest& request,
                                   std::int16_t version) {
  wk::FindCoordinatorResponse response;
  if (version >= 4) {
    for (const std::string& key : request.coordinator_keys) {
      response.coordinators.push_back(find_coordinator(caller, key, request.key_type));
    }
    return response;
  }
  Coordinator found = find_coordinator(caller, request.key, request.key_type);
  response.error_code = found.error_code;
  response.error_message = found.error_message;
  response.node_id = found.node_id;
  response.host = found.host;
  response.port = found.port;
  return response;
}

wk::InitProducerIdResponse handle(const Caller& caller, const wk::InitProducerIdRequest& request, std::int16_t) {
  wk::InitProducerIdResponse response;
  response.producer_epoch = -1;
  auto refuse = [&](ErrorCode error) {
    response.error_code = wire_code(error);
    return response;
  };
  if (request.transactional_id) return refuse(ErrorCode::kUnsupportedVersion);  // transactions are not served yet
  if (!access::authorize(caller.principal, Action::kWrite, {ResourceKind::kProducerId, ""})) {
    return refuse(ErrorCode::kClusterAuthorizationFailed);
  }
  auto given = caller.log.new_producer_id();
  if (!given) return refuse(error_code(given.error().code));
  response.producer_id = given->id.value();
  response.producer_epoch = given->epoch.value();
  return response;
}

}  // namespace tarn::doors::kafka
