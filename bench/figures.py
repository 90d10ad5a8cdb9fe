"""What all benchmarks share: medians, Markdown tables, the load generator, topics."""
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from running_tarn import scratch_folder  # noqa: E402: it is in tests


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def spread(values, form="{:.2f}"):
    """median (least to most)"""
    return f"{form.format(statistics.median(values))} ({form.format(min(values))} to {form.format(max(values))})"


def table(header, rows):
    print("\n| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)


def note(text):
    """To whoever watches: not part of the page."""
    print(text, file=sys.stderr, flush=True)


def load_generator():
    """Path of the compiled bench/kafka_load.cc."""
    binary = scratch_folder() / "kafka_load"
    compiler = os.environ.get("CXX", "clang++-19")
    subprocess.run([compiler, "-O2", "-std=c++20", ROOT / "bench/kafka_load.cc", "-lrdkafka", "-o", binary], check=True)
    return binary


def make_topic(address, topic, partitions=1, **configs):
    """Configs as keywords, `_` for `.`: tarn_land="off"."""
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    admin.create_topics([NewTopic(topic, partitions, 1, config={key.replace("_", "."): str(value) for key, value in configs.items()})])[topic].result(30)


def set_config(address, topic, name, value):
    from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
    entry = ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    admin.incremental_alter_configs([resource])[resource].result(30)
