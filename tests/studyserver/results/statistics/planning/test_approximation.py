"""Approximate widths beside closed formulas and dense generalised least squares."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from studyserver.results.statistics.answer_model.answers import Family
from studyserver.results.statistics.answer_model.simulation import Truth
from studyserver.results.statistics.planning.approximation import Approximation
from studyserver.results.statistics.planning.populations import USUAL_DEVIATIONS, population, with_effect
from studyserver.results.statistics.planning.quantities import Retention

TRACKS = np.array([[1.0, 0.5, 0.3], [0.5, 0.8, 0.2], [0.3, 0.2, 1.2]])
SLIDER = Truth(
    np.array([40.0, 50.0, 60.0]), TRACKS * 200, 90.0, 30.0, 50.0, 250.0, Family.GAUSSIAN, (-1e6, 1e6)
)


def crossed(n_raters, n_tracks, n_levels=3):
    return np.array([part.ravel() for part in np.indices((n_raters, n_tracks, n_levels))])


def test_a_crossed_design_has_the_variance_of_the_formula():
    found = Approximation(SLIDER, *crossed(12, 9)).variance_of_difference([1, -1, 0])
    of_tracks = 200 * (1.0 + 0.8 - 2 * 0.5) / 9
    # What a rater adds to a track is in both conditions, and cancels.
    assert found == pytest.approx(of_tracks + 2 * 30 / 12 + 2 * 250 / (12 * 9), rel=1e-6)


def test_an_incomplete_design_has_the_variance_of_dense_least_squares():
    rng = np.random.default_rng(3)
    rater, track, level = crossed(7, 6)[:, rng.permutation(126)[:60]]
    same_rater, same_track = rater[:, None] == rater, track[:, None] == track
    covariance = SLIDER.tracks[level[:, None], level] * same_track
    covariance = covariance + SLIDER.raters * same_rater
    covariance += SLIDER.raters_by_level * (same_rater & (level[:, None] == level))
    covariance += SLIDER.raters_by_track * (same_rater & same_track)
    covariance += SLIDER.error * np.eye(60)
    design = np.eye(3)[level]
    of_means = np.linalg.inv(design.T @ np.linalg.solve(covariance, design))
    weights = np.array([0.2, -1.0, 0.8])
    found = Approximation(SLIDER, rater, track, level).variance_of_difference(weights)
    assert found == pytest.approx(weights @ of_means @ weights, rel=1e-5)


def test_the_width_of_a_large_study_is_that_of_the_normal_distribution():
    expected = Approximation(SLIDER, *crossed(60, 60))
    width = 2 * 1.96 * np.sqrt(expected.variance_of_difference([1, 0, -1]))
    assert expected.width_of_difference([1, 0, -1]) == pytest.approx(width, rel=0.03)


def test_answers_of_two_say_as_much_as_a_share_of_independent_judgments():
    # One judgment a rater and track, without any differences of either: the binomial variance.
    share, n = 0.3, 400
    nothing = 1e-9 * np.eye(1)
    truth = Truth(
        np.array([stats.norm.ppf(share)]), nothing, 0.0, 0.0, 0.0, 1.0, Family.BINARY, (0, 1), np.zeros(0)
    )
    expected = Approximation(truth, np.arange(n), np.arange(n), np.zeros(n, dtype=int))
    assert expected.width_of_difference([1.0]) == pytest.approx(
        2 * 1.96 * np.sqrt(share * (1 - share) / n), rel=0.02
    )


def test_many_points_say_nearly_as_much_as_a_slider():
    points = np.linspace(-40, 160, 401)
    fine = replace(SLIDER, family=Family.ORDINAL, ends=(-40.0, 160.0), points=points)
    one, other = (Approximation(truth, *crossed(9, 8)) for truth in (SLIDER, fine))
    assert other.width_of_difference([1, -1, 0]) == pytest.approx(
        one.width_of_difference([1, -1, 0]), rel=0.01
    )


def test_retention_of_tracks_heard_without_error_is_as_precise_as_a_correlation():
    n_tracks = 100
    exact = replace(SLIDER, raters=1e-6, raters_by_level=1e-6, raters_by_track=1e-6, error=1e-6)
    correlation = 0.5 / np.sqrt(0.8)
    half = 1.96 / np.sqrt(n_tracks - 1)
    ends = np.tanh(np.arctanh(correlation) + np.array([-half, half]))
    low, high = Approximation(exact, *crossed(2, n_tracks)).intervals_of_retention(0, 1)
    assert (high - low).mean() == pytest.approx(np.ptp(ends), rel=0.05)


def test_raters_can_stand_for_several():
    rows = crossed(6, 9)
    written_out = np.hstack([rows + np.array([[first], [0], [0]]) for first in (0, 6, 12)])
    one, other = Approximation(SLIDER, *rows, 3.0), Approximation(SLIDER, *written_out)
    assert one.width_of_difference([1, -1, 0]) == pytest.approx(other.width_of_difference([1, -1, 0]))
    assert one.intervals_of_retention(0, 1)[0] == pytest.approx(other.intervals_of_retention(0, 1)[0])


@pytest.mark.parametrize("more", [(24, 10), (12, 20)])
def test_more_raters_and_more_tracks_narrow_every_interval(more):
    few, many = (Approximation(SLIDER, *crossed(*size)) for size in ((12, 10), more))
    assert many.width_of_difference([1, -1, 0]) < few.width_of_difference([1, -1, 0])
    for levels in ((0, 1), (0, 1, 2)):
        widths = [np.subtract(*one.intervals_of_retention(*levels)[::-1]) for one in (many, few)]
        assert widths[0].mean() < widths[1].mean() < 2


def test_a_retention_near_one_does_not_count_as_unknown():
    """Expected is what the benchmark of planning found in 120 simulated studies; retentions .98 and .38."""
    quantity = Retention(2, 0, 1)
    usual = population(USUAL_DEVIATIONS, 3, Family.ORDINAL, (1.0, 5.0), range(1, 6), reference=2)
    rater, track = (part.ravel() for part in np.indices((20, 24)))
    design = Approximation(with_effect(usual, quantity, 0.6), rater, track, (rater + track) % 3)
    found = quantity.expected(design, 0.95)
    assert found.width == pytest.approx(0.848, rel=0.1)
    assert found.found == pytest.approx(0.825, abs=0.1)
