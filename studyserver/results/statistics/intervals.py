"""Standard errors and confidence intervals: two-way delete-one jackknife and bootstrap.

There are two scopes: ``items`` generalises to new items with these raters, ``items+raters`` to new raters.
Items can be grouped in units, such as the clips of one track: then units are left out. In simulations of
five-point ratings a bootstrap over items only covers .82 to .90 for new raters; for the jackknife see
`tests/benchmarks/coverage.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from .reasons import Reason, Why

SCOPES = ("items", "items+raters")
MAXIMUM_UNDEFINED_SHARE = 0.05
# Near the pole of its scale, an interval reaches at most this many times as far below the estimate as the
# untransformed one; docs/retention.md has the simulations.
FARTHEST = 3
# With one item or rater, undefined without any one, undefined without some.
_NO_ITEMS = (Why.ONE_ITEM, Why.UNDEFINED_WITHOUT_ANY_ITEM, Why.UNDEFINED_WITHOUT_SOME_ITEMS)
_NO_RATERS = (Why.ONE_RATER, Why.UNDEFINED_WITHOUT_ANY_RATER, Why.UNDEFINED_WITHOUT_SOME_RATERS)


@dataclass(frozen=True)
class Interval:
    """An interval, or the reason why it is missing.

    Attributes
    ----------
    method : str
        How it was computed.
    se, low, high : float or None
        On the scale of the estimate; None if there is no interval.
    reason : Reason or str
        Empty, or why there is no interval or what to know about it; a sentence in tables of studies.
    """

    method: str
    se: float | None = None
    low: float | None = None
    high: float | None = None
    reason: Reason | str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """Its columns in a table of statistics."""
        bounds = {"se": self.se, "ci_low": self.low, "ci_high": self.high}
        return {**bounds, "ci_method": self.method, "reason": self.reason}


@dataclass(frozen=True)
class Scale:
    """A transformation to a scale on which an estimate is approximately normal.

    Attributes
    ----------
    forward, inverse : callable
        From the estimate's scale and back, elementwise.
    derivative : callable
        Of `forward`, at a point.
    low, high : float
        Bounds of the estimate; untransformed intervals are clipped to them.
    may_be_left : bool
        Whether estimates may lie outside the range of the transformation. Near its pole it then exaggerates
        small differences; see `jackknife`.
    """

    forward: Callable[[Any], Any]
    inverse: Callable[[Any], Any]
    derivative: Callable[[float], float]
    low: float = -np.inf
    high: float = np.inf
    may_be_left: bool = False


def reliability_scale(m: float) -> Scale:
    """Return z = log((1 + (m - 1) a) / (1 - a)), for a coefficient bounded by -1 / (m - 1) and 1.

    Parameters
    ----------
    m : float
        Mean number of raters per item, > 1.
    """
    return Scale(
        forward=lambda a: np.log((1 + (m - 1) * a) / (1 - a)),
        inverse=lambda z: -np.expm1(-_within(z)) / (1 + (m - 1) * np.exp(-_within(z))),
        derivative=lambda a: m / ((1 - a) * (1 + (m - 1) * a)),
        low=-1.0,
        high=1.0,
    )


def proportion_scale() -> Scale:
    """Return the logit, for a figure bounded by 0 and 1."""
    return Scale(
        forward=lambda p: np.log(p / (1 - p)),
        inverse=lambda z: 1 / (1 + np.exp(-_within(z))),
        derivative=lambda p: 1 / (p * (1 - p)),
        low=0.0,
        high=1.0,
    )


def plain_scale(low: float = -np.inf, high: float = np.inf) -> Scale:
    """Return the identity, for a figure with the given bounds."""
    return Scale(forward=lambda x: x, inverse=lambda z: z, derivative=lambda x: 1.0, low=low, high=high)


def at_confidence(estimate: float, low: float, high: float, confidence: float) -> tuple[float, float]:
    """Return the ends of a 95 % interval at another confidence, each moved by the normal distribution."""
    factor = stats.norm.ppf((1 + confidence) / 2) / stats.norm.ppf(0.975)
    return float(estimate + factor * (low - estimate)), float(estimate + factor * (high - estimate))


def _within(z: Any) -> Any:
    """Clip z to the range where its exponential is finite."""
    return np.clip(z, -700, 700)


def jackknife(
    estimate: float,
    without_item: np.ndarray,
    without_rater: np.ndarray | None = None,
    without_cell: np.ndarray | None = None,
    *,
    cell: np.ndarray | None = None,
    scale: Scale | None = None,
    confidence: float = 0.95,
) -> Interval:
    """Return the delete-one jackknife interval over items, or over items and raters.

    SE^2 = (n - 1) / n sum_i (z_-i - z)^2 over items, plus the same over raters, less the same over cells: the
    judgments of one rater on one item, whose chance error is in both of the others (Cameron, Gelbach &
    Miller, 2011; MacKinnon, Nielsen & Webb, 2024). It is never below the larger of the two. t quantile with
    Satterthwaite's degrees of freedom; transformed back. If z is undefined for the estimate or a replicate,
    the interval is computed on the untransformed scale. On a scale that estimates may leave, the lower end is
    at most `FARTHEST` times as far from the estimate as the lower end of the untransformed interval.

    Parameters
    ----------
    estimate : float
    without_item : np.ndarray [shape=(n_items,)]
        The estimate with each item (or unit of items) left out; NaN where that is undefined.
    without_rater : np.ndarray [shape=(n_raters,)], optional
        The same for raters; gives the scope ``items+raters``.
    without_cell : np.ndarray [shape=(n,)], optional
        The same for cells, or for parts of cells. Where it is NaN, the estimate is taken not to change.
    cell : np.ndarray of int [shape=(n,)], optional
        Cell of each entry of `without_cell`, from 0; by default each is one. Changes of one cell are summed.
    scale : Scale, optional
        By default untransformed.
    confidence : float
        Between 0 and 1.
    """
    scale = scale or plain_scale()
    groups = [without_item] if without_rater is None else [without_item, without_rater]
    for replicates, reasons in zip(groups, (_NO_ITEMS, _NO_RATERS), strict=False):
        reason = _why_no_jackknife(replicates, *reasons)
        if reason:
            return Interval("jackknife", reason=reason)
    if all(np.ptp(np.append(replicates, estimate)) == 0 for replicates in groups):
        return Interval("jackknife", reason=Reason(Why.NO_SPREAD, {"estimate": estimate}))
    if without_rater is None or without_cell is None:
        without_cell, cell = np.empty(0), None
    method = "jackknife"
    untransformed = [replicates - estimate for replicates in groups]
    own_cells = _of_cells(without_cell - estimate, cell)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = float(scale.forward(np.float64(estimate)))
        deviations = [scale.forward(replicates) - z for replicates in groups]
        cells = _of_cells(scale.forward(without_cell) - z, cell)
    if not (np.isfinite(z) and all(np.isfinite(deviation).all() for deviation in deviations)):
        scale, z = plain_scale(scale.low, scale.high), estimate
        method = "jackknife, untransformed"
        deviations, cells = untransformed, own_cells
    se, half = _spread(deviations, cells, confidence)
    if se == 0:  # or so small that its square underflows
        return Interval("jackknife", reason=Reason(Why.NO_SPREAD, {"estimate": estimate}))
    low, high = (float(scale.inverse(np.float64(z + sign * half))) for sign in (-1, 1))
    if scale.may_be_left:
        _, own = _spread(untransformed, own_cells, confidence)
        low = max(low, estimate - FARTHEST * own)
    return Interval(method, se / scale.derivative(estimate), max(low, scale.low), min(high, scale.high))


def _of_cells(deviations: np.ndarray, cell: np.ndarray | None) -> np.ndarray:
    """Return the sum of the deviations of each cell; those that are undefined count as none."""
    known = np.where(np.isfinite(deviations), deviations, 0.0)
    return known if cell is None else np.bincount(cell, known)


def _spread(deviations: list[np.ndarray], cells: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return standard error and half the width of the interval from delete-one deviations."""
    variance, degrees = two_way_variance(deviations, cells)
    if not variance > 0:
        return 0.0, 0.0
    se = float(np.sqrt(variance))
    return se, float(stats.t.ppf((1 + confidence) / 2, degrees)) * se


