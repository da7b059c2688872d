"""The figures of a fit as a table."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from studyserver.results.statistics.reasons import Reason, Why

from .answers import Answers
from .estimands import Posterior, difference, differs_by_track, kept_share, mean, retention, slope
from .fit import Fit
from .reliability import component_table

COLUMNS = ["statistic", "level", "other", "estimate", "se", "ci_low", "ci_high", "p"]
COLUMNS += ["n_tracks", "n_raters", "n_judgments", "status", "reason"]
MINIMUM_TRACKS = MINIMUM_RATERS = 3


def why_no_fit(answers: Answers) -> Reason | None:
    """Return why no model of some answers can be computed; None if it can."""
    if len(answers.raters) < MINIMUM_RATERS:
        return Reason(Why.FEW_RATERS_FOR_MODEL, {"n": len(answers.raters)})
    if len(answers.tracks) < MINIMUM_TRACKS:
        return Reason(Why.FEW_TRACKS_FOR_MODEL, {"n": len(answers.tracks)})
    if np.ptp(answers.values) == 0:
        return Reason(Why.ALL_EQUAL_NO_VARIANCE)
    return None


@dataclass(frozen=True)
class Counts:
    """How many tracks, raters and judgments some levels have."""

    n_tracks: int
    n_raters: int
    n_judgments: int


def counts(answers: Answers, levels: Iterable[Hashable]) -> Counts:
    """Return the counts of some levels together; of levels without answers they are 0."""
    places = [answers.levels.index(level) for level in levels if level in answers.levels]
    use = np.isin(answers.level, places)
    return Counts(len(np.unique(answers.track[use])), len(np.unique(answers.rater[use])), int(use.sum()))


def tracks_in_both(answers: Answers, one: Hashable, two: Hashable) -> int:
    """Return the number of tracks that were judged at both of two levels, not necessarily by one rater."""
    if not {one, two} <= set(answers.levels):
        return 0
    tracks = [set(answers.track[answers.level == answers.levels.index(level)]) for level in (one, two)]
    return len(tracks[0] & tracks[1])


def figure_table(
    fit: Fit,
    *,
    reference: Hashable | None = None,
    contrasts: Sequence[tuple[Hashable, Hashable]] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return means, differences, retention, effects of covariates, and the G-study table.

    Parameters
    ----------
    fit : Fit
    reference : label, optional
        The level to which retention refers; without one there is no retention.
    contrasts : sequence of (first, second), optional
        Levels to compare; by default all pairs.
    confidence : float
        Of the intervals.

    Returns
    -------
    pd.DataFrame
        With the columns `COLUMNS`; ``p`` is twice the smaller posterior probability of lying on either side
        of zero, for differences and slopes.
    """
    answers = fit.answers
    pairs = list(combinations(answers.levels, 2)) if contrasts is None else list(contrasts)
    rows = [_row(fit, "mean", mean(fit, level), confidence, level) for level in answers.levels]
    rows += [
        _row(fit, "difference", difference(fit, [a], [b]), confidence, a, b, test=True) for a, b in pairs
    ]
    if reference in answers.levels:
        rows += _retention_rows(fit, reference, pairs, confidence)
    rows += [
        _row(fit, f"slope_of_{name}", slope(fit, name), confidence, test=True) for name in answers.covariates
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    everything = counts(answers, answers.levels)
    components = component_table(fit, confidence=confidence).assign(status="ok", **vars(everything))
    return pd.concat([table, components], ignore_index=True).reindex(columns=COLUMNS)


def _retention_rows(
    fit: Fit, reference: Hashable, pairs: Sequence[tuple[Hashable, Hashable]], confidence: float
) -> list[dict]:
    rows = []
    known = {}
    for level in fit.answers.levels:
        if level == reference:
            continue
        shared = tracks_in_both(fit.answers, reference, level)
        if shared < MINIMUM_TRACKS:
            reason = Reason(Why.FEW_TRACKS, {})
            undefined = {"level": level, "other": reference, "status": "undefined", "reason": reason}
            rows += [{"statistic": name, **undefined} for name in ("retention", "kept_share")]
            continue
        known[level] = retention(fit, reference, level)
        rows.append(_row(fit, "retention", known[level], confidence, level, reference))
        if differs_by_track(fit, reference):
            share = kept_share(fit, reference, level)
            rows.append(_row(fit, "kept_share", share, confidence, level, reference))
        else:
            why = Reason(Why.REFERENCE_NEAR_ZERO)
            place = {"statistic": "kept_share", "level": level, "other": reference}
            rows.append({**place, "status": "undefined", "reason": why})
    rows += [
        _row(fit, "retention_difference", known[a] - known[b], confidence, a, b, test=True)
        for a, b in pairs
        if a in known and b in known
    ]
    return rows


def _row(
    fit: Fit,
    statistic: str,
    found: Posterior,
    confidence: float,
    level: Hashable = None,
    other: Hashable = None,
    *,
    test: bool = False,
) -> dict:
    low, high = found.interval(confidence)
    levels = [one for one in (level, other) if one is not None] or fit.answers.levels
    return {
        "statistic": statistic, "level": level, "other": other, "estimate": found.estimate, "se": found.sd,
        "ci_low": low, "ci_high": high, "p": found.p_value() if test else np.nan,
        **vars(counts(fit.answers, levels)), "status": "ok",
    }  # fmt: skip
