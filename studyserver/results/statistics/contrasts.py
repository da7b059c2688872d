"""Paired contrasts between conditions or methods, with tracks and raters as random samples.

A contrast is a difference of two conditions on the same tracks. Its size differs between tracks and between
raters, so the interval accounts for both; with random intercepts only, the standard error was a third of the
correct one on real listening-test data.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from .estimates import COLUMNS as ESTIMATE_COLUMNS
from .estimates import require_columns
from .intervals import Interval, jackknife, two_way_variance
from .reasons import Reason, Why

JUDGMENT_COLUMNS = {
    "track": "the track",
    "condition": "the condition or method",
    "rater": "the annotator",
    "value": "the judgment as a number",
}
COLUMNS = ["first", "second", *ESTIMATE_COLUMNS, "p", "p_holm", "d_z", "cliffs_delta"]


def contrast_table(
    judgments: pd.DataFrame, contrasts: Sequence[tuple[str, str]], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the named contrasts: raw difference with interval, test, effect sizes.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `JUDGMENT_COLUMNS`. Several judgments of one rater for one track and condition are
        averaged.
    contrasts : sequence of (first, second)
        The primary contrasts, named before the data were seen; Holm's correction runs over these.
    confidence : float
        Of the intervals (not widened for several contrasts).

    Returns
    -------
    pd.DataFrame
        One row per contrast, in the order given: ``first``, ``second``, the columns of `estimates.COLUMNS`
        with statistic ``difference`` (first less second) and scope ``items+raters``, then

        - ``p``: of the t test of no difference with Satterthwaite's degrees of freedom; ``p_holm``;
        - ``d_z``: mean over tracks of the difference, divided by its standard deviation across tracks;
        - ``cliffs_delta``: P(higher) - P(lower) for the mean of a track in the first condition compared with
          the mean of a track in the second, -1 to 1.

    Raises
    ------
    ValueError
        If a column is missing, a condition does not occur, or no contrast is named.
    """
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    known = set(table["condition"])
    unknown = sorted({name for pair in contrasts for name in pair} - known)
    if unknown:
        raise ValueError(f"no judgment of {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    if not contrasts:
        raise ValueError("name at least one contrast")
    rows = [_contrast(table, first, second, confidence) for first, second in contrasts]
    result = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["estimate", "se", "ci_low", "ci_high", "p", "d_z", "cliffs_delta"]
    result[numbers] = result[numbers].astype(float)
    result["p_holm"] = holm(result["p"].to_numpy())
    return result


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


def _contrast(table: pd.DataFrame, first: str, second: str, confidence: float) -> dict[str, object]:
    difference = paired_differences(table, first, second)
    difference = difference[np.isfinite(difference).any(axis=1)][:, np.isfinite(difference).any(axis=0)]
    n_tracks, n_raters = difference.shape
    row: dict[str, object] = {"first": first, "second": second, "statistic": "difference"}
    row |= {"ci_scope": "items+raters", "n_items": n_tracks, "n_raters": n_raters, "ci_method": ""}
    row |= {"n_judgments": 2 * int(np.isfinite(difference).sum())}
    if n_tracks == 0:
        return row | {"status": "undefined", "reason": Reason(Why.NO_PAIRED_CONDITIONS)}
    means = np.nanmean(difference, axis=1)
    estimate = float(means.mean())
    interval, p = _interval(difference, estimate, confidence)
    row |= {"estimate": estimate, "p": p, "status": "ok", **interval.columns}
    if n_tracks >= 2 and means.std(ddof=1) > 0:
        row["d_z"] = estimate / means.std(ddof=1)
    row["cliffs_delta"] = _delta_of(table, first, second)
    return row


def _interval(difference: np.ndarray, estimate: float, confidence: float) -> tuple[Interval, float | None]:
    has = np.isfinite(difference)
    filled = np.where(has, difference, 0.0)
    sums, counts = filled.sum(axis=1), has.sum(axis=1)
    means = sums / counts
    n_tracks, n_raters = difference.shape
    if n_raters < 3:
        reason = Reason(Why.FEWER_THAN_THREE_RATERS, {"n": n_raters})
        return Interval("jackknife", reason=reason), None
    without_track = (means.sum() - means) / max(n_tracks - 1, 1) if n_tracks > 1 else np.full(1, np.nan)
    left = counts[:, None] - has
    remaining = np.divide(sums[:, None] - filled, left, out=np.full(difference.shape, np.nan), where=left > 0)
    without_rater = np.nanmean(remaining, axis=0)
    # Without a cell only its track's mean changes; a track that has no other cell is left out.
    tracks_left = np.where(left > 0, n_tracks, max(n_tracks - 1, 1))
    without_cell = (means.sum() - means[:, None] + np.where(left > 0, remaining, 0.0)) / tracks_left
    cells = without_cell[has]
    interval = jackknife(estimate, without_track, without_rater, cells, confidence=confidence)
    if interval.se is None or interval.se == 0:
        return interval, None
    deviations = [without - estimate for without in (without_track, without_rater)]
    _variance, degrees = two_way_variance(deviations, cells - estimate)
    return interval, float(2 * stats.t.sf(abs(estimate) / interval.se, degrees))


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted by Holm's (1979) step-down method; NaN stays NaN and does not count.

    The i-th smallest of n p values is multiplied by n - i + 1; the running maximum keeps them in order.

    Parameters
    ----------
    p : np.ndarray [shape=(n,)]

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def cliffs_delta(x: np.ndarray, y: np.ndarray) -> float:
    """Return P(x > y) - P(x < y) over all pairs of one x and one y (Cliff, 1993).

    Parameters
    ----------
    x, y : np.ndarray [shape=(n,), (m,)]
        Not empty.

    Examples
    --------
    >>> import numpy as np
    >>> cliffs_delta(np.array([3, 4, 5]), np.array([1, 2, 3]))
    0.8888888888888888
    """
    ordered = np.sort(y)
    below = np.searchsorted(ordered, x, side="left")
    above = len(y) - np.searchsorted(ordered, x, side="right")
    return float((below - above).sum() / (len(x) * len(y)))


def _delta_of(table: pd.DataFrame, first: str, second: str) -> float:
    means = table.groupby(["condition", "track"], sort=True, observed=True)["value"].mean()
    return cliffs_delta(means.loc[first].to_numpy(), means.loc[second].to_numpy())
