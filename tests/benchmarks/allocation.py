"""All conditions of few tracks to one person, or one condition of many: which interval is narrower.

    python tests/benchmarks/allocation.py [--studies 30] [--tracks 24] [--processes 2]

Simulated studies of 20 annotators and 24 tracks, with the populations of each template that presents single
clips. Both allocations are those of `studyserver.study.design.ordering`; the answers are analysed as a
study's are (docs/answer-model.md), with fewer draws. Printed is, for each estimand, the median width of the
95 % interval as allocated by whole tracks over that by as many tracks as possible, with a 95 % interval of
the ratio from resampled studies, the mean ratio of pairs of studies with its standard error, and how often
both contain the truth.

Simulated ratios are uncertain by a twelfth. "Expected" is the ratio without chance, of the widths that
planning approximates before there are answers. Five minutes of processor time.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from studyserver.results.statistics.answer_model.answers import Family, answers_of  # noqa: E402
from studyserver.results.statistics.answer_model.estimands import (  # noqa: E402
    Posterior,
    difference,
    mean,
    retention,
)
from studyserver.results.statistics.answer_model.fit import Effort, Fit, fit_answers  # noqa: E402
from studyserver.results.statistics.answer_model.simulation import Truth, simulate  # noqa: E402
from studyserver.results.statistics.planning.approximation import Approximation  # noqa: E402
from studyserver.study.design.ordering import ALLOCATIONS, generator  # noqa: E402
from studyserver.study.design.spacing import Item  # noqa: E402

N_RATERS = 20
EFFORT = Effort(n_warm_up=150, n_draws=250, attempts=1)


@dataclass(frozen=True)
class Design:
    """A template's conditions, trials and estimands, in a population of listeners and tracks."""

    levels: tuple[str, ...]  # the original, if there is one, then evidence, then what it is compared with
    trials: int
    truth: Truth
    estimands: Mapping[str, "Estimand"]


Estimand = tuple[Callable[[Fit], Posterior], float, tuple[float, ...] | None]
"""What is estimated, its true value, and the weights of the levels' means in it; none for retention."""


def population(means: tuple[float, ...], kept: tuple[float, ...], *, binary: bool = False) -> Truth:
    """Return listeners and tracks as in tests/benchmarks/verdict.py; binary answers in units of the error."""
    correlation = np.outer(kept, kept)
    np.fill_diagonal(correlation, 1)
    unit = 1 if binary else 0.7
    return Truth(
        means=np.array(means),
        tracks=correlation * (0.7 if binary else 0.9) ** 2,
        raters=(0.4 * unit) ** 2,
        raters_by_level=0.2**2,
        raters_by_track=(0.45 * unit) ** 2,
        error=unit**2,
        family=Family.BINARY if binary else Family.ORDINAL,
    )


def designs() -> dict[str, Design]:
    """Return the designs by template."""
    heard = population((3.4, 3.1, 2.6), (1.0, 0.8, 0.2))
    dose = population((3.4, 2.6, 2.9, 3.2), (1.0, 0.5, 0.7, 0.9))
    about = population((0.6, 0.0), (0.9, 0.3), binary=True)
    return {
        "Is the evidence heard?": Design(
            ("original", "evidence", "random control"),
            24,
            heard,
            {
                "difference": (
                    partial(difference, first=["evidence"], second=["random control"]),
                    heard.mean(1) - heard.mean(2),
                    (0, 1, -1),
                ),
                "retention": (partial(retention, reference="original", level="evidence"), 0.8, None),
            },
        ),
        "How much evidence is needed?": Design(
            ("original", "2 segments", "4 segments", "8 segments"),
            24,
            dose,
            {
                "dose": (
                    partial(difference, first=["8 segments"], second=["2 segments"]),
                    dose.mean(3) - dose.mean(1),
                    (0, -1, 0, 1),
                )
            },
        ),
        "What is it about?": Design(
            ("evidence", "random control"),
            30,
            about,
            {
                "identification": (partial(mean, level="evidence"), about.mean(0), (1, 0)),
                "identification, less the control": (
                    partial(difference, first=["evidence"], second=["random control"]),
                    about.mean(0) - about.mean(1),
                    (1, -1),
                ),
            },
        ),
    }


