"""Krippendorff's alpha at every level of measurement, with its delete-one values.

Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.
"""

from dataclasses import replace

import numpy as np

from studyserver.results.statistics.reasons import Why

from ..distances import Distance, distance_of
from ..leave_one_out import Estimate, lost_without_rater, pairable, ratio_or_nan
from ..ratings import Ratings, UndefinedError
from .registry import coefficient, reliability_of_shares

_TINY = 1e-12
MAXIMUM_RANK_CELLS = 1024
_CHUNK = 2_000_000


@coefficient(
    "krippendorff_alpha",
    "Krippendorff's \N{GREEK SMALL LETTER ALPHA}",
    0,
    scale=reliability_of_shares,
    of_disagreement=True,
)
def krippendorff_alpha(ratings: Ratings) -> Estimate:
    """Return alpha = 1 - Do / De over the items with at least two judgments.

    Memory grows with the number of judgments, not with the square of the number of different values.

    Raises
    ------
    UndefinedError
        If no item has two judgments, or all pairable judgments are equal.

    Examples
    --------
    >>> from studyserver.results.statistics.agreement.ratings import prepare
    >>> clips, annotators = ["a", "a", "b", "b", "c", "c"], ["anna", "ben"] * 3
    >>> ratings = prepare(clips, annotators, [1, 1, 4, 5, 2, 3], "interval")
    >>> round(krippendorff_alpha(ratings).value, 3)
    0.875
    """
    data = pairable(ratings)
    if data.n == 0:
        raise UndefinedError(Why.NO_PAIR)
    if data.code.min() == data.code.max():
        raise UndefinedError(Why.ALL_EQUAL)
    one = _ordinal(data) if data.level == "ordinal" else _by_distance(data)
    if data.n == ratings.n:
        return one

    def leave_one_out() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        without_judgment = np.full(ratings.n, one.value)  # nothing changes without one that has no pair
        without_judgment[ratings.size >= 2] = one.without_judgment
        return one.without_item, one.without_rater, without_judgment

    return replace(one, leave_one_out=leave_one_out)


def _by_distance(data: Ratings) -> Estimate:
    distance = distance_of(data)
    within = distance.within_items()
    disagreement = (data.per_item(within) / (data.item_size - 1)).sum()
    to_all = distance.among_all()
    spread, n = to_all.sum(), data.n
    return Estimate(
        float(1 - (n - 1) * disagreement / spread),
        lambda: _without_one(data, distance, within, to_all),
        observed=float(disagreement / n),
        expected=float(spread / (n * (n - 1))),
    )


