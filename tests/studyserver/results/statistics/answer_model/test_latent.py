"""What was heard between thresholds, beside scipy and beside a posterior computed on a grid."""

import numpy as np
import pytest
from scipy import stats

from studyserver.results.statistics.answer_model.latent import Latent

POINTS = np.array([1.0, 2.0, 3.0, 4.0])
SCALE = 0.75


def test_draws_lie_between_the_thresholds_and_have_the_moments_of_scipy():
    steps = np.array([0, 1, 2, 3, 0, 3])
    latent = Latent(steps, POINTS, 2, SCALE)
    expected = np.array([2.5, 2.5, 2.5, 2.5, 9.0, -40.0])[:, None] * np.ones(2)
    rng = np.random.default_rng(1)
    drawn = np.array([latent.draw_heard(expected, rng) for _ in range(8000)])
    edges = np.array([-np.inf, 1.5, 2.5, 3.5, np.inf])
    assert np.isfinite(drawn).all()
    for place, step in enumerate(steps):
        mean, sd = expected[place, 0], latent.sd[0]
        low, high = (edges[step] - mean) / sd, (edges[step + 1] - mean) / sd
        assert drawn[:, place].min() >= edges[step] - 1e-9
        assert drawn[:, place].max() <= edges[step + 1] + 1e-9
        if place < 5:  # scipy has no exact moments 100 standard deviations away
            known = stats.truncnorm(low, high, loc=mean, scale=sd)
            assert drawn[:, place].mean() == pytest.approx(known.mean(), abs=5 * known.std() / 89)


def test_binary_answers_have_one_fixed_threshold():
    latent = Latent(np.array([0, 1]), np.array([0.0, 1.0]), 3, 1.0)
    before = latent.sd.copy(), latent.thresholds.copy()
    latent.draw_scale(np.zeros((2, 3)), np.random.default_rng(1))
    assert (
        (latent.sd == before[0]).all()
        and (latent.thresholds == before[1]).all()
        and not latent.thresholds.any()
    )
    drawn = latent.draw_heard(np.zeros((2, 3)), np.random.default_rng(1))
    assert (drawn[0] <= 0).all() and (drawn[1] >= 0).all()


def test_noise_and_thresholds_follow_the_posterior_computed_on_a_grid():
    rng = np.random.default_rng(2)
    expected = rng.normal(2.6, 0.8, size=60)
    steps = np.searchsorted([1.5, 2.8, 3.5], expected + rng.normal(size=60) * 0.6)
    n_chains = 200
    latent = Latent(steps, POINTS, n_chains, SCALE)
    both = np.tile(expected[:, None], n_chains)
    for _ in range(150):
        latent.draw_scale(both, rng)
    latent.walk.learns = False
    sds, middles = [], []
    for _ in range(100):
        latent.draw_scale(both, rng)
        sds.append(latent.sd.copy())
        middles.append(latent.thresholds[:, 1].copy())
    grid_sd, grid_middle = np.linspace(0.2, 2.0, 150), np.linspace(1.52, 3.48, 150)
    density = np.array([[_log_density(expected, steps, sd, m) for m in grid_middle] for sd in grid_sd])
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    for draws, grid, marginal in (
        (np.concatenate(sds), grid_sd, weight.sum(axis=1)),
        (np.concatenate(middles), grid_middle, weight.sum(axis=0)),
    ):
        mean = grid @ marginal
        sd = np.sqrt((grid - mean) ** 2 @ marginal)
        assert draws.mean() == pytest.approx(mean, abs=0.05 * sd)
        assert draws.std() == pytest.approx(sd, rel=0.06)


def _log_density(expected: np.ndarray, steps: np.ndarray, sd: float, middle: float) -> float:
    """Return the log posterior density of the noise and of the threshold between two fixed ones."""
    edges = np.array([-np.inf, 1.5, middle, 3.5, np.inf])
    chance = stats.norm.cdf((edges[steps + 1] - expected) / sd) - stats.norm.cdf(
        (edges[steps] - expected) / sd
    )
    return float(np.log(np.maximum(chance, 1e-300)).sum() + stats.t.logpdf(sd / SCALE, 2))


def test_the_first_and_last_threshold_stay_half_way_between_points():
    latent = Latent(np.array([0, 1, 2, 3, 1, 2]), POINTS, 4, SCALE)
    rng = np.random.default_rng(3)
    for _ in range(50):
        latent.draw_scale(np.full((6, 4), 2.5), rng)
    assert (latent.thresholds[:, 0] == 1.5).all() and (latent.thresholds[:, -1] == 3.5).all()
    assert (np.diff(latent.thresholds, axis=1) > 0).all()
    assert np.ptp(latent.thresholds[:, 1]) > 0
