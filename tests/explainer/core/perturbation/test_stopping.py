"""The surrogate with interactions, and when asking stops."""

import numpy as np
import pytest
from engine_support import grid, loud_cells_model, planted_features, problem_of, two_level_model

from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.methods import explain
from explainer.core.methods.linear_surrogate import fit
from explainer.core.methods.process_surrogate import main_effects
from explainer.core.perturbation.sampling import draw_design
from explainer.core.perturbation.stopping import probability_unchanged

SEGMENTS = grid()
RNG = np.random.default_rng(0)
NOISE = RNG.random(SEGMENTS.labels.shape[1:]).astype(np.float32)


def saturating(masks, weights):
    """A sum that is bent: full of interactions."""
    return np.stack([np.tanh(masks @ weights - 1), masks @ weights], axis=1)


@pytest.mark.parametrize("p", [0.5, 0.75])
def test_main_effects_are_what_a_linear_surrogate_converges_to(p):
    rng = np.random.default_rng(3)
    weights = rng.normal(size=16) * np.geomspace(1, 0.1, 16)
    many = rng.random((40000, 16)) < p
    limit = fit(many, saturating(many, weights), np.ones(len(many)), ridge=0).weights
    errors = {"linear": [], "process": []}
    deviations = []
    for _ in range(8):
        few = rng.random((128, 16)) < p
        outputs = saturating(few, weights)
        found = main_effects(few, outputs, p)
        errors["process"].append(np.abs(found.weights - limit).mean(axis=1))
        errors["linear"].append(np.abs(fit(few, outputs, np.ones(128), ridge=0).weights - limit).mean(axis=1))
        deviations.append((found.weights - limit)[0] / found.standard_errors[0])
        np.testing.assert_allclose(
            found.intercepts + few @ found.weights.T, outputs, atol=1.5 if p < 0.6 else 1.0
        )
    bent, straight = np.mean(errors["process"], axis=0)
    assert bent < 0.7 * np.mean(errors["linear"], axis=0)[0]
    assert straight < 0.01  # a sum is found exactly, but for the noise that the process allows for
    assert 0.6 < np.sqrt(np.mean(np.square(deviations))) < 1.6  # its errors are as large as it says


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "keep"), [("balanced", 0.75), ("hadamard", 0.5), ("a_optimal", 0.75), ("a_optimal", 0.9)]
)
def test_intervals_hold_the_truth_as_often_as_they_say(design, keep):
    rng = np.random.default_rng(5)
    strength = rng.normal(size=20) * np.geomspace(1, 0.1, 20)
    pairs = rng.integers(20, size=(12, 2))

    def answer(masks):
        together = (masks[:, pairs[:, 0]] & masks[:, pairs[:, 1]]).sum(axis=1)
        return np.tanh(masks @ strength - 1 + 0.3 * together)[:, None]

    many = rng.random((40000, 20)) < keep
    truth = fit(many, answer(many), np.ones(len(many)), ridge=0).weights
    held, estimates, errors = [], [], []
    for _ in range(24):
        drawn = draw_design(design, 20, 128, keep, rng)
        found = main_effects(drawn.masks, answer(drawn.masks), keep)
        held.append(np.abs(found.weights - truth) < 1.96 * found.standard_errors)
        estimates.append(found.weights)
        errors.append(found.standard_errors)
    assert 0.88 < np.mean(held) < 0.99
    # And they are of the size of what other seeds would have given; masks that are chosen scatter less.
    scatter = np.sqrt(np.mean(np.var(estimates, axis=0, ddof=1)))
    assert 0.7 < np.sqrt(np.mean(np.square(errors))) / scatter < 1.7


def test_knowing_what_sounds_together_makes_weights_surer():
    """Products of segments of one group are taken for what they are."""
    rng = np.random.default_rng(2)
    columns = np.arange(24) // 4
    pairs = [(a, b) for a in range(24) for b in range(a) if columns[a] == columns[b]]
    effects, together = rng.normal(size=24), rng.normal(size=len(pairs))

    def answer(masks):
        centred = masks - 0.75  # so that products take no part in the weights
        products = np.stack([centred[:, a] * centred[:, b] for a, b in pairs], axis=1)
        return (masks @ effects + 2 * products @ together)[:, None]

    errors = {"known": [], "unknown": []}
    for _ in range(6):
        masks = draw_design("a_optimal", 24, 128, 0.75, rng).masks
        for name, groupings in (("known", [columns, np.arange(24) % 4]), ("unknown", ())):
            found = main_effects(masks, answer(masks), 0.75, groupings)
            errors[name].append(np.abs(found.weights[0] - effects).mean())
    assert np.mean(errors["known"]) < 0.9 * np.mean(errors["unknown"])


def test_outputs_that_never_change_have_no_effects():
    masks = RNG.random((40, 6)) < 0.5
    found = main_effects(masks, np.full((40, 2), 3.0), 0.5)
    assert np.abs(found.weights).max() < 1e-9
    np.testing.assert_allclose(found.intercepts, 3.0)


def test_the_chance_of_the_same_strongest_segments():
    weights = np.array([3.0, 2.0, 1.0, 0.0])
    rng = np.random.default_rng(0)
    assert probability_unchanged(weights, np.zeros(4), 2, rng) == 1
    # Two normal errors of .5 differ by more than 1 with probability Phi(-1 / sqrt(.5)) = .0786.
    two = probability_unchanged(weights, np.array([0, 0.5, 0.5, 0]), 2, rng)
    assert two == pytest.approx(1 - 0.0786, abs=0.045)
    assert probability_unchanged(weights, np.ones(4), 4, rng) == 1


def asked(method, confidence, **fields):
    recipe = Recipe(
        method=method,
        sampling="balanced",
        keep_probability=0.75,
        stop_confidence=confidence,
        evidence_sizes=(2,),
        **{"calls": 400, **fields},
    )
    problem = problem_of(loud_cells_model(), SEGMENTS, planted_features(SEGMENTS, (4, 7)), recipe)
    problem.decisive = [0]
    return explain(method, problem, recipe)


@pytest.mark.parametrize("method", ["lime_batched", "gaussian_process"])
def test_asking_stops_once_the_evidence_is_stable(method):
    explanation = asked(method, 0.9)
    assert explanation.provenance["stopped"] == "stable"
    assert explanation.provenance["masks"] < 100
    assert explanation.provenance["probability_unchanged"]["loud"] >= 0.9
    assert set(explanation.evidence("loud", 2).tolist()) == {4, 7}


def test_asking_goes_on_to_the_end_of_the_budget():
    recipe = Recipe(
        method="lime_batched", sampling="independent", calls=60, stop_confidence=0.999, evidence_sizes=(4,)
    )
    explanation = explain("lime_batched", problem_of(two_level_model(), SEGMENTS, NOISE, recipe), recipe)
    assert explanation.provenance["stopped"] == "budget"
    assert explanation.provenance["masks"] == 60
    assert set(explanation.provenance["probability_unchanged"]) == {
        target.name for target in two_level_model().targets
    }


def test_without_a_rule_all_calls_are_asked():
    assert asked("gaussian_process", 0.0).provenance["stopped"] == "all calls asked for"
    with pytest.raises(RecipeError, match="stop_confidence"):
        asked("lime_batched", 1.0)
