"""The program that makes the demo's models."""

import json
import shutil

import numpy as np
import pytest

from explainer.core.models.loading import load_model
from training import corpus, midi_to_sound
from training.__main__ import main

pytestmark = pytest.mark.slow
needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not midi_to_sound.SOUNDFONT.exists(),
    reason="needs fluidsynth and FluidR3_GM",
)


@pytest.mark.extra
@needs_fluidsynth
def test_training_makes_a_model_that_loads_and_a_card_of_its_own_figures(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(corpus, "PIECES_PER_BATCH", 6)
    arguments = f"--pieces 12 --unseen 6 --epochs 2 --workers 1 --cache {tmp_path / 'cache'}".split()
    main(["--output", str(tmp_path / "first"), *arguments])
    folder = tmp_path / "first"
    description = json.loads((folder / "model.json").read_text())
    model = load_model({**description, "checkpoint": folder / description["checkpoint"]})
    assert model.predict(np.zeros((1, 313, 149), dtype=np.float32)).shape == (1, 17)
    figures = json.loads((folder / "figures.json").read_text())
    card = (folder / "MODEL_CARD.md").read_text()
    assert figures["training"]["pieces"] == 12
    assert f"| {figures['unseen']['cues']['speed']['r']:.2f} |" in card
    assert len(figures["variants"]) == 12

    rendered = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()}
    assert len(rendered) == 3
    main(["--output", str(tmp_path / "second"), *arguments])
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()} == rendered
    again = (tmp_path / "second" / "cue_model.safetensors").read_bytes()
    assert again == (folder / "cue_model.safetensors").read_bytes()


@pytest.mark.extra
@needs_fluidsynth
def test_the_variant_with_attention_is_trained_the_same_way(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "PIECES_PER_BATCH", 6)
    arguments = f"--attention --pieces 12 --unseen 6 --epochs 1 --workers 1 --cache {tmp_path / 'cache'}"
    main(["--output", str(tmp_path / "model"), *arguments.split()])
    folder = tmp_path / "model"
    description = json.loads((folder / "model.json").read_text())
    assert description["name"] == "attention-cue-model"
    model = load_model({**description, "checkpoint": folder / description["checkpoint"]})
    assert model.predict(np.zeros((1, 313, 149), dtype=np.float32)).shape == (1, 17)
    figures = json.loads((folder / "figures.json").read_text())
    assert figures["attention"]["parts"] == 15
    effective = figures["attention"]["effective"]
    assert len(effective) == 9
    assert all(1 <= spread <= 15.001 for spread in effective.values())
    assert f"| speed | {effective['speed']:.1f} |" in (folder / "MODEL_CARD.md").read_text()


def test_training_without_a_synthesiser_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="apt install fluidsynth"):
        main(["--output", str(tmp_path), "--cache", str(tmp_path)])


def test_training_on_too_little_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--pieces", "60", "--output", str(tmp_path), "--cache", str(tmp_path)])
    assert "at least 100 pieces" in capsys.readouterr().err
