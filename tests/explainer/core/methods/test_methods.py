"""Explanation methods against hand-worked answers, independent formulas and each other."""

import itertools
from math import factorial

import numpy as np
import pytest
from engine_support import (
    grid,
    loud_cells_model,
    planted_features,
    probability_model,
    problem_of,
    two_level_model,
)

from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.methods import METHODS, explain
from explainer.core.models.effects import emotion_segment_weights

SEGMENTS = grid()
PLANTED = (4, 7)
PLANTED_FEATURES = planted_features(SEGMENTS, PLANTED)
NOISE = np.random.default_rng(0).random(SEGMENTS.labels.shape[1:]).astype(np.float32)


def explained(method, model, features=PLANTED_FEATURES, segmentation=SEGMENTS, targets=(), **fields):
    recipe = Recipe(
        method=method, **{"calls": 200, "sampling": "independent", "keep_probability": 0.5, **fields}
    )
    return explain(method, problem_of(model, segmentation, features, recipe, targets), recipe)


# Attention has no sign, so it knows no counter-evidence; test_attention.py tests it.
@pytest.mark.parametrize("method", sorted(set(METHODS) - {"random", "attention"}))
def test_every_method_finds_a_planted_cause(method):
    explanation = explained(method, loud_cells_model())
    assert set(explanation.evidence("loud", 2).tolist()) == set(PLANTED)
    assert set(explanation.counter_evidence("quiet", 2).tolist()) == set(PLANTED)
    loud = explanation.weights[0]
    assert np.abs(np.delete(loud, PLANTED)).max() < 0.1 * loud[list(PLANTED)].min()
    assert np.abs(explanation.weights[2]).max() < 1e-6  # nothing speaks for what nothing changes


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("lime_batched", {"ridge": 0.0}),
        ("kernel_shap", {}),
        ("occlusion", {}),
        ("grad_cam", {}),
    ],
)
def test_weights_are_those_worked_out_by_hand(method, parameters):
    explanation = explained(method, loud_cells_model(), method_parameters=parameters)
    expected = 100 * (1.0 - 0.5) * SEGMENTS.area() * np.isin(np.arange(12), PLANTED)
    # Grad-CAM's map is stretched over neighbouring cells only where it is coarser than the features.
    np.testing.assert_allclose(explanation.weights[0], expected, atol=1e-4)
    assert explanation.intercepts[0] == pytest.approx(explanation.predictions[0] - expected.sum(), abs=1e-3)


