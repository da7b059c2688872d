"""Quantities of interest, each computed from every draw of a fit."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from .answers import Family
from .fit import Fit

LEAST_DIFFERENCE = 0.1  # of tracks, at the end of an interval, as a share of the estimate


@dataclass(frozen=True)
class Posterior:
    """Draws of one quantity.

    Attributes
    ----------
    draws : np.ndarray [shape=(n_chains * n_draws,)]
    """

    draws: np.ndarray

    @property
    def estimate(self) -> float:
        """The median."""
        return float(np.median(self.draws))

    @property
    def sd(self) -> float:
        """The standard deviation."""
        return float(self.draws.std(ddof=1))

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the limits that a share (1 - confidence) / 2 of the draws lies below, and above."""
        tail = (1 - confidence) / 2
        low, high = np.quantile(self.draws, [tail, 1 - tail])
        return float(low), float(high)

    def above(self, value: float) -> float:
        """Return the probability that the quantity is greater than a value."""
        return float((self.draws > value).mean())

    def p_value(self, value: float = 0.0) -> float:
        """Return twice the smaller of the probabilities of lying on either side of a value.

        At least one draw is taken to lie on each side, so the figure is never 0. Draws are counted as for
        `interval`: it is below .05 only if the 95 % interval excludes the value.
        """
        n = len(self.draws)
        above = int((self.draws > value).sum())
        return 2 * max(min(above, n - above), 1) / n

    def __sub__(self, other: "Posterior") -> "Posterior":
        """Return the difference of two quantities of the same fit."""
        return Posterior(self.draws - other.draws)


def mean(fit: Fit, level: Hashable) -> Posterior:
    """Return the expected answer of a new rater to a new track at a level, in units of the scale.

    For binary answers it is the share of answers 1. The limits of the scale are respected, because the
    probabilities of the answers are averaged over tracks and raters, not what was heard.
    """
    place = fit.answers.levels.index(level)
    heard = fit.draws.means[:, :, place]
    if fit.answers.family is Family.GAUSSIAN:
        return _flat(heard)
    spread = np.sqrt(_variance_of_answers(fit, place))
    below = ndtr((fit.draws.thresholds - heard[..., None]) / spread[..., None])
    points = np.array([0.0, 1.0]) if fit.answers.family is Family.BINARY else fit.answers.points
    return _flat(points[-1] - (below * np.diff(points)).sum(axis=-1))


def mean_of(fit: Fit, levels: Sequence[Hashable]) -> Posterior:
    """Return the average of the means of several levels, all with the same weight."""
    return Posterior(np.mean([mean(fit, level).draws for level in levels], axis=0))


def difference(fit: Fit, first: Sequence[Hashable], second: Sequence[Hashable]) -> Posterior:
    """Return the average mean of some levels less that of others, in units of the scale."""
    return mean_of(fit, first) - mean_of(fit, second)


def standardised_difference(fit: Fit, first: Sequence[Hashable], second: Sequence[Hashable]) -> Posterior:
    """Return the difference of what is heard, divided by its standard deviation across tracks (d_z)."""
    levels = fit.answers.levels
    weights = np.zeros(len(levels))
    for side, sign in ((first, 1.0), (second, -1.0)):
        for level in side:
            weights[levels.index(level)] += sign / len(side)
    tracks = fit.draws.tracks + fit.draws.excerpts
    variance = np.einsum("i,kdij,j->kd", weights, tracks, weights)
    return _flat(fit.draws.means @ weights / np.sqrt(np.maximum(variance, 1e-300)))


def retention(fit: Fit, reference: Hashable, level: Hashable) -> Posterior:
    """Return the correlation across tracks of what is heard at a level with what is heard at the reference.

    It lies between -1 and 1. Judgments are not correlated, but what all raters together would hear, so it
    needs no correction for their unreliability.
    """
    tracks = fit.draws.tracks + fit.draws.excerpts
    one, two = fit.answers.levels.index(reference), fit.answers.levels.index(level)
    return _flat(tracks[:, :, one, two] / np.sqrt(tracks[:, :, one, one] * tracks[:, :, two, two]))


