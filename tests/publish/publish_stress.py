"""Runs that publish, fail and are killed, while readers compare two tables of each publish and landing goes on into what
the models read.

Ledger and totals are made of the same moves, so their sums agree in whatever one run published: a reader that finds them
apart saw half of a publish. Ledger's numbers are 0, 1, 2, ... without a gap: one lost or twice shows in any reader's answer.
"""
import collections
import multiprocessing
import os
import random
import re
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from load import Producer
from processes import eventually
from running_tarn import TARN, Platform, case, finish

PER_SECOND = 1000
PSQL_READERS, ICEBERG_READERS = 5, 3
BUILD_SECONDS_MAX = 60

PROJECT = {
    "dbt_project.yml": "name: stress\nversion: '1.0'\nprofile: tarn\nmodel-paths: [models]\ntest-paths: [tests]\n",
    "topics/moves.yaml": "config: {tarn.land.ms: 200}\ncolumns: {number: long, account: int, amount: long}\n",
    "models/ledger.sql": "{{ config(materialized='table') }}\nselect number, account, amount from {{ source('stream', 'moves') }}\n",
    "models/totals.sql": "{{ config(materialized='table') }}\nselect account, count(*) as moves, sum(amount / {{ env_var('STRESS_DIVISOR', '1') }}) as amount\n"
                         "from {{ source('stream', 'moves') }} group by account\n",
    "models/balances.sql": "{{ config(materialized='table') }}\nselect account, number, sum(amount) over (partition by account order by number) as balance from {{ ref('ledger') }}\n",
    "models/answers.sql": """{{ config(materialized='view') }}
select ledger.*, totals.*
from (select count(*) as moves, max(number) + 1 as end_number, sum(number) as number_sum, sum(amount) as amount from {{ ref('ledger') }}) as ledger
cross join (select sum(moves) as total_moves, sum(amount) as total_amount from {{ ref('totals') }}) as totals
""",
    "models/schema.yml": """sources:
  - name: stream
    schema: public
    tables: [{name: moves}]
models:
  - name: ledger
    columns: [{name: number, data_tests: [not_null, unique]}]
  - name: balances
    columns: [{name: number, data_tests: [unique, {relationships: {to: ref('ledger'), field: number}}]}]
""",
    "tests/refused.sql": "select number from {{ ref('ledger') }} where {{ env_var('STRESS_REFUSE', 'false') }}\n",
}
DIRECT = """select ledger.*, totals.* from (select count(*), max(number) + 1, sum(number), sum(amount) from ledger) as ledger
cross join (select sum(moves), sum(amount) from totals) as totals"""


class Moves(Producer):
    def value(self, number):
        return b'{"number":%d,"account":%d,"amount":%d}' % (number, number % 97, number * 7919 % 1000 - 300)


def wrong_answer(moves, end, number_sum, amount, total_moves, total_amount):
    """What is wrong with a reader's answer, None if nothing is."""
    if moves != total_moves or amount != total_amount:
        return f"ledger has {moves} moves of {amount}, totals {total_moves} of {total_amount}"
    if end != moves or number_sum != moves * (moves - 1) // 2:
        return f"ledger's {moves} moves end at {end} with a sum of {number_sum}: some are lost or twice"
    return None


# --- readers: processes of their own, which ask until told to stop

def ask_psql(conninfo, through_view):
    sql = "select moves, end_number, number_sum, amount, total_moves, total_amount from answers" if through_view else DIRECT
    done = subprocess.run(["psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-c", sql], capture_output=True, text=True,
                          env={**os.environ, "PGCONNECT_TIMEOUT": "5"})
    if done.returncode:
        raise ConnectionError(done.stderr.strip()[:100])
    return [int(value) for value in done.stdout.strip().split("|")]


def ask_iceberg(uri, conninfo):
    """Both tables at one version of the catalog, one that a run published."""
    import psycopg
    import pyarrow.compute
    from pyiceberg.catalog import load_catalog
    with psycopg.connect(conninfo, connect_timeout=5) as connection:
        version = connection.execute("select max(published_version) from tarn.runs").fetchone()[0]
    catalog = load_catalog("tarn", type="rest", uri=uri, warehouse=f"main@{version}|tarn")
    ledger, totals = (catalog.load_table(f"public.{name}").scan().to_arrow() for name in ("ledger", "totals"))

    def total(column):
        return int(pyarrow.compute.sum(column).as_py())
    return [ledger.num_rows, pyarrow.compute.max(ledger["number"]).as_py() + 1, total(ledger["number"]), total(ledger["amount"]),
            total(totals["moves"]), total(totals["amount"])]


