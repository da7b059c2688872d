"""Fidelity figures where the truth is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from engine_support import grid, loud_cells_model, planted_features, problem_of, two_level_model

from explainer.core.base.recipe import Recipe
from explainer.core.evaluation import fidelity
from explainer.core.methods import explain

SEGMENTS = grid()
FEATURES = planted_features(SEGMENTS, (4, 7))


@pytest.fixture
def explained():
    def make(method, model, **fields):
        recipe = Recipe(method=method, calls=200, **fields)
        problem = problem_of(model, SEGMENTS, FEATURES, recipe)
        return explain(method, problem, recipe), problem, recipe

    return make


def test_an_additive_model_is_explained_perfectly_and_chance_is_not(explained):
    explanation, problem, recipe = explained(
        "lime_batched", loud_cells_model(), method_parameters={"ridge": 0.0}
    )
    found = fidelity.held_out(explanation, problem, recipe)
    assert found["loud"]["r2"] == pytest.approx(1, abs=1e-6)
    assert found["loud"]["rank_correlation"] > 0.85  # ties are broken by rounding
    assert found["constant"] == {"r2": None, "rank_correlation": None}
    at_random, problem, recipe = explained("random", loud_cells_model())
    assert fidelity.held_out(at_random, problem, recipe)["loud"]["r2"] < 0.5


def test_a_fidelity_below_zero_is_warned_of():
    figures = {"happy": -0.317, "sad": 0.0, "tense": None, "tender": -12.3, "angry": 0.9}
    held_out = {name: {"r2": r2, "rank_correlation": None} for name, r2 in figures.items()}
    assert fidelity.worse_than_constant(held_out, ["sad", "tense", "angry"]) == []
    [warning] = fidelity.worse_than_constant(held_out, ["sad", "happy", "angry", "tender"])
    assert "for happy (R² \N{MINUS SIGN}0.32), tender (R² \N{MINUS SIGN}12): do not rely on it" in warning


def test_curves_begin_and_end_where_they_must_and_beat_random_order(explained):
    explanation, problem, recipe = explained("occlusion", loud_cells_model())
    calls = problem.model_calls
    curve = fidelity.curves(explanation, problem, recipe, ["loud"])["loud"]
    whole, nothing = explanation.predictions[0], 0.0
    assert curve["segments"][0] == 0
    assert curve["segments"][-1] == 12
    assert (curve["deletion"][0], curve["deletion"][-1]) == pytest.approx((whole, nothing), abs=1e-6)
    assert (curve["insertion"][0], curve["insertion"][-1]) == pytest.approx((nothing, whole), abs=1e-6)
    # Both causes come first, so from two segments on nothing is left, or everything is there.
    later = np.array(curve["segments"]) >= 2
    np.testing.assert_allclose(np.array(curve["deletion"])[later], 0, atol=1e-6)
    np.testing.assert_allclose(np.array(curve["insertion"])[later], whole, atol=1e-4)
    assert curve["deletion_drop"] > 0
    assert curve["insertion_gain"] > 0
    steps = 2 * (len(curve["segments"]) - 2)
    assert problem.model_calls - calls == 2 + steps * (fidelity.Effort().random_orders + 1)


def test_curves_of_one_segment_need_no_steps_between():
    segmentation = grid(time_cells=1, band_cells=1)
    recipe = Recipe(method="occlusion")
    problem = problem_of(two_level_model(), segmentation, FEATURES, recipe)
    explanation = explain("occlusion", problem, recipe)
    assert fidelity.curves(explanation, problem, recipe, ["happy"])["happy"]["segments"] == [0, 1]


def test_complexity_counts_the_segments_that_matter():
    assert fidelity.complexity(np.array([0, 0, -3.0])) == pytest.approx(1)
    assert fidelity.complexity(np.array([1, -1, 1, 1.0])) == pytest.approx(4)
    assert fidelity.complexity(np.zeros(3)) is None


def test_overlap_and_rank_correlation():
    a, b = np.array([5, 4, 3, 0, 0.0]), np.array([5, 0, 3, 4, 0.0])
    assert fidelity.top_overlap(a, b, 3) == pytest.approx(2 / 4)
    assert fidelity.rank_correlation(a, a) == pytest.approx(1)
    assert fidelity.rank_correlation(a, np.ones(5)) is None


def test_heard_difference_is_the_root_mean_square_over_a_targets_clips():
    def clip(target, heard, masked):
        return SimpleNamespace(
            target=target, prediction_heard={"sad": heard}, prediction_masked={"sad": masked}
        )

    clips = [clip("", 9, 0), clip("sad", 0.5, 0.2), clip("sad", 0.1, 0.5), clip("happy", 9, 0)]
    assert fidelity.heard_difference(clips, "sad") == pytest.approx(np.sqrt(0.125))
    assert fidelity.heard_difference(clips, "tender") is None
