"""A track over time, as numbers for a drawing: waveform, what a model says, and excerpts.

Drawings are 1000 wide and as high as they say; browsers stretch them to the width of the page, so they hold
no texts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from explainer.core.excerpts.curve import Curve

WIDTH = 1000.0
HEIGHT = 100.0  # of the waveform, and of the curve
TICKS = 5


@dataclass(frozen=True)
class Bar:
    """An excerpt in the drawing."""

    x: float
    width: float
    name: str


@dataclass(frozen=True)
class CurveLine:
    """What a model says over time.

    Attributes
    ----------
    points : str
        Of the line, at the middles of the excerpts.
    low, high : float
        The outputs at its lower and upper edge.
    silent : list of Bar
        Where excerpts would be too silent to be chosen.
    """

    points: str
    low: float
    high: float
    silent: list[Bar] = field(default_factory=list)


def curve_line(curve: Curve, target: str, seconds: float) -> CurveLine:
    """Return the line of a curve over a track of so many seconds."""
    outputs = curve.outputs[target]
    low, high = float(outputs.min()), float(outputs.max())
    middles = (curve.starts + curve.seconds / 2) * WIDTH / seconds
    heights = HEIGHT - 6 - (HEIGHT - 12) * (outputs - low) / ((high - low) or 1)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(middles, heights, strict=True))
    step = float(np.median(np.diff(curve.starts))) if len(curve.starts) > 1 else curve.seconds
    return CurveLine(points, low, high, _silent(middles, curve.usable(), step * WIDTH / seconds))


def _silent(middles: np.ndarray, usable: np.ndarray, step: float) -> list[Bar]:
    """Return a bar for each run of places that are not usable."""
    edges = np.diff(np.concatenate([[False], ~usable, [False]]).astype(int))
    runs = zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True)
    return [Bar(float(middles[a]) - step / 2, float(middles[b] - middles[a]) + step, "") for a, b in runs]


def waveform_path(peaks: Sequence[tuple[float, float]]) -> str:
    """Return the outline of a waveform as the data of a path."""
    step = WIDTH / len(peaks)
    half = HEIGHT / 2
    edges = [
        [f"{step * (place + 0.5):.1f} {half - half * peak[side]:.1f}" for place, peak in enumerate(peaks)]
        for side in (1, 0)
    ]
    return f"M{' L'.join(edges[0] + edges[1][::-1])} Z"


def bars(parts: Iterable[tuple[float, float, str]], seconds: float) -> list[Bar]:
    """Return excerpts, given as start and length in s and name, in a drawing of so many seconds."""
    return [Bar(WIDTH * start / seconds, WIDTH * length / seconds, name) for start, length, name in parts]


def ticks(seconds: float) -> list[str]:
    """Return the times of evenly spaced places from the beginning to the end of a track."""
    return [clock(seconds * place / (TICKS - 1)) for place in range(TICKS)]


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds; below a minute as seconds with a tenth."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
