"""Which target a clip was made for, and which of the options its judgments named."""

from typing import Any

import pandas as pd

from explainer.core.clips.conditions import UNMASKED
from studyserver.results.data.questions import option_labels, option_values
from studyserver.results.statistics.information import confusion_matrix, information_table
from studyserver.study.questions.kind import Answers

from . import labels
from .summaries import QuestionSummary, joined, labelled

NONE_TICKED = ""  # no option is empty


def information(item: QuestionSummary) -> pd.DataFrame:
    """Return bits, accuracy and chance for each group of clips."""
    answers = named_answers(item).assign(weight=1.0)
    table = pd.concat([_for_each_target(item, answers), answers], ignore_index=True)
    return information_table(
        table.rename(columns={"stimulus": "item", "annotator": "rater", "track": "unit"})
    )


def named_answers(item: QuestionSummary) -> pd.DataFrame:
    """Return what was intended and answered, per judgment of a masked clip, with its group's label.

    A judgment of a checklist has one row for each ticked option; see `_named`.
    """
    return _named(item, intended(item))


def intended(item: QuestionSummary) -> pd.DataFrame:
    """Return judgments of masked clips, with the option for which the clip was made as `intended`."""
    names = {label.casefold(): value for value, label in option_labels(item.question).items()}
    names |= {value.casefold(): value for value in option_values(item.question)}
    parts = [labelled(group, value="value") for group in item.groups]
    table = joined(parts)
    intended = table["target"].astype(str).str.casefold().map(names)
    return table.assign(intended=intended).dropna(subset=["intended"]).reset_index(drop=True)


def confusion(item: QuestionSummary, condition: str) -> pd.DataFrame:
    """Return counts for one condition: rows intended, columns answered (of checklists: ticked).

    Every option has a column, in the order offered, followed by `labels.NONE_TICKED` if any judgment ticked
    none.
    """
    answers = named_answers(item)
    counts = confusion_matrix(answers[answers["condition"] == condition])
    columns = [*option_values(item.question), *({NONE_TICKED} & set(counts.columns))]
    intended = [option for option in columns if option in counts.index and counts.loc[option].any()]
    counts = counts.reindex(index=intended, columns=columns, fill_value=0)
    return counts.rename(columns={NONE_TICKED: labels.NONE_TICKED})


def options_in(item: QuestionSummary, given: Any) -> list[str]:
    """Return what a checklist's answer ticked, sorted, or the one option of a choice."""
    return sorted(given) if _has_sets(item) else [given]


def _has_sets(item: QuestionSummary) -> bool:
    return item.question.answer_kind.answers == Answers.SETS


def _named(item: QuestionSummary, judgments: pd.DataFrame) -> pd.DataFrame:
    """Return judgments with the option named as `answered`.

    A judgment of a checklist has one row for each ticked option, with its share as `answer_weight`; without a
    ticked option it has one row with `NONE_TICKED`.
    """
    if not _has_sets(item):
        return judgments.assign(answered=judgments["value"], answer_weight=1.0)
    ticked = judgments["value"].map(lambda given: options_in(item, given) or [NONE_TICKED])
    each = judgments.assign(answered=ticked, answer_weight=1 / ticked.map(len).astype(float))
    return each.explode("answered", ignore_index=True)


def _for_each_target(item: QuestionSummary, answers: pd.DataFrame) -> pd.DataFrame:
    """Return answers to the unmasked clips, once for each target that clips of the excerpt were made for.

    They measure the information of the music itself about these targets; each answer has total weight 1.
    """
    parts = [labelled(group, value="value") for group in item.groups if group.group.condition in UNMASKED]
    targets = answers[["excerpt", "intended"]].drop_duplicates()
    targets = targets.assign(weight=1 / targets.groupby("excerpt")["intended"].transform("size"))
    unmasked = joined(parts)
    return _named(item, unmasked).merge(targets, on="excerpt")
