"""Group consumers of every Kafka client that people have, each a process of its own that prints a line a record:
"<partition> <offset> <value>". All start at the earliest offset and commit by themselves, often.

  start(address, topic, group)   the process; terminate() lets it leave, kill() does not
"""
import os
import subprocess
import sys
import threading
from pathlib import Path

from real_kafka import java

HERE = Path(__file__).resolve().parent


class Consumer:
    """A running consumer: `lines` are what it has printed."""

    def __init__(self, command, environment=None):
        self.lines = []
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})})
        self.errors = []
        streams = (self.process.stdout, self.lines), (self.process.stderr, self.errors)
        self.readers = [threading.Thread(target=self._read, args=each, daemon=True) for each in streams]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, into):
        for line in stream:
            into.append(line.rstrip("\n"))

    def records(self):
        """{(partition, offset): value} of what it has read."""
        found = {}
        for line in list(self.lines):
            partition, offset, value = line.split(" ", 2)
            found[int(partition), int(offset)] = value
        return found

    def partitions(self, since=0):
        return {int(line.split(" ", 1)[0]) for line in list(self.lines)[since:]}

    def stop(self, seconds=15):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
            self._ended()

    def kill(self):
        self.process.kill()
        self._ended()

    def _ended(self):
        self.process.wait()
        for reader in self.readers:  # all that it said is in `lines` now
            reader.join()


class Kcat:
    name = "kcat"

    def start(self, address, topic, group):
        return Consumer(["kcat", "-b", address, "-G", group, "-q", "-u", "-X", "auto.offset.reset=earliest", "-X", "auto.commit.interval.ms=200",
                         "-X", "topic.metadata.refresh.interval.ms=1000", "-f", "%p %o %s\n", topic])


class Confluent:
    name = "confluent-kafka"

    def start(self, address, topic, group):
        return Consumer([sys.executable, HERE / "consume_confluent.py", address, topic, group])


class KafkaPython:
    name = "kafka-python"

    def start(self, address, topic, group):
        return Consumer([sys.executable, HERE / "consume_kafka_python.py", address, topic, group])


class FranzGo:
    name = "franz-go"

    def start(self, address, topic, group):
        return Consumer([Path(os.environ["TARN_FRANZ_GO"]) / "consume", address, topic, group])


class KafkaJs:
    name = "kafkajs"

    def start(self, address, topic, group):
        modules = Path(os.environ["TARN_KAFKA_PACKAGES"]) / "node_modules"
        return Consumer([os.environ["TARN_NODE"], HERE / "consume_kafkajs.js", address, topic, group], {"NODE_PATH": str(modules)})


class JavaConsole:
    def __init__(self, version, jars):
        new = version.startswith("4")
        self.name, self.jars = f"Java {version} console", jars
        self.formatter = "--formatter-property" if new else "--property"
        self.client = "--command-property" if new else "--consumer-property"

    def start(self, address, topic, group):
        consumer = Consumer(java(self.jars, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", address, "--topic", topic,
                                 "--group", group, "--from-beginning", self.formatter, "print.partition=true", self.formatter, "print.offset=true",
                                 self.client, "auto.commit.interval.ms=200"))
        # Partition:0<tab>Offset:3<tab>value
        consumer.lines = _Translated(consumer.lines)
        return consumer


class _Translated(list):
    """The console's lines as ours; the list that the reader fills stays behind it."""

    def __init__(self, raw):
        super().__init__()
        self._raw = raw

    def _all(self):
        found = []
        for line in list(self._raw):
            if line.startswith("Partition:"):
                partition, offset, value = line.split("\t", 2)
                found.append(f"{partition.removeprefix('Partition:')} {offset.removeprefix('Offset:')} {value}")
        return found

    def __iter__(self):
        return iter(self._all())

    def __len__(self):
        return len(self._all())


def every_client():
    return [Kcat(), Confluent(), KafkaPython(), FranzGo(), KafkaJs(), JavaConsole("3.9.1", os.environ["TARN_KAFKA_3"]), JavaConsole("4.3.1", os.environ["TARN_KAFKA_4"])]
