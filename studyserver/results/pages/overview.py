"""What the results page shows, ready for its template: words, positions in per cent, rows of tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from studyserver.common import number_text
from studyserver.results.tables.failures import Failed, Parts
from studyserver.results.tables.labels import NEW_ANNOTATORS, SAME_ANNOTATORS
from studyserver.study.models import Question
from studyserver.study.questions.research.estimands import Estimand

from . import sentences
from .plots.strips import judgments_plot, mean_of, mean_text, measure_of
from .widgets import DASH, FigureTable, IntervalPlot, Remaining

if TYPE_CHECKING:
    from studyserver.results.statistics.intervals import Interval
    from studyserver.results.tables.computed import Computed
    from studyserver.results.tables.summaries import Group, GroupSummary, QuestionSummary

    from .verdicts.declared import DeclaredVerdict

_OF_EVIDENCE = (Estimand.DIFFERENCE, Estimand.IDENTIFICATION)
_OF_PAIRS = (Estimand.PREFERENCE, Estimand.DETECTION)


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
    n_judgments: int
    rows: list[TableRow]  # a group each, then all conditions together
    contrasts: list[str]
    measure: str
    bars: str  # what the bars of the table's distributions stand for
    scores: FigureTable | None  # of questions with numbers
    friedman: str
    is_drawn_above: bool = False  # whether a verdict has a plot of the judgments


def overview_parts(parts: Parts) -> dict:
    """Return the page's parts.

    Returns
    -------
    dict
        Those of `verdict_parts`; ``sections``: one per question, in order; ``further``: the answers to
        questions that compare clips or mark stretches of time (the page of retention and contrasts has all
        of them), except those that a verdict gives.
    """
    from .verdicts.declared import verdict_parts

    first = verdict_parts(parts)
    further = parts.part("further", "Comparisons and stretches of time", _further, [])
    return {
        **first,
        "sections": question_sections(parts, first["verdicts"]),
        "further": [part for part in further if not _is_told(part.key, first["verdicts"], _OF_PAIRS)],
    }


def question_sections(
    parts: Parts, verdicts: "Sequence[DeclaredVerdict]" = ()
) -> list[QuestionSection | Failed]:
    """Return a section for every question that is summarised; in the place of one that fails, why.

    What a verdict tells is left out of the sections.
    """
    found = []
    for question in parts.computed.rows.measures.values():
        if question.answer_kind.is_summarised:
            name = f"question-{question.key}"
            section = parts.part(name, question.text, partial(_section_of, question), question=question)
            found.append(_beside(section, verdicts) if section else parts.failed[name])
    return found


def _beside(section: QuestionSection, verdicts: "Sequence[DeclaredVerdict]") -> QuestionSection:
    drawn = any(one.aim.question.key == section.key and one.plot for one in verdicts)
    if not _is_told(section.key, verdicts, _OF_EVIDENCE):
        return replace(section, is_drawn_above=drawn)
    contrasts = section.contrasts if len(section.contrasts) > 1 else []
    return replace(section, is_drawn_above=drawn, headline="", contrasts=contrasts)


def _is_told(key: str, verdicts: "Sequence[DeclaredVerdict]", estimands: tuple[str, ...]) -> bool:
    return any(one.says(key, *estimands) for one in verdicts)


def _further(computed: "Computed") -> list[Remaining]:
    from .remains.comparisons import comparison_parts
    from .remains.time_marks import stretches_parts

    return [*comparison_parts(computed.shown), *stretches_parts(computed.shown)]


def _section_of(question: Question, computed: "Computed") -> QuestionSection:
    summary = computed.shown.summaries.question(question)
    plot = judgments_plot(summary)
    return QuestionSection(
        key=question.key,
        text=question.text,
        kind=question.get_kind_display(),
        level=sentences.level_text(question),
        target=question.target,
        headline=sentences.headline(summary),
        plot=plot,
        n_judgments=summary.n_judgments,
        rows=[_table_row(summary, item) for item in (*summary.groups, None)] if summary.groups else [],
        contrasts=[_contrast(summary, pair, found) for pair, found in summary.contrasts.items()],
        measure=measure_of(summary),
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
    return FigureTable("Opinion scores, medians and quartiles", columns, lines, conditions=conditions)


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


# -- the table --------------------------------------------------------------------------------


def _table_row(summary: "QuestionSummary", item: "GroupSummary | None" = None) -> TableRow:
    """Return the row of a group of clips, or of all conditions together."""
    alpha = summary.alpha(item.group if item else None)
    counts = item or summary
    mean = mean_of(summary, item) if item else None
    return TableRow(
        label=item.group.label if item else "all conditions",
        condition=item.group.condition if item else "",
        n_judgments=counts.n_judgments,
        n_annotators=counts.n_annotators,
        n_clips=counts.n_clips,
        mean=mean_text(summary, mean) if item else "",
        note=str(mean.interval.reason) if mean else "",
        distribution=_bars(item.distribution) if item else [],
        alpha_same_annotators=sentences.agreement_text(alpha.get(SAME_ANNOTATORS)),
        alpha_new_annotators=sentences.agreement_text(alpha.get(NEW_ANNOTATORS)),
    )


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
    places = number_text.decimals(summary.ends) + 1 if summary.is_numeric else 0  # an end near 0 has a side
    sides = [sentences.in_brackets(group) for group in (first, second)]
    difference_of = " less ".join(sides)
    text = f"Difference, {difference_of}: {number_text.number(factor * difference, places)}{unit}"
    if interval.low is None or interval.high is None:
        return f"{text} ({interval.reason})"
    return f"{text} {number_text.interval(factor * interval.low, factor * interval.high, places)}"
