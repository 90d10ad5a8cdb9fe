// The records of a range of offsets, out of segment files: batches checked, decompressed and gone through in order.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/land_protocol.h"
#include "host/files.h"
#include "wire/kafka/compression.h"
#include "wire/kafka/record_batch.h"

namespace tarn::worker::land {

inline constexpr Bytes kBatchBytesMax = 64_MiB;  // of one batch, decompressed

// A record, or what is left of a batch whose records cannot be read (then `broken` says why, `value` is the batch and
// `offset` the first one lost).
struct SourceRecord {
  wire::kafka::Record record;
  std::string broken;
  Offset next;  // where to go on after it
};

// Keeps buffers and codec contexts between ranges. Not thread-safe.
class RecordSource {
 public:
  // Calls `take` with each record of [from, to) until it returns false or the whole batches in `parts` are through;
  // records' values have kJsonPadding readable bytes behind them. Returns where the next range begins: `from` when the
  // parts hold no whole batch of it.
  // Errors: kCorruption (a stored batch's CRC does not match), kIo.
  using Take = std::function<bool(const SourceRecord&)>;
  Result<Offset> read(const std::vector<engine::SegmentPart>& parts,
                      const std::vector<std::unique_ptr<host::File>>& files, Offset from, Offset to, const Take& take);

 private:
  struct Position;
  Result<bool> read_part(ByteView bytes, Position& at, const Take& take);
  bool read_batch(const wire::kafka::RecordBatchHeader& header, ByteView batch, Position& at, const Take& take);
  bool give_broken(const wire::kafka::RecordBatchHeader& header, ByteView batch, std::string why, Position& at,
                   const Take& take);
  ByteView padded(ByteView value, ByteView region);

  wire::kafka::Decompressor decompressor_;
  Buffer part_;     // a part's bytes and padding
  Buffer scratch_;  // a last value and padding
  SourceRecord out_;
};

}  // namespace tarn::worker::land
