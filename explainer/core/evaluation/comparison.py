"""Agreement of two explanations of one track and model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from explainer.core.base.explanation import Explanation


@dataclass(frozen=True)
class Overlap:
    """Overlap of the evidence of two explanations.

    Attributes
    ----------
    size : int
        Requested number of segments.
    jaccard : float
        Area in both over area in either, 0 to 1; NaN if neither has evidence.
    chance : float
        Expected overlap of two independent sets of these areas.
    found : tuple of int
        Number of segments in the evidence of each, fewer than requested if fewer have a positive weight.
    """

    size: int
    jaccard: float
    chance: float
    found: tuple[int, int] = (0, 0)

    @property
    def is_short(self) -> bool:
        """Whether one of them has fewer segments than requested."""
        return min(self.found) < self.size


@dataclass(frozen=True)
class Agreement:
    """Agreement of two explanations about one target.

    Attributes
    ----------
    rank_correlation : float
        Spearman's rho of the weights: of the segments if both explanations have the same ones, otherwise
        of the cells, each with its segment's weight per cell. NaN if all weights of one are equal.
    n_ranked : int
        How many segments (or cells) were ranked.
    overlaps : list of Overlap
        One for each requested size.
    """

    rank_correlation: float
    same_segments: bool
    n_ranked: int
    overlaps: list[Overlap]


def agreement(
    first: Explanation,
    first_labels: np.ndarray,
    second: Explanation,
    second_labels: np.ndarray,
    target: str,
    sizes: Sequence[int],
) -> Agreement:
    """Compare two explanations of one target.

    Parameters
    ----------
    first_labels, second_labels : np.ndarray of int [shape=(n_layers, n_frames, n_bands)]
        Segment of each cell, see `explainer.core.segmentation.segments.Segmentation`.
    sizes : sequence of int
        Sizes of the evidence.

    Raises
    ------
    KeyError
        If one of them does not explain the target.
    ValueError
        If they do not have the same spectrogram.

    Examples
    --------
    >>> import numpy as np
    >>> from explainer.core.base.explanation import Target
    >>> def weighing(*weights):
    ...     values = np.array([weights])
    ...     return Explanation([Target("calm")], values, np.zeros(1), values.sum(axis=1), model_calls=0)
    >>> labels = np.arange(4).reshape(1, 4, 1)
    >>> found = agreement(weighing(3, 2, 1, 0), labels, weighing(3, 1, 2, 0), labels, "calm", sizes=[1, 2])
    >>> round(found.rank_correlation, 2)
    0.8
    >>> [round(overlap.jaccard, 2) for overlap in found.overlaps]
    [1.0, 0.33]
    """
    if first_labels.shape[1:] != second_labels.shape[1:]:
        raise ValueError("the two explanations have different spectrograms and cannot be compared")
    weights = [explanation.weights[explanation.target_index(target)] for explanation in (first, second)]
    same = np.array_equal(first_labels, second_labels)
    ranked = (
        weights
        if same
        else [
            _per_cell(values, labels)
            for values, labels in zip(weights, (first_labels, second_labels), strict=True)
        ]
    )
    overlaps = []
    for size in sizes:
        one, two = first.evidence(target, size), second.evidence(target, size)
        overlap = _overlap(size, _covered(first_labels, one), _covered(second_labels, two))
        overlaps.append(replace(overlap, found=(len(one), len(two))))
    return Agreement(_spearman(*ranked), same, len(ranked[0]), overlaps)


def _per_cell(weights: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return each cell's share of its segments' weights, as one row."""
    cells = np.bincount(labels.ravel(), minlength=len(weights))
    density = weights / np.maximum(cells, 1)
    return density[labels].sum(axis=0).ravel()


def _covered(labels: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Return which cells belong to any of the segments, in any layer."""
    return np.asarray(np.isin(labels, segments).any(axis=0))


def _overlap(size: int, first: np.ndarray, second: np.ndarray) -> Overlap:
    either = (first | second).mean()
    if not either:
        return Overlap(size, float("nan"), float("nan"))
    by_chance = first.mean() * second.mean()
    chance = by_chance / (first.mean() + second.mean() - by_chance)
    return Overlap(size, float((first & second).mean() / either), float(chance))


def _spearman(first: np.ndarray, second: np.ndarray) -> float:
    from scipy.stats import rankdata

    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])
