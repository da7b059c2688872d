"""How much of an emotion's prediction passes through a mid-level feature beyond the feature's name.

A two-level model says *tense, because dissonant*. That is true as far as what passes through the
feature called dissonance is dissonance. Where people rated the feature too, the model's feature
parts into what its rating explains and a rest. The rest may be mere noise, or it may carry knowledge
of the emotion that the name does not cover: information leaks through the bottleneck.

Mahinpei, Clark, Lage, Doshi-Velez, Pan. "Promises and pitfalls of black-box concept learning models."
ICML 2021 workshop on theoretic foundation, criticism, and application trend of explainable AI,
arXiv:2106.13314, describes the effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from explainer.core.base.counting import plural

from .estimates import FEW_TRACKS, Estimates, Row, fisher, residuals, standardised

BOOTSTRAP_DRAWS = 500


@dataclass(frozen=True)
class Leakage:
    """What passes through each feature to each emotion, by its name and beyond.

    Attributes
    ----------
    n_tracks : int
    by_name, beyond_name : Estimates [shape=(n_mid_level, n_emotions)]
        Shares of the predicted emotion's variance that pass through a feature as far as the feature's
        rating explains it, linearly, and beyond. Negative where features cancel each other. Over all
        features both together, and what passes through features without ratings, add up to 1.
        With bootstrap intervals over tracks.
    unrated : np.ndarray [shape=(n_emotions,)]
        Share that passes through features which nobody rated.
    carried : Estimates [shape=(n_mid_level, n_emotions)]
        Correlation of a feature's rest with people's rating of the emotion, all their ratings of
        features held constant, with Fisher's interval: what the rest knows of the emotion that no
        feature's name covers.
    rating_weights : Estimates [shape=(n_mid_level, n_emotions)]
        Weights that ratings of features get for ratings of emotions by least squares, in standard
        deviations, with Student's interval: what the second level would be if its features were
        what their names say.
    leaks : np.ndarray of bool [shape=(n_mid_level, n_emotions)]
        Whether the rest carries the emotion clearly, and the weight lets it through in the helpful direction.
    remarks : tuple of str
    """

    n_tracks: int
    by_name: Estimates
    beyond_name: Estimates
    unrated: np.ndarray
    carried: Estimates
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
    """Part what passes from features to emotions by the features' names.

    Parameters
    ----------
    features : np.ndarray [shape=(n_tracks, n_mid_level)]
        As the model predicts them.
    weights : np.ndarray [shape=(n_mid_level, n_emotions)]
        Of the model's linear second level.
    rated_features : np.ndarray [shape=(n_tracks, n_mid_level)]
        What people said, or what is true. Columns of NaN are features without ratings.
    rated_emotions : np.ndarray [shape=(n_tracks, n_emotions)], optional
    confidence : float
        Of the intervals, between 0 and 1.
    rng : np.random.Generator, optional
        Draws the tracks of the bootstrap; by default one with a fixed seed.
    draws : int
        Bootstrap samples.

    Raises
    ------
    ValueError
        If there are fewer than three tracks, or the tables differ in length.
    """
    features, weights = np.asarray(features, dtype=float), np.asarray(weights, dtype=float)
    rated_features = np.asarray(rated_features, dtype=float)
    n_tracks = len(features)
    if n_tracks < 3 or len(rated_features) != n_tracks:
        raise ValueError(f"what passes by name needs at least three tracks with ratings, not {n_tracks}")
    rng = rng or np.random.default_rng(0)
    value = _shares(features, weights, rated_features)
    samples = rng.integers(n_tracks, size=(draws, n_tracks))
    drawn = np.stack([_shares(features[s], weights, rated_features[s]) for s in samples])
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    rated = ~np.isnan(rated_features).any(axis=0)
    unrated = 1 - np.nansum(value, axis=(0, 1))
    carried = rating_weights = _undefined(weights.shape)
    remarks = _remarks(n_tracks, int(rated.sum()))
    if rated_emotions is not None:
        rated_emotions = np.asarray(rated_emotions, dtype=float)
        carried = _carried(features, rated_features, rated_emotions, rated, confidence)
        rating_weights = _rating_weights(rated_features, rated_emotions, rated, confidence)
    clear = (carried.lower > 0) | (carried.upper < 0)
    return Leakage(
        n_tracks,
        Estimates(value[0], lower[0], upper[0]),
        Estimates(value[1], lower[1], upper[1]),
        unrated,
        carried,
        rating_weights,
        clear & (carried.value * weights > 0),
        remarks,
    )


def leakage_table(found: Leakage, mid_level: Sequence[str], emotions: Sequence[str]) -> list[Row]:
    """Return all numbers one per row, with all their digits.

    Parameters
    ----------
    found : Leakage
    mid_level, emotions : sequence of str
        Names in the order of the tables.
    """
    return [
        Row(
            quantity,
            mid_level[row],
            emotions[column],
            float(value),
            float(estimates.lower[row, column]),
            float(estimates.upper[row, column]),
        )
        for quantity, estimates in (
            ("share_by_name", found.by_name),
            ("share_beyond_name", found.beyond_name),
            ("rest_with_rated_emotion", found.carried),
            ("weight_from_ratings", found.rating_weights),
        )
        for (row, column), value in np.ndenumerate(estimates.value)
    ]


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
    return np.stack([weights * (part.T @ emotions) / variance for part in (named, centred - named)])


def _carried(
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
    nothing = np.full(shape, np.nan)
    return Estimates(nothing, nothing, nothing)


def _remarks(n_tracks: int, n_rated: int) -> tuple[str, ...]:
    if n_tracks <= n_rated + 3:
        return (
            f"{plural(n_tracks, 'track is', 'tracks are')} too few to hold "
            f"{plural(n_rated, 'rating')} constant: what a rest carries needs at "
            f"least {n_rated + 4}.",
        )
    if n_tracks < FEW_TRACKS:
        few = plural(n_tracks, "track is", "tracks are")
        return (f"{few} few: intervals are wide. Use {FEW_TRACKS} or more.",)
    return ()
