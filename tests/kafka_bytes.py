"""Kafka's bytes, written here a second time so that checks share nothing with Tarn: record batches v2 as they stand in a
segment file, and request frames that no library would send.

  batch:  base_offset i64 | length i32 | leader_epoch i32 | magic i8 | crc u32 | attributes i16 | last_offset_delta i32
          | base_timestamp i64 | max_timestamp i64 | producer_id i64 | producer_epoch i16 | base_sequence i32
          | count i32 | records, compressed as attributes & 7 says
"""
import gzip
import socket
import struct
import time
from collections import namedtuple

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
HEADER = struct.Struct(">qiibIhiqqqhii")
PRODUCE, METADATA, JOIN_GROUP, HEARTBEAT, API_VERSIONS = 0, 3, 11, 12, 18

Batch = namedtuple("Batch", "position base_offset length leader_epoch magic crc attributes last_offset_delta base_timestamp max_timestamp "
                            "producer_id producer_epoch base_sequence count body")


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


# --- stored batches

def parse_batches(data):
    """The batches of a segment's bytes, in order. ValueError where it is not whole batches v2 with right CRCs."""
    position = 0
    while position < len(data):
        if len(data) - position < HEADER.size:
            raise ValueError(f"{len(data) - position} bytes after the last batch at {position}")
        fields = HEADER.unpack_from(data, position)
        end = position + 12 + fields[1]
        if fields[3] != 2 or end > len(data) or fields[1] < HEADER.size - 12:
            raise ValueError(f"no batch at {position}: magic {fields[3]}, length {fields[1]}, {len(data) - position} bytes left")
        if crc32c(data[position + 21:end]) != fields[4]:
            raise ValueError(f"wrong CRC in the batch at {position}")
        yield Batch(position, *fields, data[position + HEADER.size:end])
        position = end


def stored_batches(data_folder, topic_id, partition):
    """What Tarn keeps of a partition, from its segment files under <data>/log/topics/<id>/<partition>/."""
    folder = data_folder / "log/topics" / topic_id / str(partition)
    for segment in sorted(folder.glob("*.log")):
        yield from parse_batches(segment.read_bytes())


# --- batches to send

def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def record(value, key=None, delta=0):
    body = b"\0" + varint(0) + varint(delta)
    for part in (key, value):
        body += varint(-1) if part is None else varint(len(part)) + part
    body += varint(0)  # headers
    return varint(len(body)) + body


def batch(records, codec="none", count=None, compress=None, **fields):
    """One batch of records (bytes of record()). `fields` override header fields, `compress` what the codec would do."""
    body = b"".join(records)
    if compress:
        body = compress(body)
    elif codec == "gzip":
        body = gzip.compress(body)
    elif codec != "none":
        raise ValueError(f"give compress for {codec}")
    now = int(time.time() * 1000)
    count = len(records) if count is None else count
    values = dict(attributes=CODECS.index(codec), last_offset_delta=count - 1, base_timestamp=now, max_timestamp=now, producer_id=-1,
                  producer_epoch=-1, base_sequence=-1, count=count, magic=2, base_offset=0, leader_epoch=-1, crc=None, length=None)
    values.update(fields)
    tail = struct.pack(">hiqqqhii", *(values[name] for name in ("attributes", "last_offset_delta", "base_timestamp", "max_timestamp", "producer_id",
                                                               "producer_epoch", "base_sequence", "count"))) + body
    crc = crc32c(tail) if values["crc"] is None else values["crc"]
    length = len(tail) + 9 if values["length"] is None else values["length"]
    return struct.pack(">qiibI", values["base_offset"], length, values["leader_epoch"], values["magic"], crc) + tail


# --- requests

def string(text):
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text.encode()


def request(api, version, body, correlation=1, client="check"):
    """A frame with request header v1: for versions that are not flexible."""
    payload = struct.pack(">hhi", api, version, correlation) + string(client) + body
    return struct.pack(">i", len(payload)) + payload


def produce_request(topic, batches, version=7, partition=0, acks=-1):
    body = (string(None) if version >= 3 else b"") + struct.pack(">hii", acks, 10_000, 1) + string(topic)
    return request(PRODUCE, version, body + struct.pack(">ii", 1, partition) + struct.pack(">i", len(batches)) + batches)


class Connection:
    def __init__(self, address, seconds_max=10):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), seconds_max)

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """The next response without its length, or None if the connection was closed. TimeoutError if nothing comes."""
        header = self._exactly(4)
        return header and self._exactly(struct.unpack(">i", header)[0])

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.socket.recv(min(count - len(data), 1 << 20))
            except ConnectionError:
                return None
            if not more:
                return None
            data += more
        return data

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def produce_error(address, topic, batches, version=7):
    """Error code of a produce request to partition 0, or None if the connection was closed."""
    with Connection(address) as connection:
        connection.send(produce_request(topic, batches, version))
        answer = connection.answer()
        return None if answer is None else struct.unpack_from(">h", answer, 4 + 4 + 2 + len(topic) + 4 + 4)[0]
