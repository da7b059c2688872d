"""Correlations of mid-level features with emotions over tracks, for comparison with learned weights.

Correlated features share information about an emotion: a linear second level may give one of them a weight
whose sign contradicts its correlation with the emotion, and both are correct. Partial correlations and
variance inflation show whether that is the case.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from explainer.core.base.counting import plural

# With fewer tracks the intervals are wider than most differences of interest.
FEW_TRACKS = 30
BOOTSTRAP_DRAWS = 1000
# Share of an emotion's standard deviation that counts as 0: models compute in 32 bits.
NOTHING_LEFT = 1e-4


@dataclass(frozen=True)
class Estimates:
    """Estimates with intervals, all of the same shape; undefined ones are NaN."""

    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def alone(cls, value: np.ndarray) -> "Estimates":
        """Return estimates without intervals."""
        undefined = np.full(value.shape, np.nan)
        return cls(value, undefined, undefined)


@dataclass(frozen=True)
class Correlations:
    """Correlations of mid-level features and emotions over a set of tracks.

    Attributes
    ----------
    pearson : Estimates [shape=(n_mid_level, n_emotions)]
        With Fisher's interval.
    partial : Estimates [shape=(n_mid_level, n_emotions)]
        Correlation with all other mid-level features held constant; undefined if these explain the emotion
        completely.
    among : Estimates [shape=(n_mid_level, n_mid_level)]
        Correlations of the mid-level features with each other.
    variance_inflation : Estimates [shape=(n_mid_level,)]
        1 / (1 - R^2) of each feature on the others, with a bootstrap interval over tracks; above
        about 5, weights and correlations of the feature often differ in sign.
    remarks : tuple of str
        Sentences about limits due to the number of tracks or their values.
    """

    n_tracks: int
    pearson: Estimates
    partial: Estimates
    among: Estimates
    variance_inflation: Estimates
    remarks: tuple[str, ...] = field(default=())


def correlations(
    mid_level: np.ndarray,
    emotions: np.ndarray,
    *,
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
    draws: int = BOOTSTRAP_DRAWS,
) -> Correlations:
    """Correlate mid-level features with emotions and with each other.

    Parameters
    ----------
    mid_level : np.ndarray [shape=(n_tracks, n_mid_level)]
    emotions : np.ndarray [shape=(n_tracks, n_emotions)]
    confidence : float
        Confidence level of the intervals, between 0 and 1.
    rng : np.random.Generator, optional
        Draws the tracks of the bootstrap; by default one with a fixed seed.
    draws : int
        Number of bootstrap samples.

    Raises
    ------
    ValueError
        If there are fewer than three tracks or the two tables differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> mid_level = rng.standard_normal((50, 2))
    >>> emotions = mid_level @ [[1.0], [0.5]] + 0.1 * rng.standard_normal((50, 1))
    >>> found = correlations(mid_level, emotions, draws=100)
    >>> found.pearson.value.round(2).tolist()
    [[0.9], [0.57]]
    """
    mid_level, emotions = np.asarray(mid_level, dtype=float), np.asarray(emotions, dtype=float)
    if len(mid_level) != len(emotions) or len(mid_level) < 3:
        raise ValueError(f"correlations need at least three tracks with both levels, not {len(mid_level)}")
    n_tracks, n_mid = mid_level.shape
    features, targets = standardised(mid_level), standardised(emotions)
    among = features.T @ features / n_tracks
    partial = np.full((n_mid, emotions.shape[1]), np.nan)
    for feature in range(n_mid):
        others = np.delete(mid_level, feature, axis=1)
        rest, explained = residuals(mid_level[:, [feature]], others)
        if n_tracks > n_mid + 1 and explained < 1 - 1e-12:
            remainder, _ = residuals(emotions, others)
            left = remainder.std(axis=0) > NOTHING_LEFT * emotions.std(axis=0)
            remainder = np.where(left, remainder, np.nan)
            partial[feature] = (standardised(rest).T @ standardised(remainder) / n_tracks)[0]
    return Correlations(
        n_tracks,
        fisher(features.T @ targets / n_tracks, n_tracks, confidence=confidence),
        fisher(partial, n_tracks - (n_mid - 1), confidence=confidence),
        fisher(among, n_tracks, confidence=confidence),
        _inflation(mid_level, confidence, rng or np.random.default_rng(0), draws),
        tuple(_remarks(mid_level, emotions)),
    )


def fisher(r: np.ndarray, n: int, *, confidence: float = 0.95) -> Estimates:
    """Return correlations with intervals by Fisher's z transformation.

    Parameters
    ----------
    n : int
        Observations minus the number of variables held constant. Up to 3, the interval is -1 to 1.
    """
    from scipy.stats import norm

    r = np.clip(np.asarray(r, dtype=float), -1, 1)
    if n <= 3:
        wide = np.where(np.isnan(r), np.nan, 1.0)
        return Estimates(r, -wide, wide)
    half_width = norm.ppf(0.5 + confidence / 2) / np.sqrt(n - 3)
    with np.errstate(divide="ignore"):
        centre = np.arctanh(r)
    return Estimates(r, np.tanh(centre - half_width), np.tanh(centre + half_width))


def variance_inflation(table: np.ndarray) -> np.ndarray:
    """Return 1 / (1 - R^2) of each column on all others; infinite for a linear combination of others.

    Parameters
    ----------
    table : np.ndarray [shape=(n, n_columns)]
    """
    inflation = np.full(table.shape[1], np.nan)
    for column in range(table.shape[1]):
        _, explained = residuals(table[:, [column]], np.delete(table, column, axis=1))
        if not np.isnan(explained):
            inflation[column] = 1 / (1 - explained) if explained < 1 - 1e-12 else np.inf
    return inflation


def standardised_weights(weights: np.ndarray, mid_level: np.ndarray, emotions: np.ndarray) -> np.ndarray:
    """Return learned weights in standard deviations of the emotion per one of the feature.

    Weights of features with different spread can only be compared, with each other and with correlations, on
    this scale.

    Parameters
    ----------
    weights : np.ndarray [shape=(n_mid_level, n_emotions)]
    mid_level, emotions : np.ndarray [shape=(n_tracks, ...)]

    Returns
    -------
    np.ndarray [shape=(n_mid_level, n_emotions)]
        NaN if the emotion is the same on all tracks.
    """
    spread = np.std(emotions, axis=0)
    spread = np.where(spread <= 1e-12, np.nan, spread)
    return np.asarray(weights) * np.std(mid_level, axis=0)[:, None] / spread


def contradictions(weights: np.ndarray, pearson: Estimates) -> np.ndarray:
    """Return where a learned weight and a correlation whose interval excludes 0 differ in sign.

    Returns
    -------
    np.ndarray of bool [shape=(n_mid_level, n_emotions)]
    """
    clear = (pearson.lower > 0) | (pearson.upper < 0)
    return clear & (np.sign(weights) * np.sign(pearson.value) < 0)


def prediction_quality(
    annotated: np.ndarray, predicted: np.ndarray, *, confidence: float = 0.95
) -> Estimates:
    """Correlate each column of one table with the same column of another.

    Parameters
    ----------
    annotated, predicted : np.ndarray [shape=(n_tracks, n_targets)]

    Raises
    ------
    ValueError
        If there are fewer than three tracks.
    """
    if len(annotated) < 3:
        raise ValueError(f"correlations need at least three tracks, not {len(annotated)}")
    r = (standardised(np.asarray(annotated)) * standardised(np.asarray(predicted))).mean(axis=0)
    return fisher(r, len(annotated), confidence=confidence)


def _remarks(mid_level: np.ndarray, emotions: np.ndarray) -> list[str]:
    n_tracks, n_mid = mid_level.shape
    remarks = []
    if n_tracks <= n_mid + 1:
        remarks.append(
            f"{plural(n_tracks, 'track is', 'tracks are')} too few to hold "
            f"{plural(n_mid - 1, 'feature')} constant: partial correlations and "
            f"variance inflation need at least {n_mid + 2} tracks."
        )
    elif n_tracks < FEW_TRACKS:
        remarks.append(
            f"{plural(n_tracks, 'track is', 'tracks are')} few: intervals are wide, and variance inflation "
            "is overestimated. "
            f"Use at least {FEW_TRACKS} tracks before drawing conclusions."
        )
    constant = int(np.isnan(standardised(np.column_stack([mid_level, emotions]))).all(axis=0).sum())
    if constant:
        remarks.append(
            f"{plural(constant, 'column has', 'columns have')} the same value on all tracks, so "
            "correlations with them are undefined."
        )
    return remarks


def _inflation(table: np.ndarray, confidence: float, rng: np.random.Generator, draws: int) -> Estimates:
    n, n_columns = table.shape
    undefined = np.full(n_columns, np.nan)
    if n <= n_columns + 1:
        return Estimates.alone(undefined)
    value = variance_inflation(table)
    # The variance inflation factors are the diagonal of the inverse correlation matrix, which is much faster
    # than a regression per column and draw. Draws with a singular matrix (too few different tracks) are
    # dropped; if those are the majority, no interval is given.
    samples = table[rng.integers(n, size=(draws, n))]
    deviation = samples - samples.mean(axis=1, keepdims=True)
    covariance = np.einsum("bti,btj->bij", deviation, deviation)
    scale = np.sqrt(np.einsum("bii->bi", covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = covariance / (scale[:, :, None] * scale[:, None, :])
    usable = np.isfinite(r).all(axis=(1, 2))
    usable[usable] = np.linalg.cond(r[usable]) < 1e12
    if usable.sum() < draws / 2 or not np.isfinite(value).all():
        return Estimates.alone(value)
    drawn = np.einsum("bii->bi", np.linalg.inv(r[usable]))
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return Estimates(value, lower, upper)


def standardised(table: np.ndarray) -> np.ndarray:
    """Return columns with mean 0 and variance 1; constant columns become NaN."""
    deviation = table.std(axis=0)
    constant = deviation <= 1e-12 * np.maximum(np.abs(table).max(axis=0), 1e-300)
    return (table - table.mean(axis=0)) / np.where(constant, np.nan, deviation)


def residuals(dependent: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, float]:
    """Return residuals of a regression on other columns, and R squared of the first column."""
    design = np.column_stack([np.ones(len(others)), others])
    rest = dependent - design @ np.linalg.lstsq(design, dependent, rcond=None)[0]
    total = ((dependent[:, 0] - dependent[:, 0].mean()) ** 2).sum()
    return rest, 1 - (rest[:, 0] ** 2).sum() / total if total > 0 else float("nan")


@dataclass(frozen=True)
class Row:
    """One row of the long table that is written as CSV."""

    quantity: str
    row: str
    column: str
    value: float
    lower: float = float("nan")
    upper: float = float("nan")


def rows_of(quantity: str, found: Estimates, rows: Sequence[str], columns: Sequence[str]) -> list[Row]:
    """Return the estimates of a matrix with named rows and columns in long format, without rounding."""
    return [
        Row(quantity, rows[i], columns[j], float(value), float(found.lower[i, j]), float(found.upper[i, j]))
        for (i, j), value in np.ndenumerate(found.value)
    ]


def long_table(
    found: Correlations,
    mid_level: Sequence[str],
    emotions: Sequence[str],
    weights: np.ndarray | None = None,
    standardised: np.ndarray | None = None,
) -> list[Row]:
    """Return all numbers in long format, without rounding.

    Parameters
    ----------
    mid_level, emotions : sequence of str
        Names in the order of the tables.
    weights, standardised : np.ndarray [shape=(n_mid_level, n_emotions)], optional
        Learned weights, raw and in standard deviations.
    """
    rows = []
    for quantity, estimates, columns in (
        ("correlation", found.pearson, emotions),
        ("partial_correlation", found.partial, emotions),
        ("correlation_among_mid_level", found.among, mid_level),
    ):
        rows += rows_of(quantity, estimates, mid_level, columns)
    inflation = found.variance_inflation
    rows += [
        Row("variance_inflation", name, "", float(value), float(lower), float(upper))
        for name, value, lower, upper in zip(
            mid_level, inflation.value, inflation.lower, inflation.upper, strict=True
        )
    ]
    for quantity, matrix in (("learned_weight", weights), ("standardised_weight", standardised)):
        if matrix is not None:
            rows += rows_of(quantity, Estimates.alone(matrix), mid_level, emotions)
    return rows
