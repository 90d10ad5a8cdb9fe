// Between main and a SQL worker: what main asks, what the worker answers. One worker runs several statements at a time,
// each named by an ExecutionId that main gives.
//
//   main                                   worker
//   Catalog   what pg_catalog shows  ──>   (kept until the next)
//   Describe  ────────────────────────>    Described | Failed
//   Attach    (before Execute)  ──────>    (nothing: descriptors of the Execute that follows)
//   Execute   ────────────────────────>    Described if asked, Rows* then Completed | Suspended | Failed
//   Fetch     (after Suspended) ──────>    Rows* then Completed | Suspended | Failed
//   Store     (rows to a file)  ──────>    Stored | Failed
//   Credit    (bytes main relayed) ───>    (worker sends at most kWindowBytes of Rows beyond what was credited)
//   Cancel    ────────────────────────>    Failed(kCancelled) soon, if it still ran
//   Close     (portal closed) ────────>    (nothing, ever again: what still runs stops, replies on their way are
//   dropped)
//
// Suspended comes when max_rows rows were sent, even if no more would follow; `rows` counts since the last Execute or
// Fetch. A failed or completed execution is gone, Close or not. Requests about an id that is gone are ignored.
//
// A Store is always ended by Close, failed or not: whatever of its file is still where it was written goes then.
//
// Rows hold whole Postgres DataRow messages, encoded by the worker, relayed unread by main; one too large for a frame
// is split over several, each but its last marked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "table/data_file.h"
#include "table/schema.h"

namespace tarn::engine {

using ExecutionId = Id<struct ExecutionIdTag, std::uint64_t>;
using Oid = std::uint32_t;  // Postgres type oid

inline constexpr Bytes kRowsFrameBytes{128u << 10};     // a Rows message is cut at about this
inline constexpr Bytes kWindowBytes{1u << 20};          // un-credited Rows bytes per execution
inline constexpr std::size_t kResultColumnsMax = 1664;  // Postgres's own bound on a target list
inline constexpr std::size_t kParametersMax = 65535;    // Bind counts them in 16 bits

// A table as the statement's view has it. The rewritten SQL names it `scan_name`, unquoted-safe and unique in the
// statement; the worker makes it mean files plus chunks. Chunk descriptors travel with the message, in order of tables
// and chunks; those beyond what one message can carry come before it, with Attach. Describe carries no files, no
// chunks.
struct ScanTable {
  std::string scan_name;
  TableUuid uuid;
  std::int64_t snapshot_id = -1;
  table::Schema schema;                      // the columns the SQL sees
  std::vector<std::string> files;            // paths
  std::vector<std::uint32_t> chunk_rows;     // one per descriptor
  std::vector<table::Schema> chunk_schemas;  // distinct schemas of chunks, by id
  std::vector<SchemaId> chunk_schema_ids;    // one per descriptor
};

struct Parameter {
  bool is_null = false;
  bool binary = false;
  std::string value;
};

// What Postgres would call a result's column; type 0: as DuckDB has it.
struct ColumnHint {
  Oid type = 0;
  std::int32_t modifier = -1;
  bool digits = false;  // a numeric whose values DuckDB gives as text, each with its own digits after the point
};

// What a statement needs, for Describe and Execute alike.
struct Statement {
  std::string sql;                   // rewritten, authorised, $n parameters
  std::vector<Oid> parameter_types;  // 0: to be inferred
  std::vector<ScanTable> tables;
  std::string time_zone = "UTC";  // session settings that change results
  std::int32_t extra_float_digits = 1;
  bool reads_catalog = false;       // names pg_catalog or information_schema tables
  std::vector<ColumnHint> columns;  // as the rewriter inferred them; the worker obeys where the bytes allow
};

struct Describe {
  ExecutionId id;
  Statement statement;
  bool stored = false;  // tell Described::fields
};
struct Attach {
  ExecutionId id;
};
struct Execute {
  ExecutionId id;
  Statement statement;
  std::vector<Parameter> parameters;
  std::vector<std::int16_t> result_formats;  // Postgres's rule: none, one for all, or one each
  std::uint64_t max_rows = 0;                // 0: all
  bool describe = false;                     // begin with Described
};
struct Fetch {
  ExecutionId id;
  std::uint64_t max_rows = 0;
};
// Write the rows as one Parquet file, synced, instead of sending them.
struct Store {
  ExecutionId id;
  Statement statement;
  std::vector<Parameter> parameters;
  table::Schema schema;  // a field for each column, by position: its id, its name, the type that values are cast to
  std::string path;      // absolute, in the worker's temp folder; does not exist
};
struct Credit {
  ExecutionId id;
  std::uint64_t bytes = 0;
};
struct Cancel {
  ExecutionId id;
};
struct Close {
  ExecutionId id;
};

// What pg_catalog and information_schema show: made by main from the state that a session reads. A statement that reads
// them sees the last image that came before it, whatever others come meanwhile.
struct CatalogTable {
  std::string name_space;
  std::string name;
  table::Schema schema;
  std::int64_t rows = -1;  // for reltuples
  std::string view;        // the text of a view; empty: it is a table
};
struct CatalogImage {
  std::string database;                // the session's
  std::vector<std::string> databases;  // all that there are
  std::vector<std::string> namespaces;
  std::vector<CatalogTable> tables;
};

using SqlRequest = std::variant<Describe, Attach, Execute, Fetch, Credit, Cancel, Close, CatalogImage, Store>;

struct Column {
  std::string name;
  Oid type = 0;
  std::int16_t type_size = -1;
  std::int32_t type_modifier = -1;
};
struct Described {
  ExecutionId id;
  std::vector<Oid> parameter_types;
  std::vector<Column> columns;
  // If asked: the columns of a table that keeps the rows, without ids. One whose type no table can keep is a string
  // whose `doc` is Postgres's name of the type.
  std::vector<table::Field> fields;
};
struct Rows {
  ExecutionId id;
  std::uint64_t count = 0;  // of DataRows that end in this frame
  bool cut = false;         // the frame ends inside a DataRow, which the next one goes on with
  ByteView messages;        // borrowed from the frame
};
struct Completed {
  ExecutionId id;
  std::uint64_t rows = 0;
};
struct Suspended {
  ExecutionId id;
  std::uint64_t rows = 0;
};
struct Failed {
  ExecutionId id;
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  std::int32_t position = 0;  // 1-based character in `sql`; 0: unknown
};
struct Ready {};  // the worker is warm
struct Stored {
  ExecutionId id;
  std::optional<table::DataFile> file;  // none: there were no rows
};

using SqlReply = std::variant<Described, Rows, Completed, Suspended, Failed, Ready, Stored>;

Buffer encode(const SqlRequest& request);
Result<SqlRequest> decode_sql_request(ByteView bytes);
Buffer encode(const SqlReply& reply);
Result<SqlReply> decode_sql_reply(ByteView bytes);

}  // namespace tarn::engine
