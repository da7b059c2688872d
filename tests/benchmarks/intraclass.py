"""Time of the agreement tables of incomplete interval judgments, beside an earlier version.

Run from the root of a clone with history::

    python tests/benchmarks/intraclass.py                 # 1e5 judgments in two designs, 1e6 of 2 000 raters
    python tests/benchmarks/intraclass.py --small         # 1e5 only
    python tests/benchmarks/intraclass.py --since COMMIT  # another version to compare with

The earlier version is taken out of git into a temporary folder and run in a process of its own, with a
limit of ten minutes; where it does not finish, the ratio is a lower bound. Prints processor time, ratio, and
greatest difference of the estimates. On a machine that does other work set OMP_NUM_THREADS=1.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SINCE = "1f0d0df"  # before the one-step values of large designs
LIMIT = 600  # s
DESIGNS = {  # items, raters, judgments of each item
    "1e5: 5 000 items x 20 raters, 70 % judged": (5000, 20, 14),
    "1e5: 1 000 items, 400 raters, 100 of each item": (1000, 400, 100),
    "1e6: 5 000 items, 2 000 raters, 200 of each item": (5000, 2000, 200),
}
PROGRAM = """
import json, sys, time
import numpy as np
from studyserver.results.statistics.agreement import prepare, table_of
n_items, n_raters, each = map(int, sys.argv[1:])
generator = np.random.default_rng(1)
items = np.repeat(np.arange(n_items), each)
raters = np.concatenate([generator.choice(n_raters, each, replace=False) for _ in range(n_items)])
y = generator.normal(size=n_items)[items] + 0.5 * generator.normal(size=n_raters)[raters]
y = np.clip(np.round(50 + 15 * (y + generator.normal(size=len(items)))), 0, 100)
began, busy = time.perf_counter(), time.process_time()
table = table_of(prepare(items, raters, y, "interval"))
seconds, busy = time.perf_counter() - began, time.process_time() - busy
rows = table[table["ci_scope"] == "items+raters"].set_index("statistic")["estimate"].dropna()
print(json.dumps({"seconds": seconds, "processor": busy, "estimates": rows.to_dict()}))
"""


def main() -> None:
    """Print one line per design."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--since", default=SINCE)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        earlier = unpacked(asked.since, Path(folder))
        for label, design in DESIGNS.items():
            if not (asked.small and label.startswith("1e6")):
                compare(label, design, earlier)


def unpacked(commit: str, folder: Path) -> Path | None:
    """Return a folder with the earlier version, None where there is no history."""
    found = subprocess.run(
        ["git", "archive", commit, "studyserver", "explainer"], cwd=ROOT, capture_output=True
    )
    if found.returncode:
        print(f"no earlier version to compare with: {found.stderr.decode().strip()}")
        return None
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def compare(label: str, design: tuple[int, int, int], earlier: Path | None) -> None:
    """Print times of this version, and of the earlier one."""
    now = measured(ROOT, design)
    print(f"{label}: {now['seconds']:.1f} s ({now['processor']:.1f} s of processor time)", flush=True)
    if earlier is None:
        return
    before = measured(earlier, design)
    if before is None:
        print(f"  earlier: not done after {LIMIT} s, ratio above {LIMIT / now['seconds']:.0f}")
        return
    apart = max(abs(value - before["estimates"][name]) for name, value in now["estimates"].items()
                if name in before["estimates"])  # fmt: skip
    ratio = before["processor"] / now["processor"]
    print(f"  earlier: {before['seconds']:.1f} s ({before['processor']:.1f} s), ratio {ratio:.1f}; "
          f"estimates differ by at most {apart:.1e}")  # fmt: skip


def measured(folder: Path, design: tuple[int, int, int]) -> dict | None:
    """Return times and estimates of one version, None if it does not finish."""
    command = [sys.executable, "-c", PROGRAM, *map(str, design)]
    try:
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)},
            capture_output=True, text=True, timeout=LIMIT, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
