"""The plot of a question for talks and papers: every judgment, means and intervals, as PNG or SVG."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, Any

from explainer.core.base.counting import plural

from .palette import LOOKS, scattered

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from studyserver.results.tables.summaries import GroupSummary, QuestionSummary

FORMATS = {"png": "image/png", "svg": "image/svg+xml"}
_INK, _MUTED, _LINE = "#1d1c1a", "#5b5852", "#dcd8d0"
_MARKED = "#9a3412"
MARK_HEIGHT = 0.75  # inches that a mark takes
_MOST_POINTS = 3000  # per group
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "svg.hashsalt": "listening study",
    "svg.fonttype": "none",
    "text.parse_math": False,  # in a question's words, dollar signs are dollar signs
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _MUTED,
    "ytick.color": _INK,
}


def question_figure(summary: QuestionSummary, kind: str, *, mark: str = "") -> bytes:
    """Return the plot of one question; the same judgments give the same bytes.

    Parameters
    ----------
    summary : QuestionSummary
    kind : str
        ``png`` (300 dots per inch) or ``svg``.
    mark : str
        Printed above the plot, see `rehearsal_marks`.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    groups = [item for item in summary.groups if len(_values(summary, item))]
    with matplotlib.rc_context(STYLE):
        height = 1.9 + 0.72 * max(1, len(groups)) + (MARK_HEIGHT if mark else 0)
        figure = Figure(figsize=(8, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for row, item in enumerate(reversed(groups)):
            _draw_group(axes, row, summary, item)
        _draw_frame(axes, summary, groups)
        return saved(figure, kind, mark)


def saved(figure: Figure, kind: str, mark: str = "") -> bytes:
    """Return a figure as PNG or SVG with a mark in the picture and in what the file says of itself.

    The part of the mark in brackets is written below the plot in smaller letters, so that the rest, above it,
    is readable on a phone.
    """
    metadata: dict[str, str | None] = {"Date": None} if kind == "svg" else {"Software": None}
    if mark:
        head, _bracket, rest = mark.partition(" (")
        figure.suptitle(head, fontsize=17, fontweight="bold", color=_MARKED)
        if rest:
            figure.supxlabel(rest.removesuffix(")"), fontsize=12, color=_MARKED)
        metadata["Title"] = mark
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=300, metadata=metadata)
    return file.getvalue()


def _values(summary: QuestionSummary, item: GroupSummary) -> np.ndarray:
    return (item.judgments["number"].dropna() if summary.is_numeric else item.hits).to_numpy(dtype=float)


def _draw_group(axes: Axes, row: int, summary: QuestionSummary, item: GroupSummary) -> None:
    import numpy as np

    look = LOOKS[item.group.condition]
    values = np.sort(_values(summary, item))
    values = values[:: max(1, -(-len(values) // _MOST_POINTS))]
    along, across = np.array([scattered(index) for index in range(len(values))]).T
    is_continuous = summary.question.answer_kind.is_continuous
    width = 0.0 if is_continuous else 0.05 * (summary.ends[1] - summary.ends[0])
    x, y = values + width * (along - 0.5), row - 0.3 + 0.6 * across
    axes.scatter(x, y, s=14, color=look.light, alpha=0.22, linewidths=0, zorder=2)
    mean = item.mean if summary.is_numeric else item.names_target
    if mean is None or mean.value is None:
        return
    if mean.interval.low is not None and mean.interval.high is not None:
        ends = [mean.interval.low, mean.interval.high]
        axes.plot(ends, [row, row], color=look.light, linewidth=3, zorder=3)
    axes.scatter(
        [mean.value],
        [row],
        s=110,
        color=look.light,
        marker=look.marker,
        edgecolors="white",
        linewidths=1.5,
        zorder=4,
    )


def _draw_frame(axes: Axes, summary: QuestionSummary, groups: list[GroupSummary]) -> None:
    low, high = summary.ends
    margin = 0.04 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(-0.6, max(1, len(groups)) - 0.4)
    axes.set_yticks(range(len(groups)), [item.group.label for item in reversed(groups)])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(axis="x", color=_LINE, linewidth=1, zorder=0)
    axes.set_axisbelow(True)
    _label_scale(axes, summary)
    axes.set_title(
        textwrap.fill(summary.question.text, 70), loc="left", fontsize=15, fontweight="bold", pad=12
    )
    axes.set_xlabel(
        f"{plural(summary.n_judgments, 'judgment')} by {plural(summary.n_annotators, 'annotator')} on "
        f"{plural(summary.n_clips, 'clip')};\n"
        "mean and 95 % interval over tracks and annotators",
        loc="left", fontsize=10, color=_MUTED, labelpad=8, multialignment="left",
    )  # fmt: skip


def _label_scale(axes: Axes, summary: QuestionSummary) -> None:
    options = summary.question.options if isinstance(summary.question.options, dict) else {}
    if points := summary.question.answer_kind.points(options):
        ends = [textwrap.fill(str(options.get(end, "")), 16) for end in ("low", "high")]
        below = [ends[0], *[""] * (len(points) - 2), ends[1]]
        labels = [
            f"{words}\n{end}" if any(ends) else words
            for words, end in zip(points.values(), below, strict=True)
        ]
        axes.set_xticks(list(points), labels)
    elif not summary.is_numeric:
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
