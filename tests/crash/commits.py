"""A consumer group's offsets under kills: committed one after the other, read back in between. None may go back."""
import threading
import time


class Commits(threading.Thread):
    """Commits 1, 2, 3, ... for each partition in turn, without joining. `wrong` says what was read back and can't be."""

    def __init__(self, address, topic, partitions, group="commits"):
        super().__init__(daemon=True)
        from confluent_kafka import Consumer
        self.topic, self.partitions, self.acknowledged, self.refused, self.wrong, self.stopping = topic, partitions, 0, 0, [], False
        self.tried, self.known = [0] * partitions, [0] * partitions  # known: acknowledged, or seen
        self.consumer = Consumer({"bootstrap.servers": address, "group.id": group, "enable.auto.commit": False, "log_level": 0,
                                  "socket.timeout.ms": 5000, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200})

    def run(self):
        turn = 0
        while not self.stopping:
            turn += 1
            self.commit(turn % self.partitions)
            if turn % 25 == 0:
                self.read_back()

    def commit(self, partition):
        from confluent_kafka import KafkaException, TopicPartition
        self.tried[partition] += 1
        offset = self.tried[partition]
        try:
            self.consumer.commit(offsets=[TopicPartition(self.topic, partition, offset)], asynchronous=False)
        except KafkaException:
            self.refused += 1  # or done, and the answer was lost
            time.sleep(0.05)
        else:
            self.acknowledged += 1
            self.known[partition] = offset

    def read_back(self):
        from confluent_kafka import KafkaException, TopicPartition
        try:
            found = self.consumer.committed([TopicPartition(self.topic, partition) for partition in range(self.partitions)], timeout=5)
        except KafkaException:
            return False
        for each in found:
            if each.error or not max(self.known[each.partition], 0) <= max(each.offset, 0) <= self.tried[each.partition]:
                self.wrong.append(f"partition {each.partition}: {each.offset}, {each.error}; known {self.known[each.partition]}, tried {self.tried[each.partition]}")
            self.known[each.partition] = max(self.known[each.partition], each.offset)
        return True

    def stop(self):
        self.stopping = True
        self.join(60)
        deadline = time.monotonic() + 30
        while not self.read_back():
            assert time.monotonic() < deadline, "the offsets can't be read"
        self.consumer.close()
