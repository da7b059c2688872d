"""Preferences between clips of a trial: which clip is chosen, and how strongly."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from .agreement import PairsError, bradley_terry
from .estimates import Figure, estimate_table, numeric, require_columns
from .intervals import proportion_scale
from .reasons import Reason, Why

CLIP_COLUMNS = {
    "judgment": "which answer the clip belongs to",
    "item": "the track",
    "rater": "the annotator",
    "side": "what is compared, as an ordered category",
    "position": "the clip's place in the trial, from 0",
    "picked": "whether this clip was chosen (0 or 1)",
    "strength": "how strongly it was preferred, as much below 0 for the other one of a pair",
}
PAIR_COLUMNS = ["item", "rater", "first", "second", "preferred", "strength", "shown_first"]


def pairs_of(clips: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of compared clips that an answer ranks.

    If one of more than two clips was chosen, it was preferred to each of the others; two clips that were not
    chosen are not ranked. Under Luce's choice axiom these pairs follow the same Bradley-Terry model.

    Parameters
    ----------
    clips : pd.DataFrame
        One row per clip and answer, with the columns of `CLIP_COLUMNS`; ``side`` is an ordered categorical.

    Returns
    -------
    pd.DataFrame
        `PAIR_COLUMNS`: ``first`` and ``second`` are sides in their order; ``preferred`` is 1 for the first,
        0 for the second, 0.5 for neither; ``strength`` that of the first, missing where more than two were
        compared; ``shown_first`` is 1 where the first stood before the second in the trial, else 0. Pairs of
        one side with itself are left out.
    """
    table = require_columns(clips, CLIP_COLUMNS)
    table["rank"] = table["side"].cat.codes
    shown = table.groupby("judgment", observed=True)["picked"]
    table["n"], table["n_picked"] = shown.transform("size"), shown.transform("sum")
    both = table.merge(table, on=["judgment", "item", "rater", "n", "n_picked"], suffixes=("", "_2"))
    both = both[(both["rank"] < both["rank_2"])]
    says = (both["n_picked"] == 0) | (both["picked"].astype(bool) | both["picked_2"].astype(bool))
    both = both[says].reset_index(drop=True)
    return pd.DataFrame(
        {
            "item": both["item"],
            "rater": both["rater"],
            "first": both["side"],
            "second": both["side_2"],
            "preferred": (1 + both["picked"].astype(float) - both["picked_2"].astype(float)) / 2,
            "strength": both["strength"].where(both["n"] == 2),
            "shown_first": (both["position"] < both["position_2"]).astype(float),
        },
        columns=PAIR_COLUMNS,
    )


# -- preference -------------------------------------------------------------------------------

PREFERENCE_FIGURES = (
    Figure("preference", Why.NO_JUDGMENT, proportion_scale()),
    Figure("undecided", Why.NO_JUDGMENT, proportion_scale()),
    Figure("strength", Why.NO_STRENGTH_ASKED),
    Figure("first_shown_chosen", Why.NO_DECIDED_JUDGMENT, proportion_scale()),
)


