"""Where a judgment helps most: beside formulas by hand, numpy, and simulation."""

import numpy as np
import pytest
from scipy import stats

from studyserver.study.design.interval_width import PRIOR_DEGREES, Target, moderated_variances, tallies, width


def ratings_of(table):
    """Return ratings from rows of one annotator each, nan where there is none."""
    raters, stimuli = np.nonzero(np.isfinite(table))
    return [(int(s), int(r), float(table[r, s])) for r, s in zip(raters, stimuli, strict=True)]


def test_tallies_are_mean_and_squared_deviations():
    table = np.random.default_rng(1).normal(size=(7, 3))
    found = tallies(ratings_of(table), range(3))
    np.testing.assert_allclose([tally.mean for tally in found.values()], table.mean(axis=0))
    np.testing.assert_allclose([tally.squares for tally in found.values()], 7 * table.var(axis=0))


def test_variances_are_pulled_towards_the_common_one():
    table = np.array([[1, 1.0], [1, 5], [1, 3]])
    found = tallies(ratings_of(table), ["a", "b", 0, 1])
    common = 8 / 4
    variances = moderated_variances(found, 4.0)
    assert variances[0] == pytest.approx(PRIOR_DEGREES * common / (PRIOR_DEGREES + 2))
    assert variances[1] == pytest.approx((PRIOR_DEGREES * common + 8) / (PRIOR_DEGREES + 2))
    assert variances["a"] == pytest.approx(common)
    assert moderated_variances(tallies([], "x"), 4.0) == {"x": 1.0}


def test_the_width_of_a_difference_agrees_with_a_plain_jackknife_over_annotators():
    generator = np.random.default_rng(4)
    weights = np.array([0.5, 0.5, -0.5, -0.5])
    bias, leaning = generator.normal(size=(2, 9, 1))
    table = generator.normal(size=(9, 4)) + bias + leaning * weights
    table[generator.random(table.shape) < 0.25] = np.nan

    def difference(rows):
        return weights @ np.nanmean(rows, axis=0)

    without = np.array([difference(np.delete(table, r, axis=0)) for r in range(9)])
    se = np.sqrt(8 / 9 * ((without - difference(table)) ** 2).sum())
    found = width(ratings_of(table), range(4), Target(4.0, dict(enumerate(weights))))
    assert found == pytest.approx(2 * stats.t.ppf(0.975, 8) * se)


def test_annotators_who_happen_to_agree_make_no_interval_narrower_than_chance_error_does():
    generator = np.random.default_rng(5)
    weights = np.array([0.5, 0.5, -0.5, -0.5])
    table = generator.normal(size=(8, 4))
    table -= weights * (table @ weights / (weights @ weights))[:, None]  # the same difference for everybody
    found = width(ratings_of(table), range(4), Target(4.0, dict(enumerate(weights))))
    residuals = table - table.mean(axis=0)
    residuals -= residuals.mean(axis=1, keepdims=True)
    squares = 4 / 3 * (residuals**2).sum(axis=0)
    common = squares.sum() / 28
    variances = (PRIOR_DEGREES * common + squares) / (PRIOR_DEGREES + 7)
    error = (weights**2 * variances).sum() / 8
    assert found == pytest.approx(2 * stats.t.ppf(0.975, 7) * np.sqrt(error))


def test_there_is_no_width_before_every_stimulus_has_two_judgments():
    table = np.array([[1, 2.0], [2, np.nan]])
    assert width(ratings_of(table), range(2), Target(4.0)) is None
    assert width([], [], Target(4.0)) is None
    table[1, 1] = 4
    assert width(ratings_of(table), range(2), Target(4.0)) > 0


def test_the_intervals_of_stimuli_hold_the_truth_as_often_as_they_say():
    generator = np.random.default_rng(5)
    held = []
    for _ in range(150):
        spread = np.exp(0.3 * generator.normal(size=20))
        table = spread * generator.normal(size=(6, 20))
        found = tallies(ratings_of(table), range(20))
        variances = moderated_variances(found, 4.0)
        t = stats.t.ppf(0.975, 5 + PRIOR_DEGREES)
        half = [t * np.sqrt(variances[s] / 6) for s in range(20)]
        held.append(np.abs(table.mean(axis=0)) <= half)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)
