"""A surrogate that models interactions of segments: a Gaussian process over masks.

A network's output on a mask is not a sum over segments. A linear surrogate treats interactions of segments
as noise, which makes its weights uncertain. A process whose covariance gives every set of segments its
own effect explains most of that noise, so it estimates the same weights from fewer calls.
"""

from collections.abc import Sequence
from math import comb
from typing import NamedTuple

import numpy as np

from .linear_surrogate import Fit

# Candidates of the hyperparameters; each target takes those of greatest marginal likelihood.
STRENGTHS = (0.04, 0.12, 0.35)  # factor on the variance of an interaction for each further segment in it
ACROSS = (0.01, 0.05, 0.2)  # factor for each further group of segments; 1 would ignore the grouping
NOISES = (1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1)  # noise variance over the variance explained by masks
FIRST_STRENGTHS, FIRST_ACROSS = (0.03, 0.2), (0.05,)  # of a first fit that estimates the segments' importance
EVEN_SHARE = 0.3  # part of a segment's importance that is the same for all segments
# Prior variances of the effects of how many segments are kept (orders 1, 2 and 3), over that of all else.
BY_NUMBER = (0.1, 0.03, 0.01)
# Further masks hardly improve the choice, whose cost grows with the cube of their number.
ROWS_FOR_CHOICE = 192


class Setting(NamedTuple):
    """Hyperparameters chosen for one target by likelihood; see the constants above."""

    strength: float
    across: float
    noise: float


def main_effects(
    masks: np.ndarray, outputs: np.ndarray, keep_probability: float, groupings: Sequence[np.ndarray] = ()
) -> Fit:
    """Fit a Gaussian process to a model's outputs on masks and return its main effects.

    A main effect is the mean change of the output when the segment is present instead of hidden, over masks
    that keep each other segment with the keep probability; its error is the posterior standard deviation.

    The covariance of two masks is a product over segments of 1 + r_j phi_j phi'_j, where phi_j is segment
    j's presence, standardised under the keep probability: an analysis of variance kernel [1]_ whose terms
    of first order are the weights of a linear surrogate with infinitely many independent masks. Segments
    interact more if they sound at the same time or at the same pitch. So the product is taken within each
    group of a grouping, P_g, and the covariance is the product over groups of 1 + s (P_g - 1), averaged
    over groupings. A further term models effects of the number of kept segments, such as saturation.
    Strength, s and noise maximise the marginal likelihood for each target; r_j grows with the squared
    weight of segment j, averaged over targets.

    Parameters
    ----------
    masks : np.ndarray of bool [shape=(n_calls, n_segments)]
    outputs : np.ndarray [shape=(n_calls, n_targets)]
    keep_probability : float
    groupings : sequence of np.ndarray of int [shape=(n_segments,)]
        Each segment's group in each grouping; by default all segments are in one group.

    .. [1] Durrande, Ginsbourger, Roustant, Carraro: ANOVA kernels and RKHS of zero mean functions for
       model-based sensitivity analysis. Journal of Multivariate Analysis 115, 2013.
    """
    kept = np.asarray(masks, dtype=float)
    mean = outputs.mean(axis=0)
    spread = outputs.std(axis=0)
    scale = np.where(spread > 1e-12 * np.maximum(np.abs(mean), 1e-12), spread, 1.0)
    standard = (outputs - mean) / scale
    prior = _Prior(keep_probability, groupings or [np.zeros(kept.shape[1], dtype=int)])
    # Two rounds (automatic relevance determination in two steps): the first, with equal importance of all
    # segments, finds the strong ones; the second gives them a wider prior. `latest` is the importance that
    # the last choice was made with, so the solution uses the same prior as the choice.
    importance = np.ones(kept.shape[1])
    some = slice(ROWS_FOR_CHOICE)
    for strengths, across in ((FIRST_STRENGTHS, FIRST_ACROSS), (STRENGTHS, ACROSS)):
        settings = [(strength, s) for strength in strengths for s in (across if prior.grouped else (1.0,))]
        choice, effects = _choose(prior, kept[some], standard[some], importance, settings)
        squared = effects**2
        total = squared.sum(axis=1, keepdims=True)
        share = np.divide(squared, total, out=np.full_like(squared, 1 / squared.shape[1]), where=total > 0)
        latest, importance = importance, _shrunk(share.mean(axis=0))
    estimates, errors, levels = _solve(prior, kept, standard, latest, choice)
    # Effects are per standardised presence phi; dividing by its deviation gives the change from 0 to 1.
    deviation = np.sqrt(keep_probability * (1 - keep_probability))
    weights = estimates * (scale / deviation)[:, None]
    intercepts = mean + levels * scale - keep_probability * weights.sum(axis=1)
    return Fit(weights, intercepts, errors * (scale / deviation)[:, None])


