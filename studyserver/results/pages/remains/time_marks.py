"""Marked stretches of time on the page "Retention and contrasts"."""

import pandas as pd

from studyserver.common.target_names import target_name
from studyserver.results.tables.computed import Statistics
from studyserver.study.models import Question

from .. import sentences
from ..widgets import BARS, FigureTable, Remaining
from .figures import Row, by_group_and_about, counts, figure_plot, figure_table, named


def stretches_parts(statistics: Statistics) -> list[Remaining]:
    """Return a part per question for stretches of time."""
    marked = statistics.marked
    table = marked.stretch_agreement
    return [_part(item, table[table["question"] == item.key]) for item in marked.questions]


def _part(question: Question, table: pd.DataFrame) -> Remaining:
    found = by_group_and_about(table)
    groups = [(group.label, group.condition, figures) for group, about, figures in found if not about]
    beside = [found_one for found_one in found if found_one[1]]
    title, note = "Agreement on time", f"1: everybody marks the same moments; 0: chance. {BARS}"
    plot = figure_plot(title, groups, "time_alpha", (-0.5, 1.0), (-0.5, 0, 0.5, 1), note)
    columns = named("time_alpha", "time_agreement_on_marked", "marked_share", "heard_somewhere")
    columns |= counts("marked_share", "clips", "annotators", "judgments")
    headline = _headline(question.target, groups, beside)
    shown = figure_table(title, "condition", groups, columns)
    more = [_evidence(beside)] if beside else []
    return Remaining(question.key, question.text, headline, plot, shown, more=more)


def _evidence(beside: list) -> FigureTable:
    rows = [
        (f"{group.label}, beside the {about}", group.condition, figures) for group, about, figures in beside
    ]
    columns = named("marked_where_evidence", "marked_elsewhere", "marked_more_where_evidence")
    return figure_table("Marks beside the time of the evidence", "stretches marked in", rows, columns)


def _headline(target: str, groups: list[Row], beside: list) -> str:
    what = target_name(target) if target else "it"
    label, _condition, figures = groups[0]
    agreed = f"Agreement on when {what} is heard in the {label}: {sentences.ALPHA} "
    agreed += f"{sentences.agreement_text(figures['time_alpha'])}."
    if not beside:
        return agreed
    row = beside[0][2]["marked_more_where_evidence"]
    known = row["status"] == "ok" and row["ci_low"] == row["ci_low"]
    where = f"of the time in which the {beside[0][1]} sounds"
    verdict = f"Whether annotators mark more {where} is not settled"
    if known and row["ci_low"] > 0:
        verdict = f"Annotators mark more {where} than of the rest"
    elif known and row["ci_high"] < 0:
        verdict = f"Annotators mark less {where} than of the rest"
    return f"{agreed} {verdict}: difference {sentences.agreement_text(row)}."
