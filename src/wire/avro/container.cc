#include "wire/avro/container.h"

#include <fmt/format.h>
#include <zlib.h>

#include "base/assert.h"

namespace tarn::wire::avro {
namespace {

constexpr std::string_view kMagic{"Obj\1", 4};
constexpr std::size_t kSyncBytes = 16;
constexpr std::size_t kValuesPerByte = 4;  // a nullable field is one byte and two values

std::unexpected<Error> corrupt(std::string_view why) {
  return fail(Code::kCorruption, fmt::format("Avro file: {}", why));
}

void put_bytes(Buffer& out, std::string_view text) {
  put_long(out, static_cast<std::int64_t>(text.size()));
  ByteView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Avro's deflate has neither zlib's header nor its checksum: negative window bits say so.
constexpr int kRawDeflateBits = -15;

Buffer deflate_block(ByteView block) {
  z_stream stream{};
  int started = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawDeflateBits, 8, Z_DEFAULT_STRATEGY);
  TARN_ASSERT(started == Z_OK, "only a lack of memory fails it");
  Buffer out(deflateBound(&stream, block.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(block.data()));
  stream.avail_in = static_cast<uInt>(block.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int done = deflate(&stream, Z_FINISH);
  TARN_ASSERT(done == Z_STREAM_END, "deflateBound leaves room for all");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<Buffer> inflate_block(ByteView block) {
  z_stream stream{};
  int started = inflateInit2(&stream, kRawDeflateBits);
  TARN_ASSERT(started == Z_OK, "only a lack of memory fails it");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(block.data()));
  stream.avail_in = static_cast<uInt>(block.size());
  Buffer out;
  int state = Z_OK;
  while (state == Z_OK && out.size() < kBlockBytesMax.count()) {
    std::size_t at = out.size();
    out.resize(std::min<std::size_t>(kBlockBytesMax.count(), at + std::max<std::size_t>(at, 4 * block.size() + 1024)));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + at);
    stream.avail_out = static_cast<uInt>(out.size() - at);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state == Z_OK)
    return fail(Code::kLimit, fmt::format("an Avro block is larger than {} bytes", kBlockBytesMax.count()));
  if (state != Z_STREAM_END) return corrupt("a block does not decompress");
  return out;
}

Result<std::map<std::string, std::string>> read_header(BinaryReader& reader) {
  std::map<std::string, std::string> metadata;
  while (true) {
    TARN_ASSIGN(std::int64_t count, reader.read_long());
    if (count == 0) return metadata;
    if (count < 0) {
      count = count == INT64_MIN ? INT64_MAX : -count;
      TARN_TRY(reader.read_long());
    }
    for (std::int64_t i = 0; i < count; ++i) {
      if (metadata.size() > kHeaderEntriesMax) return fail(Code::kLimit, "an Avro file's header has too many entries");
      TARN_ASSIGN(std::int64_t key_size, reader.read_long());
      TARN_ASSIGN(ByteView key, reader.read_bytes(key_size));
      TARN_ASSIGN(std::int64_t value_size, reader.read_long());
      TARN_ASSIGN(ByteView value, reader.read_bytes(value_size));
      metadata[std::string(as_text(key))] = as_text(value);
    }
  }
}

Result<Codec> codec_of(const std::map<std::string, std::string>& metadata) {
  auto found = metadata.find("avro.codec");
  if (found == metadata.end() || found->second == "null") return Codec::kNull;
  if (found->second == "deflate") return Codec::kDeflate;
  return fail(Code::kUnsupported, fmt::format("Avro codec \"{}\" is not served, only null and deflate", found->second));
}

Result<void> read_block(ByteView block, std::int64_t count, Container& container) {
  BinaryReader reader(block, 1024 + block.size() * kValuesPerByte);
  for (std::int64_t i = 0; i < count; ++i) {
    TARN_ASSIGN(Value value, reader.read(container.schema));
    container.values.push_back(std::move(value));
  }
  if (!reader.at_end()) return corrupt("a block is longer than its objects");
  return {};
}

}  // namespace

ContainerWriter::ContainerWriter(const Schema& schema, std::string_view schema_json,
                                 const std::map<std::string, std::string>& metadata, Codec codec, const Uuid& sync)
    : schema_(schema), codec_(codec), sync_(sync), out_(to_buffer(as_bytes(kMagic))) {
  put_long(out_, static_cast<std::int64_t>(metadata.size() + 2));
  put_bytes(out_, "avro.schema");
  put_bytes(out_, schema_json);
  put_bytes(out_, "avro.codec");
  put_bytes(out_, codec == Codec::kDeflate ? "deflate" : "null");
  for (const auto& [key, value] : metadata) {
    put_bytes(out_, key);
    put_bytes(out_, value);
  }
  put_long(out_, 0);
  out_.insert(out_.end(), sync_.bytes.begin(), sync_.bytes.end());
}

Result<void> ContainerWriter::append(const Value& value) {
  TARN_TRY(encode(schema_, value, block_));
  ++block_count_;
  if (block_.size() >= kBlockBytesTarget.count()) end_block();
  return {};
}

void ContainerWriter::end_block() {
  if (block_count_ == 0) return;
  if (codec_ == Codec::kDeflate) block_ = deflate_block(block_);
  put_long(out_, block_count_);
  put_long(out_, static_cast<std::int64_t>(block_.size()));
  out_.insert(out_.end(), block_.begin(), block_.end());
  out_.insert(out_.end(), sync_.bytes.begin(), sync_.bytes.end());
  block_.clear();
  block_count_ = 0;
}

Buffer ContainerWriter::finish() {
  end_block();
  return std::move(out_);
}

Result<Container> read_container(ByteView file) {
  if (!as_text(file).starts_with(kMagic)) return corrupt("it does not begin as an Avro file does");
  BinaryReader reader(file.subspan(kMagic.size()), 0);
  Container container;
  TARN_ASSIGN(container.metadata, read_header(reader));
  TARN_ASSIGN(container.schema, Schema::parse(container.metadata["avro.schema"]));
  TARN_ASSIGN(Codec codec, codec_of(container.metadata));
  TARN_ASSIGN(ByteView sync, reader.read_bytes(kSyncBytes));
  while (!reader.at_end()) {
    TARN_ASSIGN(std::int64_t count, reader.read_long());
    TARN_ASSIGN(std::int64_t size, reader.read_long());
    TARN_ASSIGN(ByteView block, reader.read_bytes(size));
    TARN_ASSIGN(ByteView mark, reader.read_bytes(kSyncBytes));
    if (as_text(mark) != as_text(sync)) return corrupt("a sync marker is not where it should be");
    Buffer plain;
    if (codec == Codec::kDeflate) {
      TARN_ASSIGN(plain, inflate_block(block));
      block = plain;
    }
    if (block.size() > kBlockBytesMax.count())
      return fail(Code::kLimit, fmt::format("an Avro block is larger than {} bytes", kBlockBytesMax.count()));
    TARN_TRY(read_block(block, count, container));
  }
  return container;
}

}  // namespace tarn::wire::avro
