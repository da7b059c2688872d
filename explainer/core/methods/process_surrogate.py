"""The surrogate that knows of interactions: a Gaussian process over masks.

What a network answers to a mask is not a sum over segments; what the segments do together shows as
scatter around any linear surrogate, and with it scatter the weights. A process whose covariance gives every
set of segments its own effect takes most of that scatter on itself, so that the same weights are known
from fewer calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import NamedTuple

import numpy as np

STRENGTHS = (0.04, 0.12, 0.35)  # of interactions within a group: each further segment costs this factor
ACROSS = (0.01, 0.05, 0.2)  # what each further group costs, and would be 1 if groups did not matter
NOISES = (1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1)  # variance that no mask explains, of the outputs' own
FIRST_STRENGTHS, FIRST_ACROSS = (0.03, 0.2), (0.05,)  # of a first round, which tells what segments matter
EVEN_SHARE = 0.3  # of a segment's importance that is the same for all
# Variance of what segments do by their number alone, as one, two and three together, over that of all else.
BY_NUMBER = (0.1, 0.03, 0.01)
ROWS_FOR_CHOICE = 192  # more make strength and noise no surer, and cost their cube


class Setting(NamedTuple):
    """What is chosen for a target by likelihood; see the constants above."""

    strength: float
    across: float
    noise: float


@dataclass(frozen=True)
class MainEffects:
    """What the process says of each segment.

    Attributes
    ----------
    weights : np.ndarray [shape=(n_targets, n_segments)]
        Mean change of the output when the segment is present instead of hidden, over masks that
        keep each other segment with the keep probability.
    intercepts : np.ndarray [shape=(n_targets,)]
    standard_errors : np.ndarray [shape=(n_targets, n_segments)]
        Posterior standard deviations.
    """

    weights: np.ndarray
    intercepts: np.ndarray
    standard_errors: np.ndarray


def main_effects(
    masks: np.ndarray, outputs: np.ndarray, keep_probability: float, groupings: Sequence[np.ndarray] = ()
) -> MainEffects:
    """Fit a Gaussian process to answers and return its main effects.

    The covariance of two masks is a product over segments of 1 + r_j phi_j phi'_j, where phi_j is segment
    j's presence, standardised under the keep probability: an analysis of variance kernel [1]_ whose terms
    of first order are the weights of a linear surrogate with endless independent masks. Segments act
    together more where they sound at the same time or at the same pitch: so the products run over the
    groups of a grouping, P_g, and the covariance is the product over groups of 1 + s (P_g - 1), in the mean
    over groupings. To it comes what the number of segments does, whichever they are, as saturation does.
    Strength, s and noise are those of greatest marginal likelihood, for each target; a
    segment's r_j grows with its squared weight, in the mean over targets.

    Parameters
    ----------
    masks : np.ndarray of bool [shape=(n_calls, n_segments)]
    outputs : np.ndarray [shape=(n_calls, n_targets)]
    keep_probability : float
    groupings : sequence of np.ndarray of int [shape=(n_segments,)]
        Each segment's group, by one or more ways to group them; by default all are in one.

    .. [1] Durrande, Ginsbourger, Roustant, Carraro: ANOVA kernels and RKHS of zero mean functions for
       model-based sensitivity analysis. Journal of Multivariate Analysis 115, 2013.
    """
    kept = np.asarray(masks, dtype=float)
    mean = outputs.mean(axis=0)
    spread = outputs.std(axis=0)
    scale = np.where(spread > 1e-12 * np.maximum(np.abs(mean), 1e-12), spread, 1.0)
    standard = (outputs - mean) / scale
    prior = _Prior(keep_probability, groupings or [np.zeros(kept.shape[1], dtype=int)])
    importance = np.ones(kept.shape[1])
    some = slice(ROWS_FOR_CHOICE)
    for strengths, across in ((FIRST_STRENGTHS, FIRST_ACROSS), (STRENGTHS, ACROSS)):
        settings = [(strength, s) for strength in strengths for s in (across if prior.grouped else (1.0,))]
        choice, effects = _choose(prior, kept[some], standard[some], importance, settings)
        squared = effects**2
        total = squared.sum(axis=1, keepdims=True)
        share = np.divide(squared, total, out=np.full_like(squared, 1 / squared.shape[1]), where=total > 0)
        latest, importance = importance, _levelled(share.mean(axis=0))
    estimates, errors, levels = _solve(prior, kept, standard, latest, choice)
    deviation = np.sqrt(keep_probability * (1 - keep_probability))
    weights = estimates * (scale / deviation)[:, None]
    intercepts = mean + levels * scale - keep_probability * weights.sum(axis=1)
    return MainEffects(weights, intercepts, errors * (scale / deviation)[:, None])


def _levelled(share: np.ndarray) -> np.ndarray:
    return EVEN_SHARE + (1 - EVEN_SHARE) * share / share.mean()


class _Prior:
    """What is believed of the answers before any is known, but for strength and noise."""

    def __init__(self, p: float, groupings: Sequence[np.ndarray]) -> None:
        self.p = p
        self.members = [[np.flatnonzero(groups == g) for g in np.unique(groups)] for groups in groupings]
        self.grouped = any(len(groups) > 1 for groups in self.members)

    def of(self, kept: np.ndarray, importance: np.ndarray, strength: float, across: float) -> "_Covariances":
        """Return what is believed of the answers to masks."""
        r = np.minimum(strength * importance, 0.9)
        covariance = np.zeros((len(kept), len(kept)))
        for groups in self.members:
            product = np.ones_like(covariance)
            for members in groups:
                product *= 1 + across * self._within(kept[:, members], r[members])
            covariance += (product - 1) / len(self.members)
        variance = float(np.diag(covariance).mean())
        phi = (kept - self.p) / np.sqrt(self.p * (1 - self.p))
        by_number = _by_number(phi)
        covariance = covariance / variance + (by_number * BY_NUMBER[: by_number.shape[1]]) @ by_number.T
        n_segments, single = kept.shape[1], across * r / variance
        together = BY_NUMBER[0] * by_number[:, :1] / np.sqrt(n_segments)
        return _Covariances(covariance, single * phi + together, single + BY_NUMBER[0] / n_segments)

    def _within(self, kept: np.ndarray, r: np.ndarray) -> np.ndarray:
        """Return the product over a group's segments of 1 + r phi phi', less 1."""
        p, hidden = self.p, 1 - kept
        logarithm = (kept * np.log1p(r * (1 - p) / p)) @ kept.T
        logarithm += (hidden * np.log1p(r * p / (1 - p))) @ hidden.T
        mixed = (kept * np.log1p(-r)) @ hidden.T
        return np.expm1(logarithm + mixed + mixed.T)


class _Covariances(NamedTuple):
    """Beliefs about masks and main effects."""

    of_masks: np.ndarray
    """[shape=(n_calls, n_calls)]"""
    with_effects: np.ndarray
    """Of masks with main effects [shape=(n_calls, n_segments)]."""
    effects: np.ndarray
    """Variances of main effects [shape=(n_segments,)]."""


def _by_number(phi: np.ndarray) -> np.ndarray:
    """Return sums of all products of one, two and three phi, standardised; the number kept decides them.

    Parameters
    ----------
    phi : np.ndarray [shape=(n_calls, n_segments)]

    Returns
    -------
    np.ndarray [shape=(n_calls, at most 3)]
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
    """Return each target's setting of greatest likelihood, and its main effects under it."""
    n, n_targets = outputs.shape
    best = np.full(n_targets, -np.inf)
    choice = [Setting(*settings[0], NOISES[-1])] * n_targets
    effects = np.zeros((n_targets, kept.shape[1]))
    for strength, across in settings:
        believed = prior.of(kept, importance, strength, across)
        values, vectors = np.linalg.eigh(believed.of_masks)
        rotated = vectors.T @ outputs
        of_effects = believed.with_effects.T @ vectors
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
    """Return main effects, their posterior standard deviations, and each target's mean level."""
    from scipy.linalg import cho_factor, cho_solve

    shape = (outputs.shape[1], kept.shape[1])
    effects, errors, levels = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
    beliefs = {pair: prior.of(kept, importance, *pair) for pair in {setting[:2] for setting in choice}}
    for setting in sorted(set(choice)):
        chosen = [target for target, wanted in enumerate(choice) if wanted == setting]
        believed = beliefs[setting[:2]]
        factor = cho_factor(believed.of_masks + setting.noise * np.eye(len(kept)))
        asked = np.column_stack([outputs[:, chosen], np.ones(len(kept)), believed.with_effects])
        solved = cho_solve(factor, asked)
        answers, ones, influence = np.split(solved, [len(chosen), len(chosen) + 1], axis=1)
        level = ones[:, 0] @ outputs[:, chosen] / ones.sum()
        answers = answers - ones * level
        scatter = ((outputs[:, chosen] - level) * answers).mean(axis=0)
        variance = np.maximum(believed.effects - (believed.with_effects * influence).sum(axis=0), 0)
        effects[chosen] = (believed.with_effects.T @ answers).T
        errors[chosen] = np.sqrt(np.outer(np.maximum(scatter, 0), variance))
        levels[chosen] = level
    return effects, errors, levels
