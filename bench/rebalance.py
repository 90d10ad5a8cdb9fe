"""Rebalances of consumer groups beside Apache Kafka: a first member alone, a second that joins, and one that leaves. Both wait
3 s for more members before a first generation (Kafka's default). Members send heartbeats every 100 ms."""
import sys
import threading
import time

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, NewTopic

from figures import note, spread, table
from real_kafka import RealKafka
from running_tarn import Platform

ROUNDS, PARTITIONS, SECONDS_MAX = 11, 4, 60


class Member:
    """A consumer that polls on a thread of its own and knows when it got which number of partitions."""

    def __init__(self, address, topic, group):
        self.assigned = []  # (when, how many)
        self.consumer = Consumer({"bootstrap.servers": address, "group.id": group, "heartbeat.interval.ms": 100, "session.timeout.ms": 6000})
        self.started = time.monotonic()
        self.consumer.subscribe([topic], on_assign=lambda _, partitions: self.assigned.append((time.monotonic(), len(partitions))))
        self.stopping = False
        self.thread = threading.Thread(target=self._poll, daemon=True)
        self.thread.start()

    def _poll(self):
        while not self.stopping:
            self.consumer.poll(0.02)
        self.consumer.close()

    def when(self, partitions, since):
        """The moment after `since` at which it had so many."""
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            for at, count in list(self.assigned):
                if at >= since and count == partitions:
                    return at
            time.sleep(0.005)
        raise TimeoutError(f"{partitions} partitions not within {SECONDS_MAX} s: {self.assigned}")

    def leave(self):
        self.stopping = True


def one_round(address, topic, group):
    first = Member(address, topic, group)
    alone = first.when(PARTITIONS, first.started) - first.started
    second = Member(address, topic, group)
    joined = max(each.when(PARTITIONS // 2, second.started) for each in (first, second)) - second.started
    left_at = time.monotonic()
    second.leave()
    left = first.when(PARTITIONS, left_at) - left_at
    first.leave()
    for each in (first, second):
        each.thread.join()
    return alone, joined, left


def main(quick=False):
    with Platform() as tarn, RealKafka(settings={"group.initial.rebalance.delay.ms": 3000}) as kafka:
        brokers = {"Tarn": tarn.kafka, "Kafka 4.3.1": kafka.kafka}
        for address in brokers.values():
            client = AdminClient({"bootstrap.servers": address})
            client.create_topics([NewTopic("rides", PARTITIONS, 1)])["rides"].result(30)
        found = {name: [] for name in brokers}
        for number in range(3 if quick else ROUNDS):
            for name, address in brokers.items():
                found[name].append(one_round(address, "rides", f"group-{number}"))
            note(f"round {number + 1}")
        rows = [[name, *(spread([each[i] for each in rounds]) for i in range(3))] for name, rounds in found.items()]
        table(["seconds", "a first member gets all partitions", "a second gets its half", "one leaves, the other gets all"], rows)


main("--quick" in sys.argv)
