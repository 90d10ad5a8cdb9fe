#include "wire/kafka/compression.h"

#include <fmt/format.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/endian.h"

namespace tarn::wire::kafka {
namespace {

constexpr std::size_t kFirstOutputBytes = 64 << 10;
constexpr int kGzipWindow = 15 + 16;  // zlib: the largest window, gzip wrapping only

// xerial's framing: this magic, a version and a compatible version (both i32), then the blocks.
constexpr std::array<unsigned char, 8> kXerialMagic = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::size_t kXerialHeaderBytes = 16;

Error corrupt(std::string_view codec, std::string_view why) {
  return {Code::kCorruption, fmt::format("{} data does not decompress: {}", codec, why)};
}

// The output of one decompress(): grows by doubling, never past the limit.
class Output {
 public:
  Output(Buffer& buffer, std::size_t limit) : buffer_(buffer), limit_(limit) {}

  // Room for at least one byte more; empty when the limit is reached.
  MutableBytes room() {
    if (used_ == buffer_.size() && used_ < limit_) {
      buffer_.resize(std::min(limit_, std::max(kFirstOutputBytes, buffer_.size() * 2)));
    }
    return MutableBytes(buffer_).subspan(used_, std::min(buffer_.size(), limit_) - used_);
  }
  // Room for exactly `count` bytes more, or empty past the limit.
  MutableBytes room(std::size_t count) {
    if (count > limit_ - used_) return {};
    if (buffer_.size() - used_ < count) buffer_.resize(used_ + count);
    return MutableBytes(buffer_).subspan(used_, count);
  }
  void used(std::size_t count) { used_ += count; }

  ByteView view() const { return ByteView(buffer_).first(used_); }
  Error over_limit(std::string_view codec) const {
    return {Code::kLimit, fmt::format("{} data decompresses to more than the limit of {} bytes", codec, limit_)};
  }

 private:
  Buffer& buffer_;
  std::size_t limit_;
  std::size_t used_ = 0;
};

template <class T, auto kFree>
struct Freed {
  void operator()(T* context) const { kFree(context); }
};

struct Inflater {
  z_stream stream{};
  bool open = false;
  ~Inflater() {
    if (open) inflateEnd(&stream);
  }
};

Result<ByteView> inflate_gzip(Inflater& inflater, ByteView input, Output out) {
  z_stream& stream = inflater.stream;
  int code = inflater.open ? inflateReset(&stream) : inflateInit2(&stream, kGzipWindow);
  if (code != Z_OK) return fail(Code::kInternal, "zlib does not start");
  inflater.open = true;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  while (true) {
    MutableBytes room = out.room();
    std::byte spill;  // tells an end exactly at the limit from more to come
    bool full = room.empty();
    if (full) room = {&spill, 1};
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    code = inflate(&stream, Z_NO_FLUSH);
    std::size_t produced = room.size() - stream.avail_out;
    if (full && produced > 0) return std::unexpected(out.over_limit("gzip"));
    out.used(produced);
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) return out.view();
      code = inflateReset(&stream);  // another member follows
    }
    if (code != Z_OK) return std::unexpected(corrupt("gzip", stream.msg ? stream.msg : "it ends too early"));
  }
}

Result<void> unsnap_block(ByteView block, Output& out) {
  const char* data = reinterpret_cast<const char*>(block.data());
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(data, block.size(), &size)) return std::unexpected(corrupt("snappy", "no length"));
  // A byte of snappy never makes more than 64; a length that lies must not make us allocate.
  if (size / 64 > block.size()) return std::unexpected(corrupt("snappy", "an impossible length"));
  MutableBytes room = out.room(size);
  if (room.size() < size) return std::unexpected(out.over_limit("snappy"));
  if (!snappy::RawUncompress(data, block.size(), reinterpret_cast<char*>(room.data()))) {
    return std::unexpected(corrupt("snappy", "a bad block"));
  }
  out.used(size);
  return {};
}

Result<ByteView> unsnap(ByteView input, Output out) {
  bool framed =
      input.size() >= kXerialHeaderBytes && std::memcmp(input.data(), kXerialMagic.data(), kXerialMagic.size()) == 0;
  if (!framed) {
    TARN_TRY(unsnap_block(input, out));
    return out.view();
  }
  for (ByteView left = input.subspan(kXerialHeaderBytes); !left.empty();) {
    if (left.size() < 4) return std::unexpected(corrupt("snappy", "half a block size"));
    auto size = load_be<std::uint32_t>(left.data());
    left = left.subspan(4);
    if (size > left.size()) return std::unexpected(corrupt("snappy", "a block longer than the data"));
    TARN_TRY(unsnap_block(left.first(size), out));
    left = left.subspan(size);
  }
  return out.view();
}

Result<ByteView> expand_lz4(LZ4F_dctx* context, ByteView input, Output out) {
  LZ4F_resetDecompressionContext(context);
  std::size_t hint = 1;
  while (true) {
    MutableBytes room = out.room();
    std::byte spill;
    bool full = room.empty();
    if (full) room = {&spill, 1};
    std::size_t produced = room.size();
    std::size_t consumed = input.size();
    hint = LZ4F_decompress(context, room.data(), &produced, input.data(), &consumed, nullptr);
    if (LZ4F_isError(hint)) return std::unexpected(corrupt("lz4", LZ4F_getErrorName(hint)));
    if (full && produced > 0) return std::unexpected(out.over_limit("lz4"));
    out.used(produced);
    input = input.subspan(consumed);
    if (input.empty() && hint == 0) return out.view();
    if (produced == 0 && consumed == 0) return std::unexpected(corrupt("lz4", "it ends too early"));
  }
}

