"""Training of the published networks, on small data in the data sets' formats."""

import json

import numpy as np
import pytest
import soundfile
import torch
from django.core.management import CommandError, call_command

from explainer.core.models.loading import load_model
from explainer.demo_models import network_fitting
from explainer.demo_models.published_sets import Excerpt, read_excerpts
from explainer.demo_models.two_level_networks import squared_error

RNG = np.random.default_rng(0)
EMOTIONS = "number,valence,energy,tension,anger,fear,happy,sad,tender,TARGET"
MID_LEVEL = "song_id, melody, articulation,rhythm_complexity, rhythm_stability,dissonance,atonality,mode"


@pytest.fixture
def data_sets(tmp_path):
    """Write six sounds that are rated on both levels, louder ones higher, and two rated on one level."""
    audio = tmp_path / "Set1"
    audio.mkdir()
    emotions, mid_level = [EMOTIONS], [MID_LEVEL]
    for number in range(1, 9):
        noise = RNG.standard_normal(22050 * 3 // 2) * 0.02
        time = np.arange(len(noise)) / 22050
        soundfile.write(
            audio / f"{number:03}.wav", noise + 0.5 * np.sin(2 * np.pi * 110 * number * time), 22050
        )
        if number <= 7:
            emotions.append(",".join([str(number), *["%.2f" % (1 + number)] * 8, "HAPPY"]))
        if number != 7:
            mid_level.append(f"{number}," + ", ".join(["%.1f" % (1 + number)] * 7))
    for name, lines in (("mean_ratings_set1.csv", emotions), ("annotations.csv", mid_level)):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    return tmp_path


def arguments(folder, mid_level=True):
    given = {"soundtracks": folder / "mean_ratings_set1.csv", "soundtracks_audio": folder / "Set1"}
    if mid_level:
        given |= {"mid_level": folder / "annotations.csv", "mid_level_audio": folder / "Set1"}
    return {**given, "epochs": 1, "seconds": 1.2, "test_share": 0.4, "verbosity": 0}


@pytest.mark.parametrize("variant", ["a2e", "a2mid2e", "joint"])
def test_trained_models_load_and_say_how_they_were_made(data_sets, variant, tmp_path, capsys):
    output = tmp_path / "trained"
    call_command("train_model", variant, output=output, **arguments(data_sets, variant != "a2e"))
    description = json.loads((output / "model.json").read_text())
    model = load_model({**description, "checkpoint": output / description["checkpoint"]})
    n_targets = 8 if variant == "a2e" else 15
    assert len(model.targets) == n_targets
    features = RNG.random((1, 60, 149)).astype(np.float32)
    answers = model.predict(features)
    assert answers.shape == (1, n_targets)
    if variant != "a2e":
        emotions = answers[:, :7] @ model.emotion_weights + model.emotion_bias
        np.testing.assert_allclose(emotions, answers[:, 7:], atol=1e-4)
    figures = json.loads((output / "figures.json").read_text())
    assert (figures["training"], figures["test"]) == ((4, 3) if variant == "a2e" else (5, 3))
    assert "register_model" in capsys.readouterr().out


def test_ratings_of_both_levels_meet_in_one_excerpt_and_are_tenths(data_sets):
    from explainer.core.correlations.label_files import read_mid_level, read_soundtracks

    audio = data_sets / "Set1"
    (audio / "003.wav").write_bytes(b"no sound")
    problems = []
    excerpts = read_excerpts(
        [
            (read_soundtracks(data_sets / "mean_ratings_set1.csv"), audio),
            (read_mid_level(data_sets / "annotations.csv"), audio),
        ],
        least_seconds=1,
        on_file=lambda file, problem: problems.append(problem),
    )
    assert len(excerpts) == 7
    assert sum(bool(problem) for problem in problems) == 1
    by_name = {excerpt.file.stem: excerpt for excerpt in excerpts}
    np.testing.assert_allclose(by_name["002"].emotions, 0.3)
    np.testing.assert_allclose(by_name["002"].mid_level, 0.3)
    assert np.isnan(by_name["007"].mid_level).all()
    assert np.isnan(by_name["008"].emotions).all()


def test_missing_labels_teach_nothing():
    predicted = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    labels = torch.tensor([[0.0, torch.nan], [torch.nan, 6.0]])
    loss = squared_error(predicted, labels)
    assert loss.item() == pytest.approx((1 + 4) / 2)
    loss.backward()
    torch.testing.assert_close(predicted.grad, torch.tensor([[1.0, 0.0], [0.0, -2.0]]))
    assert squared_error(predicted, torch.full((2, 2), torch.nan)).item() == 0


@pytest.mark.slow
def test_training_lowers_the_loss_and_is_fixed_by_the_seed():
    # Loudness is the rating: something that a few steps can learn.
    excerpts = [
        Excerpt(None, np.full((32, 40), level, dtype=np.float16), emotions=np.full(8, level))
        for level in np.linspace(0.1, 0.9, 8)
    ]
    losses = []
    how = {"epochs": 12, "seconds": 1.0, "seed": 3}
    first = network_fitting.fit("a2e", excerpts, on_epoch=losses.append, **how)
    assert np.mean(losses[-3:]) < 0.5 * losses[0]
    again = network_fitting.fit("a2e", excerpts, **how)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_split_keeps_every_excerpt_once():
    excerpts = [Excerpt(None, np.zeros((2, 2))) for _ in range(10)]
    training, test = network_fitting.split(excerpts, 0.25, 0)
    assert (len(training), len(test)) == (8, 2)
    assert {id(excerpt) for excerpt in (*training, *test)} == {id(excerpt) for excerpt in excerpts}


def test_what_is_missing_is_said(data_sets, tmp_path):
    given = arguments(data_sets)
    with pytest.raises(CommandError, match="give --mid-level"):
        call_command("train_model", "joint", output=tmp_path, **arguments(data_sets, mid_level=False))
    with pytest.raises(CommandError, match="must be given together"):
        call_command("train_model", "a2e", output=tmp_path, **{**given, "soundtracks_audio": None})
    with pytest.raises(CommandError, match="at least 4 are needed"):
        call_command("train_model", "a2e", output=tmp_path, **{**given, "seconds": 30})
    with pytest.raises(CommandError, match="no column"):
        call_command("train_model", "a2e", output=tmp_path, **{**given, "soundtracks": given["mid_level"]})
