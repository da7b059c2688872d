"""Correction of several tests, and an effect size without a model."""

import numpy as np


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
