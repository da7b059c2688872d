"""Pictures of explanations: of sound, of weights, of effects, of curves.

Each function draws into a matplotlib figure of its own and returns it; `save` writes it with
the same bytes every time. Matplotlib is imported only when something is drawn.
"""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .base.atomic_files import write_atomically
from .base.counting import plural
from .base.explanation import Explanation
from .base.recipe import Recipe
from .models.units import unit_of_scale
from .representations.kinds import Representation
from .segmentation.segments import Segmentation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, LINE, PAPER = "#1d2126", "#6a727c", "#c9ced4", "#ffffff"
ACCENT, AGAINST = "#0b5fd7", "#b3541e"
SOUND_MAP, WEIGHT_MAP = "gray_r", "RdBu"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # a fixed place; finding one lays every label out a second time
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "svg.hashsalt": "explanation",
    "svg.fonttype": "path",
    "figure.facecolor": PAPER,
}
WIDTH, HEIGHT, DOTS_PER_INCH = 8.0, 3.4, 150
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
    representation : Representation
    segmentation : Segmentation
    mask : np.ndarray of bool [shape=(n_segments,)]
        Segments to stress; with none the picture shows the segmentation alone.
    """
    figure, axes = _new(title)
    _draw_sound(axes, features, representation)
    for labels in segmentation.labels:
        _outline(axes, labels, color=MUTED, linewidth=0.4, alpha=0.6)
    if np.any(mask):
        gain = segmentation.gain(np.asarray(mask, dtype=bool))
        veil = np.ones((*gain.T.shape, 4))
        veil[..., 3] = 0.72 * (1 - gain.T)
        axes.imshow(veil, origin="lower", aspect="auto", interpolation="nearest", extent=_extent(features))
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
    image = axes.imshow(
        cells.T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=_extent(features),
        cmap=WEIGHT_MAP,
        vmin=-limit,
        vmax=limit,
    )
    _label_axes(axes, features, representation)
    for labels in segmentation.labels:
        _outline(axes, labels, color=MUTED, linewidth=0.4, alpha=0.6)
    if standard_errors is not None:
        _cross(axes, segmentation, np.abs(weights) < 2 * standard_errors)
    with rc_context(STYLE):  # type: ignore[arg-type]
        axes.set_position((0.1, 0.145, 0.74, 0.765))
        scale = figure.add_axes((0.905, 0.145, 0.014, 0.765))
        bar = figure.colorbar(image, cax=scale)
        bar.locator = MaxNLocator(5)
        bar.formatter = FuncFormatter(lambda value, _: f"{value:.2g}")
        bar.update_ticks()
        bar.outline.set_edgecolor(LINE)
        scale.set_title(unit, fontsize=8, color=MUTED)
    return figure


def draw_effects(
    effect: np.ndarray, features: Sequence[str], emotions: Sequence[str], *, unit: str = ""
) -> "Figure":
    """Draw what each mid-level feature adds to each emotion, one panel per emotion.

    Parameters
    ----------
    effect : np.ndarray [shape=(n_mid_level, n_emotions)]
    features, emotions : sequence of str
    unit : str
        Of the effects and the emotions.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = min(len(emotions), 4)
    rows = -(-len(emotions) // columns)
    with rc_context(STYLE):  # type: ignore[arg-type]
        height = rows * (0.24 * len(features) + 0.75) + 0.3
        figure = Figure(figsize=(2.1 * columns + 1.6, height), layout="constrained")
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        positions = np.arange(len(features))
        for panel, emotion, bars in zip(panels, emotions, effect.T, strict=False):
            colours = [ACCENT if bar >= 0 else AGAINST for bar in bars]
            panel.barh(positions, bars, color=colours, height=0.7)
            panel.axvline(0, color=MUTED, linewidth=0.8)
            panel.set_title(emotion.replace("_", " "))
            panel.set_yticks(positions, [name.replace("_", " ") for name in features])
            panel.spines[["top", "right", "left"]].set_visible(False)
            panel.tick_params(axis="y", length=0)
        panels[0].invert_yaxis()
        for panel in panels[len(emotions) :]:
            panel.set_visible(False)
        figure.supxlabel(f"effect: weight times feature{f' ({unit})' if unit else ''}", fontsize=9)
    return figure


def draw_curves(curves: dict[str, Any], *, unit: str = "", title: str = "") -> "Figure":
    """Draw deletion and insertion beside random orders.

    Parameters
    ----------
    curves : mapping
        One target's entry of `explainer.core.evaluation.fidelity.curves`.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTH, HEIGHT))
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
        panels = figure.subplots(1, 2, sharey=True)
        figure.subplots_adjust(left=0.11, right=0.985, bottom=0.145, top=0.83, wspace=0.06)
        steps = curves["segments"]
        for panel, name, action in zip(panels, ("deletion", "insertion"), ("hidden", "shown"), strict=True):
            chance = np.array(curves[f"random_{name}"])
            panel.fill_between(
                steps,
                chance.min(axis=0),
                chance.max(axis=0),
                color=LINE,
                alpha=0.6,
                label="random order, range",
            )
            panel.plot(steps, chance.mean(axis=0), color=MUTED, linewidth=1, label="random order, mean")
            panel.plot(steps, curves[name], color=ACCENT, marker="o", markersize=3, label="by weight")
            panel.set_xlabel(f"segments {action}")
            panel.set_title(name)
            panel.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel(f"output ({unit})" if unit else "output")
        panels[0].legend(frameon=False, fontsize=8)
    return figure


def draw_matrix(
    matrix: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    limit: float = 1.0,
    title: str = "",
    unit: str = "",
) -> "Figure":
    """Draw a matrix of weights or correlations as a labelled heat map.

    Parameters
    ----------
    matrix : np.ndarray [shape=(n_rows, n_columns)]
        NaN is drawn as an empty cell.
    limit : float
        Value of the darkest colours, in both directions.
    unit : str
        What the numbers are, written below.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(0.75 * len(columns) + 2, 0.36 * len(rows) + 1.3), layout="constrained")
        axes = figure.subplots()
        axes.imshow(matrix, cmap=WEIGHT_MAP, vmin=-limit, vmax=limit, aspect="auto")
        axes.set_title(title)
        axes.set_xticks(
            range(len(columns)), [name.replace("_", " ") for name in columns], rotation=30, ha="right"
        )
        axes.set_yticks(range(len(rows)), [name.replace("_", " ") for name in rows])
        axes.tick_params(length=0)
        for (row, column), value in np.ndenumerate(matrix):
            if np.isfinite(value):
                colour = PAPER if abs(value) > 0.6 * limit else INK
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
        if unit:
            figure.supxlabel(unit, fontsize=9, color=MUTED)
    return figure


