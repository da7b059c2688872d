"""Simulated panels of raters for the tests of agreement."""

import numpy as np


def panel(
    seed: int = 0,
    n_items: int = 30,
    n_raters: int = 6,
    *,
    missing: float = 0.0,
    kind: str = "five",
    rater_bias: float = 0.3,
    error: float = 1.0,
) -> np.ndarray:
    """Return items x raters, NaN where missing: ``five`` points, ``slider`` (0 to 100) or ``continuous``."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=(n_items, 1))
    bias = rater_bias * generator.normal(size=(1, n_raters))
    x = truth + bias + error * generator.normal(size=(n_items, n_raters))
    if kind == "five":
        x = np.clip(np.round(1.2 * x + 3), 1, 5)
    elif kind == "slider":
        x = np.clip(np.round(20 * x + 50), 0, 100)
    else:
        x = np.abs(20 * x + 50)
    x[generator.random(x.shape) < missing] = np.nan
    return x


def long(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return items, raters and values of a table, without its missing cells."""
    items, raters = np.nonzero(~np.isnan(matrix))
    return items, raters, matrix[items, raters]
