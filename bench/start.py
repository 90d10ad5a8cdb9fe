"""Starting: from exec to the first answered `select 1`, on an existing data folder, and after kill -9 with 1 GiB of log."""
import subprocess
import sys
import time

import confluent_kafka
import psycopg

from figures import load_generator, note, spread, table
from processes import eventually
from running_tarn import Platform

ROUNDS, GIB, EACH = 10, 1 << 30, 64 << 20
RECORD = 1024


def first_answer(tarn):
    """(ready line, first answer): milliseconds from exec."""
    started = time.monotonic()
    tarn.start()
    ready = time.monotonic()
    with psycopg.connect(tarn.pg, autocommit=True) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    return (ready - started) * 1000, (time.monotonic() - started) * 1000


def existing(rounds):
    tarn = Platform()
    producer = confluent_kafka.Producer({"bootstrap.servers": tarn.kafka})
    for number in range(20):
        for each in range(1000):
            producer.produce(f"topic-{number}", b'{"number": %d}' % each)
    assert producer.flush(60) == 0
    eventually(lambda: tarn.psql("select count(*) from topic_19") == "1000", 60, "the rows")
    tarn.land()
    found = []
    for _ in range(rounds):
        tarn.stop()
        found.append(first_answer(tarn))
    tarn.stop()
    return found


def killed(rounds, size):
    """Each kill comes right after 64 MiB more, so that what is replayed differs."""
    generator, tarn = load_generator(), Platform()
    send = lambda count: subprocess.run([generator, tarn.kafka, "load", str(count // RECORD), str(RECORD)], check=True, stdout=subprocess.DEVNULL)
    send(size)
    found = []
    for number in range(rounds):
        send(EACH)
        tarn.kill()
        found.append(first_answer(tarn))
        note(f"start after kill -9, round {number + 1} of {rounds}: {found[-1][1]:.0f} ms")
    tarn.stop()
    return found


def main(quick=False):
    rounds = 2 if quick else ROUNDS
    found = {"existing folder, 20 tables, clean stop": existing(rounds), "kill -9 with 1 GiB of log, under load": killed(rounds, GIB // (8 if quick else 1))}
    table(("start", "ready ms", "first `select 1` ms"), [(name, spread([ready for ready, _ in each], "{:.0f}"), spread([answer for _, answer in each], "{:.0f}")) for name, each in found.items()])
    print(f"{rounds} starts each, median (least to most), the page cache warm.")


if __name__ == "__main__":
    main("--quick" in sys.argv)
