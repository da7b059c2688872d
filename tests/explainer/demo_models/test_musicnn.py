"""The torch rebuild of musicnn against outputs of the original under TensorFlow (tests/data/README.md)."""

import hashlib
import json

import numpy as np
import pytest
import torch
from paths import ROOT
from safetensors.torch import load_file

from explainer.core.models.loading import load_model
from explainer.demo_models import musicnn

FIXTURES = ROOT / "fixtures" / "models" / "musicnn"
REFERENCE = np.load(ROOT / "tests" / "data" / "musicnn_reference.npz")


def load(dataset: str) -> musicnn.Musicnn:
    model = musicnn.Musicnn()
    model.load_state_dict(load_file(FIXTURES / f"{dataset.lower()}.safetensors"))
    return model.eval()


@pytest.mark.parametrize("dataset", ["MSD", "MTT"])
@pytest.mark.parametrize("length", ["short", "long"])
def test_agrees_with_the_original_under_tensorflow(dataset, length):
    features = torch.from_numpy(REFERENCE[length].astype(np.float32))
    with torch.inference_mode():
        logits = load(dataset)(features).numpy()
    expected = REFERENCE[f"{dataset}_{length}"]
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    np.testing.assert_allclose(probability(logits), probability(expected), atol=1e-5)


def probability(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits.astype(float)))


def test_takes_any_length_down_to_one_frame():
    model = load("MSD")
    for frames in (1, 50, 201):
        with torch.inference_mode():
            assert model(torch.zeros(2, frames, 96)).shape == (2, 50)


def test_gradients_reach_the_input():
    features = torch.from_numpy(REFERENCE["short"][:1].astype(np.float32)).requires_grad_()
    load("MTT")(features)[0, 0].backward()
    assert features.grad is not None
    assert features.grad.abs().sum() > 0


@pytest.mark.parametrize("file", ["model.json", "model_mtt.json"])
def test_shipped_description_loads_and_tags_sensibly(file):
    import soundfile

    description = json.loads((FIXTURES / file).read_text())
    model = load_model({**description, "checkpoint": FIXTURES / description["checkpoint"]})
    names = [target.name for target in model.targets]
    assert len(set(names)) == 50

    def tags(track):
        import soxr

        y, rate = soundfile.read(ROOT / "fixtures" / "music" / track, dtype="float32")
        features = model.representation.features(
            soxr.resample(y, rate, model.representation.sample_rate)[:48000]
        )
        return dict(zip(names, model.predict(features[None])[0], strict=True))

    metal, lament = tags("sectoid_metal_madness.flac"), tags("own_lament.flac")
    assert metal["rock"] > lament["rock"]
    assert metal["metal"] > lament["metal"] + 1


def test_shipped_weights_are_those_of_the_recorded_origin():
    for name, checksum in json.loads((FIXTURES / "origin.json").read_text())["sha256"].items():
        assert hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest() == checksum
