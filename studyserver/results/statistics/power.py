"""Power of a paired contrast between two conditions for given numbers of raters and tracks.

SE^2 = 2 (s2_rc / R + s2_cc / C + s2_e / (R m)), where each of R raters hears m of the C tracks in both
conditions (by default all, m = C). More raters do not reduce the part of the tracks, and more tracks do not
reduce the part of the raters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from .agreement import prepare
from .agreement.variance_components import variances as variances_of
from .estimates import require_columns
from .intervals import satterthwaite


@dataclass(frozen=True)
class Variances:
    """Variances that make a contrast uncertain, in squared units of the scale, each for one condition.

    Attributes
    ----------
    rater_by_condition : float
        How much raters differ in the effect of a condition.
    clip_by_condition : float
        How much tracks differ in it.
    error : float
        The remaining variance of a single judgment.
    """

    rater_by_condition: float
    clip_by_condition: float
    error: float

    def __post_init__(self) -> None:
        if min(self.rater_by_condition, self.clip_by_condition, self.error) < 0:
            raise ValueError("variances must not be negative")


# Assumption if there are no pilot data, on a scale from 0 to 1: the effect differs between raters by .07 and
# between tracks by .1, a single judgment by .2 (standard deviations). Multiply by the scale's squared range.
DEFAULT_VARIANCES = Variances(rater_by_condition=0.005, clip_by_condition=0.01, error=0.04)


def standard_error(raters: int, clips: int, variances: Variances, *, each: int | None = None) -> float:
    """Return the standard error of the mean difference between two conditions.

    Parameters
    ----------
    raters, clips : int
        Raters, and tracks heard in both conditions; at least 1.
    variances : Variances
    each : int, optional
        How many of the tracks one rater hears, the same number of raters for each track; by default all.
    """
    return float(np.sqrt(sum(_parts(raters, clips, variances, each))))


def _parts(
    raters: int, clips: int, variances: Variances, each: int | None = None
) -> tuple[float, float, float]:
    heard = clips if each is None else min(each, clips)
    return (
        2 * variances.rater_by_condition / raters,
        2 * variances.clip_by_condition / clips,
        2 * variances.error / (raters * heard),
    )


def degrees_of_freedom(raters: int, clips: int, variances: Variances, *, each: int | None = None) -> float:
    """Return the approximate degrees of freedom of the two-way jackknife of the contrast.

    Its variance over raters holds the raters' part and the error, and so does the one over clips.
    """
    by_rater, by_clip, error = _parts(raters, clips, variances, each)
    parts = [by_rater + error, by_clip + error]
    left = (by_rater + by_clip + error) / sum(parts)  # the jackknife subtracts the error once
    return left**2 * satterthwaite(parts, [raters - 1, clips - 1])


def power(
    difference: float,
    raters: int,
    clips: int,
    variances: Variances,
    *,
    each: int | None = None,
    significance: float = 0.05,
) -> float:
    """Return the probability that a true difference is found, two-sided.

    Parameters
    ----------
    difference : float
        In units of the scale.
    raters, clips : int
        At least 2 each.
    variances : Variances
    each : int, optional
        How many of the tracks one rater hears; by default all.
    significance : float
        Level of the test.
    """
    se = standard_error(raters, clips, variances, each=each)
    if se == 0:
        return 1.0 if difference else significance
    degrees = degrees_of_freedom(raters, clips, variances, each=each)
    critical = stats.t.ppf(1 - significance / 2, degrees)
    shift = abs(difference) / se
    return _beyond(critical, degrees, shift) + _beyond(critical, degrees, -shift)


def _beyond(critical: float, degrees: float, shift: float) -> float:
    """Return P(t > critical) of Student's t with a shift (noncentrality).

    Where scipy gives NaN (far tails of few degrees) by the normal approximation of
    Abramowitz and Stegun (26.7.10).
    """
    found = float(stats.nct.sf(critical, degrees, shift))
    if np.isfinite(found):
        return found
    z = (critical * (1 - 1 / (4 * degrees)) - shift) / np.sqrt(1 + critical**2 / (2 * degrees))
    return float(stats.norm.sf(z))


def smallest_difference(
    raters: int,
    clips: int,
    variances: Variances,
    *,
    each: int | None = None,
    wanted_power: float = 0.8,
    significance: float = 0.05,
) -> float:
    """Return the smallest true difference that is found with the given power; about 2.8 standard errors.

    Parameters
    ----------
    raters, clips : int
        At least 2 each.
    variances : Variances
    each : int, optional
        How many of the tracks one rater hears; by default all.
    wanted_power, significance : float
    """
    se = standard_error(raters, clips, variances, each=each)
    if se == 0:
        return 0.0

    def lacking(difference: float) -> float:
        found = power(difference, raters, clips, variances, each=each, significance=significance)
        return wanted_power - found

    upper = 4 * se
    while lacking(upper) > 0:
        upper *= 2
    return float(optimize.brentq(lacking, 1e-9 * se, upper))


def planning_table(
    raters: Sequence[int],
    clips: Sequence[int],
    variances: Variances,
    *,
    difference: float | None = None,
    each: int | None = None,
) -> pd.DataFrame:
    """Return what each number of raters and clips can detect, for a plot.

    Parameters
    ----------
    raters, clips : sequences of int
        At least 2 each.
    variances : Variances
    difference : float, optional
        Adds the power to find it.
    each : int, optional
        How many of the tracks one rater hears; by default all.

    Returns
    -------
    pd.DataFrame
        Columns ``raters``, ``clips``, ``judgments`` (both conditions), ``standard_error``,
        ``interval_width`` (95 %), ``smallest_difference`` (80 % power) and, with a difference, ``power``.
    """
    rows = []
    for n_raters in raters:
        for n_clips in clips:
            row = {
                "raters": n_raters,
                "clips": n_clips,
                "judgments": 2 * n_raters * (n_clips if each is None else min(each, n_clips)),
                "standard_error": standard_error(n_raters, n_clips, variances, each=each),
                "interval_width": planning_width(n_raters, n_clips, variances, each=each),
                "smallest_difference": smallest_difference(n_raters, n_clips, variances, each=each),
            }
            if difference is not None:
                row["power"] = power(difference, n_raters, n_clips, variances, each=each)
            rows.append(row)
    return pd.DataFrame(rows)


def raters_needed(
    width: float, clips: int, variances: Variances, *, each: int | None = None, most: int = 10_000
) -> int | None:
    """Return the smallest number of raters with a 95 % interval no wider than this, or None.

    None means that more raters cannot help (or more than `most` would be needed): the clips themselves differ
    too much in the effect, so more clips are needed.

    Parameters
    ----------
    width : float
        Of the whole interval, in units of the scale, > 0.
    clips : int
        At least 2.
    variances : Variances
    each : int, optional
        How many of the tracks one rater hears; by default all.
    most : int
        Where the search ends.

    Examples
    --------
    >>> raters_needed(0.2, clips=20, variances=DEFAULT_VARIANCES)
    11
    """
    return _fewest(lambda raters: planning_width(raters, clips, variances, each=each) <= width, most)


def _fewest(enough: Callable[[int], bool], most: int) -> int | None:
    """Return the smallest number of 2 or more that is enough, by halving; None where not even `most` is."""
    if not enough(most):
        return None
    low, high = 1, most  # low is too few, high is enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def planning_width(raters: int, clips: int, variances: Variances, *, each: int | None = None) -> float:
    """Return the expected width of the 95 % interval that the results show."""
    se = standard_error(raters, clips, variances, each=each)
    degrees = degrees_of_freedom(raters, clips, variances, each=each) if se else 1.0
    return float(2 * stats.t.ppf(0.975, degrees) * se)


def raters_until(
    width: float, clips: int, variances: Variances, *, each: int | None = None, most: int = 10_000
) -> int | None:
    """Return with how many raters the interval that the results show is this wide, or None.

    Parameters
    ----------
    width : float
        Of the whole 95 % interval, in units of the scale, > 0.
    clips : int
        Tracks, at least 2.
    variances : Variances
        From the judgments so far.
    each : int, optional
        How many of the tracks one rater hears in both conditions; by default all.
    most : int
        None where more than so many would be needed, or where more raters cannot help.
    """
    return _fewest(lambda raters: planning_width(raters, clips, variances, each=each) <= width, most)


def variances_from_pilot(judgments: pd.DataFrame, first: str, second: str) -> Variances:
    """Estimate the variances from judgments of two conditions, by restricted maximum likelihood.

    Parameters
    ----------
    judgments : pd.DataFrame
        Columns ``track``, ``condition``, ``rater``, ``value``; gaps are allowed.
    first, second : str
        The conditions to compare.

    Raises
    ------
    ValueError
        If fewer than two tracks or raters have both conditions, or differences do not vary.
    """
    columns = {
        "track": "the track",
        "condition": "the condition",
        "rater": "the annotator",
        "value": "a number",
    }
    difference = paired_differences(require_columns(judgments, columns), first, second)
    tracks, raters = np.nonzero(np.isfinite(difference))
    if len(np.unique(tracks)) < 2 or len(np.unique(raters)) < 2 or len(tracks) == len(np.unique(tracks)):
        raise ValueError(
            "a pilot needs at least two tracks and two annotators with judgments in both conditions, and a "
            "track that two of them judged"
        )
    values = difference[tracks, raters]
    if np.ptp(values) == 0:
        raise ValueError("all differences of the pilot are equal; collect more judgments")
    clip, rater, error = variances_of(prepare(tracks, raters, values, "interval"))
    return Variances(rater_by_condition=rater / 2, clip_by_condition=clip / 2, error=error / 2)


def paired_differences(table: pd.DataFrame, first: str, second: str) -> np.ndarray:
    """Return differences first less second, shape (n_tracks, n_raters), NaN where a rater misses one of them.

    Where no rater judged both conditions of any track, differences cannot be paired within raters and the
    array has no finite entry.
    """
    cells = table.groupby(["condition", "track", "rater"], sort=True, observed=True)["value"].mean()
    wide = [cells.loc[name].unstack("rater") for name in (first, second)]
    tracks = wide[0].index.union(wide[1].index)
    raters = wide[0].columns.union(wide[1].columns)
    one, two = (part.reindex(index=tracks, columns=raters).to_numpy(float) for part in wide)
    return one - two
