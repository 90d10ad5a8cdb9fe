"""Apache Kafka itself, as the control that a check or a benchmark runs beside Tarn: one broker that is its own
controller, from the jars that tools/setup keeps.

    with RealKafka() as kafka:
        ...                        # kafka.kafka is its address, as Platform's
"""
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

HEAP = "1g"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def java(jars, main_class, *arguments):
    """The command that runs a main class of the jars in a folder."""
    return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*", main_class, *map(str, arguments)]


class RealKafka:
    """`settings` are added to server.properties. Starts on construction; the folder is its own."""

    def __init__(self, jars=None, settings=None, folder=None):
        self.jars = jars or os.environ["TARN_KAFKA_4"]
        self.folder = Path(folder or tempfile.mkdtemp(prefix="kafka-"))
        broker, controller = free_ports(2)
        self.kafka = f"127.0.0.1:{broker}"
        properties = {
            "process.roles": "broker,controller", "node.id": 1, "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://{self.kafka},CONTROLLER://127.0.0.1:{controller}", "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT", "log.dirs": self.folder / "data",
            "offsets.topic.replication.factor": 1, "group.initial.rebalance.delay.ms": 0, **(settings or {}),
        }
        self.properties = self.folder / "server.properties"
        self.properties.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        format_log = ["format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", self.properties]
        subprocess.run(java(self.jars, "kafka.tools.StorageTool", *format_log), check=True, capture_output=True)
        with open(self.folder / "kafka.log", "w") as log:
            # The real broker gets the real compiler: TieredStopAtLevel is for short-lived tools.
            self.process = subprocess.Popen(["java", f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+UseG1GC", "-cp", f"{self.jars}/*", "kafka.Kafka", self.properties],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._wait_ready(60)

    def _wait_ready(self, seconds_max):
        from confluent_kafka.admin import AdminClient
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        deadline = time.monotonic() + seconds_max
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if admin.list_topics(timeout=1).brokers:
                    return
            except Exception:  # not yet
                pass
        self.stop()
        raise RuntimeError(f"Kafka did not start: {(self.folder / 'kafka.log').read_text()[-2000:]}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
