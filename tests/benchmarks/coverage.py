"""How often 95 % intervals hold the truth, with widths beside those of the jackknife without its corrections.

Run from the root of the repository::

    python tests/benchmarks/coverage.py            # 500 studies a row
    python tests/benchmarks/coverage.py 100        # fewer, for a quick look

Each row is a kind of study. "Now" is what tables show: the two-way jackknife less the intersection, with
tracks left out where clips share tracks. "Sum" adds the variances over items and raters, "clips" leaves out
single clips. Widths are medians, as ratios to those of "now".
"""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studyserver.results.statistics.agreement import COEFFICIENTS, prepare
from studyserver.results.statistics.agreement.coefficients import COEFFICIENTS as BY_NAME
from studyserver.results.statistics.agreement.resampling import without_units
from studyserver.results.statistics.intervals import jackknife
from studyserver.results.statistics.means import mean_with_interval

Judgments = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # clips, annotators, values, tracks


@dataclass(frozen=True)
class Kind:
    """A kind of study: sizes, variances and scale."""

    label: str
    tracks: int
    raters: int
    clips: int = 1  # of each track
    share: float = 1.0  # of the cells that are judged
    rater_sd: float = 0.5
    track_sd: float = 1.0
    clip_sd: float = 0.0
    error_sd: float = 0.9
    taste_sd: float = 0.0  # of a rater for a track
    cut: float | None = None  # yes above it; None: five points

    def draw(self, generator: np.random.Generator) -> Judgments:
        """Return the judgments of one study."""
        return self._judged(generator, self.tracks, self.raters, self.share)

    def _judged(self, generator: np.random.Generator, tracks: int, raters: int, share: float) -> Judgments:
        track = np.repeat(np.arange(tracks), self.clips)
        clip = self.track_sd * generator.normal(size=tracks)[track] + self.clip_sd * generator.normal(
            size=len(track)
        )
        x = clip[:, None] + self.rater_sd * generator.normal(size=raters)
        x = x + self.taste_sd * generator.normal(size=(tracks, raters))[track]
        x = x + self.error_sd * generator.normal(size=x.shape)
        values = np.clip(np.round(1.1 * x + 3), 1, 5) if self.cut is None else (x > self.cut) * 1.0
        items, who = np.nonzero(generator.random(x.shape) < share)
        return items, who, values[items, who], track[items]

    def truth(self, figure: str) -> float:
        """Return the figure of a very large study."""
        generator = np.random.default_rng(99)
        found = [self._judged(generator, 1500 // self.clips, 150, 1.0) for _ in range(12)]
        if figure == "mean":
            return float(np.mean([values.mean() for _, _, values, _ in found]))
        return float(np.mean([BY_NAME[figure].compute(prepare(*one[:3], self.level)).value for one in found]))

    @property
    def level(self) -> str:
        """Level of measurement at which it is analysed."""
        return "interval" if self.cut is None else "nominal"


def intervals(study: Judgments, level: str, figure: str) -> dict[str, tuple[float, float]]:
    """Return the intervals of one study by the ways to compute them."""
    items, raters, values, tracks = study
    if figure == "mean":
        found = mean_with_interval(values, items, raters, units=tracks).interval
        return {"now": (found.low, found.high)}
    ratings = prepare(items, raters, values, level, None, tracks)
    one = BY_NAME[figure].compute(ratings)
    scale = COEFFICIENTS[figure].scale(ratings)
    units, cell = one.without_item, None
    if ratings.unit is not None:
        units, cell = without_units(ratings, [BY_NAME[figure]])[figure], ratings.cell
    ways = {
        "now": jackknife(one.value, units, one.without_rater, one.without_judgment, cell=cell, scale=scale),
        "sum": jackknife(one.value, units, one.without_rater, scale=scale),
        "clips": jackknife(one.value, one.without_item, one.without_rater, one.without_judgment, scale=scale),
    }
    return {name: (way.low, way.high) for name, way in ways.items()}


KINDS = [
    Kind("20 tracks x 5 annotators", 20, 5),
    Kind("30 tracks x 8 annotators", 30, 8),
    Kind("13 tracks x 20 annotators, half judged", 13, 20, share=0.5),
    Kind(
        "24 tracks x 20 annotators, much error", 24, 20, share=0.6, rater_sd=0.2, error_sd=2.0, track_sd=0.7
    ),
    Kind("8 tracks of 4 clips x 12 annotators", 8, 12, clips=4, clip_sd=0.4, taste_sd=0.3, share=0.7),
    Kind("13 tracks of 3 clips x 20 annotators", 13, 20, clips=3, clip_sd=0.3, share=0.4),
    Kind("rare answers (10 %), 40 x 8", 40, 8, cut=1.84),
    Kind("rare answers (10 %), 24 x 20, half judged", 24, 20, share=0.5, cut=1.84),
]


def coverage(kind: Kind, figure: str, studies: int) -> dict[str, tuple[float, float, float]]:
    """Return, for each way, coverage, median width and share of studies without an interval."""
    truth, generator = kind.truth(figure), np.random.default_rng(1)
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(studies):
        try:
            for name, ends in intervals(kind.draw(generator), kind.level, figure).items():
                found.setdefault(name, []).append(ends)
        except ValueError:
            continue
    result = {}
    for name, ends in found.items():
        known = np.array([end for end in ends if end[0] is not None], dtype=float)
        held = (known[:, 0] <= truth) & (truth <= known[:, 1])
        result[name] = (
            float(held.mean()),
            float(np.median(known[:, 1] - known[:, 0])),
            1 - len(known) / studies,
        )
    return result


def report(studies: int, show: Callable[[str], None] = print) -> None:
    """Print a line per kind of study and figure."""
    for kind in KINDS:
        for figure in ("krippendorff_alpha", "mean"):
            found = coverage(kind, figure, studies)
            width = found["now"][1]
            ways = "  ".join(
                f"{name} {held:.3f} ({own / width:.2f})" for name, (held, own, _) in found.items()
            )
            show(f"{kind.label:45} {figure:20} {ways}  none {found['now'][2]:.3f}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    report(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
