"""Effects of tracks, excerpts and raters, drawn together with the levels' means.

The means and the effects of one kind are drawn together. Drawn one after the other they follow each other
slowly, because a shift of all effects and the opposite shift of the mean leave the answers as they are
(Papaspiliopoulos, Roberts & Zanella 2020, Biometrika 107).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse


def indicator(index: np.ndarray, size: int) -> sparse.csr_array:
    """Return the matrix that sums judgments by an index: row i has ones at the judgments with index i."""
    ones = np.ones(len(index))
    return sparse.csr_array((ones, (index, np.arange(len(index)))), shape=(size, len(index)))


class Cells:
    """Judgments of one rater about one track, which share a deviation.

    Parameters
    ----------
    index : np.ndarray of int [shape=(n,)]
        The cell of each judgment.
    """

    def __init__(self, index: np.ndarray) -> None:
        self.index = index
        self.n = int(index.max()) + 1
        self.size = np.bincount(index, minlength=self.n)
        self.sizes, self.kind = np.unique(self.size, return_inverse=True)
        self._sums = indicator(index, self.n)

    @property
    def repeated_share(self) -> float:
        """The share of judgments beyond the first of each cell."""
        return 1 - self.n / len(self.index)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return sums of values, shape (n_judgments, n_chains), by cell."""
        return self._sums @ values


@dataclass(frozen=True)
class Noise:
    """The covariance of the judgments around their effects, for each chain.

    Attributes
    ----------
    variance : np.ndarray [shape=(n_chains,)]
        Of a single judgment.
    cells : Cells or None
    cell_variance : np.ndarray [shape=(n_chains,)]
        Of the deviation that the judgments of a cell share.
    """

    variance: np.ndarray
    cells: Cells | None
    cell_variance: np.ndarray

    @property
    def shrinkage(self) -> np.ndarray:
        """Part of the precision that the judgments of a cell share, shape (n_sizes of cells, n_chains)."""
        assert self.cells is not None
        total = self.variance + self.cells.sizes[:, None] * self.cell_variance
        return self.cell_variance / (self.variance * total)

    def weighted(self, residuals: np.ndarray) -> np.ndarray:
        """Return the product of the inverse covariance with residuals, shape (n_judgments, n_chains)."""
        weighted = residuals / self.variance
        if self.cells is None:
            return weighted
        shared = self.shrinkage[self.cells.kind] * self.cells.sums(residuals)
        return weighted - shared[self.cells.index]


class Grouping:
    """Tracks (or excerpts, or raters) by level: the effects that their judgments share.

    Parameters
    ----------
    group, level : np.ndarray of int [shape=(n,)]
        Of each judgment.
    n_groups, n_levels : int
    cells : Cells or None
        Each within one group.
    """

    def __init__(
        self, group: np.ndarray, level: np.ndarray, n_groups: int, n_levels: int, cells: Cells | None
    ) -> None:
        self.n_groups, self.n_levels = n_groups, n_levels
        self.index = group * n_levels + level
        self.counts = np.bincount(self.index, minlength=n_groups * n_levels).reshape(n_groups, n_levels)
        self._sums = indicator(self.index, n_groups * n_levels)
        self._products = None if cells is None else _products(group, level, n_groups, n_levels, cells)

    def of_judgments(self, effects: np.ndarray) -> np.ndarray:
        """Return each judgment's effect, shape (n_judgments, n_chains), of (n_chains, n_groups, n_levels)."""
        return effects.reshape(len(effects), -1).T[self.index]

    def precision(self, noise: Noise) -> np.ndarray:
        """Return the precision that judgments give each group, shape (n_chains, n_groups, levels, levels)."""
        levels = np.arange(self.n_levels)
        n_chains = len(noise.variance)
        found = np.zeros((n_chains, self.n_groups, self.n_levels, self.n_levels))
        found[:, :, levels, levels] = self.counts / noise.variance[:, None, None]
        if self._products is not None and noise.cells is not None:
            found -= np.tensordot(noise.shrinkage.T, self._products, axes=1)
        return found

    def pull(self, residuals: np.ndarray, noise: Noise) -> np.ndarray:
        """Return sums of residuals weighted by their precision, shape (n_chains, n_groups, n_levels)."""
        return (self._sums @ noise.weighted(residuals)).T.reshape(-1, self.n_groups, self.n_levels)


