// A client's SQL session: settings, prepared statements, portals, the transaction. It lives in main and outlives the
// workers its statements run on.
//
// Calls block; one thread at a time, but for cancel() and disconnect(). What a statement answers goes to a Client while
// it runs. The door that speaks the protocol turns messages into these calls and errors into ErrorResponse; after an
// error of an extended-protocol call it skips to Sync.
//
// A statement's life: parse (sql) -> authorise (access) -> rewrite (sql) -> wait for the decoder (Freshness) -> seat
// (Seats) -> view -> run on the worker, rows relayed unread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.h"
#include "catalog/catalog.h"
#include "engine/interrupt.h"
#include "engine/plan.h"
#include "engine/seats.h"
#include "engine/settings.h"
#include "engine/sql_error.h"
#include "engine/sql_protocol.h"
#include "engine/view.h"
#include "engine/view_pins.h"
#include "host/host.h"
#include "wire/postgres/backend.h"

namespace tarn::engine {

inline constexpr std::size_t kPreparedMax = 1000;            // per session
inline constexpr std::size_t kPreparedBytesMax = 32u << 20;  // their texts together
inline constexpr std::size_t kPortalsMax = 100;
inline constexpr std::size_t kPortalBytesMax = 128u << 20;  // their parameters together
inline constexpr std::size_t kSavepointsMax = 1000;

// What all sessions share. Borrowed.
struct Platform {
  host::Host host;
  catalog::Catalog& catalog;
  const tail::Tail& tail;
  Freshness* freshness = nullptr;  // null: nothing decodes
  Seats& seats;
  std::shared_ptr<ViewPins> pins = std::make_shared<ViewPins>();  // copies of a Platform share it
};

// Where a running statement's answers go. Called on the session's thread.
class Client {
 public:
  virtual ~Client() = default;
  // The rows' columns; before them, and only if they were not described before.
  virtual void columns(std::span<const Column> columns, std::span<const std::int16_t> formats) = 0;
  // Whole DataRow messages; `cut`: the last goes on in the next call. Blocks while the client is behind. False: it is
  // gone, and the statement is given up.
  virtual bool rows(ByteView messages, bool cut) = 0;
  // Whether rows() of so many bytes may block now: then the statement's seat is given away meanwhile.
  virtual bool behind(std::size_t) const { return false; }
  virtual void complete(std::string_view tag) = 0;
  virtual void empty_query() = 0;
  virtual void suspended() = 0;
  virtual void notice(std::string_view severity, std::string_view state, std::string_view message) = 0;
  virtual void setting(std::string_view name, std::string_view value) = 0;  // ParameterStatus
};

struct StatementDescription {
  std::vector<Oid> parameter_types;
  std::optional<std::vector<Column>> columns;  // nullopt: no rows (NoData)
};

struct PortalDescription {
  std::optional<std::vector<Column>> columns;
  std::vector<std::int16_t> formats;
};

struct SessionOptions {
  access::Principal principal;
  std::string database = "tarn";                              // or "tarn@branch", "tarn@branch@version"
  std::int32_t process_id = 0;                                // what pg_backend_pid() says
  std::vector<std::pair<std::string, std::string>> settings;  // of the startup message
  bool read_only = false;  // statements that write are refused, whatever the settings say
  bool of_run = false;     // the run's own, on its branch: nobody else writes there while the run goes on
};

// A select whose rows become a table, or which becomes a view, on the session's branch. With `replace`, what has the
// name already gives way (a table keeps its uuid, and the field ids of columns of the same name and type); without, it
// is 42P07. A table that a topic lands in is never replaced.
struct Materialize {
  enum class Kind { kTable, kView };
  catalog::TableName name;
  std::string select;  // one statement that returns rows
  Kind kind = Kind::kTable;
  bool replace = true;
};
struct Materialized {
  std::uint64_t rows = 0;  // 0 for a view
  Bytes bytes;             // of its data files
};

class Session {
 public:
  // On main a session reads tables and their un-landed rows; on another branch, or a version, what has landed there.
  // Errors: 3D000 no such database; a startup setting that set() refuses. Unknown ones are refused too, as Postgres
  // does.
  static SqlResult<std::unique_ptr<Session>> open(const Platform& platform, const SessionOptions& options);
  ~Session();

