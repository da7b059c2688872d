"""The list of coefficients and how one gets on it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from studyserver.results.statistics.intervals import Scale, proportion_scale, reliability_scale

from ..leave_one_out import Estimate
from ..ratings import LEVELS, NUMERIC_LEVELS, Ratings, UndefinedError

Compute = Callable[..., Estimate]  # of ratings, and of options with defaults
ORDERED_LEVELS = ("ordinal", *NUMERIC_LEVELS)
_NEEDED = {ORDERED_LEVELS: "values with an order", NUMERIC_LEVELS: "numbers with equal steps"}


def reliability(ratings: Ratings) -> Scale:
    """Return the scale of coefficients that chance lets fall to -1 / (m - 1), m raters per item."""
    return reliability_scale(max(ratings.mean_raters_per_item, 2.0))


def proportion(ratings: Ratings) -> Scale:
    """Return the scale of coefficients between 0 and 1."""
    return proportion_scale()


@dataclass(frozen=True)
class Coefficient:
    """One coefficient of agreement.

    Attributes
    ----------
    name : str
        In tables and in calls.
    label : str
        In text for people.
    place : int
        Coefficients stand in the table in this order.
    compute : callable
        From ratings to the estimate. Raises `UndefinedError` where the coefficient is not defined.
    levels : tuple of str
        The levels of measurement that it is for: all, `ORDERED_LEVELS` or `NUMERIC_LEVELS`.
    scale : callable
        From ratings to the scale on which the coefficient is nearly normal.
    of_categories : bool
        Whether it treats neighbouring values as different as any others: not shown for continuous answers.
    of_disagreement : bool
        Whether `Estimate.observed` and `expected` are disagreement instead of agreement.
    on_request : bool
        Whether tables have it only where it is asked for by name.
    resized : callable, optional
        From a value, the number of raters per item that it is about, and another number, to the value for
        the latter. Without it the coefficient does not depend on how many raters there are.
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

    The function then refuses levels of measurement that the coefficient is not for.
    """

    def register(compute: Compute) -> Compute:
        @wraps(compute)
        def of_level(ratings: Ratings, **options: Any) -> Estimate:
            if ratings.level not in one.levels:
                named = f"{', '.join(one.levels[:-1])} or {one.levels[-1]}"
                raise UndefinedError(f"needs {_NEEDED[one.levels]}: level {named}, not {ratings.level}")
            return compute(ratings, **options)

        one = COEFFICIENTS[name] = Coefficient(name, label, place, of_level, **traits)
        return of_level

    return register
