"""The registry of coefficients and the decorator that adds one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np

from studyserver.results.statistics.intervals import Scale, proportion_scale, reliability_scale
from studyserver.results.statistics.reasons import Why

from ..leave_one_out import Estimate
from ..ratings import LEVELS, NUMERIC_LEVELS, Ratings, UndefinedError

Compute = Callable[..., Estimate]  # of ratings, and of options with defaults
ORDERED_LEVELS = ("ordinal", *NUMERIC_LEVELS)
_NEEDED = {ORDERED_LEVELS: "values with an order", NUMERIC_LEVELS: "numbers with equal steps"}


def reliability(ratings: Ratings) -> Scale:
    """Return the scale of coefficients between -1 / (m - 1) and 1, with m raters per item."""
    return reliability_scale(max(ratings.mean_raters_per_item, 2.0))


def reliability_of_shares(ratings: Ratings) -> Scale:
    """Return the same for coefficients whose chance agreement follows from how often each option is chosen.

    Where one option is rare, few judgments tell agreement apart, and estimates that are too low come with
    standard errors that are too small. Dividing m by the evenness of the options, 1 if all are chosen equally
    often, lengthens the upper side: in simulations with 5 to 10 % yes, intervals of alpha then cover .95 to
    .98 instead of .89 to .94 (`tests/benchmarks/coverage.py`).
    """
    shares = np.bincount(ratings.code) / ratings.n
    n = max(int(np.count_nonzero(shares)), 2)
    evenness = (1 - float(shares @ shares)) * n / (n - 1)
    return reliability_scale(max(ratings.mean_raters_per_item, 2.0) / max(evenness, 1e-3))


def proportion(ratings: Ratings) -> Scale:
    """Return the scale of coefficients between 0 and 1."""
    return proportion_scale()


@dataclass(frozen=True)
class Coefficient:
    """One coefficient of agreement.

    Attributes
    ----------
    name : str
        Its name in tables and in calls.
    label : str
        Its name in texts.
    place : int
        Tables list coefficients in this order.
    compute : callable
        From ratings to the estimate. Raises `UndefinedError` if the coefficient is undefined.
    levels : tuple of str
        The levels of measurement that it accepts: all, `ORDERED_LEVELS` or `NUMERIC_LEVELS`.
    scale : callable
        From ratings to the scale on which the coefficient is approximately normal.
    of_categories : bool
        Whether it ignores the distance between values; pages do not show it for continuous answers.
    of_disagreement : bool
        Whether `Estimate.observed` and `expected` are disagreement instead of agreement.
    on_request : bool
        Whether tables contain it only if it is requested by name.
    resized : callable, optional
        From a value, its number of raters per item and another number, to the value for the other number.
        None if the coefficient does not depend on the number of raters.
    """

    name: str
    label: str
    place: int
    compute: Compute
    levels: tuple[str, ...] = LEVELS
    scale: Callable[[Ratings], Scale] = reliability
    of_categories: bool = False
    of_disagreement: bool = False
    on_request: bool = False
    resized: Callable[[float, float, float], float] | None = None


COEFFICIENTS: dict[str, Coefficient] = {}


def coefficient(name: str, label: str, place: int, **traits: Any) -> Callable[[Compute], Compute]:
    """Register a function as a coefficient; `traits` are further attributes of `Coefficient`.

    The registered function raises `UndefinedError` for other levels of measurement.
    """

    def register(compute: Compute) -> Compute:
        @wraps(compute)
        def of_level(ratings: Ratings, **options: Any) -> Estimate:
            if ratings.level not in one.levels:
                named = f"{', '.join(one.levels[:-1])} or {one.levels[-1]}"
                raise UndefinedError(
                    Why.ANOTHER_LEVEL, needed=_NEEDED[one.levels], levels=named, level=ratings.level
                )
            return compute(ratings, **options)

        one = COEFFICIENTS[name] = Coefficient(name, label, place, of_level, **traits)
        return of_level

    return register
