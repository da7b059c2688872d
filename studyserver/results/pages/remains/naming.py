"""How much the answers that name a target tell about it: information and confusion matrices."""

from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL, UNMASKED
from studyserver.results.data.questions import option_labels, option_values
from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.naming import confusion
from studyserver.results.tables.remains import WhatRemains
from studyserver.results.tables.summaries import Group, QuestionSummary
from studyserver.study.questions.kind import Answers

from .. import sentences
from ..widgets import Matrix, Remaining, shade
from .figures import Figures, by_group, counts, figure_table, named

_NO_INTERVAL = ", no interval"


def naming_parts(statistics: Statistics) -> list[Remaining]:
    """Return how much the answers to each question tell about the target, with confusion matrices."""
    remains = statistics.remains
    return [_naming(remains, item) for item in remains.naming_questions]


def _naming(remains: WhatRemains, item: QuestionSummary) -> Remaining:
    table = remains.information[remains.information["question"] == item.question.key]
    found = by_group(table)
    groups = [(one.group, found[one.group]) for one in item.groups if one.group in found]
    rows = [(group.label, group.condition, figures) for group, figures in groups]
    columns = named(
        "mutual_information", "share_of_reference", "mutual_information_uncorrected", "accuracy",
        "accuracy_by_chance",
    ) | counts("accuracy", "clips", "annotators", "judgments")  # fmt: skip
    shown = figure_table("Information", "condition", rows, columns)
    matrices = [_confusion(item, group) for group, _figures in groups if group.condition not in UNMASKED]
    headline = _naming_headline(item, groups)
    return Remaining(item.question.key, item.question.text, headline, None, shown, matrices=matrices)


def _naming_headline(item: QuestionSummary, groups: list[tuple[Group, Figures]]) -> str:
    parts, reason = [], ""
    for condition in (EVIDENCE, RANDOM_CONTROL, ORIGINAL):
        found = [rows["mutual_information"] for group, rows in groups if group.condition == condition]
        known = [row for row in found if row["status"] == "ok"]
        if known:
            bits = sentences.agreement_text(max(known, key=lambda row: row["n_judgments"]))
            figure, no_interval = bits.removesuffix(_NO_INTERVAL), bits.endswith(_NO_INTERVAL)
            text = f"the {condition.replace('_', ' ')} {figure} bits"
            parts.append(f"{text} (no interval)" if no_interval else text)
        elif found and condition == EVIDENCE:
            reason = found[0]["reason"]
    what = "one of the ticked answers tells" if _is_checklist(item) else "the named answer tells"
    what = f"How much {what} about the target that a clip was made for"
    if reason or not parts:
        reason = reason or "no evidence was judged"
        return f"{what} cannot be said yet: {reason}."
    return f"{what}: {', '.join(parts)}."


def _is_checklist(item: QuestionSummary) -> bool:
    return item.question.answer_kind.answers == Answers.SETS


def _confusion(item: QuestionSummary, group: Group) -> Matrix:
    counts = confusion(item, group.label)
    most = counts.to_numpy().sum(axis=1).max(initial=1)
    labels = option_labels(item.question)
    rows = [
        (labels.get(intended, intended), [(str(count), shade(count / most, 0, 1)) for count in line])
        for intended, line in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    what, corner = ("Ticks", "ticked") if _is_checklist(item) else ("Answers", "named")
    offered = option_values(item.question)
    # After the options comes the label for checklists in which nothing was ticked.
    columns = [*(labels.get(name, name) for name in offered), *counts.columns[len(offered) :]]
    return Matrix(f"{what}, {group.label}", f"made for \\ {corner}", columns, rows)