def kept_share(fit: Fit, reference: Hashable, level: Hashable) -> Posterior:
    """Return how much of a difference between tracks at the reference is left at a level (a slope).

    It is 1 where differences are as large as at the reference; it has no limits, and means nothing where
    `differs_by_track` is false.
    """
    tracks = fit.draws.tracks + fit.draws.excerpts
    one, two = fit.answers.levels.index(reference), fit.answers.levels.index(level)
    return _flat(tracks[:, :, one, two] / tracks[:, :, one, one])


def differs_by_track(fit: Fit, reference: Hashable) -> bool:
    """Return whether tracks differ at the reference, so that a share of their differences has limits.

    They do if the 95 % interval of their standard deviation begins above `LEAST_DIFFERENCE` of its median.
    Below that the denominator of `kept_share` comes so near to 0 that its interval says only that.
    """
    tracks = fit.draws.tracks + fit.draws.excerpts
    place = fit.answers.levels.index(reference)
    low, middle = np.quantile(np.sqrt(tracks[:, :, place, place]), [0.025, 0.5])
    return bool(low > LEAST_DIFFERENCE * middle)


def detection(
    fit: Fit, signal: Sequence[Hashable], noise: Sequence[Hashable], heard_above: float = 0.0
) -> tuple[Posterior, Posterior]:
    """Return how well one rater tells signal from noise, and the rater's criterion.

    d' = z(hits) - z(false alarms), criterion = -(z(hits) + z(false alarms)) / 2, where the rates are those of
    a rater with an average criterion over new tracks. Raters with criteria of their own do not make d'
    smaller, as they do when hits of all raters are pooled (Macmillan & Creelman 2005).

    Parameters
    ----------
    fit : Fit
    signal, noise : sequence of labels
        The levels of both; several have the same weight.
    heard_above : float
        Answers above it count as heard, in units of the scale. Binary answers need none: 1 is heard.
    """
    hits, alarms = (
        np.mean([_z_of_rater(fit, level, heard_above) for level in levels], axis=0)
        for levels in (signal, noise)
    )
    return Posterior(hits - alarms), Posterior(-(hits + alarms) / 2)


def slope_per_doubling(fit: Fit, doses: Sequence[tuple[Hashable, float]]) -> Posterior:
    """Return by how much the mean rises each time the dose doubles (least squares over the levels).

    Parameters
    ----------
    fit : Fit
    doses : sequence of (level, dose)
        Doses greater than 0; at least two different ones.
    """
    steps = np.log2([dose for _, dose in doses])
    weights = (steps - steps.mean()) / ((steps - steps.mean()) ** 2).sum()
    means = np.array([mean(fit, level).draws for level, _ in doses])
    return Posterior(weights @ means)


def slope(fit: Fit, covariate: str) -> Posterior:
    """Return the effect of one unit of a covariate on what is heard."""
    place = list(fit.answers.covariates).index(covariate)
    return _flat(fit.draws.slopes[:, :, place])


def _variance_of_answers(fit: Fit, place: int, *, raters: bool = True) -> np.ndarray:
    """Return the variance of what new raters hear of new tracks, without or with differences of raters."""
    draws = fit.draws
    of_tracks = draws.tracks[:, :, place, place] + draws.excerpts[:, :, place, place]
    found = of_tracks + draws.raters_by_track + draws.error
    return found + draws.raters + draws.raters_by_level if raters else found


def _z_of_rater(fit: Fit, level: Hashable, heard_above: float) -> np.ndarray:
    place = fit.answers.levels.index(level)
    heard = fit.draws.means[:, :, place]
    if fit.answers.family is Family.ORDINAL:
        step = int((np.asarray(fit.answers.points) <= heard_above).sum()) - 1
        heard = heard - fit.draws.thresholds[:, :, step]
    elif fit.answers.family is Family.GAUSSIAN:
        heard = heard - heard_above
    return (heard / np.sqrt(_variance_of_answers(fit, place, raters=False))).ravel()


def _flat(draws: np.ndarray) -> Posterior:
    return Posterior(draws.ravel())
