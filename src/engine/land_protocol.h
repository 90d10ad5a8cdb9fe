// Between main and a landing worker.
//
//   main                                                   worker
//   Decode  (offsets of a partition, segment files)  ──>   Decoded (chunks) | Proposed (columns) | LandFailed
//   Write   (chunks, where to)                       ──>   Written | LandFailed
//   Rewrite (data files, where to)                   ──>   Written | LandFailed
//
// Decodes are done in order by one thread, writes and rewrites in order by another. Requests are independent: after a
// worker's death main asks the next one again, writes under new names. Descriptors travel with the messages, in the
// order said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "table/data_file.h"
#include "table/schema.h"
#include "tail/tail.h"

namespace tarn::engine {

using LandRequestId = Id<struct LandRequestIdTag, std::uint64_t>;

inline constexpr std::uint32_t kInferRecordsMax = 10'000;
inline constexpr std::uint32_t kRangeRowsMax = 65'536;  // a decoded range ends after so many rows,
inline constexpr Bytes kRangeBytesMax{32u << 20};       // or so many bytes of columns
inline constexpr std::uint32_t kGrowRowsMax = 2'048;    // an open chunk grows up to so many rows: DuckDB's vector
inline constexpr Bytes kGrowBytesMax{1u << 20};         // or so many bytes
inline constexpr std::size_t kWriteChunksMax = 200;     // of one Write; a channel message carries 250 descriptors
inline constexpr Bytes kReplaceBytesMax{256u << 20};    // of a table's data files, to replace a column: seconds of work
inline constexpr std::size_t kRewriteFilesMax = 1'000;  // of one Rewrite

enum class LandFormat : std::uint8_t { kInfer, kJson, kBinary };

struct SegmentPart {
  Bytes position;
  Bytes length;
};

// Decode the records of [from, to) that are whole in `parts`, or as many of them as make a chunk. Descriptors: the
// segment file of each part.
struct Decode {
  LandRequestId id;
  tail::Source source;
  std::string topic;  // its name, for dead letters
  LandFormat format = LandFormat::kInfer;
  bool declared = false;       // fields without a column are ignored
  bool may_replace = false;    // the table's files are few enough to be rewritten: a long column may become double
  table::Schema schema;        // the table's, `_kafka` among its columns; empty for kInfer
  table::Schema dead_letters;  // of its DLQ table
  Offset from;
  Offset to;
  std::optional<Offset> open_from;  // the source's last range began here and may grow
  std::vector<SegmentPart> parts;
};

// Write chunks as one Parquet file, synced with its folder. Descriptors: the chunks.
struct Write {
  LandRequestId id;
  std::string path;      // absolute; does not exist
  table::Schema schema;  // of all the chunks
};

// Write the rows of data files of one table as one new file, in another schema, synced with its folder: each column of
// `to` is the one of `from` at its place, perhaps under another id and, where it was long, double.
struct Rewrite {
  LandRequestId id;
  std::string path;                 // absolute; does not exist
  std::vector<std::string> inputs;  // absolute paths; written in `from` or a schema before it
  table::Schema from;
  table::Schema to;
};

using LandRequest = std::variant<Decode, Write, Rewrite>;

struct ChunkInfo {
  Bytes size;
  std::uint32_t rows = 0;
  SchemaId schema;
};

// Descriptors: `rows`, then `dead_letters`, where there are any.
struct Decoded {
  LandRequestId id;
  Offset from;        // the request's, or its open_from if the open chunk grew
  Offset to;          // > the request's from
  bool open = false;  // may grow further
  std::optional<ChunkInfo> rows;
  std::optional<ChunkInfo> dead_letters;
};

// Before a binding: what the records are. After it: the table's fields and, after them, those that records had and the
// table has not (id 0); a long column that met a fraction is a double with id 0. Nothing was decoded.
struct Proposed {
  LandRequestId id;
  std::uint32_t records = 0;  // looked at, tombstones not counted
  LandFormat format = LandFormat::kJson;
  std::vector<table::Field> fields;
};

struct Written {
  LandRequestId id;
  table::DataFile file;
};

struct LandFailed {
  LandRequestId id;
  Code code = Code::kInternal;
  std::string message;
};

using LandReply = std::variant<Decoded, Proposed, Written, LandFailed>;

Buffer encode(const LandRequest& request);
Result<LandRequest> decode_land_request(ByteView bytes);
Buffer encode(const LandReply& reply);
Result<LandReply> decode_land_reply(ByteView bytes);

// ---- columns that landing gives every table

inline constexpr std::string_view kMetadataColumn = "_kafka";

// `_kafka`: struct<topic_id: string, partition: int, offset: long, timestamp: timestamptz, key: binary,
// headers: list<struct<key: string, value: binary>>>. Ids are zero, as in the next two.
table::Field metadata_field();
// value binary, for a topic whose records are no JSON objects.
std::vector<table::Field> binary_fields();
// value, key, reason, topic, partition, offset, timestamp, headers: all of a record that did not decode, and why.
std::vector<table::Field> dead_letter_fields();

}  // namespace tarn::engine
