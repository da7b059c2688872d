"""Draws of effects and means beside dense linear algebra on a small design."""

import numpy as np
import pytest
from scipy import stats

from studyserver.results.statistics.answer_model.groups import (
    Cells,
    Grouping,
    Noise,
    draw_with_means,
    log_evidence,
)

N_TRACKS, N_LEVELS = 4, 2
PRIOR = (3.0, 2.0)


class Small:
    """Seven tracks' worth of judgments, two chains, cells of one to three judgments."""

    def __init__(self) -> None:
        rng = np.random.default_rng(5)
        self.track = rng.integers(N_TRACKS, size=30)
        self.level = rng.integers(N_LEVELS, size=30)
        rater = rng.integers(5, size=30)
        self.cells = Cells(np.unique(self.track * 5 + rater, return_inverse=True)[1])
        self.noise = Noise(np.array([0.7, 0.4]), self.cells, np.array([0.3, 0.9]))
        self.values = 3 + rng.normal(size=30)
        self.groups = Grouping(self.track, self.level, N_TRACKS, N_LEVELS, self.cells)
        self.covariance = np.array([[[0.8, 0.3], [0.3, 0.5]], [[0.6, -0.2], [-0.2, 0.9]]])
        self.root = np.linalg.cholesky(self.covariance)

    def given(self) -> tuple[np.ndarray, np.ndarray]:
        residuals = np.tile(self.values[:, None], 2)
        return self.groups.precision(self.noise), self.groups.pull(residuals, self.noise)

    def dense(self, chain: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the covariance of judgments around the effects, and the designs of effects and means."""
        same = self.cells.index[:, None] == self.cells.index
        noise = np.eye(30) * self.noise.variance[chain] + same * self.noise.cell_variance[chain]
        effects = np.zeros((30, N_TRACKS * N_LEVELS))
        effects[np.arange(30), self.track * N_LEVELS + self.level] = 1
        means = np.eye(N_LEVELS)[self.level]
        return noise, effects, means


@pytest.fixture
def small() -> Small:
    return Small()


def test_precision_and_pull_are_those_of_the_dense_covariance(small):
    given, pull = small.given()
    for chain in range(2):
        noise, effects, _ = small.dense(chain)
        inverse = np.linalg.inv(noise)
        expected = effects.T @ inverse @ effects
        for group in range(N_TRACKS):
            own = slice(group * N_LEVELS, (group + 1) * N_LEVELS)
            np.testing.assert_allclose(given[chain, group], expected[own, own], atol=1e-10)
        np.testing.assert_allclose(pull[chain].ravel(), effects.T @ inverse @ small.values, atol=1e-10)


def test_evidence_is_the_density_of_the_judgments_up_to_a_constant(small):
    given, _ = small.given()
    means = np.array([[2.8, 3.3], [3.1, 2.9]])
    residuals = small.values[:, None] - means.T[small.level]
    pull = small.groups.pull(residuals, small.noise)

    def density(chain: int, covariance: np.ndarray) -> float:
        noise, effects, design = small.dense(chain)
        total = noise + effects @ np.kron(np.eye(N_TRACKS), covariance) @ effects.T
        return stats.multivariate_normal(design @ means[chain], total).logpdf(small.values)

    other = small.covariance * np.array([2.0, 0.3])[:, None, None]
    change = log_evidence(given, pull, np.linalg.cholesky(other)) - log_evidence(given, pull, small.root)
    expected = [density(chain, other[chain]) - density(chain, small.covariance[chain]) for chain in range(2)]
    np.testing.assert_allclose(change, expected, atol=1e-9)


def test_draws_have_the_mean_and_covariance_of_the_exact_posterior(small):
    given, pull = small.given()
    rng = np.random.default_rng(1)
    drawn = [draw_with_means(given, pull, small.root, PRIOR, rng) for _ in range(20_000)]
    for chain in range(2):
        noise, effects, design = small.dense(chain)
        both = np.hstack([design, effects])
        prior = np.zeros((both.shape[1], both.shape[1]))
        prior[:N_LEVELS, :N_LEVELS] = np.eye(N_LEVELS) / PRIOR[1] ** 2
        own = np.linalg.inv(small.covariance[chain])
        prior[N_LEVELS:, N_LEVELS:] = np.kron(np.eye(N_TRACKS), own)
        covariance = np.linalg.inv(both.T @ np.linalg.solve(noise, both) + prior)
        pulled = both.T @ np.linalg.solve(noise, small.values)
        pulled[:N_LEVELS] += PRIOR[0] / PRIOR[1] ** 2
        found = np.array([np.concatenate([m[chain], e[chain].ravel()]) for m, e in drawn])
        error = np.sqrt(np.diag(covariance) / len(found))
        assert (np.abs(found.mean(axis=0) - covariance @ pulled) < 5 * error).all()
        np.testing.assert_allclose(np.cov(found.T), covariance, atol=0.02)


def test_effects_of_almost_no_variance_do_not_disturb_the_means(small):
    given, pull = small.given()
    rng = np.random.default_rng(2)
    means, effects = draw_with_means(given, pull, small.root * 1e-9, PRIOR, rng)
    assert np.isfinite(means).all() and np.abs(effects).max() < 1e-7
    drawn = np.array([draw_with_means(given, pull, small.root * 1e-9, PRIOR, rng)[0] for _ in range(4000)])
    noise, _, design = small.dense(0)
    covariance = np.linalg.inv(design.T @ np.linalg.solve(noise, design) + np.eye(2) / PRIOR[1] ** 2)
    expected = covariance @ (design.T @ np.linalg.solve(noise, small.values) + PRIOR[0] / PRIOR[1] ** 2)
    np.testing.assert_allclose(drawn[:, 0].mean(axis=0), expected, atol=0.03)
