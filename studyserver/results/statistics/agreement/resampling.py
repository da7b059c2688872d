"""Bootstrap draws of coefficients, over items or over items and raters.

Items are drawn with replacement. Raters are not: two copies of one rater agree perfectly, which would bias
every coefficient upwards. Each draw takes h of the m raters without replacement instead, about half of them.
The mean over h raters has variance S^2 (1/h - 1/m) around the mean over all m, where S^2 is the variance
between raters. With h = m^2 / (2 m - 1) this is S^2 (m - 1) / m^2, the variance of drawing m raters with
replacement. This is the "double-or-nothing" bootstrap of Owen, A. B., & Eckles, D. (2012). Bootstrapping data
arrays of arbitrary order. Annals of Applied Statistics 6.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .coefficients import Coefficient
from .ratings import Ratings, UndefinedError, raters_per_item


def bootstrap_draws(
    ratings: Ratings,
    coefficients: Sequence[Coefficient],
    *,
    with_raters: bool,
    draws: int,
    generator: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Return bootstrap draws of coefficients, by name; NaN where a draw is undefined.

    Parameters
    ----------
    ratings : Ratings
    coefficients : sequence of Coefficient
        All are computed from the same draws.
    with_raters : bool
        Whether to draw raters as well; needs at least three raters, so that every draw has pairs.
    draws : int
        Number of draws, > 0.
    generator : np.random.Generator
    """
    values = np.full((draws, len(coefficients)), np.nan)
    for row in values:
        drawn = draw(ratings, generator, with_raters=with_raters)
        if drawn.n:
            row[:] = [_value(coefficient, drawn, ratings) for coefficient in coefficients]
    return {coefficient.name: values[:, place] for place, coefficient in enumerate(coefficients)}


def draw(ratings: Ratings, generator: np.random.Generator, *, with_raters: bool) -> Ratings:
    """Draw items with replacement, and about half of the raters if asked for.

    Each copy of an item is an item of its own. Items that no drawn rater judged are left out.
    """
    m = ratings.n_raters
    raters = np.arange(m)
    kept = np.ones(ratings.n, dtype=bool)
    if with_raters:
        # h is rounded up or down at random, so that it is right on average.
        n_raters = max(2, int(m**2 / (2 * m - 1) + generator.random()))
        raters = np.sort(generator.choice(m, n_raters, replace=False))
        kept = np.isin(ratings.rater, raters)
    size = np.bincount(ratings.item[kept], minlength=ratings.n_items)
    picks = generator.integers(0, ratings.n_items, ratings.n_items)
    picks = picks[size[picks] > 0]
    # The judgments of an item are adjacent: `size` of them from `start`.
    start, last = np.concatenate([[0], np.cumsum(size)])[picks], np.cumsum(size[picks])
    n = int(last[-1]) if len(picks) else 0
    judgments = np.flatnonzero(kept)[np.arange(n) + np.repeat(start - last + size[picks], size[picks])]
    return replace(
        ratings,
        item=np.repeat(np.arange(len(picks)), size[picks]),
        rater=np.searchsorted(raters, ratings.rater[judgments]),
        code=ratings.code[judgments],
        item_labels=tuple(range(len(picks))),
        rater_labels=tuple(ratings.rater_labels[rater] for rater in raters),
        drawn_from=ratings,
    )


def _value(coefficient: Coefficient, drawn: Ratings, whole: Ratings) -> float:
    """Return the coefficient of a draw, converted to the number of raters of the whole panel."""
    try:
        value = coefficient.compute(drawn).value
    except UndefinedError:
        return float("nan")
    if coefficient.resized is None:
        return value
    return coefficient.resized(value, raters_per_item(drawn), raters_per_item(whole))