def _shrunk(share: np.ndarray) -> np.ndarray:
    """Return importances with mean 1 from shares, shrunk towards equality so that none is ruled out."""
    return EVEN_SHARE + (1 - EVEN_SHARE) * share / share.mean()


class _Prior:
    """The prior over outputs, given the keep probability and the groupings of segments."""

    def __init__(self, p: float, groupings: Sequence[np.ndarray]) -> None:
        self.p = p
        self.members = [[np.flatnonzero(groups == g) for g in np.unique(groups)] for groups in groupings]
        self.grouped = any(len(groups) > 1 for groups in self.members)

    def covariances(
        self, kept: np.ndarray, importance: np.ndarray, strength: float, across: float
    ) -> "_Covariances":
        """Return the prior covariances of masks and main effects under these hyperparameters."""
        # A factor 1 + r phi phi' is 1 - r if one of two masks keeps the segment: r < 1 keeps it positive.
        r = np.minimum(strength * importance, 0.9)
        covariance = np.zeros((len(kept), len(kept)))
        for groups in self.members:
            product = np.ones_like(covariance)
            for members in groups:
                product *= 1 + across * self._within(kept[:, members], r[members])
            covariance += (product - 1) / len(self.members)
        # Scaled to a mean variance of 1, so that NOISES and BY_NUMBER mean the same for every strength.
        variance = float(np.diag(covariance).mean())
        phi = (kept - self.p) / np.sqrt(self.p * (1 - self.p))
        by_number = _by_number(phi)
        covariance = covariance / variance + (by_number * BY_NUMBER[: by_number.shape[1]]) @ by_number.T
        # The terms of first order: each segment's own, plus its equal part of the sum of all phi.
        n_segments, single = kept.shape[1], across * r / variance
        together = BY_NUMBER[0] * by_number[:, :1] / np.sqrt(n_segments)
        return _Covariances(covariance, single * phi + together, single + BY_NUMBER[0] / n_segments)

    def _within(self, kept: np.ndarray, r: np.ndarray) -> np.ndarray:
        """Return the product over a group's segments of 1 + r phi phi', minus 1."""
        # phi phi' is (1 - p) / p if both masks keep a segment, p / (1 - p) if both hide it, and -1 if one
        # keeps it. So logarithms of the product over segments are three matrix products, whatever the number
        # of segments, and expm1 keeps the digits of products close to 1.
        p, hidden = self.p, 1 - kept
        logarithm = (kept * np.log1p(r * (1 - p) / p)) @ kept.T
        logarithm += (hidden * np.log1p(r * p / (1 - p))) @ hidden.T
        mixed = (kept * np.log1p(-r)) @ hidden.T
        return np.expm1(logarithm + mixed + mixed.T)


class _Covariances(NamedTuple):
    """Prior covariances of masks and main effects."""

    of_masks: np.ndarray
    """[shape=(n_calls, n_calls)]"""
    with_effects: np.ndarray
    """Between masks and main effects [shape=(n_calls, n_segments)]."""
    effects: np.ndarray
    """Variances of main effects [shape=(n_segments,)]."""


