"""Retention: how far differences between tracks in the original remain in another condition.

All figures compare a condition with the reference (the original) across tracks. The correction for
unreliability is Spearman's (1904) correction for attenuation, with covariances in place of reliabilities. It
uses only products of judgments by two different raters. A rater's error and habits (a track that the rater
likes in every condition) affect only products of one rater's judgments, so they cannot inflate retention.
"""

import numpy as np
import pandas as pd

from explainer.core.clips.conditions import ORIGINAL

from .estimates import Figure, by_group, correlation_scale, estimate_table, require_columns
from .reasons import Why

JUDGMENT_COLUMNS = {
    "feature": "the feature that was judged",
    "track": "the track",
    "condition": "the condition of the clip",
    "rater": "the annotator",
    "value": "the judgment as a number",
}
FIGURES = (
    Figure("correlation", Why.FEW_TRACKS_THAT_DIFFER, correlation_scale()),
    Figure("correlation_corrected", Why.UNRELIABLE_TRACKS, correlation_scale(may_exceed_one=True)),
    Figure("contrast_kept", Why.UNRELIABLE_TRACKS),
    Figure("mean_shift", Why.FEW_TRACKS),
    Figure("reliability_reference", Why.UNRELIABLE_TRACKS, correlation_scale(may_exceed_one=True)),
    Figure("reliability_condition", Why.UNRELIABLE_TRACKS, correlation_scale(may_exceed_one=True)),
)


def retention_table(
    judgments: pd.DataFrame, *, reference: str = ORIGINAL, confidence: float = 0.95
) -> pd.DataFrame:
    """Return retention per feature and condition.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `JUDGMENT_COLUMNS`. Several judgments of one rater for the same feature, track and
        condition (several clips) are averaged.
    reference : str
        The condition with which the others are compared.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        Per feature, condition, statistic and scope, with the columns of `estimates.COLUMNS`; items are
        the tracks.

        - ``correlation``: of the tracks' mean judgments in both conditions;
        - ``correlation_corrected``: the same, corrected for the reliability of both;
        - ``contrast_kept``: share of a difference between tracks in the reference that remains (a slope,
          corrected for the reliability of the reference; 1 is all of it);
        - ``mean_shift``: condition minus reference, in units of the scale;
        - ``reliability_reference``, ``reliability_condition``: of the tracks' mean judgments.

    Raises
    ------
    ValueError
        If a column is missing or nobody judged the reference.
    """
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    keys = ["feature", "track", "condition", "rater"]
    table = table.groupby(keys, sort=True, as_index=False, observed=True)["value"].mean()
    if reference not in set(table["condition"]):
        raise ValueError(
            f"there is no judgment of the condition {reference!r}, to which the others are compared"
        )
    originals = table[table["condition"] == reference]
    others = table[table["condition"] != reference]

    def compute(group: pd.DataFrame) -> pd.DataFrame:
        feature = originals[originals["feature"] == group["feature"].iloc[0]]
        return _retention(feature, group, confidence)

    return by_group(others, ["feature", "condition"], compute)


def _retention(reference: pd.DataFrame, condition: pd.DataFrame, confidence: float) -> pd.DataFrame:
    tracks = np.intersect1d(reference["track"].unique(), condition["track"].unique())
    both = pd.concat([reference, condition], keys=[0, 1], names=["which"]).reset_index("which")
    both = both[both["track"].isin(tracks)]
    which = both["which"].to_numpy()
    track, track_labels = pd.factorize(both["track"])
    rater, rater_labels = pd.factorize(both["rater"])
    value = both["value"].to_numpy(float)
    shape = (len(track_labels), len(rater_labels))
    value = value - (value.mean() if len(value) else 0.0)

    def compute(keep: np.ndarray) -> np.ndarray:
        tables = []
        for condition_index in (0, 1):
            rows = keep & (which == condition_index)
            matrix = np.full(shape, np.nan)
            matrix[track[rows], rater[rows]] = value[rows]
            tables.append(matrix)
        return retention_figures(*tables)

    return estimate_table(FIGURES, compute, both.rename(columns={"track": "item"}), confidence=confidence)


