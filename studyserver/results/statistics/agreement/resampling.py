"""Bootstrap draws of the coefficients, on request: over items, or over items and raters.

Items are drawn by multinomial weights on per-item sums, so most draws over items are one matrix product.
Raters are drawn in the same way (copies.py).
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from .chance_corrected import (
    ac2_of_sums,
    agreement_weights,
    category_coefficient,
    kappa_of_pairs,
    weighted_agreement_parts,
)
from .copies import with_copies
from .distances import ContinuousRatioDistance, PairwiseDistance, distance_of
from .leave_one_out import pairable, ratio_or_nan
from .ratings import Ratings

CATEGORICAL = ("percent_agreement", "fleiss_kappa", "gwet_ac1", "brennan_prediger")
_CHUNK = 4_000_000


def bootstrap_draws(
    ratings: Ratings,
    statistic: str,
    scope: str,
    *,
    draws: int,
    generator: np.random.Generator,
    set_distance: str = "masi",
) -> np.ndarray:
    """Return bootstrap draws of one statistic; NaN where a draw is undefined.

    Parameters
    ----------
    ratings : Ratings
    statistic : str
        A name of the agreement table.
    scope : str
        ``items`` or ``items+raters``; the latter needs at least three raters.
    draws : int
        Number of draws, > 0.
    generator : np.random.Generator
    set_distance : str
        ``masi`` or ``jaccard``.

    Returns
    -------
    np.ndarray [shape=(draws,)]
    """
    if scope == "items+raters":
        return _of_copies(ratings, statistic, draws, generator, set_distance, with_raters=True)
    if statistic == "krippendorff_alpha" and _has_sums(ratings, set_distance):
        return _alpha(pairable(ratings), draws, generator, set_distance)
    if statistic in CATEGORICAL:
        return _categorical(ratings, statistic, draws, generator)
    if statistic == "gwet_ac2":
        return _ac2(ratings, draws, generator)
    if statistic == "cohen_kappa_weighted":
        shared = ratings.select(ratings.size == 2)
        return np.array([kappa_of_pairs(_drawn(shared, generator)) for _ in range(draws)])
    return _of_copies(ratings, statistic, draws, generator, set_distance, with_raters=False)


def _has_sums(ratings: Ratings, set_distance: str) -> bool:
    """Whether alpha is a function of sums over items: not where its distances depend on what is drawn."""
    if ratings.level == "ordinal":
        return False
    return not isinstance(distance_of(pairable(ratings), set_distance), ContinuousRatioDistance)


def _weights(n: int, draws: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield multinomial weights in chunks of shape (at most draws, n)."""
    rows = max(1, _CHUNK // n)
    for start in range(0, draws, rows):
        yield generator.multinomial(n, np.full(n, 1 / n), size=min(rows, draws - start)).astype(float)


def _of_copies(
    ratings: Ratings,
    statistic: str,
    draws: int,
    generator: np.random.Generator,
    set_distance: str,
    *,
    with_raters: bool,
) -> np.ndarray:
    """Draw items, and raters where asked for, and compute the coefficient of the copies."""
    data = pairable(ratings) if statistic == "krippendorff_alpha" else ratings
    coefficient = with_copies(data, statistic, set_distance)
    ones = np.ones(data.n_raters)
    results = []
    for weights in _weights(data.n_items, draws, generator):
        for items in weights:
            raters = next(_weights(data.n_raters, 1, generator))[0] if with_raters else ones
            results.append(coefficient(items, raters))
    return np.array(results)


def _alpha(data: Ratings, draws: int, generator: np.random.Generator, set_distance: str) -> np.ndarray:
    distance = distance_of(data, set_distance)
    disagreement = data.per_item(distance.within_items()) / (data.item_size - 1)
    counts = _item_counts(data, np.ones(data.n))
    value = data.value - data.value.mean()
    moments = np.stack([data.per_item(value), data.per_item(value**2)], axis=1)
    results = []
    for weights in _weights(data.n_items, draws, generator):
        n = weights @ data.item_size
        if data.level == "interval":
            sums, squares = (weights @ moments).T
            spread = 2 * (n * squares - sums**2)
        else:
            drawn = (counts.T @ weights.T).T
            table = distance.table if isinstance(distance, PairwiseDistance) else None
            together = drawn if table is None else drawn @ table
            spread = (drawn * together).sum(axis=1)
            spread = n**2 - spread if table is None else spread
        spread = np.where(spread > 1e-9 * n, spread, 0.0)
        results.append(1 - ratio_or_nan((n - 1) * (weights @ disagreement), spread))
    return np.concatenate(results)


def _item_counts(ratings: Ratings, weights: np.ndarray) -> sparse.csr_array:
    shape = (ratings.n_items, len(ratings.categories))
    return sparse.csr_array((weights, (ratings.item, ratings.code)), shape=shape)


def _categorical(ratings: Ratings, statistic: str, draws: int, generator: np.random.Generator) -> np.ndarray:
    m = ratings.item_size
    share = np.nan_to_num(ratio_or_nan(ratings.per_item(ratings.same - 1.0), m * (m - 1)))
    counts = _item_counts(ratings, 1 / ratings.size)
    results = []
    for weights in _weights(ratings.n_items, draws, generator):
        observed = ratio_or_nan(weights @ share, weights @ (m >= 2))
        concentration = (((counts.T @ weights.T) / ratings.n_items) ** 2).sum(axis=0)
        results.append(category_coefficient(statistic, observed, concentration, ratings.n_options))
    return np.concatenate(results)


def _ac2(ratings: Ratings, draws: int, generator: np.random.Generator) -> np.ndarray:
    agreement = agreement_weights(ratings)
    parts = weighted_agreement_parts(ratings, agreement)
    drawn = [ac2_of_sums(weights @ parts, agreement)[0] for weights in _weights(len(parts), draws, generator)]
    return np.concatenate(drawn)


def _drawn(ratings: Ratings, generator: np.random.Generator) -> Ratings:
    """Return as many items, drawn with replacement; a copy counts as another item."""
    picks = generator.integers(0, ratings.n_items, ratings.n_items)
    size = ratings.item_size[picks]
    start = np.concatenate([[0], np.cumsum(ratings.item_size)])[picks]
    last = np.cumsum(size)
    judgments = np.arange(last[-1]) + np.repeat(start - last + size, size)
    return Ratings(
        item=np.repeat(np.arange(len(picks)), size),
        rater=ratings.rater[judgments],
        code=ratings.code[judgments],
        categories=ratings.categories,
        positions=ratings.positions,
        level=ratings.level,
        n_options=ratings.n_options,
        item_labels=tuple(range(len(picks))),
        rater_labels=ratings.rater_labels,
    )
