"""The Kafka clients that people have, each behind the same two functions:

  produce(address, topic, codec, partition, rows)   rows: [(key, value)] text; waits for every ack. The Java console
                                                    producers choose the partition themselves.
  consume(address, topic, partition, offset, count) [(offset, key, value)] from that offset on, without a group
"""
import os
import subprocess

from real_kafka import java

SECONDS_MAX = 60


def run(command, text=None):
    done = subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True, timeout=SECONDS_MAX)
    if done.returncode:
        raise RuntimeError(f"{command[0]} … {command[-1]}: exit {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout


def lines(rows):
    return "".join(f"{key}\t{value}\n" for key, value in rows)


class Kcat:
    name = "kcat"

    def produce(self, address, topic, codec, partition, rows):
        run(["kcat", "-P", "-b", address, "-t", topic, "-p", partition, "-z", codec, "-K", "\t", "-X", "linger.ms=100"], lines(rows))

    def consume(self, address, topic, partition, offset, count):
        out = run(["kcat", "-C", "-q", "-b", address, "-t", topic, "-p", partition, "-o", offset, "-c", count, "-f", "%o\t%k\t%s\n"])
        return [(int(at), key, value) for at, key, value in (line.split("\t") for line in out.splitlines())]


class Confluent:
    name = "confluent-kafka"

    def produce(self, address, topic, codec, partition, rows):
        from confluent_kafka import Producer
        failed = []
        producer = Producer({"bootstrap.servers": address, "compression.type": codec, "linger.ms": 100, "acks": "all", "enable.idempotence": True})
        for key, value in rows:
            producer.produce(topic, value, key, partition, on_delivery=lambda error, _: failed.append(error) if error else None)
        left = producer.flush(SECONDS_MAX)
        assert not left and not failed, f"{left} without an answer, {len(failed)} refused: {failed[:1]}"

    def consume(self, address, topic, partition, offset, count):
        from confluent_kafka import Consumer, TopicPartition
        consumer = Consumer({"bootstrap.servers": address, "group.id": "none", "enable.auto.commit": False, "check.crcs": True, "auto.offset.reset": "error"})
        try:
            consumer.assign([TopicPartition(topic, partition, offset)])
            found = []
            while len(found) < count:
                messages = consumer.consume(count - len(found), 10)
                assert messages, f"nothing more after {len(found)} of {count}"
                for message in messages:
                    assert not message.error(), message.error()
                    found.append((message.offset(), message.key().decode(), message.value().decode()))
            return found
        finally:
            consumer.close()


class KafkaPython:
    name = "kafka-python"

    def produce(self, address, topic, codec, partition, rows):
        from kafka import KafkaProducer
        producer = KafkaProducer(bootstrap_servers=address, compression_type=None if codec == "none" else codec, linger_ms=100, acks="all")
        try:
            futures = [producer.send(topic, value.encode(), key.encode(), partition=partition) for key, value in rows]
            for future in futures:
                future.get(SECONDS_MAX)
        finally:
            producer.close()

    def consume(self, address, topic, partition, offset, count):
        from kafka import KafkaConsumer, TopicPartition
        consumer = KafkaConsumer(bootstrap_servers=address, consumer_timeout_ms=10_000, enable_auto_commit=False, check_crcs=True)
        try:
            consumer.assign([TopicPartition(topic, partition)])
            consumer.seek(TopicPartition(topic, partition), offset)
            return [(found.offset, found.key.decode(), found.value.decode()) for found, _ in zip(consumer, range(count))]
        finally:
            consumer.close()


class JavaConsole:
    """The console tools of one release; some of their names and options changed with 4.0."""

    def __init__(self, version, jars):
        new = version.startswith("4")
        self.name, self.jars = f"Java {version} console", jars
        self.producer = "org.apache.kafka.tools.ConsoleProducer" if new else "kafka.tools.ConsoleProducer"
        self.reader, self.formatter = ("--reader-property", "--formatter-property") if new else ("--property", "--property")
        self.client = "--command-property" if new else "--producer-property"

    def produce(self, address, topic, codec, partition, rows):
        run(java(self.jars, self.producer, "--bootstrap-server", address, "--topic", topic, "--compression-codec", codec,
                 self.reader, "parse.key=true", self.client, "linger.ms=100", self.client, "acks=all"), lines(rows))

    def consume(self, address, topic, partition, offset, count):
        out = run(java(self.jars, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", address, "--topic", topic,
                       "--partition", partition, "--offset", offset, "--max-messages", count, "--timeout-ms", 20_000,
                       self.formatter, "print.key=true", self.formatter, "print.offset=true"))
        rows = [line.split("\t") for line in out.splitlines() if line.startswith("Offset:")]
        return [(int(at.removeprefix("Offset:")), key, value) for at, key, value in rows]


def every_client():
    return [Kcat(), Confluent(), KafkaPython(), JavaConsole("3.9.1", os.environ["TARN_KAFKA_3"]), JavaConsole("4.3.1", os.environ["TARN_KAFKA_4"])]
