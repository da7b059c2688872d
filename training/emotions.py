"""The fixed second level: what listeners make of musical cues, from published experiments.

Two steps, both linear:

1. Eerola, Friberg and Bresin [1]_ varied mode, tempo, register, dynamics, articulation, timbre and
   melody independently of each other in 200 renderings; 46 listeners rated how scary, happy, sad
   and peaceful each sounded. Their raw data (CC0) are refitted here by ordinary least squares with
   the cues in the units in which the model hears them. The linear, additive form is the authors'
   own finding: interactions added next to nothing.
2. Fear, happiness, sadness and tenderness are carried on to valence, energy, tension and anger by
   a regression over the mean ratings of 360 film excerpts [2]_.

Cues that the experiment did not vary (melodiousness, rhythm complexity, rhythm stability,
dissonance, tonal stability) have weight zero: nobody measured their contribution beside the
others. Dynamics stays at its middle, timbre and melody at the average of their levels.

References
----------
.. [1] T. Eerola, A. Friberg, R. Bresin: Emotional expression in music: contribution, linearity,
   and additivity of primary musical cues. Frontiers in Psychology 4:487, 2013,
   doi:10.3389/fpsyg.2013.00487; data doi:10.7910/DVN/IFOBRN.
.. [2] T. Eerola, J. K. Vuoskoski: A comparison of the discrete and dimensional models of emotion
   in music. Psychology of Music 39(1), 2011; ratings at osf.io/p6vkg.
"""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np

from explainer.demo_models.cue_levels import CUES

from .cues import scaled_pitch_height, scaled_speed

EMOTIONS = ("valence", "energy", "tension", "anger", "fear", "happy", "sad", "tender")

_RATED = {"fear": "Scary", "happy": "Happy", "sad": "Sad", "tender": "Peaceful"}
_ONSETS_PER_SECOND = {1: 1.2, 2: 2.0, 3: 2.8, 4: 4.4, 5: 6.0}
_REGISTER_PITCH = {level: 47 + 6 * level for level in range(1, 7)}
_ARTICULATION_LEVELS = 4

# Intercept and coefficients of fear, happy, sad, tender (scale 1 to 9).
_FILM_EXCERPTS = {
    "valence": (3.1868, (-0.2876, 0.2571, 0.1306, 0.3086)),
    "energy": (6.1388, (-0.0909, 0.0840, -0.3975, -0.3811)),
    "tension": (5.8084, (0.2153, -0.2443, -0.2145, -0.4194)),
    "anger": (4.5879, (0.1360, -0.4673, -0.4750, -0.1539)),
}


class SecondLevel(NamedTuple):
    """Emotions as a linear function of cues, on a scale from 1 to 9."""

    weights: np.ndarray
    """[shape=(9, 8)], rows `CUES`, columns `EMOTIONS`"""
    bias: np.ndarray
    """[shape=(8,)]"""
    explained: dict[str, float]
    """Adjusted R2 of the listeners' ratings, for the four rated emotions."""


def second_level(folder: Path) -> SecondLevel:
    """Fit the second level.

    Parameters
    ----------
    folder : Path
        Holds ``eerola2013_design_matrix.csv`` and ``eerola2013_mean_ratings.csv``.
    """
    design = _read_columns(folder / "eerola2013_design_matrix.csv")
    ratings = _read_columns(folder / "eerola2013_mean_ratings.csv")
    if not np.array_equal(design["Nro"], ratings["Nro"]):
        raise ValueError(f"the two tables in {folder} do not list the same stimuli in the same order")
    names, regressors, neutral = _regressors(design)
    weights, bias, explained = np.zeros((len(CUES), len(EMOTIONS))), np.zeros(len(EMOTIONS)), {}
    for emotion, rated in _RATED.items():
        coefficients, adjusted = _least_squares(regressors, ratings[rated])
        intercept = float(neutral @ coefficients)
        column = EMOTIONS.index(emotion)
        for name, coefficient in zip(names, coefficients, strict=True):
            if name in CUES:
                weights[CUES.index(name), column] = _as_nine_points(coefficient)
        bias[column] = 1 + _as_nine_points(intercept - 1)
        explained[emotion] = adjusted
    rated_columns = [EMOTIONS.index(emotion) for emotion in _RATED]
    for emotion, (constant, shares) in _FILM_EXCERPTS.items():
        column = EMOTIONS.index(emotion)
        weights[:, column] = weights[:, rated_columns] @ shares
        bias[column] = constant + bias[rated_columns] @ shares
    return SecondLevel(weights, bias, explained)


def _regressors(design: dict[str, np.ndarray]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return names, matrix, and the row that stands for neutral dynamics, timbre and melody."""
    onsets = np.array([_ONSETS_PER_SECOND[int(level)] for level in design["Tempo"]])
    pitch = np.array([_REGISTER_PITCH[int(level)] for level in design["Register"]])
    columns = {
        "constant": (np.ones(len(onsets)), 1.0),
        "minorness": (design["Mode"] - 1, 0.0),
        "speed": (scaled_speed(onsets), 0.0),
        "pitch_height": (scaled_pitch_height(pitch), 0.0),
        "articulation": ((design["Articulation"] - 1) / (_ARTICULATION_LEVELS - 1), 0.0),
        "dynamics": (design["Soundlevel"] - 3, 0.0),
    }
    for factor, n_levels in (("Timbre", 3), ("Melody", 4)):
        for level in range(2, n_levels + 1):
            columns[f"{factor} {level}"] = ((design[factor] == level).astype(float), 1 / n_levels)
    matrix = np.column_stack([column for column, _ in columns.values()])
    return list(columns), matrix, np.array([neutral for _, neutral in columns.values()])


def _least_squares(regressors: np.ndarray, ratings: np.ndarray) -> tuple[np.ndarray, float]:
    """Return coefficients and adjusted R2."""
    coefficients, *_ = np.linalg.lstsq(regressors, ratings, rcond=None)
    n_stimuli, n_coefficients = regressors.shape
    unexplained = np.var(ratings - regressors @ coefficients) / np.var(ratings)
    return coefficients, float(1 - unexplained * (n_stimuli - 1) / (n_stimuli - n_coefficients))


def _as_nine_points(difference: float) -> float:
    """Carry a difference on the scale from 1 to 7 over to the scale from 1 to 9."""
    return difference * 8 / 6


def _read_columns(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
