"""Dose-response curves: how many segments of evidence listeners need to hear the feature."""

import numpy as np
import pandas as pd
from scipy import special

from .estimates import Figure, by_group, estimate_table, require_columns
from .intervals import proportion_scale
from .reasons import Why

JUDGMENT_COLUMNS = {
    "feature": "the feature that was judged",
    "item": "the clip",
    "rater": "the annotator",
    "kept_segments": "number of segments kept, at least 1",
    "heard": "whether the annotator heard the feature (0 or 1)",
}


def dose_response_table(judgments: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return, per feature, how the share of judgments that hear it depends on the evidence.

    Parameters
    ----------
    judgments : pd.DataFrame
        With the columns of `JUDGMENT_COLUMNS`; two sizes or more.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        Per feature, statistic and scope, with the columns of `estimates.COLUMNS`:

        - ``heard_at_<k>``: share of judgments that hear the feature with k segments;
        - ``slope``: of the log-odds of hearing it, per doubling of the evidence (logistic regression);
        - ``threshold``: number of segments where the curve reaches one half; undefined if it does not
          rise, or if the threshold is below half the smallest or above twice the largest size studied.
    """
    table = require_columns(judgments, JUDGMENT_COLUMNS)
    return by_group(table, ["feature"], lambda group: _dose_response(group, confidence))


def _dose_response(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    sizes = np.sort(table["kept_segments"].unique())
    size, heard = table["kept_segments"].to_numpy(float), table["heard"].to_numpy(float)
    figures = [Figure(f"heard_at_{k:g}", Why.NO_JUDGMENT, proportion_scale()) for k in sizes]
    figures += [Figure("slope", Why.ONE_SIZE), Figure("threshold", Why.FLAT_CURVE)]

    def compute(keep: np.ndarray) -> np.ndarray:
        shares = [heard[keep & (size == k)].mean() if (keep & (size == k)).any() else np.nan for k in sizes]
        return np.array([*shares, *_curve(size[keep], heard[keep], sizes[0] / 2, sizes[-1] * 2)])

    return estimate_table(figures, compute, table, confidence=confidence)


def _curve(size: np.ndarray, heard: np.ndarray, lowest: float, highest: float) -> tuple[float, float]:
    """Return slope and threshold of a logistic regression on log2 of the size; NaN where undefined."""
    dose, index = np.unique(np.log2(size), return_inverse=True)
    if len(dose) < 2 or heard.min() == heard.max():
        return float("nan"), float("nan")
    n, yes = np.bincount(index), np.bincount(index, heard)
    # If one size separates the answers (all no below it, all yes above it), the slope is infinite.
    parted = np.flatnonzero((yes > 0) & (yes < n))
    if len(parted) <= 1 and (np.all(np.diff(yes / n) >= 0) or np.all(np.diff(yes / n) <= 0)):
        return float("nan"), float("nan")
    design = np.stack([np.ones_like(dose), dose - dose.mean()], axis=1)
    estimate = np.zeros(2)
    for _ in range(50):
        p = special.expit(design @ estimate)
        information = design.T @ (design * (n * p * (1 - p))[:, None])
        step = np.linalg.solve(information, design.T @ (yes - n * p))
        estimate = estimate + step / max(1.0, float(np.abs(step).max()) / 2)
        if np.abs(step).max() < 1e-10:
            break
    else:
        return float("nan"), float("nan")
    slope = float(estimate[1])
    threshold = float(2 ** (dose.mean() - estimate[0] / slope)) if slope > 1e-6 else float("nan")
    return slope, threshold if lowest <= threshold <= highest else float("nan")
