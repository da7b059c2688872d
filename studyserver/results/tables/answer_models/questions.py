"""The answers of a study's question as input of the model of answers."""

import numpy as np
import pandas as pd

from explainer.core.clips.conditions import ORIGINAL, UNMASKED
from studyserver.results.statistics.answer_model.answers import Answers, Family, answers_of
from studyserver.results.tables.summaries import GroupSummary, QuestionSummary, labelled
from studyserver.study.models import Question

POSITION = "position"  # from the first to the last trial of a session
AFTER_ORIGINAL = "after_original"  # of a masked clip: the annotator had heard the track's original before
_LEAST_SHARE = 0.05  # of judgments that differ in an effect of order, for it to be estimated


def family_of(question: Question) -> Family:
    """Return how the numbers that answer a question follow from what is heard."""
    if question.answer_kind.is_continuous:
        return Family.GAUSSIAN
    points = question.answer_kind.points(question.options)
    return Family.BINARY if len(points) == 2 else Family.ORDINAL


def model_answers(item: QuestionSummary) -> Answers | None:
    """Return the numbers given to all groups of a question; None if there are none.

    Levels are the groups' labels. Answers between two points count as 0 and 1.
    """
    parts = [_of_group(group) for group in item.groups]
    table = pd.concat(parts, ignore_index=True).dropna(subset=["value"]) if parts else pd.DataFrame()
    if table.empty:
        return None
    first, last = table["trial"].min(), table["trial"].max()
    table[POSITION] = (table["trial"] - first) / max(last - first, 1.0)
    table[AFTER_ORIGINAL] = _after_original(table)
    family, (low, high) = family_of(item.question), item.ends
    points = list(item.question.answer_kind.points(item.question.options))
    if family is Family.BINARY:
        table["value"] = (table["value"] - low) / (high - low)
    return answers_of(
        table,
        family,
        (0.0, 1.0) if family is Family.BINARY else (low, high),
        points=points if family is Family.ORDINAL else (),
        covariates=[name for name in (POSITION, AFTER_ORIGINAL) if _varies(table[name])],
        levels=[group.group.label for group in item.groups],
    )


def _of_group(group: GroupSummary) -> pd.DataFrame:
    part = labelled(group).rename(columns={"condition": "level", "annotator": "rater"})
    return part.assign(trial=group.judgments["position"].to_numpy(float))


def _after_original(table: pd.DataFrame) -> np.ndarray:
    originals = table[table["base_condition"] == ORIGINAL]
    heard = originals.groupby(["rater", "track"], observed=True)["trial"].min().rename("heard_at")
    both = table.join(heard, on=["rater", "track"])
    later = both["trial"].to_numpy() > both["heard_at"].to_numpy()
    return (later & ~table["base_condition"].isin(UNMASKED).to_numpy()).astype(float)


def _varies(values: pd.Series) -> bool:
    most_frequent = values.value_counts(normalize=True).iloc[0]
    return bool(1 - most_frequent >= _LEAST_SHARE)
