"""Bootstrap draws: coefficients of drawn items, or of drawn items and raters.

Items are drawn with replacement. Raters are not: two copies of a rater agree with each other, which would
make any panel look as if it agreed. Each draw takes h of the m raters instead, about half of them. A mean
over them varies about that over all raters with variance S^2 (1/h - 1/m). With h = m^2 / (2 m - 1) that is
S^2 (m - 1) / m^2, as if m raters were drawn with replacement ("double-or-nothing": Owen, A. B., & Eckles, D.
(2012). Bootstrapping data arrays of arbitrary order. Annals of Applied Statistics 6).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .coefficients import Coefficient
from .ratings import Ratings, UndefinedError, raters_per_item

FEWEST_RATERS = 3  # of which a half still has pairs


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
        Whether raters are drawn as well; needs at least three of them.
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
    """Return as many items, drawn with replacement, judged by all raters or by about half of them.

    A copy of an item counts as another item. Items that no drawn rater judged are left out.
    """
    m = ratings.n_raters
    raters = np.arange(m)
    kept = np.ones(ratings.n, dtype=bool)
    if with_raters:
        n_raters = max(2, int(m**2 / (2 * m - 1) + generator.random()))
        raters = np.sort(generator.choice(m, n_raters, replace=False))
        kept = np.isin(ratings.rater, raters)
    size = np.bincount(ratings.item[kept], minlength=ratings.n_items)
    picks = generator.integers(0, ratings.n_items, ratings.n_items)
    picks = picks[size[picks] > 0]
    # The judgments of an item stand side by side: from `start`, as many as `size`.
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
    """Return a coefficient of what was drawn; one that grows with the panel as if the panel were whole."""
    try:
        value = coefficient.compute(drawn).value
    except UndefinedError:
        return float("nan")
    if coefficient.resized is None:
        return value
    return coefficient.resized(value, raters_per_item(drawn), raters_per_item(whole))
