// Kafka's error codes, as far as we answer them, and the one table from our errors to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "log/log.h"

namespace tarn::doors::kafka {

// Kafka's protocol guide, "Error Codes".
enum class ErrorCode : std::int16_t {
  kUnknownServerError = -1,
  kNone = 0,
  kOffsetOutOfRange = 1,
  kCorruptMessage = 2,
  kUnknownTopicOrPartition = 3,
  kNotLeaderOrFollower = 6,
  kRequestTimedOut = 7,
  kMessageTooLarge = 10,
  kOffsetMetadataTooLarge = 12,
  kCoordinatorNotAvailable = 15,
  kInvalidTopic = 17,
  kNotEnoughReplicas = 19,
  kIllegalGeneration = 22,
  kInconsistentGroupProtocol = 23,
  kInvalidGroupId = 24,
  kUnknownMemberId = 25,
  kInvalidSessionTimeout = 26,
  kRebalanceInProgress = 27,
  kInvalidCommitOffsetSize = 28,
  kTopicAuthorizationFailed = 29,
  kGroupAuthorizationFailed = 30,
  kClusterAuthorizationFailed = 31,
  kInvalidTimestamp = 32,
  kUnsupportedVersion = 35,
  kTopicAlreadyExists = 36,
  kInvalidPartitions = 37,
  kInvalidReplicationFactor = 38,
  kInvalidReplicaAssignment = 39,
  kInvalidConfig = 40,
  kInvalidRequest = 42,
  kPolicyViolation = 44,
  kOutOfOrderSequenceNumber = 45,
  kInvalidProducerEpoch = 47,
  kKafkaStorageError = 56,
  kUnknownProducerId = 59,
  kNonEmptyGroup = 68,
  kGroupIdNotFound = 69,
  kFetchSessionIdNotFound = 70,
  kFencedLeaderEpoch = 74,
  kUnknownLeaderEpoch = 75,
  kUnsupportedCompressionType = 76,
  kMemberIdRequired = 79,
  kGroupMaxSizeReached = 81,
  kFencedInstanceId = 82,
  kGroupSubscribedToTopic = 86,
  kInvalidRecord = 87,
  kUnknownTopicId = 100,
};

constexpr std::int16_t wire_code(ErrorCode code) { return static_cast<std::int16_t>(code); }

// What a Kafka client should be told of an error of ours: retriable codes for what may pass by itself, others for what
// won't. kDenied is about a topic here; handlers of other resources say their own.
ErrorCode error_code(Code code);
ErrorCode error_code(log::AppendStatus status);

// What a client sent, as far as we keep or show it: at most so many bytes, to the end of a character.
std::string cut_text(std::string_view text, std::size_t bytes_max);

// An error message as a response carries it: cut to a bound, since it may quote what the client sent.
std::optional<std::string> wire_message(std::string_view message);

}  // namespace tarn::doors::kafka
