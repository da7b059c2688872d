"""Pictures over time and frequency: evidence stressed in the sound, and weights of segments."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explainer.core.representations.representation import Representation
from explainer.core.segmentation.segments import Segmentation

from .style import ACCENT, HEIGHT, LINE, MUTED, SOUND_MAP, STYLE, WEIGHT_MAP, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

NOTES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def note_name(frequency: float) -> str:
    """Return the nearest note of a frequency in Hz, such as ``A4`` for 440."""
    number = round(69 + 12 * np.log2(frequency / 440))
    return f"{NOTES[number % 12]}{number // 12 - 1}"


def draw_evidence(
    features: np.ndarray,
    representation: Representation,
    segmentation: Segmentation,
    mask: np.ndarray,
    *,
    title: str = "",
) -> "Figure":
    """Draw the spectrogram with every segment outlined, some of them stressed and the rest dimmed.

    Parameters
    ----------
    features : np.ndarray [shape=(n_frames, n_bands)]
    mask : np.ndarray of bool [shape=(n_segments,)]
        Segments to stress; with none the picture shows the segmentation alone.
    """
    figure, axes = _new(title)
    _draw_sound(axes, features, representation)
    for labels in segmentation.labels:
        _outline(axes, labels, color=MUTED, linewidth=0.4, alpha=0.6)
    if np.any(mask):
        gain = segmentation.gain(np.asarray(mask, dtype=bool))
        veil = np.ones((*gain.shape, 4))
        veil[..., 3] = 0.72 * (1 - gain)
        _draw_cells(axes, veil)
        _outline(axes, (gain > 0.5).astype(int), closed=True, color=ACCENT, linewidth=1.8, clip_on=False)
    return figure


def draw_weights(
    features: np.ndarray,
    representation: Representation,
    segmentation: Segmentation,
    weights: np.ndarray,
    standard_errors: np.ndarray | None = None,
    *,
    unit: str = "",
    title: str = "",
) -> "Figure":
    """Draw each segment's weight as a colour over the outlines; weak ones stay pale.

    Parameters
    ----------
    weights : np.ndarray [shape=(n_segments,)]
    standard_errors : np.ndarray [shape=(n_segments,)], optional
        Segments whose weight is less than twice this from 0 are marked by a cross.
    unit : str
        Of the weights, for the colour bar.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure, axes = _new(title)
    limit = float(np.abs(weights).max()) or 1.0
    cells = (np.asarray(weights)[segmentation.labels] * segmentation.layers).sum(axis=0)
    image = _draw_cells(axes, cells, cmap=WEIGHT_MAP, vmin=-limit, vmax=limit)
    _label_axes(axes, features, representation)
    for labels in segmentation.labels:
        _outline(axes, labels, color=MUTED, linewidth=0.4, alpha=0.6)
    if standard_errors is not None:
        _cross(axes, segmentation, np.abs(weights) < 2 * standard_errors)
    with rc_context(STYLE):
        axes.set_position((0.1, 0.145, 0.74, 0.765))
        scale = figure.add_axes((0.905, 0.145, 0.014, 0.765))
        bar = figure.colorbar(image, cax=scale)
        bar.locator = MaxNLocator(5)
        bar.formatter = FuncFormatter(lambda value, _: f"{value:.2g}")
        bar.update_ticks()
        bar.outline.set_edgecolor(LINE)
        scale.set_title(unit, fontsize=8, color=MUTED)
    return figure


def _new(title: str) -> tuple["Figure", "Axes"]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_axes((0.1, 0.145, 0.835, 0.765))
        axes.set_title(title)
    return figure, axes


def _draw_sound(axes: "Axes", features: np.ndarray, representation: Representation) -> None:
    _draw_cells(axes, features, cmap=SOUND_MAP)
    _label_axes(axes, features, representation)


def _draw_cells(axes: "Axes", cells: np.ndarray, **style: Any) -> "AxesImage":
    """Draw numbers or colours of cells (n_frames, n_bands, ...), time to the right, low bands below."""
    extent = (0, cells.shape[0], 0, cells.shape[1])
    picture = cells.swapaxes(0, 1)
    return axes.imshow(
        picture, origin="lower", aspect="auto", interpolation="nearest", extent=extent, **style
    )


def _label_axes(axes: "Axes", features: np.ndarray, representation: Representation) -> None:
    """Write seconds below, Hz on the left and notes on the right."""
    n_frames, n_bands = features.shape
    rate = representation.frame_rate
    seconds = np.arange(0, n_frames / rate, max(round(n_frames / rate / 8), 1))
    axes.set_xticks(seconds * rate, [f"{second:g}" for second in seconds])
    axes.set_xlabel("time (s)")
    frequencies = representation.band_frequencies
    axes.set_ylabel("frequency (Hz)")
    round_numbers = _spaced([10000, 5000, 2000, 1000, 500, 200, 100, 50], frequencies)
    named = [f"{f:,.0f}".replace(",", " ") for f in round_numbers]
    axes.set_yticks([_band_of(f, frequencies) for f in round_numbers], named)
    octaves = _spaced([440 * 2.0**k for k in range(5, -4, -1)], frequencies)
    right = axes.secondary_yaxis("right")
    right.set_yticks([_band_of(f, frequencies) for f in octaves], [note_name(f) for f in octaves])
    right.tick_params(color=LINE, labelcolor=MUTED, labelsize=9)
    axes.set_xlim(0, n_frames)
    axes.set_ylim(0, n_bands)


def _spaced(candidates: Sequence[float], frequencies: np.ndarray) -> list[float]:
    """Return those of descending frequencies whose labels have room on the axis."""
    room = len(frequencies) / 18
    chosen: list[float] = []
    for frequency in candidates:
        inside = frequencies[0] < frequency < frequencies[-1]
        band = _band_of(frequency, frequencies)
        if inside and (not chosen or _band_of(chosen[-1], frequencies) - band >= room):
            chosen.append(frequency)
    return chosen


def _band_of(frequency: float, frequencies: np.ndarray) -> float:
    """Return where a frequency lies on the axis of bands; a band's centre is half a band up."""
    return float(np.interp(frequency, frequencies, np.arange(len(frequencies)) + 0.5))


def _outline(axes: "Axes", labels: np.ndarray, *, closed: bool = False, **style: Any) -> None:
    """Draw the lines between cells with different labels; `closed` draws them along the border too."""
    from matplotlib.collections import LineCollection

    if closed:
        labels = np.pad(labels, 1)
    lines: list[list[tuple[float, float]]] = []
    for along_time, edges in ((False, np.diff(labels, axis=0) != 0), (True, np.diff(labels, axis=1).T != 0)):
        for position, row in enumerate(edges, start=1):
            bounds = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(int)))
            for start, stop in bounds.reshape(-1, 2).tolist():
                ends = [(position - closed, start - closed), (position - closed, stop - closed)]
                lines.append([(y, x) for x, y in ends] if along_time else list(ends))
    axes.add_collection(LineCollection(lines, **style), autolim=False)


def _cross(axes: "Axes", segmentation: Segmentation, uncertain: np.ndarray) -> None:
    """Mark segments whose weight cannot be told from 0 by a small cross in their middle."""
    for segment in np.flatnonzero(uncertain):
        _, frames, bands = np.nonzero(segmentation.labels == segment)
        axes.plot(frames.mean() + 0.5, bands.mean() + 0.5, marker="x", color=MUTED, markersize=5, linewidth=0)
