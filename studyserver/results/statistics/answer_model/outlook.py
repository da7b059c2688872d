"""How many more raters would settle what is not settled yet, from the variances of a fit."""

from collections.abc import Hashable, Sequence

import numpy as np
from scipy import stats

from .estimands import difference
from .fit import Fit


def raters_to_settle(
    fit: Fit,
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    *,
    smallest: float | None = None,
    confidence: float = 0.95,
) -> float:
    """Return how many raters in all would exclude zero from the interval of a difference.

    The difference is taken to stay what it is now; with a smallest effect, what excludes either zero or that
    effect counts. Of the squared standard error, the part of the tracks stays, and the rest falls with the
    number of raters, who each judge as much as those so far.

    Parameters
    ----------
    fit : Fit
    first, second : sequences of labels
        As for `estimands.difference`.
    smallest : float, optional
        Smallest effect that matters, in units of the scale.
    confidence : float
        Of the interval.

    Returns
    -------
    float
        At least the number so far; infinite if no number would do, because there are too few tracks.
    """
    found = difference(fit, first, second)
    distance = abs(found.estimate)
    if smallest is not None:
        distance = max(distance, smallest - distance)
    wanted = (distance / stats.norm.ppf((1 + confidence) / 2)) ** 2
    now = found.sd**2
    of_tracks = min(_of_tracks(fit, first, second, now), now)
    n_raters = len(fit.answers.raters)
    if wanted >= now:
        return float(n_raters)
    if wanted <= of_tracks:
        return float("inf")
    return float(n_raters * (now - of_tracks) / (wanted - of_tracks))


def _of_tracks(fit: Fit, first: Sequence[Hashable], second: Sequence[Hashable], now: float) -> float:
    """Return the part of the squared standard error that more raters of the same tracks do not reduce."""
    answers = fit.answers
    weights = np.zeros(len(answers.levels))
    for side, sign in ((first, 1.0), (second, -1.0)):
        for level in side:
            weights[answers.levels.index(level)] += sign / len(side)
    used = np.isin(answers.level, np.flatnonzero(weights))
    n_tracks = len(np.unique(answers.track[used]))
    tracks = np.median(fit.draws.tracks + fit.draws.excerpts, axis=(0, 1))
    # A step of what is heard is a smaller step of the answer near the ends of a scale, as the ratio of both
    # standard errors says.
    heard = (fit.draws.means @ weights).std()
    return float(weights @ tracks @ weights / n_tracks * (now / heard**2 if heard > 0 else 1.0))
