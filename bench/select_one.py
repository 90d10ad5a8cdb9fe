"""`select 1`: pgbench with one client, Tarn and Postgres 15 by turns.

A round trip is 16 us or 50 us depending on whether the kernel puts client and server on one core: only pairs of the same
minute compare."""
import subprocess
import sys
from pathlib import Path

from figures import note, percentile, spread, table
from real_postgres import BIN, RealPostgres
from running_tarn import Platform, scratch_folder

SECONDS, ROUNDS, MODES = 3, 10, ("simple", "extended", "prepared")


def micros(conninfo, mode, seconds):
    """Latencies of one pgbench run."""
    folder = scratch_folder()
    (folder / "one.sql").write_text("select 1;\n")
    done = subprocess.run([BIN / "pgbench", "-n", "-f", folder / "one.sql", "-T", str(seconds), "-c", "1", "-M", mode, "-l", "--log-prefix", folder / "log", conninfo],
                          capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [int(line.split()[2]) for log in folder.glob("log*") for line in log.read_text().splitlines()]


def main(quick=False):
    rounds, seconds = (2, 1) if quick else (ROUNDS, SECONDS)
    rows = []
    with Platform() as tarn, RealPostgres() as postgres:
        for server in (tarn, postgres):
            micros(server.pg, "simple", 1)  # warm
        for mode in MODES:
            p50, p99 = {"Tarn": [], "Postgres 15": []}, {"Tarn": [], "Postgres 15": []}
            for number in range(rounds):
                for name, server in (("Tarn", tarn), ("Postgres 15", postgres)):
                    found = micros(server.pg, mode, seconds)
                    p50[name].append(percentile(found, 0.5))
                    p99[name].append(percentile(found, 0.99))
                note(f"select 1, {mode}, round {number + 1} of {rounds}: {p50['Tarn'][-1]} and {p50['Postgres 15'][-1]} us")
            ratio = [ours / theirs for ours, theirs in zip(p50["Tarn"], p50["Postgres 15"])]
            rows += [(mode, name, spread(p50[name], "{:.0f}"), spread(p99[name], "{:.0f}"), spread(ratio) if name == "Tarn" else "") for name in p50]
    table(("protocol", "server", "p50 us", "p99 us", "p50 to Postgres's, by pairs"), rows)
    print(f"{rounds} rounds of {seconds} s each, median (least to most).")


if __name__ == "__main__":
    main("--quick" in sys.argv)
