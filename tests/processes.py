"""What /proc tells of a process and everything below it."""
import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """pid and its living descendants."""
    found = [pid]
    for each in found:
        try:
            for children in Path(f"/proc/{each}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        except OSError:  # ended meanwhile
            pass
    return found


def status(pid):
    """/proc/PID/status as a dict; empty if the process is gone."""
    try:
        return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    except OSError:
        return {}


def running(pid):
    """Whether it exists and is no zombie."""
    return status(pid).get("State", "Z")[0] not in "ZX"


def cpu_seconds(pid):
    """User and system time of the tree, with that of children which ended and were waited for."""
    total = 0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15]))  # utime stime cutime cstime
        except OSError:
            pass
    return total / TICKS


def pss_bytes(pid):
    """Proportional set size of the tree: pages that n processes share count 1/n in each."""
    total = 0
    for each in tree(pid):
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
        except OSError:
            pass
    return total


def peak_bytes(pid):
    """The sum of the tree's peak resident sizes: never less than what was in use at once by those alive now."""
    return sum(int(status(each).get("VmHWM", "0 kB").split()[0]) * 1024 for each in tree(pid))


def eventually(condition, seconds_max, what):
    """Polls until condition() is true and returns its value; an exception counts as not yet. TimeoutError at the deadline."""
    deadline, last = time.monotonic() + seconds_max, None
    while True:
        try:
            last = condition()
            if last:
                return last
        except Exception as error:
            last = error
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds_max} s, last: {last!r}")
        time.sleep(0.01)  # between two polls
