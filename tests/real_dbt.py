"""dbt-core with dbt-duckdb itself, as the control that checks and benchmarks hold `tarn build` against.

    dbt = Dbt("examples/taxi")
    dbt.load("rides", arrow_table)       # tables of schema public in a DuckDB file whose catalog is called tarn, so that
    dbt.build()                          # both print relations as "tarn"."public"."rides"
    dbt.nodes, dbt.rows("silver_rides")
"""
import json
import os
import subprocess
import tempfile
import time
from collections import namedtuple
from pathlib import Path

import duckdb

# kind: "model" or "test"; status: "ok", "warn", "failed" or "skipped"; failures: of a test, None if it did not run.
Node = namedtuple("Node", "name kind materialized sql status failures")
STATUS = {"success": "ok", "pass": "ok", "warn": "warn", "fail": "failed", "error": "failed", "skipped": "skipped"}


class Dbt:
    def __init__(self, project, threads=2):
        self.project = Path(project).resolve()
        self.folder = Path(tempfile.mkdtemp(prefix="dbt-"))
        self.database = self.folder / "tarn.duckdb"
        (self.folder / "profiles.yml").write_text(
            "tarn: {target: prod, outputs: {prod: "
            f"{{type: duckdb, path: '{self.database}', schema: public, threads: {threads}, settings: {{TimeZone: UTC}}}}}}}}\n")
        with duckdb.connect(self.database) as connection:
            connection.execute("create schema if not exists public")

    def load(self, table, arrow):
        with duckdb.connect(self.database) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.register("loaded", arrow)
            connection.execute(f"create or replace table public.{table} as select * from loaded")

    def run(self, *words):
        """A dbt command: (exit code, seconds, output)."""
        started = time.monotonic()
        command = [Path(os.environ["TARN_DBT"]) / "bin/dbt", *words, "--project-dir", self.project, "--profiles-dir", self.folder,
                   "--target-path", self.folder / "target", "--log-path", self.folder / "logs", "--no-use-colors"]
        done = subprocess.run(command, capture_output=True, text=True,
                              env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"})
        return done.returncode, time.monotonic() - started, done.stdout + done.stderr

    def build(self):
        """All models, then all tests, as `tarn build` has it: models after a failed test are made nevertheless."""
        self.nodes = {}
        for command in ("run", "test"):
            code, _, output = self.run(command)
            self._collect(command, code, output)

    def _collect(self, command, code, output):
        try:
            results = json.loads((self.folder / "target/run_results.json").read_text())["results"]
            nodes = json.loads((self.folder / "target/manifest.json").read_text())["nodes"]
        except FileNotFoundError:
            raise RuntimeError(f"dbt {command}: exit {code}: {output[-2000:]}") from None
        for result in results:
            node = nodes[result["unique_id"]]
            self.nodes[node["name"]] = Node(node["name"], node["resource_type"], node["config"].get("materialized"),
                                            result["compiled_code"], STATUS[result["status"]], result["failures"])

    def rows(self, table):
        """(names, rows) of a table or view."""
        with duckdb.connect(self.database) as connection:
            connection.execute("set timezone = 'UTC'")
            cursor = connection.execute(f"select * from public.{table}")
            return [column[0] for column in cursor.description], cursor.fetchall()
