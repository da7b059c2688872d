"""What a problem shows to the model."""

import numpy as np
import pytest
from engine_support import grid, probability_model, problem_of, two_level_model
from hypothesis import given
from hypothesis import strategies as st

from explainer.core.base.recipe import HIDDEN_VALUES, Recipe, random_generator
from explainer.core.models.adapters import BATCH_CELLS
from explainer.core.perturbation.masking import MaskedFeatures, hidden_features
from explainer.core.segmentation.segments import Segmentation

RNG = np.random.default_rng(0)
SEGMENTS = grid()
FEATURES = RNG.random((24, 149)).astype(np.float32)


def two_layers() -> Segmentation:
    labels = np.concatenate([SEGMENTS.labels, SEGMENTS.labels + SEGMENTS.n_segments])
    share = RNG.random((24, 149)).astype(np.float32)
    return Segmentation(name="sources", labels=labels, layers=np.stack([share, 1 - share]))


@pytest.mark.parametrize("segmentation", [SEGMENTS, two_layers()])
@pytest.mark.parametrize("hidden_value", HIDDEN_VALUES)
def test_masked_features_follow_the_formula(segmentation, hidden_value):
    hidden = hidden_features(FEATURES, Recipe(hidden_value=hidden_value))
    masks = RNG.random((9, segmentation.n_segments)) < 0.5
    expected = hidden + segmentation.gains(masks) * (FEATURES - hidden)
    found = MaskedFeatures(FEATURES, hidden, segmentation).batch(masks)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


@given(st.sampled_from(HIDDEN_VALUES))
def test_everything_kept_is_the_track_bit_for_bit(hidden_value):
    hidden = hidden_features(FEATURES, Recipe(hidden_value=hidden_value))
    for segmentation in (SEGMENTS, two_layers()):
        whole = MaskedFeatures(FEATURES, hidden, segmentation).batch(np.ones((1, segmentation.n_segments)))
        np.testing.assert_array_equal(whole[0], FEATURES)


def test_hidden_values_are_what_they_are_called():
    hidden = {name: hidden_features(FEATURES, Recipe(hidden_value=name)) for name in HIDDEN_VALUES}
    assert not hidden["zero"].any()
    np.testing.assert_array_equal(hidden["band_minimum"][5], FEATURES.min(axis=0))
    np.testing.assert_allclose(hidden["band_mean"][7], FEATURES.mean(axis=0), rtol=1e-6)
    assert hidden["track_mean"] == pytest.approx(FEATURES.mean())
    assert (hidden["noise"] >= FEATURES.min(axis=0)).all()
    assert hidden["noise"].std() > 0
    other = hidden_features(FEATURES, Recipe(hidden_value="noise", seed=1))
    assert not np.array_equal(other, hidden["noise"])


def test_batches_change_nothing_and_every_input_is_counted():
    problem = problem_of(two_level_model(), SEGMENTS, FEATURES, Recipe())
    seen = []
    problem.progress = seen.append
    size = BATCH_CELLS // FEATURES.size
    masks = RNG.random((size + 10, 12)) < 0.5
    together = problem.predict_masks(masks)
    assert seen == [size, size + 10]
    np.testing.assert_allclose(together[-3:], problem.predict_masks(masks[-3:]), atol=1e-6)
    assert problem.model_calls == size + 13


def test_only_the_chosen_targets_are_answered():
    problem = problem_of(two_level_model(), SEGMENTS, FEATURES, Recipe(), [1, 4])
    assert [target.name for target in problem.targets] == ["articulation", "sad"]
    assert problem.predict_masks(problem.whole()).shape == (1, 2)


def test_probabilities_are_answered_in_log_odds():
    problem = problem_of(probability_model(), SEGMENTS, FEATURES, Recipe())
    probability = problem.outputs(problem.whole())
    np.testing.assert_allclose(
        problem.predict_masks(problem.whole()), np.log(probability / (1 - probability))
    )


def test_random_streams_are_fixed_by_seed_and_purpose():
    draws = [
        random_generator(Recipe(seed=s), p).random() for s, p in [(0, "a"), (0, "b"), (1, "a"), (0, "a")]
    ]
    assert draws[0] == draws[3]
    assert len(set(draws)) == 3


def test_masks_that_occur_more_than_once_are_asked_about_once():
    masks = RNG.random((5, SEGMENTS.n_segments)) < 0.5
    asked, alone = (problem_of(two_level_model(), SEGMENTS, FEATURES, Recipe()) for _ in range(2))
    found = asked.predict_masks(masks[[3, 0, 3, 3, 1, 0]])
    np.testing.assert_array_equal(found, alone.predict_masks(masks[[3, 0, 1]])[[0, 1, 0, 0, 2, 1]])
    assert asked.model_calls == 3
