"""What the fuzzers begin with: a few sound inputs of each format, written into a folder.

    write(fuzzer, folder)   seeds of build/fuzz's program `fuzzer`; none where it makes its own (metadata) or where
                            the format is the program's own (recovery, chunk)
"""
import gzip
import json
import struct

from kafka_bytes import batch, produce_request, record

RECORDS = [record(b'{"a": 1, "b": "text"}', b"key"), record(b'{"a": null}', delta=1)]
JSON_VALUES = [
    {"a": 1, "b": 2, "c": 1.5, "d": -2.5e3, "e": "12.50", "f": True, "g": "2024-02-29", "h": "05:15:00.123", "i": "2013-01-31T05:15:00"},
    {"j": "2013-01-31T05:15:00Z", "k": "8f2b7c1e-1d2a-4b6e-9c3f-0a1b2c3d4e5f", "l": "AP8=", "m": "é\u0001\"", "n": [1, None, -3]},
    {"o": {"a": 1, "b": [{"c": "x"}, {"c": None}]}}, {"new": {"deep": [[1.5], []]}, "NaN": "NaN"}, {},
]
TYPES = ["int", "decimal(38,10)", "struct<a: int, b: optional list<map<string, double>>>", "fixed[16]", "timestamptz", "list<list<uuid>>"]
SQL = ["create or replace view w (x) as with a as (select * from v) select a.e from a, v -- end", "create table if not exists n (p, q) as select a / 3.0, avg(c) from t group by 1",
       "insert into t (a, b) values ($1, 'x'), (2, null)", "drop view if exists v, public.w cascade", "select * from self", "select to_char(c, 'FM9,990.00'), trunc(c, 1), to_date(b, 'YYYY-MM-DD') from v, t",
       "select a, count(*), avg(c) from t group by 1 having count(*) > 1 order by 2 desc limit 3 offset 1",
    "with x as (select * from t) select x.a::text || b, c / 2.0, d at time zone 'UTC' from x left join u using (a) where b like 'a%' and c between 1 and 2",
    "explain select case when a is null then 'n' else b end, array[1, 2][1], '{\"k\": [1]}'::jsonb -> 'k' ->> 0 from t",
    "select row_number() over (partition by b order by d desc), sum(a) filter (where c > 0) from t union all select 1, $1",
    "begin; declare x cursor with hold for select 1; fetch 2 from x; commit; set timezone to 'UTC'; show all",
]
VIEW = {
    "view-uuid": "8f2b7c1e-1d2a-4b6e-9c3f-0a1b2c3d4e5f", "format-version": 1, "location": "file:///v", "current-version-id": 1,
    "versions": [{"version-id": 1, "timestamp-ms": 5, "schema-id": 0, "summary": {}, "default-namespace": ["public"],
                  "representations": [{"type": "sql", "sql": "select 1", "dialect": "tarn"}]}],
    "version-log": [], "properties": {"a": "b"},
    "schemas": [{"type": "struct", "schema-id": 0, "fields": [{"id": 1, "name": "a", "required": False, "type": "long"}]}],
}
JINJA = [
    "select {{ a | default('x') }} from {{ ref('t') }} {% if n > 1 and s is defined -%} where x in ({{ items | join(', ') }}) {%- elif not d %}{% else %}{% endif %}",
    "{% set ns = namespace(n=0) %}{% for k, v in d.items() if k != 'z' %}{% set ns.n = ns.n + loop.index %}{{ k ~ v }}{{ ',' if not loop.last }}{% else %}none{% endfor %}{{ ns.n }}",
    "{%- set l = [] -%}{% for i in range(5) %}{% do l.append(i ** 2) %}{% if i == 3 %}{% break %}{% endif %}{% endfor %}{{ l[::-1] }}{{ l | sort(reverse=true) | map('string') | list }}",
    "{# note -#} {% raw %}{{ x }}{% endraw %}{% set x | upper %}a{{ s[1:3] }}{% endset %}{{ '%05.2f %s' % (1.5, x) }}{{ '{:>8}|{!r}'.format(n, s) }}{% with a = 1, b = 2 %}{{ a / b }}{% endwith %}",
    "{{ items | select('odd') | list }}{{ d | dictsort }}{{ [{'a': 1}] | groupby('a') }}{{ items | unique | list | sum }}{{ s.split('_')[0].upper() }}{{ 7 // 2 * -3 % 2 }}{{ 1 < n <= 9 or none }}",
    "{% filter indent(2) %}a\nb{% endfilter %}{{ items | batch(2, 0) | list }}{{ s | truncate(3, true, '', 0) | title }}{{ 2.675 | round(2) }}{{ ref(*items, **d) }}{{ (1, 'a', 1e16, none, true) }}",
]
TARGETS = ["/iceberg/v1/namespaces/public/tables/a%2Fb?snapshots=all&x=%C3%A9", "/api/v1/topics/rides", "127.0.0.1:8276", "http://localhost:3000", "[::1]:80"]


