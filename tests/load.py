"""Load on a platform, and what must hold afterwards. Nothing of Tarn is used but its doors: what producers' delivery reports
said is compared with what a consumer, PyIceberg and psql's protocol read.

A record is {"id": n, ...}, unique; every BAD_EVERY-th is no JSON, and must come out whole in the dead-letter table.
"""
import collections
import json
import threading
import time

import confluent_kafka
import psycopg

BAD_EVERY = 100
WAVE = 5000  # records that have a field wave_<n> of their own: columns come under load
QUIET = {"log_level": 0, "reconnect.backoff.max.ms": 200, "retry.backoff.ms": 50}


def value_of(number, tag=0):
    if number % BAD_EVERY == BAD_EVERY - 1:
        return b"%d: not JSON, %d" % (number, tag)
    return json.dumps({"id": number, "tag": tag, "text": f"record {number}", "ratio": number / 8, "even": number % 2 == 0,
                       f"wave_{number // WAVE}": number}).encode()


class Producer(threading.Thread):
    """Sends records 0, 1, 2, ... until stop(). `acked` is [(partition, offset, id)]; an idempotent producer that retries for
    minutes gets every one acknowledged, one without retries may lose some: those are in `refused`."""

    def __init__(self, bootstrap, topic, per_second, retries=True, tag=0):
        super().__init__(daemon=True)
        self.topic, self.per_second, self.tag = topic, per_second, tag
        self.acked, self.refused, self.sent, self.fatal, self.halt = [], [], 0, None, threading.Event()
        how = {"enable.idempotence": True, "message.timeout.ms": 300_000} if retries else {"acks": "all", "retries": 0, "message.timeout.ms": 10_000}
        self.retries = retries
        self.producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 2, "topic.metadata.refresh.interval.ms": 200,
                                                  "error_cb": self.on_error, **how, **QUIET})

    def value(self, number):
        return value_of(number, self.tag)

    def on_error(self, error):
        if error.fatal():
            self.fatal = error

    def on_delivery(self, error, message):
        number = int(message.key())
        if error is None:
            self.acked.append((message.partition(), message.offset(), number))
        elif self.retries:
            self.fatal = self.fatal or error
        else:
            self.refused.append(number)

    def run(self):
        due = time.monotonic()
        while not self.halt.is_set() and not self.fatal:
            for _ in range(10):
                try:
                    self.producer.produce(self.topic, key=str(self.sent), value=self.value(self.sent), on_delivery=self.on_delivery)
                    self.sent += 1
                except BufferError:
                    break
            due += 10 / self.per_second
            self.producer.poll(max(0, due - time.monotonic()))
            due = max(due, time.monotonic() - 1)  # after a stall, catch up one second of it

    def stop(self):
        """Waits until everything sent is answered."""
        self.halt.set()
        self.join()
        left = self.producer.flush(120)
        assert self.fatal is None, f"the producer failed: {self.fatal}"
        assert left == 0 and len(self.acked) + len(self.refused) == self.sent, f"{self.sent} sent, {len(self.acked)} acknowledged, {left} in flight"


class Reader(threading.Thread):
    """Asks for counts all the time: no id twice, and what was seen never vanishes, across kills too. An error is no wrong
    answer; `lost` counts those that cost the connection."""

    def __init__(self, conninfo, table):
        super().__init__(daemon=True)
        self.conninfo, self.table = conninfo, table
        self.halt, self.answers, self.errors, self.lost, self.wrong = threading.Event(), 0, collections.Counter(), 0, []

    def run(self):
        last, connection = 0, None
        while not self.halt.is_set():
            try:
                connection = connection or psycopg.connect(self.conninfo, autocommit=True, connect_timeout=5)
                count, ids = connection.execute(f"select count(*), count(distinct id) from {self.table}").fetchone()
                self.answers += 1
                if count != ids:
                    self.wrong.append(f"{count} rows of {ids} ids")
                if count < last:
                    self.wrong.append(f"{last} rows, later {count}")
                last = max(last, count)
            except psycopg.Error as error:
                self.errors[f"{error.sqlstate} {str(error)[:90]}"] += 1
                if connection and connection.closed:
                    self.lost, connection = self.lost + 1, None
                self.halt.wait(0.02)

    def stop(self):
        self.halt.set()
        self.join()


# --- what is there: {(partition, offset): record's value}

