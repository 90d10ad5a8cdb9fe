"""Producing 1 KiB records with acks=all through librdkafka: Tarn and Apache Kafka 4.3.1 by turns, each with an fsync before
every ack and without. Tarn's topics don't land here. CPU is the server's."""
import subprocess
import sys

from figures import load_generator, make_topic, note, spread, table
from processes import cpu_seconds
from real_kafka import RealKafka
from running_tarn import Platform

RECORDS, BYTES, PARTITIONS, ROUNDS = 300_000, 1024, 6, 10


def run(generator, server, topic, records):
    """{what: figure} of one run."""
    before = cpu_seconds(server.process.pid)
    out = subprocess.run([generator, server.kafka, topic, str(records), str(BYTES)], capture_output=True, text=True, check=True).stdout.split()
    found = dict(zip(out[::2], map(float, out[1::2])))
    megabytes = records * BYTES / 1e6
    return {"MB/s": megabytes / found["seconds"], "p50 ms": found["p50_ms"], "p99 ms": found["p99_ms"],
            "MB per CPU second": megabytes / max(0.01, cpu_seconds(server.process.pid) - before)}


def main(quick=False):
    rounds, records = (2, 50_000) if quick else (ROUNDS, RECORDS)
    generator = load_generator()
    with Platform() as tarn, RealKafka() as kafka:
        make_topic(tarn.kafka, "always", PARTITIONS, tarn_land="off", tarn_fsync="always")
        make_topic(tarn.kafka, "never", PARTITIONS, tarn_land="off", tarn_fsync="never")
        make_topic(kafka.kafka, "always", PARTITIONS, flush_messages=1)
        make_topic(kafka.kafka, "never", PARTITIONS)
        servers = {("fsync before ack", "Tarn", "tarn.fsync=always"): (tarn, "always"), ("fsync before ack", "Kafka 4.3.1", "flush.messages=1"): (kafka, "always"),
                   ("no fsync", "Tarn", "tarn.fsync=never"): (tarn, "never"), ("no fsync", "Kafka 4.3.1", "default"): (kafka, "never")}
        runs = {name: [] for name in servers}
        for number in range(-1, rounds):  # the first is warming up
            for name, (server, topic) in servers.items():
                found = run(generator, server, topic, records)
                if number >= 0:
                    runs[name].append(found)
                note(f"produce, round {number + 1} of {rounds}, {' '.join(name)}: {found['MB/s']:.0f} MB/s")
    figures = ("MB/s", "p50 ms", "p99 ms", "MB per CPU second")
    table(("durability", "server", "setting", *figures), [(*name, *(spread([each[figure] for each in found], "{:.1f}") for figure in figures)) for name, found in runs.items()])
    print(f"{rounds} rounds of {records:,} records of {BYTES} bytes over {PARTITIONS} partitions, one producer, linger.ms=5, batch.size=1000000, no compression; "
          "latency is from produce() to the delivery report with the producer's queue full, so it tells the queue's length. Median (least to most); MB = 10^6 bytes.")


if __name__ == "__main__":
    main("--quick" in sys.argv)
