"""Models that others made: adapted, loaded, checked, refused in words."""

import pickle
import re
import resource
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_support import (
    REPRESENTATION,
    LoudCells,
    forgetful,
    loud_cells_model,
    probability_model,
    two_level_model,
)
from safetensors.torch import save_file

from explainer.core.base.explanation import Target
from explainer.core.models.adapters import CallableModel, ModelError, MusicModel, TorchModel, explained_scale
from explainer.core.models.check import check_model
from explainer.core.models.loading import load_model

TONE = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
FEATURES = np.random.default_rng(0).random((3, 40, 149)).astype(np.float32)
LOUD = [{"name": "loud", "level": "tag"}, {"name": "quiet"}, {"name": "constant"}]


def answering(function, n_targets=1, **declared):
    targets = [Target(f"target{number}") for number in range(n_targets)]
    return CallableModel(function, REPRESENTATION, targets, name="toy", **declared)


@pytest.mark.parametrize("model", [loud_cells_model(), two_level_model(), probability_model()])
def test_sound_models_pass_and_travel(model):
    report = check_model(model, TONE)
    assert report.fit, str(report)
    assert set(report.outputs) == {target.name for target in model.targets}
    assert isinstance(model, MusicModel)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(FEATURES), model.predict(FEATURES))


def wrong_shape(batch):
    return np.zeros((len(batch), 2))


def not_a_number(batch):
    return np.full((len(batch), 1), np.nan)


def dependent_on_the_batch(batch):
    return (batch - batch.mean(axis=0)).mean(axis=(1, 2))[:, None] + 1


def beyond_one(batch):
    return np.full((len(batch), 1), 1.5)


def failing(batch):
    raise RuntimeError("expected 128 bands")


@pytest.mark.parametrize(
    ("function", "output", "words"),
    [
        (wrong_shape, "value", "one column per declared target"),
        (not_a_number, "value", "NaN or infinity"),
        (forgetful, "value", "different outputs for the same input"),
        (dependent_on_the_batch, "value", "in the same batch"),
        (beyond_one, "probability", "declare its output as"),
        (failing, "value", "expected 128 bands"),
    ],
)
def test_unfit_models_are_refused_in_words(function, output, words):
    report = check_model(answering(function, output=output), TONE)
    assert not report.fit
    assert words in str(report)
    with pytest.raises(ModelError, match="toy"):
        report.require()


def test_a_fit_model_is_described_in_words():
    report = str(check_model(answering(wrong_shape, 2, window_frames=20, pooling="max"), TONE))
    for words in (
        "toy can be explained",
        "Shape as declared: one row per input, 2 numbers, one per target.",
        "Deterministic",
        "22050 Hz, 31.25 frames per second, cut into 2 windows of 0.64 s, pooled (max).",
        "Outputs between 0 and 0, declared as value.",
        "s per call.",
    ):
        assert words in report, report


def test_a_module_in_training_mode_is_told_to_eval():
    model = loud_cells_model()
    model.module.rectifier.train()
    assert "module.eval()" in str(check_model(model, TONE))


def test_a_false_second_level_is_noticed():
    model = two_level_model()
    model.emotion_weights = model.emotion_weights + 1
    assert "linear second level" in str(check_model(model, TONE))


def test_long_tracks_are_heard_in_windows_whose_outputs_are_averaged():
    model = answering(lambda batch: batch.mean(axis=(1, 2))[:, None], window_frames=15, window_hop=10)
    assert model.windows(40) == [slice(0, 15), slice(10, 25), slice(20, 35), slice(25, 40)]
    expected = np.mean([FEATURES[:, part].mean(axis=(1, 2)) for part in model.windows(40)], axis=0)
    np.testing.assert_allclose(model.predict(FEATURES)[:, 0], expected, rtol=1e-6)
    assert model.windows(15) == [slice(0, 15)]
    with pytest.raises(ModelError, match="longer excerpt"):
        model.predict(FEATURES[:, :14])


def test_differentiable_outputs_are_the_predictions():
    model = two_level_model(window_frames=17)
    outputs = model.differentiable(torch.from_numpy(FEATURES)).detach().numpy()
    np.testing.assert_allclose(outputs, model.predict(FEATURES), atol=1e-6)


def test_probabilities_become_log_odds_and_stay_finite():
    np.testing.assert_allclose(explained_scale(np.array([0.5, 0.75]), "probability"), [0, np.log(3)])
    assert np.abs(explained_scale(np.array([0.0, 1.0]), "probability")).max() < 13.9
    assert explained_scale(np.array([0.0, 1.0]), "logit").tolist() == [0, 1]


@pytest.mark.parametrize(
    ("weights", "levels", "words"),
    [
        (np.ones((2, 2)), ["mid-level", "emotion"], "targets need"),
        (np.ones((1, 1)), ["emotion", "mid-level"], "come first"),
    ],
)
def test_second_level_must_fit_the_targets(weights, levels, words):
    targets = [Target(f"t{number}", level) for number, level in enumerate(levels)]
    with pytest.raises(ModelError, match=words):
        CallableModel(wrong_shape, REPRESENTATION, targets, name="toy", emotion_weights=weights)


