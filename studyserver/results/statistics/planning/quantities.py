"""What a study can be planned for: how it is estimated from answers, its true value, and its expected width.

Each quantity is estimated by the functions that the results use for it.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import ndtri

from studyserver.results.statistics.abx import abx_table, sensitivity
from studyserver.results.statistics.answer_model import estimands
from studyserver.results.statistics.answer_model.answers import Answers, Family, answers_of
from studyserver.results.statistics.answer_model.estimands import Posterior
from studyserver.results.statistics.answer_model.fit import Effort, Fit, fit_answers
from studyserver.results.statistics.answer_model.simulation import Truth
from studyserver.results.statistics.intervals import at_confidence
from studyserver.results.statistics.means import difference_with_interval, mean_with_interval
from studyserver.results.statistics.odd_one_out import FOUND, odd_one_out_table
from studyserver.results.statistics.preference import preference_table

from .approximation import Approximation

# Enough for one of many simulated studies.
EFFORT = Effort(n_chains=2, n_warm_up=200, n_draws=400, attempts=1)


class Found(NamedTuple):
    """An estimate with its interval; NaN where it is undefined."""

    estimate: float
    low: float
    high: float


class Expected(NamedTuple):
    """What is expected of a study.

    Attributes
    ----------
    width : float
        Of the interval.
    found : float
        Probability that it lies above what there is without an effect: the power.
    """

    width: float
    found: float


def around(effect: float, width: float, confidence: float) -> Expected:
    """Return what is expected where the interval is as wide to both sides, and estimates are normal."""
    se = width / (2 * stats.norm.ppf((1 + confidence) / 2))
    return Expected(width, float(stats.norm.cdf((effect - width / 2) / se)) if se else float(effect > 0))


class Quantity(Protocol):
    """What is estimated. Values are given less what they would be without an effect."""

    def estimate(self, truth: Truth, answers: pd.DataFrame, confidence: float, seed: int) -> Found:
        """Return the estimate from simulated answers: columns ``rater``, ``track``, ``level``, ``value``."""
        ...

    def true_value(self, truth: Truth) -> float:
        """Return the value that the estimates are about."""
        ...

    def expected(self, design: Approximation, confidence: float) -> Expected:
        """Return what is to be expected without simulating answers."""
        ...


def fit_simulated(truth: Truth, answers: pd.DataFrame, seed: int) -> Fit:
    """Return the model of simulated answers."""
    return fit_answers(_answers(truth, answers), seed=seed, effort=EFFORT)


def _answers(truth: Truth, table: pd.DataFrame) -> Answers:
    points = truth.points.tolist() if truth.family is Family.ORDINAL else []
    ends = (0.0, 1.0) if truth.family is Family.BINARY else truth.ends
    return answers_of(table, truth.family, ends, points=points)


def _weights(design: Approximation, given: dict[int, float]) -> list[float]:
    """Return the weight of every level."""
    return [given.get(level, 0.0) for level in range(len(design.truth.means))]


def _of_draws(found: Posterior, confidence: float) -> Found:
    return Found(found.estimate, *found.interval(confidence))


@dataclass(frozen=True)
class Difference:
    """The mean of one level less that of another, from the model of the answers, in units of the scale."""

    first: int
    second: int

    def estimate(self, truth: Truth, answers: pd.DataFrame, confidence: float, seed: int) -> Found:
        """Return the estimate, as the results compute it."""
        fit = fit_simulated(truth, answers, seed)
        found = estimands.difference(fit, [self.first], [self.second])
        return _of_draws(Posterior(found.draws * _scale(truth)), confidence)

    def true_value(self, truth: Truth) -> float:
        """Return the value that the estimates are about."""
        return (truth.mean(self.first) - truth.mean(self.second)) * _scale(truth)

    def expected(self, design: Approximation, confidence: float) -> Expected:
        """Return what is to be expected without simulating answers."""
        weights = _weights(design, {self.first: 1.0, self.second: -1.0})
        width = design.width_of_difference(weights, confidence) * _scale(design.truth)
        return around(self.true_value(design.truth), width, confidence)


def _scale(truth: Truth) -> float:
    """Return the distance between the two answers of binary questions; 1 of others, which have units."""
    return truth.ends[1] - truth.ends[0] if truth.family is Family.BINARY else 1.0


@dataclass(frozen=True)
class Retention:
    """The correlation across tracks with a reference, less that of a second level if there is one."""

    reference: int
    first: int
    second: int | None = None

    def estimate(self, truth: Truth, answers: pd.DataFrame, confidence: float, seed: int) -> Found:
        """Return the estimate, as the results compute it."""
        fit = fit_simulated(truth, answers, seed)
        found = estimands.retention(fit, self.reference, self.first)
        if self.second is not None:
            found = found - estimands.retention(fit, self.reference, self.second)
        return _of_draws(found, confidence)

    def true_value(self, truth: Truth) -> float:
        """Return the value that the estimates are about."""
        kept = truth.retention(self.reference, self.first)
        return kept - (0.0 if self.second is None else truth.retention(self.reference, self.second))

    def expected(self, design: Approximation, confidence: float) -> Expected:
        """Return what is to be expected without simulating answers."""
        levels = self.reference, self.first, self.second
        low, high = design.intervals_of_retention(*levels, confidence)
        return Expected(float((high - low).mean()), float((low > 0).mean()))


@dataclass(frozen=True)
class Detection:
    """d' of one rater between two levels, from answers that tell whether something is heard.

    Attributes
    ----------
    signal, noise : int
    heard_above : float
        Answers above it count as heard; of binary answers, 1 does.
    """

    signal: int
    noise: int
    heard_above: float = 0.0

    def estimate(self, truth: Truth, answers: pd.DataFrame, confidence: float, seed: int) -> Found:
        """Return the estimate, as the results compute it."""
        fit = fit_simulated(truth, answers, seed)
        found, _criterion = estimands.detection(fit, [self.signal], [self.noise], self.heard_above)
        return _of_draws(found, confidence)

    def true_value(self, truth: Truth) -> float:
        """Return the value that the estimates are about."""
        threshold = 0.0 if truth.family is Family.BINARY else self.heard_above
        z = (np.asarray(truth.means) - threshold) / self._spread(truth)
        return float(z[self.signal] - z[self.noise])

    def expected(self, design: Approximation, confidence: float) -> Expected:
        """Return what is to be expected without simulating answers."""
        spread = self._spread(design.truth)
        given = {self.signal: 1 / spread[self.signal], self.noise: -1 / spread[self.noise]}
        width = design.width_of_difference(_weights(design, given), confidence, heard=True)
        return around(self.true_value(design.truth), width, confidence)

    @staticmethod
    def _spread(truth: Truth) -> np.ndarray:
        """Return the standard deviation of what one rater hears of new tracks, at each level."""
        return np.sqrt(np.diag(truth.tracks) + truth.raters_by_track + truth.error)


@dataclass(frozen=True)
class Share:
    """How often one of two things happens, such as a preference, less what chance gives."""

    chance: float = 0.5

    def estimate(self, truth: Truth, answers: pd.DataFrame, confidence: float, seed: int) -> Found:
        """Return the estimate, as the results compute it."""
        pairs = answers.rename(columns={"track": "item", "value": "preferred"})
        shown = np.random.default_rng(seed).integers(0, 2, len(pairs)).astype(float)
        pairs = pairs.assign(first="first", second="second", strength=np.nan, shown_first=shown)
        return _of_table(preference_table(pairs[PAIRS]), "preference", self.chance, confidence)

    def true_value(self, truth: Truth) -> float:
        """Return the value that the estimates are about."""
        return truth.mean(0) - self.chance

    def expected(self, design: Approximation, confidence: float) -> Expected:
        """Return what is to be expected without simulating answers."""
        width = design.width_of_difference(_weights(design, {0: 1.0}), confidence)
        return around(self.true_value(design.truth), width, confidence)


@dataclass(frozen=True)
class OddOneOut(Share):
    """How often the clip that does not belong is found, less what guessing gives: 1 / number of clips."""

    def estimate(self, truth: Truth, answers: pd.DataFrame, confidence: float, seed: int) -> Found:
        """Return the estimate, as the results compute it."""
        table = answers.rename(columns={"track": "item", "value": "right"})
        return _of_table(odd_one_out_table(table), FOUND, self.chance, confidence)


PAIRS = ["item", "rater", "first", "second", "preferred", "strength", "shown_first"]


def _of_table(table: pd.DataFrame, name: str, null: float, confidence: float) -> Found:
    rows = table[(table["statistic"] == name) & (table["ci_scope"] == "items+raters")]
    estimate, low, high = (float(rows.iloc[0][column]) for column in ("estimate", "ci_low", "ci_high"))
    low, high = at_confidence(estimate, low, high, confidence)
    return Found(estimate - null, low - null, high - null)


@dataclass(frozen=True)
class Named:
    """How often the target is named, less what chance gives; or less how often at a second level."""

    chance: float
    second: bool = False

    def estimate(self, truth: Truth, answers: pd.DataFrame, confidence: float, seed: int) -> Found:
        """Return the estimate, as the results compute it."""
        sides = [answers[answers["level"] == level] for level in range(1 + self.second)]
        columns = [[side[name].to_numpy() for name in ("value", "track", "rater")] for side in sides]
        if self.second:
            (one, *one_by), (two, *two_by) = columns
            value, interval = difference_with_interval((one, *one_by), (two, *two_by))
        else:
            values, tracks, raters = columns[0]
            # One clip of each track: the track is the item.
            mean = mean_with_interval(values, tracks, raters, low=0.0, high=1.0)
            value, interval = float(mean.value or 0.0) - self.chance, mean.interval
        if interval.low is None or interval.high is None:
            return Found(value, np.nan, np.nan)
        null = 0.0 if self.second else self.chance
        return Found(value, *at_confidence(value, interval.low - null, interval.high - null, confidence))

    def true_value(self, truth: Truth) -> float:
        """Return the value that the estimates are about."""
        return truth.mean(0) - (truth.mean(1) if self.second else self.chance)

    def expected(self, design: Approximation, confidence: float) -> Expected:
        """Return what is to be expected without simulating answers."""
        weights = {0: 1.0, 1: -1.0} if self.second else {0: 1.0}
        width = design.width_of_difference(_weights(design, weights), confidence)
        return around(self.true_value(design.truth), width, confidence)


@dataclass(frozen=True)
class Matching:
    """d' of ABX trials by the differencing model; `value` is whether an answer is right."""

    def estimate(self, truth: Truth, answers: pd.DataFrame, confidence: float, seed: int) -> Found:
        """Return the estimate, as the results compute it."""
        x_is_a = np.random.default_rng(seed).integers(0, 2, len(answers)).astype(float)
        said_a = np.where(answers["value"].to_numpy() > 0, x_is_a, 1 - x_is_a)
        table = answers.rename(columns={"track": "item"}).assign(x_is_a=x_is_a, said_a=said_a)
        return _of_table(abx_table(table), "abx_d_prime", 0.0, confidence)

    def true_value(self, truth: Truth) -> float:
        """Return the value that the estimates are about."""
        return sensitivity(truth.mean(0))

    def expected(self, design: Approximation, confidence: float) -> Expected:
        """Return what is to be expected without simulating answers."""
        share = design.truth.mean(0)
        width = design.width_of_difference(_weights(design, {0: 1.0}), confidence)
        by_share = around(share - 0.5, width, confidence)
        # On z, where the results compute the interval too; the median of the studies to be expected.
        slope = stats.norm.pdf(ndtri(share))
        half, se = width / 2 / slope, width / (2 * stats.norm.ppf((1 + confidence) / 2)) / slope
        centres = ndtri(share) + se * stats.norm.ppf(np.linspace(0.01, 0.99, 49))
        ends = [[sensitivity(float(stats.norm.cdf(z + sign * half))) for z in centres] for sign in (-1, 1)]
        return Expected(float(np.median(np.subtract(ends[1], ends[0]))), by_share.found)
