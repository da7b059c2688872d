"""What passes beyond a feature's name: against cases by hand, other packages, and a leak that was trained."""

import numpy as np
import pandas as pd
import pingouin
import pytest
import statsmodels.api
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.correlations.leakage import leakage, leakage_table

RNG = np.random.default_rng(11)
RATINGS = RNG.standard_normal((80, 3)) @ np.array([[1, 0.6, 0], [0, 0.8, 0.3], [0, 0, 1]])
EMOTIONS = RATINGS @ RNG.standard_normal((3, 2)) + RNG.standard_normal((80, 2))
FEATURES = 0.7 * RATINGS + 0.5 * RNG.standard_normal((80, 3)) + 0.4 * EMOTIONS[:, [0, 0, 1]]
WEIGHTS = np.array([[0.8, -0.3], [0.2, 0.5], [-0.1, 0.4]])


def orthogonal(n_columns):
    """Return columns of mean 0 and variance 1 that have nothing in common."""
    table = RNG.standard_normal((40, n_columns))
    return np.linalg.qr(table - table.mean(axis=0))[0] * np.sqrt(40)


def test_shares_are_those_of_the_variances_where_nothing_is_shared():
    rated, own, other = orthogonal(3).T
    features = np.column_stack([2 * rated + own, 3 * other])
    found = leakage(features, np.array([[1.0], [2.0]]), np.column_stack([rated, other]), draws=20)
    # The emotion is 2 rated + own + 6 other, with variance 4 + 1 + 36.
    np.testing.assert_allclose(found.by_name.value[:, 0], [4 / 41, 36 / 41])
    np.testing.assert_allclose(found.beyond_name.value[:, 0], [1 / 41, 0], atol=1e-12)
    assert np.isnan(found.residual.value).all()
    assert not found.leaks.any()


@given(seed=st.integers(0, 10_000), unrated=st.sets(st.integers(0, 3)), n=st.integers(3, 40))
@settings(max_examples=30, deadline=None)
def test_shares_add_up_to_one(seed, unrated, n):
    rng = np.random.default_rng(seed)
    ratings = rng.standard_normal((n, 4))
    ratings[:, sorted(unrated)] = np.nan
    found = leakage(rng.standard_normal((n, 4)), rng.standard_normal((4, 2)), ratings, draws=2)
    rated = [i for i in range(4) if i not in unrated]
    shares = found.by_name.value[rated] + found.beyond_name.value[rated]
    np.testing.assert_allclose(shares.sum(axis=0) + found.unrated, 1, atol=1e-9)
    assert np.isnan(found.by_name.value[sorted(unrated)]).all()
    if not unrated:
        np.testing.assert_allclose(found.unrated, 0, atol=1e-9)


def test_what_a_rest_carries_is_the_partial_correlation_of_pingouin():
    found = leakage(FEATURES, WEIGHTS, RATINGS, EMOTIONS, draws=20)
    frame = pd.DataFrame(
        np.column_stack([FEATURES[:, 1], EMOTIONS[:, 0], RATINGS]), columns=["f", "e", "a", "b", "c"]
    )
    reference = pingouin.partial_corr(frame, "f", "e", ["a", "b", "c"])
    assert found.residual.value[1, 0] == pytest.approx(reference["r"].iloc[0], abs=1e-6)
    interval = reference.filter(like="CI").iloc[0, 0]
    np.testing.assert_allclose([found.residual.lower[1, 0], found.residual.upper[1, 0]], interval, atol=0.006)


def test_weights_from_ratings_are_those_of_statsmodels():
    def standard(table):
        return (table - table.mean(axis=0)) / table.std(axis=0)

    found = leakage(FEATURES, WEIGHTS, RATINGS, EMOTIONS, draws=20).rating_weights
    fit = statsmodels.api.OLS(standard(EMOTIONS)[:, 1], statsmodels.api.add_constant(standard(RATINGS))).fit()
    np.testing.assert_allclose(found.value[:, 1], fit.params[1:])
    np.testing.assert_allclose(np.column_stack([found.lower[:, 1], found.upper[:, 1]]), fit.conf_int()[1:])


def trained(together):
    """Train a bottleneck of one feature, whose emotion has nothing to do with the feature's name."""
    rng = np.random.default_rng(4)
    sound = torch.from_numpy(rng.standard_normal((300, 2)))
    rating, emotion = sound[:, 0] + torch.from_numpy(0.3 * rng.standard_normal(300)), 2 * sound[:, 1]
    first = torch.tensor([0.1, 0.1], dtype=torch.float64, requires_grad=True)
    second = torch.full((1,), 0.1, dtype=torch.float64, requires_grad=True)
    descent = torch.optim.Adam([first, second], 0.02)
    for _ in range(600):
        feature = sound @ first
        passed_on = feature if together else feature.detach()
        loss = (feature - rating).square().mean() + (second * passed_on - emotion).square().mean()
        descent.zero_grad()
        loss.backward()
        descent.step()
    tables = (sound @ first)[:, None], second[None], rating[:, None], emotion[:, None]
    return [table.detach().numpy() for table in tables]


@pytest.mark.slow
def test_a_bottleneck_trained_jointly_leaks_and_one_trained_level_by_level_does_not():
    joint = leakage(*trained(together=True))
    assert joint.leaks.all()
    assert joint.residual.value[0, 0] > 0.9
    assert joint.beyond_name.lower[0, 0] > 0.2
    apart = leakage(*trained(together=False))
    assert not apart.leaks.any()
    assert apart.by_name.value[0, 0] > 0.85


def test_noise_is_beyond_the_name_but_carries_nothing():
    ratings = RNG.standard_normal((400, 1))
    features = ratings + RNG.standard_normal((400, 1))
    found = leakage(features, np.ones((1, 1)), ratings, 2 * ratings + RNG.standard_normal((400, 1)))
    assert found.by_name.lower[0, 0] < 0.5 < found.by_name.upper[0, 0]
    assert found.beyond_name.value[0, 0] == pytest.approx(0.5, abs=0.1)
    assert abs(found.residual.value[0, 0]) < 0.1


def test_too_few_tracks_are_refused_or_named():
    with pytest.raises(ValueError, match="at least three tracks"):
        leakage(FEATURES[:2], WEIGHTS, RATINGS[:2])
    found = leakage(FEATURES[:6], WEIGHTS, RATINGS[:6], EMOTIONS[:6], draws=20)
    assert "need at least 7 tracks" in found.remarks[0]
    assert np.isnan(found.residual.value).all()
    assert "10 tracks are few" in leakage(FEATURES[:10], WEIGHTS, RATINGS[:10], draws=20).remarks[0]


def test_table_holds_every_number():
    found = leakage(FEATURES, WEIGHTS, RATINGS, EMOTIONS, draws=20)
    rows = leakage_table(found, ["a", "b", "c"], ["x", "y"])
    assert len(rows) == 4 * 6
    row = next(row for row in rows if (row.quantity, row.row, row.column) == ("share_by_name", "c", "y"))
    assert row.value == found.by_name.value[2, 1]
    assert row.lower <= row.value <= row.upper