DIFFERENCES = (
    Figure("correlation_difference", Why.FEW_TRACKS),
    Figure("correlation_corrected_difference", Why.UNRELIABLE_TRACKS),
    Figure("contrast_kept_difference", Why.UNRELIABLE_TRACKS),
)


def retention_difference_table(
    judgments: pd.DataFrame, first: str, second: str, *, reference: str = ORIGINAL, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the difference in retention between two conditions.

    Parameters
    ----------
    judgments, reference, confidence
        As for `retention_table`, of one feature.
    first, second : str
        The two conditions; tracks that were judged in both and in the reference enter.

    Returns
    -------
    pd.DataFrame
        Per statistic and scope, with the columns of `estimates.COLUMNS`: ``correlation_difference``,
        ``correlation_corrected_difference`` and ``contrast_kept_difference``, first minus second. Each
        replicate leaves out a track or a rater from all conditions, so that variation common to both cancels.
    """
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    order = (reference, first, second)
    table = table[table["condition"].isin(order)]
    keys = ["track", "condition", "rater"]
    table = table.groupby(keys, sort=True, as_index=False, observed=True)["value"].mean()
    n_conditions = table.groupby("track")["condition"].nunique()
    table = table[table["track"].isin(n_conditions[n_conditions == len(order)].index)].reset_index(drop=True)
    which = table["condition"].map({name: index for index, name in enumerate(order)}).to_numpy(int)
    track, tracks = pd.factorize(table["track"])
    rater, raters = pd.factorize(table["rater"])
    value = table["value"].to_numpy(float)
    value = value - (value.mean() if len(value) else 0.0)

    def compute(keep: np.ndarray) -> np.ndarray:
        cells = np.full((3, len(tracks), len(raters)), np.nan)
        cells[which[keep], track[keep], rater[keep]] = value[keep]
        return (retention_figures(cells[0], cells[1]) - retention_figures(cells[0], cells[2]))[:3]

    return estimate_table(
        DIFFERENCES, compute, table.rename(columns={"track": "item"}), confidence=confidence
    )


def retention_figures(reference: np.ndarray, condition: np.ndarray) -> np.ndarray:
    """Return the figures of `FIGURES` in their order, NaN where undefined.

    Parameters
    ----------
    reference, condition : np.ndarray [shape=(n_tracks, n_raters)]
        Judgments, NaN where there is none. Tracks judged in one condition only are left out.

    Examples
    --------
    >>> import numpy as np
    >>> original = np.array([[1, 2], [3, 4], [5, 5], [2, 2]])
    >>> evidence = np.array([[2, 2], [3, 3], [4, 5], [1, 2]])
    >>> for figure, value in zip(FIGURES, retention_figures(original, evidence), strict=True):
    ...     print(figure.name, round(float(value), 2))
    correlation 0.96
    correlation_corrected 1.04
    contrast_kept 0.86
    mean_shift -0.25
    reliability_reference 0.97
    reliability_condition 0.95
    """
    used = np.isfinite(reference).any(axis=1) & np.isfinite(condition).any(axis=1)
    x, y = reference[used], condition[used]
    figures = np.full(len(FIGURES), np.nan)
    if len(x) < 3:
        return figures
    mean_x, mean_y = np.nanmean(x, axis=1), np.nanmean(y, axis=1)
    figures[3] = (mean_y - mean_x).mean()
    spread_x, spread_y = mean_x.var(ddof=1), mean_y.var(ddof=1)
    if min(spread_x, spread_y) > 1e-12:
        figures[0] = np.cov(mean_x, mean_y)[0, 1] / np.sqrt(spread_x * spread_y)
    common, true_x, true_y = (covariance_of_two_raters(*both) for both in ((x, y), (x, x), (y, y)))
    if true_x > 1e-12:
        figures[2] = common / true_x
        figures[4] = true_x / spread_x
    if true_y > 1e-12:
        figures[5] = true_y / spread_y
    if min(true_x, true_y) > 1e-12:
        figures[1] = common / np.sqrt(true_x * true_y)
    return figures


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
