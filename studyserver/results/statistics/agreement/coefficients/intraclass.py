"""Intraclass correlations: (1,1), (A,1), (C,1) and their k-rater forms.

McGraw, K. O., & Wong, S. P. (1996). Forming inferences about some intraclass correlation coefficients.
Complete designs use mean squares, incomplete ones variance components by restricted maximum likelihood.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from studyserver.results.statistics.intervals import Scale
from studyserver.results.statistics.reasons import Why

from ..leave_one_out import Estimate, ratio_or_nan
from ..ratings import NUMERIC_LEVELS, Ratings, UndefinedError, raters_per_item
from ..variance_components import one_way, two_way
from .registry import coefficient, reliability


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of a complete design.

    Attributes
    ----------
    between, within, raters, error : float or np.ndarray
        Between items, within items, between raters, and of the error.
    n_items, n_raters : int
    """

    between: np.ndarray
    within: np.ndarray
    raters: np.ndarray
    error: np.ndarray
    n_items: int
    n_raters: int

    def coefficients(self) -> dict[str, np.ndarray]:
        """Return the three single-rater correlations; NaN where the denominator is not positive."""
        b, w, j, e, n, k = self.between, self.within, self.raters, self.error, self.n_items, self.n_raters
        return {
            "icc_1_1": ratio_or_nan(b - w, b + (k - 1) * w),
            "icc_a_1": ratio_or_nan(b - e, b + (k - 1) * e + k * (j - e) / n),
            "icc_c_1": ratio_or_nan(b - e, b + (k - 1) * e),
        }


def mean_squares(matrix: np.ndarray) -> MeanSquares:
    """Return the mean squares of a complete table of ratings.

    Parameters
    ----------
    matrix : np.ndarray [shape=(n_items, n_raters)]
        Both at least 2.
    """
    x = matrix - matrix.mean()
    return _squares(
        (x**2).sum(), (x.sum(axis=1) ** 2).sum(), (x.sum(axis=0) ** 2).sum(), x.sum(), *matrix.shape
    )


def _squares(
    squares: np.ndarray, rows: np.ndarray, columns: np.ndarray, total: np.ndarray, n: int, k: int
) -> MeanSquares:
    """Return mean squares from sums of squares of cells, row sums and column sums, and the total."""
    mean = total**2 / (n * k)
    tiny = 1e-12 * squares
    between, within, raters = rows / k - mean, squares - rows / k, columns / n - mean
    error = within - raters
    between, within, error = (np.where(part > tiny, part, 0.0) for part in (between, within, error))
    return MeanSquares(
        between / (n - 1), within / (n * (k - 1)), raters / (k - 1), error / ((n - 1) * (k - 1)), n, k
    )


def _require_variance(ratings: Ratings) -> None:
    """Raise `UndefinedError` if no correlation can be computed.

    That is with fewer than two items, without an item that two raters judged, or without variation.
    """
    if ratings.n_items < 2 or ratings.n_items_pairable == 0:
        raise UndefinedError(Why.FEWER_THAN_TWO_ITEMS)
    if ratings.code.min() == ratings.code.max():
        raise UndefinedError(Why.ALL_EQUAL_NO_VARIANCE)


@coefficient("icc_1_1", "ICC(1,1)", 50, levels=NUMERIC_LEVELS)
def icc_1_1(ratings: Ratings) -> Estimate:
    """Return the share of variance between items, where each item may have different raters."""
    return _single(ratings, "icc_1_1")


@coefficient("icc_a_1", "ICC(A,1), absolute agreement of one annotator", 51, levels=NUMERIC_LEVELS)
def icc_a_1(ratings: Ratings) -> Estimate:
    """Return the absolute agreement of one rater: raters' biases count as error."""
    return _single(ratings, "icc_a_1")


@coefficient("icc_c_1", "ICC(C,1), consistency of one annotator", 52, levels=NUMERIC_LEVELS)
def icc_c_1(ratings: Ratings) -> Estimate:
    """Return the consistency of one rater: raters' biases do not count as error."""
    return _single(ratings, "icc_c_1")


def _single(ratings: Ratings, name: str) -> Estimate:
    _require_variance(ratings)
    if ratings.is_complete:
        value = mean_squares(ratings.matrix()).coefficients()[name]
        return _defined(value, lambda: _complete_without_one(ratings, name))
    if np.all(ratings.same == ratings.size):
        sizes = (ratings.n_items, ratings.n_raters, ratings.n)
        return Estimate(1.0, lambda: (np.ones(sizes[0]), np.ones(sizes[1]), np.ones(sizes[2])))
    if name == "icc_1_1":
        components = ratings.once(one_way)
    elif not _has_residual(ratings):
        raise UndefinedError(Why.NO_RESIDUAL)
    else:
        components = ratings.once(two_way)

    def of_shares(shares: np.ndarray) -> np.ndarray:  # of items, raters and error
        if name == "icc_c_1":
            return ratio_or_nan(shares[..., 0], shares[..., 0] + shares[..., 2])
        return shares[..., 0]

    def leave_one_out() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        item, rater, judgment = (of_shares(shares) for shares in components.without_one)
        return item, rater, judgment

    return _defined(of_shares(components.shares), leave_one_out)


