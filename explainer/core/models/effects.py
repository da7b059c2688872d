"""Effects of mid-level features on emotions in a two-level model.

They are exact because the second level is linear: emotion = weights^T mid_level + bias.
"""

import numpy as np


def effects(weights: np.ndarray, mid_level: np.ndarray) -> np.ndarray:
    """Return weight times feature: what each feature adds to each emotion.

    Parameters
    ----------
    weights : np.ndarray [shape=(n_mid_level, n_emotions)]
    mid_level : np.ndarray [shape=(..., n_mid_level)]

    Returns
    -------
    np.ndarray [shape=(..., n_mid_level, n_emotions)]
        Summed over features and with the bias added these are the emotions.
    """
    return np.asarray(mid_level)[..., None] * weights


def centred_effects(weights: np.ndarray, mid_level: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return effects of a feature's distance from its mean over tracks.

    Features that are never negative and hardly vary have large effects that do not distinguish tracks;
    their centred effects are small.

    Parameters
    ----------
    weights : np.ndarray [shape=(n_mid_level, n_emotions)]
    mid_level : np.ndarray [shape=(..., n_mid_level)]
    mean : np.ndarray [shape=(n_mid_level,)]
    """
    return effects(weights, np.asarray(mid_level) - mean)


def relative_effects(effect: np.ndarray) -> np.ndarray:
    """Return each effect's share of the sum of absolute effects on its emotion.

    Parameters
    ----------
    effect : np.ndarray [shape=(..., n_mid_level, n_emotions)]

    Returns
    -------
    np.ndarray
        Of the same shape, 0 to 1; the shares of the features add up to 1, or are all 0 without any effect.
    """
    absolute = np.abs(effect)
    total = absolute.sum(axis=-2, keepdims=True)
    return np.divide(absolute, total, out=np.zeros_like(absolute), where=total > 0)


def emotion_segment_weights(weights: np.ndarray, mid_level_segments: np.ndarray) -> np.ndarray:
    """Return the segment weights of emotions from those of the mid-level features.

    Exact for every method whose weights are linear in the outputs, and needs no model calls.

    Parameters
    ----------
    weights : np.ndarray [shape=(n_mid_level, n_emotions)]
    mid_level_segments : np.ndarray [shape=(n_mid_level, n_segments)]

    Returns
    -------
    np.ndarray [shape=(n_emotions, n_segments)]
    """
    return np.asarray(weights).T @ mid_level_segments
