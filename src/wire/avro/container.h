// Avro Object Container Files (Apache Avro 1.11 specification, "Object Container Files"): codecs null and deflate.
//
//   "Obj" 1 | metadata: map<bytes> ("avro.schema", "avro.codec", the writer's own) | sync: 16 bytes
//   then blocks: object count: long | size in bytes: long | objects, compressed | sync
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"
#include "wire/avro/binary.h"
#include "wire/avro/schema.h"

namespace tarn::wire::avro {

inline constexpr Bytes kBlockBytesMax = 64_MiB;      // a block's size once decompressed, when reading
inline constexpr Bytes kBlockBytesTarget = 256_KiB;  // a block ends past that many bytes, when writing
inline constexpr std::size_t kHeaderEntriesMax = 1000;

enum class Codec : std::uint8_t { kNull, kDeflate };

// Writes one container into memory.
class ContainerWriter {
 public:
  // `schema_json` goes into the header as it is, attributes of others and all; it must be what `schema` was parsed
  // from. `sync` is any 16 bytes that the data hardly contains: a random uuid. Both are borrowed while the writer
  // lives.
  ContainerWriter(const Schema& schema, std::string_view schema_json,
                  const std::map<std::string, std::string>& metadata, Codec codec, const Uuid& sync);

  // kInvalidArgument if the value does not fit the schema; the writer is of no use after that.
  Result<void> append(const Value& value);
  std::size_t bytes_so_far() const { return out_.size() + block_.size(); }  // the open block uncompressed
  Buffer finish();

 private:
  void end_block();

  const Schema& schema_;
  Codec codec_;
  Uuid sync_;
  Buffer out_;
  Buffer block_;
  std::int64_t block_count_ = 0;
};

struct Container {
  std::map<std::string, std::string> metadata;  // all of the header's, "avro.schema" too
  Schema schema;
  std::vector<Value> values;
};

// Reads a whole container, by the schema in its header. Work and memory are bounded by the input's size (times a
// constant, and kBlockBytesMax a block). Errors: kCorruption, kUnsupported (another codec), kLimit.
Result<Container> read_container(ByteView file);

}  // namespace tarn::wire::avro
