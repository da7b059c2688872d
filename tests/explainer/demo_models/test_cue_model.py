"""The two-level demo model: its form, and what the shipped weights hear."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from paths import ROOT

from explainer.core.audio import read_audio
from explainer.core.models.loading import load_model
from explainer.demo_models.cue_descriptors import CueDescriptors
from explainer.demo_models.cue_levels import CUES
from explainer.demo_models.cue_model import CueModel
from training import midi_to_sound
from training.emotions import EMOTIONS, second_level

FOLDER = ROOT / "fixtures" / "models" / "cue_model"
VARIANTS = ROOT / "fixtures" / "music" / "variants"
FIGURES = json.loads((FOLDER / "figures.json").read_text())


@pytest.fixture(scope="module")
def shipped():
    description = json.loads((FOLDER / "model.json").read_text())
    return load_model({**description, "checkpoint": FOLDER / description["checkpoint"]})


def features_of(model, file: Path) -> np.ndarray:
    y, _ = read_audio(file, sample_rate=model.representation.sample_rate)
    return model.representation.features(y)[None]


@pytest.mark.parametrize("n_frames", [8, 31, 100, 313, 600])
@pytest.mark.parametrize("level", [0.0, 1.5])
def test_answers_and_gradients_are_finite_for_any_length_and_for_silence(n_frames, level):
    features = (level * torch.rand(2, n_frames, 149)).requires_grad_()
    outputs = CueModel(n_readers=1, n_hidden=8).eval()(features)
    outputs.sum().backward()
    assert outputs.shape == (2, 17)
    assert outputs.isfinite().all()
    assert features.grad.isfinite().all()


def test_each_piece_of_a_batch_is_described_on_its_own():
    torch.manual_seed(0)
    features = torch.rand(3, 120, 149)
    describe = CueDescriptors()
    together = describe(features)
    alone = torch.cat([describe(one[None]) for one in features])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


def test_gradient_is_that_of_the_function(shipped):
    features = torch.from_numpy(features_of(shipped, VARIANTS / "base.flac")[:, :150])
    direction = torch.from_numpy(np.random.default_rng(0).normal(size=features.shape)).float()
    direction *= features > 0.05
    features.requires_grad_()
    shipped.module(features)[0, CUES.index("minorness")].backward()
    step = 1e-3
    with torch.inference_mode():
        ends = [shipped.module(features + sign * step * direction)[0, 6] for sign in (1, -1)]
    slope = float(ends[0] - ends[1]) / (2 * step)
    assert float((features.grad * direction).sum()) == pytest.approx(slope, rel=0.1, abs=0.05)


def test_emotions_are_exactly_the_linear_second_level(shipped):
    outputs = shipped.predict(features_of(shipped, VARIANTS / "base.flac"))
    cues, emotions = outputs[:, :9], outputs[:, 9:]
    np.testing.assert_allclose(cues @ shipped.emotion_weights + shipped.emotion_bias, emotions, atol=1e-5)
    assert [target.name for target in shipped.targets] == [*CUES, *EMOTIONS]


def test_shipped_second_level_is_the_one_derived_from_the_data(shipped):
    derived = second_level(FOLDER / "eerola2013")
    np.testing.assert_allclose(shipped.emotion_weights, derived.weights, atol=1e-6)
    np.testing.assert_allclose(shipped.emotion_bias, derived.bias, atol=1e-6)


# What ridge regression on fixed descriptors and on features of musicnn reached, on music composed alike.
SIMPLER_MODEL = {
    "melodiousness": 0.53, "articulation": 0.90, "rhythm_complexity": 0.67, "rhythm_stability": 0.75,
    "dissonance": 0.55, "tonal_stability": 0.59, "minorness": 0.48, "speed": 0.93, "pitch_height": 0.90,
}  # fmt: skip


@pytest.mark.parametrize("cue", CUES)
def test_hears_every_cue_at_least_as_well_as_a_simpler_model(cue):
    assert FIGURES["unseen"]["cues"][cue]["r"] >= SIMPLER_MODEL[cue]


def test_weights_are_small():
    assert (FOLDER / "cue_model.safetensors").stat().st_size < 5e6


def test_hears_the_cues_that_the_card_says_it_hears(shipped):
    """Repeat the card's table of variants from the sound files."""
    with (VARIANTS / "manifest.csv").open(newline="") as file:
        variants = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    base = shipped.predict(features_of(shipped, VARIANTS / "base.flac"))[0]
    for row in FIGURES["variants"]:
        index = CUES.index(variants[row["variant"]]["changed_cue"])
        heard = shipped.predict(features_of(shipped, VARIANTS / f"{row['variant']}.flac"))[0]
        movement = (heard[index] - base[index]) / FIGURES["unseen"]["cues"][CUES[index]]["spread"]
        assert movement == pytest.approx(row["movement"], abs=0.02)
        wanted = 1 if variants[row["variant"]]["direction"] == "up" else -1
        assert (movement * wanted > 0) == row["as_intended"]


@pytest.mark.parametrize(
    "variant", ["minor", "dissonant", "staccato", "slow", "fast", "low", "high", "rhythm_unstable"]
)
def test_moves_the_changed_cue_the_right_way(variant):
    row = next(row for row in FIGURES["variants"] if row["variant"] == variant)
    assert row["as_intended"]


@pytest.mark.extra
@pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not midi_to_sound.SOUNDFONT.exists(),
    reason="needs fluidsynth and FluidR3_GM",
)
@pytest.mark.slow
def test_hears_cues_in_pieces_nobody_has_used_before(shipped, tmp_path):
    from training.corpus import make_corpus

    music = make_corpus(77_777, 1, tmp_path)
    predicted = shipped.predict(music.features.astype(np.float32))
    for i, cue in enumerate(CUES):
        r = np.corrcoef(predicted[:, i], music.cues[:, i])[0, 1]
        expected = FIGURES["unseen"]["cues"][cue]["r"]
        # 50 pieces: three standard errors of Fisher's z below the card's figure.
        assert np.arctanh(r) > np.arctanh(expected) - 3 / np.sqrt(47), (cue, r, expected)