def log_records(tarn, topic, partitions):
    """What a consumer reads, from the first offset to the last. The offsets of a partition leave no gap."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": tarn.kafka, "group.id": "check", "enable.auto.commit": False, "check.crcs": True,
                                         "auto.offset.reset": "error", **QUIET})
    assigned = [confluent_kafka.TopicPartition(topic, partition, 0) for partition in range(partitions)]
    ends = {each.partition: consumer.get_watermark_offsets(each, timeout=10) for each in assigned}
    consumer.assign(assigned)
    records, deadline = {}, time.monotonic() + 120
    while len(records) < sum(end for _, end in ends.values()) and time.monotonic() < deadline:
        for message in consumer.consume(10_000, timeout=1):
            assert not message.error(), message.error()
            place = message.partition(), message.offset()
            assert place not in records, f"{place} was read twice"
            records[place] = message.value()
    consumer.close()
    for partition, (start, end) in ends.items():
        missing = [offset for offset in range(end) if (partition, offset) not in records]
        assert start == 0 and not missing, f"partition {partition}, {start} to {end}: offsets without a record: {missing[:5]}"
    return records


def _row(kafka, number, tag, text):
    assert text == f"record {number}", f"id {number} with text {text}"
    return kafka["partition"], kafka["offset"], str(kafka["topic_id"]), number, tag


def sql_rows(tarn, table):
    """(rows, dead letters) through the Postgres door: [(partition, offset, topic_id, id, tag)], [(partition, offset, value)]."""
    with psycopg.connect(tarn.pg, autocommit=True) as connection:
        rows = [_row(*row) for row in connection.execute(f"select _kafka, id, tag, text from {table}")]
        try:
            dead = [(partition, offset, bytes(value)) for partition, offset, value in connection.execute(f'select "partition", "offset", value from {table}__dlq')]
        except psycopg.errors.UndefinedTable:
            dead = []
    return rows, dead


def iceberg_rows(tarn, table):
    """The same from files, through PyIceberg."""
    catalog = tarn.iceberg()
    arrow = catalog.load_table(f"public.{table}").scan(selected_fields=("id", "tag", "text", "_kafka")).to_arrow()
    rows = [_row(*row) for row in zip(*(arrow.column(name).to_pylist() for name in ("_kafka", "id", "tag", "text")))]
    dead = []
    if catalog.table_exists(f"public.{table}__dlq"):
        arrow = catalog.load_table(f"public.{table}__dlq").scan(selected_fields=("partition", "offset", "value")).to_arrow()
        dead = list(zip(*(arrow.column(name).to_pylist() for name in ("partition", "offset", "value"))))
    return rows, dead


# --- what must hold

def some(what, values):
    return f"{len(values)} {what}: {sorted(values)[:5]}"


def check_once(what, values):
    twice = [value for value, count in collections.Counter(values).items() if count > 1]
    assert not twice, some(f"{what} twice", twice)


def check_log(log, acked, tag=0):
    """Every acknowledged record stands under its offset, no record is there twice."""
    wrong = [place for *place, number in acked if log.get(tuple(place)) != value_of(number, tag)]
    assert not wrong, some("acknowledged records are not where they were acknowledged", wrong)
    check_once("records in the log are there", log.values())


def check_table(log, rows, dead):
    """Every record of the log is one row: of the table if it is JSON, else of the dead letters, whole."""
    check_once("offsets in the table are there", [row[:2] for row in rows])
    check_once("offsets among the dead letters are there", [row[:2] for row in dead])
    expected, expected_dead = set(), set()
    for place, value in log.items():
        if value.startswith(b"{"):
            body = json.loads(value)
            expected.add((*place, body["id"], body["tag"]))
        else:
            expected_dead.add((*place, value))
    found, found_dead = {(partition, offset, number, tag) for partition, offset, _, number, tag in rows}, set(dead)
    assert found == expected, some("records are no row", expected - found) + "; " + some("rows are no record", found - expected)
    assert found_dead == expected_dead, some("dead letters missing", expected_dead - found_dead) + "; " + some("too many", found_dead - expected_dead)


def check_waves(tarn, table, log):
    """Each column wave_<n> is set in the rows of its wave and in no other."""
    numbers = [json.loads(value)["id"] for value in log.values() if value.startswith(b"{")]
    for wave, count in sorted(collections.Counter(number // WAVE for number in numbers).items()):
        found = tarn.psql(f"select count(*), min(wave_{wave} - id), max(wave_{wave} - id) from {table} where wave_{wave} is not null")
        assert found == f"{count}|0|0", f"wave {wave} of {count} records: {found}"
