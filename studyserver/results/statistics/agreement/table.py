"""Table of all coefficients of agreement with both intervals."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from studyserver.results.statistics.intervals import SCOPES, Interval, jackknife, percentile_interval
from studyserver.results.statistics.reasons import Reason, Why

from .coefficients import COEFFICIENTS, STATISTICS, Coefficient
from .leave_one_out import Estimate
from .ratings import Ratings, UndefinedError, prepare
from .resampling import bootstrap_draws, without_units

COLUMNS = ["statistic", "level", "estimate", "se", "ci_low", "ci_high", "ci_method", "ci_scope"]
COLUMNS += ["n_items", "n_items_pairable", "n_raters", "n_judgments", "status", "reason"]
PARTS = ["observed", "expected", "raters_per_item"]


@dataclass(frozen=True)
class Bootstrap:
    """A request for bootstrap intervals instead of jackknife ones.

    Attributes
    ----------
    seed : int
        Fixes the draws.
    draws : int
        Number of draws.
    """

    seed: int
    draws: int = 2000


def agreement_table(
    items: Sequence[Hashable] | np.ndarray | pd.Series,
    raters: Sequence[Hashable] | np.ndarray | pd.Series,
    values: Sequence[Any] | np.ndarray | pd.Series,
    level: str,
    options: Sequence[Any] | None = None,
    *,
    units: Sequence[Hashable] | np.ndarray | pd.Series | None = None,
    statistics: Sequence[str] = STATISTICS,
    confidence: float = 0.95,
    set_distance: str = "masi",
    bootstrap: Bootstrap | None = None,
    parts: bool = False,
) -> pd.DataFrame:
    """Return one row per statistic and scope of its interval.

    Parameters
    ----------
    items, raters, values : sequences [shape=(n,)]
        One judgment each; None and NaN values are missing judgments.
    level : str
        ``nominal``, ``ordinal``, ``interval``, ``ratio``, or ``sets`` for checklists.
    options : sequence, optional
        The declared scale, in order; by default the observed values.
    units : sequence [shape=(n,)], optional
        What each judgment's item belongs to, such as the track of a clip. Intervals then leave out units, and
        the column ``n_units`` counts them.
    statistics : sequence of str
        Names of `COEFFICIENTS`; by default those that are not on request.
    confidence : float
        Of the intervals, between 0 and 1.
    set_distance : str
        ``masi`` or ``jaccard``.
    bootstrap : Bootstrap, optional
        Gives percentile intervals of draws; by default jackknife intervals.
    parts : bool
        Adds the columns `PARTS`: observed and expected agreement of coefficients that correct for chance (for
        alpha disagreement, as mean squared distances), and the mean number of raters per item.

    Returns
    -------
    pd.DataFrame
        With the columns `COLUMNS`. ``status`` is ``ok`` or ``undefined``. An undefined figure has a
        `Reason` and no numbers. A figure without an interval is ``ok`` and has a `Reason` as well.

    Raises
    ------
    RatingsError
        If the judgments cannot be analysed; the message says why and what to do.

    Examples
    --------
    >>> clips, annotators = ["a", "a", "b", "b", "c", "c"], ["anna", "ben"] * 3
    >>> table = agreement_table(clips, annotators, ["x", "x", "y", "y", "x", "y"], "nominal")
    >>> table.set_index("statistic").loc["krippendorff_alpha", "estimate"].round(3).tolist()
    [0.444, 0.444]
    """
    ratings = prepare(items, raters, values, level, options, units)
    table = table_of(
        ratings,
        statistics,
        confidence=confidence,
        set_distance=set_distance,
        bootstrap=bootstrap,
        parts=parts,
    )
    return table if units is None else table.assign(n_units=ratings.n_units)


def table_of(
    ratings: Ratings,
    statistics: Sequence[str] = STATISTICS,
    *,
    confidence: float = 0.95,
    set_distance: str = "masi",
    bootstrap: Bootstrap | None = None,
    parts: bool = False,
) -> pd.DataFrame:
    """Return the table of `agreement_table` for prepared ratings."""
    unknown = sorted(set(statistics) - set(COEFFICIENTS))
    if unknown:
        raise ValueError(f"unknown statistic {', '.join(unknown)}; there are {', '.join(COEFFICIENTS)}")
    ratings = replace(ratings, set_distance=set_distance)
    estimates = {name: _estimate(ratings, one) for name, one in COEFFICIENTS.items() if name in statistics}
    units = {}
    if ratings.unit is not None and not bootstrap:
        units = without_units(ratings, [COEFFICIENTS[name] for name in estimates], estimates)
    intervals = {
        scope: _intervals(ratings, estimates, units, scope, confidence, bootstrap) for scope in SCOPES
    }
    rows = []
    for name, estimate in estimates.items():
        for scope in SCOPES:
            if isinstance(estimate, Estimate):
                figures = {"estimate": estimate.value, "status": "ok", **intervals[scope][name].columns}
            else:
                figures = {"ci_method": "", "status": "undefined", "reason": estimate.reason}
            row = {"statistic": name, "level": ratings.level, "ci_scope": scope}
            rows.append({**row, **figures, **_counts(ratings), **_parts(estimate, ratings)})
    table = pd.DataFrame(rows, columns=[*COLUMNS, *PARTS] if parts else COLUMNS)
    numbers = ["estimate", "se", "ci_low", "ci_high", *(PARTS if parts else [])]
    table[numbers] = table[numbers].astype(float)
    return table


def _parts(estimate: Estimate | UndefinedError, ratings: Ratings) -> dict[str, float | None]:
    observed = expected = None
    if isinstance(estimate, Estimate):
        observed, expected = estimate.observed, estimate.expected
    return {
        "observed": observed,
        "expected": expected,
        "raters_per_item": float(ratings.item_size.mean()) if ratings.n_items else None,
    }


def _counts(ratings: Ratings) -> dict[str, int]:
    return {
        "n_items": ratings.n_items,
        "n_items_pairable": ratings.n_items_pairable,
        "n_raters": ratings.n_raters,
        "n_judgments": ratings.n,
    }


def _estimate(ratings: Ratings, coefficient: Coefficient) -> Estimate | UndefinedError:
    try:
        return coefficient.compute(ratings)
    except UndefinedError as reason:
        return reason


def _intervals(
    ratings: Ratings,
    estimates: dict[str, Estimate | UndefinedError],
    units: dict[str, np.ndarray],
    scope: str,
    confidence: float,
    bootstrap: Bootstrap | None,
) -> dict[str, Interval]:
    """Return the intervals of one scope of the estimates that are defined.

    `units` are the values without each unit, by name; empty where items are units.
    """
    defined = {name: one for name, one in estimates.items() if isinstance(one, Estimate)}
    with_raters = scope == "items+raters"
    if with_raters and ratings.n_raters < 3:
        reason = Reason(Why.FEWER_THAN_THREE_RATERS, {"n": ratings.n_raters})
        return dict.fromkeys(defined, Interval("bootstrap" if bootstrap else "jackknife", reason=reason))
    if not bootstrap:
        return _jackknives(ratings, defined, units, with_raters, confidence)
    drawn = bootstrap_draws(
        ratings,
        [COEFFICIENTS[name] for name in defined],
        with_raters=with_raters,
        draws=bootstrap.draws,
        generator=np.random.default_rng([bootstrap.seed, with_raters]),
    )
    return {name: percentile_interval(draws, confidence) for name, draws in drawn.items()}


def _jackknives(
    ratings: Ratings,
    estimates: dict[str, Estimate],
    units: dict[str, np.ndarray],
    with_raters: bool,
    confidence: float,
) -> dict[str, Interval]:
    return {
        name: jackknife(
            one.value,
            units[name] if units else one.without_item,
            *((one.without_rater, one.without_judgment) if with_raters else ()),
            cell=ratings.cell if units else None,
            scale=COEFFICIENTS[name].scale(ratings),
            confidence=confidence,
        )
        for name, one in estimates.items()
    }