def draw_figures(
    explanation: Explanation,
    segmentation: Segmentation,
    features: np.ndarray,
    representation: Representation,
    recipe: Recipe,
    names: Sequence[str],
    folder: Path,
) -> dict[str, Path]:
    """Draw and save all figures of one explanation, each as PNG and as SVG.

    Returns
    -------
    dict
        ``"segments"``, ``"effects"`` (two-level models) and, for each target, ``"evidence-<target>"``,
        ``"weights-<target>"`` and ``"curves-<target>"``, each also with ``"-svg"`` at its end.
    """
    unit = unit_of_scale(explanation.provenance["scale"])
    nothing = np.zeros(segmentation.n_segments, dtype=bool)
    figures = {"segments": draw_evidence(features, representation, segmentation, nothing)}
    for name in names:
        row = explanation.target_index(name)
        errors = explanation.standard_errors
        size = recipe.evidence_sizes[0]
        mask = nothing.copy()
        mask[explanation.evidence(name, size)] = True
        label, slug = name.replace("_", " "), slug_of(name)
        figures[f"evidence-{slug}"] = draw_evidence(
            features,
            representation,
            segmentation,
            mask,
            title=f"Evidence for {label}: {plural(int(mask.sum()), 'segment')}",
        )
        figures[f"weights-{slug}"] = draw_weights(
            features,
            representation,
            segmentation,
            explanation.weights[row],
            None if errors is None else errors[row],
            unit=unit,
            title=f"Weights for {label}",
        )
        if name in explanation.fidelity.get("curves", {}):
            figures[f"curves-{slug}"] = draw_curves(
                explanation.fidelity["curves"][name],
                unit=unit,
                title=f"{label}: what hiding and showing does",
            )
    level = explanation.provenance.get("second_level")
    if level:
        wanted = [emotion for emotion in level["emotions"] if emotion in names] or level["emotions"]
        columns = [level["emotions"].index(emotion) for emotion in wanted]
        effect = np.array(level["effects"])[:, columns]
        figures["effects"] = draw_effects(effect, level["mid_level"], wanted, unit=unit)
    return {
        f"{name}{ending}": save(figure, folder / f"{name}{suffix}")
        for name, figure in figures.items()
        for ending, suffix in (("", ".png"), ("-svg", ".svg"))
    }


def save(figure: "Figure", path: Path) -> Path:
    """Write a figure as PNG or SVG, after the suffix, with the same bytes every time."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    svg = path.suffix == ".svg"
    metadata: dict[str, Any] = {"Date": None, "Creator": None} if svg else {"Software": None}
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure.savefig(buffer, format=path.suffix[1:], dpi=DOTS_PER_INCH, metadata=metadata)
    write_atomically(path, buffer.getvalue())
    return path


def slug_of(name: str) -> str:
    """Return a target's name in letters, digits, ``_`` and ``-`` only."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")


def _new(title: str) -> tuple["Figure", "Axes"]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_axes((0.1, 0.145, 0.835, 0.765))
        axes.set_title(title)
    return figure, axes


def _draw_sound(axes: "Axes", features: np.ndarray, representation: Representation) -> None:
    axes.imshow(
        features.T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=_extent(features),
        cmap=SOUND_MAP,
    )
    _label_axes(axes, features, representation)


def _extent(features: np.ndarray) -> tuple[float, float, float, float]:
    n_frames, n_bands = features.shape
    return (0, n_frames, 0, n_bands)


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
