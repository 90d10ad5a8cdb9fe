#include "wire/kafka/compression.h"

#include <doctest/doctest.h>
#include <snappy.h>

#include <random>
#include <string>

namespace tarn::wire::kafka {
namespace {

constexpr Compression kCodecs[] = {Compression::kGzip, Compression::kSnappy, Compression::kLz4, Compression::kZstd};

Buffer half_random(std::size_t size) {
  std::mt19937_64 engine(size);
  Buffer bytes(size);
  for (std::size_t i = 0; i < size; i += 2) bytes[i] = static_cast<std::byte>(engine());
  return bytes;
}

}  // namespace

TEST_CASE("every codec gives back what went in, at any size, from one decompressor") {
  Decompressor decompressor;
  for (std::size_t size : {0, 1, 100, 70'000, 1'000'000}) {
    Buffer input = half_random(size);
    for (Compression codec : kCodecs) {
      CAPTURE(compression_name(codec));
      CAPTURE(size);
      auto packed = compress(codec, input);
      REQUIRE(packed);
      auto back = decompressor.decompress(codec, *packed, Bytes(size));
      REQUIRE(back);
      CHECK(to_buffer(*back) == input);
      if (size > 0) CHECK(decompressor.decompress(codec, *packed, Bytes(size - 1)).error().code == Code::kLimit);
    }
  }
}

TEST_CASE("a bomb costs an error and no more memory than its limit") {
  Buffer zeros(64 << 20);
  Decompressor decompressor;
  for (Compression codec : kCodecs) {
    CAPTURE(compression_name(codec));
    auto bomb = compress(codec, zeros);
    REQUIRE(bomb);
    CHECK(decompressor.decompress(codec, *bomb, 1_MiB).error().code == Code::kLimit);
  }
}

TEST_CASE("cut or foreign data is corruption") {
  Decompressor decompressor;
  Buffer input = half_random(100'000);
  for (Compression codec : kCodecs) {
    CAPTURE(compression_name(codec));
    auto packed = compress(codec, input);
    REQUIRE(packed);
    packed->resize(packed->size() / 2);
    CHECK(decompressor.decompress(codec, *packed, 1_MiB).error().code == Code::kCorruption);
    CHECK(decompressor.decompress(codec, as_bytes("\xff\xff\xff\xff not compressed"), 1_MiB).error().code ==
          Code::kCorruption);
    CHECK(decompressor.decompress(codec, {}, 1_MiB).error().code == Code::kCorruption);
  }
  CHECK(decompressor.decompress(static_cast<Compression>(7), {}, 1_MiB).error().code == Code::kUnsupported);
}

TEST_CASE("raw snappy is read as well as xerial's, and concatenated gzip, lz4 and zstd") {
  Decompressor decompressor;
  std::string raw;
  std::string text(1000, 'x');
  snappy::Compress(text.data(), text.size(), &raw);
  auto plain = decompressor.decompress(Compression::kSnappy, as_bytes(raw), 1_MiB);
  REQUIRE(plain);
  CHECK(as_text(*plain) == text);

  for (Compression codec : {Compression::kGzip, Compression::kLz4, Compression::kZstd}) {
    CAPTURE(compression_name(codec));
    Buffer twice = compress(codec, as_bytes("ab")).value();
    Buffer second = compress(codec, as_bytes("cd")).value();
    twice.insert(twice.end(), second.begin(), second.end());
    auto both = decompressor.decompress(codec, twice, 4_B);
    REQUIRE(both);
    CHECK(as_text(*both) == "abcd");
  }
}

}  // namespace tarn::wire::kafka
