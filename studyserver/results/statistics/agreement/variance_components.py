"""Variance components of items, raters and error by restricted maximum likelihood, for incomplete designs.

The model is y = mean + item + rater + error with all effects random (Patterson & Thompson, 1971, for the
restricted likelihood). Given the variance ratios, item effects are absorbed in closed form: their covariance
block is diagonal, so eliminating them leaves sums over items with equal numbers of judgments and a linear
system as large as the number of raters. The judgments are read once; each evaluation of the likelihood uses
the sums only. Items and raters have the same role in the likelihood, so with many raters and few items the
raters are absorbed instead.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import linalg, optimize, sparse

from .ratings import Ratings

# The search is over theta = rho / (1 + rho), in [0, 1), for each variance ratio rho (to the error variance).
_UPPER = 1 - 1e-7
_STEP = 1e-4
_SECOND_START = 0.9  # with a small error variance the likelihood can have two maxima
_REFIT_ITEMS = 60
# More raters are left out in groups: the time of a refit grows with the cube of their number.
_REFIT_RATERS = 60
_RATER_GROUPS = 30
_CHUNK = 2_000_000
_DENSE = 8_000_000


@dataclass(frozen=True)
class _Sums:
    """Sufficient statistics of the likelihood.

    Where raters are absorbed, items and raters are exchanged in all of them.

    Attributes
    ----------
    n : int
        Number of judgments.
    sizes, items : np.ndarray [shape=(n_sizes,)]
        The numbers of raters per item that occur, and how many items have each.
    shared : np.ndarray or sparse array [shape=(n_sizes, n_raters * n_raters)]
        For each size, the number of items that each pair of raters both judged.
    rater_items, rater_sums : np.ndarray [shape=(n_raters,)]
    pulled : np.ndarray [shape=(n_sizes, n_raters)]
        For each size, the sum over the rater's items of the items' sums.
    squares, item_squares : float, np.ndarray [shape=(n_sizes,)]
        Sum of squared judgments; sum of squared item sums for each size.
    """

    n: int
    sizes: np.ndarray
    items: np.ndarray
    shared: np.ndarray | sparse.csr_array
    rater_items: np.ndarray
    rater_sums: np.ndarray
    pulled: np.ndarray
    squares: float
    item_squares: np.ndarray
    raters_absorbed: bool = False


def _absorbs_raters(n_items: int, n_raters: int) -> bool:
    """Whether systems as large as the number of items, solved again without each item, cost less."""
    return n_items**4 < n_raters**3


def _sum_up(item: np.ndarray, rater: np.ndarray, y: np.ndarray, n_items: int, n_raters: int) -> _Sums:
    """Return the sums of the judgments; items and raters without judgments are allowed."""
    if _absorbs_raters(n_items, n_raters):
        return replace(_sums_absorbing_items(rater, item, y, n_raters, n_items), raters_absorbed=True)
    return _sums_absorbing_items(item, rater, y, n_items, n_raters)


def _sums_absorbing_items(
    item: np.ndarray, rater: np.ndarray, y: np.ndarray, n_items: int, n_raters: int
) -> _Sums:
    sizes, which = np.unique(np.bincount(item, minlength=n_items), return_inverse=True)
    item_sums = np.bincount(item, y, n_items)
    rows = [np.flatnonzero(which == index) for index in range(len(sizes))]
    who: np.ndarray | sparse.csr_array
    if n_items * n_raters <= _DENSE:
        who = np.zeros((n_items, n_raters))
        who[item, rater] = 1
    else:
        who = sparse.csr_array((np.ones(len(y)), (item, rater)), shape=(n_items, n_raters))
    parts = [who[index] for index in rows]
    return _Sums(
        n=len(y),
        sizes=sizes,
        items=np.bincount(which),
        shared=_shared(parts, n_raters),
        rater_items=np.bincount(rater, minlength=n_raters).astype(float),
        rater_sums=np.bincount(rater, y, n_raters),
        pulled=np.stack([part.T @ item_sums[index] for index, part in zip(rows, parts, strict=True)]),
        squares=float(y @ y),
        item_squares=np.bincount(which, item_sums**2),
    )


def _shared(parts: list, n_raters: int) -> np.ndarray | sparse.csr_array:
    if len(parts) * n_raters**2 <= _DENSE and not sparse.issparse(parts[0]):
        return np.stack([(part.T @ part).ravel() for part in parts])
    return sparse.csr_array(
        sparse.vstack([sparse.csr_array(part.T @ part).reshape(1, -1) for part in parts], format="csr")
    )


@dataclass(frozen=True)
class _State:
    """The likelihood at one pair of variance ratios, with what delete-one values need.

    Attributes
    ----------
    residual : float
        y' P y, in units of the error variance.
    log_determinant : float
    explained : np.ndarray [shape=(n_raters, n_raters)]
        By how much estimating mean and rater effects reduces the covariance of residuals of two raters.
    fitted : np.ndarray [shape=(n_raters,)]
        Mean plus rater effect.
    """

    residual: float
    log_determinant: float
    explained: np.ndarray
    fitted: np.ndarray

    def deviance(self, n: int) -> float:
        """Return -2 log restricted likelihood, less a constant."""
        return (n - 1) * float(np.log(self.residual)) + self.log_determinant


def _evaluate(sums: _Sums, item_ratio: float, rater_ratio: float, *, with_fit: bool = False) -> _State:
    if sums.raters_absorbed:
        item_ratio, rater_ratio = rater_ratio, item_ratio
    shrink = item_ratio / (1 + sums.sizes * item_ratio)
    n_raters = len(sums.rater_items)
    kernel = np.diag(sums.rater_items) - (sums.shared.T @ shrink).reshape(n_raters, n_raters)
    right = sums.rater_sums - shrink @ sums.pulled
    left_over = sums.squares - shrink @ sums.item_squares
    log_items = sums.items @ np.log1p(sums.sizes * item_ratio)
    explained, fitted = np.empty((0, 0)), np.empty(0)
    if rater_ratio == 0:
        weight, mean = kernel.sum(), right.sum() / kernel.sum()
        if with_fit:
            explained, fitted = np.full((n_raters, n_raters), 1 / weight), np.full(n_raters, mean)
        residual = left_over - mean * right.sum()
        return _State(max(float(residual), 1e-300), float(np.log(weight) + log_items), explained, fitted)
    root = np.sqrt(rater_ratio)
    totals = kernel.sum(axis=1)
    system = np.empty((n_raters + 1, n_raters + 1))
    system[0, 0] = totals.sum()
    system[0, 1:] = system[1:, 0] = root * totals
    system[1:, 1:] = rater_ratio * kernel + np.eye(n_raters)
    vector = np.concatenate([[right.sum()], root * right])
    factor = linalg.cho_factor(system, lower=True, check_finite=False)
    solution = linalg.cho_solve(factor, vector, check_finite=False)
    residual = left_over - vector @ solution
    log_determinant = 2 * np.log(np.diagonal(factor[0])).sum() + log_items
    if with_fit:
        inverse = linalg.cho_solve(factor, np.eye(n_raters + 1), check_finite=False)
        explained = inverse[0, 0] + root * (inverse[0, 1:] + inverse[1:, :1]) + rater_ratio * inverse[1:, 1:]
        fitted = solution[0] + root * solution[1:]
    return _State(max(float(residual), 1e-300), float(log_determinant), explained, fitted)


def _ratios(theta: np.ndarray) -> tuple[float, float]:
    rho = theta / (1 - theta)
    return float(rho[0]), float(rho[1]) if len(rho) == 2 else 0.0


def _fit(sums: _Sums, start: np.ndarray, *, near: bool = False) -> np.ndarray:
    """Return the variance ratios with the greatest restricted likelihood, as rho / (1 + rho).

    A start that is `near` the maximum needs Newton steps only, unless they do not converge.
    """

    def deviance(theta: np.ndarray) -> float:
        return _evaluate(sums, *_ratios(theta)).deviance(sums.n)

    if near:
        theta, converged = _newton(deviance, start)
        if converged:
            return theta
    bounds = [(0.0, _UPPER)] * len(start)
    starts = (start, np.full(len(start), _SECOND_START))
    found = [optimize.minimize(deviance, point, method="L-BFGS-B", bounds=bounds) for point in starts]
    return _newton(deviance, min(found, key=lambda one: one.fun).x)[0]


def _newton(deviance: Callable[[np.ndarray], float], theta: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the point that Newton steps reach, and whether they converged."""
    for _ in range(8):
        derivatives = _derivatives(theta, lambda point: np.array([deviance(point)]))
        stepped = _newton_step(theta, *derivatives)[0]
        if deviance(stepped) > deviance(theta) + 1e-9:
            return theta, False
        moved = np.abs(stepped - theta).max()
        theta = stepped
        if moved < 1e-7:
            return theta, True
    return theta, False


