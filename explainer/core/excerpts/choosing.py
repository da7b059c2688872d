"""The choice of excerpts of one track, or of several together, from a model's outputs on all of them.

Both searches are exact. Excerpts that are `apart` in time form a chain from left to right, so the best chain
is found by dynamic programming over the starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explainer.core.base.counting import plural

from .curve import Curve, require_target
from .rule import ExcerptError, ExcerptRule


@dataclass(frozen=True)
class Choice:
    """One chosen excerpt.

    Attributes
    ----------
    start : float
        s, to the millisecond.
    output : float
        The model's output for the target on the excerpt.
    level : float or None
        The value that was sought, on the scale on which the output is explained; None for most and least.
    """

    start: float
    output: float
    level: float | None = None


def choose(
    curve: Curve,
    target: str,
    rule: ExcerptRule,
    *,
    levels: Sequence[float] | None = None,
    name: str = "the track",
) -> list[Choice]:
    """Choose excerpts of one track.

    ``most`` and ``least`` give the excerpts with the greatest or smallest sum of outputs; ``spread`` those
    with the smallest sum of squared distances from the levels. Silent excerpts are not chosen.

    Parameters
    ----------
    curve : Curve
        Of the track, with the length of the rule.
    target : str
    levels : sequence of float, optional
        `number` values to come close to, for ``spread``; by default evenly from the lowest to the highest
        value of the track. `levels_for` divides them among several tracks.
    name : str
        The track, for messages.

    Returns
    -------
    list of Choice
        From left to right.

    Raises
    ------
    ExcerptError
        If the model does not have the target, or there are not enough excerpts.
    """
    require_target(curve, target)
    if not rule.number:
        return []
    usable = np.flatnonzero(curve.usable())
    values, starts = curve.values(target)[usable], curve.starts[usable]
    following = np.searchsorted(starts, starts + rule.seconds + rule.apart - 1e-6)
    _require_enough(following, rule, curve, name)
    if rule.where == "spread":
        sought = _even(values, rule.number) if levels is None else list(levels)
        costs = np.square(values[:, None] - np.array(sought))
        chosen = _closest(costs, following)
    else:
        sign = -1.0 if rule.where == "most" else 1.0
        sought = []
        chosen = [(index, -1) for index in _cheapest(sign * values, following, rule.number)]
    return [
        Choice(
            start=float(starts[index]),
            output=float(curve.outputs[target][usable[index]]),
            level=float(sought[which]) if sought else None,
        )
        for index, which in chosen
    ]


def levels_for(values: Sequence[np.ndarray], number: int) -> list[list[float]]:
    """Divide levels among tracks, so that their excerpts together are spread evenly over the range of all.

    There are `number` levels for each track, evenly from the lowest to the highest value of any. Each goes
    to a track that comes close to it, so that the sum of squared distances is smallest.

    Parameters
    ----------
    values : sequence of np.ndarray [shape=(n_starts,)]
        Of each track, on the scale on which outputs are explained.
    number : int
        Levels for each track.

    Examples
    --------
    One track is low and one is high:

    >>> import numpy as np
    >>> levels_for([np.array([0.0, 1.0, 2.0]), np.array([4.0, 5.0, 6.0])], 2)
    [[0.0, 2.0], [4.0, 6.0]]
    """
    from scipy.optimize import linear_sum_assignment

    levels = _even(np.concatenate(list(values)), number * len(values))
    costs = np.array([[np.square(row - level).min() for level in levels] for row in values])
    # One row for each place that a track has, so that all tracks get equally many.
    _places, assigned = linear_sum_assignment(np.repeat(costs, number, axis=0))
    return [
        sorted(levels[index] for index in assigned[first : first + number])
        for first in range(0, len(assigned), number)
    ]


def _even(values: np.ndarray, number: int) -> list[float]:
    """Return evenly spaced values over a range; the middle if there is only one."""
    low, high = float(values.min()), float(values.max())
    return [(low + high) / 2] if number == 1 else np.linspace(low, high, number).tolist()


def _require_enough(following: np.ndarray, rule: ExcerptRule, curve: Curve, name: str) -> None:
    """Refuse if fewer excerpts than wanted lie apart, by taking the earliest possible each time."""
    found, index = 0, 0
    while index < len(following):
        found, index = found + 1, int(following[index])
    if found < rule.number:
        silent = int((~curve.usable()).sum())
        because = f", because {silent} of {plural(curve.starts, 'place')} are silent" if silent else ""
        on = "" if curve.starts_on == "anywhere" else f" and start on {curve.starts_on}"
        raise ExcerptError(
            f"{name} has room for only {plural(found, 'excerpt')} of {rule.seconds:g} s that lie "
            f"{rule.apart:g} s apart{on}{because}; choose fewer or shorter ones, or leave it out"
        )


def _cheapest(costs: np.ndarray, following: np.ndarray, number: int) -> list[int]:
    """Return the `number` indices with the smallest sum of costs that form a chain."""
    n = len(costs)
    best = np.full((number + 1, n + 1), np.inf)  # of so many, from this index on
    best[0] = 0
    for index in range(n - 1, -1, -1):
        taken = costs[index] + best[:-1, following[index]]
        best[1:, index] = np.minimum(best[1:, index + 1], taken)
    chosen, index, left = [], 0, number
    while left:
        if best[left, index] == best[left, index + 1]:
            index += 1
        else:
            chosen.append(index)
            index, left = int(following[index]), left - 1
    return chosen


def _closest(costs: np.ndarray, following: np.ndarray) -> list[tuple[int, int]]:
    """Return the chain of indices with the smallest sum of costs, each with the level that it is for.

    Parameters
    ----------
    costs : np.ndarray [shape=(n, n_levels)]
    """
    n, number = costs.shape
    sets = np.arange(2**number)  # of levels that are still sought, as bits
    best = np.full((n + 1, 2**number), np.inf)
    best[:, 0] = 0
    for index in range(n - 1, -1, -1):
        best[index] = best[index + 1]
        for level in range(number):
            with_it = sets[(sets >> level) & 1 == 1]
            taken = costs[index, level] + best[following[index], with_it ^ (1 << level)]
            best[index, with_it] = np.minimum(best[index, with_it], taken)
    chosen, index, left = [], 0, 2**number - 1
    while left:
        if best[index, left] == best[index + 1, left]:
            index += 1
            continue
        level = min(
            (level for level in range(number) if left >> level & 1),
            key=lambda level: costs[index, level] + best[following[index], left ^ (1 << level)],
        )
        chosen.append((index, level))
        index, left = int(following[index]), left ^ (1 << level)
    return chosen
