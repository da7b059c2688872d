"""Draws from the posterior of the crossed model."""

from dataclasses import dataclass

import numpy as np

from .answers import Answers


@dataclass
class Draws:
    """Draws of every chain; the first two axes are chain and draw.

    Attributes
    ----------
    means : np.ndarray [shape=(n_chains, n_draws, n_levels)]
    tracks, excerpts : np.ndarray [shape=(n_chains, n_draws, n_levels, n_levels)]
        Covariances; zeros for excerpts if no track has several.
    raters, raters_by_level, raters_by_track, error : np.ndarray [shape=(n_chains, n_draws)]
        Variances; zeros for what the model does not contain.
    slopes : np.ndarray [shape=(n_chains, n_draws, n_covariates)]
    thresholds : np.ndarray [shape=(n_chains, n_draws, n_thresholds)]
    """

    means: np.ndarray
    tracks: np.ndarray
    excerpts: np.ndarray
    raters: np.ndarray
    raters_by_level: np.ndarray
    raters_by_track: np.ndarray
    error: np.ndarray
    slopes: np.ndarray
    thresholds: np.ndarray


def empty_draws(answers: Answers, n_chains: int, n_draws: int, n_thresholds: int) -> Draws:
    """Return zeros to be filled."""
    n_levels, first = len(answers.levels), (n_chains, n_draws)

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros((*first, *shape))

    return Draws(
        means=zeros(n_levels),
        tracks=zeros(n_levels, n_levels),
        excerpts=zeros(n_levels, n_levels),
        raters=zeros(),
        raters_by_level=zeros(),
        raters_by_track=zeros(),
        error=zeros(),
        slopes=zeros(len(answers.covariates)),
        thresholds=zeros(n_thresholds),
    )
