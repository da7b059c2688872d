"""Kendall's W: agreement of raters on the order of the items.

Kendall, M. G., & Babington Smith, B. (1939). The problem of m rankings. With the correction for ties.
"""

import numpy as np
import numpy.typing as npt

from studyserver.results.statistics.reasons import Why

from ..leave_one_out import Estimate, ratio_or_nan
from ..ratings import Ratings, UndefinedError
from .registry import ORDERED_LEVELS, coefficient, proportion

MAXIMUM_CELLS = 512


def _for_raters(w: float, k: float, wanted: float) -> float:
    """Return W for another number of raters with the same mean rank correlation as these k raters."""
    correlation = (k * w - 1) / (k - 1)
    return (1 + (wanted - 1) * correlation) / wanted


@coefficient("kendall_w", "Kendall's W", 60, levels=ORDERED_LEVELS, scale=proportion, resized=_for_raters)
def kendall_w(ratings: Ratings) -> Estimate:
    """Return Kendall's coefficient of concordance, corrected for ties.

    Each rater's values are replaced by their ranks.

    Raises
    ------
    UndefinedError
        If the values have no order, a judgment is missing, there are fewer than two items or raters, or every
        rater always gave the same value.
    """
    if not ratings.is_complete:
        missing = ratings.n_items * ratings.n_raters - ratings.n
        raise UndefinedError(Why.INCOMPLETE, missing=missing)
    if ratings.n_raters < 2 or ratings.n_items < 2:
        raise UndefinedError(Why.FEWER_THAN_TWO)
    codes = rank_codes(ratings)
    rank, counts = _centred_ranks(codes)
    n, m = codes.shape
    value = float(_w((rank.sum(axis=1) ** 2).sum(), n, m, _ties(counts).sum()))
    if np.isnan(value):
        raise UndefinedError(Why.EVERY_RATER_CONSTANT)
    order = np.argsort(ratings.item * ratings.n_raters + ratings.rater)

    def leave_one_out() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        without_judgment = np.empty(ratings.n)
        without_judgment[order] = _without_judgments(rank, _ties(counts).sum()).ravel()
        return *without_one(codes), without_judgment

    return Estimate(value, leave_one_out)


def rank_codes(ratings: Ratings) -> np.ndarray:
    """Return each rater's values as 0, 1, 2, ... in their order, for a complete design (items, raters)."""
    order = np.argsort(ratings.item * ratings.n_raters + ratings.rater)
    codes = ratings.code[order].reshape(ratings.n_items, ratings.n_raters)
    return np.stack([np.unique(column, return_inverse=True)[1] for column in codes.T], axis=1)


def _centred_ranks(codes: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return mid-ranks less their mean, and each rater's counts of values."""
    counts = [np.bincount(column) for column in codes.T]
    rank = np.stack(
        [(np.cumsum(c) - c / 2)[column] for c, column in zip(counts, codes.T, strict=True)], axis=1
    )
    return rank - len(codes) / 2, counts


def _ties(counts: list[np.ndarray]) -> np.ndarray:
    return np.array([(c.astype(float) ** 3 - c).sum() for c in counts])


def without_one(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return W without each item and without each rater.

    Parameters
    ----------
    codes : np.ndarray [shape=(n_items, n_raters)]
        Each rater's values as 0, 1, 2, ... in their order.
    """
    n, m = codes.shape
    rank, counts = _centred_ranks(codes)
    sums, ties = rank.sum(axis=1), _ties(counts)
    without_rater = _w(((sums[:, None] - rank) ** 2).sum(axis=0), n, m - 1, ties.sum() - ties)
    columns = zip(counts, codes.T, strict=True)
    at = np.stack([c[column] for c, column in columns], axis=1).astype(float)
    ties_without = ties.sum() - 3 * (at * (at - 1)).sum(axis=1)
    # Without item i the centred rank of j falls by sign(x_j - x_i) / 2 for each rater.
    squares = (sums**2).sum() - 2 * _linear(codes, sums) + _quadratic(codes) - sums**2
    return _w(squares, n - 1, m, ties_without), without_rater


def _without_judgments(rank: np.ndarray, ties: float) -> np.ndarray:
    """Return W with each rank in turn replaced by the mean of the other raters' ranks of the item."""
    n, m = rank.shape
    sums = rank.sum(axis=1)
    filled = (sums[:, None] - rank) * m / max(m - 1, 1)
    return _w((sums**2).sum() - sums[:, None] ** 2 + filled**2, n, m, ties)


def _w(squares: npt.ArrayLike, n: int, m: int, ties: npt.ArrayLike) -> np.ndarray:
    most = m**2 * (float(n) ** 3 - n) - m * np.asarray(ties)
    return ratio_or_nan(12 * np.asarray(squares), np.where(most > 1e-9, most, 0.0))


def _linear(codes: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return sum_j sums_j sum_r sign(x_jr - x_ir) / 2 for each item i."""
    total = np.zeros(len(sums))
    for column in codes.T:
        total += _signed(np.bincount(column, sums))[column]
    return total


def _quadratic(codes: np.ndarray) -> np.ndarray:
    """Return sum_j (sum_r sign(x_jr - x_ir) / 2)^2 for each item i.

    It is computed item by item if items are fewer than raters, else by pairs of raters. The latter is exact
    up to `MAXIMUM_CELLS` different values per rater. Beyond that, values are pooled into as many cells; the
    error is small because this term is smaller than the linear one by a factor of the number of items.
    """
    n, m = codes.shape
    if n < m:
        return np.array([(np.sign(codes - own).sum(axis=1) ** 2).sum() / 4 for own in codes])
    n_values = codes.max(axis=0) + 1
    n_cells = np.minimum(n_values, MAXIMUM_CELLS)
    cells = codes * n_cells // n_values
    total = np.zeros(n)
    for first in range(m):
        for second in range(first, m):
            a, b = cells[:, first], cells[:, second]
            shape = (n_cells[first], n_cells[second])
            table = np.bincount(a * shape[1] + b, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
            signed = _signed(_signed(table).T).T
            total += (1 if first == second else 2) * signed[a, b]
    return total


def _signed(table: np.ndarray) -> np.ndarray:
    """Return, along the first axis, half the sum above minus half the sum below each place."""
    return table.sum(axis=0) / 2 - (table.cumsum(axis=0) - table / 2)
