"""A study's contrasts: those that its research questions declare, and exploratory ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from explainer.core.clips.conditions import EVIDENCE, RANDOM_CONTROL, UNMASKED
from studyserver.results.statistics.answer_model.estimands import standardised_difference
from studyserver.results.statistics.answer_model.tables import counts
from studyserver.results.statistics.contrasts import cliffs_delta, holm
from studyserver.results.statistics.reasons import Reason
from studyserver.study.models import ResearchQuestion, Study
from studyserver.study.questions.research.estimands import Estimand

from .answer_models.figures import METHOD, QuestionFigures
from .labels import NEW_ANNOTATORS
from .summaries import GroupSummary, QuestionSummary

CONTRAST_COLUMNS = [
    "question", "primary", "model", "first", "first_method", "second", "second_method", "estimate", "se",
    "ci_low", "ci_high", "ci_method", "ci_scope", "p", "p_holm", "d_z", "cliffs_delta", "n_tracks",
    "n_annotators", "n_judgments", "status", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class Side:
    """One side of a contrast: clips of a condition and, if named, of one method and music model."""

    condition: str
    method: str = ""
    model: str = ""

    @property
    def label(self) -> str:
        """The side in words."""
        words = self.condition.replace("_", " ").replace("counter evidence", "counter-evidence")
        return f"{words}, {self.method}" if self.method else words


Contrasts = list[tuple[QuestionSummary, tuple[Side, Side]]]


def contrasts_of(
    study: Study, items: list[QuestionSummary], figures: Callable[[QuestionSummary], QuestionFigures]
) -> pd.DataFrame:
    """Return a study's contrasts, with the columns `CONTRAST_COLUMNS`.

    Parameters
    ----------
    study : Study
    items : list of QuestionSummary
        Questions whose answers are numbers.
    figures : callable
        The figures of a question from the model of its answers.

    Returns
    -------
    pd.DataFrame
        The declared contrasts (`primary`), then the exploratory ones: evidence against its random control if
        none is declared, and methods against each other. Holm's correction runs over each of both families.
    """
    declared = _declared(study, items)
    exploratory = [*_methods(items, declared)] if declared else [*_usual(items), *_methods(items, [])]
    families = [
        [_row(item, figures(item), sides, primary) for item, sides in found]
        for found, primary in ((declared, True), (exploratory, False))
    ]
    for family in families:
        adjusted = holm(pd.Series([row["p"] for row in family], dtype=float).to_numpy())
        for row, p in zip(family, adjusted, strict=True):
            row["p_holm"] = p
    return pd.DataFrame([row for family in families for row in family], columns=CONTRAST_COLUMNS)


def declared_contrasts(study: Study) -> list[ResearchQuestion]:
    """Return the research questions of a study that ask for a difference of two conditions."""
    return list(study.research_questions.filter(estimand=Estimand.DIFFERENCE).select_related("music_model"))


def sides_of(row: ResearchQuestion) -> list[Side]:
    """Return the one or two sides of a research question."""
    model = row.music_model.name if row.music_model else ""
    sides = [Side(row.first, row.first_method, model)]
    return [*sides, Side(row.second, row.second_method, model)] if row.second else sides


def _declared(study: Study, items: list[QuestionSummary]) -> Contrasts:
    found: Contrasts = []
    asked = declared_contrasts(study)
    for item in items:
        for row in asked:
            first, second = sides_of(row)
            contrast = item, (first, second)
            if row.question_id in (None, item.question.pk) and contrast not in found:
                found.append(contrast)
    return found


def _usual(items: list[QuestionSummary]) -> Contrasts:
    return [(item, (Side(EVIDENCE), Side(RANDOM_CONTROL))) for item in items if item.question.target]


def _methods(items: list[QuestionSummary], declared: Contrasts) -> Contrasts:
    """Return the pairs of methods whose evidence can be compared, except declared ones."""
    found = []
    for item in items:
        parts = [group.judgments for group in item.groups if group.group.condition == EVIDENCE]
        methods = sorted({str(method) for part in parts for method in part["method"].unique()} - {""})
        for one, two in combinations([Side(EVIDENCE, method) for method in methods], 2):
            if (item, (one, two)) not in declared and (item, (two, one)) not in declared:
                found.append((item, (one, two)))
    return found


def _row(
    item: QuestionSummary, figures: QuestionFigures, sides: tuple[Side, Side], primary: bool
) -> dict[str, Any]:
    row: dict[str, Any] = {"question": item.question.key, "primary": primary, "p": float("nan")}
    row |= {"model": sides[0].model or None, "ci_scope": NEW_ANNOTATORS}
    row |= {"first": sides[0].condition, "first_method": sides[0].method or None}
    row |= {"second": sides[1].condition, "second_method": sides[1].method or None}
    groups = [groups_of_side(item, side) for side in sides]
    missing = [side.label for side, found in zip(sides, groups, strict=True) if not found]
    if missing:
        return row | {"status": "undefined", "reason": f"no judgment of {' and '.join(missing)}"}
    labels = [[group.group.label for group in found] for found in groups]
    found = figures.difference(*labels)
    if isinstance(found, Reason):
        return row | {"status": "undefined", "reason": found.worded("track", "annotator")}
    fit = figures.stored.fit
    assert fit is not None
    n = counts(fit.answers, [*labels[0], *labels[1]])
    low, high = found.interval()
    return row | {
        "estimate": found.estimate, "se": found.sd, "ci_low": low, "ci_high": high, "ci_method": METHOD,
        "p": found.p_value(), "d_z": standardised_difference(fit, *labels).estimate,
        "cliffs_delta": cliffs_delta(*(_track_means(found) for found in groups)),
        "n_tracks": n.n_tracks, "n_annotators": n.n_raters, "n_judgments": n.n_judgments, "status": "ok",
    }  # fmt: skip


def groups_of_side(item: QuestionSummary, side: Side) -> list[GroupSummary]:
    """Return the groups of clips that a side consists of."""
    found = [one for one in item.groups if one.group.condition == side.condition]
    named = {"method": side.method, "model": side.model}
    if side.condition in UNMASKED:  # an original or a resynthesis serves every method and model
        named = {name: value for name, value in named.items() if any(getattr(g.group, name) for g in found)}
    for name, value in named.items():
        told_apart = any(getattr(one.group, name) for one in found)
        if value and told_apart:
            found = [one for one in found if getattr(one.group, name) == value]
        elif value:
            found = [one for one in found if set(one.judgments[name].unique()) <= {value, ""}]
    return found


def _track_means(groups: Sequence[GroupSummary]) -> np.ndarray:
    judgments = pd.concat([one.judgments[["track", "number"]] for one in groups])
    return judgments.groupby("track", observed=True)["number"].mean().dropna().to_numpy()
