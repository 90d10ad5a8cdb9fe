#include "worker/sql/catalog_macros.h"

#include <fmt/format.h>

#include "sql/types.h"

namespace tarn::worker::sql {
namespace {

constexpr std::string_view kPlain = R"(
CREATE MACRO tarn_pg.substr(s, f) AS substring(s, greatest(f, 1)), (s, f, n) AS substring(s, greatest(f, 1), greatest(f + n - greatest(f, 1), 0));
CREATE MACRO tarn_pg.overlay(s, r, f) AS tarn_pg.substr(s, 1, f - 1) || r || tarn_pg.substr(s, f + length(r)), (s, r, f, n) AS tarn_pg.substr(s, 1, f - 1) || r || tarn_pg.substr(s, f + n);
CREATE MACRO tarn_pg.initcap(s) AS array_to_string(list_transform(regexp_extract_all(lower(s), '[[:alnum:]]+|[^[:alnum:]]+'), lambda w: upper(w[1]) || w[2:]), '');
CREATE MACRO tarn_pg.array_length(a, d) AS CASE WHEN d = 1 AND len(a) > 0 THEN CAST(len(a) AS INTEGER) END;
CREATE MACRO tarn_pg.array_lower(a, d) AS CASE WHEN d = 1 AND len(a) > 0 THEN 1 END;
CREATE MACRO tarn_pg.array_ndims(a) AS CASE WHEN len(a) > 0 THEN 1 END;
CREATE MACRO tarn_pg.array_remove(a, x) AS list_filter(a, lambda e: e IS DISTINCT FROM x);
CREATE MACRO tarn_pg.array_to_string(a, d) AS array_to_string(list_filter(a, lambda e: e IS NOT NULL), d), (a, d, n) AS array_to_string(list_transform(a, lambda e: coalesce(CAST(e AS VARCHAR), n)), d);
CREATE MACRO tarn_pg.json_typeof(j) AS CASE json_type(to_json(j)) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN NULL THEN NULL ELSE 'number' END;
CREATE MACRO tarn_pg.json_path(p) AS '$' || array_to_string(list_transform(string_split(trim(p, '{}'), ','), lambda e: CASE WHEN regexp_full_match(e, '[0-9]+') THEN '[' || e || ']' ELSE '."' || trim(e, '"') || '"' END), '');
CREATE MACRO tarn_pg.regexp_match(s, p) AS CASE WHEN regexp_matches(s, p, 's') THEN CASE WHEN contains(p, '(') THEN [regexp_extract(s, p, 1)] ELSE [regexp_extract(s, p)] END END;
CREATE MACRO tarn_pg.div(a, b) AS trunc(a / tarn_nonzero(b));
CREATE MACRO tarn_pg.divide(a BIGINT, b BIGINT) AS a // tarn_nonzero(b), (a DOUBLE, b DOUBLE) AS a / tarn_nonzero(b);
CREATE MACRO tarn_pg.width_bucket(x, a, b, n) AS CAST(CASE WHEN a < b THEN CASE WHEN x < a THEN 0 WHEN x >= b THEN n + 1 ELSE floor((x - a) * n / (b - a)) + 1 END ELSE CASE WHEN x > a THEN 0 WHEN x <= b THEN n + 1 ELSE floor((a - x) * n / (a - b)) + 1 END END AS INTEGER);
CREATE MACRO tarn_pg.quote_ident(s) AS CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_$]*') THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
CREATE MACRO tarn_pg.quote_literal(s) AS '''' || replace(CAST(s AS VARCHAR), '''', '''''') || '''';
CREATE MACRO tarn_pg.pg_encoding_to_char(e) AS CASE e WHEN 6 THEN 'UTF8' WHEN 0 THEN 'SQL_ASCII' ELSE '' END;
CREATE MACRO tarn_pg.pg_size_pretty(n) AS CASE WHEN abs(n) < 10240 THEN n || ' bytes' WHEN abs(n) < 10485247 THEN ((n + 512) // 1024) || ' kB' WHEN abs(n) < 10736893952 THEN ((n + 524288) // 1048576) || ' MB' WHEN abs(n) < 10994579406848 THEN ((n + 536870912) // 1073741824) || ' GB' ELSE ((n + 549755813888) // 1099511627776) || ' TB' END;
CREATE MACRO tarn_pg.pg_get_userbyid(r) AS CASE WHEN r = 10 THEN 'tarn' ELSE 'unknown (OID=' || r || ')' END;
CREATE MACRO tarn_pg.pg_table_size(r) AS CAST(0 AS BIGINT);
)";

// Aliases are tarn_*: an argument's own name must not be caught by one (DuckDB puts arguments in as they are written).
constexpr std::string_view kOverTables = R"(
CREATE MACRO tarn_pg.pg_table_is_visible(r) AS EXISTS (SELECT 1 FROM tarn_pg.pg_class tarn_c WHERE tarn_c.oid = r AND tarn_c.relnamespace IN (11, 2200));
CREATE MACRO tarn_pg.obj_description(o) AS (SELECT max(tarn_d.description) FROM tarn_pg.pg_description tarn_d WHERE tarn_d.objoid = o AND tarn_d.objsubid = 0), (o, c) AS (SELECT max(tarn_d.description) FROM tarn_pg.pg_description tarn_d WHERE tarn_d.objoid = o AND tarn_d.objsubid = 0);
CREATE MACRO tarn_pg.current_setting(s) AS (SELECT max(tarn_x.setting) FROM tarn_pg.pg_settings tarn_x WHERE tarn_x.name = s);
CREATE MACRO tarn_pg.col_description(o, n) AS (SELECT max(tarn_d.description) FROM tarn_pg.pg_description tarn_d WHERE tarn_d.objoid = o AND tarn_d.objsubid = n);
CREATE MACRO tarn_pg.to_regclass(s) AS (SELECT arg_min(tarn_c.oid, CASE tarn_c.relnamespace WHEN 11 THEN 0 WHEN 2200 THEN 1 ELSE 2 END) FROM tarn_pg.pg_class tarn_c JOIN tarn_pg.pg_namespace tarn_n ON tarn_n.oid = tarn_c.relnamespace WHERE CASE WHEN contains(s, '.') THEN tarn_n.nspname || '.' || tarn_c.relname = replace(s, '"', '') ELSE tarn_c.relname = replace(s, '"', '') AND tarn_n.nspname IN ('pg_catalog', 'public') END);
CREATE MACRO tarn_pg.regclass(s) AS coalesce(tarn_pg.to_regclass(s), CAST(error('tarn!42P01:relation "' || s || '" does not exist') AS UINTEGER));
CREATE MACRO tarn_pg.regclass_name(o) AS coalesce((SELECT max(CASE WHEN tarn_n.oid IN (11, 2200) THEN tarn_c.relname ELSE tarn_n.nspname || '.' || tarn_c.relname END) FROM tarn_pg.pg_class tarn_c JOIN tarn_pg.pg_namespace tarn_n ON tarn_n.oid = tarn_c.relnamespace WHERE tarn_c.oid = o), CASE WHEN o = 0 THEN '-' ELSE CAST(o AS VARCHAR) END);
CREATE MACRO tarn_pg.to_regnamespace(s) AS (SELECT max(tarn_n.oid) FROM tarn_pg.pg_namespace tarn_n WHERE tarn_n.nspname = replace(s, '"', ''));
CREATE MACRO tarn_pg.pg_get_viewdef(o) AS (SELECT max(tarn_r.ev_action) FROM tarn_pg.pg_rewrite tarn_r WHERE tarn_r.ev_class = o), (o, p) AS (SELECT max(tarn_r.ev_action) FROM tarn_pg.pg_rewrite tarn_r WHERE tarn_r.ev_class = o);
CREATE MACRO tarn_pg.to_regrole(s) AS CAST(10 AS UINTEGER);
CREATE MACRO tarn_pg.to_regproc(s) AS CAST(0 AS UINTEGER);
CREATE MACRO tarn_pg.to_regtype(s) AS (SELECT max(tarn_t.oid) FROM tarn_pg.pg_type tarn_t WHERE tarn_t.typname = replace(s, 'pg_catalog.', '') OR tarn_pg.format_type(tarn_t.oid, NULL) = s);
)";

