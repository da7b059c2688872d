import numpy as np
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.outliers_influence import variance_inflation_factor

from explainer.core.correlations import published
from explainer.core.correlations.estimates import (
    contradictions,
    correlations,
    fisher,
    long_table,
    prediction_quality,
    standardised_weights,
    variance_inflation,
)

RNG = np.random.default_rng(5)
WEIGHTS = np.array([[0.8, -0.3, 0.0], [0.2, 0.5, -0.6], [-0.1, 0.4, 0.9]])


@pytest.fixture
def table():
    mid_level = RNG.standard_normal((60, 3)) @ np.array([[1, 0.8, 0], [0, 0.6, 0.3], [0, 0, 1]])
    return mid_level, mid_level @ WEIGHTS + 0.5 * RNG.standard_normal((60, 3))


def test_correlations_agree_with_independent_packages(table):
    mid_level, emotions = table
    found = correlations(mid_level, emotions)
    everything = np.corrcoef(mid_level.T, emotions.T)
    np.testing.assert_allclose(found.pearson.value, everything[:3, 3:], atol=1e-12)
    np.testing.assert_allclose(found.among.value, everything[:3, :3], atol=1e-12)
    reference = pingouin.corr(mid_level[:, 1], emotions[:, 2])
    interval = reference.filter(like="CI").iloc[0, 0]
    np.testing.assert_allclose([found.pearson.lower[1, 2], found.pearson.upper[1, 2]], interval, atol=0.006)
    design = np.column_stack([np.ones(60), mid_level])
    inflation = [variance_inflation_factor(design, column) for column in (1, 2, 3)]
    np.testing.assert_allclose(found.variance_inflation.value, inflation, rtol=1e-9)


def test_partial_correlation_is_that_of_the_inverse_correlation_matrix(table):
    mid_level, emotions = table
    precision = np.linalg.inv(np.corrcoef(np.column_stack([mid_level, emotions[:, 0]]).T))
    expected = -precision[:3, 3] / np.sqrt(np.diag(precision)[:3] * precision[3, 3])
    np.testing.assert_allclose(correlations(mid_level, emotions).partial.value[:, 0], expected, atol=1e-9)


def test_partial_correlations_have_the_interval_of_pingouin(table):
    import pandas as pd

    mid_level, emotions = table
    frame = pd.DataFrame(np.column_stack([mid_level, emotions[:, 1]]), columns=["a", "b", "c", "y"])
    interval = pingouin.partial_corr(frame, "a", "y", ["b", "c"]).filter(like="CI").iloc[0, 0]
    partial = correlations(mid_level, emotions).partial
    np.testing.assert_allclose([partial.lower[0, 1], partial.upper[0, 1]], interval, atol=0.006)


def test_undefined_correlations_are_nan_and_too_few_tracks_are_refused(table):
    mid_level, emotions = table[0].copy(), table[1]
    mid_level[:, 1] = 4.2
    found = correlations(mid_level, emotions)
    assert np.isnan(found.pearson.value[1]).all()
    assert np.isfinite(found.pearson.value[0]).all()
    assert any("the same value on all tracks" in remark for remark in found.remarks)
    with pytest.raises(ValueError, match="at least three tracks"):
        correlations(mid_level[:2], emotions[:2])


def test_few_tracks_are_named_as_such(table):
    mid_level, emotions = table
    assert correlations(mid_level, emotions).remarks == ()
    assert "12 tracks are few" in correlations(mid_level[:12], emotions[:12]).remarks[0]
    four = correlations(mid_level[:4], emotions[:4])
    assert "too few to hold 2 features constant" in four.remarks[0]
    assert np.isnan(four.partial.value).all()
    assert np.isnan(four.variance_inflation.value).all()


def test_an_exact_sum_leaves_only_the_signs_of_its_weights(table):
    mid_level, _ = table
    exact = (mid_level @ np.array([[0.5], [-0.2], [0.0]])).astype(np.float32)
    partial = correlations(mid_level.astype(np.float32), exact).partial.value[:, 0]
    np.testing.assert_allclose(partial[:2], [1, -1], atol=1e-4)
    assert np.isnan(partial[2])  # the other two explain the emotion wholly


def test_three_tracks_leave_every_correlation_open():
    found = fisher(np.array([0.99, np.nan]), 3)
    assert (found.lower[0], found.upper[0]) == (-1, 1)
    assert np.isnan(found.lower[1])


def test_fishers_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2000, 25))
    y = 0.6 * x + 0.8 * rng.standard_normal((2000, 25))
    r = np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(x, y, strict=True)])
    found = fisher(r, 25, confidence=0.9)
    assert ((found.lower < 0.6) & (found.upper > 0.6)).mean() == pytest.approx(0.9, abs=0.025)


@given(st.floats(-0.95, 0.95))
def test_inflation_of_two_features_follows_from_their_correlation(r):
    rng = np.random.default_rng(1)
    first = rng.standard_normal(50)
    first = (first - first.mean()) / first.std()
    other = rng.standard_normal(50)
    other -= other.mean() + first * (first @ other) / (first @ first)
    other /= other.std()
    both = np.column_stack([first, r * first + np.sqrt(1 - r**2) * other])
    np.testing.assert_allclose(variance_inflation(both), 1 / (1 - r**2), rtol=1e-6)


def test_inflation_is_infinite_for_a_sum_and_its_interval_holds_the_value(table):
    mid_level, emotions = table
    inflation = correlations(mid_level, emotions).variance_inflation
    assert (inflation.lower <= inflation.value).all()
    assert (inflation.value <= inflation.upper).all()
    dependent = np.column_stack([mid_level, mid_level[:, 0] + mid_level[:, 1]])
    found = correlations(dependent, emotions)
    assert np.isinf(found.variance_inflation.value[[0, 1, 3]]).all()
    assert np.isnan(found.partial.value[0]).all()


def test_weights_of_uncorrelated_features_become_their_correlations():
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=float) * [2, 5]
    emotion = signs @ np.array([[0.3], [0.04]])
    found = standardised_weights(np.array([[0.3], [0.04]]), signs, emotion)
    np.testing.assert_allclose(found[:, 0], np.corrcoef(signs.T, emotion.T)[:2, 2], atol=1e-12)


def test_the_published_weights_contradict_the_published_correlations_in_places():
    clear = fisher(published.CORRELATIONS, 360)
    found = contradictions(published.WEIGHTS, clear)
    feature, emotion = published.MID_LEVEL.index("rhythm_complexity"), published.EMOTIONS.index("valence")
    assert found[feature, emotion]  # +.27 learned, -.70 annotated
    assert not found[published.MID_LEVEL.index("melodiousness"), emotion]
    # Fisher's interval of r = .07 (articulation and happy) holds 0 with 360 tracks.
    assert clear.lower[1, 5] < 0 < clear.upper[1, 5]


def test_predictions_are_compared_target_by_target(table):
    mid_level, _ = table
    noisy = mid_level + np.array([0.1, 1, 100])
    noisy[:, 2] = -noisy[:, 2]
    found = prediction_quality(mid_level, noisy)
    np.testing.assert_allclose(found.value, [1, 1, -1], atol=1e-12)


def test_the_long_table_holds_every_number(table):
    found = correlations(*table)
    rows = long_table(found, ["a", "b", "c"], ["x", "y", "z"], WEIGHTS)
    assert len(rows) == 4 * 9 + 3
    row = next(row for row in rows if (row.quantity, row.row, row.column) == ("correlation", "b", "z"))
    assert row.value == found.pearson.value[1, 2]
    assert row.lower == found.pearson.lower[1, 2]