Result<ByteView> expand_zstd(ZSTD_DCtx* context, ByteView input, Output out) {
  ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  while (true) {
    MutableBytes room = out.room();
    std::byte spill;
    bool full = room.empty();
    if (full) room = {&spill, 1};
    ZSTD_outBuffer to{room.data(), room.size(), 0};
    std::size_t before = in.pos;
    std::size_t hint = ZSTD_decompressStream(context, &to, &in);
    if (ZSTD_isError(hint)) return std::unexpected(corrupt("zstd", ZSTD_getErrorName(hint)));
    if (full && to.pos > 0) return std::unexpected(out.over_limit("zstd"));
    out.used(to.pos);
    if (in.pos == in.size && hint == 0) return out.view();
    if (to.pos == 0 && in.pos == before) return std::unexpected(corrupt("zstd", "it ends too early"));
  }
}

Result<Buffer> deflate_gzip(ByteView input) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(Code::kInternal, "zlib does not start");
  }
  Buffer out(deflateBound(&stream, input.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return fail(Code::kInternal, "zlib does not finish");
  return out;
}

Result<Buffer> snap_xerial(ByteView input) {
  Buffer out(kXerialHeaderBytes + 4 + snappy::MaxCompressedLength(input.size()));
  std::memcpy(out.data(), kXerialMagic.data(), kXerialMagic.size());
  store_be<std::int32_t>(out.data() + 8, 1);
  store_be<std::int32_t>(out.data() + 12, 1);
  std::size_t size = 0;
  snappy::RawCompress(reinterpret_cast<const char*>(input.data()), input.size(),
                      reinterpret_cast<char*>(out.data()) + kXerialHeaderBytes + 4, &size);
  store_be<std::uint32_t>(out.data() + kXerialHeaderBytes, static_cast<std::uint32_t>(size));
  out.resize(kXerialHeaderBytes + 4 + size);
  return out;
}

Result<Buffer> shrink_lz4(ByteView input) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;  // Kafka's Java reader takes nothing else
  Buffer out(LZ4F_compressFrameBound(input.size(), &preferences));
  std::size_t size = LZ4F_compressFrame(out.data(), out.size(), input.data(), input.size(), &preferences);
  if (LZ4F_isError(size)) return fail(Code::kInternal, fmt::format("lz4: {}", LZ4F_getErrorName(size)));
  out.resize(size);
  return out;
}

Result<Buffer> shrink_zstd(ByteView input) {
  Buffer out(ZSTD_compressBound(input.size()));
  std::size_t size = ZSTD_compress(out.data(), out.size(), input.data(), input.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size)) return fail(Code::kInternal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  out.resize(size);
  return out;
}

Error no_codec(Compression codec) {
  return {Code::kUnsupported, fmt::format("{} is no compression codec of Kafka's", static_cast<int>(codec))};
}

}  // namespace

struct Decompressor::Contexts {
  Inflater gzip;
  std::unique_ptr<LZ4F_dctx, Freed<LZ4F_dctx, LZ4F_freeDecompressionContext>> lz4;
  std::unique_ptr<ZSTD_DCtx, Freed<ZSTD_DCtx, ZSTD_freeDCtx>> zstd;
};

Decompressor::Decompressor() : contexts_(std::make_unique<Contexts>()) {}
Decompressor::~Decompressor() = default;

Result<ByteView> Decompressor::decompress(Compression codec, ByteView input, Bytes limit) {
  Output out(out_, limit.count());
  switch (codec) {
    case Compression::kNone:
      if (input.size() > limit.count()) return std::unexpected(out.over_limit("uncompressed"));
      return input;
    case Compression::kGzip: return inflate_gzip(contexts_->gzip, input, out);
    case Compression::kSnappy: return unsnap(input, out);
    case Compression::kLz4:
      if (!contexts_->lz4) {
        LZ4F_dctx* context = nullptr;
        LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
        if (!context) return fail(Code::kInternal, "lz4 does not start");
        contexts_->lz4.reset(context);
      }
      return expand_lz4(contexts_->lz4.get(), input, out);
    case Compression::kZstd:
      if (!contexts_->zstd) contexts_->zstd.reset(ZSTD_createDCtx());
      if (!contexts_->zstd) return fail(Code::kInternal, "zstd does not start");
      return expand_zstd(contexts_->zstd.get(), input, out);
  }
  return std::unexpected(no_codec(codec));
}

std::string_view compression_name(Compression codec) {
  constexpr std::string_view kNames[] = {"none", "gzip", "snappy", "lz4", "zstd"};
  auto index = static_cast<std::size_t>(codec);
  return index < std::size(kNames) ? kNames[index] : "unknown";
}

Result<Buffer> compress(Compression codec, ByteView input) {
  switch (codec) {
    case Compression::kNone: return to_buffer(input);
    case Compression::kGzip: return deflate_gzip(input);
    case Compression::kSnappy: return snap_xerial(input);
    case Compression::kLz4: return shrink_lz4(input);
    case Compression::kZstd: return shrink_zstd(input);
  }
  return std::unexpected(no_codec(codec));
}

}  // namespace tarn::wire::kafka
