"""Coefficients of resampled judgments: without each unit of items, and bootstrap draws.

Items are drawn with replacement. Raters are not: two copies of one rater agree perfectly, which would bias
every coefficient upwards. Each draw takes h of the m raters without replacement instead, about half of them.
The mean over h raters has variance S^2 (1/h - 1/m) around the mean over all m, where S^2 is the variance
between raters. With h = m^2 / (2 m - 1) this is S^2 (m - 1) / m^2, the variance of drawing m raters with
replacement. This is the "double-or-nothing" bootstrap of Owen, A. B., & Eckles, D. (2012). Bootstrapping data
arrays of arbitrary order. Annals of Applied Statistics 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .coefficients import Coefficient
from .leave_one_out import Estimate
from .ratings import Ratings, UndefinedError, raters_per_item

_MANY_UNITS = 30  # each then holds few of the judgments
_LONG = 2_000_000  # judgments to go through when every unit is left out


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
            row[:] = [_for_panel(coefficient, drawn, ratings) for coefficient in coefficients]
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
    picks = _picked_items(ratings, generator.integers(0, ratings.n_units, ratings.n_units))
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
        unit=None,
        drawn_from=ratings,
    )


def _picked_items(ratings: Ratings, units: np.ndarray) -> np.ndarray:
    """Return the items of the drawn units."""
    if ratings.unit is None:
        return units
    order = np.argsort(ratings.unit, kind="stable")
    size = np.bincount(ratings.unit)[units]
    start, last = np.searchsorted(ratings.unit[order], units), np.cumsum(size)
    return order[np.arange(size.sum()) + np.repeat(start - last + size, size)]


def without_units(
    ratings: Ratings, coefficients: Sequence[Coefficient], estimates: Mapping[str, object] | None = None
) -> dict[str, np.ndarray]:
    """Return coefficients without each unit of items, by name; NaN where one is undefined.

    They are computed anew. Where that takes long, and units are many, the changes without single items are
    added up instead if the estimates are given: to first order they are those without the unit.
    """
    units, n = ratings.unit, ratings.n_units
    if units is None:
        raise ValueError("the items are in no units; give prepare() the units")
    if estimates is not None and n >= _MANY_UNITS and n * ratings.n > _LONG:
        return {
            name: _added_up(ratings, units, one)
            for name, one in estimates.items()
            if isinstance(one, Estimate)
        }
    values = np.full((n, len(coefficients)), np.nan)
    for left_out, row in enumerate(values):
        rest = replace(ratings.select(units[ratings.item] != left_out), drawn_from=ratings)
        if rest.n:
            row[:] = [_value(coefficient, rest) for coefficient in coefficients]
    return {coefficient.name: values[:, place] for place, coefficient in enumerate(coefficients)}


def _added_up(ratings: Ratings, units: np.ndarray, estimate: Estimate) -> np.ndarray:
    change = estimate.without_item - estimate.value
    used = np.arange(ratings.n_items)
    if len(change) < len(used):  # items with one judgment are not used
        used = np.flatnonzero(ratings.item_size >= 2)
    return estimate.value + np.bincount(units[used], change, ratings.n_units)


def _value(coefficient: Coefficient, drawn: Ratings) -> float:
    try:
        return coefficient.compute(drawn).value
    except UndefinedError:
        return float("nan")


def _for_panel(coefficient: Coefficient, drawn: Ratings, whole: Ratings) -> float:
    """Return the coefficient of a draw, converted to the number of raters of the whole panel."""
    value = _value(coefficient, drawn)
    if coefficient.resized is None or np.isnan(value):
        return value
    return coefficient.resized(value, raters_per_item(drawn), raters_per_item(whole))
