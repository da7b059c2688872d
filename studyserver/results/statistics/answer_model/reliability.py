"""Generalisability: what answers differ by, and how reliable the means of raters are (Brennan 2001)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .estimands import Posterior
from .fit import Fit

COMPONENTS = {
    "tracks": "tracks, at the same level",
    "tracks_by_level": "tracks, by level",
    "excerpts": "excerpts of a track",
    "raters": "raters, in general",
    "raters_by_level": "raters, by level",
    "raters_by_track": "raters, by track",
    "error": "what remains",
}


def components(fit: Fit) -> dict[str, Posterior]:
    """Return the variance of each source of differences, averaged over the levels; absent ones are left out.

    ``tracks`` is what the levels share (their mean covariance, at least 0), ``tracks_by_level`` the rest.
    """
    draws, n_levels = fit.draws, len(fit.answers.levels)
    found = {}
    total = np.einsum("kdcc->kd", draws.tracks) / n_levels
    if n_levels > 1:
        shared = (draws.tracks.sum(axis=(2, 3)) / n_levels - total) / (n_levels - 1)
        shared = np.clip(shared, 0.0, total)
        found["tracks"], found["tracks_by_level"] = shared, total - shared
    else:
        found["tracks"] = total
    found["excerpts"] = np.einsum("kdcc->kd", draws.excerpts) / n_levels
    for name in ("raters", "raters_by_level", "raters_by_track", "error"):
        found[name] = getattr(draws, name)
    return {name: Posterior(value.ravel()) for name, value in found.items() if value.any()}


def reliability(fit: Fit, n_raters: float, *, absolute: bool = False) -> Posterior:
    """Return the reliability of the mean of some raters who all judge the same clips of one level.

    Parameters
    ----------
    fit : Fit
    n_raters : float
        Greater than 0.
    absolute : bool
        Whether differences between raters count as error (Brennan's Phi), because other raters judge each
        clip; otherwise they do not (the generalisability coefficient), because they shift all clips alike.

    Returns
    -------
    Posterior
        The share of the variance of the means that differences between clips make, 0 to 1, averaged over the
        levels.
    """
    draws = fit.draws
    of_clips = np.einsum("kdcc->kdc", draws.tracks + draws.excerpts)
    error = draws.raters_by_track + draws.error
    if absolute:
        error = error + draws.raters + draws.raters_by_level
    return Posterior((of_clips / (of_clips + error[:, :, None] / n_raters)).mean(axis=2).ravel())


def component_table(
    fit: Fit, n_raters: Sequence[int] = (1, 5, 10, 20), *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the G-study table: variances, their shares, and the reliability of means of several raters.

    Returns
    -------
    pd.DataFrame
        ``statistic`` (``variance_...``, ``share_...``, ``reliability_of_k`` and ``dependability_of_k``),
        ``estimate``, ``se``, ``ci_low``, ``ci_high``.
    """
    parts = components(fit)
    total = np.sum([one.draws for one in parts.values()], axis=0)
    rows = {f"variance_{name}": one for name, one in parts.items()}
    rows |= {f"share_{name}": Posterior(one.draws / total) for name, one in parts.items()}
    for k in n_raters:
        rows[f"reliability_of_{k}"] = reliability(fit, k)
        rows[f"dependability_of_{k}"] = reliability(fit, k, absolute=True)
    return pd.DataFrame(
        [(name, one.estimate, one.sd, *one.interval(confidence)) for name, one in rows.items()],
        columns=["statistic", "estimate", "se", "ci_low", "ci_high"],
    )
