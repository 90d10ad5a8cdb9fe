#include "worker/chunk_scan.h"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <mutex>

#include "worker/duckdb_types.h"

namespace tarn::worker {
namespace {

class ChunkScansImpl final : public ChunkScans {
 public:
  explicit ChunkScansImpl(duckdb_connection connection) : connection_(connection) {}
  ~ChunkScansImpl() override { duckdb_disconnect(&connection_); }

  std::uint64_t add(std::shared_ptr<const ChunkSet> set) override {
    std::lock_guard lock(mutex_);
    sets_[++last_] = std::move(set);
    return last_;
  }
  void remove(std::uint64_t id) override {
    std::lock_guard lock(mutex_);
    sets_.erase(id);
  }
  std::shared_ptr<const ChunkSet> find(std::uint64_t id) {
    std::lock_guard lock(mutex_);
    auto found = sets_.find(id);
    return found == sets_.end() ? nullptr : found->second;
  }
  // Only lends its settings to Arrow conversions; runs nothing.
  duckdb_connection connection() { return connection_; }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<const ChunkSet>> sets_;
  std::uint64_t last_ = 0;
  duckdb_connection connection_;
};

struct ErrorData {
  duckdb_error_data data;
  ~ErrorData() { duckdb_destroy_error_data(&data); }
  bool failed() const { return data && duckdb_error_data_has_error(data); }
  const char* message() const { return duckdb_error_data_message(data); }
};

// The statement's: which chunks.
struct BindData {
  ChunkScansImpl& scans;
  std::shared_ptr<const ChunkSet> set;
};

// The execution's: which columns, and who takes which chunk.
struct ScanState {
  BindData& bind;
  std::vector<std::size_t> columns;
  duckdb_arrow_converted_schema types = nullptr;
  std::atomic<std::size_t> next_chunk = 0;
  ~ScanState() { duckdb_destroy_arrow_converted_schema(&types); }
};

// A thread's: the chunk it is in.
struct ThreadState {
  std::unique_ptr<tail::ChunkSlicer> slicer;
  const tail::ChunkView* chunk = nullptr;
  std::uint32_t row = 0;
};

template <class T>
void destroy(void* object) {
  delete static_cast<T*>(object);
}

void bind(duckdb_bind_info info) {
  auto& scans = *static_cast<ChunkScansImpl*>(duckdb_bind_get_extra_info(info));
  duckdb_value id = duckdb_bind_get_parameter(info, 0);
  auto set = scans.find(static_cast<std::uint64_t>(duckdb_get_int64(id)));
  duckdb_destroy_value(&id);
  if (!set) return duckdb_bind_set_error(info, "chunk_scan: no such chunks");
  idx_t rows = 0;
  for (const auto& chunk : set->chunks) rows += chunk->rows();
  for (const table::Field& field : set->schema.fields) {
    duckdb_logical_type type = logical_type(field.type);
    duckdb_bind_add_result_column(info, field.name.c_str(), type);
    duckdb_destroy_logical_type(&type);
  }
  duckdb_bind_set_cardinality(info, rows, true);
  duckdb_bind_set_bind_data(info, new BindData{scans, std::move(set)}, destroy<BindData>);
}

void init(duckdb_init_info info) {
  auto& data = *static_cast<BindData*>(duckdb_init_get_bind_data(info));
  auto state = std::make_unique<ScanState>(data);
  for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
    idx_t column = duckdb_init_get_column_index(info, i);
    // count(*) asks for a column that is none of ours: any will do.
    state->columns.push_back(column < data.set->schema.fields.size() ? column : 0);
  }
  tail::ArrowSchemaTree schema(data.set->schema, state->columns);
  ErrorData error{duckdb_schema_from_arrow(data.scans.connection(), schema.root(), &state->types)};
  if (error.failed()) return duckdb_init_set_error(info, error.message());
  duckdb_init_set_max_threads(info, std::max<idx_t>(1, data.set->chunks.size()));
  duckdb_init_set_init_data(info, state.release(), destroy<ScanState>);
}

void init_thread(duckdb_init_info info) { duckdb_init_set_init_data(info, new ThreadState, destroy<ThreadState>); }

// The next chunk that has rows; false at the end.
bool next_chunk(ScanState& scan, ThreadState& thread) {
  const ChunkSet& set = *scan.bind.set;
  while (true) {
    std::size_t at = scan.next_chunk.fetch_add(1);
    if (at >= set.chunks.size()) return false;
    thread.chunk = set.chunks[at].get();
    thread.row = 0;
    if (thread.chunk->rows() == 0) continue;
    thread.slicer = std::make_unique<tail::ChunkSlicer>(*thread.chunk, set.schema, scan.columns);
    return true;
  }
}

void scan_rows(duckdb_function_info info, duckdb_data_chunk output) {
  auto& scan = *static_cast<ScanState*>(duckdb_function_get_init_data(info));
  auto& thread = *static_cast<ThreadState*>(duckdb_function_get_local_init_data(info));
  if ((!thread.chunk || thread.row == thread.chunk->rows()) && !next_chunk(scan, thread)) {
    return duckdb_data_chunk_set_size(output, 0);
  }
  auto count = static_cast<std::uint32_t>(std::min<idx_t>(duckdb_vector_size(), thread.chunk->rows() - thread.row));
  ArrowArray rows = thread.slicer->slice(thread.row, count);
  thread.row += count;
  duckdb_data_chunk converted = nullptr;
  ErrorData error{duckdb_data_chunk_from_arrow(scan.bind.scans.connection(), &rows, scan.types, &converted)};
  if (error.failed()) return duckdb_function_set_error(info, error.message());
  for (idx_t i = 0; i < scan.columns.size(); ++i)
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(output, i), duckdb_data_chunk_get_vector(converted, i));
  duckdb_data_chunk_set_size(output, count);
  duckdb_destroy_data_chunk(&converted);
}

}  // namespace

Result<std::unique_ptr<ChunkScans>> ChunkScans::attach(duckdb_database database) {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database, &connection) != DuckDBSuccess)
    return fail(Code::kInternal, "DuckDB gives no connection");
  auto scans = std::make_unique<ChunkScansImpl>(connection);
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_logical_type id = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
  duckdb_table_function_set_name(function, "chunk_scan");
  duckdb_table_function_add_parameter(function, id);
  duckdb_table_function_set_extra_info(function, scans.get(), nullptr);
  duckdb_table_function_set_bind(function, bind);
  duckdb_table_function_set_init(function, init);
  duckdb_table_function_set_local_init(function, init_thread);
  duckdb_table_function_set_function(function, scan_rows);
  duckdb_table_function_supports_projection_pushdown(function, true);
  duckdb_state registered = duckdb_register_table_function(connection, function);
  duckdb_destroy_logical_type(&id);
  duckdb_destroy_table_function(&function);
  if (registered != DuckDBSuccess) return fail(Code::kInternal, "DuckDB refuses the function chunk_scan");
  return scans;
}

}  // namespace tarn::worker
