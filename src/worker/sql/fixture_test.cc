#include "worker/sql/fixture_test.h"

#include <fmt/format.h>

#include "base/endian.h"

namespace tarn::worker::sql {
namespace {

std::pair<host::Channel, host::Channel> channels() {
  auto pair = must(host::socket_pair());
  return {host::Channel(std::move(pair.first)), host::Channel(std::move(pair.second))};
}

void add_rows(ByteView messages, Answer& answer) {
  while (!messages.empty()) {
    auto length = static_cast<std::size_t>(load_be<std::int32_t>(messages.data() + 1));
    auto columns = load_be<std::int16_t>(messages.data() + 5);
    const std::byte* at = messages.data() + 7;
    auto& row = answer.rows.emplace_back();
    for (int i = 0; i < columns; ++i) {
      auto size = load_be<std::int32_t>(at);
      at += 4;
      if (size < 0) {
        row.emplace_back(std::nullopt);
        continue;
      }
      row.emplace_back(std::string(reinterpret_cast<const char*>(at), static_cast<std::size_t>(size)));
      at += size;
    }
    messages = messages.subspan(length + 1);
  }
}

}  // namespace

std::string Answer::text() const {
  if (failed) return failed->sqlstate + " " + failed->message;
  std::string result;
  for (const auto& row : rows) {
    if (&row != &rows.front()) result += ';';
    for (std::size_t i = 0; i < row.size(); ++i) result += (i > 0 ? "|" : "") + row[i].value_or("null");
  }
  return result;
}

WorkerFixture::WorkerFixture() : WorkerFixture(channels()) {}

WorkerFixture::WorkerFixture(std::pair<host::Channel, host::Channel> pair)
    : main_(std::move(pair.first)), worker_(std::move(pair.second)), thread_([this] {
        auto files = host::real_files();
        must(files->make_dirs(folder_.file("lake")));
        must(files->make_dirs(folder_.file("temp")));
        run_sql_worker(
            *files, worker_,
            {.lake = folder_.file("lake"), .temp = folder_.file("temp"), .memory_max = 512_MiB, .threads = 2});
      }) {
  Buffer frame;
  CHECK(std::holds_alternative<engine::Ready>(receive(frame)));
}

WorkerFixture::~WorkerFixture() {
  main_.shutdown();
  thread_.join();
}

engine::SqlReply WorkerFixture::receive(Buffer& frame) {
  frame = std::move(must(main_.receive()).payload);
  return must(engine::decode_sql_reply(frame));
}

engine::ExecutionId WorkerFixture::send(engine::Execute request, std::span<const int> descriptors) {
  request.id = next_id();
  must(main_.send(engine::encode(engine::SqlRequest(request)), descriptors));
  return request.id;
}

Answer WorkerFixture::answer(bool with_credit) {
  Answer answer;
  Buffer rows;
  while (true) {
    Buffer frame;
    engine::SqlReply reply = receive(frame);
    if (auto* described = std::get_if<engine::Described>(&reply)) {
      answer.columns = described->columns;
      answer.parameter_types = described->parameter_types;
      answer.fields = described->fields;
      if (described->id == engine::ExecutionId(0)) return answer;
    } else if (auto* part = std::get_if<engine::Rows>(&reply)) {
      ++answer.frames;
      rows.insert(rows.end(), part->messages.begin(), part->messages.end());
      if (with_credit) send(engine::Credit{part->id, part->messages.size()});
    } else {
      if (auto* failed = std::get_if<engine::Failed>(&reply)) answer.failed = *failed;
      if (auto* stored = std::get_if<engine::Stored>(&reply)) answer.file = stored->file;
      answer.suspended = std::holds_alternative<engine::Suspended>(reply);
      add_rows(rows, answer);
      return answer;
    }
  }
}

Answer WorkerFixture::run(engine::Execute request, std::span<const int> descriptors) {
  send(std::move(request), descriptors);
  return answer();
}

Answer WorkerFixture::run(const std::string& sql, std::vector<engine::Parameter> parameters,
                          std::vector<engine::Oid> types) {
  engine::Execute request;
  request.statement.sql = sql;
  request.statement.parameter_types = std::move(types);
  request.statement.reads_catalog = sql.contains("tarn_pg.");
  request.parameters = std::move(parameters);
  request.describe = true;
  return run(std::move(request));
}

Answer WorkerFixture::describe(const std::string& sql, std::vector<engine::Oid> types) {
  engine::Describe request;
  request.statement.sql = sql;
  request.statement.parameter_types = std::move(types);
  send(request);
  return answer();
}

std::string WorkerFixture::write_file(const std::string& name, const std::string& select,
                                      const std::string& field_ids) {
  std::string path = folder_.file("lake/" + name);
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  REQUIRE(duckdb_open(nullptr, &database) == DuckDBSuccess);
  REQUIRE(duckdb_connect(database, &connection) == DuckDBSuccess);
  QueryResult result;
  std::string sql = fmt::format("COPY ({}) TO '{}' (FORMAT parquet, FIELD_IDS {{{}}})", select, path, field_ids);
  CHECK(duckdb_query(connection, sql.c_str(), &result.result) == DuckDBSuccess);
  result.reset();
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  return path;
}

}  // namespace tarn::worker::sql
