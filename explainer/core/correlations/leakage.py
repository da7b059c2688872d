"""Concept leakage: information about emotions that passes through features beyond their names.

A two-level model explains an emotion by features: *tense, because dissonant*. That is correct to the extent
that the model's feature called dissonance is dissonance. If people rated the feature, the model's feature
splits into a part that the rating explains and a residual. The residual may be noise, or it may contain
information about the emotion that the name does not cover: information leaks through the bottleneck.

Mahinpei, Clark, Lage, Doshi-Velez, Pan. "Promises and pitfalls of black-box concept learning models."
ICML 2021 workshop on theoretic foundation, criticism, and application trend of explainable AI,
arXiv:2106.13314, describes the effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from explainer.core.base.counting import plural

from .estimates import FEW_TRACKS, Estimates, Row, fisher, residuals, rows_of, standardised

BOOTSTRAP_DRAWS = 500


@dataclass(frozen=True)
class Leakage:
    """Contribution of each feature to each emotion, by its name and beyond it.

    Attributes
    ----------
    by_name, beyond_name : Estimates [shape=(n_mid_level, n_emotions)]
        Shares of the predicted emotion's variance that pass through the part of a feature that its rating
        explains linearly, and through its residual. Negative if features cancel each other. The shares of
        all features, with that of features without ratings, add up to 1. With bootstrap intervals over
        tracks.
    unrated : np.ndarray [shape=(n_emotions,)]
        Share that passes through features without ratings.
    residual : Estimates [shape=(n_mid_level, n_emotions)]
        Correlation of a feature's residual with the rated emotion, all rated features held constant, with
        Fisher's interval: information about the emotion that no feature's name covers.
    rating_weights : Estimates [shape=(n_mid_level, n_emotions)]
        Least-squares weights of rated features for rated emotions, in standard deviations, with Student's
        interval: the second level for features that match their names exactly.
    leaks : np.ndarray of bool [shape=(n_mid_level, n_emotions)]
        Whether the residual clearly correlates with the emotion, and the weight has the same sign.
    """

    n_tracks: int
    by_name: Estimates
    beyond_name: Estimates
    unrated: np.ndarray
    residual: Estimates
    rating_weights: Estimates
    leaks: np.ndarray
    remarks: tuple[str, ...] = field(default=())


def leakage(
    features: np.ndarray,
    weights: np.ndarray,
    rated_features: np.ndarray,
    rated_emotions: np.ndarray | None = None,
    *,
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
    draws: int = BOOTSTRAP_DRAWS,
) -> Leakage:
    """Split the contributions of features to emotions into named and residual parts.

    Parameters
    ----------
    features : np.ndarray [shape=(n_tracks, n_mid_level)]
        As the model predicts them.
    weights : np.ndarray [shape=(n_mid_level, n_emotions)]
        Of the model's linear second level.
    rated_features : np.ndarray [shape=(n_tracks, n_mid_level)]
        Ratings by people, or true values. Columns of NaN are features without ratings.
    rated_emotions : np.ndarray [shape=(n_tracks, n_emotions)], optional
    confidence : float
        Confidence level of the intervals, between 0 and 1.
    rng : np.random.Generator, optional
        Draws the tracks of the bootstrap; by default one with a fixed seed.
    draws : int
        Number of bootstrap samples.

    Raises
    ------
    ValueError
        If there are fewer than three tracks, or the tables differ in length.
    """
    features, weights = np.asarray(features, dtype=float), np.asarray(weights, dtype=float)
    rated_features = np.asarray(rated_features, dtype=float)
    n_tracks = len(features)
    if n_tracks < 3 or len(rated_features) != n_tracks:
        raise ValueError(f"shares by name need at least three tracks with ratings, not {n_tracks}")
    rng = rng or np.random.default_rng(0)
    value = _shares(features, weights, rated_features)
    samples = rng.integers(n_tracks, size=(draws, n_tracks))
    drawn = np.stack([_shares(features[s], weights, rated_features[s]) for s in samples])
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    rated = ~np.isnan(rated_features).any(axis=0)
    unrated = 1 - np.nansum(value, axis=(0, 1))
    residual = rating_weights = _undefined(weights.shape)
    remarks = _remarks(n_tracks, int(rated.sum()))
    if rated_emotions is not None:
        rated_emotions = np.asarray(rated_emotions, dtype=float)
        residual = _residual(features, rated_features, rated_emotions, rated, confidence)
        rating_weights = _rating_weights(rated_features, rated_emotions, rated, confidence)
    clear = (residual.lower > 0) | (residual.upper < 0)
    return Leakage(
        n_tracks,
        Estimates(value[0], lower[0], upper[0]),
        Estimates(value[1], lower[1], upper[1]),
        unrated,
        residual,
        rating_weights,
        clear & (residual.value * weights > 0),
        remarks,
    )


def leakage_table(found: Leakage, mid_level: Sequence[str], emotions: Sequence[str]) -> list[Row]:
    """Return all numbers in long format, without rounding.

    Parameters
    ----------
    mid_level, emotions : sequence of str
        Names in the order of the tables.
    """
    quantities = {
        "share_by_name": found.by_name,
        "share_beyond_name": found.beyond_name,
        "rest_with_rated_emotion": found.residual,
        "weight_from_ratings": found.rating_weights,
    }
    return [row for name, part in quantities.items() for row in rows_of(name, part, mid_level, emotions)]


def _shares(features: np.ndarray, weights: np.ndarray, rated: np.ndarray) -> np.ndarray:
    """Return shares by and beyond name [shape=(2, n_mid_level, n_emotions)]; NaN without ratings."""
    centred = features - features.mean(axis=0)
    ratings = rated - rated.mean(axis=0)
    spread = (ratings**2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(spread > 0, (ratings * centred).sum(axis=0) / spread, 0.0)
    slope = np.where(np.isnan(spread), np.nan, slope)
    named = slope * ratings
    emotions = centred @ weights
    variance = (emotions**2).sum(axis=0)
    variance = np.where(variance > 0, variance, np.nan)
    # An emotion is the sum of weight * (named + residual part), so its variance is the sum of the covariances
    # of these terms with the emotion itself; each is a share. Shares can be negative but add up to 1.
    return np.stack([weights * (part.T @ emotions) / variance for part in (named, centred - named)])


def _residual(
    features: np.ndarray, ratings: np.ndarray, emotions: np.ndarray, rated: np.ndarray, confidence: float
) -> Estimates:
    n_tracks, n_rated = len(features), int(rated.sum())
    if n_tracks <= n_rated + 3:
        return _undefined((features.shape[1], emotions.shape[1]))
    names = ratings[:, rated]
    rest = standardised(residuals(features, names)[0])
    unexplained = standardised(residuals(emotions, names)[0])
    r = rest.T @ unexplained / n_tracks
    r[~rated] = np.nan
    return fisher(r, n_tracks - n_rated, confidence=confidence)


def _rating_weights(
    ratings: np.ndarray, emotions: np.ndarray, rated: np.ndarray, confidence: float
) -> Estimates:
    from scipy.stats import t

    shape = ratings.shape[1], emotions.shape[1]
    n_tracks, n_rated = len(ratings), int(rated.sum())
    freedom = n_tracks - n_rated - 1
    x, y = standardised(ratings[:, rated]), standardised(emotions)
    if freedom < 1 or np.isnan(x).any() or np.linalg.matrix_rank(x) < n_rated:
        return _undefined(shape)
    inverse = np.linalg.inv(x.T @ x)
    weights = inverse @ x.T @ y
    variance = ((y - x @ weights) ** 2).sum(axis=0) / freedom
    half_width = t.ppf(0.5 + confidence / 2, freedom) * np.sqrt(np.diag(inverse)[:, None] * variance)
    found = [np.full(shape, np.nan) for _ in range(3)]
    for whole, part in zip(found, (weights, weights - half_width, weights + half_width), strict=True):
        whole[rated] = part
    return Estimates(*found)


def _undefined(shape: tuple[int, ...]) -> Estimates:
    return Estimates.alone(np.full(shape, np.nan))


def _remarks(n_tracks: int, n_rated: int) -> tuple[str, ...]:
    if n_tracks <= n_rated + 3:
        return (
            f"{plural(n_tracks, 'track is', 'tracks are')} too few to hold "
            f"{plural(n_rated, 'rating')} constant: correlations of residuals need at "
            f"least {n_rated + 4} tracks.",
        )
    if n_tracks < FEW_TRACKS:
        few = plural(n_tracks, "track is", "tracks are")
        return (f"{few} few: intervals are wide. Use at least {FEW_TRACKS}.",)
    return ()
