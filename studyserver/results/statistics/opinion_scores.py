"""Scores of conditions as listening tests report them: mean opinion scores, quartiles, Friedman's test.

ITU-T P.800 (1996), methods for subjective determination of transmission quality. ITU-T P.1401 (2020),
statistical evaluation: intervals of mean opinion scores. ITU-R BS.1534-3 (2015), MUSHRA: medians with
quartiles. Friedman, M. (1937). The use of ranks to avoid the assumption of normality implicit in the analysis
of variance.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from .reasons import Reason, Why

SCORE_COLUMNS = ["mean", "sd", "median", "lower_quartile", "upper_quartile", "se", "ci_low", "ci_high"]
SCORE_COLUMNS += ["ci_method", "ci_scope", "status", "reason"]


def score_table(
    values: np.ndarray,
    raters: np.ndarray,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the mean opinion score of a condition with two intervals, and median and quartiles.

    Parameters
    ----------
    values : np.ndarray [shape=(n,)]
        The votes.
    raters : np.ndarray [shape=(n,)]
        Who voted.
    low, high : float
        Ends of the scale; intervals are clipped to them.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        One row for each scope, with the columns `SCORE_COLUMNS`. ``judgments``: mean +- t s / sqrt(M) over M
        votes (ITU-T P.1401), valid where votes are independent. ``raters``: the same over the means of the
        raters, around their mean. Quartiles interpolate linearly.
    """
    votes = np.asarray(values, dtype=float)
    means = pd.Series(votes).groupby(np.asarray(raters)).mean().to_numpy()
    quartiles = np.quantile(votes, [0.5, 0.25, 0.75]) if len(votes) else [np.nan] * 3
    figures = dict(zip(("median", "lower_quartile", "upper_quartile"), map(float, quartiles), strict=True))
    figures["sd"] = float(votes.std(ddof=1)) if len(votes) > 1 else np.nan
    rows = []
    for scope, sample, few in (("judgments", votes, Why.ONE_VOTE), ("raters", means, Why.ONE_RATER)):
        row: dict[str, object] = {
            **figures,
            "ci_scope": scope,
            "ci_method": "t",
            "status": "ok",
            "reason": "",
        }
        mean = float(sample.mean()) if len(sample) else np.nan
        row["mean"] = mean
        if len(sample) == 0:
            row |= {"status": "undefined", "reason": Reason(Why.NO_JUDGMENT_YET)}
        elif len(sample) == 1:
            row["reason"] = Reason(few)
        else:
            se = float(sample.std(ddof=1) / np.sqrt(len(sample)))
            half = float(stats.t.ppf((1 + confidence) / 2, len(sample) - 1)) * se
            ends = max(mean - half, low), min(mean + half, high)
            row |= {"se": se, "ci_low": ends[0], "ci_high": ends[1]}
        rows.append(row)
    return pd.DataFrame(rows, columns=SCORE_COLUMNS)


@dataclass(frozen=True)
class Friedman:
    """Friedman's test of no difference between conditions.

    Attributes
    ----------
    chi_square, p, kendall_w : float or None
        None where undefined. Kendall's W is chi square divided by its maximum: 0 to 1.
    degrees : int or None
    n_conditions, n_raters : int
        Raters with a score of every condition.
    reason : Reason or None
        Why it is undefined.
    """

    n_conditions: int
    n_raters: int
    chi_square: float | None = None
    degrees: int | None = None
    p: float | None = None
    kendall_w: float | None = None
    reason: Reason | None = None


def friedman(scores: np.ndarray) -> Friedman:
    """Return Friedman's test with raters as blocks.

    Parameters
    ----------
    scores : np.ndarray [shape=(n_raters, n_conditions)]
        Each rater's mean score of each condition; NaN where there is none. Raters without a score of every
        condition are left out.
    """
    complete = scores[np.isfinite(scores).all(axis=1)]
    n, k = complete.shape
    if k < 3 or n < 2:
        return Friedman(k, n, reason=Reason(Why.FEW_BLOCKS))
    if np.all(np.ptp(complete, axis=1) == 0):
        return Friedman(k, n, reason=Reason(Why.EVERY_RATER_CONSTANT))
    found = stats.friedmanchisquare(*complete.T)
    w = float(found.statistic) / (n * (k - 1))
    return Friedman(k, n, float(found.statistic), k - 1, float(found.pvalue), w)


def answer_shares(answers: pd.DataFrame, options: list) -> pd.DataFrame:
    """Return how often each option was chosen for each item.

    Parameters
    ----------
    answers : pd.DataFrame
        Columns ``item``, ``chosen`` (a list of the options that the answer names).
    options : list
        All options, in order.

    Returns
    -------
    pd.DataFrame
        One row per item and option: ``item``, ``option``, ``n_answers`` (answers that chose it),
        ``n_judgments`` (all of the item), ``share``. Shares of an item sum to 1 where each answer names one
        option.
    """
    items, labels = pd.factorize(answers["item"], sort=True)
    place = {option: index for index, option in enumerate(options)}
    counts = np.zeros((len(labels), len(options)), dtype=int)
    for item, chosen in zip(items, answers["chosen"], strict=True):
        for option in chosen:
            if option in place:
                counts[item, place[option]] += 1
    n = np.bincount(items, minlength=len(labels))
    return pd.DataFrame(
        {
            "item": np.repeat(np.asarray(labels), len(options)),
            "option": list(options) * len(labels),
            "n_answers": counts.ravel(),
            "n_judgments": np.repeat(n, len(options)),
            "share": (counts / np.maximum(n, 1)[:, None]).ravel(),
        }
    )
