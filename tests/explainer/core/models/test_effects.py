"""The second level by its published figures, by linearity, and against independent statistics."""

import numpy as np

from explainer.core.methods.linear_surrogate import fit
from explainer.core.models.effects import centred_effects, effects, emotion_segment_weights, relative_effects

# Published weights of the joint model: melodiousness, dissonance, minorness on valence, fear, happy.
WEIGHTS = np.array([[0.48, -0.39, -0.01], [-0.31, 0.57, -0.46], [-0.01, 0.28, -0.41]])
RNG = np.random.default_rng(0)


def test_effects_and_bias_add_up_to_the_emotions():
    mid_level, bias = RNG.random((5, 3)), RNG.random(3)
    np.testing.assert_allclose(
        effects(WEIGHTS, mid_level).sum(axis=1) + bias, mid_level @ WEIGHTS + bias, atol=1e-12
    )


def test_centred_effects_vanish_at_the_mean_and_differ_from_effects_by_a_constant():
    mid_level = RNG.random((5, 3))
    mean = mid_level.mean(axis=0)
    assert not centred_effects(WEIGHTS, mean, mean).any()
    difference = effects(WEIGHTS, mid_level) - centred_effects(WEIGHTS, mid_level, mean)
    np.testing.assert_allclose(difference, np.broadcast_to(effects(WEIGHTS, mean), difference.shape))


def test_relative_effects_are_shares():
    shares = relative_effects(effects(WEIGHTS, np.array([[0.5, 0.2, 0.1], [0.0, 0.0, 0.0]])))
    np.testing.assert_allclose(shares[0].sum(axis=0), 1)
    assert not shares[1].any()
    # valence: .24, .062 and .001 in absolute value
    np.testing.assert_allclose(shares[0, :, 0], np.array([0.24, 0.062, 0.001]) / 0.303)


def test_emotion_weights_equal_those_of_a_regression_on_the_emotions():
    masks = RNG.random((200, 12)) < 0.5
    mid_level = np.tanh(masks @ RNG.standard_normal((12, 3)))
    proximity = RNG.random(200) + 0.1
    first = fit(masks, mid_level, proximity)
    direct = fit(masks, mid_level @ WEIGHTS + 0.7, proximity)
    np.testing.assert_allclose(emotion_segment_weights(WEIGHTS, first.weights), direct.weights, atol=1e-6)
