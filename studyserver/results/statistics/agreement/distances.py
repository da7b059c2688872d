"""Squared distances between judgments, summed without forming all pairs.

Each distance provides the three sums that Krippendorff's alpha and its delete-one values need. Sums of
squared differences have closed forms; only the ratio and the set distances need a table of all pairs of
categories. For continuous sliders with more than `MAXIMUM_TABLE` values, the ratio distance uses a
convolution instead.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from scipy import signal, sparse

from .ratings import Ratings

# A table of this many categories squared takes 32 MB.
MAXIMUM_TABLE = 2048
_CHUNK = 4_000_000


class Distance(Protocol):
    """Sums of squared distances over the judgments of one `Ratings`."""

    def within_items(self) -> np.ndarray:
        """Return each judgment's sum over the judgments of its item, shape (n,)."""

    def among_all(self) -> np.ndarray:
        """Return each judgment's sum over all judgments, shape (n,)."""

    def among_groups(self, group: np.ndarray, judgment: np.ndarray, n_groups: int) -> np.ndarray:
        """Return the sum over ordered pairs of the judgments listed for each group, shape (n_groups,)."""


class NominalDistance:
    """0 for the same category, 1 for different ones."""

    def __init__(self, ratings: Ratings):
        self.ratings = ratings
        self.counts = np.bincount(ratings.code, minlength=len(ratings.categories))

    def within_items(self) -> np.ndarray:
        """Sum over the judgments of the same item."""
        return (self.ratings.size - self.ratings.same).astype(float)

    def among_all(self) -> np.ndarray:
        """Sum over all judgments."""
        return (self.ratings.n - self.counts[self.ratings.code]).astype(float)

    def among_groups(self, group: np.ndarray, judgment: np.ndarray, n_groups: int) -> np.ndarray:
        """Sum over ordered pairs within each group."""
        counts = _count_table(self.ratings, group, judgment, n_groups)
        size = np.asarray(counts.sum(axis=1)).ravel()
        return size**2 - np.asarray(counts.multiply(counts).sum(axis=1)).ravel()


class IntervalDistance:
    """The squared difference."""

    def __init__(self, ratings: Ratings):
        self.ratings = ratings
        self.value = ratings.value - ratings.value.mean() if ratings.n else ratings.value

    def within_items(self) -> np.ndarray:
        """Sum over the judgments of the same item."""
        ratings = self.ratings
        mean = (ratings.per_item(self.value) / np.maximum(ratings.item_size, 1))[ratings.item]
        square = (self.value - mean) ** 2
        return ratings.size * square + ratings.per_item(square)[ratings.item]

    def among_all(self) -> np.ndarray:
        """Sum over all judgments."""
        square = self.value**2
        return self.ratings.n * square + square.sum()

    def among_groups(self, group: np.ndarray, judgment: np.ndarray, n_groups: int) -> np.ndarray:
        """Sum over ordered pairs within each group."""
        value = self.value[judgment]
        size = np.bincount(group, minlength=n_groups)
        mean = np.bincount(group, value, n_groups) / np.maximum(size, 1)
        return 2 * size * np.bincount(group, (value - mean[group]) ** 2, n_groups)


