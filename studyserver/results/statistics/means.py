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
    n_judgments, n_items, n_raters : int
    """

    value: float | None
    sd: float | None
    interval: Interval
    n_judgments: int
    n_items: int
    n_raters: int


def mean_with_interval(
    values: np.ndarray,
    items: np.ndarray,
    raters: np.ndarray,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    items_alike: bool = False,
) -> Mean:
    """Return the mean over judgments, with the two-way delete-one jackknife over items and raters.

    Parameters
    ----------
    values : np.ndarray [shape=(n,)]
        One finite number per judgment.
    items, raters : np.ndarray [shape=(n,)]
        Labels of the item and the rater of each judgment.
    low, high : float
        Ends of the scale; the interval is clipped to them.
    items_alike : bool
        Whether every item has the same weight, whatever its number of judgments (mean of the items' means).
        If items that people disagree on have more judgments, the mean over judgments favours those.
    """
    values = np.asarray(values, dtype=float)
    item, item_labels = pd.factorize(np.asarray(items))
    rater, rater_labels = pd.factorize(np.asarray(raters))
    n = len(values)
    if n == 0:
        return Mean(None, None, Interval("jackknife", reason=Reason(Why.NO_JUDGMENT_YET)), 0, 0, 0)
    sizes = len(item_labels), len(rater_labels)
    if items_alike:
        mean, *without = mean_of_items(values, item, rater, *sizes)
    else:
        mean = float(values.mean())
        without = [
            _means_without(values, group, size) for group, size in zip((item, rater), sizes, strict=True)
        ]
    interval = jackknife(mean, *without)
    sd = float(values.std(ddof=1)) if n > 1 else None
    return Mean(mean, sd, _cut(interval, low, high), n, *sizes)


def mean_of_items(
    values: np.ndarray, item: np.ndarray, rater: np.ndarray, n_items: int, n_raters: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the mean of the items' means, and its values without each item and without each rater.

    An item that only the rater left out judged is left out as well.

    Parameters
    ----------
    values : np.ndarray [shape=(n,)]
    item, rater : np.ndarray of int [shape=(n,)]
        From 0; every item has a judgment.
    n_items, n_raters : int

    Returns
    -------
    mean : float
    without_item, without_rater : np.ndarray [shape=(n_items,), (n_raters,)]
        NaN if nothing is left.
    """
    count = np.bincount(item, minlength=n_items)
    total = np.bincount(item, weights=values, minlength=n_items)
    means = total / count
    everything = means.sum()
    without_item = np.full(n_items, np.nan)
    if n_items > 1:
        without_item = (everything - means) / (n_items - 1)
    pair, place = np.unique(item * n_raters + rater, return_inverse=True)
    own_count, own_total = np.bincount(place), np.bincount(place, weights=values)
    of_item, of_rater = pair // n_raters, pair % n_raters
    left = count[of_item] - own_count
    rest = np.divide(total[of_item] - own_total, left, out=np.zeros(len(pair)), where=left > 0)
    change = np.bincount(of_rater, weights=rest - means[of_item], minlength=n_raters)
    items_left = n_items - np.bincount(of_rater, weights=left == 0, minlength=n_raters)
    without_rater = np.divide(
        everything + change, items_left, out=np.full(n_raters, np.nan), where=items_left > 0
    )
    return float(means.mean()), without_item, without_rater


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
    labels = [pd.unique(np.concatenate([first[axis], second[axis]])) for axis in (1, 2)]
    sides = [_side(*side, labels, items_alike) for side in (first, second)]
    difference, *replicates = (one - two for one, two in zip(*sides, strict=True))
    return float(difference), jackknife(float(difference), *replicates)


def _side(
    values: np.ndarray, tracks: np.ndarray, raters: np.ndarray, labels: list, items_alike: bool
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return one side's mean, and the mean without each of the labelled tracks and raters."""
    values = np.asarray(values, dtype=float)
    if not items_alike:
        codes = [
            pd.Categorical(group, categories=names).codes
            for group, names in zip((tracks, raters), labels, strict=True)
        ]
        without = [
            _means_without(values, code, len(names)) for code, names in zip(codes, labels, strict=True)
        ]
        return float(values.mean()), without[0], without[1]
    item, item_labels = pd.factorize(tracks)
    rater, rater_labels = pd.factorize(raters)
    mean, *found = mean_of_items(values, item, rater, len(item_labels), len(rater_labels))
    known = zip(found, (item_labels, rater_labels), labels, strict=True)
    by_label = [pd.Series(left, index=own).reindex(names, fill_value=mean) for left, own, names in known]
    return mean, by_label[0].to_numpy(), by_label[1].to_numpy()


def _means_without(values: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Return the mean without each group in turn, NaN if nothing is left."""
    count = len(values) - np.bincount(group, minlength=n_groups)
    total = values.sum() - np.bincount(group, weights=values, minlength=n_groups)
    return np.divide(total, count, out=np.full(n_groups, np.nan), where=count > 0)


def _cut(interval: Interval, low: float, high: float) -> Interval:
    if interval.low is None or interval.high is None:
        return interval
    return replace(interval, low=max(interval.low, low), high=min(interval.high, high))