  // The settings to report at the start: all of them; later, those that changed are told to the Client.
  std::vector<std::pair<std::string, std::string>> initial_settings();

  wire::postgres::TransactionStatus status() const;

  // One Query message: every statement in `text` until one fails.
  SqlResult<void> query(std::string_view text, Client& client);

  // The extended protocol. Empty names are the unnamed statement and portal.
  SqlResult<void> parse(std::string_view name, std::string_view text, std::vector<Oid> parameter_types);
  SqlResult<void> bind(std::string_view portal, std::string_view statement, std::vector<Parameter> parameters,
                       std::vector<std::int16_t> result_formats);
  SqlResult<StatementDescription> describe_statement(std::string_view name);
  SqlResult<PortalDescription> describe_portal(std::string_view name);
  SqlResult<void> execute(std::string_view portal, std::uint64_t max_rows, Client& client);
  void close_statement(std::string_view name);
  void close_portal(std::string_view name);
  void sync();  // ends what lives only until then

  // What CREATE TABLE AS and CREATE VIEW do, for who has the select as a text of its own: positions of errors are
  // characters of it. Commits on its own; nothing is left of one that fails. Errors: the select's own; 42P07; 42701 two
  // columns of one name; 42P16 no columns; 0A000 a type that tables have none for; 25001 in a transaction; 40001 a
  // commit that met another.
  SqlResult<Materialized> materialize(const Materialize& what);

  // From any thread: the running statement, if any, fails with 57014.
  void cancel() { stop(Stop::kCancelRequest); }
  // From any thread, for good: the client is gone (kDisconnect) or we are going (kShutdown).
  void stop(Stop reason);

 private:
  struct Prepared;
  struct Portal;
  struct Relay;
  struct Target;
  struct Written;
  struct TableWanted;
  struct ViewWanted;
  using ChooseTarget = std::function<SqlResult<Target>(const Described&, const catalog::State&)>;

  Session(const Platform& platform, const SessionOptions& options, catalog::Ref ref);

  // session.cc
  void begin_call();
  SqlError failed(SqlError error);  // after an error: the transaction, if any, is failed
  template <class T>
  SqlResult<T> settle(SqlResult<T> result) {
    if (!result) return std::unexpected(failed(std::move(result).error()));
    return result;
  }
  SqlResult<void> check_not_failed(const sql::Parsed& statement) const;
  SqlResult<void> parse_checked(std::string_view name, std::string_view text, std::vector<Oid> parameter_types);
  SqlResult<void> bind_checked(std::string_view portal, std::string_view statement, std::vector<Parameter> parameters,
                               std::vector<std::int16_t> result_formats);
  SqlResult<void> store(std::string_view name, std::shared_ptr<Prepared> prepared);
  SqlResult<std::shared_ptr<Prepared>> find_prepared(std::string_view name) const;
  SqlResult<Portal*> find_portal(std::string_view name);
  SqlResult<Portal*> store_portal(std::string_view name, std::unique_ptr<Portal> portal);
  SqlResult<void> query_checked(std::string_view text, Client& client);
  SqlResult<void> run(Portal& portal, std::uint64_t max_rows, bool describe, Client& client);

  // session_commands.cc: what main answers by itself
  SqlResult<void> run_command(const sql::Parsed& statement, bool describe, const std::vector<std::int16_t>& formats,
                              Client& client);
  SqlResult<void> run_set(const sql::Parsed& statement, Client& client);
  SqlResult<void> run_show(const sql::Parsed& statement, bool describe, const std::vector<std::int16_t>& formats,
                           Client& client);
  SqlResult<void> run_transaction(const sql::Parsed& statement, Client& client);
  SqlResult<void> run_savepoint(const sql::Parsed& statement);
  SqlResult<void> set_transaction(const sql::Parsed& statement, Client& client);
  SqlResult<void> run_discard(const sql::Parsed& statement);
  SqlResult<void> run_prepare(const sql::Parsed& statement);
  SqlResult<void> run_execute(const sql::Parsed& statement, bool describe, const std::vector<std::int16_t>& formats,
                              std::uint64_t max_rows, Client& client);
  SqlResult<void> run_declare(const sql::Parsed& statement);
  SqlResult<void> run_fetch(const sql::Parsed& statement, bool describe, const std::vector<std::int16_t>& formats,
                            Client& client);
  void begin_transaction(const sql::Transaction& modes);
  void end_transaction(bool commit);
  std::vector<Column> show_columns(const sql::Parsed& statement) const;
  void report_settings(Client& client);

