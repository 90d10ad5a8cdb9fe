#include "engine/view_pins.h"

#include <doctest/doctest.h>

#include "engine/fixture_test.h"

using namespace tarn;
using namespace tarn::engine;
using namespace tarn::engine::testing;

namespace {

// Replaces the table's un-landed rows by one chunk of `size` bytes.
void put_chunk(Fixture& fixture, Bytes size, std::int64_t offset) {
  TableUuid table = fixture.catalog->state()->find({"public", "rides"})->uuid;
  tail::Source source{table, Uuid{}, PartitionId(0)};
  fixture.tail->drop(source);
  auto chunk = std::make_shared<tail::Chunk>();
  chunk->size = size;
  must(fixture.tail->put({source, Offset(offset), Offset(offset + 1), {{table, chunk}}, TimestampMs(0)}));
}

std::shared_ptr<const View> view(Fixture& fixture) { return View::take(*fixture.tail, *fixture.catalog); }

}  // namespace

TEST_CASE("past the bound the oldest view is given up, shared chunks count once") {
  Fixture fixture;
  auto pins = std::make_shared<ViewPins>(100_B);
  put_chunk(fixture, 60_B, 0);
  auto first = pins->pin(view(fixture));
  auto same = pins->pin(view(fixture));
  CHECK(first->view() != nullptr);
  put_chunk(fixture, 60_B, 1);
  auto newer = pins->pin(view(fixture));
  CHECK(first->view() == nullptr);
  CHECK(same->view() == nullptr);
  CHECK(newer->view() != nullptr);
}

TEST_CASE("one view is never given up for itself, and an ended pin makes room") {
  Fixture fixture;
  auto pins = std::make_shared<ViewPins>(100_B);
  put_chunk(fixture, 200_B, 0);
  auto large = pins->pin(view(fixture));
  CHECK(large->view() != nullptr);
  large.reset();
  put_chunk(fixture, 90_B, 1);
  auto next = pins->pin(view(fixture));
  CHECK(next->view() != nullptr);
}

TEST_CASE("a transaction whose view was given up fails with 40001") {
  Fixture fixture;
  Platform platform = fixture.platform();
  platform.pins = std::make_shared<ViewPins>(100_B);
  auto oldest = must(Session::open(platform, {.principal = access::local_admin("ann")}));
  auto newer = must(Session::open(platform, {.principal = access::local_admin("bob")}));
  Recorder client;
  put_chunk(fixture, 80_B, 0);
  must(oldest->query("begin; select * from rides", client));
  put_chunk(fixture, 80_B, 1);
  must(newer->query("begin; select * from rides", client));
  CHECK(oldest->query("select * from rides", client).error().sqlstate == "40001");
  CHECK(oldest->status() == wire::postgres::TransactionStatus::kFailed);
  must(newer->query("select * from rides; commit", client));
  must(oldest->query("rollback; select * from rides", client));
}
