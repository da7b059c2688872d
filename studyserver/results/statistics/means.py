"""Means and differences of means, with items and raters as random samples."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .intervals import Interval, jackknife
from .reasons import Reason, Why


@dataclass(frozen=True)
class Mean:
    """A mean over judgments with its interval.

    Attributes
    ----------
    value : float or None
        None without judgments.
    sd : float or None
        Standard deviation of the judgments; None for fewer than two.
    interval : Interval
        95 %, over items and raters; its `reason` says why it is missing.
    n_judgments, n_items, n_units, n_raters : int
        A unit is what the interval leaves out: an item, or several that belong together.
    """

    value: float | None
    sd: float | None
    interval: Interval
    n_judgments: int
    n_items: int
    n_units: int
    n_raters: int


def mean_with_interval(
    values: np.ndarray,
    items: np.ndarray,
    raters: np.ndarray,
    *,
    units: np.ndarray | None = None,
    low: float = -np.inf,
    high: float = np.inf,
    items_alike: bool = False,
) -> Mean:
    """Return the mean over judgments, with the two-way delete-one jackknife over units and raters.

    Parameters
    ----------
    values : np.ndarray [shape=(n,)]
        One finite number per judgment.
    items, raters : np.ndarray [shape=(n,)]
        Labels of the item and the rater of each judgment.
    units : np.ndarray [shape=(n,)], optional
        Labels of the unit of each judgment, such as the track of a clip; by default items are units.
    low, high : float
        Ends of the scale; the interval is clipped to them.
    items_alike : bool
        Whether every item has the same weight, whatever its number of judgments (mean of the items' means).
        If items that people disagree on have more judgments, the mean over judgments favours those.
    """
    values = np.asarray(values, dtype=float)
    item, rater = (pd.factorize(np.asarray(labels))[0] for labels in (items, raters))
    unit = item if units is None else pd.factorize(np.asarray(units))[0]
    n = len(values)
    if n == 0:
        return Mean(None, None, Interval("jackknife", reason=Reason(Why.NO_JUDGMENT_YET)), 0, 0, 0, 0)
    sizes = [int(code.max()) + 1 for code in (item, unit, rater)]
    mean_of = mean_of_items if items_alike else _mean_of_judgments
    mean, *without = mean_of(values, item, unit, rater)
    interval = jackknife(mean, *without)
    sd = float(values.std(ddof=1)) if n > 1 else None
    return Mean(mean, sd, _cut(interval, low, high), n, *sizes)


_Without = tuple[float, np.ndarray, np.ndarray, np.ndarray]


def _mean_of_judgments(values: np.ndarray, item: np.ndarray, unit: np.ndarray, rater: np.ndarray) -> _Without:
    """Return the mean, and its values without each unit, each rater and each cell of both."""
    codes = unit, rater, np.unique(unit * (rater.max() + 1) + rater, return_inverse=True)[1]
    without = [_means_without(values, code, int(code.max()) + 1) for code in codes]
    return float(values.mean()), without[0], without[1], without[2]


def mean_of_items(values: np.ndarray, item: np.ndarray, unit: np.ndarray, rater: np.ndarray) -> _Without:
    """Return the mean of the items' means, and it without each unit, each rater and each cell of both.

    An item that has no judgment left is left out as well.

    Parameters
    ----------
    values : np.ndarray [shape=(n,)]
    item, unit, rater : np.ndarray of int [shape=(n,)]
        From 0; all numbers occur.

    Returns
    -------
    mean : float
    without_unit, without_rater, without_cell : np.ndarray
        NaN if nothing is left. Cells are in the order of unit and rater.
    """
    n_raters = int(rater.max()) + 1
    count, total = np.bincount(item), np.bincount(item, weights=values)
    means = total / count
    pair, first, place = np.unique(item * n_raters + rater, return_index=True, return_inverse=True)
    own_count, own_total = np.bincount(place), np.bincount(place, weights=values)
    of_item, of_unit, of_rater = pair // n_raters, unit[first], pair % n_raters
    left = count[of_item] - own_count
    rest = np.divide(total[of_item] - own_total, left, out=np.zeros(len(pair)), where=left > 0)
    change, gone = rest - means[of_item], left == 0
    _, item_first = np.unique(item, return_index=True)
    cell = np.unique(of_unit * n_raters + of_rater, return_inverse=True)[1]
    without = []
    for code, lost, items in (
        (unit[item_first], -means, np.ones(len(means))),
        (of_rater, change, gone),
        (cell, change, gone),
    ):
        n_left = len(means) - np.bincount(code, weights=items)
        sums = means.sum() + np.bincount(code, weights=lost)
        without.append(np.divide(sums, n_left, out=np.full(len(sums), np.nan), where=n_left > 0))
    return float(means.mean()), without[0], without[1], without[2]


def difference_with_interval(
    first: tuple[np.ndarray, np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    items_alike: bool = False,
) -> tuple[float, Interval]:
    """Return the difference of two means, with a jackknife over tracks and raters.

    Leaving out a track leaves out its clips on both sides, and leaving out a rater leaves out the rater's
    judgments on both sides.

    Parameters
    ----------
    first, second : (values, tracks, raters), each np.ndarray [shape=(n,)]
    items_alike : bool
        Whether every track has the same weight on each side, whatever its number of judgments.

    Returns
    -------
    difference : float
        Mean of the first less mean of the second.
    interval : Interval
        95 %, over tracks and raters.
    """
    tracks, raters = (pd.factorize(np.concatenate([first[axis], second[axis]]))[0] for axis in (1, 2))
    cells = np.unique(tracks * (raters.max(initial=0) + 1) + raters, return_inverse=True)[1]
    is_second = np.repeat([False, True], [len(first[0]), len(second[0])])
    values = np.concatenate([first[0], second[0]]).astype(float)
    sides = [
        _side(
            values[side],
            [code[side] for code in (tracks, raters, cells)],
            (tracks, raters, cells),
            items_alike,
        )
        for side in (~is_second, is_second)
    ]
    difference, *replicates = (one - two for one, two in zip(*sides, strict=True))
    return float(difference), jackknife(float(difference), *replicates)


def _side(
    values: np.ndarray, codes: list[np.ndarray], of_both: tuple[np.ndarray, ...], items_alike: bool
) -> _Without:
    """Return one side's mean, and the mean without each track, rater and cell of both sides."""
    sizes = [int(code.max()) + 1 for code in of_both]
    if not items_alike:
        without = [_means_without(values, code, n) for code, n in zip(codes, sizes, strict=True)]
        return float(values.mean()), without[0], without[1], without[2]
    known, own = zip(*(np.unique(code, return_inverse=True) for code in codes), strict=True)
    mean, *found = mean_of_items(values, own[0], own[0], own[1])
    whole = [np.full(n, mean) for n in sizes]
    for spread, numbers, replicates in zip(whole, known, found, strict=True):
        spread[numbers] = replicates
    return mean, whole[0], whole[1], whole[2]


def _means_without(values: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Return the mean without each group in turn, NaN if nothing is left."""
    count = len(values) - np.bincount(group, minlength=n_groups)
    total = values.sum() - np.bincount(group, weights=values, minlength=n_groups)
    return np.divide(total, count, out=np.full(n_groups, np.nan), where=count > 0)


def _cut(interval: Interval, low: float, high: float) -> Interval:
    if interval.low is None or interval.high is None:
        return interval
    return replace(interval, low=max(interval.low, low), high=min(interval.high, high))
