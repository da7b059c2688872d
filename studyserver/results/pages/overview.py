"""What the results page shows, ready for its template: words, positions in per cent, rows of tables."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from studyserver.common import number_text
from studyserver.results.tables.failures import Failed, Parts
from studyserver.results.tables.labels import NEW_ANNOTATORS, SAME_ANNOTATORS
from studyserver.study.models import Question

from . import sentences
from .plots.palette import scattered
from .widgets import DASH, FigureTable, IntervalPlot, IntervalStrip, Remaining

if TYPE_CHECKING:
    import numpy as np

    from studyserver.results.statistics.intervals import Interval
    from studyserver.results.statistics.means import Mean
    from studyserver.results.tables.computed import Computed
    from studyserver.results.tables.summaries import Group, GroupSummary, QuestionSummary

MOST_POINTS = 400  # per group; the page stays light, the files hold every judgment
_MARGIN = 4  # per cent at both ends of the scale


@dataclass(frozen=True)
class TableRow:
    """One row of a question's table."""

    label: str
    condition: str
    n_judgments: int
    n_annotators: int
    n_clips: int
    mean: str
    note: str
    distribution: list[tuple[str, int, int]]  # label, count, height in per cent
    alpha_same_annotators: str
    alpha_new_annotators: str


@dataclass(frozen=True)
class QuestionSection:
    """One question's part of the page."""

    key: str
    text: str
    kind: str
    level: str
    target: str
    headline: str
    plot: IntervalPlot
    n_points: int
    n_drawable: int
    n_judgments: int
    rows: list[TableRow]  # a group each, then all conditions together
    contrasts: list[str]
    measure: str
    bars: str  # what the bars of the table's distributions stand for
    scores: FigureTable | None  # of questions with numbers
    friedman: str


def overview_parts(parts: Parts) -> dict:
    """Return the page's parts.

    Returns
    -------
    dict
        ``verdicts``: of the declared research questions; ``sections``: one per question, in order;
        ``further``: the answers to questions that compare clips or mark stretches of time (the page of
        retention and contrasts has all of them).
    """
    from .verdicts.declared import declared_verdicts

    return {
        "verdicts": declared_verdicts(parts),
        "sections": question_sections(parts),
        "further": parts.part("further", "Comparisons and stretches of time", _further, []),
    }


def question_sections(parts: Parts) -> list[QuestionSection | Failed]:
    """Return a section for every question that is summarised; in the place of one that fails, why."""
    found = []
    for question in parts.computed.rows.measures.values():
        if question.answer_kind.is_summarised:
            name = f"question-{question.key}"
            section = parts.part(name, question.text, partial(_section_of, question), question=question)
            found.append(section or parts.failed[name])
    return found


def _further(computed: "Computed") -> list[Remaining]:
    from .remains.comparisons import comparison_parts
    from .remains.time_marks import stretches_parts

    return [*comparison_parts(computed.shown), *stretches_parts(computed.shown)]


def _section_of(question: Question, computed: "Computed") -> QuestionSection:
    summary = computed.shown.summaries.question(question)
    drawn = [(item.group, *found) for item in summary.groups if (found := _drawn(summary, item))]
    strips = [_strip(summary, *group) for group in drawn]
    measure = "mean" if summary.is_numeric else "named the clip's target"
    return QuestionSection(
        key=question.key,
        text=question.text,
        kind=question.get_kind_display(),
        level=sentences.level_text(question),
        target=question.target,
        headline=sentences.headline(summary),
        plot=IntervalPlot(
            f"Plot of {measure} by condition",
            strips,
            _ticks(summary),
            of_judgments=True,
            low_label=_end_label(question, "low"),
            high_label=_end_label(question, "high"),
        ),
        n_points=sum(len(strip.points) for strip in strips),
        n_drawable=sum(len(values) for _group, _mean, values in drawn),
        n_judgments=summary.n_judgments,
        rows=[_table_row(summary, item) for item in (*summary.groups, None)] if summary.groups else [],
        contrasts=[_contrast(summary, pair, found) for pair, found in summary.contrasts.items()],
        measure=measure,
        bars=_bars_in_words(summary),
        scores=_scores(summary),
        friedman=_friedman(summary),
    )


