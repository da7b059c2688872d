"""Intraclass correlations: (1,1), (A,1), (C,1) and their k-rater forms.

McGraw, K. O., & Wong, S. P. (1996). Forming inferences about some intraclass correlation coefficients.
Complete designs by mean squares, incomplete ones by variance components.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from studyserver.results.statistics.intervals import Scale, reliability_scale

from .leave_one_out import Estimate, ratio_or_nan
from .ratings import Ratings, UndefinedError
from .variance_components import components_without_one, variance_shares

SINGLE = ("icc_1_1", "icc_a_1", "icc_c_1")
AVERAGE = ("icc_1_k", "icc_a_k", "icc_c_k")
_NO_RESIDUAL = UndefinedError(
    "raters and error cannot be told apart: that takes, for instance, two items judged by the same two raters"
)


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of a complete design.

    Attributes
    ----------
    between, within, raters, error : float or np.ndarray
        Between items, within items, between raters, and what is left.
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


def intraclass_correlations(ratings: Ratings) -> dict[str, Estimate | UndefinedError]:
    """Return all six coefficients by name.

    A coefficient whose value is undefined stands there as the `UndefinedError` that says why.

    Raises
    ------
    UndefinedError
        If none can be computed: at the nominal, ordinal and sets levels, with fewer than two items or raters,
        without any item that two raters judged, or without variation.
    """
    if ratings.level not in ("interval", "ratio"):
        raise UndefinedError(f"needs numbers with equal steps: level interval or ratio, not {ratings.level}")
    if ratings.n_items < 2 or ratings.n_items_pairable == 0:
        raise UndefinedError("needs at least two items, one of them with two or more judgments")
    if ratings.code.min() == ratings.code.max():
        raise UndefinedError("all judgments are equal, so there is no variance to divide")
    if ratings.is_complete:
        single, k = _complete(ratings), float(ratings.n_raters)
    else:
        single, k = _incomplete(ratings), raters_per_item(ratings)
    results: dict[str, Estimate | UndefinedError] = dict(single)
    for name, average in zip(SINGLE, AVERAGE, strict=True):
        one = single[name]
        results[average] = one if isinstance(one, UndefinedError) else _averaged(one, k)
    return results


def correlations_only(ratings: Ratings, name: str) -> float:
    """Return one of `SINGLE` without its delete-one values; NaN where it is undefined."""
    if ratings.is_complete:
        return float(mean_squares(ratings.matrix()).coefficients()[name])
    if np.all(ratings.same == ratings.size):
        return 1.0 if np.ptp(ratings.code) > 0 else float("nan")
    shares = variance_shares(ratings, with_raters=name != "icc_1_1")
    if name == "icc_c_1":
        return float(ratio_or_nan(shares[0], shares[0] + shares[2]))
    return float(shares[0])


def average_scale(m: float, k: float) -> Scale:
    """Return the scale of a k-rater form: that of the single-rater form it stems from."""
    single = reliability_scale(m)

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


def raters_per_item(ratings: Ratings) -> float:
    """Return the harmonic mean of the number of raters per item: the k of the k-rater forms."""
    return float(ratings.n_items / (1 / ratings.item_size).sum())


def _averaged(single: Estimate, k: float) -> Estimate | UndefinedError:
    if not 1 + (k - 1) * single.value > 1e-12:
        return UndefinedError("items differ less than raters do, and the mean square between items is zero")
    with np.errstate(divide="ignore", invalid="ignore"):
        without_item = spearman_brown(single.without_item, k)
        without_rater = spearman_brown(single.without_rater, k)
    return Estimate(float(spearman_brown(single.value, k)), without_item, without_rater)


def _complete(ratings: Ratings) -> dict[str, Estimate | UndefinedError]:
    matrix = ratings.matrix()
    n, k = matrix.shape
    x = matrix - matrix.mean()
    squares, rows, columns, total = (x**2).sum(), x.sum(axis=1), x.sum(axis=0), x.sum()
    whole = mean_squares(matrix).coefficients()
    nothing = {name: np.full(n, np.nan) for name in SINGLE}
    without_item, without_rater = nothing, {name: np.full(k, np.nan) for name in SINGLE}
    if n > 2:
        without_item = _squares(
            squares - (x**2).sum(axis=1),
            (rows**2).sum() - rows**2,
            ((columns - x) ** 2).sum(axis=1),
            total - rows,
            n - 1,
            k,
        ).coefficients()
    if k > 2:
        without_rater = _squares(
            squares - (x**2).sum(axis=0),
            ((rows[:, None] - x) ** 2).sum(axis=0),
            (columns**2).sum() - columns**2,
            total - columns,
            n,
            k - 1,
        ).coefficients()
    return {name: _defined(whole[name], without_item[name], without_rater[name]) for name in SINGLE}


def _incomplete(ratings: Ratings) -> dict[str, Estimate | UndefinedError]:
    if np.all(ratings.same == ratings.size):
        agree = Estimate(1.0, np.ones(ratings.n_items), np.ones(ratings.n_raters))
        return dict.fromkeys(SINGLE, agree)
    one_way = components_without_one(ratings, with_raters=False)
    results: dict[str, Estimate | UndefinedError] = {
        "icc_1_1": Estimate(float(one_way[0][0]), one_way[1][:, 0], one_way[2][:, 0])
    }
    if not _has_residual(ratings):
        return {**results, "icc_a_1": _NO_RESIDUAL, "icc_c_1": _NO_RESIDUAL}
    two_way = components_without_one(ratings, with_raters=True)
    results["icc_a_1"] = Estimate(float(two_way[0][0]), two_way[1][:, 0], two_way[2][:, 0])
    consistency = [ratio_or_nan(part[..., 0], part[..., 0] + part[..., 2]) for part in two_way]
    results["icc_c_1"] = _defined(*consistency)
    return results


def _has_residual(ratings: Ratings) -> bool:
    """Whether effects of items and raters leave any judgment unexplained: whether judgments form a ring."""
    rater = ratings.n_items + ratings.rater
    n = ratings.n_items + ratings.n_raters
    linked = sparse.csr_array((np.ones(ratings.n), (ratings.item, rater)), shape=(n, n))
    return ratings.n > n - csgraph.connected_components(linked, directed=False)[0]


def _defined(
    value: np.ndarray, without_item: np.ndarray, without_rater: np.ndarray
) -> Estimate | UndefinedError:
    if np.isnan(value):
        return UndefinedError("the judgments have no variance that items and error could share")
    return Estimate(float(value), without_item, without_rater)
