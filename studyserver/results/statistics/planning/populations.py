"""Populations of raters and tracks that a plan assumes, with an effect of a given size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize
from scipy.special import ndtri

from studyserver.results.statistics.abx import differencing_share
from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.fit import Fit
from studyserver.results.statistics.answer_model.simulation import Truth

from .quantities import Detection, Difference, Matching, Named, OddOneOut, Quantity, Retention, Share

USUAL_RETENTION = 0.5  # of levels about which nothing is known, and of the second one
_GREATEST_RETENTION = 0.98


@dataclass(frozen=True)
class Deviations:
    """Standard deviations, as shares of the scale; of answers between two, in units of the error.

    Attributes
    ----------
    tracks : float
        Between tracks at one level.
    raters : float
        Between raters in general.
    raters_by_level : float
        Between raters in what a level does.
    raters_by_track : float
        Between raters in one track.
    error : float
        Of a single judgment.
    """

    tracks: float
    raters: float
    raters_by_level: float
    raters_by_track: float
    error: float


# Assumed without a pilot: those of studies of perceived emotion in music on scales, roughly.
USUAL_DEVIATIONS = Deviations(0.2, 0.1, 0.05, 0.075, 0.175)
USUAL_DEVIATIONS_BINARY = Deviations(0.8, 0.4, 0.2, 0.3, 1.0)


def population(
    deviations: Deviations,
    n_levels: int,
    family: Family,
    ends: tuple[float, float] = (0.0, 1.0),
    points: Sequence[float] = (),
    *,
    reference: int = 0,
) -> Truth:
    """Return a population without differences between levels, with `USUAL_RETENTION` at all but one of them.

    Parameters
    ----------
    deviations : Deviations
        At most one of tracks and error may be 0.
    n_levels : int
    family : Family
    ends : (float, float)
        Of the scale.
    points : sequence of float
        Of a scale with steps.
    reference : int
        The level that the others are correlated with.
    """
    width = 1.0 if family is Family.BINARY else ends[1] - ends[0]
    middle = 0.0 if family is Family.BINARY else (ends[0] + ends[1]) / 2
    loadings = np.full(n_levels, USUAL_RETENTION)
    loadings[reference] = 1.0
    variances = {
        name: (getattr(deviations, name) * width) ** 2
        for name in ("raters", "raters_by_level", "raters_by_track", "error")
    }
    covariance = _covariance(loadings, np.full(n_levels, deviations.tracks * width))
    means = np.full(n_levels, middle)
    return Truth(means, covariance, **variances, family=family, ends=ends, points=np.asarray(points, float))


def population_of(fit: Fit) -> Truth:
    """Return the population that a model of answers describes, by the medians of its draws."""
    draws, answers = fit.draws, fit.answers
    medians = {
        name: float(np.median(getattr(draws, name)))
        for name in ("raters", "raters_by_level", "raters_by_track", "error")
    }
    ordinal = answers.family is Family.ORDINAL
    return Truth(
        np.median(draws.means, axis=(0, 1)),
        np.median(draws.tracks + draws.excerpts, axis=(0, 1)),
        **medians,
        family=answers.family,
        ends=answers.ends,
        points=answers.points,
        thresholds=np.median(draws.thresholds, axis=(0, 1)) if ordinal else None,
    )


def _covariance(loadings: np.ndarray, sd: np.ndarray) -> np.ndarray:
    correlations = np.outer(loadings, loadings)
    np.fill_diagonal(correlations, 1.0)
    return correlations * np.outer(sd, sd)


# -- effects --------------------------------------------------------------------------------------


def with_effect(truth: Truth, quantity: Quantity, effect: float) -> Truth:
    """Return the population in which a quantity has a given true value; the rest stays as it is.

    Raises
    ------
    ValueError
        If no population has so great an effect, such as a difference wider than the scale.
    """
    found = _EFFECTS[type(quantity)](truth, quantity, effect)
    if abs(quantity.true_value(found) - effect) > 1e-3 * max(1.0, abs(effect)):
        raise ValueError(f"an effect of {effect:g} is not possible on this scale")
    return found


def _with_difference(truth: Truth, quantity: Difference, effect: float) -> Truth:
    centre = (truth.means[quantity.first] + truth.means[quantity.second]) / 2
    return _solved(
        lambda half: _at(truth, {quantity.first: centre + half, quantity.second: centre - half}),
        quantity,
        effect,
    )


def _with_detection(truth: Truth, quantity: Detection, effect: float) -> Truth:
    return _solved(lambda half: _at(truth, {quantity.signal: half, quantity.noise: -half}), quantity, effect)


def _with_share(truth: Truth, quantity: Share, effect: float) -> Truth:
    return _of_probability(truth, 0, quantity.chance + effect)


def _with_matching(truth: Truth, quantity: Matching, effect: float) -> Truth:
    return _of_probability(truth, 0, differencing_share(max(effect, 0.0)))


def _with_named(truth: Truth, quantity: Named, effect: float) -> Truth:
    if not quantity.second:
        return _of_probability(truth, 0, quantity.chance + effect)
    other = min(quantity.chance + 0.1, 1 - 1e-3 - effect)
    return _of_probability(_of_probability(truth, 1, other), 0, other + effect)


def _with_retention(truth: Truth, quantity: Retention, effect: float) -> Truth:
    levels = range(len(truth.means))
    loadings = np.array([truth.retention(quantity.reference, level) for level in levels])
    loadings = np.clip(loadings, -_GREATEST_RETENTION, _GREATEST_RETENTION)
    loadings[quantity.reference] = 1.0
    if quantity.second is None:
        loadings[quantity.first] = effect
    else:
        loadings[quantity.second] = min(loadings[quantity.second], _GREATEST_RETENTION - effect)
        loadings[quantity.first] = loadings[quantity.second] + effect
    if abs(loadings).max() > 1:
        raise ValueError("a retention lies between -1 and 1")
    return replace(truth, tracks=_covariance(loadings, np.sqrt(np.diag(truth.tracks))))


_EFFECTS: dict[type, Callable[..., Truth]] = {
    Difference: _with_difference,
    Detection: _with_detection,
    Share: _with_share,
    OddOneOut: _with_share,
    Matching: _with_matching,
    Named: _with_named,
    Retention: _with_retention,
}


def _at(truth: Truth, means: dict[int, float]) -> Truth:
    found = np.array(truth.means, dtype=float)
    for level, mean in means.items():
        found[level] = mean
    return replace(truth, means=found)


def _solved(make: Callable[[float], Truth], quantity: Quantity, effect: float) -> Truth:
    """Return the population that `make` gives for the half distance at which the effect is as wanted."""

    def missing(half: float) -> float:
        return quantity.true_value(make(half)) - effect

    one = make(0.0)
    most = 20 * (float(one.ends[1] - one.ends[0]) + 1)
    if missing(most) < 0 or missing(-most) > 0:
        raise ValueError(f"an effect of {effect:g} is not possible on this scale")
    return make(float(optimize.brentq(missing, -most, most, xtol=1e-9)))


def _of_probability(truth: Truth, level: int, probability: float) -> Truth:
    if not 0 < probability < 1:
        raise ValueError("a share lies between 0 and 1")
    spread = truth.tracks[level, level] + truth.raters + truth.raters_by_level + truth.raters_by_track
    return _at(truth, {level: float(ndtri(probability) * np.sqrt(spread + truth.error))})
