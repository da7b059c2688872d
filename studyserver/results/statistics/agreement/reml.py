"""The restricted likelihood of items, raters and error in incomplete designs, and its maximum.

The model is y = mean + item + rater + error with all effects random (Patterson & Thompson, 1971, for the
restricted likelihood). Given the variance ratios, item effects are absorbed in closed form: their covariance
block is diagonal, so eliminating them leaves sums over items and a linear system as large as the number of
raters. Items and raters have the same role in the likelihood, so the smaller of the two makes the system.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import linalg, optimize, sparse

# The search is over theta = rho / (1 + rho), in [0, 1), for each variance ratio rho (to the error variance).
_UPPER = 1 - 1e-7
_STEP = 1e-4
_SECOND_START = 0.9  # with a small error variance the likelihood can have two maxima
_DENSE = 8_000_000
_LARGE = 300  # raters in the system; of more, a part gives the start of the search
_KEPT_KERNELS = 3  # a numerical second derivative visits three values of each ratio


@dataclass(frozen=True)
class Sums:
    """What the likelihood needs of the judgments.

    Where raters are absorbed, items and raters are exchanged in all of it.

    Attributes
    ----------
    item, rater : np.ndarray of int [shape=(n,)]
    y : np.ndarray [shape=(n,)]
    item_size, item_sums : np.ndarray [shape=(n_items,)]
    sizes, items : np.ndarray [shape=(n_sizes,)]
        The numbers of raters per item that occur, and how many items have each.
    which : np.ndarray of int [shape=(n_items,)]
        Index of each item's size.
    shared : np.ndarray [shape=(n_sizes, n_raters * n_raters)], optional
        For each size, the number of items that each pair of raters both judged; None if that is too large.
    rater_items, rater_sums : np.ndarray [shape=(n_raters,)]
    pulled : np.ndarray [shape=(n_sizes, n_raters)]
        For each size, the sum over the rater's items of the items' sums.
    squares, item_squares : float, np.ndarray [shape=(n_sizes,)]
        Sum of squared judgments; sum of squared item sums for each size.
    raters_absorbed : bool
    """

    item: np.ndarray
    rater: np.ndarray
    y: np.ndarray
    item_size: np.ndarray
    item_sums: np.ndarray
    sizes: np.ndarray
    items: np.ndarray
    which: np.ndarray
    shared: np.ndarray | None
    rater_items: np.ndarray
    rater_sums: np.ndarray
    pulled: np.ndarray
    squares: float
    item_squares: np.ndarray
    raters_absorbed: bool = False
    _kernels: dict[float, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @property
    def n(self) -> int:
        """Number of judgments."""
        return len(self.y)

    def kernel(self, item_ratio: float) -> np.ndarray:
        """Return what is left of the raters' cross products after absorbing items, (n_raters, n_raters)."""
        if item_ratio not in self._kernels:
            while len(self._kernels) >= _KEPT_KERNELS:
                del self._kernels[next(iter(self._kernels))]
            self._kernels[item_ratio] = self._kernel(item_ratio / (1 + self.sizes * item_ratio))
        return self._kernels[item_ratio]

    def _kernel(self, shrink: np.ndarray) -> np.ndarray:
        n_raters = len(self.rater_items)
        if self.shared is not None:
            return np.diag(self.rater_items) - (self.shared.T @ shrink).reshape(n_raters, n_raters)
        kernel = np.asfortranarray(np.diag(self.rater_items))
        root, rows = np.sqrt(shrink[self.which]), max(1, _DENSE // n_raters)
        shape = (len(root), n_raters)
        weighted = sparse.csr_array((root[self.item], (self.item, self.rater)), shape=shape)
        for start in range(0, len(root), rows):
            part = weighted[start : start + rows].toarray()
            kernel = linalg.blas.dsyrk(-1.0, part.T, beta=1.0, c=kernel, overwrite_c=True)
        upper = np.triu(kernel)
        return upper + np.triu(upper, 1).T


def absorbs_raters(n_items: int, n_raters: int) -> bool:
    """Whether a system as large as the number of items is the smaller one."""
    return n_items < n_raters


def sum_up(item: np.ndarray, rater: np.ndarray, y: np.ndarray, n_items: int, n_raters: int) -> Sums:
    """Return the sums of the judgments; items and raters without judgments are allowed."""
    if absorbs_raters(n_items, n_raters):
        return replace(_absorbing_items(rater, item, y, n_raters, n_items), raters_absorbed=True)
    return _absorbing_items(item, rater, y, n_items, n_raters)


def _absorbing_items(item: np.ndarray, rater: np.ndarray, y: np.ndarray, n_items: int, n_raters: int) -> Sums:
    item_size = np.bincount(item, minlength=n_items)
    sizes, which = np.unique(item_size, return_inverse=True)
    item_sums = np.bincount(item, y, n_items)
    shared = None
    if max(len(sizes) * n_raters, n_items) * n_raters <= _DENSE:
        who = np.zeros((n_items, n_raters))
        who[item, rater] = 1
        parts = [who[which == index] for index in range(len(sizes))]
        shared = np.stack([(part.T @ part).ravel() for part in parts])
    pulled = np.bincount(which[item] * n_raters + rater, item_sums[item], len(sizes) * n_raters)
    return Sums(
        item=item,
        rater=rater,
        y=y,
        item_size=item_size,
        item_sums=item_sums,
        sizes=sizes,
        items=np.bincount(which),
        which=which,
        shared=shared,
        rater_items=np.bincount(rater, minlength=n_raters).astype(float),
        rater_sums=np.bincount(rater, y, n_raters),
        pulled=pulled.reshape(len(sizes), n_raters),
        squares=float(y @ y),
        item_squares=np.bincount(which, item_sums**2),
    )


@dataclass(frozen=True)
class State:
    """The likelihood at one pair of variance ratios, with what delete-one values need.

    Attributes
    ----------
    residual : float
        y' P y, in units of the error variance.
    log_determinant : float
    mean : float
    fitted : np.ndarray [shape=(n_raters,)]
        Mean plus rater effect.
    mean_variance : float
        Of the estimated mean, in units of the error variance.
    mean_fitted : np.ndarray [shape=(n_raters,)]
        Covariance of the errors of the mean and of `fitted`.
    explained : np.ndarray [shape=(n_raters, n_raters)]
        Covariance of the errors of `fitted`: by how much estimating mean and rater effects reduces the
        covariance of the residuals of two raters.
    """

    residual: float
    log_determinant: float
    mean: float = 0.0
    fitted: np.ndarray = field(default_factory=lambda: np.empty(0))
    mean_variance: float = 0.0
    mean_fitted: np.ndarray = field(default_factory=lambda: np.empty(0))
    explained: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    def deviance(self, n: int) -> float:
        """Return -2 log restricted likelihood, less a constant."""
        return (n - 1) * float(np.log(self.residual)) + self.log_determinant


def evaluate(sums: Sums, item_ratio: float, rater_ratio: float, *, with_fit: bool = False) -> State:
    """Return the likelihood at two variance ratios; `with_fit` gives the fields after `log_determinant`."""
    if sums.raters_absorbed:
        item_ratio, rater_ratio = rater_ratio, item_ratio
    shrink = item_ratio / (1 + sums.sizes * item_ratio)
    n_raters = len(sums.rater_items)
    right = sums.rater_sums - shrink @ sums.pulled
    left_over = sums.squares - shrink @ sums.item_squares
    log_items = sums.items @ np.log1p(sums.sizes * item_ratio)
    if rater_ratio == 0:
        weight = float(sums.n - sums.items @ (shrink * sums.sizes**2))
        mean = right.sum() / weight
        residual = max(float(left_over - mean * right.sum()), 1e-300)
        if not with_fit:
            return State(residual, float(np.log(weight) + log_items))
        same, alike = np.full(n_raters, 1 / weight), np.full((n_raters, n_raters), 1 / weight)
        fit = (float(mean), np.full(n_raters, mean), float(1 / weight), same, alike)
        return State(residual, float(np.log(weight) + log_items), *fit)
    root = np.sqrt(rater_ratio)
    kernel = sums.kernel(item_ratio)
    totals = kernel.sum(axis=1)
    system = np.empty((n_raters + 1, n_raters + 1))
    system[0, 0] = totals.sum()
    system[0, 1:] = system[1:, 0] = root * totals
    system[1:, 1:] = rater_ratio * kernel
    system[np.arange(1, n_raters + 1), np.arange(1, n_raters + 1)] += 1
    vector = np.concatenate([[right.sum()], root * right])
    factor = linalg.cho_factor(system.T, lower=True, check_finite=False, overwrite_a=True)
    solution = linalg.cho_solve(factor, vector, check_finite=False)
    residual = max(float(left_over - vector @ solution), 1e-300)
    log_determinant = float(2 * np.log(np.diagonal(factor[0])).sum() + log_items)
    if not with_fit:
        return State(residual, log_determinant)
    lower = np.tril(linalg.lapack.dpotri(factor[0], lower=True)[0])
    inverse = lower + np.tril(lower, -1).T
    mean_fitted = inverse[0, 0] + root * inverse[0, 1:]
    explained = inverse[0, 0] + root * (inverse[0, 1:] + inverse[1:, :1]) + rater_ratio * inverse[1:, 1:]
    fitted = solution[0] + root * solution[1:]
    fit = (float(solution[0]), fitted, float(inverse[0, 0]), mean_fitted, explained)
    return State(residual, log_determinant, *fit)


def ratios(theta: np.ndarray) -> tuple[float, float]:
    """Return the variance ratios of items and of raters (0 in the model without raters)."""
    rho = theta / (1 - theta)
    return float(rho[0]), float(rho[1]) if len(rho) == 2 else 0.0


def fit(sums: Sums, start: np.ndarray, *, near: bool = False) -> np.ndarray:
    """Return the variance ratios with the greatest restricted likelihood, as rho / (1 + rho).

    A start that is `near` the maximum needs Newton steps only, unless they do not converge. In large designs
    a part of the raters gives such a start.
    """

    def deviance(theta: np.ndarray) -> float:
        return evaluate(sums, *ratios(theta)).deviance(sums.n)

    if not near and len(sums.rater_items) > _LARGE:
        start, near = np.clip(fit(_part(sums), start), 0.001, 0.999), True
    if near:
        theta, converged = _newton(deviance, start)
        if converged:
            return theta
    bounds = [(0.0, _UPPER)] * len(start)
    starts = (start, np.full(len(start), _SECOND_START))
    found = [optimize.minimize(deviance, point, method="L-BFGS-B", bounds=bounds) for point in starts]
    return _newton(deviance, min(found, key=lambda one: one.fun).x)[0]


def _part(sums: Sums) -> Sums:
    """Return the sums of the judgments of evenly spaced raters, at most half of `_LARGE`."""
    n_raters = len(sums.rater_items)
    number = np.full(n_raters, -1)
    chosen = np.arange(0, n_raters, -(-n_raters // (_LARGE // 2)))
    number[chosen] = np.arange(len(chosen))
    keep = number[sums.rater] >= 0
    items, item = np.unique(sums.item[keep], return_inverse=True)
    part = _absorbing_items(item, number[sums.rater[keep]], sums.y[keep], len(items), len(chosen))
    return replace(part, raters_absorbed=sums.raters_absorbed)


def _newton(deviance: Callable[[np.ndarray], float], theta: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the point that Newton steps reach, and whether they converged."""
    for _ in range(8):
        slope = derivatives(theta, lambda point: np.array([deviance(point)]))
        stepped = newton_step(theta, *slope)[0]
        if deviance(stepped) > deviance(theta) + 1e-9:
            return theta, False
        moved = np.abs(stepped - theta).max()
        theta = stepped
        if moved < 1e-7:
            return theta, True
    return theta, False


def derivatives(
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


def newton_step(theta: np.ndarray, gradient: np.ndarray, hessian: np.ndarray) -> np.ndarray:
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
