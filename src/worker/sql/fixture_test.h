// A SQL worker in this process, main's end of its channel, and tables of a few rows for it to scan.
#pragma once

#include <doctest/doctest.h>

#include <thread>

#include "engine/sql_protocol.h"
#include "host/channel.h"
#include "host/test_folder.h"
#include "tail/chunk_builder.h"
#include "worker/sql/sql_worker.h"

namespace tarn::worker::sql {

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}
inline void must(Result<void> result) {
  if (!result) FAIL(result.error().message);
}

// What a statement gave: rows of text values, or its failure.
struct Answer {
  std::vector<engine::Column> columns;
  std::vector<engine::Oid> parameter_types;
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::size_t frames = 0;
  bool suspended = false;
  std::vector<table::Field> fields;     // of Describe::stored
  std::optional<table::DataFile> file;  // of a Store
  std::optional<engine::Failed> failed;

  // "1|a;2|null", or the SQLSTATE.
  std::string text() const;
};

class WorkerFixture {
 public:
  WorkerFixture();
  ~WorkerFixture();

  engine::ExecutionId send(engine::Execute request, std::span<const int> descriptors = {});
  engine::ExecutionId next_id() { return engine::ExecutionId(++last_id_); }
  void send(const engine::SqlRequest& request) { must(main_.send(engine::encode(request))); }
  engine::SqlReply receive(Buffer& frame);
  // Reads replies until Completed, Suspended or Failed; credits what it reads.
  Answer answer(bool with_credit = true);
  Answer run(const std::string& sql, std::vector<engine::Parameter> parameters = {},
             std::vector<engine::Oid> types = {});
  Answer run(engine::Execute request, std::span<const int> descriptors = {});
  Answer describe(const std::string& sql, std::vector<engine::Oid> types = {});

  const host::TestFolder& folder() const { return folder_; }

  // Writes rows of `select` as a Parquet file with field ids 1, 2, ...; returns its path.
  std::string write_file(const std::string& name, const std::string& select, const std::string& field_ids);

 private:
  explicit WorkerFixture(std::pair<host::Channel, host::Channel> pair);

  host::TestFolder folder_;
  host::Channel main_, worker_;
  std::uint64_t last_id_ = 0;
  std::thread thread_;
};

}  // namespace tarn::worker::sql
