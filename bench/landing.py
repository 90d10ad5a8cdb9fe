"""Landing: rows per CPU second of Tarn's whole process tree, from a topic to committed Iceberg files, beside DuckDB's own
read_json to Parquet with one thread on the same lines.

A topic with tarn.land=off is filled, then landing is turned on and waited for (`tarn land`): what is measured is fetching,
decompressing, decoding, Parquet, fsync and the commit."""
import json
import subprocess
import sys
import time
from pathlib import Path

import taxi
from figures import note, set_config, spread, table
from processes import cpu_seconds
from running_tarn import Platform, scratch_folder

ROWS, ROUNDS = 1_000_000, 10

DUCKDB = """
import duckdb, json, os, sys
connection = duckdb.connect()
connection.execute("set threads = 1")
connection.execute("set enable_progress_bar = false")
before = os.times()
connection.execute(f"copy (select * from read_json('{sys.argv[1]}', format = 'newline_delimited', columns = {json.loads(sys.argv[3])})) to '{sys.argv[2]}' (format parquet, compression zstd)")
after = os.times()
print(after.user + after.system - before.user - before.system, after.elapsed - before.elapsed)
"""


def land(tarn, lines, topic):
    """(CPU seconds, wall seconds) of landing a filled topic."""
    subprocess.run(["kcat", "-P", "-b", tarn.kafka, "-t", topic, "-z", "lz4", "-X", "linger.ms=50", "-X", "batch.size=1000000", "-l", lines], check=True)
    before, started = cpu_seconds(tarn.process.pid), time.monotonic()
    set_config(tarn.kafka, topic, "tarn.land", "auto")
    tarn.tarn("land", topic, "--timeout", "300", seconds_max=310)
    return cpu_seconds(tarn.process.pid) - before, time.monotonic() - started


def duckdb(lines, folder):
    columns = json.dumps({name: taxi.DUCKDB[kind] for name, kind in taxi.COLUMNS.items()})
    out = subprocess.check_output([sys.executable, "-c", DUCKDB, lines, Path(folder) / "rides.parquet", json.dumps(columns)], text=True)
    return tuple(map(float, out.split()))


def project(rounds):
    folder = scratch_folder()
    (folder / "topics").mkdir()
    for number in range(rounds + 1):
        (folder / f"topics/rides-{number}.yaml").write_text("config: {tarn.land: off}\n" + taxi.YAML)
    return folder


def main(quick=False):
    rounds, count = (2, 200_000) if quick else (ROUNDS, ROWS)
    folder = scratch_folder()
    lines = Path(folder) / "rides.json"
    size = taxi.write(lines, count)
    found = {"Tarn": [], "DuckDB": []}
    with Platform(project(rounds)) as tarn:
        for number in range(rounds + 1):  # the first is warming up
            pair = {"Tarn": land(tarn, lines, f"rides-{number}"), "DuckDB": duckdb(lines, folder)}
            rows = int(tarn.psql(f"select count(*) from rides_{number}"))
            assert rows == count, f"{rows} rows landed of {count}"
            note(f"landing, round {number} of {rounds}: {pair['Tarn'][0]:.2f} and {pair['DuckDB'][0]:.2f} CPU seconds")
            if number:
                for name, each in pair.items():
                    found[name].append(each)
    cpu = {name: [count / seconds for seconds, _ in each] for name, each in found.items()}
    wall = {name: [count / seconds for _, seconds in each] for name, each in found.items()}
    ratio = [ours / theirs for ours, theirs in zip(cpu["Tarn"], cpu["DuckDB"])]
    table(("what", "rows per CPU second", "rows/s"), [(name, spread(cpu[name], "{:,.0f}"), spread(wall[name], "{:,.0f}")) for name in found])
    print(f"By pairs, Tarn's rows per CPU second are {spread(ratio)} of DuckDB's. {rounds} pairs of {count:,} rows, {size / count:.0f} bytes of JSON each, lz4 in the topic, "
          "declared columns on both sides; median (least to most).")


if __name__ == "__main__":
    main("--quick" in sys.argv)
