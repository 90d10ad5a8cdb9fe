"""Postgres 15 itself, as the control that a check or a benchmark runs beside Tarn.

    with RealPostgres() as postgres:
        ...                        # postgres.pg is its conninfo, as Platform's
"""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from real_kafka import free_ports

BIN = Path("/usr/lib/postgresql/15/bin")


class RealPostgres:
    """A cluster of its own in a folder of its own. Postgres refuses to run as root: then it runs as `postgres`."""

    def __init__(self, settings=None):
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))
        self.prefix = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        self.data, (port,) = self.folder / "data", free_ports(1)
        self._run("initdb", "-D", self.data, "-U", "check", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder, "timezone": "UTC", **(settings or {})}
        with open(self.data / "postgresql.conf", "a") as file:
            file.write("".join(f"{name}='{value}'\n" for name, value in options.items()))
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "start")
        self.address = f"127.0.0.1:{port}"
        self.pg = f"host=127.0.0.1 port={port} dbname=postgres user=check"

    def _run(self, program, *arguments):
        done = subprocess.run([*self.prefix, BIN / program, *map(str, arguments)], capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr or done.stdout}")

    def stop(self):
        self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
