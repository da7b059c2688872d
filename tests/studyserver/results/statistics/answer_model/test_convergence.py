"""R-hat and effective sample sizes of chains whose answers are known."""

import numpy as np
import pytest

from studyserver.results.statistics.answer_model.convergence import effective_size, r_hat


def autoregressive(rng: np.random.Generator, coefficient: float, n_chains: int, n: int) -> np.ndarray:
    noise = rng.normal(size=(n_chains, n + 100))
    for place in range(1, n + 100):
        noise[:, place] += coefficient * noise[:, place - 1]
    return noise[:, 100:]


def test_independent_draws_are_worth_themselves():
    draws = np.random.default_rng(1).normal(size=(4, 1000))
    assert effective_size(draws) == pytest.approx(4000, rel=0.15)
    assert r_hat(draws) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("coefficient", [0.5, 0.9])
def test_draws_that_follow_each_other_are_worth_less(coefficient):
    draws = autoregressive(np.random.default_rng(2), coefficient, 4, 20_000)
    expected = draws.size * (1 - coefficient) / (1 + coefficient)
    assert effective_size(draws) == pytest.approx(expected, rel=0.15)


def test_chains_around_different_values_disagree():
    draws = np.random.default_rng(3).normal(size=(4, 500)) + np.arange(4)[:, None]
    assert r_hat(draws) > 1.4
    assert effective_size(draws) < 20


def test_chains_of_different_width_disagree():
    draws = np.random.default_rng(4).normal(size=(4, 500)) * np.array([1, 1, 1, 6])[:, None]
    assert r_hat(draws) > 1.2


def test_a_trend_within_every_chain_is_seen():
    draws = np.random.default_rng(5).normal(size=(4, 500)) + np.linspace(0, 3, 500)
    assert r_hat(draws) > 1.2


def test_constant_draws_have_neither():
    assert np.isnan(r_hat(np.ones((4, 100)))) and np.isnan(effective_size(np.ones((4, 100))))
