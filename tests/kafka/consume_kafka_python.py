"""consume_kafka_python.py ADDRESS TOPIC GROUP: a consumer of a group, see group_clients.py."""
import signal
import sys

from kafka import KafkaConsumer

address, topic, group = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=address, group_id=group, auto_offset_reset="earliest", auto_commit_interval_ms=200,
                         session_timeout_ms=6000, heartbeat_interval_ms=1000)
stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
while not stopping:
    for records in consumer.poll(200).values():
        for record in records:
            print(record.partition, record.offset, record.value.decode(), flush=True)
consumer.close()
