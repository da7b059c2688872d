"""The sampler of the model of answers beside NumPyro and PyMC with nutpie, on the same simulated answers.

    python tests/benchmarks/answer_model.py [--with PYTHON ...] [--annotators 20 --trials 16 --tracks 24]

Prints seconds, seconds per 100 effective draws of the difference of two conditions and of retention, memory
and the two estimates, with ratios to the sampler. Rivals run if this Python has them; --with names further
interpreters (PyMC needs Python 3.12). A second table has the seconds and memory of larger studies.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from studyserver.results.statistics.answer_model.answers import Family, answers_of  # noqa: E402
from studyserver.results.statistics.answer_model.convergence import effective_size  # noqa: E402
from studyserver.results.statistics.answer_model.fit import Effort, fit_answers  # noqa: E402
from studyserver.results.statistics.answer_model.simulation import Truth, simulate  # noqa: E402

MEANS = np.array([3.4, 3.1, 2.6, 2.7])
TRACKS = 0.81 * np.array([[1, 0.8, 0.2, 0.5], [0.8, 1, 0.16, 0.4], [0.2, 0.16, 1, 0.1], [0.5, 0.4, 0.1, 1]])


def simulated(n_raters: int, n_trials: int, n_tracks: int) -> pd.DataFrame:
    """Return answers of raters who hear all four levels of some tracks each."""
    rng = np.random.default_rng(1)
    each = n_trials // 4
    track = np.concatenate([np.repeat(rng.permutation(n_tracks)[:each], 4) for _ in range(n_raters)])
    rater, level = np.repeat(np.arange(n_raters), 4 * each), np.tile(np.arange(4), n_raters * each)
    values = simulate(Truth(MEANS, TRACKS, 0.16, 0.04, 0.09, 0.49), rater, track, level, rng)
    return pd.DataFrame({"rater": rater, "track": track, "level": level, "value": values})


def own(table: pd.DataFrame, effort: Effort) -> dict[str, float]:
    """Return what the sampler needs and finds."""
    began = time.perf_counter()
    fit = fit_answers(
        answers_of(table, Family.ORDINAL, points=range(1, 6)), effort=effort
    )  # fmt: skip
    seconds = time.perf_counter() - began
    draws = fit.draws
    difference = draws.means[:, :, 1] - draws.means[:, :, 2]
    tracks = draws.tracks
    kept = tracks[:, :, 0, 1] / np.sqrt(tracks[:, :, 0, 0] * tracks[:, :, 1, 1])
    return {
        "seconds": seconds,
        "megabytes": _megabytes(),
        "difference": float(np.median(difference)),
        "retention": float(np.median(kept)),
        "size_difference": effective_size(difference),
        "size_retention": effective_size(kept),
        "r_hat": fit.largest_r_hat,
    }


def _megabytes() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def rivals(pythons: list[str], table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return the same of each rival that an interpreter has."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.csv"
        table.to_csv(path, index=False)
        for python in pythons:
            for name in ("numpyro", "nutpie"):
                command = [python, HERE / "cases" / "answer_model_rivals.py", name, path]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode == 0:
                    found[name] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--with", dest="pythons", nargs="*", default=[])
    parser.add_argument("--annotators", type=int, default=20)
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--tracks", type=int, default=24)
    parser.add_argument("--large", action="store_true", help="also 100 000 judgments (minutes)")
    options = parser.parse_args()
    table = simulated(options.annotators, options.trials, options.tracks)
    found = {"own": own(table, Effort(attempts=1)), **rivals([sys.executable, *options.pythons], table)}
    print(f"{len(table)} answers on a five-point scale, four chains")
    for name, one in found.items():
        per = {what: 100 * one["seconds"] / one[f"size_{what}"] for what in ("difference", "retention")}
        mine = {what: 100 * found["own"]["seconds"] / found["own"][f"size_{what}"] for what in per}
        ratios = {what: per[what] / mine[what] for what in per}
        print(f"  {name}: {one['seconds']:.1f} s, {one['megabytes']:.0f} MB")
        for what in per:
            print(f"    {what} {one[what]:.3f}, seconds per effective draw: {ratios[what]:.1f} times the own")
    sizes = [(100, 50, 60), *([(1000, 100, 400)] if options.large else [])]
    for n_raters, n_trials, n_tracks in sizes:
        table = simulated(n_raters, n_trials, n_tracks)
        one = own(table, Effort(attempts=1))
        needs = f"{one['seconds']:.1f} s, {one['megabytes']:.0f} MB"
        print(f"{len(table)} answers: {needs}, R-hat {one['r_hat']:.3f}")


if __name__ == "__main__":
    main()
