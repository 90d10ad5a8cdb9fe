#include "worker/sql/execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "sql/types.h"
#include "table/evolution.h"
#include "wire/postgres/values.h"
#include "worker/duckdb_types.h"
#include "worker/parquet_copy.h"
#include "worker/sql/parameters.h"

namespace tarn::worker::sql {
namespace {

Failure failure_of(const Error& error) {
  std::string sqlstate = error.code == Code::kInvalidArgument ? "22023"
                         : error.code == Code::kCorruption    ? "XX001"
                         : error.code == Code::kUnavailable   ? "53100"
                         : error.code == Code::kIo            ? "58030"
                                                              : "XX000";
  return {.sqlstate = std::move(sqlstate), .message = error.message};
}

constexpr std::size_t kRowsReserve = engine::kRowsFrameBytes.count() + (16u << 10);

template <class T>
Outcome<T> lift(Result<T> result) {
  if (!result) return std::unexpected(failure_of(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

Outcome<void> set_zone(Connection& connection, const std::string& zone) {
  return lift(connection.run(fmt::format("SET TimeZone = {}", quote_literal(zone))));
}

// A connection as the statement needs it.
Outcome<Connection> connect(Service& service, const engine::Statement& statement, const Image& image, Connect how) {
  TARN_ASSIGN(Connection connection, lift(service.database.connect(how)));
  TARN_TRY(set_zone(connection, statement.time_zone));
  if (image != nullptr) TARN_TRY(lift(service.catalog.begin(connection, image)));
  return connection;
}

// No more fields than a reply may have; whatever else is wrong with them is told by who stores them.
Outcome<std::vector<table::Field>> storable(std::vector<table::Field> fields) {
  Result<void> checked = table::check_fields(fields);
  if (checked || checked.error().code != Code::kLimit) return fields;
  return std::unexpected(Failure{.sqlstate = "54011", .message = checked.error().message});
}

Outcome<engine::Described> described(Service& service, const engine::Describe& request, const Image& image) {
  TARN_ASSIGN(Connection connection, connect(service, request.statement, image, Connect::kPooled));
  ScanLease lease(service.database.scans());
  TARN_ASSIGN(ScanSql scans, lift(with_scans(request.statement, {}, lease)));
  TARN_ASSIGN(Prepared prepared, Prepared::make(connection, request.statement, scans, {}));
  TARN_ASSIGN(std::vector<engine::Column> columns, prepared.columns(request.statement.columns));
  engine::Described described{
      .id = request.id, .parameter_types = prepared.parameter_types(), .columns = std::move(columns)};
  if (request.stored) {
    TARN_ASSIGN(described.fields, storable(prepared.fields()));
  }
  return described;
}

// Postgres's rule: no format is text for all, one is for all, else one each.
Outcome<std::vector<std::int16_t>> formats_for(const std::vector<std::int16_t>& given, std::size_t columns) {
  if (given.size() <= 1) return std::vector<std::int16_t>(columns, given.empty() ? std::int16_t{0} : given[0]);
  if (given.size() == columns) return given;
  return std::unexpected(Failure{
      .sqlstate = "08P01",
      .message = fmt::format("bind message has {} result formats but query has {} columns", given.size(), columns)});
}

}  // namespace

void describe(Service& service, const engine::Describe& request, const Image& image) {
  Outcome<engine::Described> outcome = described(service, request, image);
  if (outcome) return service.reply(*outcome);
  service.reply(to_reply(request.id, outcome.error()));
  if (outcome.error().fatal) service.on_fatal();
}

Execution::Execution(Service& service, engine::Execute request, std::vector<host::Descriptor> chunks, Image image)
    : service_(service),
      request_(std::move(request)),
      chunks_(std::move(chunks)),
      image_(std::move(image)),
      lease_(service.database.scans()) {}

Execution::Execution(Service& service, engine::Store request, std::vector<host::Descriptor> chunks, Image image)
    : Execution(
          service,
          engine::Execute{
              .id = request.id, .statement = std::move(request.statement), .parameters = std::move(request.parameters)},
          std::move(chunks), std::move(image)) {
  target_ = Target{.schema = std::move(request.schema), .path = std::move(request.path), .file = {}};
}

Execution::~Execution() { release(); }

void Execution::release() {
  {
    std::lock_guard lock(mutex_);
    interruptible_ = nullptr;
  }
  // What still runs of it must not hold up the connection's next statement. One that is done does not mind.
  if (connection_) duckdb_interrupt(connection_->handle());
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  encoder_.reset();
  result_.reset();
  prepared_.reset();
  connection_.reset();
}

bool Execution::stopped() {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

bool Execution::finished() {
  std::lock_guard lock(mutex_);
  return finished_;
}

void Execution::credit(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  uncredited_ -= std::min(uncredited_, bytes);
  changed_.notify_one();
}

void Execution::cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (interruptible_ != nullptr) duckdb_interrupt(interruptible_);
  changed_.notify_one();
}

void Execution::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  cancel();
}

void Execution::start() {
  Outcome<void> outcome = prepare();
  if (outcome) outcome = execute();
  if (outcome) outcome = target_ ? store() : prepared_->is_explain() ? explain_lines() : stream(request_.max_rows);
  end(outcome);
}

void Execution::fetch(std::uint64_t max_rows) {
  total_ = 0;
  end(stopped() ? Outcome<void>(std::unexpected(cancelled())) : stream(max_rows));
}

void Execution::end(const Outcome<void>& outcome) {
  bool silent;
  {
    std::lock_guard lock(mutex_);
    finished_ = !outcome || !suspended_;
    silent = closed_;
  }
  if (!outcome || !suspended_) release();
  if (target_ && (!outcome || silent)) std::ignore = service_.files.remove(target_->path);
  if (silent) return;
  if (!outcome) {
    service_.reply(to_reply(request_.id, stopped() ? cancelled() : outcome.error()));
    if (outcome.error().fatal) service_.on_fatal();
  } else if (target_) {
    service_.reply(engine::Stored{.id = request_.id, .file = std::move(target_->file)});
  } else if (suspended_) {
    service_.reply(engine::Suspended{.id = request_.id, .rows = total_});
  } else {
    service_.reply(engine::Completed{.id = request_.id, .rows = total_});
  }
}

Outcome<void> Execution::prepare() {
  const engine::Statement& statement = request_.statement;
  TARN_ASSIGN(Connection connection,
              connect(service_, statement, image_, target_ ? Connect::kForCopy : Connect::kPooled));
  connection_.emplace(std::move(connection));
  TARN_ASSIGN(ScanSql scans, lift(with_scans(statement, std::move(chunks_), lease_)));
  if (target_) scans = copy_of(std::move(scans), target_->schema, target_->path);
  TARN_ASSIGN(Prepared prepared, Prepared::make(*connection_, statement, scans, request_.parameters));
  prepared_.emplace(std::move(prepared));
  TARN_TRY(bind_parameters(prepared_->handle(), request_.parameters, prepared_->parameter_types()));
  return target_ ? Outcome<void>() : prepare_rows();
}

Outcome<void> Execution::prepare_rows() {
  const engine::Statement& statement = request_.statement;
  TARN_ASSIGN(std::vector<engine::Column> columns, prepared_->columns(statement.columns));
  TARN_ASSIGN(request_.result_formats, formats_for(request_.result_formats, columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    bool digits = statement.columns.size() == columns.size() && statement.columns[i].digits;
    Form form = digits                                              ? Form::kDigits
                : tarn::sql::element_of(columns[i].type) != nullptr ? Form::kArray
                : columns[i].type == wire::postgres::kJsonbOid      ? Form::kJsonb
                                                                    : Form::kOwn;
    forms_.push_back(form);
  }
  if (request_.describe) {
    service_.reply(engine::Described{
        .id = request_.id, .parameter_types = prepared_->parameter_types(), .columns = std::move(columns)});
  }
  return {};
}

Outcome<void> Execution::execute() {
  duckdb_pending_result pending = nullptr;
  duckdb_state state = target_ ? duckdb_pending_prepared(prepared_->handle(), &pending)
                               : duckdb_pending_prepared_streaming(prepared_->handle(), &pending);
  if (state == DuckDBSuccess) {
    // From here on an interrupt stays set; one that came before would have been forgotten. A statement that is to stop
    // is executed all the same: its tasks run already, and DuckDB gives nothing back of one that is left to them.
    {
      std::lock_guard lock(mutex_);
      interruptible_ = connection_->handle();
      if (cancelled_) duckdb_interrupt(interruptible_);
    }
    state = duckdb_execute_pending(pending, &result_.result);
  }
  Outcome<void> outcome;
  if (state != DuckDBSuccess) {
    const char* message = duckdb_result_error(&result_.result);
    outcome = std::unexpected(prepared_->failure(message != nullptr ? message : duckdb_pending_error(pending)));
  }
  duckdb_destroy_pending(&pending);
  if (!outcome || target_) return outcome;
  return begin_rows();
}

Outcome<void> Execution::begin_rows() {
  TARN_ASSIGN(std::shared_ptr<TimeZone> zone, lift(service_.zones.find(request_.statement.time_zone)));
  std::vector<duckdb_logical_type> types;
  for (idx_t i = 0; i < duckdb_column_count(&result_.result); ++i)
    types.push_back(duckdb_column_logical_type(&result_.result, i));
  if (!prepared_->is_explain()) {
    encoder_ =
        std::make_unique<RowEncoder>(types, EncodeOptions{.formats = request_.result_formats,
                                                          .forms = forms_,
                                                          .zone = std::move(zone),
                                                          .extra_float_digits = request_.statement.extra_float_digits});
  }
  for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  return {};
}

// The file is written by now; it becomes durable, or goes if there were no rows.
Outcome<void> Execution::store() {
  TARN_ASSIGN(table::DataFile written, lift(copied_file(result_.result, target_->path, target_->schema)));
  if (written.record_count == 0) return lift(service_.files.remove(target_->path));
  TARN_ASSIGN(std::unique_ptr<host::File> file, lift(service_.files.open(target_->path, host::OpenMode::kReadWrite)));
  TARN_TRY(lift(file->sync()));
  target_->file = std::move(written);
  return {};
}

// False at the end of the rows.
Outcome<bool> Execution::next_chunk() {
  if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  chunk_row_ = chunk_rows_ = 0;
  if (stopped()) return std::unexpected(cancelled());
  chunk_ = duckdb_fetch_chunk(result_.result);
  if (chunk_ == nullptr) {
    const char* message = duckdb_result_error(&result_.result);
    if (message != nullptr && *message != '\0') return std::unexpected(prepared_->failure(message));
    return false;
  }
  chunk_rows_ = duckdb_data_chunk_get_size(chunk_);
  if (encoder_ != nullptr) encoder_->use(chunk_);
  return true;
}

Outcome<void> Execution::stream(std::uint64_t max_rows) {
  suspended_ = false;
  rows_.reserve(kRowsReserve);
  while (max_rows == 0 || total_ < max_rows) {
    if (chunk_row_ == chunk_rows_) {
      TARN_ASSIGN(bool more, next_chunk());
      if (!more) return flush();
      continue;
    }
    std::size_t from = rows_.size();
    encoder_->encode(chunk_row_++, rows_);
    ++total_;
    TARN_TRY(send_row(from));
  }
  suspended_ = true;
  return flush();
}

// DuckDB's plan, a row a line, as Postgres sends its own.
Outcome<void> Execution::explain_lines() {
  EncodedVector plan;
  plan.type = DUCKDB_TYPE_VARCHAR;
  while (true) {
    TARN_ASSIGN(bool more, next_chunk());
    if (!more) return flush();
    plan.point_at(duckdb_data_chunk_get_vector(chunk_, 1));
    for (std::uint64_t row = 0; row < chunk_rows_; ++row) {
      Buffer text;
      append_text(plan, row, {}, text);
      std::string_view rest = tarn::as_text(text);
      while (!rest.empty()) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        std::size_t from = rows_.size();
        std::size_t message = wire::postgres::begin_row(rows_, 1);
        std::size_t value = wire::postgres::begin_value(rows_);
        wire::postgres::text_bytes(rows_, line);
        wire::postgres::end_value(rows_, value);
        wire::postgres::end_row(rows_, message);
        ++total_;
        TARN_TRY(send_row(from));
      }
    }
  }
}

// A row was added to rows_ at `from`.
Outcome<void> Execution::send_row(std::size_t from) {
  ++rows_count_;
  std::size_t frame = engine::kRowsFrameBytes.count();
  if (rows_.size() < frame) return {};
  ByteView row = ByteView(rows_).subspan(from);
  if (row.size() > kRowBytesMax.count())
    return std::unexpected(Failure{.sqlstate = "54000", .message = "a row is larger than 1 GiB"});
  if (row.size() <= frame) return flush();
  if (from > 0) TARN_TRY(send_rows(ByteView(rows_).first(from), rows_count_ - 1, false));
  while (!row.empty()) {
    std::size_t size = std::min(frame, row.size());
    bool last = size == row.size();
    TARN_TRY(send_rows(row.first(size), last ? 1 : 0, !last));
    row = row.subspan(size);
  }
  rows_ = Buffer();
  rows_count_ = 0;
  return {};
}

Outcome<void> Execution::flush() {
  if (rows_.empty()) return {};
  Outcome<void> sent = send_rows(rows_, rows_count_, false);
  rows_.clear();
  rows_count_ = 0;
  return sent;
}

Outcome<void> Execution::send_rows(ByteView messages, std::uint64_t count, bool cut) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return cancelled_ || uncredited_ == 0 || uncredited_ + messages.size() <= engine::kWindowBytes.count();
    });
    if (cancelled_) return std::unexpected(cancelled());
    uncredited_ += messages.size();
  }
  service_.reply(engine::Rows{.id = request_.id, .count = count, .cut = cut, .messages = messages});
  return {};
}

}  // namespace tarn::worker::sql
