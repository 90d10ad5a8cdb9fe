"""Memory when nothing is going on: proportional set size (PSS) of main and its workers, warm after landing and SQL."""
import sys
import time

import confluent_kafka

from figures import spread, table
from processes import cpu_seconds, eventually, pss_bytes, status, tree
from running_tarn import Platform

SAMPLES, QUIET_SECONDS = 10, 10


def settle(pid):
    """Waits until the tree used no CPU to speak of for QUIET_SECONDS."""
    def quiet():
        before = cpu_seconds(pid)
        time.sleep(QUIET_SECONDS)
        return cpu_seconds(pid) - before < 0.05 * QUIET_SECONDS
    eventually(quiet, 120, "no CPU in use")


def work(tarn, records):
    producer = confluent_kafka.Producer({"bootstrap.servers": tarn.kafka})
    for number in range(records):
        producer.produce("rides", b'{"number": %d, "city": "Oslo", "fare": 12.5}' % number)
        producer.poll(0)
    assert producer.flush(60) == 0
    eventually(lambda: tarn.psql("select count(*) from rides") == str(records), 60, "the rows")
    tarn.land()
    tarn.psql("select city, avg(fare) from rides group by city")


def main(quick=False):
    rows = []
    for what, records in (("just started", 0), ("warm: 300,000 records landed and queried", 300_000)):
        with Platform() as tarn:
            pid = tarn.process.pid
            if records:
                work(tarn, records)
            else:
                tarn.psql("select 1")
            settle(pid)
            samples = [pss_bytes(pid) / 1e6 for _ in range(2 if quick else SAMPLES)]
            processes = ", ".join(f"{pss_bytes_alone(each) / 1e6:.0f}" for each in tree(pid))
            rows.append((what, len(tree(pid)), spread(samples, "{:.1f}"), processes))
    table(("state", "processes", "PSS MB, all", "each"), rows)
    print("`Pss` of /proc/PID/smaps_rollup, MB = 10^6 bytes, once no CPU was in use for ten seconds; the first of `each` is main.")


def pss_bytes_alone(pid):
    below = [each for each in tree(pid) if each != pid]
    return pss_bytes(pid) - sum(pss_bytes_alone(each) for each in below if parent(each) == pid)


def parent(pid):
    return int(status(pid).get("PPid", 0))


if __name__ == "__main__":
    main("--quick" in sys.argv)
