"""The influence of priors: weighted draws beside posteriors that are known in closed form."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate

from studyserver.results.statistics.answer_model.answers import Family, answers_of
from studyserver.results.statistics.answer_model.covariances import FREEDOM_OF_TRACKS
from studyserver.results.statistics.answer_model.draws import empty_draws
from studyserver.results.statistics.answer_model.estimands import Posterior, mean
from studyserver.results.statistics.answer_model.fit import Fit
from studyserver.results.statistics.answer_model.priors import (
    HALF,
    TWICE,
    log_huang_wand,
    weighted,
    weights,
)

ENDS = (0.0, 4.0)


def fit_of_one_mean(center, sd):
    """Return draws of a mean from a normal posterior, with everything else fixed."""
    table = pd.DataFrame({"rater": [0, 1, 2], "track": [0, 1, 2], "level": "a", "value": [1.0, 2.0, 3.0]})
    answers = answers_of(table, Family.GAUSSIAN, ENDS)
    draws = empty_draws(answers, 4, 20_000, 0)
    draws.means[...] = np.random.default_rng(1).normal(center, sd, draws.means.shape)
    return Fit(answers, draws, 1.0, 1000.0)


@pytest.mark.parametrize("power", [HALF, TWICE])
def test_a_normal_mean_moves_as_its_closed_form_says(power):
    center, sd, (middle, length) = 3.5, 1.2, (2.0, 4.0)
    fit = fit_of_one_mean(center, sd)
    precision = 1 / sd**2 + (power - 1) / length**2
    expected = (center / sd**2 + (power - 1) * middle / length**2) / precision
    found = weighted(mean(fit, "a"), weights(fit, power))
    assert found.estimate == pytest.approx(expected, abs=0.02)
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(precision), rel=0.02)


def test_priors_of_the_same_weight_change_nothing():
    fit = fit_of_one_mean(1.0, 0.5)
    found, figure = weighted(mean(fit, "a"), weights(fit, 1.0)), mean(fit, "a")
    assert found.estimate == pytest.approx(figure.estimate, abs=1e-3)
    assert (found.low, found.high) == pytest.approx(figure.interval(), abs=1e-3)


def test_one_standard_deviation_is_half_cauchy():
    sds = np.array([0.1, 0.7, 3.0])
    found = log_huang_wand(sds[:, None, None] ** 2, 0.5)
    expected = -(FREEDOM_OF_TRACKS + 1) / 2 * np.log1p((sds / 0.5) ** 2 / FREEDOM_OF_TRACKS)
    np.testing.assert_allclose(found - found[0], expected - expected[0])


def test_correlations_have_the_density_of_the_documentation():
    def marginal(correlation):
        def density(two, one):
            sds = np.exp([one, two])
            matrix = np.outer(sds, sds) * np.array([[1, correlation], [correlation, 1]])
            return np.exp(log_huang_wand(matrix, 1.0) + one + two)

        return integrate.dblquad(density, -12, 12, -12, 12, epsabs=1e-7, epsrel=1e-5)[0]

    ratio = marginal(0.8) / marginal(0.0)
    assert ratio == pytest.approx((1 - 0.8**2) ** -0.5, rel=1e-3)


def test_a_weighted_figure_is_the_quantile_of_its_draws():
    draws = np.arange(1.0, 101.0)
    found = weighted(Posterior(draws), np.full(100, 0.01))
    assert found.estimate == pytest.approx(50.5) and found.low == pytest.approx(3.0, abs=0.1)