class PairwiseDistance:
    """Any squared distance between categories, looked up in a table."""

    def __init__(self, ratings: Ratings, table: np.ndarray):
        self.ratings = ratings
        self.table = table

    def within_items(self) -> np.ndarray:
        """Sum over the judgments of the same item."""
        ratings, n_categories = self.ratings, len(self.table)
        if ratings.favours_counts(n_categories):
            return (ratings.counts(ratings.code, n_categories) @ self.table)[ratings.item, ratings.code]
        return _sum_within_items(ratings, lambda codes, others: self.table[codes, others], ratings.code)

    def among_all(self) -> np.ndarray:
        """Sum over all judgments."""
        counts = np.bincount(self.ratings.code, minlength=len(self.table))
        return (self.table @ counts)[self.ratings.code]

    def among_groups(self, group: np.ndarray, judgment: np.ndarray, n_groups: int) -> np.ndarray:
        """Sum over ordered pairs within each group."""
        counts = _count_table(self.ratings, group, judgment, n_groups)
        rows = max(1, _CHUNK // max(len(self.table), 1))
        sums = [
            np.asarray(
                counts[start : start + rows].multiply(counts[start : start + rows] @ self.table).sum(axis=1)
            )
            for start in range(0, n_groups, rows)
        ]
        return np.concatenate(sums).ravel() if sums else np.zeros(0)


class ContinuousRatioDistance:
    """((c - k) / (c + k))^2 for any number of different values, in limited memory.

    With x = log c the distance is tanh^2((x - y) / 2), so sums over all judgments are a convolution: values
    are spread over a fine even grid in x by cubic interpolation and convolved by FFT. The error is of fourth
    order in the grid's step, below 1e-9 of the sum.
    """

    _STEP = 2e-3
    _LARGEST_GRID = 1 << 20

    def __init__(self, ratings: Ratings):
        self.ratings = ratings
        self.zero = ratings.value == 0
        positive = ratings.value[~self.zero]
        logarithm = np.log(positive) if len(positive) else np.zeros(1)
        span = float(np.ptp(logarithm))
        self.step = max(self._STEP, span / self._LARGEST_GRID)
        self.cells = int(np.ceil(span / self.step)) + 4
        at = np.ones(ratings.n)
        at[~self.zero] = (np.log(positive) - logarithm.min()) / self.step + 1
        self.cell = np.minimum(at.astype(np.int64), self.cells - 3)
        self.shares = _cubic_shares(at - self.cell)
        offsets = np.arange(-(self.cells - 1), self.cells) * self.step
        self.kernel = np.tanh(offsets / 2) ** 2

    def within_items(self) -> np.ndarray:
        """Sum over the judgments of the same item."""
        return _sum_within_items(self.ratings, self.between, self.ratings.value)

    @staticmethod
    def between(c: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Return the squared distances of pairs of values."""
        total = c + k
        return np.divide(c - k, total, out=np.zeros_like(total), where=total > 0) ** 2

    def among_all(self) -> np.ndarray:
        """Sum over all judgments."""
        return self._sums(np.arange(self.ratings.n))

    def among_groups(self, group: np.ndarray, judgment: np.ndarray, n_groups: int) -> np.ndarray:
        """Sum over ordered pairs within each group."""
        order = np.argsort(group, kind="stable")
        bounds = np.searchsorted(group[order], np.arange(n_groups + 1))
        return np.array([self._sums(judgment[order[a:b]]).sum() for a, b in pairwise(bounds)])

    def _sums(self, judgment: np.ndarray) -> np.ndarray:
        """Sum over the listed judgments, at each of them."""
        zero = self.zero[judgment]
        cell, shares = self.cell[judgment], np.where(zero[:, None], 0.0, self.shares[judgment])
        nodes = cell[:, None] + np.arange(-1, 3)
        spread = np.bincount(nodes.ravel(), shares.ravel(), self.cells)
        convolved = signal.fftconvolve(spread, self.kernel, mode="same")
        n_zero = np.count_nonzero(zero)
        at_values = (convolved[nodes] * shares).sum(axis=1) + n_zero
        return np.where(zero, len(judgment) - n_zero, at_values)


def distance_of(ratings: Ratings) -> Distance:
    """Return the squared distance for the level of measurement; ordinal alpha has closed forms of its own."""
    if ratings.level == "nominal":
        return NominalDistance(ratings)
    if ratings.level == "interval":
        return IntervalDistance(ratings)
    if ratings.level == "sets":
        return PairwiseDistance(ratings, set_table(ratings.categories, ratings.set_distance))
    if len(ratings.categories) <= MAXIMUM_TABLE:
        return PairwiseDistance(ratings, ratio_table(ratings.positions))
    return ContinuousRatioDistance(ratings)


def ratio_table(values: np.ndarray) -> np.ndarray:
    """Return ((c - k) / (c + k))^2 for all pairs of values >= 0; 0 for two zeros."""
    total = values[:, None] + values
    difference = values[:, None] - values
    return np.divide(difference, total, out=np.zeros_like(total), where=total > 0) ** 2


def set_table(sets: tuple[frozenset[Hashable], ...], kind: str = "masi") -> np.ndarray:
    """Return distances between sets: 1 - Jaccard, or 1 - MASI (Passonneau, 2006).

    MASI is the Jaccard index times 1 for equal sets, 2/3 where one holds the other, 1/3 where they overlap
    and 0 where they are disjoint. Two empty sets are equal.

    Raises
    ------
    ValueError
        If `kind` is neither ``masi`` nor ``jaccard``, or there are too many different sets for a table.
    """
    if kind not in ("masi", "jaccard"):
        raise ValueError(f"set distance {kind!r} is unknown; use masi or jaccard")
    if len(sets) > MAXIMUM_TABLE:
        raise ValueError(f"{len(sets)} different sets are too many; at most {MAXIMUM_TABLE} can be compared")
    options = {
        option: index for index, option in enumerate(dict.fromkeys(o for chosen in sets for o in chosen))
    }
    member = np.zeros((len(sets), len(options)))
    for row, chosen in enumerate(sets):
        member[row, [options[option] for option in chosen]] = 1
    size = member.sum(axis=1)
    shared = member @ member.T
    union = size[:, None] + size - shared
    similarity = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)
    if kind == "masi":
        smaller = np.minimum(size[:, None], size)
        similarity *= np.select(
            [similarity == 1, (shared == smaller) & (shared > 0), shared > 0], [1, 2 / 3, 1 / 3]
        )
    return 1 - similarity


def answer_similarity(answers: Sequence[Hashable]) -> np.ndarray:
    """Return the similarity of different answers, 0 to 1 [shape=(n, n)]: MASI for sets, 0 for names."""
    sets = tuple(answer for answer in answers if isinstance(answer, frozenset))
    return 1 - set_table(sets) if sets else np.eye(len(answers))


def _sum_within_items(
    ratings: Ratings, distance: Callable[[np.ndarray, np.ndarray], np.ndarray], of: np.ndarray
) -> np.ndarray:
    sums = np.zeros(ratings.n)
    for m, _, judgments in ratings.by_size():
        rows = max(1, _CHUNK // (m * m))
        for start in range(0, len(judgments), rows):
            chunk = judgments[start : start + rows]
            values = of[chunk]
            sums[chunk] = distance(values[:, :, None], values[:, None, :]).sum(axis=2)
    return sums


def _count_table(
    ratings: Ratings, group: np.ndarray, judgment: np.ndarray, n_groups: int
) -> sparse.csr_array:
    shape = (n_groups, len(ratings.categories))
    return sparse.csr_array((np.ones(len(group)), (group, ratings.code[judgment])), shape=shape)


def _cubic_shares(t: np.ndarray) -> np.ndarray:
    """Return the weights of the nodes -1, 0, 1, 2 in Lagrange's cubic interpolation at t in [0, 1]."""
    return np.stack(
        [
            -t * (t - 1) * (t - 2) / 6,
            (t + 1) * (t - 1) * (t - 2) / 2,
            -(t + 1) * t * (t - 2) / 2,
            (t + 1) * t * (t - 1) / 6,
        ],
        axis=1,
    )
