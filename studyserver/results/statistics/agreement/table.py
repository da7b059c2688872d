"""One table of every coefficient of agreement, with both intervals."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from studyserver.results.statistics.intervals import (
    SCOPES,
    Interval,
    Scale,
    jackknife,
    percentile_interval,
    proportion_scale,
    reliability_scale,
)

from .chance_corrected import category_agreement, category_estimate, cohen_kappa_weighted, gwet_ac2
from .concordance import kendall_w
from .intraclass import AVERAGE, SINGLE, average_scale, intraclass_correlations, raters_per_item
from .krippendorff import krippendorff_alpha
from .leave_one_out import Estimate
from .ratings import Ratings, UndefinedError, prepare
from .resampling import CATEGORICAL, bootstrap_draws

COLUMNS = [
    "statistic",
    "level",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "ci_method",
    "ci_scope",
    "n_items",
    "n_items_pairable",
    "n_raters",
    "n_judgments",
    "status",
    "reason",
]
STATISTICS = (
    "krippendorff_alpha",
    *CATEGORICAL,
    "cohen_kappa_weighted",
    *SINGLE,
    *AVERAGE,
    "kendall_w",
)


FURTHER = ("gwet_ac2",)  # computed where they are asked for by name
PARTS = ["observed", "expected", "raters_per_item"]


@dataclass(frozen=True)
class Bootstrap:
    """A request for bootstrap intervals instead of jackknife ones.

    Attributes
    ----------
    seed : int
        Fixes the draws.
    draws : int
        How many.
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
        The declared scale, in order; without it the observed values are taken for the scale.
    statistics : sequence of str
        Which of `STATISTICS` and `FURTHER`.
    confidence : float
        Of the intervals, between 0 and 1.
    set_distance : str
        ``masi`` or ``jaccard``.
    bootstrap : Bootstrap, optional
        Percentile intervals from so many draws; without it, the jackknife.
    parts : bool
        Adds the columns `PARTS`: what the coefficients that correct for chance compare (agreement; for alpha
        the mean squared distances, that is disagreement), and the mean number of raters per item.

    Returns
    -------
    pd.DataFrame
        With the columns `COLUMNS`. ``status`` is ``ok`` or ``undefined``; an undefined figure has a reason
        and no numbers. A figure that is defined but has no interval is ``ok`` with the reason why.

    Raises
    ------
    RatingsError
        If the judgments cannot be analysed; the message says why and what to do.
    """
    ratings = prepare(items, raters, values, level, options)
    return table_of(
        ratings,
        statistics,
        confidence=confidence,
        set_distance=set_distance,
        bootstrap=bootstrap,
        parts=parts,
    )


def table_of(
    ratings: Ratings,
    statistics: Sequence[str] = STATISTICS,
    *,
    confidence: float = 0.95,
    set_distance: str = "masi",
    bootstrap: Bootstrap | None = None,
    parts: bool = False,
) -> pd.DataFrame:
    """Return what `agreement_table` returns, for prepared ratings."""
    known = (*STATISTICS, *FURTHER)
    unknown = sorted(set(statistics) - set(known))
    if unknown:
        raise ValueError(f"unknown statistic {', '.join(unknown)}; there are {', '.join(known)}")
    rows = []
    for name, estimate in _estimates(ratings, statistics, set_distance):
        for scope in SCOPES:
            if isinstance(estimate, UndefinedError):
                figures = {"ci_method": "", "status": "undefined", "reason": str(estimate)}
            elif bootstrap:
                interval = _drawn(ratings, name, scope, bootstrap, confidence, set_distance)
                figures = _figures(estimate, interval)
            else:
                figures = _figures(estimate, _jackknifed(ratings, name, estimate, scope, confidence))
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


def _figures(estimate: Estimate, interval: Interval) -> dict[str, Any]:
    return {
        "estimate": estimate.value,
        "se": interval.se,
        "ci_low": interval.low,
        "ci_high": interval.high,
        "ci_method": interval.method,
        "status": "ok",
        "reason": interval.reason,
    }


def _jackknifed(ratings: Ratings, name: str, estimate: Estimate, scope: str, confidence: float) -> Interval:
    without_rater = None
    if scope == "items+raters":
        if ratings.n_raters < 3:
            return Interval("jackknife", reason=_too_few_raters(ratings))
        without_rater = estimate.without_rater
    scale = _scale(name, ratings)
    return jackknife(estimate.value, estimate.without_item, without_rater, scale=scale, confidence=confidence)


def _drawn(
    ratings: Ratings, name: str, scope: str, bootstrap: Bootstrap, confidence: float, set_distance: str
) -> Interval:
    if scope == "items+raters" and ratings.n_raters < 3:
        return Interval("bootstrap", reason=_too_few_raters(ratings))
    generator = np.random.default_rng(
        [bootstrap.seed, (*STATISTICS, *FURTHER).index(name), SCOPES.index(scope)]
    )
    draws = bootstrap_draws(
        ratings, name, scope, draws=bootstrap.draws, generator=generator, set_distance=set_distance
    )
    return percentile_interval(draws, confidence)


def _too_few_raters(ratings: Ratings) -> str:
    return f"no interval: new raters need at least 3; there are {ratings.n_raters}"


def _scale(name: str, ratings: Ratings) -> Scale:
    """Return the scale on which a statistic is nearly normal."""
    m = max(ratings.mean_raters_per_item, 2.0)
    if name in ("percent_agreement", "kendall_w"):
        return proportion_scale()
    if name in AVERAGE:
        return average_scale(m, raters_per_item(ratings))
    return reliability_scale(2.0 if name == "cohen_kappa_weighted" else m)


def _estimates(
    ratings: Ratings, statistics: Sequence[str], set_distance: str
) -> Iterator[tuple[str, Estimate | UndefinedError]]:
    """Yield the statistics asked for, in the order of `STATISTICS`, each with its reason where undefined."""
    parts: Any = None
    correlations: Any = None
    for name in (*STATISTICS, *FURTHER):
        if name not in statistics:
            continue
        try:
            if name == "krippendorff_alpha":
                yield name, krippendorff_alpha(ratings, set_distance=set_distance)
            elif name in CATEGORICAL:
                parts = parts or category_agreement(ratings)
                yield name, category_estimate(name, parts, ratings.n_options)
            elif name == "cohen_kappa_weighted":
                yield name, cohen_kappa_weighted(ratings)
            elif name == "kendall_w":
                yield name, kendall_w(ratings)
            elif name == "gwet_ac2":
                yield name, gwet_ac2(ratings)
            else:
                correlations = correlations or intraclass_correlations(ratings)
                yield name, correlations[name]
        except UndefinedError as reason:
            yield name, reason
