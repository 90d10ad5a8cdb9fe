#include <doctest/doctest.h>

#include "base/codec.h"
#include "base/crc32c.h"
#include "base/natural_order.h"
#include "base/nearest.h"
#include "base/uuid.h"

namespace tarn {

TEST_CASE("crc32c gives the check value of the catalogue and can go on") {
  CHECK(crc32c(as_bytes("123456789")) == 0xE3069283);
  CHECK(crc32c(as_bytes("56789"), crc32c(as_bytes("1234"))) == 0xE3069283);
}

TEST_CASE("a uuid survives its text form and nothing else parses") {
  auto uuid = Uuid::parse("6f6ca563-c73b-4295-90fc-24266fcf4523");
  REQUIRE(uuid);
  CHECK(uuid->to_string() == "6f6ca563-c73b-4295-90fc-24266fcf4523");
  CHECK(uuid->to_base64() == "b2ylY8c7QpWQ_CQmb89FIw");
  CHECK(!Uuid::parse("6f6ca563c73b-4295-90fc-24266fcf4523-"));
  CHECK(!Uuid::parse("6f6ca563-c73b-4295-90fc-24266fcf452"));
  CHECK(!Uuid::parse("6f6ca563-c73b-4295-90fc-24266fcf452g"));
}

TEST_CASE("a decoder takes back what an encoder put and stops at the first lie") {
  Encoder encoder;
  encoder.put(std::int64_t{-7});
  encoder.put("rides");
  encoder.put(Offset(42));
  encoder.put(true);
  Decoder decoder(encoder.bytes());
  CHECK(decoder.get<std::int64_t>() == -7);
  CHECK(decoder.get_string() == "rides");
  CHECK(decoder.get_id<Offset>() == Offset(42));
  CHECK(decoder.get_bool());
  CHECK(decoder.ok());
  CHECK(decoder.at_end());
  CHECK(decoder.get<std::int32_t>() == 0);
  CHECK(!decoder.ok());
}

TEST_CASE("a count larger than what follows reads as zero") {
  Encoder encoder;
  encoder.put(std::uint32_t{0xFFFFFFFF});
  Decoder decoder(encoder.bytes());
  CHECK(decoder.get_count(8) == 0);
  CHECK(!decoder.ok());
}

TEST_CASE("the nearest word is a likely typo, or nothing") {
  const std::string_view kWords[] = {"port", "data", "kafka"};
  CHECK(nearest("prot", kWords) == "port");
  CHECK(nearest("dta", kWords) == "data");
  CHECK(nearest("retention", kWords).empty());
}

TEST_CASE("natural order: numbers in a text go by their value, and no two texts are equal") {
  const char* ordered[] = {"",
                           "dev",
                           "main",
                           "run/",
                           "run/1",
                           "run/02",
                           "run/2",
                           "run/2a",
                           "run/10",
                           "run/10/1",
                           "run/123456789012345678901234567890",
                           "runs"};
  for (std::size_t i = 0; i < std::size(ordered); ++i)
    for (std::size_t j = 0; j < std::size(ordered); ++j)
      CHECK_MESSAGE(natural_less(ordered[i], ordered[j]) == (i < j), ordered[i], " ", ordered[j]);
}

}  // namespace tarn
