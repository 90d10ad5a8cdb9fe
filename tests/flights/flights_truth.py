"""What the five flights tables hold, read from the package's CSVs, and a hash of rows that does not depend on their order.

Readers give rows as Python values or as text; both come down to one text form per type, so that two readers agree only
if every value of every column of every row does, nulls included.
"""
import csv
import datetime
import hashlib
import importlib.machinery
import importlib.util
import os
import subprocess
from collections import namedtuple
from pathlib import Path

ROOT = Path(os.environ.get("TARN_ROOT", Path(__file__).resolve().parents[2]))
PROJECT = ROOT / "examples/flights"
TABLES = ("airlines", "airports", "flights", "planes", "weather")
NULL = "\\N"

loader = importlib.machinery.SourceFileLoader("publish", str(PROJECT / "publish"))
publisher = importlib.util.module_from_spec(importlib.util.spec_from_loader("publish", loader))
loader.exec_module(publisher)

Digest = namedtuple("Digest", "rows sum")


def columns(table):
    """{column: type} as topics/*.yaml declares it, in order."""
    return publisher.column_types(table)


def instant(value):
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    return value.astimezone(datetime.timezone.utc).isoformat()


FORMS = {"int": lambda value: str(int(value)), "double": lambda value: repr(float(value)), "string": str, "timestamptz": instant}


def digest(table, rows):
    """Rows: iterables of values (or their text) in the order of columns(table); None is null."""
    forms = [FORMS[kind] for kind in columns(table).values()]
    known = [{} for _ in forms]  # values repeat, conversions cost
    count = total = 0
    for row in rows:
        cells = []
        for value, form, memory in zip(row, forms, known, strict=True):
            if value is None:
                cells.append(NULL)
                continue
            text = memory.get(value)
            if text is None:
                text = memory[value] = form(value)
            cells.append(text)
        total += int.from_bytes(hashlib.md5("\x1f".join(cells).encode()).digest(), "big")
        count += 1
    return Digest(count, f"{total % 2**128:032x}")


def source_rows(table):
    with open(publisher.source_folder() / f"{table}.csv", newline="") as file:
        rows = csv.reader(file)
        assert next(rows) == list(columns(table))
        for row in rows:
            yield [None if text == "NA" else text for text in row]


def arrow_rows(table, arrow):
    return zip(*(arrow.column(name).to_pylist() for name in columns(table)))


def psql_rows(tarn, table, relation=None):
    text = tarn.psql(f"select {', '.join(columns(table))} from {relation or table}", "--csv", "-t", "-P", f"null={NULL}")
    for row in csv.reader(text.splitlines()):
        yield [None if cell == NULL else cell for cell in row]


def pyiceberg_rows(tarn, table, relation=None):
    return arrow_rows(table, tarn.iceberg().load_table(f"public.{relation or table}").scan().to_arrow())


def duckdb_rows(tarn, table, relation=None):
    names = ", ".join(columns(table))
    return arrow_rows(table, tarn.duckdb().execute(f"select {names} from t.public.{relation or table}").fetch_arrow_table())


def unlanded_project(folder, extra=()):
    """A copy of the flights project in `folder` that lands only when told to. `extra`: (topic, table) pairs, more topics
    with a table's columns."""
    topics = Path(folder) / "topics"
    topics.mkdir(parents=True)
    hour, gigabyte = 3_600_000, 1 << 30
    config = f"config: {{tarn.land.ms: {hour}, tarn.land.bytes: {gigabyte}}}\n"
    for topic, table in [*((name, name) for name in TABLES), *extra]:
        (topics / f"{topic}.yaml").write_text(config + (PROJECT / "topics" / f"{table}.yaml").read_text())
    return folder


def produce(tarn, topic, lines):
    """Sends JSON lines to `topic` through kcat and waits for every ack."""
    subprocess.run(["kcat", "-P", "-q", "-b", tarn.kafka, "-t", topic, "-z", "lz4", "-X", "enable.idempotence=true"],
                   input="".join(lines).encode(), check=True)
