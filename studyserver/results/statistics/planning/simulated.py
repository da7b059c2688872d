"""Simulated studies: allocated, answered and analysed as the real one will be."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from studyserver.results.statistics.answer_model.simulation import Truth, simulate

from .approximation import Approximation
from .quantities import Expected, Found, Quantity

Allocate = Callable[[int], np.ndarray]
"""Maps a seed to the judgments of a study: rater, track and level of each, shape (n, 3)."""


@dataclass(frozen=True)
class Plan:
    """What is simulated.

    Attributes
    ----------
    quantity : Quantity
    truth : Truth
        Of the population.
    allocate : callable
    confidence : float
        Of the interval.
    smallest : float, optional
        Smallest effect that matters; an interval below it also settles the question.
    """

    quantity: Quantity
    truth: Truth
    allocate: Allocate
    confidence: float = 0.95
    smallest: float | None = None


@dataclass(frozen=True)
class Expectation:
    """What simulated studies found.

    Attributes
    ----------
    n_studies : int
    width : float
        Median width of the interval.
    found : float
        Share of studies whose interval lies above what there is without an effect: the power.
    opposite : float
        Share of studies whose interval lies below it.
    excluded : float
        Share of studies whose interval lies below the smallest effect that matters.
    covered : float
        Share of intervals that contain the true value.
    undefined : float
        Share of studies without an interval.
    """

    n_studies: int
    width: float
    found: float
    opposite: float
    excluded: float
    covered: float
    undefined: float

    @property
    def found_error(self) -> float:
        """Standard error of the power, which falls with the number of simulated studies."""
        return float(np.sqrt(max(self.found * (1 - self.found), 0.25 / self.n_studies) / self.n_studies))


def simulated_studies(plan: Plan, n_studies: int, *, first_seed: int = 0) -> Iterator[Found]:
    """Yield what each simulated study finds.

    The same seeds give the same studies, of whatever number they are.
    """
    for seed in range(first_seed, first_seed + n_studies):
        rows = np.asarray(plan.allocate(seed))
        rng = np.random.default_rng((seed, 1))
        values = simulate(plan.truth, rows[:, 0], rows[:, 1], rows[:, 2], rng)
        table = pd.DataFrame(rows, columns=["rater", "track", "level"]).assign(value=values)
        try:
            yield plan.quantity.estimate(plan.truth, table, plan.confidence, seed)
        except (ArithmeticError, ValueError):  # a study whose answers allow no analysis, such as equal ones
            yield Found(np.nan, np.nan, np.nan)


def expectation(plan: Plan, found: list[Found]) -> Expectation:
    """Return what studies are expected to find, from simulated ones.

    Raises
    ------
    ValueError
        If there is no simulated study.
    """
    if not found:
        raise ValueError("there is no simulated study")
    low, high = np.array([(one.low, one.high) for one in found]).T
    defined = np.isfinite(low) & np.isfinite(high)
    truth = plan.quantity.true_value(plan.truth)
    excluded = high < plan.smallest if plan.smallest is not None else np.zeros(len(found), dtype=bool)
    return Expectation(
        n_studies=len(found),
        width=float(np.median((high - low)[defined])) if defined.any() else float("nan"),
        found=float((low > 0).mean()),
        opposite=float((high < 0).mean()),
        excluded=float(excluded.mean()),
        covered=float(((low <= truth) & (truth <= high))[defined].mean()) if defined.any() else float("nan"),
        undefined=float(1 - defined.mean()),
    )


def approximate(plan: Plan, *, repeated: float = 1.0) -> Expected:
    """Return what a plan can be expected to find, within about 10 % of what simulated studies find.

    Parameters
    ----------
    plan : Plan
    repeated : float
        How many raters each rater of the allocation stands for.

    Examples
    --------
    >>> from studyserver.results.statistics.answer_model.answers import Family
    >>> from studyserver.results.statistics.planning import populations
    >>> from studyserver.results.statistics.planning.quantities import Difference
    >>> usual = populations.USUAL_DEVIATIONS
    >>> truth = populations.population(usual, 2, Family.GAUSSIAN, ends=(0, 100))
    >>> truth = populations.with_effect(truth, Difference(0, 1), 10.0)
    >>> everybody_hears_all = np.array([(r, t, c) for r in range(12) for t in range(16) for c in range(2)])
    >>> found = approximate(Plan(Difference(0, 1), truth, lambda seed: everybody_hears_all))
    >>> round(found.width), round(found.found, 1)
    (21, 0.5)
    """
    rows = np.asarray(plan.allocate(0))
    design = Approximation(plan.truth, rows[:, 0], rows[:, 1], rows[:, 2], repeated)
    return plan.quantity.expected(design, plan.confidence)