def _without_one(
    data: Ratings, distance: Distance, within: np.ndarray, to_all: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    m = data.item_size
    pairs = data.per_item(within)  # ordered pairs of each item
    disagreement, spread, n = (pairs / (m - 1)).sum(), to_all.sum(), data.n

    item_disagreement = disagreement - pairs / (m - 1)
    item_spread = spread - 2 * data.per_item(to_all) + pairs

    size = data.size
    without_judgment = ratio_or_nan(pairs[data.item] - 2 * within, size - 2)
    change = np.where(size == 2, 0.0, without_judgment) - (pairs / (m - 1))[data.item]
    rater_disagreement = disagreement + data.per_rater(change)
    rater, lost = lost_without_rater(data)
    rater_n = n - np.bincount(rater, minlength=data.n_raters)
    rater_spread = (
        spread
        - 2 * np.bincount(rater, to_all[lost], data.n_raters)
        + distance.among_groups(rater, lost, data.n_raters)
    )
    # In an item with two judgments the other one is lost as well.
    lost_to_all = np.where(size == 2, data.per_item(to_all)[data.item], to_all)
    own_spread = spread - 2 * lost_to_all + np.where(size == 2, pairs[data.item], 0.0)
    return (
        _alpha(n - m, item_disagreement, item_spread, spread),
        _alpha(rater_n, rater_disagreement, rater_spread, spread),
        _alpha(n - 1 - (size == 2), disagreement + change, own_spread, spread),
    )


def _alpha(n: np.ndarray, disagreement: np.ndarray, spread: np.ndarray, whole_spread: float) -> np.ndarray:
    # If all remaining judgments are equal, the spread is only rounding error.
    spread = np.where(spread > _TINY * whole_spread, spread, 0.0)
    return 1 - ratio_or_nan((n - 1) * disagreement, spread)


def _ordinal(data: Ratings) -> Estimate:
    """Return ordinal alpha.

    Krippendorff's ordinal distance of categories c < k is (sum of counts from c to k - (n_c + n_k) / 2)^2,
    which is the squared difference of their mid-ranks. So ordinal alpha is interval alpha of the mid-ranks.
    Deleting a judgment changes the ranks of all others, so delete-one values need functions of their own.
    """
    disagreement, spread = _ordinal_sums(data.item, data.code, data.item_size, len(data.categories))
    n = data.n
    return Estimate(
        float(1 - (n - 1) * disagreement / spread),
        lambda: _ordinal_without_one(data, disagreement, spread),
        observed=float(disagreement / n),
        expected=float(spread / (n * (n - 1))),
    )


def _ordinal_without_one(
    data: Ratings, disagreement: float, spread: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    without_item = _ordinal_without_items(data, disagreement, spread)
    without_judgment = _ordinal_without_judgments(data, disagreement, spread)
    # In an item with two judgments the other one is lost as well.
    without_judgment = np.where(data.size == 2, without_item[data.item], without_judgment)
    return without_item, _ordinal_without_raters(data), without_judgment


def mid_ranks(counts: np.ndarray) -> np.ndarray:
    """Return the mid-rank (minus 1/2) of each category from the counts of the categories."""
    return np.cumsum(counts) - counts / 2


def _ordinal_sums(
    item: np.ndarray, code: np.ndarray, size: np.ndarray, n_categories: int
) -> tuple[float, float]:
    """Return sum_u pairs_u / (m_u - 1) and the sum over all ordered pairs, of squared rank differences.

    An item must have no judgments or at least two.
    """
    counts = np.bincount(code, minlength=n_categories).astype(float)
    n = counts.sum()
    rank = mid_ranks(counts)[code]
    mean = np.bincount(item, rank, len(size)) / np.maximum(size, 1)
    squares = np.bincount(item, (rank - mean[item]) ** 2, len(size))
    disagreement = 2 * (size * squares / np.maximum(size - 1, 1)).sum()
    return float(disagreement), float(n * (n**3 - (counts**3).sum()) / 6)


def _ordinal_without_raters(data: Ratings) -> np.ndarray:
    """Return alpha without each rater, from counts of categories if that takes fewer steps."""
    n_categories = len(data.categories)
    if n_categories * (n_categories * data.n_raters + data.n) < data.n_raters * data.n:
        return _ordinal_without_raters_by_counts(data)
    alphas = np.full(data.n_raters, np.nan)
    order = np.argsort(data.rater, kind="stable")
    bounds = np.searchsorted(data.rater[order], np.arange(data.n_raters + 1))
    for rater in range(data.n_raters):
        judged = data.item[order[bounds[rater] : bounds[rater + 1]]]
        size = data.item_size.copy()
        size[judged] -= 1
        size[size == 1] = 0
        keep = (data.rater != rater) & (size[data.item] > 0)
        code = data.code[keep]
        if len(code) and code.min() != code.max():
            disagreement, spread = _ordinal_sums(data.item[keep], code, size, len(data.categories))
            alphas[rater] = 1 - (len(code) - 1) * disagreement / spread
    return alphas


def _ordinal_without_raters_by_counts(data: Ratings) -> np.ndarray:
    """Return alpha without each rater in time proportional to judgments x categories, in blocks of raters.

    For any ranks r, the disagreement of all items is a quadratic form r' F r with F from the counts of
    categories. Each rater's deletion gives new ranks; to their form is added the change in the rater's items.
    """
    n_categories, m = len(data.categories), data.item_size
    counts = data.counts(data.code, n_categories)
    form = 2 * (np.diag((m / (m - 1)) @ counts) - counts.T @ (counts / (m - 1)[:, None]))
    rater, lost = lost_without_rater(data)
    gone = np.zeros((data.n_raters, n_categories))
    np.add.at(gone, (rater, data.code[lost]), 1)
    kept = counts.sum(axis=0) - gone
    order = np.argsort(data.rater, kind="stable")
    bounds = np.searchsorted(data.rater[order], np.arange(data.n_raters + 1))
    rows = max(1, _CHUNK * data.n_raters // (data.n * n_categories))
    disagreement = np.empty(data.n_raters)
    for start in range(0, data.n_raters, rows):
        block = slice(start, start + rows)
        # Adding a constant to all ranks changes nothing; ranks around 0 keep the most digits.
        rank = np.cumsum(kept[block], axis=1) - (kept[block] + kept[block].sum(axis=1, keepdims=True)) / 2
        own = order[bounds[start] : bounds[min(start + rows, data.n_raters)]]
        change = _ordinal_changes(data, own, counts, rank[data.rater[own] - start])
        disagreement[block] = ((rank @ form) * rank).sum(axis=1)
        disagreement[block] += np.bincount(data.rater[own] - start, change, len(rank))
    n = kept.sum(axis=1)
    spread = n * (n**3 - (kept**3).sum(axis=1)) / 6
    return _alpha(n, np.maximum(disagreement, 0.0), spread, float(spread.max()))


def _ordinal_changes(data: Ratings, own: np.ndarray, counts: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Return the change of its item's disagreement when each listed judgment is deleted, at given ranks.

    Parameters
    ----------
    own : np.ndarray [shape=(n_own,)]
        The judgments.
    counts : np.ndarray [shape=(n_items, n_categories)]
    rank : np.ndarray [shape=(n_own, n_categories)]
        For each judgment, the ranks of the categories.
    """
    m, there = data.size[own], counts[data.item[own]]
    at = rank[np.arange(len(own)), data.code[own]]
    total, squares = (there * rank).sum(axis=1), (there * rank**2).sum(axis=1)
    before = 2 * (m * squares - total**2) / (m - 1)
    after = 2 * ((m - 1) * (squares - at**2) - (total - at) ** 2) / np.maximum(m - 2, 1)
    return np.where(m == 2, 0.0, after) - before


def _ordinal_without_items(data: Ratings, disagreement: float, spread: float) -> np.ndarray:
    """Return alpha without each item, in O(n log n) for all items together.

    Without item u the rank r(c) of a category falls by h_u(c), the number of u's judgments below c plus half
    of those at c. The squared differences of r - h_u over the other items are expanded into three terms: the
    one without h_u is known, the linear one is a cumulative sum over categories, and the quadratic one a
    cumulative table of pairs of categories.
    """
    counts = np.bincount(data.code, minlength=len(data.categories)).astype(float)
    rank = mid_ranks(counts)[data.code]
    m, size = data.item_size, data.size
    sums = data.per_item(rank)

    # Linear term: each judgment's share in the derivative, summed above (half of it at) each category.
    pull = (size * rank - sums[data.item]) / (size - 1)
    by_category = np.bincount(data.code, pull, len(counts))
    linear = data.per_item((by_category[::-1].cumsum()[::-1] - by_category / 2)[data.code])

    quadratic = _ordinal_quadratic(data)

    # The item's own pairs, at the ranks without it, are subtracted.
    first, last = _first_and_last(data)
    own_rank = (first + last) / 2 + 0.5
    remaining = rank - own_rank
    own = 2 * (m * data.per_item(remaining**2) - data.per_item(remaining) ** 2) / (m - 1)

    without = disagreement - 4 * linear + 2 * quadratic - own
    n = data.n - m
    same = data.same
    at = counts[data.code]
    # Sum of cubed counts, with each category's count lowered once per item.
    cubes = (counts**3).sum() + data.per_item(((at - same) ** 3 - at**3) / same)
    left = n.astype(float)
    item_spread = left * (left**3 - cubes) / 6
    return _alpha(n, np.maximum(without, 0.0), item_spread, spread)


def _ordinal_quadratic(data: Ratings) -> np.ndarray:
    """Return, per item u, sum_w (m_w sum_i h_u(x_i)^2 - (sum_i h_u(x_i))^2) / (m_w - 1).

    The sum is exact up to `MAXIMUM_RANK_CELLS` categories. Beyond that, categories are pooled into as many
    equally filled cells: the term is smaller than the linear one by the item's share of all judgments, and
    pooling changes it by less than 0.1 %.
    """
    cell, above = data.once(_pairs_above)
    if data.favours_counts(len(above)):
        items = data.counts(cell, len(above))
        return ((items @ above) * items).sum(axis=1)
    result = np.zeros(data.n_items)
    for m, items, judgments in data.by_size():
        cells = cell[judgments]
        for shift in range(m):
            result[items] += above[cells, np.roll(cells, shift, axis=1)].sum(axis=1)
    return result


def _pairs_above(data: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """Return each judgment's cell, and the table of pairs of cells, summed above both (half of it at them).

    The table is sum_w (m_w [a = b] n_wa - n_wa n_wb) / (m_w - 1) for cells a and b.
    """
    n_categories = len(data.categories)
    cell, n_cells = data.code, n_categories
    if n_categories > MAXIMUM_RANK_CELLS:
        n_cells = MAXIMUM_RANK_CELLS
        counts = np.bincount(data.code, minlength=n_categories)
        cell = (mid_ranks(counts) * (n_cells / data.n)).astype(np.int64)[data.code]
    size = data.size
    weight = np.bincount(cell, size / (size - 1), n_cells)
    if data.favours_counts(n_cells):
        items = data.counts(cell, n_cells)
        table = np.diag(weight) - items.T @ (items / (data.item_size - 1)[:, None])
    else:
        flat = np.zeros(n_cells * n_cells)
        for m, _items, judgments in data.by_size():
            cells = cell[judgments]
            for shift in range(m):
                pairs = cells * n_cells + np.roll(cells, shift, axis=1)
                flat -= np.bincount(pairs.ravel(), minlength=n_cells * n_cells) / (m - 1)
        table = flat.reshape(n_cells, n_cells)
        table[np.diag_indices(n_cells)] += weight
    return cell, _half_cumulative_both_ways(table)


def _ordinal_without_judgments(data: Ratings, disagreement: float, spread: float) -> np.ndarray:
    """Return alpha without each judgment of the items with three or more.

    Without a judgment of category x the ranks above x fall by 1 and that of x by one half, for which the
    disagreement of all items is expanded as in `_ordinal_without_items`. Then the judgment leaves its item.
    """
    counts = np.bincount(data.code, minlength=len(data.categories)).astype(float)
    rank = (mid_ranks(counts) - data.n / 2)[data.code]
    m, same, size = data.item_size, data.same, data.size
    pull = (size * rank - data.per_item(rank)[data.item]) / (size - 1)
    by_category = np.bincount(data.code, pull, len(counts))
    linear = (by_category[::-1].cumsum()[::-1] - by_category / 2)[data.code]
    cell, above = data.once(_pairs_above)
    moved = disagreement - 4 * linear + 2 * np.diagonal(above)[cell]

    last = _first_and_last(data)[1]
    running = np.cumsum(rank)
    start = np.concatenate([[0], np.cumsum(m)])[data.item]
    through = running[start + last] - running[start] + rank[start]
    ranks_above = data.per_item(rank)[data.item] - through + same * rank / 2
    higher = size - 1 - last
    total = data.per_item(rank)[data.item] - higher - same / 2
    squares = data.per_item(rank**2)[data.item] - 2 * ranks_above + higher + same / 4
    own = rank - 0.5
    before = 2 * (size * squares - total**2) / (size - 1)
    after = 2 * ((size - 1) * (squares - own**2) - (total - own) ** 2) / np.maximum(size - 2, 1)

    n, at = float(data.n - 1), counts[data.code]
    own_spread = n * (n**3 - ((counts**3).sum() + (at - 1) ** 3 - at**3)) / 6
    return _alpha(np.full(data.n, n), np.maximum(moved - before + after, 0.0), own_spread, spread)


def _half_cumulative_both_ways(table: np.ndarray) -> np.ndarray:
    return _half_cumulative(_half_cumulative(table).T).T


def _half_cumulative(table: np.ndarray) -> np.ndarray:
    """Return, along the first axis, the sum above each place plus half the value at it."""
    return table[::-1].cumsum(axis=0)[::-1] - table / 2


def _first_and_last(data: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last index, within its item, of the judgments in each judgment's category."""
    place = np.arange(data.n) - np.concatenate([[0], np.cumsum(data.item_size)])[data.item]
    start = np.ones(data.n, dtype=bool)
    start[1:] = (data.item[1:] != data.item[:-1]) | (data.code[1:] != data.code[:-1])
    first = place[np.maximum.accumulate(np.where(start, np.arange(data.n), 0))]
    return first, first + data.same - 1
