"""Comparison of listeners' judgments with the model's predictions, and its upper bound."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from .agreement import spearman_brown
from .estimates import Figure, correlation_scale, estimate_table
from .reasons import Why

FIGURES = (
    Figure("model_correlation", Why.FEW_ITEMS_THAT_DIFFER, correlation_scale()),
    Figure("noise_ceiling", Why.UNRELIABLE_PANEL, correlation_scale(may_exceed_one=True)),
    Figure("model_share_of_ceiling", Why.UNRELIABLE_PANEL),
    Figure("one_rater_correlation", Why.FEW_SHARED_ITEMS, correlation_scale()),
)


def model_table(
    items: Sequence[Hashable],
    raters: Sequence[Hashable],
    heard: Sequence[float],
    predicted: Sequence[float],
    *,
    units: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how well predictions match the panel, with the best possible match and that of one rater.

    Parameters
    ----------
    items, raters : sequences [shape=(n,)]
        Item and rater of each judgment.
    heard : sequence of float [shape=(n,)]
        The judgment, or the change between two conditions that a rater reports.
    predicted : sequence of float [shape=(n,)]
        The model's prediction, or its change, on the item as it was heard; the same for all judgments of an
        item.
    units : sequence [shape=(n,)], optional
        The unit of each judgment's item, such as the track of a clip: intervals leave out units.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        With the columns of `estimates.COLUMNS`:

        - ``model_correlation``: of the predictions with the panel's means;
        - ``noise_ceiling``: the correlation of a perfect model with this panel, the square root of the
          reliability of its means (Spearman-Brown);
        - ``model_share_of_ceiling``: the first divided by the second;
        - ``one_rater_correlation``: mean correlation of each rater with the mean of the others, which a model
          must exceed to replace one person.
    """
    item, _ = pd.factorize(np.asarray(items))
    rater, _ = pd.factorize(np.asarray(raters))
    shape = (int(item.max(initial=-1)) + 1, int(rater.max(initial=-1)) + 1)
    heard_values, predictions = np.asarray(heard, dtype=float), np.asarray(predicted, dtype=float)
    heard_values = heard_values - (heard_values.mean() if len(heard_values) else 0.0)

    def compute(keep: np.ndarray) -> np.ndarray:
        judged, model = np.full(shape, np.nan), np.full(shape[0], np.nan)
        judged[item[keep], rater[keep]] = heard_values[keep]
        model[item[keep]] = predictions[keep]
        return model_figures(judged, model)

    judgments = pd.DataFrame({"item": np.asarray(items), "rater": np.asarray(raters)})
    if units is not None:
        judgments["unit"] = np.asarray(units)
    return estimate_table(FIGURES, compute, judgments, confidence=confidence)