  // session_write.cc: statements that write
  SqlResult<void> run_write(const Portal& portal, Client& client);
  SqlResult<void> run_create_table(const Portal& portal, Client& client);
  SqlResult<void> run_create_view(const sql::Parsed& statement, Client& client);
  SqlResult<void> run_insert(const Portal& portal, Client& client);
  SqlResult<void> run_drop(const sql::Parsed& statement, Client& client);
  SqlResult<void> check_may_write(std::string_view tag) const;
  SqlResult<void> check_no_run_works_here(std::string_view tag) const;
  SqlResult<catalog::TableName> name_to_make(const sql::RelationName& written, const catalog::State& state) const;
  SqlResult<catalog::TableName> name_of(const sql::RelationName& written, const catalog::State& state) const;
  SqlResult<Written> create_table(const TableWanted& wanted, Client& client);
  SqlResult<void> create_view(ViewWanted wanted);
  SqlResult<std::shared_ptr<Prepared>> prepare_insert(const sql::Parsed& statement, const catalog::State& state) const;
  SqlResult<std::vector<Oid>> write_parameters(const Prepared& prepared);

  // session_store.cc: rows to files
  SqlResult<Written> store(Prepared& prepared, const std::vector<Parameter>& parameters, const ChooseTarget& target,
                           bool with_rows, Client& client);
  SqlResult<std::optional<table::DataFile>> store_rows(Execution& execution, Prepared& prepared,
                                                       const std::vector<Parameter>& parameters, const View& view,
                                                       const table::Schema& schema);
  SqlResult<void> take_file(Execution& execution, const Target& target, table::DataFile& file);
  SqlResult<void> commit(const catalog::Commit& commit, const Written& written);

  // session_run.cc: what a worker answers
  SqlResult<std::shared_ptr<const catalog::State>> state() const;
  SqlResult<std::shared_ptr<const View>> take_view() const;
  SqlResult<std::shared_ptr<const View>> transaction_view() const;  // null outside of one; 40001 if it was given up
  SqlResult<const Plan*> plan(Prepared& prepared);
  SqlResult<const Plan*> plan(Prepared& prepared, const catalog::State& seen,
                              std::vector<catalog::TableName>* missing = nullptr);
  SqlResult<Described> ask_described(Execution& execution, const Plan& plan, Statement statement, bool stored);
  SqlResult<const Described*> described(Prepared& prepared);
  SqlResult<std::optional<std::vector<Column>>> columns_of(Prepared& prepared, int depth = 0);
  SqlResult<std::span<const int>> attach(Execution& execution, std::span<const int> descriptors);
  SqlResult<void> start(Portal& portal, Relay& relay);
  SqlResult<void> go_on(Portal& portal, const Relay& relay);
  SqlResult<void> wait_decoded(const Plan& plan, Client& client);
  SqlResult<Reply> next(Execution& execution);
  SqlResult<void> relay(Portal& portal, Relay& relay);
  SqlResult<void> relay_rows(Portal& portal, Relay& relay);
  SqlResult<void> tell_columns(Portal& portal, const Relay& relay, std::vector<Column> columns);
  SqlResult<void> apply_set_config(const Plan& plan, Client& client);
  SqlResult<CatalogSource> catalog_source() const;
  SqlError translate(const Failed& failure, const Plan& plan) const;
  void set_running(Execution* execution);

  Platform platform_;
  access::Principal principal_;
  std::string database_;
  catalog::Ref ref_;
  std::int32_t process_id_;
  bool read_only_, of_run_;
  Settings settings_;

  std::map<std::string, std::shared_ptr<Prepared>, std::less<>> prepared_;
  std::map<std::string, std::unique_ptr<Portal>, std::less<>> portals_;
  std::size_t prepared_bytes_ = 0;

  bool in_transaction_ = false;
  bool failed_ = false;
  std::unique_ptr<ViewPin> transaction_pin_;  // once a statement has read a table
  std::vector<std::string> savepoints_;

  Interrupt interrupt_;
  std::optional<host::MonotonicTime> deadline_;  // statement_timeout of the running call
  std::mutex running_mutex_;
  Execution* running_ = nullptr;
};

}  // namespace tarn::engine