def _by_number(phi: np.ndarray) -> np.ndarray:
    """Return sums of all products of one, two and three phi, standardised [shape=(n_calls, at most 3)].

    They depend only on how many segments a mask keeps.

    Parameters
    ----------
    phi : np.ndarray [shape=(n_calls, n_segments)]
    """
    first, second, third = (np.sum(phi**power, axis=1) for power in (1, 2, 3))  # Newton's identities
    sums = (first, (first**2 - second) / 2, (first**3 - 3 * first * second + 2 * third) / 6)
    orders = range(1, min(phi.shape[1], len(sums)) + 1)
    return np.stack([sums[d - 1] / np.sqrt(comb(phi.shape[1], d)) for d in orders], axis=1)


def _choose(
    prior: _Prior,
    kept: np.ndarray,
    outputs: np.ndarray,
    importance: np.ndarray,
    settings: Sequence[tuple[float, float]],
) -> tuple[list[Setting], np.ndarray]:
    """Return each target's setting of greatest marginal likelihood, and its main effects under it.

    The scale of the covariance is profiled out: for each setting it is the mean of ``scatter``.
    """
    n, n_targets = outputs.shape
    best = np.full(n_targets, -np.inf)
    choice = [Setting(*settings[0], NOISES[-1])] * n_targets
    effects = np.zeros((n_targets, kept.shape[1]))
    for strength, across in settings:
        covariances = prior.covariances(kept, importance, strength, across)
        # One eigendecomposition serves every noise variance and every target.
        values, vectors = np.linalg.eigh(covariances.of_masks)
        rotated = vectors.T @ outputs
        of_effects = covariances.with_effects.T @ vectors
        for noise in NOISES:
            total = np.maximum(values, 0) + noise
            scatter = np.maximum((rotated**2 / total[:, None]).mean(axis=0), 1e-300)
            likelihood = -0.5 * (n * np.log(scatter) + np.log(total).sum())
            better = likelihood > best
            best[better] = likelihood[better]
            effects[better] = (of_effects @ (rotated[:, better] / total[:, None])).T
            for target in np.flatnonzero(better):
                choice[target] = Setting(strength, across, noise)
    return choice, effects


def _solve(
    prior: _Prior, kept: np.ndarray, outputs: np.ndarray, importance: np.ndarray, choice: list[Setting]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return main effects, their posterior standard deviations, and each target's mean level.

    The mean level has a flat prior: it is the generalised least squares estimate.
    """
    from scipy.linalg import cho_factor, cho_solve

    shape = (outputs.shape[1], kept.shape[1])
    effects, errors, levels = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
    by_pair = {
        pair: prior.covariances(kept, importance, *pair) for pair in {setting[:2] for setting in choice}
    }
    for setting in sorted(set(choice)):
        chosen = [target for target, own_setting in enumerate(choice) if own_setting == setting]
        covariances = by_pair[setting[:2]]
        factor = cho_factor(covariances.of_masks + setting.noise * np.eye(len(kept)))
        right_sides = np.column_stack([outputs[:, chosen], np.ones(len(kept)), covariances.with_effects])
        solved = cho_solve(factor, right_sides)
        solved_outputs, ones, influence = np.split(solved, [len(chosen), len(chosen) + 1], axis=1)
        level = ones[:, 0] @ outputs[:, chosen] / ones.sum()
        solved_outputs = solved_outputs - ones * level
        scatter = ((outputs[:, chosen] - level) * solved_outputs).mean(axis=0)
        variance = np.maximum(covariances.effects - (covariances.with_effects * influence).sum(axis=0), 0)
        effects[chosen] = (covariances.with_effects.T @ solved_outputs).T
        errors[chosen] = np.sqrt(np.outer(np.maximum(scatter, 0), variance))
        levels[chosen] = level
    return effects, errors, levels
