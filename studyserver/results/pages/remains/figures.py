"""Figures by question, group of clips and statistic, and the tables and plots that show them."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from studyserver.common.target_names import target_name
from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.labels import SAME_ANNOTATORS
from studyserver.results.tables.summaries import Group, QuestionSummary

from .. import sentences
from ..widgets import DASH, FigureTable, IntervalPlot, interval_plot

Figures = dict[str, Mapping]  # rows of a table by the name of the statistic
Row = tuple[str, str, Figures]  # label, condition by whose colour it is marked, figures
Cell = Callable[[Figures], str]


def by_question(statistics: Statistics, table: pd.DataFrame) -> list[tuple[QuestionSummary, pd.DataFrame]]:
    """Return the parts of a table of estimates, question by question."""
    if table.empty:
        return []
    items = by_key(statistics)
    return [(items[str(key)], part) for key, part in table.groupby("question", sort=False)]


def by_key(statistics: Statistics) -> dict[str, QuestionSummary]:
    """Return the summarised questions by their keys."""
    return {item.question.key: item for item in statistics.summaries.questions}


def figures_of(table: pd.DataFrame) -> Figures:
    """Return rows by statistic: where there are two intervals, with that over new annotators."""
    rows = table[table["ci_scope"] != SAME_ANNOTATORS].to_dict("records")
    return {row["statistic"]: row for row in rows}


def by_group(table: pd.DataFrame) -> dict[Group, Figures]:
    """Return the figures of each group of clips."""
    return {group: figures for (group,), figures in _grouped(table, [])}


def by_group_and_about(table: pd.DataFrame) -> list[tuple[Group, str, Figures]]:
    """Return the figures of each group of clips, by what they are about."""
    return [(group, about, figures) for (group, about), figures in _grouped(table, ["about"])]


def _grouped(table: pd.DataFrame, further: Sequence[str]) -> list[tuple[tuple, Figures]]:
    # A column without any text is read as numbers.
    table = table.astype({"method": object, "model": object, "about": object})
    filled = table.fillna({"method": "", "kept_segments": 0, "model": "", "about": ""})
    grouped = filled.groupby(["condition", "method", "kept_segments", "model", *further], sort=False)
    return [
        ((Group(condition, method, int(size), model), *others), figures_of(part))
        for (condition, method, size, model, *others), part in grouped
    ]


def asked_about(item: QuestionSummary) -> str:
    """Return what a question is about, for use within a sentence."""
    target = item.question.target
    return target_name(target) if target else "what was asked about"


# -- tables and plots -------------------------------------------------------------------------


def agreed(name: str) -> Cell:
    """Return cells with a coefficient or share and its interval; a dash where there is none."""
    return lambda figures: sentences.agreement_text(figures[name]) if name in figures else DASH


def estimated(name: str, places: int) -> Cell:
    """Return cells with a figure in units of its own and its interval."""
    return lambda figures: sentences.estimate_text(figures[name], places)


def named(*names: str) -> dict[str, Cell]:
    """Return columns of coefficients or shares, headed by the names of the statistics."""
    return {sentences.statistic_name(name): agreed(name) for name in names}


def counts(name: str, *units: str) -> dict[str, Cell]:
    """Return columns with the numbers of tracks, annotators, ... that a figure rests on."""

    def count(unit: str) -> Cell:
        return lambda figures: str(int(figures[name][f"n_{unit}"]))

    return {unit: count(unit) for unit in units}


def figure_table(caption: str, head: str, rows: Sequence[Row], columns: Mapping[str, Cell]) -> FigureTable:
    """Return a table with a line for each row; `head` heads the column of labels."""
    lines = [[label, *(cell(figures) for cell in columns.values())] for label, _condition, figures in rows]
    return FigureTable(caption, [head, *columns], lines, conditions=[condition for _, condition, _ in rows])


def figure_plot(
    title: str, rows: Sequence[Row], name: str, ends: tuple[float, float], ticks: Sequence[float], note: str
) -> IntervalPlot:
    """Return a plot of one figure of each row."""
    drawn = [(label, condition, figures[name]) for label, condition, figures in rows]
    return interval_plot(title, drawn, ends, ticks, note)