def log_evidence(given: np.ndarray, pull: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return how probable judgments are under a covariance of effects, whatever the effects.

    Parameters
    ----------
    given, pull : np.ndarray [shape=(n_chains, n_groups, n_levels, n_levels), (n_chains, n_groups, n_levels)]
        What `Grouping.precision` and `Grouping.pull` return, the means taken off the residuals.
    root : np.ndarray [shape=(n_chains, n_levels, n_levels)]
        A matrix whose product with its transpose is the covariance.

    Returns
    -------
    np.ndarray [shape=(n_chains,)]
        Logarithms, up to a constant.
    """
    half = np.linalg.cholesky(np.eye(given.shape[-1]) + _in_units(given, root))
    solved = np.linalg.solve(half, _transposed(root)[:, None] @ pull[..., None])
    log_half = np.log(np.diagonal(half, axis1=-2, axis2=-1)).sum(axis=(1, 2))
    return (solved**2).sum(axis=(1, 2, 3)) / 2 - log_half


def draw_with_means(
    given: np.ndarray,
    pull: np.ndarray,
    root: np.ndarray,
    prior: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels' means and the groups' effects, drawn together.

    Everything is computed in units of the root, so that effects of almost no variance need no inverse of
    their covariance.

    Parameters
    ----------
    given, pull, root
        As for `log_evidence`; the residuals contain the means.
    prior : (mean, standard deviation)
        Of each level's mean.
    rng : np.random.Generator

    Returns
    -------
    means : np.ndarray [shape=(n_chains, n_levels)]
    effects : np.ndarray [shape=(n_chains, n_groups, n_levels)]
    """
    back = _transposed(root)
    scaled = _in_units(given, root)
    inverse = np.linalg.inv(np.eye(given.shape[-1]) + scaled)
    inverse = (inverse + _transposed(inverse)) / 2
    projected = back[:, None] @ pull[..., None]
    # What judgments say of the means after the effects are averaged out. (It is 1 less the inverse, but that
    # difference is all rounding error where the effects are tiny.)
    added = scaled @ inverse
    precision = ((added + _transposed(added)) / 2).sum(axis=1) + back @ root / prior[1] ** 2
    total = (inverse @ projected).sum(axis=1)[..., 0] + back.sum(axis=-1) * prior[0] / prior[1] ** 2
    means = (root @ draw_normal(precision, total, rng)[..., None])[..., 0]
    left = pull[..., None] - given @ means[:, None, :, None]
    drawn = inverse @ (back[:, None] @ left)
    drawn += np.linalg.cholesky(inverse) @ rng.normal(size=drawn.shape)
    return means, (root[:, None] @ drawn)[..., 0]


def _in_units(given: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return what judgments say of effects in units of the root, of which each has variance 1 a priori."""
    scaled = _transposed(root)[:, None] @ given @ root[:, None]
    return (scaled + _transposed(scaled)) / 2


def _transposed(matrices: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrices, -1, -2)


def draw_normal(precision: np.ndarray, pull: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw normal vectors with a precision matrix P and mean P^-1 pull, for each chain."""
    root = np.linalg.cholesky(precision)
    half = np.linalg.solve(root, pull[..., None])
    return np.linalg.solve(np.swapaxes(root, -1, -2), half + rng.normal(size=half.shape))[..., 0]


def _products(group: np.ndarray, level: np.ndarray, n_groups: int, n_levels: int, cells: Cells) -> np.ndarray:
    """Return, per size of cells, the groups' sums of products of a cell's counts of two levels.

    The shape is (n_sizes, n_groups, n_levels, n_levels).
    """
    pair, count = np.unique(cells.index * n_levels + level, return_counts=True)
    cell_of, level_of = np.divmod(pair, n_levels)
    table = sparse.csr_array((count, (cell_of, level_of)), shape=(cells.n, n_levels)).toarray()
    group_of = np.zeros(cells.n, dtype=int)
    group_of[cells.index] = group
    place = cells.kind * n_groups + group_of
    found = np.zeros((len(cells.sizes) * n_groups, n_levels, n_levels))
    np.add.at(found, place, table[:, :, None] * table[:, None, :])
    return found.reshape(len(cells.sizes), n_groups, n_levels, n_levels)
