"""kill -9 under load, over and over: of main, of a landing worker, of a SQL worker, while a producer, landing and a reader
are at work. Afterwards every acknowledged record must be exactly once in the log and exactly once in the table, and no
offset that a consumer group committed may have gone back.

Most kills strike a random moment after a data file appears. Where they struck is told from what they left on disk: a data
file that no snapshot ever names was being made, or waited for its commit.
"""
import bisect
import collections
import os
import random
import statistics
import time

from commits import Commits
from load import Producer, Reader, check_log, check_table, check_waves, iceberg_rows, log_records, sql_rows
from new_files import NewFiles
from processes import eventually
from running_tarn import Platform, case, finish

TOPIC = "load"
PARTITIONS = 2
PER_SECOND = 3000
LAND_MS = 200            # flush often, so that most of the time a file is being made
RECOVERY_SECONDS_MAX = 30
STRIKE_SHARE = 0.85      # of the kills follow a new data file
WITHIN_SHARE_MIN = 0.25  # of the kills must strike between opening a data file and its commit
BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100)
STAGES = ("data file open", "data file whole", "metadata under way")


class Kill:
    def __init__(self, victim, after_ms, files):
        self.victim, self.after_ms, self.files = victim, after_ms, files  # files: {name: stage}


class Loop:
    def __init__(self, cycles, seed, fsync):
        self.cycles, self.random = cycles, random.Random(seed)
        self.tarn = Platform()
        self.tarn.tarn("topic", "create", TOPIC, "--partitions", str(PARTITIONS), "--config", f"tarn.land.ms={LAND_MS}", "--config", f"tarn.fsync={fsync}")
        self.producer, self.reader = Producer(self.tarn.kafka, TOPIC, PER_SECOND), Reader(self.tarn.pg, TOPIC)
        self.commits = Commits(self.tarn.kafka, TOPIC, PARTITIONS)
        self.kills, self.seen, self.recovery_seconds, self.killed_starts = [], set(), [], 0
        self.table = self.tarn.data / "lake/public" / TOPIC

    def new_files(self):
        """{name: stage} of data files that came since the last call."""
        files = {}
        newest_metadata = max((path.stat().st_mtime_ns for path in (self.table / "metadata").iterdir()), default=0)
        for path in (self.table / "data").glob("*.parquet"):
            if path.name not in self.seen:
                self.seen.add(path.name)
                whole = path.read_bytes()[-4:] == b"PAR1"
                files[path.name] = STAGES[0] if not whole else STAGES[1] if newest_metadata < path.stat().st_mtime_ns else STAGES[2]
        return files

    def measure_window(self):
        """Seconds from a data file's appearing to that of the metadata file that names it, the median of five."""
        spans = []
        with NewFiles(self.table / "data", self.table / "metadata") as files:
            while len(spans) < 5:
                files.forget()
                assert files.wait(".parquet", 10), f"nothing lands: {self.tarn.log()[-1000:]}"
                started = time.monotonic()
                if files.wait(".metadata.json", 5):
                    spans.append(time.monotonic() - started)
        return statistics.median(spans)

    def victim(self):
        kind = self.random.choices(["main", "land", "sql"], [5, 3, 2])[0]
        pids = [self.tarn.process.pid] if kind == "main" else self.tarn.workers(kind)
        return (kind, self.random.choice(pids)) if pids else ("main", self.tarn.process.pid)

    def cycle(self, files, window):
        time.sleep(self.random.uniform(0, 0.3))  # the load's own time, not a wait for something
        kind, pid = self.victim()
        after_ms = None
        if self.random.random() < STRIKE_SHARE:
            delay = self.random.uniform(0, 1.3 * window)
            files.forget()
            if files.wait(".parquet", 5):
                appeared = time.monotonic()
                while time.monotonic() < appeared + delay:
                    pass
                after_ms = delay * 1000
        try:
            os.kill(pid, 9)
        except ProcessLookupError:  # it ended by itself
            return
        if kind == "main":
            self.tarn.kill()
        self.kills.append(Kill(kind, after_ms, self.new_files()))
        if kind == "main":
            self.restart()

    def restart(self):
        """One start in three is killed itself, somewhere on its way."""
        while self.random.random() < 0.33:
            self.tarn.launch()
            time.sleep(self.random.uniform(0, 0.3))
            self.tarn.kill()
            self.killed_starts += 1
        self.recovery_seconds.append(self.tarn.start(RECOVERY_SECONDS_MAX))

    def run(self):
        self.producer.start()
        self.commits.start()
        eventually((self.table / "metadata").is_dir, 30, "the table's folder")
        eventually((self.table / "data").is_dir, 30, "the table's first file")
        self.reader.start()
        window = self.measure_window()
        print(f"a data file is committed {window * 1000:.1f} ms after it appears")
        self.new_files()
        with NewFiles(self.table / "data") as files:
            while len(self.kills) < self.cycles and not self.producer.fatal:
                self.cycle(files, window)
        eventually(lambda: self.reader.answers, 30, "an answer to the reader")
        self.reader.stop()
        self.producer.stop()
        self.commits.stop()
        self.tarn.land(TOPIC)

    def count(self, kind):
        return sum(kill.victim == kind for kill in self.kills)

    def stages(self):
        """Per kill, the stage of the file that it left and nobody committed; None if there is none."""
        named = {os.path.basename(task.file.file_path) for task in self.tarn.iceberg().load_table(f"public.{TOPIC}").scan().plan_files()}
        return [max((stage for name, stage in kill.files.items() if name not in named), key=STAGES.index, default=None) for kill in self.kills]

    def report(self, stages):
        print(f"{len(self.producer.acked)} records acknowledged; {self.reader.answers} answers to the reader, {self.reader.lost} connections lost, errors "
              f"{dict(self.reader.errors)}; {self.killed_starts} starts killed, slowest {max(self.recovery_seconds, default=0):.2f} s")
        print(f"  {'kill of':<22}{'nothing open':>14}" + "".join(f"{stage:>20}" for stage in STAGES))
        for kind in ("main", "land", "sql"):
            row = [sum(kill.victim == kind and stage == wanted for kill, stage in zip(self.kills, stages)) for wanted in (None, *STAGES)]
            print(f"  {kind:<22}{row[0]:>14}" + "".join(f"{count:>20}" for count in row[1:]))
        after = collections.Counter(bisect.bisect(BUCKETS_MS, kill.after_ms) for kill in self.kills if kill.after_ms is not None)
        for bucket, limit in enumerate((*BUCKETS_MS, None)):
            label = f"< {limit} ms" if limit else f">= {BUCKETS_MS[-1]} ms"
            print(f"  {label:>9} after a data file appeared: {after[bucket]:>4} {'#' * after[bucket]}")


