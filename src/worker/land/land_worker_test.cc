#include "worker/land/land_worker.h"

#include <doctest/doctest.h>

#include <thread>

#include "engine/land_protocol.h"
#include "host/test_folder.h"
#include "wire/kafka/record_batch.h"

namespace tarn::worker::land {
namespace {

table::Schema with_ids(std::vector<table::Field> fields) {
  table::Schema schema{.fields = std::move(fields)};
  FieldId last{0};
  table::assign_ids(schema, last);
  return schema;
}

// A worker on a thread, and main's end of its channel.
struct Worker {
  Worker() {
    auto sockets = *host::socket_pair();
    main = std::make_unique<host::Channel>(std::move(sockets.first));
    thread = std::thread([this, socket = std::move(sockets.second)]() mutable {
      host::Channel channel(std::move(socket));
      exit_code = run_land_worker(*files, channel, {.temp = folder.file("spill"), .memory_max = 256_MiB});
    });
  }
  ~Worker() {
    main->shutdown();
    thread.join();
    CHECK(exit_code == 0);
  }
  engine::LandReply ask(const engine::LandRequest& request, std::vector<int> descriptors) {
    REQUIRE(main->send(encode(request), descriptors));
    message = *main->receive();
    return *engine::decode_land_reply(message.payload);
  }

  host::TestFolder folder;
  std::unique_ptr<host::Files> files = host::real_files();
  std::unique_ptr<host::Channel> main;
  host::Message message;  // the last
  int exit_code = -1;
  std::thread thread;
};

TEST_CASE("records go in as a segment's descriptor and come out as a Parquet file") {
  Worker worker;
  wire::kafka::RecordBatchBuilder batch;
  for (int i = 0; i < 100; ++i)
    batch.add(TimestampMs(1'700'000'000'000), std::nullopt, as_bytes("{\"n\":" + std::to_string(i) + "}"));
  Buffer bytes = *batch.build({});
  auto segment = *worker.files->open(worker.folder.file("segment"), host::OpenMode::kCreateNew);
  REQUIRE(segment->write_at(bytes, 0_B));
  engine::Decode decode{.id = engine::LandRequestId(1),
                        .topic = "t",
                        .from = Offset(0),
                        .to = Offset(100),
                        .parts = {{0_B, Bytes(bytes.size())}}};
  auto proposed = std::get<engine::Proposed>(worker.ask(decode, {segment->descriptor()}));
  CHECK(proposed.fields.size() == 1);

  proposed.fields.push_back(engine::metadata_field());
  decode.schema = with_ids(proposed.fields);
  decode.dead_letters = with_ids(engine::dead_letter_fields());
  decode.format = engine::LandFormat::kJson;
  auto decoded = std::get<engine::Decoded>(worker.ask(decode, {segment->descriptor()}));
  CHECK(decoded.rows->rows == 100);

  engine::Write write{.id = engine::LandRequestId(2), .path = worker.folder.file("x.parquet"), .schema = decode.schema};
  host::Descriptor chunk = std::move(worker.message.descriptors.at(0));
  auto written = std::get<engine::Written>(worker.ask(write, {chunk.get()}));
  CHECK(written.id == write.id);
  CHECK(written.file.record_count == 100);
  CHECK(*worker.files->exists(write.path));

  engine::Rewrite rewrite{.id = engine::LandRequestId(3),
                          .path = worker.folder.file("y.parquet"),
                          .inputs = {write.path},
                          .from = decode.schema,
                          .to = decode.schema};
  rewrite.to.fields[0].id = FieldId(99), rewrite.to.fields[0].type.kind = table::TypeKind::kDouble;
  auto rewritten = std::get<engine::Written>(worker.ask(rewrite, {}));
  CHECK(rewritten.id == rewrite.id);
  CHECK(rewritten.file.value_counts.at(99) == 100);

  write.path = worker.folder.file("missing/x.parquet");
  CHECK(std::get<engine::LandFailed>(worker.ask(write, {chunk.get()})).code == Code::kIo);
}

}  // namespace
}  // namespace tarn::worker::land
