"""`tarn build` of the taxi project (examples/taxi, 10 models and 22 tests over 200,000 rides) beside dbt-core with
dbt-duckdb on the same models and data.

Tarn lands, builds on a branch, tests and publishes in one catalog commit with every file synced; dbt-duckdb writes one
DuckDB file, and most of its time is Python's: `SQL` is the time that dbt itself gives for its models and tests."""
import json
import resource
import subprocess
import sys
import time

from figures import ROOT, note, spread, table
from processes import cpu_seconds
from real_dbt import Dbt
from running_tarn import TARN, Platform

RIDES, ROUNDS = 200_000, 11
TAXI = ROOT / "examples/taxi"


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def tarn_build(tarn, project, *options):
    """(wall seconds, CPU seconds of the command and of the platform)."""
    before, started = cpu_seconds(tarn.process.pid) + children_cpu(), time.monotonic()
    subprocess.run([TARN, "build", project, "--data", tarn.data, *options], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started, cpu_seconds(tarn.process.pid) + children_cpu() - before


def dbt_build(dbt):
    before = children_cpu()
    code, seconds, output = dbt.run("build")
    assert code == 0, output
    return seconds, children_cpu() - before, json.loads((dbt.folder / "target/run_results.json").read_text())["elapsed_time"]


def taxi(rounds, count):
    with Platform(TAXI) as tarn:
        subprocess.run([ROOT / "build/release/examples/taxi/rides", tarn.kafka, "--count", str(count)], check=True, stdout=subprocess.DEVNULL)
        tarn.land()
        dbt = Dbt(TAXI)
        for topic in ("rides", "zones"):
            dbt.load(topic, tarn.iceberg().load_table(f"public.{topic}").scan().to_arrow().drop_columns(["_kafka"]))
        found = []
        for number in range(rounds + 1):  # the first is warming up
            pair = tarn_build(tarn, TAXI), dbt_build(dbt)
            note(f"build, round {number} of {rounds}: {pair}")
            if number:
                found.append(pair)
    ours, theirs = zip(*found)
    table(("what", "wall s", "CPU s", "of that, SQL: wall s"),
          [("tarn build", spread([each[0] for each in ours]), spread([each[1] for each in ours]), ""),
           ("dbt build", spread([each[0] for each in theirs]), spread([each[1] for each in theirs]), spread([each[2] for each in theirs]))])
    print(f"{rounds} pairs by turns, {count:,} rides, every run a full one; dbt with 2 threads; median (least to most).\n")


def main(quick=False):
    taxi(2 if quick else ROUNDS, 50_000 if quick else RIDES)


if __name__ == "__main__":
    main("--quick" in sys.argv)
