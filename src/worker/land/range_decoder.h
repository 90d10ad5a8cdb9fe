// Answers Decode requests: records of a range to rows of chunks.
//
// Keeps, for sources whose last range was small, the rows of that range, so that the next one can make a larger chunk
// that replaces it. What is kept is bounded; a source whose rows were let go just begins a new chunk.
#pragma once

#include <list>
#include <memory>
#include <vector>

#include "engine/land_protocol.h"
#include "host/channel.h"
#include "host/files.h"
#include "worker/land/record_source.h"

namespace tarn::worker::land {

inline constexpr std::size_t kOpenRangesMax = 64;

// Not thread-safe.
class RangeDecoder {
 public:
  RangeDecoder();
  ~RangeDecoder();

  struct Answer {
    engine::LandReply reply;
    std::vector<host::Descriptor> chunks;
  };
  // `files`: one per part of the request.
  Answer decode(const engine::Decode& request, const std::vector<std::unique_ptr<host::File>>& files);

 private:
  struct OpenRange;
  Result<Answer> decode_rows(const engine::Decode& request, const std::vector<std::unique_ptr<host::File>>& files);
  Result<Answer> infer(const engine::Decode& request, const std::vector<std::unique_ptr<host::File>>& files);
  Result<std::unique_ptr<OpenRange>> open_range(const engine::Decode& request);
  static Result<Answer> emit(const engine::Decode& request, OpenRange& range);
  void keep(std::unique_ptr<OpenRange> range);

  RecordSource records_;
  std::list<std::unique_ptr<OpenRange>> open_;  // most recently used first
  std::unique_ptr<OpenRange> spare_;            // a full one: its memory, for the next of the same schema
};

}  // namespace tarn::worker::land
