// A chunk's bytes: rows of one table in Arrow's columnar layout, in one sealed memory file. Little-endian; every buffer
// begins at a multiple of 64 bytes and gaps are zero. docs/formats/chunk.md has the drawing.
//
//   +----------------------+--------------------------------+-----------------------------------+
//   | ChunkHeader, 32 B    | ChunkNode, 72 B, node_count of | buffers that the nodes point to   |
//   |                      | them in pre-order              |                                   |
//   +----------------------+--------------------------------+-----------------------------------+
//
// A node is one field of the schema: a struct is followed by its fields' nodes, a list by its element's. Buffers of a
// node, by type; offset 0 means absent:
//
//             [0]                          [1]                                [2]
//   boolean   validity, if nulls > 0       bits, least significant first
//   fixed     "                            values: 4, 8, 16 or `fixed` bytes each
//   string,   "                            length + 1 offsets: i32, from 0    bytes
//   binary
//   list      "                            length + 1 offsets: i32, from 0
//   struct    "
//
// Chunks never reach a disk and both ends are one binary, so there is no version to negotiate; the magic tells a chunk
// from a wrong descriptor.
#pragma once

#include <bit>
#include <cstdint>

#include "table/schema.h"

namespace tarn::tail {

static_assert(std::endian::native == std::endian::little, "chunks are mapped, not decoded");

inline constexpr std::uint32_t kChunkMagic = 0x4B435254;  // "TRCK"
inline constexpr std::uint64_t kBufferAlignment = 64;     // Arrow's recommendation
inline constexpr std::uint32_t kChunkRowsMax = 1u << 20;
inline constexpr std::uint64_t kChunkBytesMax = 1u << 30;  // keeps i32 offsets far from their end

struct ChunkBuffer {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct ChunkHeader {
  std::uint32_t magic = kChunkMagic;
  std::uint32_t rows = 0;
  std::int32_t schema_id = 0;
  std::uint32_t node_count = 0;
  std::uint64_t bytes = 0;  // of the whole file
  std::uint64_t reserved = 0;
};
static_assert(sizeof(ChunkHeader) == 32);

struct ChunkNode {
  std::int32_t field_id = 0;
  std::uint32_t kind = 0;  // table::TypeKind
  std::uint32_t length = 0;
  std::uint32_t nulls = 0;
  std::uint32_t reserved[2] = {};
  ChunkBuffer buffers[3];
};
static_assert(sizeof(ChunkNode) == 72);

// Bytes of one value in buffer [1]; 0 for kinds that have no fixed width.
inline std::uint32_t value_width(const table::Type& type) {
  using enum table::TypeKind;
  switch (type.kind) {
    case kInt:
    case kFloat:
    case kDate: return 4;
    case kLong:
    case kDouble:
    case kTime:
    case kTimestamp:
    case kTimestamptz: return 8;
    case kDecimal:
    case kUuid: return 16;
    case kFixed: return static_cast<std::uint32_t>(type.length);
    case kBoolean:
    case kString:
    case kBinary:
    case kStruct:
    case kList:
    case kMap: return 0;
  }
  return 0;
}

inline bool has_offsets(table::TypeKind kind) {
  using enum table::TypeKind;
  return kind == kString || kind == kBinary || kind == kList;
}

}  // namespace tarn::tail
