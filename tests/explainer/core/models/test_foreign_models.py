"""Models that write into what they are given, or hand out one buffer every time, behind every adapter."""

import io
from functools import cache

import numpy as np
import pytest
import torch
from engine_support import grid, onnx_loud_cells
from torch import nn

from explainer.core.base.explanation import Target
from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.methods import explain
from explainer.core.models.adapters import CallableModel, TorchModel
from explainer.core.models.check import check_on_input
from explainer.core.models.program_adapters import ExportedModel, OnnxModel
from explainer.core.perturbation.masking import hidden_features
from explainer.core.perturbation.problem import Problem
from explainer.core.representations.kinds import log_filterbank, waveform

SAMPLES = np.sin(2 * np.pi * 440 * np.arange(4000) / 8000) * np.linspace(0, 1, 4000)
BANDS = log_filterbank()
SOUND = waveform(sample_rate=8000)
FEATURES = np.random.default_rng(3).random((24, BANDS.n_bands)).astype(np.float32)


def answers(features):
    """Return two figures of each input, as one array or tensor."""
    flat = features.reshape(features.shape[0], -1)
    return (flat * flat).mean(-1), abs(flat).mean(-1)


class Clean(nn.Module):
    """One number per target, each a mean over the whole input."""

    def __init__(self, n_targets: int = 2):
        super().__init__()
        self.n_targets = n_targets
        self.register_buffer("gain", torch.ones(1))
        self.register_buffer("answer", torch.zeros(64, n_targets))

    def answered(self, features):
        first, second = answers(features * self.gain)
        columns = [first, second] if self.n_targets == 2 else [first, first + 2, 1 - first / 2]
        return torch.stack(columns[: self.n_targets], dim=1)

    def forward(self, features):
        return self.answered(features)


class WritesIntoInput(Clean):
    """Leaves nothing of its input."""

    def forward(self, features):
        outputs = self.answered(features)
        features.zero_()
        return outputs


class OneBuffer(Clean):
    """Answers in the same tensor every time."""

    def forward(self, features):
        self.answer[: features.shape[0]] = self.answered(features)
        return self.answer[: features.shape[0]]


_BUFFER = np.zeros((64, 2))


def clean(batch):
    return np.stack(answers(batch), axis=1)


def writing(batch):
    outputs = clean(batch)
    batch[:] = 0
    return outputs


def one_buffer(batch):
    _BUFFER[: len(batch)] = clean(batch)
    return _BUFFER[: len(batch)]


def both(batch):
    """Answer in the one buffer and leave nothing of the input."""
    outputs = one_buffer(batch)
    batch[:] = 0
    return outputs


def of_module(module, representation, **declared):
    targets = [Target("power"), Target("level")]
    return TorchModel(module.eval(), representation, targets, name="toy", device="cpu", **declared)


def two_level(module):
    targets = [Target("power", "mid-level"), Target("happy", "emotion"), Target("sad", "emotion")]
    second = {"emotion_weights": np.array([[1.0, -0.5]]), "emotion_bias": np.array([2.0, 1.0])}
    return TorchModel(module(3).eval(), BANDS, targets, name="toy", device="cpu", **second)


def of_function(function, representation, **declared):
    targets = [Target("power"), Target("level")]
    return CallableModel(function, representation, targets, name="toy", **declared)


@cache
def exported(kind, batch):
    """Export a module for one size of batch, or for any."""
    sizes = {"features": {0: torch.export.Dim("batch", min=1, max=60)}} if not batch else None
    example = torch.rand(batch or 4, *FEATURES.shape)
    program = torch.export.export(kind().eval(), (example,), dynamic_shapes=sizes)
    content = io.BytesIO()
    torch.export.save(program, content)
    return ExportedModel(content.getvalue(), BANDS, [Target("power"), Target("level")], name="toy")


def onnx(batch):
    targets = [Target("loud"), Target("quiet"), Target("constant")]
    return OnnxModel(onnx_loud_cells(batch), BANDS, targets, name="toy")


# Each: the model as it should be, and what misbehaves in one way or both.
CASES = {
    "torch writes": lambda: (of_module(Clean(), BANDS), of_module(WritesIntoInput(), BANDS)),
    "torch one buffer": lambda: (of_module(Clean(), BANDS), of_module(OneBuffer(), BANDS)),
    "torch in windows": lambda: tuple(
        of_module(kind(), BANDS, window_frames=10) for kind in (Clean, WritesIntoInput)
    ),
    "torch one buffer in windows": lambda: tuple(
        of_module(kind(), BANDS, window_frames=10) for kind in (Clean, OneBuffer)
    ),
    "torch of sound": lambda: (of_module(Clean(), SOUND), of_module(WritesIntoInput(), SOUND)),
    "torch of sound, one buffer": lambda: (of_module(Clean(), SOUND), of_module(OneBuffer(), SOUND)),
    "torch two levels": lambda: (two_level(Clean), two_level(WritesIntoInput)),
    "torch two levels, one buffer": lambda: (two_level(Clean), two_level(OneBuffer)),
    "function of features writes": lambda: (of_function(clean, BANDS), of_function(writing, BANDS)),
    "function of features, one buffer": lambda: (of_function(clean, BANDS), of_function(one_buffer, BANDS)),
    "function in windows": lambda: tuple(
        of_function(function, BANDS, window_frames=10) for function in (clean, both)
    ),
    "function of sound writes": lambda: (of_function(clean, SOUND), of_function(writing, SOUND)),
    "function of sound, one buffer": lambda: (of_function(clean, SOUND), of_function(one_buffer, SOUND)),
    "exported writes": lambda: (exported(Clean, 0), exported(WritesIntoInput, 0)),
    "exported one buffer": lambda: (exported(Clean, 0), exported(OneBuffer, 0)),
    "exported in portions writes": lambda: (exported(Clean, 3), exported(WritesIntoInput, 3)),
    "exported in portions, one buffer": lambda: (exported(Clean, 3), exported(OneBuffer, 3)),
    "onnx": lambda: (onnx("n"), onnx("n")),
    "onnx in portions": lambda: (onnx("n"), onnx(3)),
}


