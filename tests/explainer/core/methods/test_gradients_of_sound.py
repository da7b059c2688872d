"""Gradient methods on models that are fed sound, against answers worked out by hand."""

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from explainer.core.base.explanation import Target
from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.methods import explain
from explainer.core.models.adapters import TorchModel
from explainer.core.perturbation.masking import hidden_features
from explainer.core.perturbation.problem import Problem
from explainer.core.pipeline import explain_track
from explainer.core.representations.kinds import waveform
from explainer.core.representations.reconstruction import filling_of, reconstruct
from explainer.core.segmentation.segments import segment

RATE = 16000
REPRESENTATION = waveform(sample_rate=RATE)
SECONDS = 2
N = SECONDS * RATE
TIME = np.arange(N) / RATE
LOW, HIGH = 400.0, 3000.0
# A low and a high tone, both all the time, so that neither time nor band alone tells what a model hears.
SOUND = 0.3 * np.sin(2 * np.pi * LOW * TIME) + 0.2 * np.sin(2 * np.pi * HIGH * TIME)


class Band(nn.Module):
    """Power of the sound in one band; outputs that power and its negative."""

    def __init__(self, lowest: float, highest: float):
        super().__init__()
        frequencies = torch.fft.rfftfreq(N, 1 / RATE)
        self.register_buffer("kept", ((frequencies > lowest) & (frequencies < highest)).float())

    def heard(self, sound):
        return torch.fft.irfft(torch.fft.rfft(sound) * self.kept, n=N)

    def forward(self, sound):
        power = (self.heard(sound) ** 2).mean(dim=1)
        return torch.stack([power, -power], dim=1)