def allocated(design: Design, allocation: str, seed: int, n_tracks: int) -> pd.DataFrame:
    """Return who hears what: columns rater, track, level (numbers)."""
    items = [Item((track, level), track) for track in range(n_tracks) for level in range(len(design.levels))]
    counts: Counter = Counter()
    rows = []
    for rater in range(N_RATERS):
        chosen = ALLOCATIONS[allocation](items, counts, design.trials, generator(seed, rater))
        counts.update(item.key for item in chosen)
        rows += [(rater, *item.key) for item in chosen]
    return pd.DataFrame(rows, columns=["rater", "track", "level"])


def study(seed: int, *, design: Design, allocation: str, n_tracks: int) -> list[tuple[float, bool]]:
    """Return width and coverage of each estimand in one study."""
    rng = np.random.default_rng(seed)
    table = allocated(design, allocation, seed, n_tracks)
    table["value"] = simulate(design.truth, *(table[name].to_numpy() for name in table.columns), rng)
    table["level"] = np.array(design.levels)[table["level"]]
    _, points = design.truth.steps
    answers = answers_of(table, design.truth.family, points=points, levels=list(design.levels))
    fit = fit_answers(answers, effort=EFFORT)
    found = []
    for estimand, value, _weights in design.estimands.values():
        low, high = estimand(fit).interval()
        found.append((high - low, low <= value <= high))
    return found


def expected_widths(design: Design, table: pd.DataFrame) -> dict[str, float]:
    """Return the width of each estimand's interval as planning approximates it."""
    about = Approximation(
        design.truth, table["rater"].to_numpy(), table["track"].to_numpy(), table["level"].to_numpy()
    )
    found = {}
    for name, (_estimand, _value, weights) in design.estimands.items():
        if weights is None:
            low, high = about.intervals_of_retention(0, 1)
            found[name] = float((high - low).mean())
        else:
            found[name] = about.width_of_difference(weights)
    return found


def main() -> None:
    """Print the ratios of widths."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--studies", type=int, default=30)
    parser.add_argument("--tracks", type=int, default=24)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    for template, design in designs().items():
        began = time.perf_counter()
        widths, covers = {}, {}
        for allocation in ALLOCATIONS:
            simulated = partial(study, design=design, allocation=allocation, n_tracks=options.tracks)
            with ProcessPoolExecutor(options.processes) as pool:
                found = np.array(list(pool.map(simulated, range(options.studies))))
            widths[allocation], covers[allocation] = found[..., 0], found[..., 1].mean(axis=0)
        expected = [
            expected_widths(design, allocated(design, allocation, 1, options.tracks))
            for allocation in ("many_tracks", "whole_tracks")
        ]
        print(f"{template}: {options.studies} studies, {time.perf_counter() - began:.0f} s")
        for place, name in enumerate(design.estimands):
            many, whole = (widths[allocation][:, place] for allocation in ("many_tracks", "whole_tracks"))
            draws = rng.integers(len(many), size=(2000, 2, len(many)))
            ratios = np.median(whole[draws[:, 0]], axis=1) / np.median(many[draws[:, 1]], axis=1)
            low, high = np.quantile(ratios, [0.025, 0.975])
            pairs = np.log(whole / many)  # of studies with the same seed
            error = pairs.std(ddof=1) / np.sqrt(len(pairs))
            print(
                f"  {name}: many tracks {np.median(many):.2f}, whole tracks {np.median(whole):.2f}, ratio "
                f"{np.median(whole) / np.median(many):.2f} [{low:.2f}, {high:.2f}], "
                f"mean ratio {np.exp(pairs.mean()):.3f} ± {error:.3f}, "
                f"expected {expected[1][name] / expected[0][name]:.3f}, coverage "
                f"{covers['many_tracks'][place]:.2f} and {covers['whole_tracks'][place]:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
