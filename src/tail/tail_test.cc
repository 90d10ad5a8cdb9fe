#include "tail/tail.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

namespace tarn::tail {
namespace {

std::shared_ptr<const Chunk> chunk(std::uint32_t rows) {
  return std::make_shared<const Chunk>(
      Chunk{.file = {}, .size = Bytes(rows * 10), .rows = rows, .schema = SchemaId(0)});
}

Source source(int partition) {
  Uuid table, topic;
  table.bytes[0] = std::byte{1};
  topic.bytes[0] = std::byte{2};
  return {table, topic, PartitionId(partition)};
}

DecodedRange range(const Source& from_source, std::int64_t from, std::int64_t to) {
  return {from_source,
          Offset(from),
          Offset(to),
          {{from_source.table, chunk(static_cast<std::uint32_t>(to - from))}},
          TimestampMs(0)};
}

TEST_CASE("a range that would leave a hole is refused") {
  auto tail = Tail::make();
  REQUIRE(tail->put(range(source(0), 10, 20)));
  CHECK(tail->put(range(source(0), 21, 30)).error().code == Code::kConflict);
  CHECK(tail->put(range(source(0), 15, 30)).error().code == Code::kConflict);
  CHECK(tail->put(range(source(0), 20, 30)));
  CHECK(tail->put(range(source(0), 20, 40)));  // grown
  CHECK(tail->snapshot()->ranges(source(0)).size() == 2);
  CHECK(tail->bytes() == Bytes(300));
}

// What a reader does (tail.h): tail first, catalog after, ranges at or after the landed end.
TEST_CASE("whatever puts, landings and snapshots come in what order, each row is seen exactly once") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto tail = Tail::make();
    std::map<int, std::int64_t> decoded, landed, open_from;
    auto check = [&](const std::shared_ptr<const TailState>& state, const std::map<int, std::int64_t>& ends,
                     const std::map<int, std::int64_t>& decoded_then) {
      for (auto& [partition, decoded_end] : decoded_then) {
        std::int64_t at = ends.contains(partition) ? ends.at(partition) : 0;
        for (const DecodedRange& found : state->ranges(source(partition))) {
          if (found.from < Offset(at)) continue;
          CHECK(found.from == Offset(at));
          at = found.to.value();
        }
        CHECK(at >= decoded_end);
      }
    };
    for (int step = 0; step < 200; ++step) {
      int partition = static_cast<int>(random() % 3);
      switch (random() % 4) {
        case 0:
        case 1: {  // decode on, growing the open range or beginning a new one
          bool grow = random() % 2 && open_from.contains(partition);
          std::int64_t from = grow ? open_from[partition] : decoded[partition];
          decoded[partition] += 1 + static_cast<std::int64_t>(random() % 5);
          REQUIRE(tail->put(range(source(partition), from, decoded[partition])));
          open_from[partition] = from;
          break;
        }
        case 2: {  // a reader whose catalog state may be newer than its tail
          auto state = tail->snapshot();
          auto decoded_then = decoded;
          if (random() % 2 && decoded[partition] > landed[partition]) {
            landed[partition] = decoded[partition];
            check(state, landed, decoded_then);
            tail->drop_landed(source(partition), Offset(landed[partition]));
            open_from.erase(partition);
          } else {
            check(state, landed, decoded_then);
          }
          break;
        }
        case 3: {  // land a prefix of whole ranges
          auto state = tail->snapshot();
          const auto& ranges = state->ranges(source(partition));
          if (ranges.empty()) break;
          std::int64_t end = ranges[random() % ranges.size()].to.value();
          landed[partition] = std::max(landed[partition], end);
          check(tail->snapshot(), landed, decoded);
          tail->drop_landed(source(partition), Offset(end));
          if (end == decoded[partition]) open_from.erase(partition);
          break;
        }
      }
    }
    for (int partition = 0; partition < 3; ++partition) tail->drop(source(partition));
    CHECK(tail->bytes() == 0_B);
    CHECK(tail->snapshot()->sources(source(0).table).empty());
  }
}

}  // namespace
}  // namespace tarn::tail
