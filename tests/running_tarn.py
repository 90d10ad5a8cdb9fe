"""For checks in Python, and the demo: a running `tarn up`, and a way to report cases.

    from running_tarn import Platform, case, finish

    with Platform() as tarn:                    # ports picked, data in TMPDIR
        with case("a record is visible at once"):
            ...                                 # an exception is `not ok`, its text the reason
        tarn.kill()                             # kill -9 of main
        tarn.start()                            # on the same data and addresses
    finish()                                    # the exit code
"""
import atexit
import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from processes import tree

TARN = os.environ.get("TARN", str(Path(__file__).resolve().parent.parent / "build/release/tarn"))
DOORS = ("kafka", "pg", "http")
_failed = 0


class StartFailed(Exception):
    pass


def scratch_folder(prefix="tarn-check-"):
    """An empty folder that goes when this program ends."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    _folders.append(folder)
    return folder


_folders = []


@atexit.register
def _leave_nothing():
    """However this program ends, but by SIGKILL: what it started ends with it. (tests/run sees to the rest.)"""
    for pid in tree(os.getpid())[1:]:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Platform:
    """`tarn up` in a process group of its own. `addresses` ({"kafka": "127.0.0.1:0", ...}) default to picked ports; a
    restart keeps what was picked. `wrapper` goes before the command: ["strace", ...]."""

    def __init__(self, project=None, data=None, addresses=None, start=True, env=None, wrapper=()):
        scratch = scratch_folder()
        self.project = Path(project) if project else scratch
        self.data = Path(data) if data else scratch / "data"
        self.log_path = scratch / "tarn.log"
        self.addresses = {**{door: "127.0.0.1:0" for door in DOORS}, **(addresses or {})}
        self.env, self.wrapper, self.process = env or {}, list(wrapper), None
        if start:
            self.start()

    def launch(self):
        """Starts `tarn up` and does not wait for it."""
        options = [word for door in DOORS for word in (f"--{door}", self.addresses[door])]
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen([*self.wrapper, TARN, "up", self.project, "--data", self.data, *options], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True, env={**os.environ, **self.env})

    def start(self, seconds_max=60):
        """Starts and waits until ready: the seconds that took. StartFailed says what tarn said."""
        started = time.monotonic()
        self.launch()
        readable, _, _ = select.select([self.process.stdout], [], [], seconds_max)
        line = self.process.stdout.readline() if readable else ""
        found = dict(re.findall(r"(kafka|pg|http)=(\S+)", line))
        if set(found) != set(DOORS):
            self.kill()
            raise StartFailed(f"not ready after {time.monotonic() - started:.1f} s: {line}{self.log()[-2000:]}")
        self.addresses = found
        return time.monotonic() - started

    @property
    def kafka(self):
        return self.addresses["kafka"]

    @property
    def pg(self):
        """What psycopg.connect and psql take."""
        host, port = self.addresses["pg"].rsplit(":", 1)
        return f"host={host} port={port} dbname=tarn user=check"

    @property
    def http(self):
        return f"http://{self.addresses['http']}"

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def kill(self):
        """kill -9 of main alone: its workers are left to notice."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def stop(self, seconds_max=10):
        """SIGTERM: the exit code. TimeoutError if it does not stop."""
        if not self.process:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"tarn did not stop within {seconds_max} s of SIGTERM") from None
        self.process.stdout.close()
        self.process = None
        return code

    def workers(self, kind=""):
        """Process ids of main's workers: `sql`, `land` or all."""
        found = []
        for pid in tree(self.process.pid)[1:]:
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                if words[1:2] == ["worker"] and kind in ("", words[2]):
                    found.append(pid)
        return found

    def tarn(self, *arguments, seconds_max=120):
        """A command of the binary against this platform: its stdout. RuntimeError with its stderr if it fails."""
        done = subprocess.run([TARN, *arguments, "--data", self.data], capture_output=True, text=True, timeout=seconds_max)
        if done.returncode:
            raise RuntimeError(f"tarn {' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def land(self, *topics):
        return self.tarn("land", *topics)

    def psql(self, sql, *options, ref=None):
        """psql's output, unaligned tuples only unless options say otherwise; on a branch or version if `ref` names one."""
        database = self.pg.replace("dbname=tarn", f"dbname=tarn@{ref}") if ref else self.pg
        command = ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", database, *(options or ["-At"]), "-c", sql]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    def iceberg(self, ref=None):
        """PyIceberg's catalog on this platform: on main, or on the branch and version that `ref` names (`run/7`, `main@12`)."""
        from pyiceberg.catalog import load_catalog
        return load_catalog("tarn", type="rest", uri=f"{self.http}/iceberg", **({"warehouse": f"{ref}|tarn"} if ref else {}))

    def duckdb(self):
        """A connection to DuckDB with this platform attached as `t`, through its own iceberg extension, the pinned file of it."""
        import duckdb
        import duckdb_extension_avro
        import duckdb_extension_httpfs
        import duckdb_extension_iceberg
        connection = duckdb.connect(config={"autoload_known_extensions": "false", "autoinstall_known_extensions": "false"})
        for module in (duckdb_extension_avro, duckdb_extension_httpfs, duckdb_extension_iceberg):
            file = next(Path(module.__path__[0]).glob("extensions/*/*.duckdb_extension"))
            connection.execute(f"load '{file}'")
        connection.execute(f"attach 'tarn' as t (type iceberg, endpoint '{self.http}/iceberg', authorization_type 'none', access_delegation_mode 'none')")
        connection.execute("set timezone = 'UTC'")
        return connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.stop()


@contextlib.contextmanager
def case(name):
    """One case of a check: `ok NAME` if its body returns, `not ok NAME: why` if it raises."""
    global _failed
    try:
        yield
    except Exception as error:
        _failed += 1
        traceback.print_exc(file=sys.stdout)
        print(f"not ok {name}: {type(error).__name__}: {' '.join(str(error).split())[:500]}", flush=True)
    else:
        print(f"ok {name}", flush=True)


def finish():
    sys.exit(1 if _failed else 0)
