"""How much of a question's differences between tracks is left in each condition."""

import pandas as pd

from explainer.core.clips.conditions import EVIDENCE, RANDOM_CONTROL
from studyserver.common import number_text
from studyserver.results.tables.summaries import Group, QuestionSummary

from .. import sentences
from ..widgets import FigureTable, Remaining, interval_plot
from .figures import Figures, asked_about, by_group


def retention_part(item: QuestionSummary, table: pd.DataFrame) -> Remaining:
    """Return what remains of one question with numbers, from its rows of the table `retention`."""
    found = by_group(table)
    ordered = [one.group for one in item.groups if one.group in found]
    labelled = [(group.label, group.condition, found[group]) for group in ordered]
    plot = interval_plot(
        "Retention by condition",
        [(label, condition, rows["correlation_corrected"]) for label, condition, rows in labelled],
        (-0.5, 1.5),
        (-0.5, 0, 0.5, 1, 1.5),
        "0: nothing of the differences between tracks is left; 1: all of it.",
    )
    places = number_text.decimals(item.ends)
    columns = [
        "condition", "retention", "uncorrected", "contrast kept", "shift of the mean",
        "reliability, original", "reliability, condition", "tracks", "annotators",
    ]  # fmt: skip
    lines = [
        [
            label,
            sentences.agreement_text(rows["correlation_corrected"]),
            sentences.agreement_text(rows["correlation"]),
            sentences.agreement_text(rows["contrast_kept"]),
            sentences.estimate_text(rows["mean_shift"], places),
            sentences.agreement_text(rows["reliability_reference"]),
            sentences.agreement_text(rows["reliability_condition"]),
            str(rows["correlation"]["n_tracks"]),
            str(rows["correlation"]["n_annotators"]),
        ]
        for label, _condition, rows in labelled
    ]
    conditions = [condition for _label, condition, _rows_ in labelled]
    caption = f"Retention of {asked_about(item)}"
    figures = FigureTable(caption, columns, lines, conditions=conditions)
    return Remaining(item.question.key, item.question.text, _retention_headline(item, found), plot, figures)


def _retention_headline(item: QuestionSummary, found: dict[Group, Figures]) -> str:
    evidence = [group for group in found if group.condition == EVIDENCE]
    if not evidence:
        return "No evidence was judged beside the original."
    return " ".join(_of_one_evidence(item, found, group, several=len(evidence) > 1) for group in evidence)


def _of_one_evidence(
    item: QuestionSummary, found: dict[Group, Figures], evidence: Group, *, several: bool
) -> str:
    controls = [group for group in found if group.condition == RANDOM_CONTROL]
    same = Group(RANDOM_CONTROL, evidence.method, evidence.kept_segments)
    control = same if same in found else next(iter(controls), None)
    statistic = "correlation_corrected"
    return sentences.retention_headline(
        asked_about(item),
        sentences.in_evidence(evidence, several=several),
        found[evidence][statistic],
        found[control][statistic] if control else None,
        found[evidence].get("contrast_kept_difference"),
        (
            sentences.agreement_text(found[evidence]["contrast_kept"]),
            sentences.agreement_text(found[control]["contrast_kept"]) if control else "",
        ),
    )