def _average_scale(ratings: Ratings) -> Scale:
    """Return the scale of a k-rater form: that of its single-rater form."""
    single, k = reliability(ratings), raters_per_item(ratings)

    def to_single(a: Any) -> Any:
        return a / (k - (k - 1) * a)

    def derivative(a: float) -> float:
        return single.derivative(float(to_single(a))) * k / (k - (k - 1) * a) ** 2

    return Scale(
        forward=lambda a: single.forward(to_single(a)),
        inverse=lambda z: spearman_brown(single.inverse(z), k),
        derivative=derivative,
        high=1.0,
    )


def spearman_brown(r: Any, k: float) -> Any:
    """Return the reliability of the mean of k raters, from that of one: k r / (1 + (k - 1) r).

    Parameters
    ----------
    r : float or np.ndarray
        Reliability of one rater.
    k : float
        Number of raters, > 0.
    """
    return k * r / (1 + (k - 1) * r)


def _for_raters(average: float, k: float, wanted: float) -> float:
    return float(spearman_brown(average, wanted / k))


def _average(single: Callable[[Ratings], Estimate], ratings: Ratings) -> Estimate:
    """Return the k-rater form of a single-rater coefficient; k is the harmonic mean of raters per item."""
    one, k = single(ratings), raters_per_item(ratings)
    if not 1 + (k - 1) * one.value > 1e-12:
        raise UndefinedError(Why.ITEMS_DIFFER_LESS)

    def leave_one_out() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with np.errstate(divide="ignore", invalid="ignore"):
            return (
                spearman_brown(one.without_item, k),
                spearman_brown(one.without_rater, k),
                spearman_brown(one.without_judgment, k),
            )

    return Estimate(float(spearman_brown(one.value, k)), leave_one_out)


for _name, _label, _place, _one in (
    ("icc_1_k", "ICC(1,k)", 53, icc_1_1),
    ("icc_a_k", "ICC(A,k), of the mean of k annotators", 54, icc_a_1),
    ("icc_c_k", "ICC(C,k), of the mean of k annotators", 55, icc_c_1),
):
    coefficient(_name, _label, _place, levels=NUMERIC_LEVELS, scale=_average_scale, resized=_for_raters)(
        partial(_average, _one)
    )


def _complete_without_one(ratings: Ratings, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    matrix = ratings.matrix()
    n, k = matrix.shape
    x = matrix - matrix.mean()
    squares, rows, columns, total = (x**2).sum(), x.sum(axis=1), x.sum(axis=0), x.sum()
    without_item, without_rater = np.full(n, np.nan), np.full(k, np.nan)
    if n > 2:
        without_item = _squares(
            squares - (x**2).sum(axis=1),
            (rows**2).sum() - rows**2,
            ((columns - x) ** 2).sum(axis=1),
            total - rows,
            n - 1,
            k,
        ).coefficients()[name]
    if k > 2:
        without_rater = _squares(
            squares - (x**2).sum(axis=0),
            ((rows[:, None] - x) ** 2).sum(axis=0),
            (columns**2).sum() - columns**2,
            total - columns,
            n,
            k - 1,
        ).coefficients()[name]
    without_judgment = np.full(ratings.n, np.nan)
    if n > 2 and k > 2:
        without_judgment = _complete_without_judgments(x, name)[ratings.item, ratings.rater]
    return without_item, without_rater, without_judgment


def _complete_without_judgments(x: np.ndarray, name: str) -> np.ndarray:
    """Return a correlation with each judgment in turn filled in from the others, shape (n_items, n_raters).

    It is filled in by the mean of the item's other judgments in the one-way model, and by least squares from
    item and rater in the others (Yates, 1933); the error has one degree of freedom less.
    """
    n, k = x.shape
    rows, columns, total = x.sum(axis=1)[:, None], x.sum(axis=0)[None, :], x.sum()
    if name == "icc_1_1":
        filled = (rows - x) / (k - 1)
    else:
        filled = (n * (rows - x) + k * (columns - x) - (total - x)) / ((n - 1) * (k - 1))
    moved = filled - x
    found = _squares(
        (x**2).sum() - x**2 + filled**2,
        (rows**2).sum() + (2 * rows + moved) * moved,
        (columns**2).sum() + (2 * columns + moved) * moved,
        total + moved,
        n,
        k,
    )
    within, error = n * (k - 1), (n - 1) * (k - 1)
    return replace(
        found, within=found.within * within / (within - 1), error=found.error * error / (error - 1)
    ).coefficients()[name]


def _has_residual(ratings: Ratings) -> bool:
    """Whether effects of items and raters leave degrees of freedom for the error.

    Items and raters are the nodes of a graph, judgments its edges. A graph without a cycle has as many edges
    as nodes less components, so the effects fit every judgment exactly.
    """
    rater = ratings.n_items + ratings.rater
    n = ratings.n_items + ratings.n_raters
    linked = sparse.csr_array((np.ones(ratings.n), (ratings.item, rater)), shape=(n, n))
    return ratings.n > n - csgraph.connected_components(linked, directed=False)[0]


def _defined(
    value: np.ndarray, leave_one_out: Callable[[], tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> Estimate:
    if np.isnan(value):
        raise UndefinedError(Why.NO_COMMON_VARIANCE)
    return Estimate(float(value), leave_one_out)
