"""consume_by_hand.py ADDRESS TOPIC GROUP: handles a record (prints it), then commits its offset, one after the other."""
import sys

from confluent_kafka import Consumer

address, topic, group = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False, "session.timeout.ms": 6000})
consumer.subscribe([topic])
while True:
    message = consumer.poll(0.5)
    if message and not message.error():
        print(message.partition(), message.offset(), flush=True)
        consumer.commit(message, asynchronous=False)
