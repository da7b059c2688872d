"""Variance components of items, raters and error, and their values without each item, rater and judgment."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from . import reml
from .ratings import Ratings
from .reml import State, Sums

_REFIT_ITEMS = 60
_REFIT_RATERS = 60  # the time of a refit grows with the cube of their number


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
    sums = _sums(ratings)
    item, rater = reml.ratios(reml.fit(sums, np.full(2, 0.2), near=True))
    error = reml.evaluate(sums, item, rater).residual / (sums.n - 1) * float(ratings.value.var())
    return item * error, rater * error, error


def _sums(ratings: Ratings) -> Sums:
    y = ratings.value - ratings.value.mean()
    return reml.sum_up(ratings.item, ratings.rater, y / y.std(), ratings.n_items, ratings.n_raters)


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
        self._ratings, self._sums = ratings, _sums(ratings)
        start = np.full(2 if with_raters else 1, 0.2) if near is None else near
        self.theta = reml.fit(self._sums, start, near=near is not None)

    @property
    def shares(self) -> np.ndarray:
        """The shares of item, rater and error, shape (3,)."""
        return _components(self.theta)

    @cached_property
    def without_one(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The shares without each item, each rater and each judgment, (n, 3) each.

        Up to 60 items, and up to 60 raters, are left out by a refit. More, and judgments, are left out by one
        Newton step on the likelihood of the remaining judgments. Rows are NaN where those are too few.
        """
        sums, theta, n = self._sums, self.theta, (self._ratings.n_items, self._ratings.n_raters)
        derivatives = reml.derivatives(theta, lambda at: _deviances_without(sums, at))
        stepped = _components(reml.newton_step(theta, *derivatives))
        without = np.split(stepped, np.cumsum(n))
        places = (self._ratings.item, self._ratings.rater)
        for side, most in enumerate((_REFIT_ITEMS, _REFIT_RATERS)):
            if n[side] <= most:
                without[side] = _refits(self._ratings, self._sums, theta, places[side], n[side])
        return without[0], without[1], without[2]


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


def _refits(ratings: Ratings, sums: Sums, theta: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    y = sums.y
    shares = np.full((n_groups, 3), np.nan)
    near = np.clip(theta, 0.001, 0.999)
    for index in range(n_groups):
        keep = group != index
        item, values = ratings.item[keep], y[keep]
        sizes = np.bincount(item)
        if np.count_nonzero(sizes) >= 2 and sizes.max() >= 2 and np.ptp(values) > 0:
            rest = reml.sum_up(item, ratings.rater[keep], values, ratings.n_items, ratings.n_raters)
            shares[index] = _components(reml.fit(rest, near, near=True))
    return shares


def _deviances_without(sums: Sums, theta: np.ndarray) -> np.ndarray:
    """Return the deviances without each item, each rater and each judgment, one after the other.

    By the block-deletion identities of least squares, leaving out m judgments changes y' P y and the log
    determinant by a quadratic form and a determinant of their m x m block of P, so no refit is needed. The
    block of an item is the identity plus its own variance ratio, less the covariance of the errors of its
    raters' effects; that of a rater is alike. Covariances of two raters (or items) hardly differ, because the
    effects share little but the mean: with their average in the place of each, all blocks have closed forms.
    """
    item_ratio, rater_ratio = reml.ratios(theta)
    state = reml.evaluate(sums, item_ratio, rater_ratio, with_fit=True)
    if sums.raters_absorbed:
        item_ratio, rater_ratio = rater_ratio, item_ratio
    raters = _mean_and_own(state.explained.sum(), np.diagonal(state.explained))
    off = sums.y - state.fitted[sums.rater]
    shrink = item_ratio / (1 + sums.item_size * item_ratio)
    items = _errors_of_items(sums, state, shrink)
    off_raters = sums.y - state.mean - (shrink * np.bincount(sums.item, off, len(shrink)))[sums.item]
    parts = [
        _without_groups(sums.item, sums.item_size, off, raters[1][sums.rater], item_ratio - raters[0]),
        _without_groups(
            sums.rater, sums.rater_items, off_raters, items[1][sums.item], rater_ratio - items[0]
        ),
    ]
    parts = [
        (m, gone, logarithm - 2 * np.log1p(m * ratio))
        for (m, gone, logarithm), ratio in zip(parts, (item_ratio, rater_ratio), strict=True)
    ]
    if sums.raters_absorbed:
        parts.reverse()
    parts.append(_without_judgments(sums, off, shrink, *raters))
    return np.concatenate(
        [
            (sums.n - m - 1) * np.log(np.maximum(state.residual - gone, 1e-300))
            + (state.log_determinant + logarithm)
            for m, gone, logarithm in parts
        ]
    )


def _mean_and_own(total: float, diagonal: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the average covariance of two errors, and by how much each variance exceeds it."""
    n = len(diagonal)
    mean = float(total - diagonal.sum()) / (n * (n - 1)) if n > 1 else 0.0
    return mean, diagonal - mean


def _errors_of_items(sums: Sums, state: State, shrink: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the same as `_mean_and_own` for the errors of mean plus item effect.

    An item's effect is estimated as its shrunken sum of what mean and raters leave, so its error follows from
    theirs.
    """
    n = len(shrink)
    mean, own = _mean_and_own(state.explained.sum(), np.diagonal(state.explained))
    with_mean = np.bincount(sums.item, state.mean_fitted[sums.rater], n)
    squared = np.bincount(sums.item, own[sums.rater], n) + mean * sums.item_size**2
    diagonal = shrink + state.mean_variance - 2 * shrink * with_mean + shrink**2 * squared
    pull = np.bincount(sums.rater, shrink[sums.item], len(sums.rater_items))
    total = n**2 * state.mean_variance - 2 * n * pull @ state.mean_fitted + pull @ state.explained @ pull
    return _mean_and_own(float(total + shrink.sum()), diagonal)


def _without_groups(
    group: np.ndarray, size: np.ndarray, off: np.ndarray, own: np.ndarray, common: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sizes, quadratic forms and log determinants of the groups' blocks diag(1 - own) + common."""
    weight = 1 / np.maximum(1 - own, 1e-12)
    n = len(size)
    sums = [np.bincount(group, weight * power, n) for power in (1.0, off, off**2)]
    bordered = np.maximum(1 + common * sums[0], 1e-12)
    logarithm = np.log(bordered) - np.bincount(group, np.log(weight), n)
    return size, sums[2] - common * sums[1] ** 2 / bordered, logarithm


def _without_judgments(
    sums: Sums, off: np.ndarray, shrink: np.ndarray, mean: float, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return 1, the quadratic form and the logarithm of each judgment's diagonal element of P."""
    item, m, n = sums.item, sums.item_size, len(shrink)
    at = shrink[item]
    errors = own[sums.rater]
    all_errors = np.bincount(item, errors, n) + mean * m**2
    kept = 1 - at - (errors + mean - 2 * at * (errors + mean * m[item]) + at**2 * all_errors[item])
    kept = np.maximum(kept, 1e-12)
    pulled = off - (shrink * np.bincount(item, off, n))[item]
    return np.ones(len(off)), pulled**2 / kept, np.log(kept)
