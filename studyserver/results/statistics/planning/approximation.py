"""The width of an interval before there are answers, approximated from the variances and the allocation.

Means of levels are those of generalised least squares, in which tracks and raters are random; a rating on few
points says as much as one with a greater error (its Fisher information, averaged over what is heard). How
precise the covariance of the tracks is follows from its expected information. `simulated` has no such
approximations; `tests/benchmarks/planning.py` compares both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
from scipy import stats

from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.simulation import Truth
from studyserver.results.statistics.intervals import satterthwaite

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_STUDIES = 128  # of which the expected interval is the mean
_GRID = {1: 801, 2: 81}  # values of a correlation, alone and of each of two


@dataclass(frozen=True)
class Approximation:
    """What is expected of the judgments of a design.

    Attributes
    ----------
    truth : Truth
    rater, track, level : np.ndarray of int [shape=(n,)]
        Codes from 0 of each judgment.
    repeated : float
        How many raters each rater stands for, so that large designs need not be written out.
    """

    truth: Truth
    rater: np.ndarray
    track: np.ndarray
    level: np.ndarray
    repeated: float = 1.0

    def width_of_difference(
        self, weights: Sequence[float], confidence: float = 0.95, *, heard: bool = False
    ) -> float:
        """Return the expected width of the interval of a weighted sum of means, in units of the scale.

        Parameters
        ----------
        weights : sequence of float
            Of the levels, such as (1, -1).
        confidence : float
        heard : bool
            Whether the sum is of what is heard, not of answers, which are bounded by the ends of the scale.
        """
        slopes = 1.0 if heard else self._slopes
        parts = self._variance_parts(np.asarray(weights, dtype=float) * slopes)
        # The priors of the model's variances count like some tracks and raters more.
        raters = int(self.repeated * (int(self.rater.max()) + 1))
        degrees = [int(self.track.max()) + 2, raters + 1, int(self.repeated * len(self.rater))]
        grouped = [parts["tracks"], parts["raters"], parts["rest"]]
        t = stats.t.ppf((1 + confidence) / 2, satterthwaite(grouped, degrees))
        return float(2 * t * np.sqrt(sum(grouped)))

    def variance_of_difference(self, weights: Sequence[float]) -> float:
        """Return the variance of the best linear estimate of a weighted sum of the levels' means."""
        return sum(self._variance_parts(np.asarray(weights, dtype=float)).values())

    def intervals_of_retention(
        self, reference: int, first: int, second: int | None = None, confidence: float = 0.95
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return intervals of a correlation across tracks, or of the difference of two, in many studies.

        Parameters
        ----------
        reference, first : int
            The levels that are correlated.
        second : int, optional
            A level whose correlation with the reference is subtracted.
        confidence : float

        Returns
        -------
        low, high : np.ndarray [shape=(n_studies,)]
        """
        others = [first] if second is None else [first, second]
        correlations = np.array([self.truth.retention(reference, other) for other in others])
        attenuation = np.sqrt(self._reliabilities[reference] * self._reliabilities[others])
        heard = attenuation * correlations
        gradients = np.array([self._gradient_of(reference, other) for other in others])
        gradients *= (attenuation / (1 - heard**2))[:, None]
        sampling = gradients @ np.linalg.inv(self._information_on_tracks) @ gradients.T
        return _intervals(np.arctanh(heard), sampling, attenuation, confidence)

    # -- means ------------------------------------------------------------------------------------

    @cached_property
    def _slopes(self) -> np.ndarray:
        """By how much the mean answer rises per unit of what is heard, at each level."""
        step, found = 1e-4, []
        for place in range(len(self.truth.means)):
            ends = [_moved(self.truth, place, sign * step).mean(place) for sign in (-1, 1)]
            found.append((ends[1] - ends[0]) / (2 * step))
        return np.array(found)

    def _variance_parts(self, weights: np.ndarray) -> dict[str, float]:
        """Return what tracks, raters and the rest contribute to the variance of a weighted sum of means.

        The variance of the optimal weights is of first degree in the variances, so that it is the sum of its
        derivatives times these (Euler's theorem).
        """
        # Of all raters that one stands for together; each of them has an equal part of it.
        coefficients, n_levels, shared = self._blue @ weights, len(weights), 1 / self.repeated
        by_track = np.zeros((int(self.track.max()) + 1, n_levels))
        np.add.at(by_track, (self.track, self.level), coefficients)
        by_rater = np.zeros((int(self.rater.max()) + 1, n_levels))
        np.add.at(by_rater, (self.rater, self.level), coefficients)
        cell = np.unique(self.rater * (int(self.track.max()) + 1) + self.track, return_inverse=True)[1]
        truth = self.truth
        return {
            "tracks": float(np.einsum("tl,lk,tk->", by_track, truth.tracks, by_track)),
            "raters": float(
                truth.raters * (by_rater.sum(axis=1) ** 2).sum() + truth.raters_by_level * (by_rater**2).sum()
            )
            * shared,
            "rest": float(
                truth.raters_by_track * (np.bincount(cell, weights=coefficients) ** 2).sum()
                + (self._errors[self.level] * coefficients**2).sum()
            )
            * shared,
        }

    @cached_property
    def _blue(self) -> np.ndarray:
        """Weights of the judgments in the best linear estimate of each mean, shape (n, n_levels)."""
        n_levels, n_tracks = len(self.truth.means), int(self.track.max()) + 1
        n_tracks_levels = n_tracks * n_levels
        whitened, system = [], np.zeros((n_levels + n_tracks_levels,) * 2)
        inverse = np.linalg.inv(self.truth.tracks + 1e-9 * np.eye(n_levels))
        system[n_levels:, n_levels:] = np.kron(np.eye(n_tracks), inverse)
        for rows in self._rows_of_raters:
            design = np.zeros((len(rows), n_levels + n_tracks_levels))
            design[np.arange(len(rows)), self.level[rows]] = 1
            place = n_levels + self.track[rows] * n_levels + self.level[rows]
            design[np.arange(len(rows)), place] = 1
            solved = np.linalg.solve(self._covariance_of(rows), design)
            system += self.repeated * design.T @ solved
            whitened.append(solved)
        inverse_of_system = np.linalg.inv(system)
        found = np.empty((len(self.rater), n_levels))
        for rows, solved in zip(self._rows_of_raters, whitened, strict=True):
            found[rows] = self.repeated * solved @ inverse_of_system[:, :n_levels]
        return found

    @cached_property
    def _rows_of_raters(self) -> list[np.ndarray]:
        order = np.argsort(self.rater, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.rater))[:-1])

    def _covariance_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the covariance of one rater's answers, given the tracks."""
        level, track, truth = self.level[rows], self.track[rows], self.truth
        found = np.full((len(rows), len(rows)), truth.raters)
        found += truth.raters_by_level * (level[:, None] == level)
        found += truth.raters_by_track * (track[:, None] == track)
        return found + np.diag(self._errors[level])

    @cached_property
    def _errors(self) -> np.ndarray:
        """Variance of an error that would leave as much information as the answers do, at each level."""
        truth = self.truth
        if truth.family is Family.GAUSSIAN:
            return np.full(len(truth.means), truth.error)
        found = []
        for place, mean in enumerate(truth.means):
            between = (
                truth.tracks[place, place] + truth.raters + truth.raters_by_level + truth.raters_by_track
            )
            heard = mean + np.sqrt(between) * _NODES
            found.append(truth.error / (_WEIGHTS @ _information(heard, truth)))
        return np.array(found)

    # -- covariance of the tracks -----------------------------------------------------------------

    @cached_property
    def _entries(self) -> list[tuple[int, int]]:
        return list(combinations_with_replacement(range(len(self.truth.means)), 2))

    @cached_property
    def _information_on_tracks(self) -> np.ndarray:
        """Expected information on the entries of the covariance of the tracks."""
        n_levels, n_tracks = len(self.truth.means), int(self.track.max()) + 1
        judged = np.zeros((n_tracks, n_levels, n_levels))
        for rows in self._rows_of_raters:
            precision = np.linalg.inv(self._covariance_of(rows))
            same = self.track[rows][:, None] == self.track[rows]
            first, second = np.nonzero(same)
            level = self.level[rows]
            place = self.track[rows][first], level[first], level[second]
            np.add.at(judged, place, self.repeated * precision[first, second])
        inverse = np.linalg.inv(self.truth.tracks + 1e-9 * np.eye(n_levels))
        precisions = judged - judged @ np.linalg.solve(judged + inverse, judged)
        derivatives = []
        for one, two in self._entries:
            derivative = np.zeros((n_levels, n_levels))
            derivative[one, two] = derivative[two, one] = 1.0
            derivatives.append(precisions @ derivative)
        products = np.array(derivatives)
        information = 0.5 * np.einsum("atij,btji->ab", products, products)
        return information * (n_tracks - 1) / n_tracks  # the means are estimated from the same tracks

    @cached_property
    def _reliabilities(self) -> np.ndarray:
        """Share of the tracks in the variance of their mean answers, at each level."""
        judged = np.zeros((int(self.track.max()) + 1, len(self.truth.means)))
        for rows in self._rows_of_raters:
            alone = self.repeated / np.diag(self._covariance_of(rows))
            np.add.at(judged, (self.track[rows], self.level[rows]), alone)
        tracks = np.diag(self.truth.tracks)
        return tracks / (tracks + 1 / np.maximum(judged.mean(axis=0), 1e-12))

    def _gradient_of(self, one: int, two: int) -> np.ndarray:
        """Return the derivatives of a correlation by the entries of the covariance."""
        tracks = self.truth.tracks
        correlation = self.truth.retention(one, two)
        found = np.zeros(len(self._entries))
        for place, entry in enumerate(self._entries):
            if entry == (min(one, two), max(one, two)):
                found[place] = 1 / np.sqrt(tracks[one, one] * tracks[two, two])
            elif entry in ((one, one), (two, two)):
                found[place] = -correlation / (2 * tracks[entry])
        return found


def _information(heard: np.ndarray, truth: Truth) -> np.ndarray:
    """Return the information of an answer on what was heard, as a share of what the error itself allows."""
    thresholds, _points = truth.steps
    z = (np.concatenate([[-np.inf], thresholds, [np.inf]]) - heard[:, None]) / np.sqrt(truth.error)
    probability = np.diff(stats.norm.cdf(z), axis=1)
    slope = np.diff(stats.norm.pdf(z), axis=1)
    return np.divide(slope**2, probability, out=np.zeros_like(slope), where=probability > 1e-12).sum(axis=1)


def _moved(truth: Truth, level: int, step: float) -> Truth:
    means = np.array(truth.means, dtype=float)
    means[level] += step
    return replace(truth, means=means)


def _intervals(
    z: np.ndarray, sampling: np.ndarray, attenuation: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return intervals in many studies of a correlation, or of the difference of two.

    Parameters
    ----------
    z : np.ndarray [shape=(1,) or (2,)]
        Fisher's z of the true correlations, attenuated by what is not heard alike.
    sampling : np.ndarray [shape=(n, n)]
        Covariance of their estimates.
    attenuation : np.ndarray [shape=(n,)]
        Attenuated by true correlations.
    confidence : float
    """
    n = len(z)
    normal = stats.norm.ppf(stats.qmc.Sobol(n, seed=0).random(_STUDIES))
    estimates = z + normal @ np.linalg.cholesky(sampling).T
    # The prior of the model's correlations, (1 - r^2)^(-1/2), is uniform in their arcsine.
    one = np.sin((np.arange(_GRID[n]) + 0.5) * np.pi / _GRID[n] - np.pi / 2)
    grid = np.stack(np.meshgrid(*[one] * n, indexing="ij"), axis=-1).reshape(-1, n)
    about = grid[:, 0] - (grid[:, 1] if n == 2 else 0.0)
    order = np.argsort(about)
    about, heard = about[order], np.arctanh(attenuation * grid[order])
    weighted = np.linalg.solve(sampling, heard.T)
    # Log densities of the estimates, but for what is the same at all correlations.
    fit = estimates @ weighted - 0.5 * (heard * weighted.T).sum(axis=1)
    chances = np.cumsum(np.exp(fit - fit.max(axis=1, keepdims=True)), axis=1)
    chances /= chances[:, -1:]
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    low, high = np.array([[np.interp(tail, of_one, about) for tail in tails] for of_one in chances]).T
    return low, high
