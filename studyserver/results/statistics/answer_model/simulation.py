"""Answers of imagined raters to imagined tracks, with a known truth: for planning, rehearsals and tests."""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

from .answers import Family


@dataclass(frozen=True)
class Truth:
    """A population of raters and tracks.

    Attributes
    ----------
    means : np.ndarray [shape=(n_levels,)]
        What is heard at each level, in units of the scale; of binary answers in units of the error.
    tracks : np.ndarray [shape=(n_levels, n_levels)]
        Covariance of the tracks' deviations over the levels.
    raters, raters_by_level, raters_by_track, error : float
        Variances.
    family : Family
    ends : (float, float)
        Of the scale; answers on sliders are cut there.
    points : np.ndarray [shape=(n_points,)]
        Of a scale; empty for sliders.
    thresholds : np.ndarray [shape=(n_points - 1,)], optional
        Where steps begin; by default half-way between the points, and 0 for binary answers.
    """

    means: np.ndarray
    tracks: np.ndarray
    raters: float
    raters_by_level: float
    raters_by_track: float
    error: float
    family: Family = Family.ORDINAL
    ends: tuple[float, float] = (1.0, 5.0)
    points: np.ndarray = field(default_factory=lambda: np.arange(1.0, 6.0))
    thresholds: np.ndarray | None = None

    @property
    def steps(self) -> tuple[np.ndarray, np.ndarray]:
        """The thresholds, and the answers between them."""
        if self.family is Family.BINARY:
            return np.zeros(1), np.array([0.0, 1.0])
        middle = (self.points[1:] + self.points[:-1]) / 2
        return (middle if self.thresholds is None else self.thresholds), self.points

    def mean(self, level: int) -> float:
        """Return the expected answer at a level, over all raters and tracks."""
        sd = np.sqrt(
            self.tracks[level, level] + self.raters + self.raters_by_level + self.raters_by_track + self.error
        )
        if self.family is Family.GAUSSIAN:
            return _mean_between(float(self.means[level]), float(sd), *self.ends)
        thresholds, points = self.steps
        below = ndtr((thresholds - self.means[level]) / sd)
        return float(points[-1] - below @ np.diff(points))

    def retention(self, reference: int, level: int) -> float:
        """Return the correlation across tracks of two levels."""
        spread = self.tracks[reference, reference] * self.tracks[level, level]
        return float(self.tracks[reference, level] / np.sqrt(spread))


def simulate(
    truth: Truth, rater: np.ndarray, track: np.ndarray, level: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return an answer to each judgment.

    Parameters
    ----------
    truth : Truth
    rater, track, level : np.ndarray of int [shape=(n,)]
        Codes from 0 of each judgment.
    rng : np.random.Generator

    Returns
    -------
    np.ndarray [shape=(n,)]
    """
    n_raters, n_tracks, n_levels = int(rater.max()) + 1, int(track.max()) + 1, len(truth.means)
    root = np.linalg.cholesky(truth.tracks + 1e-12 * np.eye(n_levels))
    of_track = rng.normal(size=(n_tracks, n_levels)) @ root.T
    of_rater = rng.normal(size=(n_raters, 1)) * np.sqrt(truth.raters)
    of_rater = of_rater + rng.normal(size=(n_raters, n_levels)) * np.sqrt(truth.raters_by_level)
    of_cell = rng.normal(size=(n_raters, n_tracks)) * np.sqrt(truth.raters_by_track)
    heard = truth.means[level] + of_track[track, level] + of_rater[rater, level] + of_cell[rater, track]
    heard = heard + rng.normal(size=len(heard)) * np.sqrt(truth.error)
    if truth.family is Family.GAUSSIAN:
        return np.clip(heard, *truth.ends)
    thresholds, points = truth.steps
    return points[np.searchsorted(thresholds, heard)]


def _mean_between(mean: float, sd: float, low: float, high: float) -> float:
    """Return the mean of a normal variable that is cut at two limits."""
    if sd == 0:
        return float(np.clip(mean, low, high))
    a, b = (low - mean) / sd, (high - mean) / sd
    density = np.exp(-(np.array([a, b]) ** 2) / 2) / np.sqrt(2 * np.pi)
    inside = ndtr(b) - ndtr(a)
    return float(low * ndtr(a) + high * (1 - ndtr(b)) + mean * inside + sd * (density[0] - density[1]))
