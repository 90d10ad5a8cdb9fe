// What writes: rows of a select as a table, views.
#include "engine/session_state.h"

namespace tarn::engine {

SqlResult<Materialized> Session::materialize(const Materialize&) {
  return fail_sql("0A000", "writing tables is not supported");
}

}  // namespace tarn::engine
