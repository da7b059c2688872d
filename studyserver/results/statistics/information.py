"""Mutual information in bits between the feature that an explanation is for and listeners' answers."""

from collections.abc import Callable, Sequence

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

        - ``mutual_information``: in bits, corrected for the upward bias of few judgments and few clips (see
          `mutual_information`); around zero, also below it, if answers are independent of the feature;
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


def mutual_information(cells: np.ndarray) -> tuple[float, float]:
    """Return mutual information of rows and columns in bits: corrected for bias, and uncorrected.

    Parameters
    ----------
    cells : np.ndarray [shape=(n_units, n_rows, n_columns)]
        Counts of each unit that is a sample of its own, such as a track.

    Returns
    -------
    corrected, plain : float
        NaN if fewer than two rows or columns occur.

    Notes
    -----
    The plain estimate is the mean divergence of the rows' shares p_rc from the shares of all, p_c. To second
    order its bias is [sum_r w_r sum_c Var(p_rc) / p_rc - sum_c Var(p_c) / p_c] / (2 ln 2), with w_r the share
    of row r. With independent judgments this is Miller's (1955) (rows - 1) (columns - 1) / (2 N ln 2). Here
    variances are those between units, so that habits of clips count as what they are: few samples (Rao &
    Scott, 1981). A row with a single unit gets the average ratio of the others to independent judgments.
    """
    counts = cells.sum(axis=0)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    n = counts.sum()
    if min(np.count_nonzero(rows), np.count_nonzero(columns)) < 2:
        return float("nan"), float("nan")
    filled = counts > 0
    expected = np.outer(rows, columns) / n
    plain = float((counts[filled] * np.log2(counts[filled] / expected[filled])).sum() / n)
    return plain - _bias(cells[:, rows > 0][:, :, columns > 0]), plain


def _bias(cells: np.ndarray) -> float:
    """Return the bias of plain mutual information, in bits; every row and column occurs."""
    counts = cells.sum(axis=0)
    sizes, n = counts.sum(axis=1), counts.sum()
    share, of_all = counts / sizes[:, None], counts.sum(axis=0) / n
    per_row = cells.sum(axis=2)
    apart = cells - per_row[:, :, None] * share
    units, all_units = (per_row > 0).sum(axis=0), int((per_row.sum(axis=1) > 0).sum())
    several = units > 1
    between = (apart**2).sum(axis=0) / sizes[:, None] ** 2 * (units / np.maximum(units - 1, 1))[:, None]
    relative = np.divide(between, share, out=np.zeros_like(between), where=share > 0).sum(axis=1)
    independent = (np.count_nonzero(counts, axis=1) - 1) / sizes
    if not several.all():
        known = independent[several].sum()
        ratio = max(1.0, relative[several].sum() / known) if known > 0 else 1.0
        relative = np.where(several, relative, ratio * independent)
    together = (apart.sum(axis=1) / n) ** 2
    of_columns = (together.sum(axis=0) * all_units / max(all_units - 1, 1) / of_all).sum()
    of_columns += ((sizes / n) ** 2 * relative)[~several].sum()
    return float(((sizes / n) @ relative - of_columns) / (2 * np.log(2)))


class _Answers:
    """Counts of answers by intended and named feature.

    Parameters
    ----------
    table : pd.DataFrame
        With ``item`` (or ``unit``), ``row``, ``column``, ``weight`` and ``answer_weight``.
    size : int
        Number of features.
    """

    def __init__(self, table: pd.DataFrame, size: int):
        self.size = size
        unit, labels = pd.factorize(table["unit" if "unit" in table else "item"])
        self.n_units = len(labels)
        self.cell = (unit * size + table["row"].to_numpy()) * size + table["column"].to_numpy()
        self.weight = table["weight"].to_numpy(float) * table["answer_weight"].to_numpy(float)

    def cells(self, keep: np.ndarray) -> np.ndarray:
        """Return counts, shape (n_units, size, size), of the answers that a Boolean array keeps."""
        shape = (self.n_units, self.size, self.size)
        found = np.bincount(self.cell[keep], self.weight[keep], self.n_units * self.size**2).reshape(shape)
        return found[found.any(axis=(1, 2))]


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
        cells = answers.cells(keep)
        counts = cells.sum(axis=0)
        n = counts.sum()
        if n == 0:
            return np.full(len(FIGURES), np.nan)
        chance = (counts.sum(axis=1) * counts.sum(axis=0)).sum() / n**2
        return np.array([*mutual_information(cells), np.trace(counts) / n, chance])

    return _estimates(FIGURES, compute, table, confidence)


def _share(reference: pd.DataFrame, condition: pd.DataFrame, size: int, confidence: float) -> pd.DataFrame:
    both = pd.concat([reference, condition])
    other = np.repeat([False, True], [len(reference), len(condition)])
    answers = _Answers(both, size)

    def compute(keep: np.ndarray) -> np.ndarray:
        bits = [mutual_information(answers.cells(part & keep))[0] for part in (~other, other)]
        return np.array([bits[1] / bits[0] if bits[0] > 1e-12 else np.nan])

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
