// The four codecs of Kafka's record batches, with a bound on what comes out.
//
//   gzip    RFC 1952, members may follow one another
//   snappy  either one raw block (librdkafka) or xerial's framing (Java): magic, then blocks of i32 size + raw block
//   lz4     LZ4 frame format, frames may follow one another
//   zstd    RFC 8878, frames may follow one another
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tarn::wire::kafka {

// The numbers are those of a batch's attributes, bits 0 to 2.
enum class Compression : std::uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

std::string_view compression_name(Compression codec);

// Decompresses one input after another, keeping codec contexts and the output's memory. Not thread-safe.
class Decompressor {
 public:
  Decompressor();
  ~Decompressor();

  // The decompressed bytes: valid until the next call, or as long as `input` for kNone.
  // Errors: kLimit when more than `limit` would come out (a bomb costs at most that much), kCorruption, kUnsupported
  // for a number that is no codec.
  Result<ByteView> decompress(Compression codec, ByteView input, Bytes limit);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
  Buffer out_;
};

// At each codec's default level; snappy in xerial's framing, lz4 in independent blocks, as Java clients read them.
// Errors: kInternal when the codec library fails.
Result<Buffer> compress(Compression codec, ByteView input);

}  // namespace tarn::wire::kafka