# -- scores -----------------------------------------------------------------------------------


def _scores(summary: "QuestionSummary") -> FigureTable | None:
    """Return mean opinion scores, medians and quartiles by condition."""
    from studyserver.results.tables.scores import scores_of

    if not (summary.is_numeric and summary.n_judgments):
        return None
    table = scores_of(summary)
    lines, conditions = [], []
    of_votes, of_annotators = (table[table["ci_scope"] == scope] for scope in ("judgments", "annotators"))
    places = number_text.decimals(summary.ends)
    for item, votes, people in zip(
        summary.groups, of_votes.to_dict("records"), of_annotators.to_dict("records"), strict=True
    ):
        if votes["status"] != "ok":
            continue
        quartiles = number_text.interval(votes["lower_quartile"], votes["upper_quartile"], places)
        sd = DASH if votes["sd"] != votes["sd"] else number_text.number(votes["sd"], places)
        median = f"{number_text.number(votes['median'], places)} {quartiles}"
        means = (
            sentences.estimate_text(row | {"estimate": row["judgment_mean"]}, places)
            for row in (votes, people)
        )
        lines.append([item.group.label, str(votes["n_judgments"]), *means, sd, median])
        conditions.append(item.group.condition)
    percent = "[95\N{NO-BREAK SPACE}%]"
    columns = ["condition", "votes", f"mean opinion score {percent} over votes", f"over annotators {percent}"]
    columns += ["standard deviation", "median [quartiles]"]
    return FigureTable("Opinion scores", columns, lines, conditions=conditions)


def _friedman(summary: "QuestionSummary") -> str:
    from studyserver.results.tables.scores import friedman_of

    if not summary.is_numeric or len(summary.groups) < 3:
        return ""
    row = friedman_of(summary)
    if row["status"] != "ok":
        return ""
    return (
        f"Friedman's test over {row['n_annotators']} annotators who judged all {row['n_conditions']} "
        f"conditions: \N{GREEK SMALL LETTER CHI}\N{SUPERSCRIPT TWO}({row['degrees']}) = "
        f"{number_text.number(row['chi_square'], 2)}, p {_of_p(row['p'])}, "
        f"W = {number_text.coefficient(row['kendall_w'])}."
    )


def _of_p(p: float) -> str:
    text = number_text.probability(p)
    return text if text.startswith("<") else f"= {text}"


# -- the plot ---------------------------------------------------------------------------------


def _drawn(summary: "QuestionSummary", item: "GroupSummary") -> "tuple[Mean, np.ndarray] | None":
    """Return the mean of a group and the numbers to be drawn, or None if there are none."""
    mean = _mean(summary, item)
    numbers = item.judgments["number"].dropna() if summary.is_numeric else item.hits
    return None if mean is None else (mean, numbers.to_numpy(dtype=float))


def _strip(summary: "QuestionSummary", group: "Group", mean: "Mean", values: "np.ndarray") -> IntervalStrip:
    def place(value: float | None) -> str | None:
        return None if value is None else _percent(value, summary.ends)

    return IntervalStrip(
        label=group.label,
        condition=group.condition,
        points=_points(values, summary),
        mean=place(mean.value),
        low=place(mean.interval.low),
        high=place(mean.interval.high),
        text=_mean_text(summary, mean),
    )


