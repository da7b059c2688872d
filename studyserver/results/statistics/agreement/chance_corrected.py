"""Percent agreement and what corrects it for chance: Fleiss, Gwet, Brennan and Prediger, Cohen.

Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.: items with one judgment enter the shares of
the options, not the observed agreement.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .leave_one_out import Estimate, ratio_or_nan
from .ratings import Ratings, UndefinedError

_CHUNK = 4_000_000


@dataclass(frozen=True)
class CategoryAgreement:
    """Observed agreement and the sum of squared option shares, whole and with each item or rater left out.

    Attributes
    ----------
    observed, concentration : float
        Mean over items of the share of agreeing pairs; sum over options of the squared mean share.
    observed_without_item, concentration_without_item : np.ndarray [shape=(n_items,)]
    observed_without_rater, concentration_without_rater : np.ndarray [shape=(n_raters,)]
    """

    observed: float
    concentration: float
    observed_without_item: np.ndarray
    concentration_without_item: np.ndarray
    observed_without_rater: np.ndarray
    concentration_without_rater: np.ndarray


def category_agreement(ratings: Ratings) -> CategoryAgreement:
    """Compute what percent agreement and its chance-corrected kin are made of.

    Raises
    ------
    UndefinedError
        If no item has two judgments.
    """
    if ratings.n_items_pairable == 0:
        raise UndefinedError("no item has two or more judgments")
    observed = _observed(ratings)
    concentration = _concentration(ratings)
    return CategoryAgreement(
        observed[0], concentration[0], observed[1], concentration[1], observed[2], concentration[2]
    )


def _observed(ratings: Ratings) -> tuple[float, np.ndarray, np.ndarray]:
    m, size = ratings.item_size, ratings.size
    agreeing = ratings.per_item(ratings.same - 1.0)  # ordered pairs
    share = np.nan_to_num(ratio_or_nan(agreeing, m * (m - 1)))
    n_pairable = ratings.n_items_pairable
    without_item = ratio_or_nan(share.sum() - share, n_pairable - (m >= 2))
    left = np.nan_to_num(
        ratio_or_nan(agreeing[ratings.item] - 2 * (ratings.same - 1), (size - 1) * (size - 2))
    )
    change = ratings.per_rater(left - share[ratings.item])
    lost = ratings.per_rater((size == 2).astype(float))
    return (
        float(share.sum() / n_pairable),
        without_item,
        ratio_or_nan(share.sum() + change, n_pairable - lost),
    )


def _concentration(ratings: Ratings) -> tuple[float, np.ndarray, np.ndarray]:
    n_items, size = ratings.n_items, ratings.size
    shares = np.bincount(ratings.code, 1 / size, len(ratings.categories))  # n_items times the mean share
    whole = float((shares**2).sum())
    own = ratings.per_item(ratings.same / size**2)
    cross = ratings.per_item(shares[ratings.code] / size)
    without_item = ratio_or_nan(whole - 2 * cross + own, (n_items - 1) ** 2)
    return whole / n_items**2, without_item, _concentration_without_raters(ratings, shares, whole)


def _concentration_without_raters(ratings: Ratings, shares: np.ndarray, whole: float) -> np.ndarray:
    """Return the sum of squared mean shares without each rater, a block of raters at a time.

    In an item with m judgments the shares of those left are n_c / (m - 1) less 1 / (m - 1) at the rater's own
    option, so the change is a sum of counts over the rater's items, less the rater's own judgments.
    """
    size, n_options = ratings.item_size, len(ratings.categories)
    rest = 1 / np.maximum(size - 1, 1)  # in an item of the rater's alone only the own judgment goes
    gained = (rest - 1 / size)[ratings.item]
    counts = sparse.csr_array((gained, (ratings.item, ratings.code)), shape=(ratings.n_items, n_options))
    judged = _by_rater(ratings, ratings.item, np.ones(ratings.n), ratings.n_items)
    own = _by_rater(ratings, ratings.code, rest[ratings.item], n_options)
    rows = max(1, _CHUNK // n_options)
    moved = np.full(ratings.n_raters, whole)
    for start in range(0, ratings.n_raters, rows):
        block = slice(start, start + rows)
        change = judged[block] @ counts - own[block]
        moved[block] += 2 * (change @ shares) + change.power(2).sum(axis=1)
    left = ratings.n_items - ratings.per_rater((ratings.size == 1).astype(float))
    return ratio_or_nan(moved, left**2)


def _by_rater(ratings: Ratings, column: np.ndarray, weights: np.ndarray, n_columns: int) -> sparse.csr_array:
    """Sum a figure per judgment into a table of raters x columns."""
    return sparse.csr_array((weights, (ratings.rater, column)), shape=(ratings.n_raters, n_columns))


def category_coefficient(
    statistic: str, observed: npt.ArrayLike, concentration: npt.ArrayLike, n_options: int
) -> np.ndarray:
    """Return a coefficient from observed agreement and the sum of squared option shares, elementwise.

    Parameters
    ----------
    statistic : str
        ``percent_agreement``; ``fleiss_kappa``, chance agreement sum pi_c^2; ``gwet_ac1``,
        sum pi_c (1 - pi_c) / (q - 1); or ``brennan_prediger``, 1 / q.
    observed, concentration : np.ndarray
    n_options : int
        q, the declared number of options.

    Returns
    -------
    np.ndarray
        NaN where chance agreement is complete.
    """
    seen = np.asarray(observed, dtype=float)
    if statistic == "percent_agreement":
        return seen
    expected = _chance(statistic, np.asarray(concentration, dtype=float), n_options)
    return ratio_or_nan(seen - expected, np.where(1 - expected > 1e-12, 1 - expected, 0.0))


def _chance(statistic: str, concentration: np.ndarray, n_options: int) -> np.ndarray:
    if statistic == "fleiss_kappa":
        return concentration
    if statistic == "gwet_ac1":
        return (1 - concentration) / (n_options - 1)
    return np.full_like(concentration, 1 / n_options)


def category_estimate(statistic: str, parts: CategoryAgreement, n_options: int) -> Estimate:
    """Return one of the coefficients of `category_coefficient` with its delete-one values.

    Raises
    ------
    UndefinedError
        If chance agreement is complete or the scale has one option only.
    """
    if statistic in ("gwet_ac1", "brennan_prediger"):
        _require_options(n_options)
    value = float(category_coefficient(statistic, parts.observed, parts.concentration, n_options))
    if np.isnan(value):
        raise UndefinedError("all judgments are equal, so chance agreement is complete as well")
    expected = None
    if statistic != "percent_agreement":
        expected = float(_chance(statistic, np.asarray(parts.concentration), n_options))
    return Estimate(
        value,
        category_coefficient(
            statistic, parts.observed_without_item, parts.concentration_without_item, n_options
        ),
        category_coefficient(
            statistic, parts.observed_without_rater, parts.concentration_without_rater, n_options
        ),
        observed=parts.observed,
        expected=expected,
    )


def _require_options(n_options: int) -> None:
    if n_options < 2:
        raise UndefinedError("the scale has only one option; declare all options of the scale")


def gwet_ac2(ratings: Ratings, *, power: float = 2.0) -> Estimate:
    """Return Gwet's AC2: AC1 with weights 1 - (|distance on the scale| / its range)^power.

    Parameters
    ----------
    ratings : Ratings
        At the ordinal, interval or ratio level; the declared options are the scale.
    power : float
        2 for quadratic weights, 1 for linear ones.

    Raises
    ------
    UndefinedError
        If the values have no order, no item has two judgments, the scale has fewer than two options, or
        chance agreement is complete.
    """
    if ratings.level in ("nominal", "sets"):
        raise UndefinedError(
            f"needs values with an order: level ordinal, interval or ratio, not {ratings.level}"
        )
    if ratings.n_items_pairable == 0:
        raise UndefinedError("no item has two or more judgments")
    _require_options(ratings.n_options)
    weights = agreement_weights(ratings, power=power)
    parts = weighted_agreement_parts(ratings, weights)
    counts = ratings.counts(ratings.code, len(weights))
    total = parts.sum(axis=0)
    without_rater = total + _weighted_changes(ratings, counts, parts, weights)
    value, observed, expected = ac2_of_sums(total, weights)
    if np.isnan(value):
        raise UndefinedError("chance agreement is complete")
    return Estimate(
        float(value),
        ac2_of_sums(total - parts, weights)[0],
        ac2_of_sums(without_rater, weights)[0],
        observed=float(observed),
        expected=float(expected),
    )


def agreement_weights(ratings: Ratings, *, power: float = 2.0) -> np.ndarray:
    """Return 1 - (|distance on the scale| / its range)^power, shape (n_options, n_options)."""
    span = np.ptp(ratings.positions)
    return 1 - (np.abs(ratings.positions[:, None] - ratings.positions) / span) ** power


def weighted_agreement_parts(ratings: Ratings, weights: np.ndarray) -> np.ndarray:
    """Return what AC2 sums over items, shape (n_items, 3 + n_options).

    Weighted agreement, whether the item has a pair, whether it has a judgment, and the options' shares.
    """
    return _weighted_parts(ratings.counts(ratings.code, len(weights)), weights)


def _weighted_changes(
    ratings: Ratings, counts: np.ndarray, parts: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return, per rater, how leaving the rater out changes the sums of `_weighted_parts` over items."""
    changes = np.zeros((ratings.n_raters, parts.shape[1]))
    rows = max(1, _CHUNK // parts.shape[1])
    for start in range(0, ratings.n, rows):
        item, code = ratings.item[start : start + rows], ratings.code[start : start + rows]
        left = counts[item]
        left[np.arange(len(item)), code] -= 1
        np.add.at(changes, ratings.rater[start : start + rows], _weighted_parts(left, weights) - parts[item])
    return changes


def _weighted_parts(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    m = counts.sum(axis=1)
    agreeing = (counts * (counts @ weights - 1)).sum(axis=1)
    agreement = np.where(m >= 2, agreeing / np.maximum(m * (m - 1), 1), 0.0)
    return np.column_stack([agreement, m >= 2, m >= 1, counts / np.maximum(m, 1)[:, None]])


def ac2_of_sums(sums: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return AC2, observed and chance agreement from sums of `weighted_agreement_parts` over items."""
    q = len(weights)
    observed = ratio_or_nan(sums[..., 0], sums[..., 1])
    share = ratio_or_nan(sums[..., 3:], sums[..., 2:3])
    expected = weights.sum() / (q * (q - 1)) * (share * (1 - share)).sum(axis=-1)
    return ratio_or_nan(observed - expected, 1 - expected), observed, expected


def cohen_kappa_weighted(ratings: Ratings) -> Estimate:
    """Return Cohen's kappa of two raters on the declared scale, over the items that both judged.

    At the nominal level (and for sets) every disagreement counts the same; at the others it counts by its
    squared distance on the scale.

    Raises
    ------
    UndefinedError
        If there are not exactly two raters, they share no item, or chance agreement is complete.
    """
    if ratings.n_raters != 2:
        raise UndefinedError(f"needs exactly two raters; there are {ratings.n_raters}")
    shared = ratings.select(ratings.size == 2)
    if shared.n == 0:
        raise UndefinedError("the two raters have no item in common")
    observed, expected = _disagreement(shared)
    value, without = 1 - ratio_or_nan(observed[0], expected[0]), 1 - ratio_or_nan(observed[1], expected[1])
    if np.isnan(value):
        raise UndefinedError("both raters gave one and the same value throughout")
    return Estimate(
        float(value),
        without,
        np.full(2, np.nan),
        observed=1 - float(observed[0]),
        expected=1 - float(expected[0]),
    )


def kappa_of_pairs(shared: Ratings) -> float:
    """Return weighted kappa of items that both of two raters judged; NaN where it is undefined."""
    observed, expected = _disagreement(shared)
    return float(1 - ratio_or_nan(observed[0], expected[0]))


def _disagreement(shared: Ratings) -> "_Sums":
    code = np.empty((shared.n_items, 2), dtype=np.int64)
    code[shared.item, shared.rater] = shared.code
    return (_squared if shared.level in ("ordinal", "interval", "ratio") else _unequal)(shared, code)


_Sums = tuple[tuple[float, np.ndarray], tuple[float, np.ndarray]]


def _unequal(shared: Ratings, code: np.ndarray) -> _Sums:
    """Return observed and expected disagreement, whole and without each item."""
    n = shared.n_items
    first, second = (np.bincount(code[:, rater], minlength=len(shared.categories)) for rater in (0, 1))
    unequal = code[:, 0] != code[:, 1]
    agreeing = float(first @ second)
    agreeing_without = agreeing - second[code[:, 0]] - first[code[:, 1]] + ~unequal
    left = max(n - 1, 1)
    return (
        (float(unequal.mean()), (unequal.sum() - unequal) / left),
        (1 - agreeing / n**2, np.where(n > 1, 1 - agreeing_without / left**2, 0.0)),
    )


def _squared(shared: Ratings, code: np.ndarray) -> _Sums:
    """Return observed and expected squared distance, whole and without each item; the range is 1."""
    n = shared.n_items
    value = shared.positions - shared.positions.mean()
    value = value / max(float(np.ptp(value)), 1e-300)
    x, y = value[code[:, 0]], value[code[:, 1]]
    squared = (x - y) ** 2
    left = max(n - 1, 1)

    def expected(n: float, squares: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        distance = squares / n - 2 * x * y / n**2
        return np.where(distance > 1e-14, distance, 0.0)

    squares = x**2 + y**2
    whole = expected(n, squares.sum(), x.sum(), y.sum())
    without = expected(left, squares.sum() - squares, x.sum() - x, y.sum() - y)
    return (float(squared.mean()), (squared.sum() - squared) / left), (float(whole), without * (n > 1))
