"""How much the priors matter: figures of a fit if its priors had half or twice the weight.

The draws are weighted by a power of their prior density, so that no model is fitted again (power-scaling:
Kallioinen, Paananen, Buerkner & Vehtari 2024, Statistics and Computing 34:57). Weights are truncated after
Ionides (2008).
"""

from dataclasses import dataclass

import numpy as np

from .answers import Family
from .covariances import FREEDOM, FREEDOM_OF_TRACKS
from .estimands import Posterior
from .fit import PRIOR_SCALE, PRIOR_SCALE_BINARY, Fit

HALF, TWICE = 0.5, 2.0


@dataclass(frozen=True)
class Weighted:
    """A figure with priors of another weight: its median and 95 % interval."""

    estimate: float
    low: float
    high: float


def log_prior(fit: Fit) -> np.ndarray:
    """Return the log density of the priors at each draw, up to a constant, shape=(n_chains * n_draws,).

    Of the means, standard deviations and correlations; not of single tracks and raters.
    """
    draws, is_binary = fit.draws, fit.answers.family is Family.BINARY
    low, high = fit.answers.ends
    middle, length = (0.0, 3.0) if is_binary else ((low + high) / 2, high - low)
    scale = PRIOR_SCALE_BINARY if is_binary else PRIOR_SCALE * (high - low)
    found = -(((draws.means - middle) / length) ** 2).sum(axis=2) / 2
    for name in ("raters", "raters_by_level", "raters_by_track", "error"):
        variance = getattr(draws, name)
        if np.ptp(variance) > 0:  # the error of binary answers is fixed, other terms may be left out
            found = found - (FREEDOM + 1) / 2 * np.log1p(variance / scale**2 / FREEDOM)
    for covariance in (draws.tracks, draws.excerpts):
        if covariance.any():
            found = found + log_huang_wand(covariance, scale)
    return found.ravel()


def log_huang_wand(covariance: np.ndarray, scale: float) -> np.ndarray:
    """Return Huang and Wand's (2013) log density of the standard deviations and correlations of matrices.

    Parameters
    ----------
    covariance : np.ndarray [shape=(..., n_levels, n_levels)]
    scale : float
        Of the half-t priors of the standard deviations.

    Returns
    -------
    np.ndarray [shape=(...)]
        Up to a constant.
    """
    n_levels = covariance.shape[-1]
    log_sds = np.log(np.einsum("...ii->...i", covariance)).sum(axis=-1) / 2
    inverse = np.einsum("...ii->...i", np.linalg.inv(covariance))
    tail = np.log(FREEDOM_OF_TRACKS * inverse + 1 / scale**2).sum(axis=-1)
    powers = -(FREEDOM_OF_TRACKS + 2 * n_levels) / 2 * np.linalg.slogdet(covariance)[1]
    return powers - (FREEDOM_OF_TRACKS + n_levels) / 2 * tail + n_levels * log_sds


def weights(fit: Fit, power: float) -> np.ndarray:
    """Return the weights of the draws, which sum to 1, if the priors' weight is `power` times as large."""
    logs = (power - 1) * log_prior(fit)
    found = np.exp(logs - logs.max())
    found = np.minimum(found, found.mean() * np.sqrt(len(found)))
    return found / found.sum()


def weighted(figure: Posterior, by: np.ndarray) -> Weighted:
    """Return a figure from weighted draws."""
    order = np.argsort(figure.draws)
    below = np.cumsum(by[order]) - by[order] / 2
    low, middle, high = np.interp([0.025, 0.5, 0.975], below, figure.draws[order])
    return Weighted(float(middle), float(low), float(high))