def crash_round(cycles, seed, fsync):
    print(f"{cycles} kills, tarn.fsync={fsync}, SEED={seed}", flush=True)
    loop = Loop(cycles, seed, fsync)
    try:
        with case(f"{cycles} kills under load: everything comes back by itself"):
            loop.run()
        log = {}
        with case("every acknowledged record is once in the log, offsets without a gap"):
            log = log_records(loop.tarn, TOPIC, PARTITIONS)
            check_log(log, loop.producer.acked)
        with case("no committed offset went back"):
            commits = loop.commits
            print(f"{commits.acknowledged} commits acknowledged, {commits.refused} not")
            assert commits.acknowledged > cycles and not commits.wrong, f"{commits.acknowledged} acknowledged; {commits.wrong[:5]}"
        with case("every record of the log is once in the table, PyIceberg"):
            check_table(log, *iceberg_rows(loop.tarn, TOPIC))
        with case("every record of the log is once in the table, SQL"):
            check_table(log, *sql_rows(loop.tarn, TOPIC))
        with case("columns that came under load hold what they should"):
            check_waves(loop.tarn, TOPIC, log)
        with case("a reader never saw a row twice or vanish, and lost its connection to kills of main alone"):
            assert loop.reader.answers > cycles and not loop.reader.wrong, f"{loop.reader.answers} answers, wrong: {loop.reader.wrong[:5]}"
            mains = loop.count("main") + loop.killed_starts
            assert loop.reader.lost <= mains, f"{loop.reader.lost} connections lost, main was killed {mains} times"
        stages = loop.stages()
        loop.report(stages)
        with case("enough kills struck between opening a data file and its commit"):
            within = sum(stage is not None for stage in stages)
            print(f"{within} of {len(stages)} kills struck there")
            assert within >= WITHIN_SHARE_MIN * len(stages), f"{within} of {len(stages)}"
        with case("it stops cleanly"):
            code = loop.tarn.stop()
            assert code == 0, f"exit code {code}"
    finally:
        loop.tarn.kill()


def crash_loop(rounds, cycles):
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    for number in range(rounds):  # a kill, unlike a power loss, takes nothing from a topic that is never synced either
        crash_round(cycles, seed + number, "never" if number % 3 == 2 else "always")
    finish()
