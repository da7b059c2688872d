"""Percent agreement and its corrections for chance by Fleiss, Gwet, and Brennan and Prediger.

Fleiss, J. L. (1971). Brennan, R. L., & Prediger, D. J. (1981). Gwet, K. L. (2014). Handbook of Inter-Rater
Reliability, 4th ed. As there, items with one judgment count in the shares of the options but not in the
observed agreement.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from scipy import sparse

from studyserver.results.statistics.reasons import Why

from ..leave_one_out import Estimate, ratio_or_nan
from ..ratings import Ratings, UndefinedError
from .registry import ORDERED_LEVELS, coefficient, proportion, reliability_of_shares

_CHUNK = 4_000_000


class CategoryAgreement:
    """Sums shared by percent agreement and the coefficients that correct it for chance.

    Attributes
    ----------
    observed : float
        Mean over items of the share of agreeing pairs.
    concentration : float
        Sum over options of the squared mean share.

    Raises
    ------
    UndefinedError
        If no item has two judgments.
    """

    def __init__(self, ratings: Ratings):
        if ratings.n_items_pairable == 0:
            raise UndefinedError(Why.NO_PAIR)
        m = ratings.item_size
        self.ratings = ratings
        self._agreeing = ratings.per_item(ratings.same - 1.0)  # ordered pairs
        self._share = np.nan_to_num(ratio_or_nan(self._agreeing, m * (m - 1)))
        self.observed = float(self._share.sum() / ratings.n_items_pairable)
        # n_items times the mean share
        self._shares = np.bincount(ratings.code, 1 / ratings.size, len(ratings.categories))
        self.concentration = float((self._shares**2).sum()) / ratings.n_items**2

    @cached_property
    def observed_without(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`observed` without each item (n_items,), each rater (n_raters,) and each judgment (n,)."""
        ratings, share, size = self.ratings, self._share, self.ratings.size
        n_pairable = ratings.n_items_pairable
        without_item = ratio_or_nan(share.sum() - share, n_pairable - (ratings.item_size >= 2))
        left = np.nan_to_num(
            ratio_or_nan(self._agreeing[ratings.item] - 2 * (ratings.same - 1), (size - 1) * (size - 2))
        )
        change, lost = left - share[ratings.item], (size == 2).astype(float)
        per_rater = [ratings.per_rater(figure) for figure in (change, lost)]
        without = [
            ratio_or_nan(share.sum() + changed, n_pairable - gone)
            for changed, gone in (per_rater, (change, lost))
        ]
        return without_item, without[0], without[1]

    @cached_property
    def concentration_without(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`concentration` without each item, each rater and each judgment."""
        ratings, shares, size = self.ratings, self._shares, self.ratings.size
        whole = float((shares**2).sum())
        own = ratings.per_item(ratings.same / size**2)
        cross = ratings.per_item(shares[ratings.code] / size)
        without_item = ratio_or_nan(whole - 2 * cross + own, (ratings.n_items - 1) ** 2)
        return (
            without_item,
            _concentration_without_raters(ratings, shares, whole),
            _concentration_without_judgments(ratings, shares, whole),
        )


def _concentration_without_raters(ratings: Ratings, shares: np.ndarray, whole: float) -> np.ndarray:
    """Return the sum of squared mean shares without each rater, a block of raters at a time.

    Without the rater, an item with m judgments has the shares n_c / (m - 1), minus 1 / (m - 1) at the rater's
    option. So the change is a weighted sum of the counts of the rater's items, minus the rater's judgments.
    """
    size, n_options = ratings.item_size, len(ratings.categories)
    rest = 1 / np.maximum(size - 1, 1)  # with one judgment, `gained` is 0 and only the judgment goes
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


def _concentration_without_judgments(ratings: Ratings, shares: np.ndarray, whole: float) -> np.ndarray:
    """Return the same without each judgment."""
    size, item, same = ratings.size, ratings.item, ratings.same
    rest = 1 / np.maximum(size - 1, 1)
    gained = rest - 1 / size
    own = ratings.per_item(shares[ratings.code])[item] * gained - shares[ratings.code] * rest
    squared = gained**2 * ratings.per_item(same)[item] - 2 * gained * rest * same + rest**2
    return ratio_or_nan(whole + 2 * own + squared, (ratings.n_items - (size == 1)) ** 2)


def _by_rater(ratings: Ratings, column: np.ndarray, weights: np.ndarray, n_columns: int) -> sparse.csr_array:
    """Sum a figure per judgment into a table of raters x columns."""
    return sparse.csr_array((weights, (ratings.rater, column)), shape=(ratings.n_raters, n_columns))


_Chance = Callable[[np.ndarray], np.ndarray]  # chance agreement, from the concentration


def _corrected(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return the agreement beyond chance divided by its maximum; NaN if chance agreement is complete."""
    return ratio_or_nan(observed - expected, np.where(1 - expected > 1e-12, 1 - expected, 0.0))


def _beyond_chance(parts: CategoryAgreement, chance: _Chance) -> Estimate:
    """Return (observed - chance) / (1 - chance).

    Raises
    ------
    UndefinedError
        If chance agreement is complete.
    """
    expected = chance(np.asarray(parts.concentration))
    value = float(_corrected(np.asarray(parts.observed), expected))
    if np.isnan(value):
        raise UndefinedError(Why.ALL_EQUAL)

    def leave_one_out() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        both = zip(parts.observed_without, parts.concentration_without, strict=True)
        item, rater, judgment = (_corrected(observed, chance(expected)) for observed, expected in both)
        return item, rater, judgment

    return Estimate(value, leave_one_out, observed=parts.observed, expected=float(expected))


@coefficient("percent_agreement", "percent agreement", 10, scale=proportion, of_categories=True)
def percent_agreement(ratings: Ratings) -> Estimate:
    """Return the share of agreeing pairs of raters, averaged over items."""
    parts = ratings.once(CategoryAgreement)
    return Estimate(parts.observed, lambda: parts.observed_without, observed=parts.observed)


@coefficient("fleiss_kappa", "Fleiss' κ", 20, scale=reliability_of_shares, of_categories=True)
def fleiss_kappa(ratings: Ratings) -> Estimate:
    """Return Fleiss' kappa: chance agreement is the sum of the options' squared shares."""
    return _beyond_chance(ratings.once(CategoryAgreement), lambda concentration: concentration)


@coefficient("gwet_ac1", "Gwet's AC1", 30, of_categories=True)
def gwet_ac1(ratings: Ratings) -> Estimate:
    """Return Gwet's AC1: chance agreement is sum_c share_c (1 - share_c) / (q - 1), q declared options."""
    parts, q = ratings.once(CategoryAgreement), ratings.n_options
    _require_options(q)
    return _beyond_chance(parts, lambda concentration: (1 - concentration) / (q - 1))


@coefficient("brennan_prediger", "Brennan and Prediger's κ", 40, of_categories=True)
def brennan_prediger(ratings: Ratings) -> Estimate:
    """Return Brennan and Prediger's coefficient: chance agreement is 1 / q, q declared options."""
    parts, q = ratings.once(CategoryAgreement), ratings.n_options
    _require_options(q)
    return _beyond_chance(parts, lambda concentration: np.full_like(concentration, 1 / q))


def _require_options(n_options: int) -> None:
    if n_options < 2:
        raise UndefinedError(Why.ONE_OPTION)


@coefficient("gwet_ac2", "Gwet's AC2, quadratic weights", 70, levels=ORDERED_LEVELS, on_request=True)
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
    if ratings.n_items_pairable == 0:
        raise UndefinedError(Why.NO_PAIR)
    _require_options(ratings.n_options)
    span = np.ptp(ratings.positions)
    weights = 1 - (np.abs(ratings.positions[:, None] - ratings.positions) / span) ** power
    counts = ratings.counts(ratings.code, len(weights))
    parts = _weighted_parts(counts, weights)
    total = parts.sum(axis=0)
    value, observed, expected = _of_sums(total, weights)
    if np.isnan(value):
        raise UndefinedError(Why.CHANCE_COMPLETE)

    def leave_one_out() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        changes, without_judgment = _weighted_changes(ratings, counts, parts, weights)
        return _of_sums(total - parts, weights)[0], _of_sums(total + changes, weights)[0], without_judgment

    return Estimate(float(value), leave_one_out, observed=float(observed), expected=float(expected))


def _weighted_changes(
    ratings: Ratings, counts: np.ndarray, parts: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how the sums of `_weighted_parts` change without each rater, and AC2 without each judgment."""
    changes, without = np.zeros((ratings.n_raters, parts.shape[1])), np.empty(ratings.n)
    rows, total = max(1, _CHUNK // parts.shape[1]), parts.sum(axis=0)
    for start in range(0, ratings.n, rows):
        item, code = ratings.item[start : start + rows], ratings.code[start : start + rows]
        left = counts[item]
        left[np.arange(len(item)), code] -= 1
        change = _weighted_parts(left, weights) - parts[item]
        np.add.at(changes, ratings.rater[start : start + rows], change)
        without[start : start + rows] = _of_sums(total + change, weights)[0]
    return changes, without


def _weighted_parts(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the terms that AC2 sums over items, shape (n_items, 3 + n_options).

    Weighted agreement, whether the item has a pair, whether it has a judgment, and the options' shares.
    """
    m = counts.sum(axis=1)
    agreeing = (counts * (counts @ weights - 1)).sum(axis=1)
    agreement = np.where(m >= 2, agreeing / np.maximum(m * (m - 1), 1), 0.0)
    return np.column_stack([agreement, m >= 2, m >= 1, counts / np.maximum(m, 1)[:, None]])


def _of_sums(sums: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return AC2, observed and chance agreement from sums of `_weighted_parts` over items."""
    q = len(weights)
    observed = ratio_or_nan(sums[..., 0], sums[..., 1])
    share = ratio_or_nan(sums[..., 3:], sums[..., 2:3])
    expected = weights.sum() / (q * (q - 1)) * (share * (1 - share)).sum(axis=-1)
    return ratio_or_nan(observed - expected, 1 - expected), observed, expected
