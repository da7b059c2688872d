"""What 20 annotators and ten minutes each say: the model of the answers beside what it replaced.

    python tests/benchmarks/verdict.py [--studies 300] [--tracks 24] [--processes 2]

Simulated studies of four conditions on a five-point scale, 20 annotators x 16 trials, true retention of the
evidence .8 and of the control .2. Three kinds of listeners: alike; tracks with heavy tails (t with 4 degrees
of freedom); and listeners who use the scale differently (stretched and shifted). The last two are not
described by the model's priors. Per kind, in one run on the same answers:

- median 95 % width of evidence - control, and how often it is undefined: paired contrasts with the jackknife
  on ten tracks allocated as before, against the model on many tracks of which each person hears all
  conditions;
- the same of retention;
- coverage of the model's intervals of the difference, the means and both retentions, and of the interval of
  Krippendorff's alpha over the clips, of which several share a track.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support" / "panels")]

import numpy as np  # noqa: E402
import paired_contrasts  # noqa: E402
import pandas as pd  # noqa: E402

from studyserver.results.statistics.agreement.table import agreement_table  # noqa: E402
from studyserver.results.statistics.answer_model.answers import Family, answers_of  # noqa: E402
from studyserver.results.statistics.answer_model.estimands import (  # noqa: E402
    difference,
    mean,
    retention,
)
from studyserver.results.statistics.answer_model.fit import Effort, fit_answers  # noqa: E402

LEVELS = ["original", "evidence", "control", "complement"]
MEANS = np.array([3.4, 3.1, 2.6, 2.7])
RETENTION = np.array([1.0, 0.8, 0.2, 0.5])
SD = {"tracks": 0.9, "raters": 0.4, "raters_by_level": 0.2, "raters_by_track": 0.3, "error": 0.7}
KINDS = ("alike", "heavy tails", "differing scales")
N_RATERS, N_TRIALS = 20, 16
EFFORT = Effort(n_warm_up=200, n_draws=300, attempts=2)


@dataclass(frozen=True)
class Outcome:
    """Widths and coverage of one study."""

    old: tuple[float, float]
    new: tuple[float, float]
    covers: tuple[bool, ...]


def heard(kind: str, rng: np.random.Generator, rows: np.ndarray, n_tracks: int, n_raters: int) -> np.ndarray:
    """Return answers of five points to (rater, track, level) rows."""
    rater, track, level = rows.T
    correlation = np.outer(RETENTION, RETENTION)
    np.fill_diagonal(correlation, 1)
    effects = rng.normal(size=(n_tracks, 4)) @ np.linalg.cholesky(correlation).T * SD["tracks"]
    if kind == "heavy tails":
        effects /= np.sqrt(rng.chisquare(4, size=(n_tracks, 1)) / 2)  # the same variance
    values = MEANS[level] + effects[track, level]
    values += rng.normal(size=n_raters)[rater] * SD["raters"]
    values += rng.normal(size=(n_raters, 4))[rater, level] * SD["raters_by_level"]
    values += rng.normal(size=(n_raters, n_tracks))[rater, track] * SD["raters_by_track"]
    values += rng.normal(size=len(rows)) * SD["error"]
    if kind == "differing scales":
        stretch, shift = np.exp(rng.normal(size=n_raters) * 0.35), rng.normal(size=n_raters) * 0.4
        values = 3 + (values - 3) * stretch[rater] + shift[rater]
    return np.clip(np.round(values), 1, 5)


def true_means(kind: str) -> np.ndarray:
    """Return the expected answers of new raters to new tracks."""
    rng, n, found = np.random.default_rng(1), 400, []
    rows = np.array([(one, one, level) for one in range(n) for level in range(4)])
    for _ in range(400):
        found.append(heard(kind, rng, rows, n, n).reshape(n, 4).mean(axis=0))
    return np.mean(found, axis=0)


def alpha(rows: np.ndarray, values: np.ndarray) -> tuple[float, float, float]:
    """Return Krippendorff's alpha over clips with its interval for new tracks and raters."""
    rater, track, level = rows.T
    table = agreement_table(
        4 * track + level,
        rater,
        values,
        "ordinal",
        range(1, 6),
        units=track,
        statistics=("krippendorff_alpha",),
    )
    row = table[table["ci_scope"] == "items+raters"].iloc[0]
    return float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"])


