"""Mean rank correlation of raters.

Spearman, C. (1904). The proof and measurement of association between two things. With mid-ranks for ties.
"""

from itertools import combinations

import numpy as np
from scipy import stats

from studyserver.results.statistics.intervals import Scale, reliability_scale
from studyserver.results.statistics.reasons import Why

from ..leave_one_out import Estimate, ratio_or_nan
from ..ratings import Ratings, UndefinedError
from .registry import ORDERED_LEVELS, coefficient

MOST_RATERS = 100  # pairs grow with the square of their number
_FEWEST = 3  # items in common


def _scale(ratings: Ratings) -> Scale:
    return reliability_scale(2.0)


@coefficient(
    "mean_spearman", "mean Spearman correlation of two annotators", 61, levels=ORDERED_LEVELS, scale=_scale
)
def mean_spearman(ratings: Ratings) -> Estimate:
    """Return the mean over pairs of raters of their rank correlation on the items that both judged.

    Pairs with fewer than three items in common, or of which one rater does not vary on them, have no
    correlation. Values without an item or a judgment keep the ranks of the others.

    Raises
    ------
    UndefinedError
        If the values have no order, no pair has a correlation, or there are more than 100 raters.
    """
    if ratings.n_raters > MOST_RATERS:
        raise UndefinedError(Why.TOO_MANY_RATERS, n=ratings.n_raters, most=MOST_RATERS)
    if ratings.n_raters < 2 or ratings.n_items < 2:
        raise UndefinedError(Why.FEWER_THAN_TWO)
    pairs = _Pairs(ratings.matrix())
    if pairs.count == 0:
        raise UndefinedError(Why.NO_PAIR_OF_RATERS)
    return Estimate(
        pairs.total / pairs.count,
        lambda: (*pairs.without_one(), pairs.without_judgment()[ratings.item, ratings.rater]),
    )


class _Pairs:
    """Sum and number of the correlations of all pairs of raters, and their changes.

    Attributes
    ----------
    total, count : float, int
    change : np.ndarray [shape=(2, n_items, n_raters)]
        For each judgment, the change of sum and number, in the pairs of its rater, without the item.
    own : np.ndarray [shape=(2, n_raters)]
        Sum and number of each rater's pairs.
    """

    def __init__(self, matrix: np.ndarray):
        n_raters = matrix.shape[1]
        self.total, self.count = 0.0, 0
        self.change, self.own = np.zeros((2, *matrix.shape)), np.zeros((2, n_raters))
        has = np.isfinite(matrix)
        for pair in combinations(range(n_raters), 2):
            shared = np.flatnonzero(has[:, pair].all(axis=1))
            if len(shared) < _FEWEST:
                continue
            rank = stats.rankdata(matrix[shared][:, pair], axis=0)
            correlation, without = _without_each(rank - rank.mean(axis=0))
            if np.isnan(correlation):
                continue
            self.total, self.count = self.total + correlation, self.count + 1
            gone = np.isnan(without)
            for rater in pair:
                self.own[:, rater] += correlation, 1
                self.change[0, shared, rater] += np.where(gone, 0.0, without) - correlation
                self.change[1, shared, rater] -= gone

    def without_one(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean without each item and without each rater."""
        item = self.change.sum(axis=2) / 2  # each pair changes at both of its raters
        return (
            _means(self.total + item[0], self.count + item[1]),
            _means(self.total - self.own[0], self.count - self.own[1]),
        )

    def without_judgment(self) -> np.ndarray:
        """Return the mean without each judgment, shape (n_items, n_raters)."""
        return _means(self.total + self.change[0], self.count + self.change[1])


def _means(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return ratio_or_nan(total, np.where(count > 0.5, count, 0.0))


def _without_each(rank: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the correlation of two columns with mean 0, and without each row; NaN where undefined."""
    n = len(rank)
    x, y = rank.T
    sums = x @ y, x @ x, y @ y
    if min(sums[1:]) <= 0:
        return float("nan"), np.full(n, np.nan)
    if n <= _FEWEST:
        return float(sums[0] / np.sqrt(sums[1] * sums[2])), np.full(n, np.nan)
    more = n / (n - 1)  # a row less moves the mean as well
    both, first, second = sums[0] - more * x * y, sums[1] - more * x * x, sums[2] - more * y * y
    spread = np.where((first > 1e-9) & (second > 1e-9), first * second, 0.0)
    return float(sums[0] / np.sqrt(sums[1] * sums[2])), ratio_or_nan(both, np.sqrt(spread))
