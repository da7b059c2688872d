"""A study's contrasts: the primary contrasts, and comparisons between methods."""

from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from explainer.core.clips.conditions import EVIDENCE, RANDOM_CONTROL
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.statistics.contrasts import contrast_table, holm
from studyserver.study.models import Study

from .labels import NEW_ANNOTATORS
from .summaries import QuestionSummary
from .vocabulary import table_of

CONTRAST_COLUMNS = [
    "question", "primary", "first", "first_method", "second", "second_method", "estimate", "se", "ci_low",
    "ci_high", "ci_method", "ci_scope", "p", "p_holm", "d_z", "cliffs_delta", "n_tracks", "n_annotators",
    "n_judgments", "status", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class Side:
    """One side of a contrast: clips of a condition and, if named, of one method."""

    condition: str
    method: str = ""

    @property
    def label(self) -> str:
        """The side in words."""
        words = self.condition.replace("_", " ").replace("counter evidence", "counter-evidence")
        return f"{words}, {self.method}" if self.method else words


Pairs = list[tuple[QuestionSummary, list[tuple[Side, Side]]]]


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
        The primary contrasts with Holm's correction, then those between methods, corrected separately.
    """
    families = [
        [row for item, pairs in found for row in _rows(counted, item, pairs, primary)]
        for found, primary in ((_named(study, items), True), (_methods(items), False))
    ]
    for family in families:
        adjusted = holm(pd.Series([row["p"] for row in family], dtype=float).to_numpy())
        for row, p in zip(family, adjusted, strict=True):
            row["p_holm"] = p
    return pd.DataFrame([row for family in families for row in family], columns=CONTRAST_COLUMNS)


def _named(study: Study, items: list[QuestionSummary]) -> Pairs:
    declared = list(study.primary_contrasts.all())
    if not declared:
        default = (Side(EVIDENCE), Side(RANDOM_CONTROL))
        return [(item, [default]) for item in items if item.question.target]
    named = []
    for item in items:
        pairs = [
            (Side(row.first, row.first_method), Side(row.second, row.second_method))
            for row in declared
            if row.question_id in (None, item.question.pk)
        ]
        named.append((item, pairs))
    return named


def _methods(items: list[QuestionSummary]) -> Pairs:
    found = []
    for item in items:
        parts = [group.judgments for group in item.groups if group.group.condition == EVIDENCE]
        methods = sorted({str(method) for part in parts for method in part["method"].unique()} - {""})
        pairs = [(Side(EVIDENCE, one), Side(EVIDENCE, two)) for one, two in combinations(methods, 2)]
        found.append((item, pairs))
    return found


def _rows(
    counted: CountedJudgments, item: QuestionSummary, pairs: list[tuple[Side, Side]], primary: bool
) -> list[dict]:
    judgments = counted.of(item.question).dropna(subset=["number"])
    rows = []
    for sides in pairs:
        parts = [_side(judgments, side) for side in sides]
        row = {"question": item.question.key, "primary": primary, "p": float("nan")}
        row |= {"first": sides[0].condition, "first_method": sides[0].method or None}
        row |= {"second": sides[1].condition, "second_method": sides[1].method or None}
        missing = [side.label for side, part in zip(sides, parts, strict=True) if part.empty]
        if missing:
            reason = f"no judgment of {' and '.join(missing)}"
            rows.append(row | {"status": "undefined", "reason": reason, "ci_scope": NEW_ANNOTATORS})
            continue
        sides_of = [part.assign(condition=place) for place, part in zip("ab", parts, strict=True)]
        table = pd.concat(sides_of, ignore_index=True)
        found = table_of(contrast_table(table, [("a", "b")]), "track").iloc[0].to_dict()
        rows.append({**found, **row, "p": found["p"]})
    return rows


def _side(judgments: pd.DataFrame, side: Side) -> pd.DataFrame:
    part = judgments[judgments["condition"] == side.condition]
    if side.method:
        part = part[part["method"] == side.method]
    return pd.DataFrame(
        {
            "track": part["track"].astype(str),
            "rater": part["annotator"].astype(str),
            "value": part["number"].astype(float),
        }
    )
