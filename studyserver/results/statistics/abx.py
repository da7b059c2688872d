"""ABX trials: share of correct answers, sensitivity d' and bias towards A or B.

Macmillan, N. A., & Creelman, C. D. (2005). Detection Theory, 2nd ed., ch. 9.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import optimize, stats

from .estimates import Figure, estimate_table, numeric, require_columns
from .intervals import proportion_scale
from .preference import exact_share
from .reasons import Reason, Why

ABX_COLUMNS = {
    "item": "the track",
    "rater": "the annotator",
    "x_is_a": "whether X was what was labelled A (0 or 1)",
    "said_a": "whether the annotator said so (0 or 1)",
}
_UNBIASED = "abx_unbiased_z"
FIGURES = (
    Figure("abx_correct", Why.NO_JUDGMENT, proportion_scale()),
    Figure("abx_a_said", Why.NO_JUDGMENT, proportion_scale()),
    Figure("abx_criterion", Why.X_WAS_ONE_SIDE),
    Figure(_UNBIASED, Why.X_WAS_ONE_SIDE),  # becomes the two sensitivities
)
_GREATEST = 20.0  # a larger d' gives a share of 1 in double precision


def abx_table(answers: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return how well two sides are distinguished.

    Parameters
    ----------
    answers : pd.DataFrame
        With the columns of `ABX_COLUMNS`, of one pair of sides. X and the side labelled A must have been
        chosen at random.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        Columns of `estimates.COLUMNS`, cluster-aware intervals by jackknife in both scopes:

        - ``abx_correct``: share of right answers (guessing: .5);
        - ``abx_correct_exact``: the same with Clopper and Pearson's interval, scope ``judgments``: valid
          only for independent judgments;
        - ``abx_d_prime``: sensitivity by the differencing model, from the share of an unbiased listener
          (`unbiased_z`), with the interval computed on its z; 0 at chance and below;
        - ``abx_d_prime_independent``: the same by the independent-observation model, for listeners who know
          both sides beforehand;
        - ``abx_criterion``: bias towards B if positive, towards A if negative;
        - ``abx_a_said``: share of answers A; .5 without bias if X was A as often as B.
    """
    table = require_columns(answers, ABX_COLUMNS)
    x_is_a, said_a = table["x_is_a"].to_numpy(bool), table["said_a"].to_numpy(bool)
    right = x_is_a == said_a

    def compute(keep: np.ndarray) -> np.ndarray:
        if not keep.any():
            return np.full(4, np.nan)
        unbiased, criterion = unbiased_z(
            int((keep & x_is_a & said_a).sum()), int((keep & x_is_a).sum()),
            int((keep & ~x_is_a & said_a).sum()), int((keep & ~x_is_a).sum()),
        )  # fmt: skip
        return np.array([right[keep].mean(), said_a[keep].mean(), criterion, unbiased])

    figures = estimate_table(FIGURES, compute, table, confidence=confidence)
    found = {str(name): part for name, part in figures.groupby("statistic", sort=False)}
    unbiased, all_right = found.pop(_UNBIASED), bool(right.all())
    return pd.concat(
        [
            found["abx_correct"],
            exact_share(figures, "abx_correct_exact", right.astype(float), confidence),
            _sensitivity("abx_d_prime", unbiased, differencing_share, all_right=all_right),
            _sensitivity("abx_d_prime_independent", unbiased, independent_share, all_right=all_right),
            found["abx_criterion"],
            found["abx_a_said"],
        ],
        ignore_index=True,
    )


def _sensitivity(
    name: str, unbiased: pd.DataFrame, model: Callable[[float], float], *, all_right: bool
) -> pd.DataFrame:
    """Return d' of an unbiased listener's z, with the interval transformed the same way."""
    table = unbiased.assign(statistic=name, se=np.nan)
    if all_right:
        table[["estimate", "ci_low", "ci_high"]] = np.nan
        table[["status", "reason", "ci_method"]] = ["undefined", Reason(Why.ALL_RIGHT), ""]
        return numeric(table)
    for column in ("estimate", "ci_low", "ci_high"):
        table[column] = [sensitivity(float(stats.norm.cdf(z)), model) for z in table[column]]
    table["ci_high"] = table["ci_high"].where(np.isfinite(table["ci_high"]))
    return table


def unbiased_z(hits: int, x_was_a: int, false_alarms: int, x_was_b: int) -> tuple[float, float]:
    """Return z of the share that an unbiased listener of this sensitivity gets right, and the criterion.

    With H and F the shares of answers A when X was A and when it was B, they are (z(H) - z(F)) / 2 and
    -(z(H) + z(F)) / 2, with the log-linear correction of Hautus (1995): 0.5 is added to each count and 1 to
    each total, so that shares of 0 and 1 have finite z. NaN if X was never A or never B.
    """
    if x_was_a == 0 or x_was_b == 0:
        return float("nan"), float("nan")
    z_hit = stats.norm.ppf((hits + 0.5) / (x_was_a + 1))
    z_false = stats.norm.ppf((false_alarms + 0.5) / (x_was_b + 1))
    return float(z_hit - z_false) / 2, -float(z_hit + z_false) / 2


def differencing_share(d_prime: float) -> float:
    """Return the share of correct answers of an unbiased listener who chooses the side most similar to X.

    The model for stimuli that change from trial to trial, as tracks do:
    p = F(d / sqrt 2) F(d / sqrt 6) + F(-d / sqrt 2) F(-d / sqrt 6).
    """
    return _share(d_prime / np.sqrt(2), d_prime / np.sqrt(6))


def independent_share(d_prime: float) -> float:
    """Return the share of correct answers of an unbiased listener who knows both sides beforehand.

    The model for trials that all present the same pair of stimuli:
    p = F(d / sqrt 2) F(d / 2) + F(-d / sqrt 2) F(-d / 2).
    """
    return _share(d_prime / np.sqrt(2), d_prime / 2)


def _share(one: float, two: float) -> float:
    cdf = stats.norm.cdf
    return float(cdf(one) * cdf(two) + cdf(-one) * cdf(-two))


def sensitivity(share: float, model: Callable[[float], float] = differencing_share) -> float:
    """Return d' for a share of correct answers: 0 at chance and below, infinite at 1, NaN of NaN."""
    if not share > 0.5:
        return float("nan") if share != share else 0.0
    if share >= model(_GREATEST):
        return float("inf")
    return float(optimize.brentq(lambda d_prime: model(d_prime) - share, 0.0, _GREATEST))
