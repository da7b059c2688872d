"""Pictures of numbers: effects of features, deletion and insertion, matrices."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .style import ACCENT, AGAINST, HEIGHT, INK, LINE, MUTED, PAPER, STYLE, WEIGHT_MAP, WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_effects(
    effect: np.ndarray, features: Sequence[str], emotions: Sequence[str], *, unit: str = ""
) -> "Figure":
    """Draw what each mid-level feature adds to each emotion, one panel per emotion.

    Parameters
    ----------
    effect : np.ndarray [shape=(n_mid_level, n_emotions)]
    unit : str
        Of the effects and the emotions.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = min(len(emotions), 4)
    rows = -(-len(emotions) // columns)
    with rc_context(STYLE):
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

    with rc_context(STYLE):
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

    with rc_context(STYLE):
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
