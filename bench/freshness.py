"""Freshness: from a record's delivery report to a select that returns it, while 10,000 records/s arrive in the same table
and files are written."""
import random
import subprocess
import sys
import time
from pathlib import Path

import confluent_kafka
import psycopg

import taxi
from figures import load_generator, note, percentile, table
from processes import eventually
from running_tarn import Platform, scratch_folder

RATE, SECONDS, LAND_MS = 10_000, 60, 5_000
SEEN_SECONDS_MAX = 10


def probe(producer, connection, number):
    """Seconds from the delivery report to the answer that holds the record, and how many selects that took."""
    delivered = []
    ride = taxi.ride(number, random.Random(number)).replace("trip-", "probe-", 1)
    name = ride.split('"')[3]
    producer.produce("rides", ride, on_delivery=lambda error, _: delivered.append((error, time.monotonic())))
    producer.flush(10)
    error, at = delivered[0]
    assert error is None, error
    for asked in range(1, 10_000):
        found = connection.execute("select total_amount from rides where trip_id = %s", (name,)).fetchall()
        if found:
            return time.monotonic() - at, asked
        assert time.monotonic() - at < SEEN_SECONDS_MAX, f"{name} is not there after {SEEN_SECONDS_MAX} s"


def files(tarn):
    return sum(1 for _ in tarn.iceberg().load_table("public.rides").scan().plan_files())


def main(quick=False):
    seconds = 10 if quick else SECONDS
    folder = scratch_folder()
    (folder / "topics").mkdir()
    (folder / "topics/rides.yaml").write_text(f"config: {{tarn.land.ms: {LAND_MS}}}\n" + taxi.YAML)
    lines = folder / "rides.json"
    taxi.write(lines, 100_000)
    generator = load_generator()
    with Platform(folder) as tarn, psycopg.connect(tarn.pg, autocommit=True) as connection:
        records = RATE * (seconds + 2)
        load = subprocess.Popen([generator, tarn.kafka, "rides", str(records), "0", str(RATE), lines], stdout=subprocess.PIPE, text=True)
        eventually(lambda: connection.execute("select count(*) from rides").fetchone()[0] > RATE, 30, "the first second of records")
        producer = confluent_kafka.Producer({"bootstrap.servers": tarn.kafka, "acks": "all", "linger.ms": 0})
        probe(producer, connection, 0)
        before, found, deadline = files(tarn), [], time.monotonic() + seconds
        while time.monotonic() < deadline:
            found.append(probe(producer, connection, len(found) + 1))
        written = files(tarn) - before
        note(load.communicate()[0].strip())
        rows = connection.execute("select count(*) from rides").fetchone()[0]
        assert rows == records + len(found) + 1, f"{rows} rows of {records + len(found) + 1} records"
    millis = [seconds_ * 1000 for seconds_, _ in found]
    table(("probes", "p50 ms", "p99 ms", "most ms", "selects each, mean", "files written meanwhile"),
          [(len(found), f"{percentile(millis, 0.5):.1f}", f"{percentile(millis, 0.99):.1f}", f"{max(millis):.1f}", f"{sum(n for _, n in found) / len(found):.2f}", written)])
    print(f"{seconds} s at {RATE:,} records/s of 18 fields, tarn.land.ms={LAND_MS}; one probe after another through psycopg, `select … where trip_id = …` over the whole table.")


if __name__ == "__main__":
    main("--quick" in sys.argv)
