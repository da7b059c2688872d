"""Retention: how much of a question's differences between tracks is left; dose and response."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE, RANDOM_CONTROL
from studyserver.common import number_text
from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.summaries import Group, QuestionSummary

from .. import sentences
from ..widgets import Remaining, interval_plot
from .figures import (
    Figures,
    agreed,
    asked_about,
    by_group,
    by_question,
    counts,
    estimated,
    figure_plot,
    figure_table,
    figures_of,
)


def retention_parts(statistics: Statistics) -> list[Remaining]:
    """Return the retention of each question with numbers."""
    return [_retention(*found) for found in by_question(statistics, statistics.remains.retention)]


def _retention(item: QuestionSummary, table: pd.DataFrame) -> Remaining:
    found = by_group(table)
    ordered = [one.group for one in item.groups if one.group in found]
    rows = [(group.label, group.condition, found[group]) for group in ordered]
    title, ticks = "Retention by condition", (-1, -0.5, 0, 0.5, 1)
    note = "0: nothing of the differences between tracks is left; 1: all of it."
    plot = figure_plot(title, rows, "retention", (-1.0, 1.0), ticks, note)
    columns = {
        "retention": agreed("retention"),
        "more than the control": agreed("retention_difference"),
        "contrast kept": agreed("contrast_kept"),
        "shift of the mean": estimated("mean_shift", number_text.decimals(item.ends)),
        **counts("retention", "tracks", "annotators"),
    }
    figures = figure_table(f"Retention of {asked_about(item)}", "condition", rows, columns)
    return Remaining(item.question.key, item.question.text, _headline(item, found), plot, figures)


def _headline(item: QuestionSummary, found: dict[Group, Figures]) -> str:
    evidence = [group for group in found if group.condition == EVIDENCE]
    if not evidence:
        return "No evidence was judged beside the original."
    return " ".join(_of_one_evidence(item, found, group, several=len(evidence) > 1) for group in evidence)


def _of_one_evidence(
    item: QuestionSummary, found: dict[Group, Figures], evidence: Group, *, several: bool
) -> str:
    controls = [group for group in found if group.condition == RANDOM_CONTROL]
    same = replace(evidence, condition=RANDOM_CONTROL)
    control = same if same in found else next(iter(controls), None)
    return sentences.retention_headline(
        asked_about(item),
        sentences.in_evidence(evidence, several=several),
        found[evidence]["retention"],
        found[control]["retention"] if control else None,
        found[evidence].get("retention_difference"),
    )


# -- dose and response ------------------------------------------------------------------------


def dose_parts(statistics: Statistics) -> list[Remaining]:
    """Return how hearing each question's target rises with the number of segments of evidence."""
    return [_dose(*found) for found in by_question(statistics, statistics.remains.dose_response)]


def _dose(item: QuestionSummary, table: pd.DataFrame) -> Remaining:
    methods = table.fillna({"about": ""}).groupby("about", sort=False)
    rows = [(str(method), "", figures_of(part)) for method, part in methods]
    strips = [
        (
            plural(int(name.removeprefix("heard_at_")), "segment") + (f", {method}" if method else ""),
            EVIDENCE,
            row,
        )
        for method, _condition, figures in rows
        for name, row in figures.items()
        if name.startswith("heard_at_")
    ]
    what = asked_about(item)
    plot = interval_plot(f"Share of judgments that hear {what}", strips, (0.0, 1.0), (0, 0.25, 0.5, 0.75, 1))
    columns = {
        "slope (log-odds per doubling)": estimated("slope", 2),
        "segments until half of the judgments hear it": estimated("threshold", 2),
    }
    labelled = [(method or "all", condition, figures) for method, condition, figures in rows]
    figures = figure_table("Dose and response", "method", labelled, columns)
    headline = " ".join(
        _dose_sentence(what, method, found["threshold"], several=len(rows) > 1)
        for method, _, found in rows
        if found["threshold"]["status"] == "ok"
    )
    return Remaining(item.question.key, item.question.text, headline, plot, figures)


def _dose_sentence(what: str, method: str, threshold: Mapping, *, several: bool) -> str:
    """Return how many segments it takes until half of the judgments hear a feature."""
    by = f" ({method})" if several and method else ""
    figure = sentences.estimate_text(threshold, 1)
    return f"Half of the judgments hear {what} in the evidence{by} from {figure} segments on."