// format_type: names of scalar and array types, with the modifiers of numeric, varchar and char.
std::string format_type_macro() {
  std::string cases;
  for (const tarn::sql::TypeFacts& type : tarn::sql::all_types()) {
    std::string name(type.sql_name), with_modifier = fmt::format("'{}'", name);
    if (type.oid == tarn::sql::oid::kNumeric) {
      with_modifier =
          "CASE WHEN m >= 4 THEN 'numeric(' || (((m - 4) >> 16) & 65535) || ',' || ((m - 4) & 65535) || ')' ELSE "
          "'numeric' END";
    } else if (type.oid == tarn::sql::oid::kVarchar || type.oid == tarn::sql::oid::kBpchar) {
      with_modifier = fmt::format("CASE WHEN m >= 4 THEN '{0}(' || (m - 4) || ')' ELSE '{0}' END", name);
    }
    cases += fmt::format(" WHEN {} THEN {}", type.oid, with_modifier);
    if (type.array != 0) cases += fmt::format(" WHEN {} THEN '{}[]'", type.array, name);
  }
  return fmt::format(
      "CREATE MACRO tarn_pg.format_type(t, m) AS CASE t{} WHEN 0 THEN '-' WHEN NULL THEN NULL ELSE '{}' END;\n", cases,
      std::string(3, '?'));
}

}  // namespace

std::string plain_macros() { return "CREATE SCHEMA tarn_pg;" + std::string(kPlain) + format_type_macro(); }
std::string catalog_macros() { return std::string(kOverTables); }

}  // namespace tarn::worker::sql
