"""Cohen's kappa of two raters, with quadratic, linear or declared weights where the values have an order.

Cohen, J. (1960). A coefficient of agreement for nominal scales. Cohen, J. (1968). Weighted kappa.
"""

import numpy as np

from studyserver.results.statistics.intervals import Scale, reliability_scale
from studyserver.results.statistics.reasons import Why

from ..leave_one_out import Estimate, ratio_or_nan
from ..ratings import Ratings, UndefinedError
from .registry import ORDERED_LEVELS, coefficient

_Sums = tuple[tuple[float, np.ndarray], tuple[float, np.ndarray]]


def _scale(ratings: Ratings) -> Scale:
    return reliability_scale(2.0)


@coefficient("cohen_kappa_weighted", "Cohen's κ", 45, scale=_scale)
def cohen_kappa_weighted(ratings: Ratings) -> Estimate:
    """Return Cohen's kappa of two raters on the declared scale, over the items that both judged.

    At the nominal level (and for sets) all disagreements have weight 1; at the other levels the weight is the
    squared distance on the scale.

    Raises
    ------
    UndefinedError
        If there are not exactly two raters, they share no item, or chance agreement is complete.
    """
    shared, code = _shared(ratings)
    return _kappa((_squared if shared.level in ORDERED_LEVELS else _unequal)(shared, code), ratings.n)


@coefficient("cohen_kappa_linear", "Cohen's κ, linear weights", 46, levels=ORDERED_LEVELS, scale=_scale)
def cohen_kappa_linear(ratings: Ratings, *, weights: np.ndarray | None = None) -> Estimate:
    """Return Cohen's kappa of two raters with weights 1 - (distance on the scale) / its range, or others.

    Parameters
    ----------
    ratings : Ratings
        At the ordinal, interval or ratio level; the declared options are the scale.
    weights : np.ndarray [shape=(n_categories, n_categories)], optional
        Declared weights of agreement between the categories in the order of the scale: 1 for full agreement,
        0 for none, symmetric.

    Raises
    ------
    UndefinedError
        If the values have no order, there are not exactly two raters, they share no item, or chance agreement
        is complete.
    ValueError
        If the weights do not fit the scale.
    """
    shared, code = _shared(ratings)
    counts = [np.bincount(code[:, rater], minlength=len(shared.categories)) for rater in (0, 1)]
    if weights is None:
        place = shared.positions / max(float(np.ptp(shared.positions)), 1e-300)
        observed = np.abs(place[code[:, 0]] - place[code[:, 1]])
        to_first, to_second = (_distances_to(place, count) for count in counts)
    else:
        apart = 1 - checked_weights(weights, len(shared.categories))
        observed = apart[code[:, 0], code[:, 1]]
        to_first, to_second = (apart @ count for count in counts)
    n, left = shared.n_items, max(shared.n_items - 1, 1)
    whole = float(counts[0] @ to_second)
    without = np.maximum(whole - to_second[code[:, 0]] - to_first[code[:, 1]] + observed, 0.0)
    without = np.where(without > 1e-12 * whole, without, 0.0) / left**2
    found = (float(observed.mean()), (observed.sum() - observed) / left), (whole / n**2, without * (n > 1))
    return _kappa(found, ratings.n)


def _distances_to(place: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the sum of each category's distances to counted ones, in O(n log n)."""
    order = np.argsort(place, kind="stable")
    x, count = place[order], counts[order]
    below, total = np.cumsum(count), np.cumsum(count * x)
    found = np.empty(len(place))
    found[order] = x * (2 * below - below[-1]) - 2 * total + total[-1]
    return found


def checked_weights(weights: np.ndarray, n_categories: int) -> np.ndarray:
    """Return declared weights of agreement.

    Raises
    ------
    ValueError
        If they are not symmetric numbers between 0 and 1 with 1 on the diagonal, one row per category.
    """
    found = np.asarray(weights, dtype=float)
    if found.shape != (n_categories, n_categories):
        raise ValueError(
            f"weights must have {n_categories} rows and columns, one for each option of the scale"
        )
    if not (np.isfinite(found).all() and np.all((found >= 0) & (found <= 1))):
        raise ValueError("weights must lie between 0 (no agreement) and 1 (full agreement)")
    if not (np.allclose(found, found.T) and np.allclose(np.diagonal(found), 1)):
        raise ValueError("weights must be symmetric, with 1 for equal answers")
    return found


def _shared(ratings: Ratings) -> tuple[Ratings, np.ndarray]:
    """Return the judgments of items that both raters judged, and their codes, shape (n_items, 2)."""
    if ratings.n_raters != 2:
        raise UndefinedError(Why.NOT_TWO_RATERS, n=ratings.n_raters)
    shared = ratings.select(ratings.size == 2)
    if shared.n == 0:
        raise UndefinedError(Why.NO_ITEM_IN_COMMON)
    code = np.empty((shared.n_items, 2), dtype=np.int64)
    code[shared.item, shared.rater] = shared.code
    return shared, code


def _kappa(sums: _Sums, n: int) -> Estimate:
    """Return the estimate from observed and expected disagreement, whole and without each item."""
    observed, expected = sums
    value, without = 1 - ratio_or_nan(observed[0], expected[0]), 1 - ratio_or_nan(observed[1], expected[1])
    if np.isnan(value):
        raise UndefinedError(Why.BOTH_CONSTANT)
    return Estimate(
        float(value),
        lambda: (without, np.full(2, np.nan), np.full(n, np.nan)),
        observed=1 - float(observed[0]),
        expected=1 - float(expected[0]),
    )


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
