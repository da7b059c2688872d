"""A planted tone is where it was put, and methods find it there."""

import numpy as np
import pytest
import torch

from explainer.core.base.recipe import Recipe
from explainer.core.evaluation.planted import check_methods, clear_change, detector, plant, planted_sound
from explainer.core.representations.kinds import log_filterbank

RECIPE = Recipe(calls=96, segmentation_parameters={"time_cells": 4, "band_cells": 3})


def test_the_tone_sounds_only_when_it_should():
    tone = planted_sound(22050, 22050, 0.25, 0.5, 440)
    assert not tone[: 22050 // 4].any() and not tone[22050 // 2 + 1 :].any()
    assert 0.5 < np.abs(tone).max() <= 1.1
    spectrum = np.abs(np.fft.rfft(tone))
    assert abs(int(spectrum.argmax()) - 440) <= 8  # trembling gives side bands 8 Hz away


def test_it_is_mixed_in_at_the_level_of_the_track(polyphony):
    y = polyphony(22050, 3.0)
    mixed, planted = plant(y, log_filterbank(), np.random.default_rng(0))
    np.testing.assert_allclose(mixed - planted, y)
    heard = np.abs(planted) > 0
    assert np.sqrt(np.mean(planted[heard] ** 2) / np.mean(y[heard] ** 2)) == pytest.approx(1, abs=0.1)


def test_methods_find_it_and_chance_does_not(polyphony):
    y = polyphony(22050, 3.0)
    methods = ["gaussian_process", "occlusion", "attention", "random"]
    rng = np.random.default_rng(1)
    ranks = {name: [] for name in methods}
    for _ in range(4):
        for finding in check_methods(y, log_filterbank(), RECIPE, methods, rng):
            ranks[finding.method].append(finding.rank)
    assert np.mean(ranks["gaussian_process"]) > 0.95
    assert np.mean(ranks["occlusion"]) > 0.95
    assert np.mean(ranks["attention"]) > 0.95
    assert np.mean(ranks["random"]) < 0.8


def test_detectors_hear_the_tone_and_nothing_else(polyphony):
    y = polyphony(22050, 2.0)
    representation = log_filterbank()
    mixed, _ = plant(y, representation, np.random.default_rng(3))
    gain = representation.normalisation_gain(mixed)
    with_tone, without = representation.features(mixed, gain), representation.features(y, gain)
    change = clear_change(with_tone, without)
    elsewhere = np.where(change > 0, with_tone, 0).astype(np.float32)
    for attentive in (False, True):
        model = detector(change, representation, attentive=attentive)
        answers = model.predict(np.stack([with_tone, without, elsewhere, np.zeros_like(without)]))[:, 0]
        assert answers[0] > answers[1] > answers[3] == 0
        assert answers[2] == pytest.approx(answers[0], rel=0.05)  # the rest of the track hardly matters
    shares = model.module.attention(torch.from_numpy(with_tone)[None].to(model.device))
    assert float(shares.sum()) == pytest.approx(1, abs=1e-4)