def two_way_variance(deviations: list[np.ndarray], cells: np.ndarray) -> tuple[float, float]:
    """Return the variance of an estimate and its degrees of freedom.

    Parameters
    ----------
    deviations : list of np.ndarray
        From the estimate, without each item, and without each rater if raters are sampled as well.
    cells : np.ndarray
        The same without each cell of an item and a rater; may be empty.

    Returns
    -------
    variance, degrees : float
        Both 0 where the variance underflows.
    """
    variances = [_jackknife_variance(d) for d in deviations]
    variance = max(sum(variances) - _jackknife_variance(cells), *variances, 0.0)
    if not variance**2 > 0:
        return 0.0, 0.0
    # Subtracting makes the estimate of the variance no less variable: its degrees of freedom are those of the
    # two variances around what is left of them.
    left = variance / sum(variances)
    return variance, left**2 * satterthwaite(variances, [len(d) - 1 for d in deviations])


def _jackknife_variance(deviations: np.ndarray) -> float:
    n = len(deviations)
    return (n - 1) / n * float(deviations @ deviations) if n else 0.0


def satterthwaite(variances: list[float], degrees: list[int]) -> float:
    """Return the effective degrees of freedom of a sum of independent variance estimates."""
    return sum(variances) ** 2 / sum(v**2 / d for v, d in zip(variances, degrees, strict=True))


def _why_no_jackknife(replicates: np.ndarray, one: Why, any_one: Why, some: Why) -> Reason | None:
    undefined, n = int(np.count_nonzero(~np.isfinite(replicates))), len(replicates)
    if n < 2:
        return Reason(one)
    if undefined == n:
        return Reason(any_one)
    return Reason(some, {"undefined": undefined, "n": n}) if undefined else None


def percentile_interval(draws: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return the percentile interval of bootstrap draws; NaN draws are undefined ones.

    More than 5 % undefined draws are reported in the reason; with half or more there is no interval.
    """
    defined = draws[np.isfinite(draws)]
    undefined = 1 - len(defined) / len(draws) if len(draws) else 1.0
    note = {"share": undefined, "n": len(draws)}
    if undefined >= 0.5 or len(defined) < 2:
        return Interval("bootstrap", reason=Reason(Why.TOO_MANY_DRAWS_UNDEFINED, note))
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    reason = Reason(Why.DRAWS_UNDEFINED, note) if undefined > MAXIMUM_UNDEFINED_SHARE else ""
    return Interval("bootstrap", float(defined.std(ddof=1)), float(low), float(high), reason)
