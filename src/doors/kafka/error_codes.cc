#include "doors/kafka/error_codes.h"

namespace tarn::doors::kafka {
namespace {

constexpr std::size_t kMessageBytesMax = 1000;

}  // namespace

ErrorCode error_code(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return ErrorCode::kInvalidRequest;
    case Code::kNotFound: return ErrorCode::kUnknownTopicOrPartition;
    case Code::kAlreadyExists: return ErrorCode::kTopicAlreadyExists;
    case Code::kUnsupported: return ErrorCode::kUnsupportedVersion;
    case Code::kDenied: return ErrorCode::kTopicAuthorizationFailed;
    case Code::kLimit: return ErrorCode::kPolicyViolation;
    case Code::kFenced: return ErrorCode::kInvalidProducerEpoch;
    case Code::kIo:
    case Code::kCorruption: return ErrorCode::kKafkaStorageError;
    case Code::kConflict:
    case Code::kUnavailable:
    case Code::kTimeout:
    case Code::kCancelled:
    case Code::kCommitUnknown: return ErrorCode::kRequestTimedOut;
    case Code::kInternal: return ErrorCode::kUnknownServerError;
  }
  return ErrorCode::kUnknownServerError;
}

ErrorCode error_code(log::AppendStatus status) {
  using log::AppendStatus;
  switch (status) {
    case AppendStatus::kOk:
    case AppendStatus::kDuplicate: return ErrorCode::kNone;
    case AppendStatus::kUnknownTopic: return ErrorCode::kUnknownTopicOrPartition;
    case AppendStatus::kCorrupt: return ErrorCode::kCorruptMessage;
    case AppendStatus::kTooLarge: return ErrorCode::kMessageTooLarge;
    case AppendStatus::kInvalidRecord: return ErrorCode::kInvalidRecord;
    case AppendStatus::kInvalidTimestamp: return ErrorCode::kInvalidTimestamp;
    case AppendStatus::kOutOfOrderSequence: return ErrorCode::kOutOfOrderSequenceNumber;
    case AppendStatus::kInvalidProducerEpoch: return ErrorCode::kInvalidProducerEpoch;
    case AppendStatus::kUnknownProducer: return ErrorCode::kUnknownProducerId;
    // Retried by every client: "nothing was written, come again", with (56) or without (19) asking for metadata anew.
    case AppendStatus::kDiskFull:
    case AppendStatus::kIo: return ErrorCode::kKafkaStorageError;
    case AppendStatus::kHeld: return ErrorCode::kNotEnoughReplicas;
    case AppendStatus::kStopping: return ErrorCode::kNotLeaderOrFollower;
  }
  return ErrorCode::kUnknownServerError;
}

std::string cut_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

std::optional<std::string> wire_message(std::string_view message) {
  if (message.empty()) return std::nullopt;
  return cut_text(message, kMessageBytesMax);
}

}  // namespace tarn::doors::kafka
