"""What the page "What remains" shows of marked stretches of time."""

import pandas as pd

from studyserver.results.tables.time_marks import Marked
from studyserver.study.models import Question

from .. import sentences
from ..widgets import BARS, FigureTable, Remaining, figures_by_group, interval_plot
from .figures import by_group_and_about


def stretches_parts(marked: Marked) -> list[Remaining]:
    """Return a part per question for stretches of time."""
    table = marked.stretch_agreement
    return [_part(item, table[table["question"] == item.key]) for item in marked.questions]


def _part(question: Question, table: pd.DataFrame) -> Remaining:
    found = by_group_and_about(table)
    groups = [(group, rows) for group, about, rows in found if not about]
    beside = [(group, about, rows) for group, about, rows in found if about]
    plot = interval_plot(
        "Agreement on time",
        [(group.label, group.condition, rows["time_alpha"]) for group, rows in groups],
        (-0.5, 1.0),
        (-0.5, 0, 0.5, 1),
        f"1: everybody marks the same moments; 0: chance. {BARS}",
    )
    return Remaining(
        question.key,
        question.text,
        _headline(question.target, groups, beside),
        plot,
        _agreement(groups),
        [_evidence(beside)] if beside else [],
    )


def _agreement(groups: list) -> FigureTable:
    statistics = ["time_alpha", "time_agreement_on_marked", "marked_share", "heard_somewhere"]
    return figures_by_group("Agreement on time", statistics, groups, counted="marked_share")


def _evidence(beside: list) -> FigureTable:
    statistics = ["marked_where_evidence", "marked_elsewhere", "marked_more_where_evidence"]
    lines = [
        [f"{group.label}, beside the {about}", *(sentences.agreement_text(rows[name]) for name in statistics)]
        for group, about, rows in beside
    ]
    columns = ["stretches marked in", *(sentences.statistic_name(name) for name in statistics)]
    conditions = [group.condition for group, *_ in beside]
    return FigureTable("Marks beside the time of the evidence", columns, lines, conditions=conditions)


def _headline(target: str, groups: list, beside: list) -> str:
    what = sentences.target_name(target) if target else "it"
    group, rows = groups[0]
    agreed = f"Agreement on when {what} is heard in the {group.label}: {sentences.ALPHA} "
    agreed += f"{sentences.agreement_text(rows['time_alpha'])}."
    if not beside:
        return agreed
    row = beside[0][2]["marked_more_where_evidence"]
    known = row["status"] == "ok" and row["ci_low"] == row["ci_low"]
    if known and row["ci_low"] > 0:
        verdict = f"Annotators mark more of the time in which the {beside[0][1]} sounds than of the rest"
    elif known and row["ci_high"] < 0:
        verdict = f"Annotators mark less of the time in which the {beside[0][1]} sounds than of the rest"
    else:
        verdict = (
            f"Whether annotators mark more of the time in which the {beside[0][1]} sounds is not settled"
        )
    return f"{agreed} {verdict}: difference {sentences.agreement_text(row)}."
