"""A study's contrasts: those that its research questions declare, and exploratory ones."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from explainer.core.clips.conditions import EVIDENCE, RANDOM_CONTROL, UNMASKED
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.statistics.contrasts import contrast_table, holm
from studyserver.study.models import ResearchQuestion, Study
from studyserver.study.questions.research.estimands import Estimand

from .labels import NEW_ANNOTATORS
from .summaries import QuestionSummary
from .vocabulary import table_of

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


def contrasts_of(study: Study, items: list[QuestionSummary], counted: CountedJudgments) -> pd.DataFrame:
    """Return a study's contrasts, with the columns `CONTRAST_COLUMNS`.

    Parameters
    ----------
    study : Study
    items : list of QuestionSummary
        Questions whose answers are numbers.
    counted : CountedJudgments

    Returns
    -------
    pd.DataFrame
        The declared contrasts (`primary`), then the exploratory ones: evidence against its random control if
        none is declared, and methods against each other. Holm's correction runs over each of both families.
    """
    declared = _declared(study, items)
    exploratory = [*_methods(items, declared)] if declared else [*_usual(items), *_methods(items, [])]
    families = [
        [_row(counted, item, sides, primary) for item, sides in found]
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


def _declared(study: Study, items: list[QuestionSummary]) -> Contrasts:
    found: Contrasts = []
    asked = declared_contrasts(study)
    for item in items:
        for row in asked:
            model = row.music_model.name if row.music_model else ""
            sides = Side(row.first, row.first_method, model), Side(row.second, row.second_method, model)
            if row.question_id in (None, item.question.pk) and (item, sides) not in found:
                found.append((item, sides))
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
    counted: CountedJudgments, item: QuestionSummary, sides: tuple[Side, Side], primary: bool
) -> dict[str, Any]:
    judgments = counted.of(item.question).dropna(subset=["number"])
    parts = [_side(counted, judgments, side) for side in sides]
    row: dict[str, Any] = {"question": item.question.key, "primary": primary, "p": float("nan")}
    row |= {"model": sides[0].model or None}
    row |= {"first": sides[0].condition, "first_method": sides[0].method or None}
    row |= {"second": sides[1].condition, "second_method": sides[1].method or None}
    missing = [side.label for side, part in zip(sides, parts, strict=True) if part.empty]
    if missing:
        reason = f"no judgment of {' and '.join(missing)}"
        return row | {"status": "undefined", "reason": reason, "ci_scope": NEW_ANNOTATORS}
    sides_of = [part.assign(condition=place) for place, part in zip("ab", parts, strict=True)]
    table = pd.concat(sides_of, ignore_index=True)
    found = table_of(contrast_table(table, [("a", "b")]), "track").iloc[0].to_dict()
    return {**found, **row, "p": found["p"]}


def _side(counted: CountedJudgments, judgments: pd.DataFrame, side: Side) -> pd.DataFrame:
    part = judgments[judgments["condition"] == side.condition]
    if side.method:
        part = part[part["method"] == side.method]
    # An original or a resynthesis serves every model: of equal sounds a study holds one.
    if side.model and side.condition not in UNMASKED:
        part = part[part["stimulus"].map(_models(counted)) == side.model]
    return pd.DataFrame(
        {
            "track": part["track"].astype(str),
            "rater": part["annotator"].astype(str),
            "value": part["number"].astype(float),
        }
    )


def _models(counted: CountedJudgments) -> dict[int, str]:
    """Return the name of the music model of each stimulus that was made from an explanation."""
    made = {pk: stimulus.clip.explanation for pk, stimulus in counted.rows.stimulus_rows.items()}
    return {pk: explanation.model.name for pk, explanation in made.items() if explanation}
