"""Mutual information in bits between the feature that an explanation is for and listeners' answers."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from explainer.core.clips.conditions import ORIGINAL

from .estimates import Figure, by_group, estimate_table, require_columns
from .intervals import proportion_scale
from .reasons import Reason, Why

ANSWER_COLUMNS = {
    "condition": "the condition of the clip",
    "item": "the clip",
    "rater": "the annotator",
    "intended": "the feature that the explanation was made for",
    "answered": "the feature that the annotator named",
}
FIGURES = (
    Figure("mutual_information", Why.FEW_FEATURES),
    Figure("mutual_information_uncorrected", Why.FEW_FEATURES),
    Figure("accuracy", Why.NO_ANSWER, proportion_scale()),
    Figure("accuracy_by_chance", Why.NO_ANSWER, proportion_scale()),
)


def information_table(
    answers: pd.DataFrame, *, reference: str | None = ORIGINAL, confidence: float = 0.95
) -> pd.DataFrame:
    """Return, per condition, the information in bits of an answer about the intended feature.

    Parameters
    ----------
    answers : pd.DataFrame
        With the columns of `ANSWER_COLUMNS`. An answer to a clip for several features (an original) has
        one row for each, with its share in the column ``weight``. An answer that names several features (of a
        checklist) has one row for each, with its share in the column ``answer_weight``: the bits are then
        those of one named feature chosen at random, a lower bound for the whole answer.
    reference : str or None
        Condition with which the others are compared; no share is computed if it is None or does not occur.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        Per condition, statistic and scope, with the columns of `estimates.COLUMNS`:

        - ``mutual_information``: in bits, with the correction of Miller (1955) for the upward bias of small
          samples; around zero, also below it, if answers are independent of the feature;
        - ``mutual_information_uncorrected``;
        - ``accuracy`` (of the named features), and ``accuracy_by_chance`` of guesses that are as frequent;
        - ``share_of_reference``: corrected bits divided by those of the reference; without an interval if the
          reference's interval includes zero.
    """
    shares = {"weight": "the intended feature's share", "answer_weight": "the named feature's share"}
    table = require_columns(_weighted(answers), ANSWER_COLUMNS | shares)
    features = np.union1d(table["intended"].unique(), table["answered"].unique())
    table["row"] = np.searchsorted(features, table["intended"])
    table["column"] = np.searchsorted(features, table["answered"])
    size = len(features)
    result = by_group(table, ["condition"], lambda group: _information(group, size, confidence))
    if reference in set(table["condition"]):
        original = table[table["condition"] == reference]
        known = result[(result["condition"] == reference) & (result["statistic"] == "mutual_information")]
        shares = by_group(
            table[table["condition"] != reference],
            ["condition"],
            lambda group: _without_settled_reference(_share(original, group, size, confidence), known),
        )
        result = pd.concat([result, shares], ignore_index=True)
    return result


def _weighted(answers: pd.DataFrame) -> pd.DataFrame:
    whole = {name: 1.0 for name in ("weight", "answer_weight") if name not in answers}
    return answers.assign(**whole)


def confusion_matrix(answers: pd.DataFrame) -> pd.DataFrame:
    """Return counts of answers, one row per intended and one column per answered feature.

    Parameters
    ----------
    answers : pd.DataFrame
        With the columns ``intended`` and ``answered``.
    """
    features = sorted(set(answers["intended"]) | set(answers["answered"]))
    counts = pd.crosstab(answers["intended"], answers["answered"])
    return counts.reindex(index=features, columns=features, fill_value=0)


def mutual_information(
    counts: np.ndarray, n_rows: float | None = None, n_columns: float | None = None
) -> tuple[float, float]:
    """Return mutual information of rows and columns in bits: corrected for bias, and uncorrected.

    Parameters
    ----------
    counts : np.ndarray [shape=(n_rows, n_columns)]
    n_rows, n_columns : float, optional
        Effective numbers for the correction, where judgments are divided among rows or columns; by default
        the numbers of those that occur.

    Returns
    -------
    corrected, plain : float
        NaN if fewer than two rows or columns occur.

    Notes
    -----
    Miller, G. A. (1955): if rows and columns are independent, the plain estimate is too high by
    (rows - 1) (columns - 1) / (2 N ln 2) on average. Divided judgments vary less: with shares b, a column
    then counts as sum b^2 / sum b, which is 1 for whole judgments.
    """
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    n = counts.sum()
    if min(np.count_nonzero(rows), np.count_nonzero(columns)) < 2:
        return float("nan"), float("nan")
    filled = counts > 0
    expected = np.outer(rows, columns) / n
    plain = (counts[filled] * np.log2(counts[filled] / expected[filled])).sum() / n
    degrees = [
        (np.count_nonzero(sums) if number is None else number) - 1
        for sums, number in ((rows, n_rows), (columns, n_columns))
    ]
    return float(plain - max(degrees[0], 0.0) * max(degrees[1], 0.0) / (2 * n * np.log(2))), float(plain)


class _Answers:
    """Counts of answers by intended and named feature.

    Parameters
    ----------
    table : pd.DataFrame
        With ``row``, ``column``, ``weight`` and ``answer_weight``.
    size : int
        Number of features.
    """

    def __init__(self, table: pd.DataFrame, size: int):
        self.size = size
        self.row, self.column = table["row"].to_numpy(), table["column"].to_numpy()
        self.shares = table["weight"].to_numpy(float), table["answer_weight"].to_numpy(float)
        self.weight = self.shares[0] * self.shares[1]

    def counts(self, keep: np.ndarray) -> np.ndarray:
        """Return counts, shape (size, size), of the answers that a Boolean array keeps."""
        cell = (self.row * self.size + self.column)[keep]
        return np.bincount(cell, self.weight[keep], self.size**2).reshape(self.size, self.size)

    def bits(self, keep: np.ndarray) -> tuple[float, float]:
        """Return mutual information of these answers: corrected, and uncorrected."""
        return mutual_information(self.counts(keep), *self._effective_sizes(keep))

    def _effective_sizes(self, keep: np.ndarray) -> Iterator[float]:
        weight = self.weight[keep]
        for place, share in zip((self.row, self.column), self.shares, strict=True):
            whole = np.bincount(place[keep], weight, self.size)
            divided = np.bincount(place[keep], weight * share[keep], self.size)
            yield float((divided[whole > 0] / whole[whole > 0]).sum())


def _estimates(
    figures: Sequence[Figure],
    compute: Callable[[np.ndarray], np.ndarray],
    table: pd.DataFrame,
    confidence: float,
) -> pd.DataFrame:
    result = estimate_table(figures, compute, table, confidence=confidence)
    return result.assign(n_judgments=round((table["weight"] * table["answer_weight"]).sum()))


def _information(table: pd.DataFrame, size: int, confidence: float) -> pd.DataFrame:
    answers = _Answers(table, size)

    def compute(keep: np.ndarray) -> np.ndarray:
        counts = answers.counts(keep)
        n = counts.sum()
        if n == 0:
            return np.full(len(FIGURES), np.nan)
        chance = (counts.sum(axis=1) * counts.sum(axis=0)).sum() / n**2
        return np.array([*answers.bits(keep), np.trace(counts) / n, chance])

    return _estimates(FIGURES, compute, table, confidence)


def _share(reference: pd.DataFrame, condition: pd.DataFrame, size: int, confidence: float) -> pd.DataFrame:
    both = pd.concat([reference, condition])
    other = np.repeat([False, True], [len(reference), len(condition)])
    answers = _Answers(both, size)

    def compute(keep: np.ndarray) -> np.ndarray:
        bits = [answers.bits(part & keep)[0] for part in (~other, other)]
        return np.array([bits[1] / bits[0] if bits[0] > 0 else np.nan])

    figure = Figure("share_of_reference", Why.REFERENCE_TELLS_NOTHING)
    return _estimates([figure], compute, both, confidence)


def _without_settled_reference(shares: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Return shares without intervals if the interval of the reference's bits includes zero.

    A ratio has no bounded interval if its denominator may be zero (Fieller, 1954).
    """
    settled = reference.set_index("ci_scope")["ci_low"].reindex(shares["ci_scope"]).to_numpy(float) > 0
    open_ = (shares["status"] == "ok") & ~settled
    shares.loc[open_, ["se", "ci_low", "ci_high"]] = np.nan
    shares.loc[open_, "reason"] = Reason(Why.REFERENCE_NOT_SETTLED)
    return shares