@pytest.fixture
def description(tmp_path):
    save_file(LoudCells().state_dict(), tmp_path / "loud.safetensors")
    return {
        "name": "loud",
        "adapter": "torch",
        "code": "engine_support.LoudCells",
        "checkpoint": str(tmp_path / "loud.safetensors"),
        "representation": REPRESENTATION.to_dict(),
        "targets": LOUD,
        "device": "cpu",
    }


ALLOWED = ["engine_support."]


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_models_are_loaded_from_a_description(description, tmp_path, suffix):
    if suffix == ".pt":
        description["checkpoint"] = str(tmp_path / "loud.pt")
        torch.save({"state_dict": LoudCells().state_dict()}, tmp_path / "loud.pt")
    model = load_model(description, ALLOWED)
    np.testing.assert_array_equal(model.predict(FEATURES), loud_cells_model().predict(FEATURES))
    assert not model.training


def test_callables_are_loaded_too(description):
    described = description | {"adapter": "callable", "code": "engine_support.probability_of_loudness"}
    described |= {"targets": [{"name": "loud"}], "output": "probability"}
    np.testing.assert_array_equal(
        load_model(described, ALLOWED).predict(FEATURES), probability_model().predict(FEATURES)
    )


class Unpickled:
    opened = False

    def __reduce__(self):
        return (setattr, (Unpickled, "opened", True))


def test_checkpoints_cannot_run_code(description, tmp_path):
    torch.save({"weight": Unpickled()}, tmp_path / "bad.pt")
    with pytest.raises(ModelError, match="safetensors"):
        load_model(description | {"checkpoint": str(tmp_path / "bad.pt")}, ALLOWED)
    assert not Unpickled.opened


def test_a_checkpoint_that_unpacks_to_more_than_memory_is_not_unpacked(description, tmp_path):
    bomb = tmp_path / "bomb.pt"
    torch.save(LoudCells().state_dict(), bomb)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data/9", bytes(1000))
        archive.filelist[-1].file_size = 2**50
    with pytest.raises(ModelError, match=r"'bomb.pt' unpacks to 1125899.9 GB and .* GB are free; save"):
        load_model(description | {"checkpoint": str(bomb)}, ALLOWED)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "os.system"}, "allow-list"),
        ({"code": "engine_support_evil.LoudCells"}, "allow-list"),
        ({"code": "engine_support.Missing"}, "cannot be imported"),
        ({"arguments": {"width": 3}}, "cannot be constructed"),
        ({"adapter": "pickle"}, "adapter 'pickle' is unknown"),
        ({"targets": []}, "declares no targets"),
        ({"targets": [{"name": "a", "level": "mood"}]}, "mid-level"),
        ({"targets": [{"name": "a"}, {"name": "a"}]}, "twice"),
        ({"representation": {}}, "no representation"),
        ({"representation": {"kind": "cochleagram"}}, "cannot be read"),
        ({"checkpoint": ""}, "no checkpoint"),
        ({"checkpoint": "/nowhere/loud.pt"}, "upload it again"),
        ({"code": "engine_support.TwoLevels"}, "does not fit"),
        ({"output": "percent"}, "declare one of"),
        ({"window_frames": 10, "window_hop": 11}, "windows leave gaps"),
        ({"window_hop": 11}, "at most window_frames"),
    ],
)
def test_bad_descriptions_name_the_remedy(description, change, words):
    with pytest.raises(ModelError, match=words):
        load_model(description | change, ALLOWED)


class EveryCellWithEveryOther(torch.nn.Module):
    """Compares all cells of its input, as attention does: memory grows with the square of the length."""

    def forward(self, features):
        cells = features.flatten(1)
        return torch.tanh(cells[:, :, None] - cells[:, None, :]).mean(dim=(1, 2))[:, None]


@pytest.mark.slow
def test_a_model_that_needs_more_memory_than_there_is_says_so_before_it_dies():
    y = np.random.default_rng(0).normal(size=10 * 22050).astype(np.float32)

    def check(**declared):
        module = EveryCellWithEveryOther().eval()
        return check_model(TorchModel(module, REPRESENTATION, [Target("alike")], device="cpu", **declared), y)

    lines = Path("/proc/self/status").read_text().splitlines()
    in_use = 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmSize:"))
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (in_use + 2**31, before[1]))
    try:
        words = str(check())
        # 46 637 cells in pairs of 4 bytes, with room for the difference and its tanh, twice: 35 GB.
        needed = float(re.search(r"needs about ([\d.]+) GB of memory for two inputs", words)[1])
        assert 20 < needed < 80
        assert "declare window_frames" in words
        assert check(window_frames=15).fit
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
