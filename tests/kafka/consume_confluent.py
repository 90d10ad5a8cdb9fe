"""consume_confluent.py ADDRESS TOPIC GROUP [KEY=VALUE ...]: a consumer of a group, see group_clients.py."""
import signal
import sys

from confluent_kafka import Consumer

address, topic, group, *settings = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest", "auto.commit.interval.ms": 200,
                     "session.timeout.ms": 6000, **dict(each.split("=", 1) for each in settings)})
stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
consumer.subscribe([topic])
while not stopping:
    message = consumer.poll(0.2)
    if message and not message.error():
        print(message.partition(), message.offset(), message.value().decode(), flush=True)
consumer.close()