def message(kind, *parts):
    return kind + b"".join(parts)


def text(value):
    return value.encode() + b"\0"


STARTUP = struct.pack(">i", 196608) + text("user") + text("a") + text("database") + text("tarn") + b"\0"
POSTGRES = [
    struct.pack(">i", len(STARTUP) + 4) + STARTUP,
    message(b"Q", text("select 1")),
    message(b"P", text("s"), text("select $1"), struct.pack(">hi", 1, 23)),
    message(b"B", text(""), text("s"), struct.pack(">hhhi", 1, 1, 1, 4), b"\0\0\0\x07", struct.pack(">hh", 1, 1)),
    message(b"D", b"S", text("s")), message(b"E", text(""), struct.pack(">i", 10)), message(b"C", b"P", text("")), b"S", b"X",
]
PARAMETERS = [b"t", b"\\x00ff", b"-123", b"1.5e-3", b"2024-02-29", b"05:15:00.5", b"2024-02-29 12:30:00.5+05:30", b"0044-03-15 BC", b"123.4500",
              b"8f2b7c1e-1d2a-4b6e-9c3f-0a1b2c3d4e5f", b'{"a": [1]}', struct.pack(">hhHhhh", 2, 0, 0, 4, 12, 3400), struct.pack(">q", 1 << 40)]

PROJECT_FILES = [
    b"name: shop\nvars: {a: 1}\nmodels:\n  +materialized: view\n  shop:\n    staging: {+schema: raw, +tags: [a, b]}\ndata_tests: {+severity: warn}\n",
    b"models:\n  - name: m\n    config: {materialized: table}\n    columns:\n      - name: id\n        data_tests:\n          - unique\n"
    b"          - accepted_values: {arguments: {values: [a, b]}, config: {where: x > 1}}\n"
    b"sources:\n  - name: raw\n    tables: [{name: t, identifier: u}]\n",
    b"a: &a [1, 'x']\nb: {<<: {c: *a}}\n",
]
MODEL = {"name": "m", "kind": "model", "materialized": "table", "schema": "public", "relation": "m", "sql": "select 1", "file": "m.sql", "line": 1, "depends_on": []}
TEST = {"name": "t", "kind": "test", "severity": "warn", "warn_if": "> 1", "error_if": "!= 0", "limit": 5, "sql": "select 1", "file": "t.sql", "line": 1,
        "depends_on": ["m"]}
SOURCE = {"source": "stream", "table": "r", "topic": "r", "schema": "public", "relation": "r", "by": "m", "file": "m.sql", "line": 1}
EXISTING = {"name": "o", "schema": "public", "relation": "o", "by": "m", "file": "m.sql", "line": 1}
PLAN = json.dumps({"project": "shop", "nodes": [MODEL, TEST], "sources": [SOURCE], "existing": [EXISTING]}).encode()


def seeds(fuzzer):
    batches = [batch(RECORDS), batch(RECORDS, "gzip", compress=gzip.compress)]
    return {
        "doors_http_route_fuzz": [each.encode() for each in TARGETS],
        "flow_model_plan_fuzz": [PLAN],
        "flow_model_project_fuzz": PROJECT_FILES,
        "shell_statements_fuzz": [each.encode() for each in [*SQL, "select 1; select E'\\';' /* ; /* */ */; -- x\nselect $a$;$a$ \\gx\n\\d rides\n"]],
        "jinja_template_fuzz": [each.encode() for each in JINJA],
        "sql_parse_fuzz": [each.encode() for each in SQL],
        "table_type_fuzz": [each.encode() for each in TYPES],
        "worker_json_decoder_fuzz": [json.dumps(each).encode() for each in JSON_VALUES],
        "wire_kafka_record_batch_fuzz": batches,
        "worker_record_source_fuzz": [*batches, b"".join(batches)],
        "wire_kafka_compression_fuzz": [bytes([codec]) + data for codec, data in ((0, b"plain"), (1, gzip.compress(b"text " * 50)))],
        "wire_kafka_request_fuzz": [produce_request("rides", batches[0])[4:], *(bytes([number, version]) + bytes(40) for number in range(30) for version in (0, 3))],
        "wire_postgres_message_fuzz": POSTGRES,
        "wire_postgres_parameter_fuzz": [bytes([number]) + value for number in range(17) for value in PARAMETERS],
        # A block of each of the schema's fields, and its values at their smallest.
        "wire_avro_container_fuzz": [b"\x02\x0e\x06abc\x04\x02\x04\x00\x02\x02k" + struct.pack("<d", 1.5) + b"\x00\x01\x02\x00\x00", bytes(12)],
        "table_view_metadata_fuzz": [json.dumps(VIEW).encode()],
        "table_manifest_fuzz": [bytes(64), b"\x02" * 64],
    }.get(fuzzer, [])


def write(fuzzer, folder):
    for number, seed in enumerate(seeds(fuzzer)):
        (folder / f"seed-{number:03}").write_bytes(seed)
