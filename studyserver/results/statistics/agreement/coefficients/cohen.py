"""Cohen's kappa of two raters, with quadratic weights where the values have an order.

Cohen, J. (1960). A coefficient of agreement for nominal scales. Cohen, J. (1968). Weighted kappa.
"""

import numpy as np

from studyserver.results.statistics.intervals import reliability_scale
from studyserver.results.statistics.reasons import Why

from ..leave_one_out import Estimate, ratio_or_nan
from ..ratings import Ratings, UndefinedError
from .registry import coefficient


@coefficient("cohen_kappa_weighted", "Cohen's κ", 45, scale=lambda ratings: reliability_scale(2.0))
def cohen_kappa_weighted(ratings: Ratings) -> Estimate:
    """Return Cohen's kappa of two raters on the declared scale, over the items that both judged.

    At the nominal level (and for sets) all disagreements have weight 1; at the other levels the weight is the
    squared distance on the scale.

    Raises
    ------
    UndefinedError
        If there are not exactly two raters, they share no item, or chance agreement is complete.
    """
    if ratings.n_raters != 2:
        raise UndefinedError(Why.NOT_TWO_RATERS, n=ratings.n_raters)
    shared = ratings.select(ratings.size == 2)
    if shared.n == 0:
        raise UndefinedError(Why.NO_ITEM_IN_COMMON)
    observed, expected = _disagreement(shared)
    value, without = 1 - ratio_or_nan(observed[0], expected[0]), 1 - ratio_or_nan(observed[1], expected[1])
    if np.isnan(value):
        raise UndefinedError(Why.BOTH_CONSTANT)
    return Estimate(
        float(value),
        lambda: (without, np.full(2, np.nan), np.full(ratings.n, np.nan)),
        observed=1 - float(observed[0]),
        expected=1 - float(expected[0]),
    )


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
    """Return observed and expected squared distance, whole and without each item, on a scale of length 1."""
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
