#include "host/sqlite.h"

#include <sqlite3.h>

#include <algorithm>

#include "base/assert.h"
#include "host/sqlite_vfs.h"

namespace tarn::host {
namespace {

constexpr Bytes kRewriteChunk = 1_MiB;

Code code_of(int number) {
  switch (number & 0xFF) {
    case SQLITE_CONSTRAINT: return Code::kConflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Code::kCorruption;
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_NOMEM: return Code::kUnavailable;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY: return Code::kIo;
    default: return Code::kInternal;
  }
}

// `vfs` of the connection tells more than SQLite where a file was the cause.
std::unexpected<Error> fail_sqlite(sqlite3* db, const SqliteVfs& vfs, std::string_view what) {
  int number = sqlite3_extended_errcode(db);
  Code code = code_of(number);
  std::string message(what);
  message.append(": ").append(sqlite3_errmsg(db)).append(" (SQLite ").append(std::to_string(number)).append(")");
  if ((code == Code::kIo || code == Code::kUnavailable) && !vfs.last_error().empty())
    message.append(": ").append(vfs.last_error());
  return fail(code, std::move(message));
}

}  // namespace

// Writes a log's bytes over themselves and syncs them. A killed process or a failed sync may have left bytes that only
// the page cache has; SQLite would take the log for durable, copy it into the database, and find an older part of it
// again after a power loss. The database itself needs none of this: its pages are written from the log until a sync
// succeeds.
static Result<void> rewrite(Files& files, const Path& path) {
  TARN_ASSIGN(bool there, files.exists(path));
  if (!there) return {};
  TARN_ASSIGN(auto file, files.open(path, OpenMode::kReadWrite));
  TARN_ASSIGN(Bytes size, file->size());
  Buffer chunk(std::min(size, kRewriteChunk).count());
  for (Bytes at; at < size; at += kRewriteChunk) {
    TARN_ASSIGN(std::size_t got, file->read_at(chunk, at));
    TARN_TRY(file->write_at(ByteView(chunk).first(got), at));
  }
  return file->sync();
}

struct Sqlite::State {
  explicit State(Files& files, Path p) : vfs(files), path(std::move(p)) {}
  ~State() { sqlite3_close_v2(db); }

  SqliteVfs vfs;
  Path path;
  sqlite3* db = nullptr;
};

// What a SqliteStatement points to.
struct SqliteStatement::State {
  sqlite3_stmt* statement;
  const SqliteVfs* vfs;
  const Path* path;

  std::unexpected<Error> failed() {
    auto error = fail_sqlite(sqlite3_db_handle(statement), *vfs, *path);
    sqlite3_reset(statement);
    return error;
  }
};

SqliteStatement::SqliteStatement(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStatement::SqliteStatement(SqliteStatement&&) noexcept = default;
SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
SqliteStatement::~SqliteStatement() {
  if (state_) sqlite3_finalize(state_->statement);
}

SqliteStatement& SqliteStatement::bind(int index, std::int64_t value) {
  TARN_ASSERT(sqlite3_bind_int64(state_->statement, index, value) == SQLITE_OK, "the statement has that parameter");
  return *this;
}

SqliteStatement& SqliteStatement::bind(int index, std::string_view text) {
  const char* data = text.data() ? text.data() : "";  // a null pointer would bind NULL
  int bound = sqlite3_bind_text64(state_->statement, index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  TARN_ASSERT(bound == SQLITE_OK, "the statement has that parameter");
  return *this;
}

SqliteStatement& SqliteStatement::bind(int index, ByteView blob) {
  const void* data = blob.data() ? static_cast<const void*>(blob.data()) : "";
  int bound = sqlite3_bind_blob64(state_->statement, index, data, blob.size(), SQLITE_TRANSIENT);
  TARN_ASSERT(bound == SQLITE_OK, "the statement has that parameter");
  return *this;
}

SqliteStatement& SqliteStatement::bind_null(int index) {
  TARN_ASSERT(sqlite3_bind_null(state_->statement, index) == SQLITE_OK, "the statement has that parameter");
  return *this;
}

Result<bool> SqliteStatement::step() {
  int outcome = sqlite3_step(state_->statement);
  if (outcome == SQLITE_ROW) return true;
  if (outcome != SQLITE_DONE) return state_->failed();
  sqlite3_reset(state_->statement);
  return false;
}

Result<void> SqliteStatement::run() {
  while (true) {
    TARN_ASSIGN(bool row, step());
    if (!row) return {};
  }
}

void SqliteStatement::reset() { sqlite3_reset(state_->statement); }

std::int64_t SqliteStatement::integer(int column) { return sqlite3_column_int64(state_->statement, column); }

std::string SqliteStatement::text(int column) {
  auto* data = reinterpret_cast<const char*>(sqlite3_column_text(state_->statement, column));
  return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(state_->statement, column))) : "";
}

Buffer SqliteStatement::blob(int column) {
  auto* data = static_cast<const std::byte*>(sqlite3_column_blob(state_->statement, column));
  return data ? Buffer(data, data + sqlite3_column_bytes(state_->statement, column)) : Buffer();
}

bool SqliteStatement::is_null(int column) { return sqlite3_column_type(state_->statement, column) == SQLITE_NULL; }

Sqlite::Sqlite(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sqlite::~Sqlite() = default;

Result<std::unique_ptr<Sqlite>> Sqlite::open(Files& files, const Path& path) {
  TARN_TRY(rewrite(files, path + "-wal"));
  TARN_TRY(files.sync_dir(parent(path)));  // a log that was removed must not come back either
  auto made = std::unique_ptr<Sqlite>(new Sqlite(std::make_unique<State>(files, path)));
  State& state = *made->state_;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &state.db, flags, state.vfs.name().c_str()) != SQLITE_OK)
    return fail_sqlite(state.db, state.vfs, "cannot open " + path);
  TARN_TRY(
      made->execute("pragma locking_mode=exclusive; pragma temp_store=memory; pragma trusted_schema=off;"
                    "pragma foreign_keys=on; pragma synchronous=full"));
  TARN_ASSIGN(SqliteStatement wal, made->prepare("pragma journal_mode=wal"));
  TARN_ASSIGN(bool row, wal.step());
  if (!row || wal.text(0) != "wal") return fail(Code::kIo, path + ": SQLite can't use a write-ahead log here");
  return made;
}

Result<SqliteStatement> Sqlite::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(state_->db, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK)
    return fail_sqlite(state_->db, state_->vfs, state_->path);
  if (!statement) return fail(Code::kInternal, state_->path + ": no SQL to prepare");
  return SqliteStatement(std::make_unique<SqliteStatement::State>(statement, &state_->vfs, &state_->path));
}

Result<void> Sqlite::execute(std::string_view sql) {
  if (sqlite3_exec(state_->db, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return fail_sqlite(state_->db, state_->vfs, state_->path);
  return {};
}

std::int64_t Sqlite::changes() { return sqlite3_changes64(state_->db); }

}  // namespace tarn::host
