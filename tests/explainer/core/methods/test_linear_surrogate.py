"""The surrogate against scikit-learn, statsmodels and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances
from statsmodels.regression.linear_model import WLS

from explainer.core.methods.linear_surrogate import cosine_distance_to_whole, exponential_kernel, fit
from explainer.core.perturbation.sampling import draw_design


@given(st.integers(1, 12), st.integers(0, 40), st.floats(0.01, 10), st.integers(0, 999))
def test_same_as_scikit_learns_ridge(n_segments, further, ridge, seed):
    rng = np.random.default_rng(seed)
    masks = rng.random((n_segments + 5 + further, n_segments)) < 0.5
    outputs, weights = rng.standard_normal((len(masks), 3)), rng.random(len(masks)) + 0.01
    solved = fit(masks, outputs, weights, ridge=ridge)
    reference = Ridge(alpha=ridge).fit(masks.astype(float), outputs, sample_weight=weights)
    np.testing.assert_allclose(solved.weights, reference.coef_, atol=1e-9)
    np.testing.assert_allclose(solved.intercepts, reference.intercept_, atol=1e-9)


def test_standard_errors_are_those_of_statsmodels():
    rng = np.random.default_rng(3)
    masks = rng.random((80, 6)) < 0.5
    outputs, weights = rng.standard_normal((80, 2)), rng.random(80) + 0.1
    solved = fit(masks, outputs, weights, ridge=0)
    for target in range(2):
        reference = WLS(outputs[:, target], np.column_stack([np.ones(80), masks]), weights=weights).fit(
            cov_type="HC2"
        )
        np.testing.assert_allclose(solved.standard_errors[target], reference.bse[1:], rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "keep_probability"),
    [("independent", 0.5), ("paired", 0.5), ("hadamard", 0.5), ("balanced", 0.75)],
)
def test_standard_errors_tell_how_far_weights_scatter(name, keep_probability):
    n, draws = 12, 150
    rng = np.random.default_rng(7)
    main, pairs = rng.standard_normal(n), 0.2 * rng.standard_normal((n, n))

    def model(masks):
        signs = 2.0 * masks - 1
        return (np.tanh(masks @ main) + np.einsum("ij,jk,ik->i", signs, pairs, signs))[:, None]

    weights, errors = [], []
    for seed in range(draws):
        design = draw_design(name, n, 128, keep_probability, np.random.default_rng(seed))
        solved = fit(design.masks, model(design.masks), np.ones(len(design.masks)), clusters=design.clusters)
        weights.append(solved.weights[0])
        errors.append(solved.standard_errors[0])
    scatter, claimed = np.std(weights, axis=0), np.sqrt(np.mean(np.square(errors), axis=0))
    assert np.sqrt(np.mean(claimed**2) / np.mean(scatter**2)) == pytest.approx(1, abs=0.2)


def test_redundant_segments_without_ridge_still_have_a_solution():
    masks = np.array([[1, 1], [0, 0], [1, 1], [0, 0]], dtype=bool)
    solved = fit(masks, np.array([[1.0], [0.0], [1.0], [0.0]]), np.ones(4), ridge=0)
    np.testing.assert_allclose(solved.weights, [[0.5, 0.5]], atol=1e-9)


def test_distance_and_kernel_are_limes():
    masks = np.random.default_rng(0).random((50, 9)) < 0.5
    masks[1] = False
    reference = pairwise_distances(masks.astype(float), np.ones((1, 9)), metric="cosine").ravel()
    np.testing.assert_allclose(cosine_distance_to_whole(masks), reference, atol=1e-12)
    assert exponential_kernel(np.array([0.0])) == 1
    assert exponential_kernel(np.array([0.25])) == pytest.approx(np.exp(-0.5))
