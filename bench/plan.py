"""Models: 1,000 generated ones (half of them with two tests) read, compiled and planned; and what each of 100 views that do
nothing adds to a build, from the command's start to its end."""
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import spread, table
from running_tarn import TARN, Platform

MODELS, VIEWS = 1000, 100


def generated(models):
    folder = Path(tempfile.mkdtemp(prefix="models-"))
    (folder / "dbt_project.yml").write_text("name: generated\nvars: {least: 3}\nmodels: {+materialized: view}\n")
    yml = "models:\n"
    for number in range(models):
        parent = f"{{{{ ref('m{number // 2}') }}}}" if number > 1 else "{{ ref('m0') }}" if number else "{{ source('stream', 'r') }}"
        path = folder / f"models/f{number % 10}/m{number}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{{ config(tags=['t%d']) }}\nselect id, count(*) as n\nfrom %s\n{%% if var('least') > 2 %%}\nwhere id > {{ var('least') }}\n{%% endif %%}\n"
                        "group by id\n" % (number % 7, parent))
        if number % 2:
            yml += f"  - name: m{number}\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n"
    (folder / "models/schema.yml").write_text(yml)
    return folder


def views(count):
    folder = Path(tempfile.mkdtemp(prefix="views-"))
    (folder / "dbt_project.yml").write_text("name: views\n")
    (folder / "models").mkdir()
    for number in range(count):
        (folder / f"models/v{number}.sql").write_text("select 1 as x\n")
    return folder


def milliseconds(command):
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - started) * 1000


def main(quick=False):
    rounds = 3 if quick else 10
    project = generated(MODELS)
    planned = [milliseconds([TARN, "build", project, "--dry-run"]) for _ in range(rounds)]
    tarn = Platform()
    one, many = views(1), views(VIEWS)
    build = lambda folder: milliseconds([TARN, "build", folder, "--data", tarn.data])
    build(one), build(many)
    found = [(build(one), build(many)) for _ in range(rounds)]
    tarn.stop()
    table(("", "ms"), [(f"{MODELS} models and as many tests planned", spread(planned, "{:.0f}")), ("build of one view", spread([one for one, _ in found], "{:.0f}")),
                       (f"build of {VIEWS} views", spread([many for _, many in found], "{:.0f}")),
                       ("each view more", spread([(many - one) / (VIEWS - 1) for one, many in found], "{:.1f}"))])
    print(f"{rounds} rounds, median (least to most).")


if __name__ == "__main__":
    main("--quick" in sys.argv)
