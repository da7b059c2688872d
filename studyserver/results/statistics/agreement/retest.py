"""Test-retest agreement of raters who judge an item a second time."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from studyserver.results.statistics.intervals import (
    SCOPES,
    Interval,
    Scale,
    jackknife,
    proportion_scale,
    reliability_scale,
)
from studyserver.results.statistics.reasons import Reason, Why

from .distances import answer_similarity

COLUMNS = ["statistic", "estimate", "se", "ci_low", "ci_high", "ci_method", "ci_scope"]
COLUMNS += ["n_items", "n_units", "n_raters", "n_pairs", "status", "reason"]
_PROPORTION, _RELIABILITY = proportion_scale(), reliability_scale(2.0)
_Statistics = dict[str, tuple[Callable[[np.ndarray], np.ndarray], Scale | None]]


def retest_table(
    items: Sequence[Hashable],
    raters: Sequence[Hashable],
    first: Sequence[float],
    second: Sequence[float],
    *,
    units: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return figures of agreement between first and second judgments.

    Parameters
    ----------
    items, raters : sequences [shape=(n,)]
        Item and rater of each pair of judgments.
    first, second : sequences of float [shape=(n,)]
        The two judgments, on a numeric scale; pairs with a missing judgment are ignored.
    units : sequence [shape=(n,)], optional
        The unit of each pair's item, such as the track of a clip: intervals leave out units.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        One row per statistic and scope: ``exact_agreement``, ``agreement_within_1``, ``kappa_quadratic``,
        ``icc_a_1`` of the two passes, ``standard_error_of_measurement`` (standard deviation of the
        differences / sqrt 2) and ``repeatability`` (1.96 sqrt 2 times that: two judgments of one item differ
        by less in 95 % of cases).
    """
    table = _pairs(items, raters, first, second, units)
    moments = _moments(table["x"].to_numpy(float), table["y"].to_numpy(float))
    return _figures(table, moments, _STATISTICS, confidence)


def named_retest_table(
    items: Sequence[Hashable],
    raters: Sequence[Hashable],
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    *,
    units: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return figures of agreement between first and second answers that are names, or sets of names.

    Parameters
    ----------
    items, raters : sequences [shape=(n,)]
        Item and rater of each pair of answers.
    first, second : sequences of str, or of frozenset of str [shape=(n,)]
        The two answers; pairs with a missing judgment are ignored.
    units : sequence [shape=(n,)], optional
        As for `retest_table`.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        One row per statistic and scope: ``exact_agreement``; for sets ``similarity``, the mean MASI of both
        (Passonneau, 2006); and ``cohen_kappa``, for sets weighted by similarity (Cohen, 1968): the
        agreement beyond that of answers with the same frequencies given at random.
    """
    table = _pairs(items, raters, first, second, units)
    n = len(table)
    code, answers = pd.factorize(pd.concat([table["x"], table["y"]], ignore_index=True))
    x, y = code[:n], code[n:]
    similar = answer_similarity(answers)
    chosen = np.eye(len(answers))
    moments = [np.ones(n), (x == y) * 1.0, similar[x, y], *chosen[x].T, *chosen[y].T]
    statistics: _Statistics = {"exact_agreement": (partial(_mean_of, 1), _PROPORTION)}
    if n and isinstance(answers[0], frozenset):
        statistics["similarity"] = (partial(_mean_of, 2), _PROPORTION)
    statistics["cohen_kappa"] = (partial(_named_kappa, similar), _RELIABILITY)
    return _figures(table, moments, statistics, confidence)


def _pairs(
    items: Sequence, raters: Sequence, first: Sequence, second: Sequence, units: Sequence | None
) -> pd.DataFrame:
    table = pd.DataFrame({"item": list(items), "rater": list(raters), "x": list(first), "y": list(second)})
    return table.assign(unit=table["item"] if units is None else list(units)).dropna()


def _figures(
    table: pd.DataFrame,
    whole: list[np.ndarray],
    statistics: _Statistics,
    confidence: float,
) -> pd.DataFrame:
    """Return the rows of statistics that are functions of sums over pairs, with jackknife intervals."""
    groups = {name: pd.factorize(table[name])[0] for name in ("item", "unit", "rater")}
    groups["cell"] = pd.factorize(groups["unit"] * (len(table) + 1) + groups["rater"])[0]
    n_groups = {name: int(code.max(initial=-1)) + 1 for name, code in groups.items()}
    parts = {
        name: np.stack([np.bincount(code, moment, n_groups[name]) for moment in whole], axis=-1)
        for name, code in groups.items()
    }
    totals = np.array([moment.sum() for moment in whole])
    rows = []
    for statistic, (compute, scale) in statistics.items():
        estimate = float(compute(totals)) if len(table) else np.nan
        for scope in SCOPES:
            if np.isfinite(estimate):
                interval = _interval(compute, totals, parts, scope, estimate, scale, confidence)
                row = [estimate, interval.se, interval.low, interval.high, interval.method, scope]
                state = ["ok", interval.reason]
            else:
                row = [None, None, None, None, "", scope]
                state = ["undefined", Reason(Why.NO_REPEAT if table.empty else Why.REPEATS_CONSTANT)]
            sizes = [n_groups["item"], n_groups["unit"], n_groups["rater"], len(table)]
            rows.append([statistic, *row, *sizes, *state])
    result = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["estimate", "se", "ci_low", "ci_high"]
    result[numbers] = result[numbers].astype(float)
    return result


def _interval(
    compute: Callable[[np.ndarray], np.ndarray],
    totals: np.ndarray,
    parts: dict[str, np.ndarray],
    scope: str,
    estimate: float,
    scale: Scale | None,
    confidence: float,
) -> Interval:
    if scope == "items+raters" and len(parts["rater"]) < 3:
        reason = Reason(Why.FEWER_THAN_THREE_RATERS, {"n": len(parts["rater"])})
        return Interval("jackknife", reason=reason)
    without = {name: compute(totals - part) for name, part in parts.items()}
    raters = (without["rater"], without["cell"]) if scope == "items+raters" else ()
    return jackknife(estimate, without["unit"], *raters, scale=scale, confidence=confidence)


def _moments(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Return the moments of each pair; every statistic is a function of their sums."""
    centre = (x.mean() + y.mean()) / 2 if len(x) else 0.0
    x, y = x - centre, y - centre
    apart = np.abs(x - y)
    return [np.ones_like(x), x, y, x * x, y * y, x * y, (apart < 1e-9) * 1.0, (apart < 1 + 1e-9) * 1.0]


def _divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(b) > 1e-12, np.divide(a, b), np.nan)