def test_random_weights_find_nothing_and_change_with_the_seed():
    first, again, other = (explained("random", loud_cells_model(), seed=seed).weights for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(np.corrcoef(first[0], other[0])[0, 1]) < 0.9


@pytest.mark.parametrize("sampling", ["independent", "paired", "hadamard", "exhaustive"])
@pytest.mark.parametrize("hidden_value", ["zero", "band_mean"])
def test_batched_lime_has_the_weights_of_limes_own_surrogate(sampling, hidden_value):
    fields = {"sampling": sampling, "hidden_value": hidden_value, "calls": 4096, "features": NOISE}
    classic = explained("lime", two_level_model(), **fields)
    batched = explained("lime_batched", two_level_model(), **fields)
    np.testing.assert_allclose(batched.weights, classic.weights, atol=1e-6)
    np.testing.assert_allclose(batched.intercepts, classic.intercepts, atol=1e-6)
    assert batched.standard_errors.shape == batched.weights.shape


@pytest.mark.parametrize("method", ["gaussian_process", "lime_batched"])
def test_all_masks_leave_nothing_to_chance(method):
    segmentation, model = grid(time_cells=2, band_cells=3), two_level_model()
    parameters = {"kernel": "none", "ridge": 0.0} if method == "lime_batched" else {}
    explanation = explained(
        method, model, NOISE, segmentation, sampling="exhaustive", method_parameters=parameters
    )
    problem = problem_of(model, segmentation, NOISE, Recipe())
    masks = np.array(list(itertools.product([False, True], repeat=6)))
    outputs = problem.predict_masks(masks)
    for segment in range(6):
        shown = masks[:, segment]
        expected = outputs[shown].mean(axis=0) - outputs[~shown].mean(axis=0)
        np.testing.assert_allclose(explanation.weights[:, segment], expected, atol=1e-6)
    assert not explanation.standard_errors.any()


def test_emotion_weights_follow_from_mid_level_weights():
    model = two_level_model()
    explanation = explained("lime_batched", model, features=NOISE)
    by_linearity = emotion_segment_weights(model.emotion_weights, explanation.weights[:3])
    np.testing.assert_allclose(explanation.weights[3:], by_linearity, atol=1e-6)


def test_masks_are_the_only_cost_of_lime():
    explanation = explained("lime_batched", two_level_model(), calls=200)
    assert explanation.model_calls == 201  # the whole track besides
    assert explained("occlusion", two_level_model()).model_calls == 14


def shapley_values(value, n):
    """Average marginal contribution by the definition."""
    values = np.zeros(n)
    for player in range(n):
        others = [p for p in range(n) if p != player]
        for size in range(n):
            for coalition in itertools.combinations(others, size):
                share = factorial(size) * factorial(n - size - 1) / factorial(n)
                values[player] += share * (value({*coalition, player}) - value(set(coalition)))
    return values


def test_kernel_shap_is_exact_when_all_coalitions_are_asked():
    segmentation, model = grid(time_cells=2, band_cells=3), two_level_model()
    explanation = explained("kernel_shap", model, NOISE, segmentation)
    problem = problem_of(model, segmentation, NOISE, Recipe())
    masks = np.array(list(itertools.product([False, True], repeat=6)))
    outputs = dict(zip(map(tuple, masks.tolist()), problem.predict_masks(masks)[:, 0], strict=True))
    expected = shapley_values(lambda players: outputs[tuple(p in players for p in range(6))], 6)
    np.testing.assert_allclose(explanation.weights[0], expected, atol=1e-6)
    assert not explanation.standard_errors.any()


def test_sampled_shapley_values_add_up_and_lie_within_their_errors():
    exact = explained("kernel_shap", two_level_model(), NOISE, calls=4096)
    sampled = explained("kernel_shap", two_level_model(), NOISE, calls=400)
    np.testing.assert_allclose(sampled.weights.sum(axis=1), exact.weights.sum(axis=1), atol=1e-6)
    off = np.abs(sampled.weights - exact.weights) / sampled.standard_errors
    assert np.mean(off < 3) > 0.95
    assert np.mean(off < 0.1) < 0.4  # nor are the errors merely wide


def test_kernel_shap_of_a_single_segment_is_the_whole_gain():
    explanation = explained("kernel_shap", loud_cells_model(), segmentation=grid(time_cells=1, band_cells=1))
    np.testing.assert_allclose(explanation.weights[0, 0], explanation.predictions[0], rtol=1e-6)


def test_integrated_gradients_add_up_to_the_gain_over_hidden_cells():
    explanation = explained(
        "integrated_gradients",
        two_level_model(),
        NOISE,
        method_parameters={"steps": 200},
        hidden_value="band_mean",
    )
    problem = problem_of(two_level_model(), SEGMENTS, NOISE, Recipe(hidden_value="band_mean"))
    ends = problem.predict_masks(np.stack([np.ones(12, bool), np.zeros(12, bool)]))
    np.testing.assert_allclose(explanation.weights.sum(axis=1), ends[0] - ends[1], atol=2e-3)


def test_grad_cam_hears_long_tracks_in_windows():
    explanation = explained("grad_cam", loud_cells_model(window_frames=12))
    whole = explained("grad_cam", loud_cells_model())
    np.testing.assert_allclose(explanation.weights, whole.weights, atol=1e-4)


@pytest.mark.parametrize("method", ["integrated_gradients", "grad_cam"])
def test_gradient_methods_refuse_models_without_gradients(method):
    with pytest.raises(RecipeError, match="lime_batched"):
        explained(method, probability_model())


def test_grad_cam_names_a_layer_that_is_missing():
    with pytest.raises(RecipeError, match="no layer 'attention'"):
        explained("grad_cam", loud_cells_model(), method_parameters={"layer": "attention"})


def test_unknown_method_and_unknown_parameter_name_those_there_are():
    with pytest.raises(RecipeError, match="kernel_shap"):
        explained("oracle", loud_cells_model())
    with pytest.raises(RecipeError, match="kernel_width"):
        explained("lime", loud_cells_model(), method_parameters={"width": 1})
    with pytest.raises(RecipeError, match="'cosine' or 'none'"):
        explained("lime_batched", loud_cells_model(), method_parameters={"kernel": "flat"})


def test_probabilities_are_explained_as_log_odds():
    explanation = explained("occlusion", probability_model())
    # log-odds are 20 (mean - .5), so a segment adds 20 times its share of the mean.
    expected = 20 * SEGMENTS.total(PLANTED_FEATURES) / PLANTED_FEATURES.size
    np.testing.assert_allclose(explanation.weights[0], expected, atol=1e-4)
    assert explanation.provenance["scale"] == "log-odds"
    assert 0 < explanation.predictions[0] < 1


@pytest.mark.parametrize("method", sorted(METHODS))
def test_methods_are_deterministic(method):
    first, second = (explained(method, two_level_model(), NOISE, calls=64) for _ in range(2))
    assert first.to_bytes() == second.to_bytes()


def test_every_method_says_what_it_is():
    for name, method in METHODS.items():
        assert method.name == name
        assert len(method.summary.split()) > 4