def true_alpha(kind: str) -> float:
    """Return alpha of many raters and tracks."""
    rng, n_tracks, n_raters, found = np.random.default_rng(2), 300, 60, []
    rows = np.array(
        [(one, two, level) for one in range(n_raters) for two in range(n_tracks) for level in range(4)]
    )
    rater, track, level = rows.T
    for _ in range(8):
        values = heard(kind, rng, rows, n_tracks, n_raters)
        table = agreement_table(
            4 * track + level, rater, values, "ordinal", statistics=("krippendorff_alpha",)
        )
        found.append(float(table["estimate"].iloc[0]))
    return float(np.mean(found))


def in_sets(rng: np.random.Generator, n_tracks: int) -> np.ndarray:
    """Return trials that give each person all conditions of the least judged tracks."""
    judged, rows = np.zeros(n_tracks), []
    for rater in range(N_RATERS):
        for track in np.lexsort((rng.random(n_tracks), judged))[: N_TRIALS // 4]:
            judged[track] += 1
            rows += [(rater, track, level) for level in range(4)]
    return np.array(rows)


def as_before(rng: np.random.Generator, n_tracks: int) -> np.ndarray:
    """Return trials of the least judged clips, of tracks that the person has fewer of first."""
    judged, rows = np.zeros((n_tracks, 4)), []
    for rater in range(N_RATERS):
        own, free = np.zeros(n_tracks), np.ones((n_tracks, 4), dtype=bool)
        for _ in range(N_TRIALS):
            rank = own[:, None] * 1e6 + judged * 1e3 + rng.random((n_tracks, 4))
            track, level = np.unravel_index(np.argmin(np.where(free, rank, np.inf)), rank.shape)
            free[track, level] = False
            own[track] += 1
            judged[track, level] += 1
            rows.append((rater, track, level))
    return np.array(rows)


def table_of(rows: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {"rater": rows[:, 0], "track": rows[:, 1], "level": np.array(LEVELS)[rows[:, 2]], "value": values}
    )


def study(seed: int, *, kind: str, n_tracks: int, truth: np.ndarray, agreement: float) -> Outcome:
    """Simulate one study in both designs and analyse it both ways."""
    rng = np.random.default_rng(seed)
    rows = as_before(rng, 10)
    table = table_of(rows, heard(kind, rng, rows, 10, N_RATERS))
    _, low, high = paired_contrasts.contrast(table, "evidence", "control", once=False)
    _, kept_low, kept_high = paired_contrasts.retention(table, "original", "evidence")
    rows = in_sets(rng, n_tracks)
    values = heard(kind, rng, rows, n_tracks, N_RATERS)
    table = table_of(rows, values)
    fit = fit_answers(answers_of(table, Family.ORDINAL, points=range(1, 6), levels=LEVELS), effort=EFFORT)
    intervals = [difference(fit, ["evidence"], ["control"]).interval()]
    intervals += [mean(fit, level).interval() for level in LEVELS]
    intervals += [retention(fit, "original", level).interval() for level in ("evidence", "control")]
    truths = [truth[1] - truth[2], *truth, RETENTION[1], RETENTION[2]]
    intervals.append(alpha(rows, values)[1:])
    truths.append(agreement)
    covers = tuple(one[0] <= value <= one[1] for one, value in zip(intervals, truths, strict=True))
    new = tuple(float(np.diff(intervals[place])[0]) for place in (0, 5))
    return Outcome((high - low, kept_high - kept_low), (new[0], new[1]), covers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--tracks", type=int, default=24)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    for kind in options.kinds:
        began = time.perf_counter()
        simulate = partial(
            study, kind=kind, n_tracks=options.tracks, truth=true_means(kind), agreement=true_alpha(kind)
        )
        with ProcessPoolExecutor(options.processes) as pool:
            found = list(pool.map(simulate, range(options.studies)))
        old, new = np.array([one.old for one in found]), np.array([one.new for one in found])
        covers = np.array([one.covers for one in found]).mean(axis=0)
        print(f"{kind}: {options.studies} studies, {time.perf_counter() - began:.0f} s")
        for place, name in enumerate(("evidence - control", "retention")):
            before, now = np.nanmedian(old[:, place]), np.median(new[:, place])
            undefined = np.isnan(old[:, place]).mean()
            print(
                f"  width of {name}: before {before:.2f} (undefined {undefined:.0%}), model {now:.2f}, "
                f"ratio {now / before:.2f}"
            )
        print(
            f"  coverage: difference {covers[0]:.3f}, means {covers[1:5].mean():.3f}, "
            f"retention {covers[5:7].mean():.3f}, alpha {covers[7]:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