def _mean_of(moment: int, s: np.ndarray) -> np.ndarray:
    return _divide(s[..., moment], s[..., 0])


def _named_kappa(similar: np.ndarray, s: np.ndarray) -> np.ndarray:
    first, second = np.split(s[..., 3:], 2, axis=-1)
    by_chance = _divide(np.einsum("...i,ij,...j->...", first, similar, second), s[..., 0] ** 2)
    return 1 - _divide(1 - _mean_of(2, s), 1 - by_chance)


def _kappa(s: np.ndarray) -> np.ndarray:
    n, x, y, xx, yy, xy = (s[..., index] for index in range(6))
    return 1 - _divide((xx + yy - 2 * xy), (xx + yy - _divide(2 * x * y, n)))


def _icc_a_1(s: np.ndarray) -> np.ndarray:
    """Return ICC(A,1) of n pairs: mean squares of a table with two columns, from its moments."""
    n, x, y, xx, yy, xy = (s[..., index] for index in range(6))
    mean = _divide((x + y) ** 2, 2 * n)
    between = (xx + yy + 2 * xy) / 2 - mean
    columns = _divide(x**2 + y**2, n) - mean
    error = (xx + yy - 2 * xy) / 2 - columns
    b, j, e = _divide(between, n - 1), columns, _divide(error, n - 1)
    return _divide(b - e, b + e + _divide(2 * (j - e), n))


def _measurement_error(s: np.ndarray) -> np.ndarray:
    n, x, y, xx, yy, xy = (s[..., index] for index in range(6))
    squares = xx + yy - 2 * xy - _divide((x - y) ** 2, n)
    return np.sqrt(np.maximum(_divide(squares, n - 1), 0) / 2)


def _repeatability(s: np.ndarray) -> np.ndarray:
    return 1.96 * np.sqrt(2) * _measurement_error(s)


_STATISTICS: _Statistics = {
    "exact_agreement": (partial(_mean_of, 6), _PROPORTION),
    "agreement_within_1": (partial(_mean_of, 7), _PROPORTION),
    "kappa_quadratic": (_kappa, _RELIABILITY),
    "icc_a_1": (_icc_a_1, _RELIABILITY),
    "standard_error_of_measurement": (_measurement_error, None),
    "repeatability": (_repeatability, None),
}