def _derivatives(
    theta: np.ndarray, function: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return gradients (n, k) and Hessians (n, k, k) of n functions of k parameters, by differences.

    At a bound, the derivatives are taken at the nearest point with room for differences on both sides; the
    gradient is extrapolated back with the Hessian.
    """
    k = len(theta)
    centre = np.clip(theta, _STEP, _UPPER - _STEP)
    middle = function(centre)
    gradient = np.empty((len(middle), k))
    hessian = np.empty((len(middle), k, k))
    unit = np.eye(k) * _STEP
    for i in range(k):
        ahead, behind = function(centre + unit[i]), function(centre - unit[i])
        gradient[:, i] = (ahead - behind) / (2 * _STEP)
        hessian[:, i, i] = (ahead - 2 * middle + behind) / _STEP**2
        for j in range(i):
            corners = [
                sign * function(centre + side * unit[i] + other * unit[j])
                for side, other, sign in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
            ]
            hessian[:, i, j] = hessian[:, j, i] = sum(corners) / (4 * _STEP**2)
    gradient += np.einsum("nij,j->ni", hessian, theta - centre)
    return gradient, hessian


def _newton_step(theta: np.ndarray, gradient: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    """Return one Newton step of each function from theta; steps outwards from a bound are not made."""
    step = np.zeros_like(gradient)
    stuck = ((theta <= 1e-12) & (gradient > 0)) | ((theta >= _UPPER) & (gradient < 0))
    for pattern in np.unique(stuck, axis=0):
        rows = np.flatnonzero((stuck == pattern).all(axis=1))
        free = np.flatnonzero(~pattern)
        if len(free):
            block = hessian[np.ix_(rows, free, free)]
            # Far from the minimum the curvature may be negative: its absolute value still gives a descent.
            values, vectors = np.linalg.eigh(block)
            values = np.maximum(np.abs(values), 1e-8)
            turned = np.einsum("nji,nj->ni", vectors, gradient[np.ix_(rows, free)])
            step[np.ix_(rows, free)] = np.einsum("nij,nj->ni", vectors, turned / values)
    return np.clip(theta - step, 0.0, _UPPER)


def _deviances_without_items(ratings: Ratings, y: np.ndarray, sums: _Sums, theta: np.ndarray) -> np.ndarray:
    """Return the deviance with each item left out, by the block-deletion identities of least squares.

    Leaving out an item's m judgments changes y' P y and the log determinant by a quadratic form and a
    determinant of their m x m block of P, so no refit is needed. The sums must absorb items.
    """
    item_ratio, rater_ratio = _ratios(theta)
    state = _evaluate(sums, item_ratio, rater_ratio, with_fit=True)
    deviances = np.empty(ratings.n_items)
    start = np.concatenate([[0], np.cumsum(ratings.item_size)])
    for m in sums.sizes:
        items = np.flatnonzero(ratings.item_size == m)
        rows = max(1, _CHUNK // (m * m))
        own = np.eye(m) + item_ratio
        for first in range(0, len(items), rows):
            chunk = items[first : first + rows]
            judgments = start[chunk][:, None] + np.arange(m)
            who = ratings.rater[judgments]
            left = own - state.explained[who[:, :, None], who[:, None, :]]
            off = y[judgments] - state.fitted[who]
            lower = np.linalg.cholesky(left)
            log_left = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
            gone = (off * np.linalg.solve(left, off[:, :, None])[:, :, 0]).sum(axis=1)
            determinant = state.log_determinant + log_left - 2 * np.log1p(m * item_ratio)
            residual = np.maximum(state.residual - gone, 1e-300)
            deviances[chunk] = (sums.n - m - 1) * np.log(residual) + determinant
    return deviances


def _components(theta: np.ndarray) -> np.ndarray:
    """Return shares of item, rater, error, shape (..., 3)."""
    rho = theta / (1 - theta)
    item = rho[..., 0]
    rater = rho[..., 1] if theta.shape[-1] == 2 else np.zeros_like(item)
    total = 1 + item + rater
    return np.stack([item / total, rater / total, 1 / total], axis=-1)


def variances(ratings: Ratings) -> tuple[float, float, float]:
    """Return the variances of items, raters and error, in squared units of the judgments.

    Parameters
    ----------
    ratings : Ratings
        With at least two items and one item with two judgments, not all equal.
    """
    y = _standardised(ratings)
    sums = _sum_up(ratings.item, ratings.rater, y, ratings.n_items, ratings.n_raters)
    item, rater = _ratios(_fit(sums, np.full(2, 0.2), near=True))
    error = _evaluate(sums, item, rater).residual / (sums.n - 1) * float(ratings.value.var())
    return item * error, rater * error, error


def _standardised(ratings: Ratings) -> np.ndarray:
    y = ratings.value - ratings.value.mean()
    return y / y.std()


class Components:
    """Shares of items, raters and error in the variance, by restricted maximum likelihood.

    Parameters
    ----------
    ratings : Ratings
        With at least two items and one item with two judgments, not all equal.
    with_raters : bool
        Whether raters have their own variance; otherwise it is part of the error (one-way model).
    near : np.ndarray, optional
        Variance ratios to start from, as rho / (1 + rho), if known to be near the maximum.
    """

    def __init__(self, ratings: Ratings, *, with_raters: bool, near: np.ndarray | None = None):
        self.ratings, self._y = ratings, _standardised(ratings)
        self._sums = _sum_up(ratings.item, ratings.rater, self._y, ratings.n_items, ratings.n_raters)
        start = np.full(2 if with_raters else 1, 0.2) if near is None else near
        self.theta = _fit(self._sums, start, near=near is not None)

    @property
    def shares(self) -> np.ndarray:
        """The shares of item, rater and error, shape (3,)."""
        return _components(self.theta)

    @cached_property
    def without_one(self) -> tuple[np.ndarray, np.ndarray]:
        """The shares without each item, (n_items, 3), and each rater or group of raters, (n, 3).

        Leaving out an item takes one Newton step on the likelihood of the remaining judgments (a refit in
        designs of up to 60 items); leaving out a rater takes a refit. More than 60 raters are left out in 30
        groups, by one Newton step each. Rows are NaN where the remaining judgments are too few.
        """
        ratings, y, sums, theta = self.ratings, self._y, self._sums, self.theta
        if ratings.n_items <= _REFIT_ITEMS:
            without_item = _refits(ratings, y, theta, ratings.item, ratings.n_items)
        elif sums.raters_absorbed:
            without_item = _refits(ratings, y, theta, ratings.item, ratings.n_items, one_step=True)
        else:
            derivatives = _derivatives(theta, lambda at: _deviances_without_items(ratings, y, sums, at))
            without_item = _components(_newton_step(theta, *derivatives))
        if ratings.n_raters <= _REFIT_RATERS:
            return without_item, _refits(ratings, y, theta, ratings.rater, ratings.n_raters)
        groups = ratings.rater % _RATER_GROUPS
        return without_item, _refits(ratings, y, theta, groups, _RATER_GROUPS, one_step=True)


def one_way(ratings: Ratings) -> Components:
    """Return the components of the model without raters."""
    return Components(ratings, with_raters=False, near=_theta_of_origin(ratings, one_way))


def two_way(ratings: Ratings) -> Components:
    """Return the components of the model with raters."""
    return Components(ratings, with_raters=True, near=_theta_of_origin(ratings, two_way))


def _theta_of_origin(ratings: Ratings, model: Callable[[Ratings], Components]) -> np.ndarray | None:
    """Return the variance ratios of the judgments that a bootstrap draw comes from, if it is one."""
    origin = ratings.drawn_from
    return None if origin is None else np.clip(origin.once(model).theta, 0.001, 0.999)


def _step(sums: _Sums, theta: np.ndarray) -> np.ndarray:
    """Return one Newton step from theta towards the maximum of the likelihood of these judgments."""

    def deviance(point: np.ndarray) -> np.ndarray:
        return np.array([_evaluate(sums, *_ratios(point)).deviance(sums.n)])

    return _newton_step(theta, *_derivatives(theta, deviance))[0]


def _refits(
    ratings: Ratings,
    y: np.ndarray,
    theta: np.ndarray,
    group: np.ndarray,
    n_groups: int,
    *,
    one_step: bool = False,
) -> np.ndarray:
    shares = np.full((n_groups, 3), np.nan)
    near = np.clip(theta, 0.001, 0.999)
    for index in range(n_groups):
        keep = group != index
        item, values = ratings.item[keep], y[keep]
        sizes = np.bincount(item)
        if np.count_nonzero(sizes) >= 2 and sizes.max() >= 2 and np.ptp(values) > 0:
            rest = _sum_up(item, ratings.rater[keep], values, ratings.n_items, ratings.n_raters)
            shares[index] = _components(_step(rest, theta) if one_step else _fit(rest, near, near=True))
    return shares
