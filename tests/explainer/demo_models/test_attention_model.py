"""Attention as an explanation, on modules whose attention is known, and the second demo model's form."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_support import (
    REPRESENTATION,
    grid,
    loud_cells_model,
    planted_features,
    probability_model,
    problem_of,
    two_level_model,
)
from paths import ROOT

from explainer.core.audio import read_audio
from explainer.core.base.explanation import Target
from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.methods import explain
from explainer.core.models.adapters import ModelError, TorchModel
from explainer.core.models.effects import emotion_segment_weights
from explainer.core.models.loading import load_model
from explainer.core.perturbation.problem import Problem
from explainer.core.representations.kinds import waveform
from explainer.demo_models.attention_model import N_REGISTERS, AttentionCueModel, stretches
from explainer.demo_models.cue_levels import CUES

SEGMENTS = grid()
FEATURES = planted_features(SEGMENTS, (4, 7))


class Pooled(torch.nn.Module):
    """Answers the attended average of the features; attends to what is loud."""

    def attention(self, features):
        return torch.softmax(5 * features.flatten(1), dim=1).reshape(features.shape)[:, None]

    def attended_readings(self, features):
        return self.attention(features) * features[:, None]

    def forward(self, features):
        return self.attended_readings(features).sum(dim=(2, 3))


class TooManyMaps(Pooled):
    def attention(self, features):
        return super().attention(features).expand(-1, 4, -1, -1)


class CoarseMaps(Pooled):
    def attention(self, features):
        return super().attention(features)[:, :, ::2]


def pooled(module=Pooled, **declared):
    return TorchModel(
        module().eval(), REPRESENTATION, [Target("loud")], name="pooled", device="cpu", **declared
    )


def explained(model, features=FEATURES, **parameters):
    recipe = Recipe(method="attention", method_parameters=parameters)
    return explain("attention", problem_of(model, SEGMENTS, features, recipe), recipe)


def test_attention_of_segments_is_that_of_their_cells():
    explanation = explained(pooled())
    shares = np.exp(5 * FEATURES.astype(float))
    np.testing.assert_allclose(explanation.weights[0], SEGMENTS.total(shares / shares.sum()), rtol=1e-5)
    assert explanation.weights.sum() == pytest.approx(1, abs=1e-4)
    assert set(explanation.evidence("loud", 2).tolist()) == {4, 7}
    assert len(explanation.counter_evidence("loud", 2)) == 0
    assert explanation.model_calls == 2  # one for the attention, one for the prediction


def test_attended_readings_add_up_to_the_output():
    explanation = explained(pooled(), quantity="attended_readings")
    assert explanation.weights.sum() == pytest.approx(explanation.predictions[0], rel=1e-6)


def test_windows_share_the_attention_of_a_long_track():
    explanation = explained(pooled(window_frames=12))
    assert explanation.weights.sum() == pytest.approx(1, abs=1e-4)
    # The planted segments lie in one row of cells each, in different windows.
    each = np.exp(5 * FEATURES.astype(float)).reshape(2, 12, -1)
    each = (each / each.sum(axis=(1, 2), keepdims=True) / 2).reshape(FEATURES.shape)
    np.testing.assert_allclose(explanation.weights[0], SEGMENTS.total(each), rtol=1e-5)


def test_emotions_take_over_the_attention_of_their_features():
    model = two_level_model()
    explanation = explained(model, np.random.default_rng(0).random(FEATURES.shape).astype(np.float32))
    assert len(explanation.weights) == 5
    np.testing.assert_allclose(
        explanation.weights[3:], emotion_segment_weights(model.emotion_weights, explanation.weights[:3])
    )


@pytest.mark.parametrize("model", [loud_cells_model, probability_model])
def test_models_that_expose_no_attention_are_refused_with_other_methods(model):
    with pytest.raises(RecipeError, match="lime_batched"):
        explained(model())


def test_models_that_are_fed_sound_are_refused():
    fed_sound = TorchModel(Pooled().eval(), waveform(), [Target("loud")], name="raw", device="cpu")
    problem = Problem(
        FEATURES, SEGMENTS, np.zeros_like(FEATURES), fed_sound, sound=np.zeros(16500, np.float32)
    )
    with pytest.raises(RecipeError, match="takes sound"):
        explain("attention", problem, Recipe(method="attention"))


def test_maps_that_do_not_fit_are_refused():
    with pytest.raises(ModelError, match="returned 4 maps for 1 target;"):
        explained(pooled(TooManyMaps))
    with pytest.raises(ModelError, match="one number per cell"):
        explained(pooled(CoarseMaps))
    with pytest.raises(RecipeError, match="attended_readings"):
        explained(pooled(), quantity="flow")


@pytest.fixture
def untrained():
    torch.manual_seed(0)
    model = AttentionCueModel(n_hidden=8).eval()
    model.cue_mean.copy_(torch.rand(9))
    model.emotion_weights.copy_(torch.rand(9, 8))
    return model


@pytest.mark.parametrize("n_frames", [8, 94, 100, 313, 600])
def test_attention_is_a_share_and_readings_add_up_for_any_length(untrained, n_frames):
    features = torch.rand(2, n_frames, 149)
    with torch.no_grad():
        attention = untrained.attention(features)
        outputs = untrained(features)
        readings = untrained.attended_readings(features)
    assert attention.shape == (2, 9, n_frames, 149)
    assert (attention >= 0).all()
    torch.testing.assert_close(attention.sum(dim=(2, 3)), torch.ones(2, 9))
    torch.testing.assert_close(readings.sum(dim=(2, 3)) + untrained.cue_mean, outputs[:, :9])


def test_gradients_are_finite_also_for_silence(untrained):
    features = torch.zeros(1, 120, 149, requires_grad=True)
    untrained(features).sum().backward()
    assert features.grad.isfinite().all()


def test_stretches_cover_every_frame():
    for n_frames in (8, 94, 95, 125, 313, 1000):
        length, starts = stretches(n_frames)
        heard = np.zeros(n_frames, dtype=bool)
        for start in starts:
            heard[start : start + length] = True
        assert heard.all()
        assert starts[-1] + length == n_frames


def test_registers_share_every_band_out(untrained):
    assert untrained.registers.shape == (N_REGISTERS, 149)
    torch.testing.assert_close(untrained.registers.sum(dim=0), torch.ones(149))
    assert (untrained.registers >= 0).all()


FOLDER = ROOT / "fixtures" / "models" / "attention_cue_model"
VARIANTS = ROOT / "fixtures" / "music" / "variants"


@pytest.fixture(scope="module")
def shipped():
    description = json.loads((FOLDER / "model.json").read_text())
    return load_model({**description, "checkpoint": FOLDER / description["checkpoint"]})


def features_of(model, file):
    y, _ = read_audio(file, sample_rate=model.representation.sample_rate)
    return model.representation.features(y)[None]


def test_the_shipped_model_hears_the_changed_cues_that_its_card_says_it_hears(shipped):
    figures = json.loads((FOLDER / "figures.json").read_text())
    with (VARIANTS / "manifest.csv").open(newline="") as file:
        variants = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    base = shipped.predict(features_of(shipped, VARIANTS / "base.flac"))[0]
    assert len(figures["variants"]) == 12
    for row in figures["variants"]:
        index = CUES.index(variants[row["variant"]]["changed_cue"])
        heard = shipped.predict(features_of(shipped, VARIANTS / f"{row['variant']}.flac"))[0]
        movement = (heard[index] - base[index]) / figures["unseen"]["cues"][CUES[index]]["spread"]
        assert movement == pytest.approx(row["movement"], abs=0.02)
    assert sum(row["as_intended"] for row in figures["variants"]) >= 10


def test_the_shipped_model_attends_to_some_parts_more_than_to_others(shipped):
    features = torch.from_numpy(features_of(shipped, VARIANTS / "base.flac"))
    with torch.inference_mode():
        _, attention = shipped.module.read(shipped.module.standardised(shipped.module.describe(features)))
    parts = attention[0].reshape(-1, 9)
    assert (parts.max(dim=0).values > 2 / len(parts)).all()
    assert (FOLDER / "attention_cue_model.safetensors").stat().st_size < 4e6
    # The same second level as the cue model's.
    description = json.loads((FOLDER.parent / "cue_model" / "model.json").read_text())
    other = load_model({**description, "checkpoint": FOLDER.parent / "cue_model" / description["checkpoint"]})
    np.testing.assert_allclose(shipped.emotion_weights, other.emotion_weights)