def track_of(model):
    return SOUND.model_input(SAMPLES) if model.representation.feeds_sound else FEATURES.copy()


def problem_for(model, track):
    if not model.representation.feeds_sound:
        return Problem(track, grid(), hidden_features(track, Recipe()), model)
    features = SOUND.features(SAMPLES)
    segments = grid(*features.shape)
    return Problem(features, segments, hidden_features(features, Recipe()), model, sound=track)


@pytest.mark.parametrize("case", CASES)
def test_the_track_and_earlier_answers_stay(case):
    expected, foreign = CASES[case]()
    track, untouched = track_of(foreign), track_of(foreign)
    first = foreign.predict(track[None])
    kept = first.copy()
    other = foreign.predict(track[None] / 2)
    np.testing.assert_array_equal(track, untouched)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_allclose(first, expected.predict(untouched[None]), rtol=1e-6)
    np.testing.assert_allclose(other, expected.predict(untouched[None] / 2), rtol=1e-6)
    assert not np.array_equal(first[:, :1], other[:, :1])
    several = np.stack([untouched, untouched / 2, untouched / 3, untouched, untouched / 5])
    np.testing.assert_allclose(foreign.predict(several.copy()), expected.predict(several), rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_the_explanation_is_that_of_a_clean_model(case):
    expected, foreign = CASES[case]()
    track, untouched = track_of(foreign), track_of(foreign)
    assert check_on_input(foreign, track).outputs == pytest.approx(
        check_on_input(expected, untouched).outputs
    )
    for method in ("lime_batched", "occlusion"):
        recipe = Recipe(method=method, calls=40)
        found = explain(method, problem_for(foreign, track), recipe)
        wanted = explain(method, problem_for(expected, untouched), recipe)
        np.testing.assert_allclose(found.weights, wanted.weights, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found.predictions, wanted.predictions, rtol=1e-6)
    np.testing.assert_array_equal(track, untouched)
    assert np.abs(wanted.weights[0]).max() > 0


class InPlace(Clean):
    """The same with a clean answer; its input is twice what it was."""

    def forward(self, features):
        return self.answered(features.mul_(2) / 2)


class Untraced(Clean):
    """Keeps its arithmetic from PyTorch's gradients."""

    def forward(self, features):
        with torch.no_grad():
            return self.answered(features)


@pytest.mark.parametrize("kind", [InPlace, WritesIntoInput, OneBuffer])
@pytest.mark.parametrize("representation", [BANDS, SOUND])
@pytest.mark.parametrize("windows", [1, 2])
def test_gradients_are_those_of_a_clean_model(kind, representation, windows):
    length = (len(SAMPLES) if representation is SOUND else len(FEATURES)) // windows
    expected, foreign = (of_module(each(), representation, window_frames=length) for each in (Clean, kind))
    track, recipe = track_of(foreign), Recipe(method="integrated_gradients")
    found = explain(recipe.method, problem_for(foreign, track), recipe)
    wanted = explain(recipe.method, problem_for(expected, track_of(foreign)), recipe)
    np.testing.assert_allclose(found.weights, wanted.weights, rtol=1e-6)
    np.testing.assert_array_equal(track, track_of(foreign))


def test_gradients_that_cannot_be_had_are_refused_in_words():
    model, recipe = of_module(Untraced(), BANDS), Recipe(method="integrated_gradients")
    with pytest.raises(RecipeError, match=r"cannot differentiate 'toy'.*'lime_batched'"):
        explain(recipe.method, problem_for(model, track_of(model)), recipe)


class Attentive(Clean):
    """Attends to what is loud, and writes into what it was shown."""

    def attention(self, features):
        shares = features / features.sum(dim=(1, 2), keepdim=True)
        features.zero_()
        return shares[:, None].expand(-1, 2, -1, -1)


def test_attention_is_shown_a_copy_too():
    model = of_module(Attentive(), BANDS)
    track = FEATURES.copy()
    found = explain("attention", problem_for(model, track), Recipe(method="attention"))
    np.testing.assert_array_equal(track, FEATURES)
    shares = grid().total(FEATURES) / FEATURES.sum(dtype=float)
    np.testing.assert_allclose(found.weights, [shares, shares], rtol=1e-4)


class NotAnAdapter:
    """A model by the protocol alone."""

    name, output, representation = "own", "value", BANDS
    targets = (Target("power"), Target("level"))
    emotion_weights = emotion_bias = None

    def predict(self, batch):
        return both(batch)


def test_a_model_that_needs_no_adapter_is_guarded_as_well():
    track = FEATURES.copy()
    report = check_on_input(NotAnAdapter(), track)
    assert report.fit, report
    np.testing.assert_array_equal(track, FEATURES)
    assert list(report.outputs.values()) == pytest.approx(clean(FEATURES[None])[0].tolist())
