"""Plots of a question's judgments on a page: every judgment as a point, means and intervals on top."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from studyserver.common import number_text
from studyserver.study.models import Question

from .. import sentences
from ..widgets import DASH, IntervalPlot, IntervalStrip, percent, position
from .palette import scattered

if TYPE_CHECKING:
    import numpy as np

    from studyserver.results.statistics.means import Mean
    from studyserver.results.tables.summaries import Group, GroupSummary, QuestionSummary

MOST_POINTS = 400  # per group; the page stays light, the files hold every judgment
SHARES = [(f"{share} %", percent(share, (0, 100))) for share in (0, 25, 50, 75, 100)]


def judgments_plot(
    summary: "QuestionSummary", groups: "Iterable[GroupSummary] | None" = None
) -> IntervalPlot:
    """Return the plot of some groups of clips, by default of all that were judged."""
    shown = summary.groups if groups is None else groups
    drawn = [(item.group, *found) for item in shown if (found := _drawn(summary, item))]
    return IntervalPlot(
        f"Plot of {measure_of(summary)} by condition",
        [_strip(summary, *group) for group in drawn],
        _ticks(summary),
        of_judgments=True,
        n_judgments=sum(len(values) for _group, _mean, values in drawn),
        low_label=_end_label(summary.question, "low"),
        high_label=_end_label(summary.question, "high"),
    )


def share_strip(label: str, condition: str, answers: "np.ndarray", row: dict) -> IntervalStrip:
    """Return answers between 0 and 1 with their share, a row of a table of estimates."""

    def place(name: str) -> str | None:
        value = row[name]
        return None if value is None or value != value else percent(value, (0.0, 1.0))

    return IntervalStrip(
        label=label,
        condition=condition,
        points=points(answers, (0.0, 1.0), stepped=True),
        mean=place("estimate"),
        low=place("ci_low"),
        high=place("ci_high"),
        text=sentences.agreement_text(row),
    )


def measure_of(summary: "QuestionSummary") -> str:
    """Return what is drawn of a question: means, or shares of answers that name the clip's target."""
    return "mean" if summary.is_numeric else "named the clip's target"


def mean_of(summary: "QuestionSummary", item: "GroupSummary") -> "Mean | None":
    """Return a group's mean, or the share of answers that name the clip's target."""
    return item.mean if summary.is_numeric else item.names_target


def mean_text(summary: "QuestionSummary", mean: "Mean | None") -> str:
    """Return it in words, with its interval."""
    if summary.is_numeric:
        return sentences.mean_text(mean, summary.ends)
    return sentences.share_text(mean) if mean else DASH


def points(values: "Sequence[float] | np.ndarray", ends: tuple[float, float], *, stepped: bool) -> list:
    """Return where judgments are drawn: side by side where many are equal, the same at every visit."""
    step = max(1, -(-len(values) // MOST_POINTS))
    found = []
    for index, value in enumerate(sorted(values)[::step]):
        along, across = scattered(index)
        x = position(value, ends) + (4 * (along - 0.5) if stepped else 0.0)
        found.append((f"{x:.2f}%", f"{6 + 32 * across:.1f}"))
    return found


def _drawn(summary: "QuestionSummary", item: "GroupSummary") -> "tuple[Mean, np.ndarray] | None":
    """Return the mean of a group and the numbers to be drawn, or None if there are none."""
    mean = mean_of(summary, item)
    numbers = item.judgments["number"].dropna() if summary.is_numeric else item.hits
    return None if mean is None else (mean, numbers.to_numpy(dtype=float))


def _strip(summary: "QuestionSummary", group: "Group", mean: "Mean", values: "np.ndarray") -> IntervalStrip:
    def place(value: float | None) -> str | None:
        return None if value is None else percent(value, summary.ends)

    return IntervalStrip(
        label=group.label,
        condition=group.condition,
        points=points(values, summary.ends, stepped=not summary.question.answer_kind.is_continuous),
        mean=place(mean.value),
        low=place(mean.interval.low),
        high=place(mean.interval.high),
        text=mean_text(summary, mean),
    )


def _ticks(summary: "QuestionSummary") -> list[tuple[str, str]]:
    low, high = summary.ends
    if marks := sentences.points_in_words(summary.question):
        return [(words, percent(point, summary.ends)) for point, words in marks.items()]
    if not summary.is_numeric:
        return SHARES
    quarters = [low + part * (high - low) / 4 for part in range(5)]
    return [(number_text.plain(value), percent(value, summary.ends)) for value in quarters]


def _end_label(question: Question, end: str) -> str:
    return str(question.options.get(end, "")) if isinstance(question.options, dict) else ""
