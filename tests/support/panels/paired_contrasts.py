"""Contrasts paired by track and rater, and retention from products of different raters' judgments.

With the two-way jackknife: what the model of the answers replaced, to measure beside it.
"""

import numpy as np
import pandas as pd

from studyserver.results.statistics.estimates import Figure, correlation_scale, estimate_table
from studyserver.results.statistics.intervals import Interval, jackknife
from studyserver.results.statistics.model_fit import covariance_of_two_raters
from studyserver.results.statistics.reasons import Reason, Why

RETENTION = (Figure("retention", Why.UNRELIABLE_TRACKS, correlation_scale(may_exceed_one=True)),)


def contrast(
    table: pd.DataFrame, first: str, second: str, *, once: bool = True
) -> tuple[float, float, float]:
    """Return the difference of two conditions and its interval; NaN where undefined.

    Without `once` the interval counts the error of judgments twice, as it did before the model.
    """
    difference = paired_differences(table.rename(columns={"level": "condition"}), first, second)
    difference = difference[np.isfinite(difference).any(axis=1)][:, np.isfinite(difference).any(axis=0)]
    if difference.size == 0:
        return (float("nan"),) * 3
    estimate = float(np.nanmean(difference, axis=1).mean())
    interval = _interval(difference, estimate, once=once)
    return estimate, _number(interval.low), _number(interval.high)


def retention(table: pd.DataFrame, reference: str, level: str) -> tuple[float, float, float]:
    """Return retention corrected for unreliability, and its interval; NaN where undefined."""
    both = table[table["level"].isin([reference, level])].reset_index(drop=True)
    track, tracks = pd.factorize(both["track"])
    rater, raters = pd.factorize(both["rater"])
    which = (both["level"] == level).to_numpy(int)
    value = both["value"].to_numpy(float)
    value = value - value.mean()

    def compute(keep: np.ndarray) -> np.ndarray:
        cells = np.full((2, len(tracks), len(raters)), np.nan)
        cells[which[keep], track[keep], rater[keep]] = value[keep]
        used = np.isfinite(cells).any(axis=2).all(axis=0)
        x, y = cells[:, used]
        if used.sum() < 3:
            return np.full(1, np.nan)
        common, one, two = (covariance_of_two_raters(*pair) for pair in ((x, y), (x, x), (y, y)))
        return np.array([common / np.sqrt(one * two) if min(one, two) > 1e-12 else np.nan])

    rows = estimate_table(RETENTION, compute, both.rename(columns={"track": "item"}))
    row = rows[rows["ci_scope"] == "items+raters"].iloc[0]
    return row["estimate"], row["ci_low"], row["ci_high"]


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _interval(difference: np.ndarray, estimate: float, *, once: bool) -> Interval:
    has = np.isfinite(difference)
    filled = np.where(has, difference, 0.0)
    sums, counts = filled.sum(axis=1), has.sum(axis=1)
    means = sums / counts
    n_tracks, n_raters = difference.shape
    if n_raters < 3:
        return Interval("jackknife", reason=Reason(Why.FEWER_THAN_THREE_RATERS, {"n": n_raters}))
    without_track = (means.sum() - means) / max(n_tracks - 1, 1) if n_tracks > 1 else np.full(1, np.nan)
    left = counts[:, None] - has
    remaining = np.divide(sums[:, None] - filled, left, out=np.full(difference.shape, np.nan), where=left > 0)
    without_rater = np.nanmean(remaining, axis=0)
    if not once:
        return jackknife(estimate, without_track, without_rater)
    # Without a cell only its track's mean changes; a track that has no other cell is left out.
    tracks_left = np.where(left > 0, n_tracks, max(n_tracks - 1, 1))
    without_cell = (means.sum() - means[:, None] + np.where(left > 0, remaining, 0.0)) / tracks_left
    return jackknife(estimate, without_track, without_rater, without_cell[has])


def paired_differences(table: pd.DataFrame, first: str, second: str) -> np.ndarray:
    """Return differences first less second, shape (n_tracks, n_raters), NaN where a rater misses one of them.

    Where no rater judged both conditions of any track, differences cannot be paired within raters and the
    array has no finite entry.
    """
    cells = table.groupby(["condition", "track", "rater"], sort=True, observed=True)["value"].mean()
    wide = [cells.loc[name].unstack("rater") for name in (first, second)]
    tracks = wide[0].index.union(wide[1].index)
    raters = wide[0].columns.union(wide[1].columns)
    one, two = (part.reindex(index=tracks, columns=raters).to_numpy(float) for part in wide)
    return one - two
