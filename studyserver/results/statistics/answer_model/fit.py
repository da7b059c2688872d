"""One crossed model of the answers to a question, from which all figures about it are computed.

    heard = mean[condition] + rater + rater[condition] + track[condition] + rater x track + error

Tracks (and excerpts in them) have a covariance over the conditions, so that the model knows how much of the
differences between tracks remains in another condition; raters differ in general and by condition; a rater's
judgments of one track share a deviation. Answers on a slider are what was heard, answers on a scale the step
it falls into, answers between two the side of 0. All judgments are used, whether or not a rater judged the
same track in two conditions.
"""

from dataclasses import dataclass, replace

import numpy as np

from .answers import Answers, Family
from .convergence import LARGEST_R_HAT, SMALLEST_ESS, effective_size, r_hat
from .draws import Draws, empty_draws
from .sampler import Sampler

VERSION = 1  # changes when the same answers would give other figures
PRIOR_SCALE = 0.25  # of standard deviations, as a share of the scale
PRIOR_SCALE_BINARY = 1.0  # in units of the error


@dataclass(frozen=True)
class Effort:
    """How long to draw.

    Attributes
    ----------
    n_chains : int
        At least 2.
    n_warm_up, n_draws : int
        Draws of each chain before those that are kept, and kept; at least 50.
    attempts : int
        Where chains do not agree they are drawn again with twice the effort, at most so many times in all.
    """

    n_chains: int = 4
    n_warm_up: int = 400
    n_draws: int = 800
    attempts: int = 3


USUAL = Effort()


@dataclass(frozen=True)
class Fit:
    """The model of one question's answers.

    Attributes
    ----------
    answers : Answers
    draws : Draws
    largest_r_hat : float
        Over means, variances, correlations and thresholds; near 1 if the chains agree.
    smallest_size : float
        Effective number of draws, the smallest of these.
    """

    answers: Answers
    draws: Draws
    largest_r_hat: float
    smallest_size: float

    @property
    def has_converged(self) -> bool:
        """Whether the chains agree well enough for intervals."""
        return self.largest_r_hat <= LARGEST_R_HAT and self.smallest_size >= SMALLEST_ESS


def fit_answers(
    answers: Answers,
    *,
    seed: int = 0,
    effort: Effort = USUAL,
    prior_scale: float | None = None,
) -> Fit:
    """Return draws from the posterior of the crossed model.

    Parameters
    ----------
    answers : Answers
    seed : int
        The same answers and seed give the same draws.
    effort : Effort
    prior_scale : float, optional
        Scale of the half-t priors of standard deviations: a share of the distance between the ends of the
        scale (default `PRIOR_SCALE`), or in units of the error for binary answers (`PRIOR_SCALE_BINARY`).

    Returns
    -------
    Fit

    Examples
    --------
    >>> import pandas as pd
    >>> from studyserver.results.statistics.answer_model.answers import answers_of
    >>> rows = [(rater, track, level) for rater in range(6) for track in range(6) for level in "ab"]
    >>> table = pd.DataFrame(rows, columns=["rater", "track", "level"])
    >>> table["value"] = [(17 * place) % 29 + 30 * (row[2] == "b") for place, row in enumerate(rows)]
    >>> fit = fit_answers(answers_of(table, Family.GAUSSIAN, (0, 100)), effort=Effort(n_draws=200))
    >>> fit.draws.means.shape
    (4, 200, 2)
    """
    if prior_scale is None:
        prior_scale = PRIOR_SCALE_BINARY if answers.family is Family.BINARY else PRIOR_SCALE
    for attempt in range(effort.attempts):
        fit = _fit(answers, np.random.default_rng((seed, attempt)), effort, prior_scale)
        if fit.has_converged:
            break
        effort = replace(effort, n_warm_up=2 * effort.n_warm_up, n_draws=2 * effort.n_draws)
    return fit


def _fit(answers: Answers, rng: np.random.Generator, effort: Effort, prior_scale: float) -> Fit:
    sampler = Sampler(answers, effort.n_chains, rng, prior_scale)
    for _ in range(effort.n_warm_up):
        sampler.sweep()
    for walk in sampler.walks:
        walk.learns = False
    n_thresholds = 0 if sampler.latent is None else sampler.latent.thresholds.shape[1]
    draws = empty_draws(answers, effort.n_chains, effort.n_draws, n_thresholds)
    for place in range(effort.n_draws):
        sampler.sweep()
        sampler.store(draws, place)
    checked = list(_checked(draws))
    return Fit(
        answers,
        draws,
        float(np.nanmax([r_hat(one) for one in checked])),
        float(np.nanmin([effective_size(one) for one in checked])),
    )


def _checked(draws: Draws) -> list[np.ndarray]:
    """Return the numbers whose convergence is checked, each of shape (n_chains, n_draws)."""
    n_levels = draws.means.shape[2]
    found = [draws.means[:, :, level] for level in range(n_levels)]
    total = draws.tracks + draws.excerpts
    for one in range(n_levels):
        found.append(np.log(total[:, :, one, one]))
        for two in range(one):
            found.append(total[:, :, one, two] / np.sqrt(total[:, :, one, one] * total[:, :, two, two]))
    variances = (draws.raters, draws.raters_by_level, draws.raters_by_track, draws.error)
    found += [variance for variance in variances if np.ptp(variance) > 0]
    found += [draws.thresholds[:, :, place] for place in range(draws.thresholds.shape[2])]
    return [one for one in found if np.ptp(one) > 0]