class Moment(nn.Module):
    """Power of the sound in its last quarter, and its negative."""

    def heard(self, sound):
        return torch.cat([torch.zeros_like(sound[:, : 3 * N // 4]), sound[:, 3 * N // 4 :]], dim=1)

    def forward(self, sound):
        power = (self.heard(sound) ** 2).mean(dim=1)
        return torch.stack([power, -power], dim=1)


class Rectified(nn.Module):
    """Mean of the rectified sound: Grad-CAM's map of it is the rectified sound itself over its length."""

    def __init__(self):
        super().__init__()
        self.line = nn.Conv1d(1, 1, 1, bias=False)
        nn.init.ones_(self.line.weight)
        self.rectifier = nn.ReLU()

    def forward(self, sound):
        mean = self.rectifier(self.line(sound[:, None])).mean(dim=(1, 2))
        return torch.stack([mean, -mean], dim=1)


class Spectral(nn.Module):
    """A front end of its own, then a convolution over time and frequency."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(1, 1, 3)
        self.register_buffer("window", torch.hann_window(512))

    def forward(self, sound):
        spectra = torch.stft(sound, 512, window=self.window, return_complex=True).abs()
        mean = self.maps(spectra[:, None]).mean(dim=(1, 2, 3))
        return torch.stack([mean, -mean], dim=1)


def model_of(module, **declared):
    targets = [Target("power"), Target("quiet")]
    return TorchModel(module.eval(), REPRESENTATION, targets, name="ear", device="cpu", **declared)


def problem_of(model, name="grid", hidden_value="zero", **parameters):
    parameters = parameters or {"time_cells": 4, "band_cells": 3}
    features = REPRESENTATION.features(SOUND)
    segmentation = segment(name, features, REPRESENTATION, SOUND, parameters)
    hidden = hidden_features(features, Recipe(hidden_value=hidden_value))
    filling = filling_of(hidden, REPRESENTATION, N, 1.0, np.random.default_rng(0))
    sound = REPRESENTATION.model_input(SOUND, 1.0)
    return Problem(features, segmentation, hidden, model, sound=sound, filling=filling)


def sound_of(problem, segment):
    gain = problem.segmentation.gain(np.arange(problem.n_segments) == segment)
    return reconstruct(SOUND, gain, REPRESENTATION, "gain", feather=False)


@pytest.mark.parametrize("module", [Band(HIGH - 200, HIGH + 200), Band(LOW - 100, LOW + 100), Moment()])
def test_integrated_gradients_of_power_are_the_product_of_the_segments_sound_and_the_whole(module):
    problem = problem_of(model_of(module))
    weights = explain("integrated_gradients", problem, Recipe(method="integrated_gradients")).weights
    # f(x) = mean(h(x)^2) with h linear, so the integral of its gradient along x is mean(h(x) h(part)).
    whole = module.heard(torch.from_numpy(SOUND)[None].float())
    parts = [sound_of(problem, segment) for segment in range(problem.n_segments)]
    by_hand = [float((whole * module.heard(torch.from_numpy(part)[None].float())).mean()) for part in parts]
    np.testing.assert_allclose(weights[0], by_hand, atol=1e-4 * max(by_hand))
    np.testing.assert_allclose(weights[1], -weights[0], atol=1e-9)
    assert weights[0].sum() == pytest.approx(float((whole**2).mean()), rel=1e-3)


def test_what_a_model_of_one_band_hears_lies_in_that_band():
    problem = problem_of(model_of(Band(HIGH - 200, HIGH + 200)))
    explanation = explain("integrated_gradients", problem, Recipe(method="integrated_gradients"))
    by_band = explanation.weights[0].reshape(4, 3).sum(axis=0)
    highest = np.searchsorted(REPRESENTATION.band_frequencies, HIGH) * 3 // REPRESENTATION.n_bands
    assert np.argmax(by_band) == highest
    assert np.abs(np.delete(by_band, highest)).max() < 0.01 * by_band[highest]


def test_what_a_model_of_one_moment_hears_lies_in_that_moment():
    problem = problem_of(model_of(Moment()))
    explanation = explain("integrated_gradients", problem, Recipe(method="integrated_gradients"))
    by_time = explanation.weights[0].reshape(4, 3).sum(axis=1)
    assert by_time[3] > 0.85 * by_time.sum()  # frames that reach over from the third quarter sound in it
    assert np.abs(by_time[:2]).max() < 0.001 * by_time[3]


def test_the_baseline_is_what_is_heard_of_the_hidden_value():
    problem = problem_of(model_of(Band(50, 7900)), hidden_value="band_mean")
    recipe = Recipe(method="integrated_gradients", hidden_value="band_mean")
    explanation = explain("integrated_gradients", problem, recipe)
    ends = problem.predict_masks(np.stack([np.ones(12, bool), np.zeros(12, bool)]))
    assert ends[1, 0] > 0
    np.testing.assert_allclose(explanation.weights.sum(axis=1), ends[0] - ends[1], rtol=1e-3)


@pytest.mark.parametrize("declared", [{}, {"window_frames": N // 4}])
def test_grad_cam_lays_its_map_on_the_sound(declared):
    problem = problem_of(model_of(Rectified(), **declared), "time", time_cells=5)
    explanation = explain("grad_cam", problem, Recipe(method="grad_cam"))
    middles = REPRESENTATION.frame_times(len(problem.features)) * RATE
    nearest = np.abs(middles[:, None] - np.arange(0, N, 4) - 0.5).argmin(axis=0).repeat(4)
    owner = problem.segmentation.labels[0, nearest, 0]
    by_hand = np.bincount(owner, weights=np.maximum(SOUND, 0)) / N
    np.testing.assert_allclose(explanation.weights[0], by_hand, rtol=0.01)
    assert explanation.weights[0].sum() == pytest.approx(explanation.predictions[0], rel=1e-5)


def test_grad_cam_refuses_what_it_cannot_tell_of_sound():
    with pytest.raises(RecipeError, match=r"cannot tell bands apart.*integrated_gradients"):
        explain("grad_cam", problem_of(model_of(Rectified())), Recipe(method="grad_cam"))
    with pytest.raises(RecipeError, match=r"more axes than time.*integrated_gradients"):
        explain("grad_cam", problem_of(model_of(Spectral()), "time", time_cells=4), Recipe(method="grad_cam"))


def test_a_model_of_sound_is_explained_from_a_file_to_its_clips(tmp_path):
    soundfile.write(tmp_path / "two.wav", SOUND, RATE, subtype="PCM_16")
    recipe = Recipe(
        method="integrated_gradients",
        segmentation_parameters={"time_cells": 2, "band_cells": 3},
        evidence_sizes=(2,),
        calls=16,
    )
    result = explain_track(
        tmp_path / "two.wav",
        model_of(Band(HIGH - 200, HIGH + 200)),
        recipe,
        output_folder=tmp_path / "out",
        targets=["power"],
    )
    evidence, complement = (
        next(clip for clip in result.clips if (clip.condition, clip.target) == (condition, "power"))
        for condition in ("evidence", "complement")
    )
    original = result.explanation.predictions[0]
    assert evidence.prediction_heard["power"] == pytest.approx(original, rel=0.1)
    assert complement.prediction_heard["power"] < 0.01 * original
