#!/usr/bin/env python3
"""Plants one violation after the other into a small tree and expects tools/tidy to name it, and nothing else."""
import importlib.machinery
import importlib.util
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
loader = importlib.machinery.SourceFileLoader("tidy", str(HERE / "tidy"))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

FLOORS = """
# comment
0 base
1 host wire/kafka wire/postgres
2 log blob
7 worker
8 flow: source < land < check
9 doors/kafka doors/pg
10 tarn
"""


class TidyTest(unittest.TestCase):
    def check(self, files):
        """The rules that a tree of `files` breaks, one per finding, sorted."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in {"src/FLOORS": FLOORS, **files}.items():
                path = Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            self.found = tidy.Tidy(root)
            return sorted(line.split(": ")[1] for line in self.found.run())

    def source(self, name, line):
        return self.check({name: ("#pragma once\n" if name.endswith(".h") else "") + line + "\n"})

    def test_lower_floors_may_be_included(self):
        for name, target in [("src/log/a.cc", "base/b.h"), ("src/doors/pg/a.cc", "wire/postgres/b.h"), ("src/flow/check/a.h", "flow/land/b.h"),
                             ("src/flow/land/a.h", "worker/b.h"), ("src/log/a.cc", "log/deep/b.h"), ("src/log/deep/a.cc", "log/b.h")]:
            self.assertEqual(self.source(name, f'#include "{target}"'), [], (name, target))

    def test_floors(self):
        for name, target in [("src/log/a.cc", "worker/b.h"), ("src/log/a.cc", "blob/b.h"), ("src/wire/kafka/a.cc", "wire/postgres/b.h"),
                             ("src/doors/pg/a.h", "doors/kafka/b.h"), ("src/flow/source/a.cc", "flow/land/b.h"),
                             ("src/flow/a.cc", "flow/land/b.h"), ("src/log/a.cc", "b.h"), ("src/log/a.cc", "unknown/b.h")]:
            self.assertEqual(self.source(name, f'#include "{target}"'), ["floors"], (name, target))
        self.assertEqual(self.source("src/unknown/a.cc", ""), ["floors"])
        self.assertEqual(self.source("src/wire/soap/a.cc", ""), ["floors"])

    def test_duckdb_stays_in_worker(self):
        self.assertEqual(self.source("src/worker/sql/a.h", "#include <duckdb.h>"), [])
        self.assertEqual(self.source("src/log/a.cc", "#include <duckdb.h>"), ["duckdb"])

    def test_heavy_headers(self):
        for target in ["boost/asio.hpp", "nlohmann/json.hpp", "fmt/format.h", "spdlog/spdlog.h", "regex", "iostream", "sqlite3.h", "openssl/ssl.h",
                       "simdjson.h", "pg_query.h", "yaml-cpp/yaml.h", "prometheus/counter.h"]:
            self.assertEqual(self.source("src/log/a.h", f"#include <{target}>"), ["heavy"], target)
            self.assertEqual(self.source("src/log/a.cc", f"#include <{target}>"), [], target)

    def test_one_seam_per_heavy_library(self):
        self.assertEqual(self.check({"src/tarn/a.cc": "#include <CLI/CLI.hpp>\n", "src/tarn/b.cc": "#include <CLI/CLI.hpp>\n"}), ["heavy"])

    def test_doctest_stays_in_tests(self):
        self.assertEqual(self.source("src/log/a_test.cc", "#include <doctest/doctest.h>"), [])
        self.assertEqual(self.source("src/log/a.cc", "#include <doctest/doctest.h>"), ["doctest"])

    def test_the_world_is_reached_through_host(self):
        for line in ["auto t = std::chrono::steady_clock::now();", "clock_gettime(CLOCK_REALTIME, &t);", "time(nullptr);", "std::time(nullptr);",
                     "std::this_thread::sleep_for(1s);", "usleep(3);", "sleep(1);", "std::random_device rd;", "int x = rand();", "srand(1);",
                     "int fd = ::open(p, 0);", "::write(fd, b, n);", "if (fsync(fd)) {}", "::fdatasync(fd);", 'FILE* f = fopen("x", "w");',
                     "std::ofstream out(path);", "std::ifstream in(path);", "execv(p, a);", "pid_t p = ::fork();", 'std::system("ls");',
                     'popen("ls", "r");', "posix_spawn(&p);", "int s = ::socket(1, 2, 3);", "getrandom(b, 1, 0);"]:
            self.assertEqual(self.source("src/log/a.cc", line), ["world"], line)
            self.assertEqual(self.source("src/log/a_test.cc", line), ["world"], line)
            self.assertEqual(self.source("src/host/a.cc", line), [], line)

    def test_the_world_is_not_seen_where_it_is_not(self):
        for line in ["// fsync(fd) would do", "/* ::open(\n */ int x;", 'log("fsync(fd) failed");', "files.open(path);", "clock.now();", "file->fsync_all();",
                     "Files::open(path);", "value_time(nullptr);", "clock.sleep(1s);", "clock.sleep_until(t);", "clock->sleep_for(1s);", "int operand(int);", "auto x = R\"(fsync(1) ::open())\";",
                     "std::chrono::steady_clock::time_point t;", "clock->time(0);", "std::mt19937_64 random{seed};", "1'000'000; // sleep(1)"]:
            self.assertEqual(self.source("src/log/a.cc", line), [], line)

    def test_a_line_may_say_why(self):
        self.assertEqual(self.source("src/log/a.cc", "fsync(fd);  // tidy-ok(world): the reason"), [])
        self.assertEqual(self.source("src/log/a.cc", "// tidy-ok(world): the reason\nfsync(fd);"), [])
        self.assertEqual(self.source("src/log/a.cc", "fsync(fd);  // tidy-ok(world):"), ["world"])
        self.assertEqual(self.source("src/log/a.cc", "fsync(fd);  // tidy-ok(heavy): the reason"), ["world"])

    def test_pragma_once(self):
        self.assertEqual(self.check({"src/log/a.h": "int x;\n"}), ["once"])

    def test_machine_paths(self):
        for line in ["see /ro" "ot/x", "cd /ho" "me/joe/x", "/tm" "p/a", "https://py" "pi.org/simple"]:
            self.assertEqual(self.check({"docs/a.md": line + "\n"}), ["machine"], line)
        for line in ["$HOME/work/x", "${TMPDIR:-/tmp}/x", "https://example.org/work/x", "build/tmp/x"]:
            self.assertEqual(self.check({"docs/a.md": line + "\n"}), [], line)

    def test_links_lead_somewhere(self):
        self.assertEqual(self.check({"docs/a.md": "[x](b.md), [y](../src/FLOORS#top), [z](https://x.org/y), [w](#here)\n", "docs/b.md": ""}), [])
        self.assertEqual(self.check({"docs/a.md": "[x](b.md)\n"}), ["link"])

    def test_a_long_file_is_a_warning(self):
        self.assertEqual(self.source("src/log/a.cc", "int x;\n" * (tidy.LINES_MAX + 1)), [])
        self.assertEqual(len(self.found.warnings), 1)


if __name__ == "__main__":
    unittest.main()