def preference_table(pairs: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return how often the first is preferred to the second, such as evidence to a random control.

    Parameters
    ----------
    pairs : pd.DataFrame
        `PAIR_COLUMNS` as `pairs_of` returns them, of one pair of sides.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        Columns of `estimates.COLUMNS`, cluster-aware intervals by jackknife in both scopes:

        - ``preference``: share that prefers the first; judgments without a preference count half;
        - ``undecided``: share without a preference;
        - ``strength``: mean strength, in steps of the question, negative where the second is preferred;
        - ``first_shown_chosen``: share of decided judgments that chose the side shown first; .5 without an
          effect of order;
        - ``preference_exact``: Clopper and Pearson's interval of decided judgments, scope ``judgments``:
          valid only for independent judgments.
    """
    preferred, strength, shown = (
        pairs[name].to_numpy(float) for name in ("preferred", "strength", "shown_first")
    )
    decided = preferred != 0.5

    def compute(keep: np.ndarray) -> np.ndarray:
        chose_shown_first = (preferred == shown)[keep & decided]
        strengths = strength[keep & np.isfinite(strength)]
        parts = (preferred[keep], ~decided[keep], strengths, chose_shown_first)
        return np.array([_mean(part) for part in parts])

    table = estimate_table(PREFERENCE_FIGURES, compute, pairs, confidence=confidence)
    exact = exact_share(table, "preference_exact", preferred[decided], confidence)
    return pd.concat([table, exact], ignore_index=True)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def exact_share(table: pd.DataFrame, name: str, successes: np.ndarray, confidence: float) -> pd.DataFrame:
    """Return a row with Clopper and Pearson's interval (1934), in the columns of another table."""
    row = table.iloc[:1].copy()
    row[["statistic", "ci_scope", "ci_method", "n_judgments"]] = [
        name, "judgments", "Clopper-Pearson", len(successes)
    ]  # fmt: skip
    row[["estimate", "se", "ci_low", "ci_high"]] = np.nan
    row[["status", "reason"]] = ["undefined", Reason(Why.NO_DECIDED_JUDGMENT)]
    if len(successes):
        test = stats.binomtest(int(successes.sum()), len(successes))
        bounds = test.proportion_ci(confidence, method="exact")
        share = test.statistic
        row[["estimate", "ci_low", "ci_high"]] = [share, bounds.low, bounds.high]
        row["se"] = np.sqrt(share * (1 - share) / len(successes))
        row[["status", "reason"]] = ["ok", ""]
    return numeric(row)


def strengths_table(pairs: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return the strengths of all sides by Bradley and Terry's model, with the effect of order.

    Parameters
    ----------
    pairs : pd.DataFrame
        `PAIR_COLUMNS`, of all pairs of sides.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        ``side`` (missing for the effect of order) and the columns of `estimates.COLUMNS`: statistics
        ``bradley_terry_strength``, log-odds that sum to zero over the sides, and ``order_effect``, the
        log-odds that of two equally strong sides the one that was shown first is preferred. Intervals are
        jackknives over tracks and annotators.
    """
    # The model is fitted to pairs in the order of presentation, so that it can estimate the effect of order.
    swapped = pairs["shown_first"].to_numpy() < 0.5
    both = pd.concat([pairs["first"], pairs["second"]])
    known = both.cat.categories if isinstance(both.dtype, pd.CategoricalDtype) else sorted(both.unique())
    sides = np.array([str(side) for side in known if (both == side).any()])
    codes = pd.Categorical(both.astype(str), categories=sides).codes.astype(int)
    size = len(sides)
    first, second = codes[: len(pairs)], codes[len(pairs) :]
    won = pairs["preferred"].to_numpy(float)
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    won = np.where(swapped, 1 - won, won)
    cell = (first * size + second) * 3 + np.rint(2 * won).astype(int)

    def fit(keep: np.ndarray) -> np.ndarray:
        counts = np.bincount(cell[keep], minlength=3 * size * size)
        used = np.flatnonzero(counts)
        a, b, outcome = used // 3 // size, used // 3 % size, used % 3 / 2
        found = bradley_terry(sides[a], sides[b], outcome, weights=counts[used])
        if len(found.strengths) < size:
            raise PairsError(Why.SIDE_NOT_COMPARED)
        strengths = found.strengths.set_index("option")["strength"].reindex(sides)
        return np.append(strengths.to_numpy(float), found.order_effect)

    def compute(keep: np.ndarray) -> np.ndarray:
        try:
            return fit(keep)
        except PairsError:
            return np.full(size + 1, np.nan)

    figures = [Figure(name, _why_no_strengths(fit, len(pairs))) for name in [*sides, "order_effect"]]
    table = estimate_table(figures, compute, pairs, confidence=confidence)
    table.insert(0, "side", table["statistic"].where(table["statistic"].isin(sides)))
    table["statistic"] = table["statistic"].where(table["side"].isna(), "bradley_terry_strength")
    return table


def _why_no_strengths(fit: Callable[[np.ndarray], np.ndarray], n: int) -> Reason:
    try:
        fit(np.ones(n, dtype=bool))
    except PairsError as error:
        return error.reason
    return Reason(Why.SIDE_NOT_COMPARED)  # never shown, because all strengths are defined