def read(number, conninfo, uri, halt, results):
    """Results: (number, answers, {error: count}, [wrong answers])."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers, errors, wrong, last = 0, collections.Counter(), [], 0
    while not halt.is_set():
        try:
            answer = ask_iceberg(uri, conninfo) if number >= PSQL_READERS else ask_psql(conninfo, through_view=answers % 2 == 1)
        except Exception as error:  # Tarn is down for a moment, a worker was killed: no answer is no wrong answer
            errors[f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"] += 1
            halt.wait(0.05)
            continue
        answers += 1
        if problem := wrong_answer(*answer):
            wrong.append(problem)
        if answer[0] < last:
            wrong.append(f"{last} moves, later {answer[0]}")
        last = max(last, answer[0])
    results.put((number, answers, dict(errors), wrong[:10]))


class Readers:
    def __init__(self, tarn):
        context = multiprocessing.get_context("spawn")
        self.halt, self.results = context.Event(), context.Queue()
        self.processes = [context.Process(target=read, args=(number, tarn.pg, f"{tarn.http}/iceberg", self.halt, self.results), daemon=True)
                          for number in range(PSQL_READERS + ICEBERG_READERS)]
        for process in self.processes:
            process.start()

    def stop(self):
        self.halt.set()
        found = sorted(self.results.get(timeout=60) for _ in self.processes)
        for process in self.processes:
            process.join(10)
        return found


# --- runs

class Stress:
    KINDS = {"publish": 8, "test fails": 3, "model fails": 1, "build killed": 3, "worker killed": 3, "main killed": 2}

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.project = Path(tempfile.mkdtemp()) / "stress"
        for name, text in PROJECT.items():
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            (self.project / name).write_text(text)
        self.tarn = Platform(self.project)
        self.producer = Moves(self.tarn.kafka, "moves", PER_SECOND)
        self.counts, self.seconds = collections.Counter(), []

    def start_build(self, **environment):
        return subprocess.Popen([TARN, "build", self.project, "--data", self.tarn.data], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env={**os.environ, **environment})

    def finish_build(self, process, allowed):
        output, _ = process.communicate(timeout=BUILD_SECONDS_MAX)
        assert process.returncode in allowed, f"tarn build: exit {process.returncode}, not one of {allowed}: {output[-1500:]}"
        return process.returncode, output

    def moves(self):
        return int(self.tarn.psql("select count(*) from ledger"))

    def publish(self, kind="publish"):
        before, started = self.moves() if self.counts else 0, time.monotonic()
        self.finish_build(self.start_build(), {0})
        self.seconds.append(time.monotonic() - started)
        assert self.moves() > before, f"{before} moves stood in ledger, and no more after a publish"
        self.counts[kind] += 1

    def fail(self, kind, **environment):
        before = self.moves()
        _, output = self.finish_build(self.start_build(**environment), {1})
        assert re.search(r"run/\d+", output), f"no branch is named: {output[-500:]}"
        assert self.moves() == before, "a failed run changed main"
        self.counts[kind] += 1

    def killed(self, kind):
        """Strikes at a random moment of a build."""
        before, build = self.last_run(), self.start_build()
        delay = self.random.uniform(0.2, 1.2) * statistics.median(self.seconds[-20:])
        try:
            build.wait(delay)
        except subprocess.TimeoutExpired:
            if kind == "build killed":
                build.kill()
            elif kind == "worker killed":
                for pid in self.random.sample(workers := self.tarn.workers(), min(1, len(workers))):
                    os.kill(pid, signal.SIGKILL)
            else:
                self.tarn.kill()
        allowed = {"build killed": {0, -9}, "worker killed": {0, 1, 3}, "main killed": {0, 1, 3}}[kind]
        self.finish_build(build, allowed)
        if not self.tarn.process:
            self.tarn.start()
        after = self.last_run()
        self.counts[f"{kind}: {'before the run began' if after == before else self.ended()}"] += 1

    def last_run(self):
        return self.tarn.psql("select max(id) from tarn.runs")

    def ended(self):
        """How the last run ended. Nobody waits for it any more, so it must end by itself."""
        def state():
            return self.tarn.psql("select state from tarn.runs order by id desc limit 1")
        eventually(lambda: state() != "running", 30, "a killed run to end")
        return state()

    def runs(self, count):
        """Of each kind one, then by chance."""
        kinds = self.random.sample(list(self.KINDS), len(self.KINDS))
        for kind in kinds + self.random.choices(kinds, [self.KINDS[each] for each in kinds], k=count - len(kinds)):
            self.one(kind)

    def one(self, kind):
        if kind == "publish":
            self.publish()
        elif kind == "test fails":
            self.fail(kind, STRESS_REFUSE=f"number % {self.random.randint(2, 50)} = 0")
        elif kind == "model fails":
            self.fail(kind, STRESS_DIVISOR="0")
        else:
            self.killed(kind)


def publish_stress(runs, seed):
    stress = Stress(seed)
    stress.producer.start()
    eventually(lambda: stress.producer.acked, 10, "the first moves")
    stress.publish()
    readers = Readers(stress.tarn)
    with case(f"{runs} runs publish, fail and are killed (seed {seed})"):
        stress.runs(runs)
    found = readers.stop()
    with case("readers: two tables of a publish never disagree, no row is lost or twice"):
        wrong = [problem for _, _, _, problems in found for problem in problems]
        assert not wrong, f"{len(wrong)}: {wrong[:5]}"
        silent = [(number, errors) for number, answers, errors, _ in found if not answers]
        assert not silent, f"readers without an answer: {silent}"
    with case("what was acknowledged is in the ledger of the next run, each once"):
        stress.producer.stop()
        stress.publish("publish at the end")
        assert stress.moves() == len(stress.producer.acked)
        assert wrong_answer(*ask_psql(stress.tarn.pg, through_view=True)) is None
    report(stress, found)
    stress.tarn.stop()
    finish()


def report(stress, found):
    print(f"runs: {dict(sorted(stress.counts.items()))}; a build takes {statistics.median(stress.seconds):.2f} s (median), {max(stress.seconds):.2f} at most")
    print(f"moves: {len(stress.producer.acked)} acknowledged and published")
    for name, numbers in (("psql", range(PSQL_READERS)), ("PyIceberg", range(PSQL_READERS, PSQL_READERS + ICEBERG_READERS))):
        mine = [each for each in found if each[0] in numbers]
        errors = sum((collections.Counter(each[2]) for each in mine), collections.Counter())
        print(f"{name}: {len(mine)} readers, {sum(each[1] for each in mine)} answers, {sum(len(each[3]) for each in mine)} wrong; without an answer: {dict(errors)}")
