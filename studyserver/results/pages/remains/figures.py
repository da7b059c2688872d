"""Reading tables of estimates: figures by question, by group of clips and by statistic."""

from collections.abc import Mapping, Sequence

import pandas as pd

from studyserver.results.tables.labels import SAME_ANNOTATORS
from studyserver.results.tables.summaries import Group, QuestionSummary

from .. import sentences

Figures = dict[str, Mapping]  # rows of a table by the name of the statistic


def by_question(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the parts of a table of estimates, question by question."""
    return [(str(key), part) for key, part in table.groupby("question", sort=False)] if len(table) else []


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
    table = table.astype({"method": object, "about": object})
    filled = table.fillna({"method": "", "kept_segments": 0, "about": ""})
    grouped = filled.groupby(["condition", "method", "kept_segments", *further], sort=False)
    return [
        ((Group(condition, method, int(size)), *others), figures_of(part))
        for (condition, method, size, *others), part in grouped
    ]


def asked_about(item: QuestionSummary) -> str:
    """Return what a question is about, as it stands in a sentence."""
    target = item.question.target
    return sentences.target_name(target) if target else "what was asked about"
