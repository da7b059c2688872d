"""Preferences between pairs: the Bradley-Terry model with an effect of the order of presentation.

Davidson, R. R., & Beaver, R. J. (1977). On extending the Bradley-Terry model to incorporate within-pair order
effects. Ties count as half a win for each side.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from studyserver.results.statistics.reasons import ReasonedError, Why


class PairsError(ReasonedError):
    """Comparisons from which no strengths can be estimated; the message says why and what would help."""


@dataclass(frozen=True)
class PairedStrengths:
    """Strengths of options that were compared in pairs.

    Attributes
    ----------
    strengths : pd.DataFrame
        Columns ``option``, ``strength`` (log-odds, summing to zero), ``se``, ``ci_low``, ``ci_high``,
        ``n_comparisons``.
    order_effect : float
        Log-odds that the first of two equally strong options is preferred.
    order_se, order_low, order_high : float
    covariance : np.ndarray [shape=(n_options + 1, n_options + 1)]
        Of the strengths and the order effect; allows for dependence within raters if raters were given.
    """

    strengths: pd.DataFrame
    order_effect: float
    order_se: float
    order_low: float
    order_high: float
    covariance: np.ndarray


def bradley_terry(
    first: Sequence[Hashable] | np.ndarray,
    second: Sequence[Hashable] | np.ndarray,
    first_preferred: Sequence[float] | np.ndarray,
    *,
    raters: Sequence[Hashable] | None = None,
    weights: Sequence[float] | np.ndarray | None = None,
    confidence: float = 0.95,
) -> PairedStrengths:
    """Estimate by maximum likelihood: logit P(first preferred) = order + strength_first - strength_second.

    Parameters
    ----------
    first, second : sequences [shape=(n,)]
        The options compared, in order of presentation.
    first_preferred : sequence of float [shape=(n,)]
        1, 0, or 0.5 for a tie.
    raters : sequence, optional
        Who compared. Standard errors are then robust to dependence within raters (sandwich estimator with
        raters as clusters), and the quantile is Student's t with one degree of freedom less than raters.
    weights : sequence of float, optional
        Number of times each result occurred, > 0; by default 1.
    confidence : float
        Of the intervals.

    Raises
    ------
    PairsError
        If options are not connected by comparisons both won and lost (no finite strengths exist), or an
        option is compared with itself.

    Examples
    --------
    >>> found = bradley_terry(["a", "b", "a", "b", "a"], ["b", "a", "b", "a", "b"], [1, 0, 1, 1, 0])
    >>> found.strengths.set_index("option")["strength"].round(2).to_dict()
    {'a': 0.17, 'b': -0.17}
    """
    options, codes = np.unique(np.concatenate([np.asarray(first), np.asarray(second)]), return_inverse=True)
    n, n_options = len(first), len(options)
    a, b = codes[:n], codes[n:]
    won = np.asarray(first_preferred, dtype=float)
    times = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    if np.any(a == b):
        raise PairsError(Why.COMPARED_WITH_ITSELF, option=options[a[a == b][0]])
    if n_options < 2 or np.any((won < 0) | (won > 1) | ~np.isfinite(won)):
        raise PairsError(Why.FEWER_THAN_TWO_OPTIONS)
    _require_connected(a, b, won, options)
    design = np.zeros((n, n_options + 1))
    design[np.arange(n), a] += 1
    design[np.arange(n), b] -= 1
    design[:, -1] = 1
    if len(np.unique(won)) == 1:
        raise PairsError(Why.ONE_SIDE_PREFERRED)
    # Only differences of strengths are identified: they are estimated in a basis whose strengths sum to zero.
    basis = np.zeros((n_options + 1, n_options))
    basis[:-1, :-1] = np.vstack([np.eye(n_options - 1), -np.ones(n_options - 1)])
    basis[-1, -1] = 1
    inner, covariance, n_clusters = _logistic(design @ basis, won, times, raters)
    estimate = basis @ inner
    covariance = basis @ covariance @ basis.T
    se = np.sqrt(np.diag(covariance))
    quantile = (1 + confidence) / 2
    t = float(stats.norm.ppf(quantile) if raters is None else stats.t.ppf(quantile, n_clusters - 1))
    low, high = estimate - t * se, estimate + t * se
    strengths = pd.DataFrame(
        {
            "option": options,
            "strength": estimate[:-1],
            "se": se[:-1],
            "ci_low": low[:-1],
            "ci_high": high[:-1],
            "n_comparisons": np.bincount(codes, np.tile(times, 2), n_options).astype(int),
        }
    )
    order = (float(estimate[-1]), float(se[-1]), float(low[-1]), float(high[-1]))
    return PairedStrengths(strengths, *order, covariance)


def _require_connected(a: np.ndarray, b: np.ndarray, won: np.ndarray, options: np.ndarray) -> None:
    """Require a chain of wins from every option to every other; else no maximum is finite (Ford, 1957)."""
    beats = np.zeros((len(options), len(options)), dtype=bool)
    beats[a[won > 0], b[won > 0]] = True
    beats[b[won < 1], a[won < 1]] = True
    np.fill_diagonal(beats, True)
    reach = beats  # squaring the matrix doubles the length of the chains that it covers
    for _ in range(int(np.ceil(np.log2(max(len(options), 2))))):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    if not reach.all():
        row, column = np.argwhere(~reach)[0]
        raise PairsError(Why.NEVER_WON, loser=options[row], winner=options[column])


def _logistic(
    design: np.ndarray, won: np.ndarray, times: np.ndarray, raters: Sequence[Hashable] | None
) -> tuple[np.ndarray, np.ndarray, int]:
    estimate = np.zeros(design.shape[1])
    for _ in range(100):
        probability = special.expit(design @ estimate)
        weight = times * probability * (1 - probability)
        information = design.T @ (design * weight[:, None])
        try:
            step = np.linalg.solve(information, design.T @ (times * (won - probability)))
        except np.linalg.LinAlgError as error:
            raise PairsError(Why.ONE_ORDER) from error
        # Newton's method; steps of more than 5 are shortened, since log-odds of that size overshoot.
        estimate += step / max(1.0, float(np.abs(step).max()) / 5)
        if np.abs(step).max() < 1e-10:
            break
    else:
        raise PairsError(Why.ONE_ORDER)
    inverse = np.linalg.inv(information)
    if raters is None:
        return estimate, inverse, len(won)
    cluster = pd.factorize(np.asarray(raters))[0]
    n_clusters = int(cluster.max()) + 1
    if n_clusters < 2:
        raise PairsError(Why.FEWER_THAN_TWO_CLUSTERS)
    scores = np.zeros((n_clusters, design.shape[1]))
    np.add.at(scores, cluster, design * (times * (won - special.expit(design @ estimate)))[:, None])
    correction = n_clusters / (n_clusters - 1)
    return estimate, correction * inverse @ scores.T @ scores @ inverse, n_clusters
