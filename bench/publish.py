"""Publishing: 50 tables of a branch that main has not changed since, in one commit; branches, and the history of 1,000 runs, beside
550 tables. Measured in the catalog itself, on a disk that syncs."""
import subprocess
import sys
import tempfile

from figures import ROOT, spread, table


def main(quick=False):
    subprocess.run([ROOT / "tools/build", "release", "catalog_bench"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.check_output([ROOT / "build/release/src/catalog/catalog_bench", folder, "5" if quick else "20"], text=True).splitlines()
    figures = dict(line.rsplit(":", 1) for line in lines)
    table(("what", "ms"), [(name, spread([float(each) for each in values.split()], "{:.1f}")) for name, values in figures.items()])
    print(f"{len(next(iter(figures.values())).split())} times each, median (least to most).")


if __name__ == "__main__":
    main("--quick" in sys.argv)