def _points(values: "np.ndarray", summary: "QuestionSummary") -> list[tuple[str, str]]:
    """Return where the judgments are drawn: side by side where many are equal, the same at every visit."""
    step = max(1, -(-len(values) // MOST_POINTS))
    stepped = not summary.question.answer_kind.is_continuous
    points = []
    for index, value in enumerate(sorted(values)[::step]):
        along, across = scattered(index)
        x = _position(value, summary.ends) + (4 * (along - 0.5) if stepped else 0.0)
        points.append((f"{x:.2f}%", f"{6 + 32 * across:.1f}"))
    return points


def _ticks(summary: "QuestionSummary") -> list[tuple[str, str]]:
    low, high = summary.ends
    quarters = [low + part * (high - low) / 4 for part in range(5)]
    if points := sentences.points_in_words(summary.question):
        marks = [(words, point) for point, words in points.items()]
    elif summary.is_numeric:
        marks = [(number_text.plain(value), value) for value in quarters]
    else:
        marks = [(f"{share} %", share / 100) for share in (0, 25, 50, 75, 100)]
    return [(label, _percent(value, summary.ends)) for label, value in marks]


def _position(value: float, ends: tuple[float, float]) -> float:
    return _MARGIN + (100 - 2 * _MARGIN) * (value - ends[0]) / (ends[1] - ends[0])


def _percent(value: float, ends: tuple[float, float]) -> str:
    return f"{_position(value, ends):.2f}%"


def _end_label(question: Question, end: str) -> str:
    return str(question.options.get(end, "")) if isinstance(question.options, dict) else ""


# -- the table --------------------------------------------------------------------------------


def _table_row(summary: "QuestionSummary", item: "GroupSummary | None" = None) -> TableRow:
    """Return the row of a group of clips, or of all conditions together."""
    alpha = summary.alpha(item.group if item else None)
    counts = item or summary
    mean = _mean(summary, item) if item else None
    return TableRow(
        label=item.group.label if item else "all conditions",
        condition=item.group.condition if item else "",
        n_judgments=counts.n_judgments,
        n_annotators=counts.n_annotators,
        n_clips=counts.n_clips,
        mean=_mean_text(summary, mean) if item else "",
        note=str(mean.interval.reason) if mean else "",
        distribution=_bars(item.distribution) if item else [],
        alpha_same_annotators=sentences.agreement_text(alpha.get(SAME_ANNOTATORS)),
        alpha_new_annotators=sentences.agreement_text(alpha.get(NEW_ANNOTATORS)),
    )


def _mean(summary: "QuestionSummary", item: "GroupSummary") -> "Mean | None":
    """Return a group's mean, or the share of answers that name the clip's target."""
    return item.mean if summary.is_numeric else item.names_target


def _mean_text(summary: "QuestionSummary", mean: "Mean | None") -> str:
    if summary.is_numeric:
        return sentences.mean_text(mean, summary.ends)
    return sentences.share_text(mean) if mean else DASH


def _bars_in_words(summary: "QuestionSummary") -> str:
    """Return what the bars of a distribution stand for, from left to right."""
    found = next((group.distribution for group in summary.groups if group.distribution), [])
    if not found:
        return ""
    kind = summary.question.answer_kind
    if kind.is_continuous:
        low, high = map(number_text.plain, summary.ends)
        return f"{len(found)} equal parts of the scale, from {low} to {high}"
    if kind.declared(summary.question.options):
        return ", ".join(label for label, _count in found)
    return f"{found[0][0]} to {found[-1][0]}"


def _bars(distribution: list[tuple[str, int]]) -> list[tuple[str, int, int]]:
    greatest = max((count for _label, count in distribution), default=0) or 1
    return [(label, count, round(100 * count / greatest)) for label, count in distribution]


def _contrast(
    summary: "QuestionSummary", pair: "tuple[Group, Group]", found: "tuple[float, Interval]"
) -> str:
    (first, second), (difference, interval) = pair, found
    factor, unit = (1, "") if summary.is_numeric else (100, " percentage points")
    places = number_text.decimals(summary.ends) if summary.is_numeric else 0
    sides = [sentences.in_brackets(group) for group in (first, second)]
    difference_of = " less ".join(sides)
    text = f"Difference, {difference_of}: {number_text.number(factor * difference, places)}{unit}"
    if interval.low is None or interval.high is None:
        return f"{text} ({interval.reason})"
    return f"{text} {number_text.interval(factor * interval.low, factor * interval.high, places)}"