def model_figures(judged: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the figures of `FIGURES` in their order, NaN where undefined.

    Parameters
    ----------
    judged : np.ndarray [shape=(n_items, n_raters)]
        NaN where there is no judgment.
    predicted : np.ndarray [shape=(n_items,)]
    """
    used = np.isfinite(judged).any(axis=1) & np.isfinite(predicted)
    judged, predicted = judged[used], predicted[used]
    figures = np.full(len(FIGURES), np.nan)
    if len(judged) < 3:
        return figures
    mean = np.nanmean(judged, axis=1)
    figures[0] = correlation(mean, predicted)
    ceiling = noise_ceiling(judged)
    figures[1] = ceiling
    if ceiling > 0:
        figures[2] = figures[0] / ceiling
    alone = leave_one_out_correlations(judged)
    if np.count_nonzero(np.isfinite(alone)) >= 3:
        figures[3] = np.nanmean(alone)
    return figures


def noise_ceiling(judged: np.ndarray) -> float:
    """Return the correlation that a model of the items' true values would have with the panel's means.

    Parameters
    ----------
    judged : np.ndarray [shape=(n_items, n_raters)]
        NaN where there is no judgment.

    Returns
    -------
    float
        Square root of the reliability of the means: of the single rater's reliability, stepped up to the
        harmonic mean of raters per item by Spearman and Brown's formula. NaN if it is not above zero.
    """
    spread = np.nanmean(judged, axis=1).var(ddof=1)
    true = covariance_of_two_raters(judged, judged)
    if not (true > 1e-12 and spread > 1e-12):
        return float("nan")
    k = len(judged) / (1 / np.isfinite(judged).sum(axis=1)).sum()
    error = max(k * (spread - true), 0.0)
    return float(np.sqrt(spearman_brown(true / (true + error), k)))


def covariance_of_two_raters(x: np.ndarray, y: np.ndarray) -> float:
    """Return the covariance across tracks of one rater's x with another rater's y.

    Averages products over the pairs of judgments of a track by different raters, then over tracks, less the
    average over pairs of different tracks and different raters. It is an unbiased estimate of the covariance
    of the tracks' true values in x and y. Every track has the same weight, whatever its number of judgments:
    adaptive allocation asks more often about tracks that people disagree on, and these are less often at the
    ends of the scale.

    Parameters
    ----------
    x, y : np.ndarray [shape=(n_tracks, n_raters)]
        NaN where there is no judgment; the same rater has the same column.

    Returns
    -------
    float
        NaN if no track was judged by two different raters.
    """
    has_x, has_y = np.isfinite(x), np.isfinite(y)
    x, y = np.where(has_x, x, 0.0), np.where(has_y, y, 0.0)
    n_x, n_y = has_x.sum(axis=1), has_y.sum(axis=1)
    pairs = n_x * n_y - (has_x & has_y).sum(axis=1)
    products = x.sum(axis=1) * y.sum(axis=1) - (x * y).sum(axis=1)
    paired = pairs > 0
    weigh_x, weigh_y = (has / np.maximum(has.sum(axis=1, keepdims=True), 1) for has in (has_x, has_y))
    different = _different(weigh_x, weigh_y)
    if not (paired.any() and different > 1e-12):
        return float("nan")
    within = (products[paired] / pairs[paired]).mean()
    return float(within - _different(weigh_x * x, weigh_y * y) / different)


def _different(x: np.ndarray, y: np.ndarray) -> float:
    """Return the sum of products of x and y over all pairs of different tracks and different raters."""
    same_track = x.sum(axis=1) @ y.sum(axis=1)
    same_rater = x.sum(axis=0) @ y.sum(axis=0)
    return float(x.sum() * y.sum() - same_track - same_rater + (x * y).sum())


def leave_one_out_correlations(judged: np.ndarray) -> np.ndarray:
    """Return each rater's correlation with the mean of the others, over the items that both judged.

    Parameters
    ----------
    judged : np.ndarray [shape=(n_items, n_raters)]
        NaN where there is no judgment.

    Returns
    -------
    np.ndarray [shape=(n_raters,)]
        NaN with fewer than three such items, or where one side does not vary.
    """
    has = np.isfinite(judged)
    filled = np.where(has, judged, 0.0)
    others = has.sum(axis=1, keepdims=True) - has
    sums = filled.sum(axis=1, keepdims=True) - filled
    mean = np.divide(sums, others, out=np.full(judged.shape, np.nan), where=others > 0)
    both = has & (others > 0)
    n = np.maximum(both.sum(axis=0), 1)
    x = np.where(both, filled, 0.0)
    y = np.where(both, mean, 0.0)
    x, y = (np.where(both, side - side.sum(axis=0) / n, 0.0) for side in (x, y))
    squares = (x * x).sum(axis=0), (y * y).sum(axis=0)
    size = np.maximum((filled**2).sum(axis=0), 1e-300)
    varies = (n >= 3) & (squares[0] > 1e-20 * size) & (squares[1] > 1e-20 * size)
    product = np.sqrt(squares[0] * squares[1])
    return np.divide((x * y).sum(axis=0), product, out=np.full(len(n), np.nan), where=varies & (product > 0))


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Return Pearson's correlation; NaN with fewer than three pairs or without variation."""
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def widest_misses(
    items: Sequence[Hashable], heard: Sequence[float], predicted: Sequence[float], *, size: int = 10
) -> pd.DataFrame:
    """Return the items on which the model is most wrong, in units of the panel.

    Parameters
    ----------
    items, heard, predicted : sequences [shape=(n,)]
        As for `model_table`.
    size : int
        At most so many items.

    Returns
    -------
    pd.DataFrame
        Columns ``item``, ``heard`` (mean), ``predicted``, ``expected`` (the prediction on the panel's scale,
        by the regression line), ``miss`` (heard less expected), the widest first.
    """
    table = pd.DataFrame({"item": list(items), "heard": list(heard), "predicted": list(predicted)})
    means = table.groupby("item", sort=True, as_index=False, observed=True).mean()
    if len(means) >= 2 and np.ptp(means["predicted"]) > 0:
        slope, intercept = np.polyfit(means["predicted"], means["heard"], 1)
    else:
        slope, intercept = 0.0, means["heard"].mean()
    means["expected"] = intercept + slope * means["predicted"]
    means["miss"] = means["heard"] - means["expected"]
    order = means["miss"].abs().sort_values(ascending=False, kind="stable").index
    return means.loc[order[:size]].reset_index(drop=True)
