"""Models that are fed sound, and what is heard in place of removed cells."""

import numpy as np
import pytest
from engine_support import grid, write_track

from explainer.core.base.explanation import Target
from explainer.core.base.recipe import HIDDEN_VALUES, Recipe
from explainer.core.models.adapters import CallableModel, ModelError
from explainer.core.models.check import check_model
from explainer.core.perturbation.masking import MaskedFeatures, MaskedSound, hidden_features
from explainer.core.pipeline import explain_track
from explainer.core.representations.kinds import (
    log_filterbank,
    mel,
    representation_from,
    waveform,
)
from explainer.core.representations.reconstruction import filling_of, reconstruct
from explainer.core.segmentation.segments import segment


def loudness_in_samples(batch):
    """Answer the level of sound (n, n_samples) in its middle third, and everywhere."""
    n = batch.shape[1]
    parts = batch[:, n // 3 : 2 * n // 3], batch
    return np.stack([10 * np.log10(1e-9 + (part**2).mean(axis=1)) for part in parts], axis=1)


def sound_model(**declared):
    targets = [Target("middle"), Target("everywhere")]
    return CallableModel(loudness_in_samples, waveform(), targets, name="sound", **declared)


@pytest.fixture(scope="module")
def y(polyphony):
    return polyphony(22050, 2.0).astype(np.float32)


@pytest.fixture(scope="module", params=["grid", "harmonic_percussive"])
def division(request, y):
    representation = waveform()
    parameters = {"time_cells": 3, "band_cells": 2}
    return segment(request.param, representation.features(y), representation, y, parameters)


def test_the_sound_of_a_mask_is_what_its_cells_make(y, division):
    representation = waveform()
    inputs = MaskedSound(y, representation, division)
    masks = np.random.default_rng(0).random((4, division.n_segments)) < 0.5
    for mask, sound in zip(masks, inputs.batch(masks), strict=True):
        exact = reconstruct(y, division.gain(mask), representation, "gain", feather=False)
        np.testing.assert_allclose(sound, exact, atol=2e-6)
    everything, nothing = inputs.batch(np.array([[1], [0]]) * np.ones(division.n_segments))
    np.testing.assert_array_equal(everything, y)
    assert not nothing.any()


def test_sound_with_a_filling_is_linear_in_the_mask_too(y, division):
    representation = waveform()
    features = representation.features(y)
    hidden = hidden_features(features, Recipe(hidden_value="band_mean"))
    noise = filling_of(hidden, representation, len(y), 1.0, np.random.default_rng(0))
    inputs = MaskedSound(y, representation, division, noise)
    mask = np.zeros(division.n_segments)
    mask[::2] = 1
    gain = division.gain(mask)
    exact = reconstruct(y, gain, representation, "gain", feather=False, filling=noise)
    np.testing.assert_allclose(inputs.batch(mask[None])[0], exact, atol=1e-5)


@pytest.mark.parametrize("representation", [log_filterbank(), mel()], ids=["log", "mel"])
def test_features_of_a_control_that_is_turned_up(polyphony, representation):
    """What is kept is what the model sees of the louder sound; what is hidden does not get louder."""
    y = polyphony(representation.sample_rate, 1.0)
    gain = representation.normalisation_gain(y)
    features = representation.features(y, gain)
    division = segment("grid", features, representation, y, {"time_cells": 2, "band_cells": 2})
    hidden = np.full_like(features, 0.5)
    inputs = MaskedFeatures(features, hidden, division, representation)
    mask = np.array([True, False, True, False])
    turned = inputs.with_gain(division.gain(mask), 20 * np.log10(2))
    kept = division.gain(mask) == 1
    louder = representation.features(2 * y, gain)
    np.testing.assert_allclose(turned[kept], louder[kept], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(turned[~kept], hidden[~kept])
    np.testing.assert_array_equal(inputs.with_gain(np.ones_like(features)), features)


def test_sound_of_a_control_that_is_turned_up(y, division):
    representation = waveform()
    hidden = hidden_features(representation.features(y), Recipe(hidden_value="band_mean"))
    noise = filling_of(hidden, representation, len(y), 1.0, np.random.default_rng(0))
    inputs = MaskedSound(y, representation, division, noise)
    nothing, everything = (np.full(division.labels.shape[1:], value) for value in (0.0, 1.0))
    np.testing.assert_array_equal(inputs.with_gain(nothing, 6.0), inputs.with_gain(nothing))
    np.testing.assert_allclose(inputs.with_gain(everything, 20 * np.log10(2)), 2 * y, atol=1e-6)


def test_a_model_of_sound_is_checked_and_explained(tmp_path):
    track = write_track(tmp_path / "chord.wav")
    recipe = Recipe(
        method="occlusion",
        segmentation="time",
        segmentation_parameters={"time_cells": 3},
        evidence_sizes=(1,),
        calls=16,
    )
    result = explain_track(track, sound_model(), recipe, output_folder=tmp_path / "out", targets=["middle"])
    assert result.explanation.evidence("middle", 1).tolist() == [1]
    for clip in result.clips:
        assert clip.prediction_heard["middle"] == pytest.approx(clip.prediction_masked["middle"], abs=1.5)


def test_windows_of_sound_are_counted_in_samples(y):
    model = sound_model(window_frames=22050, pooling="max")
    assert model.windows(len(y)) == [slice(0, 22050), slice(22050, 44100)]
    single = [model.function(y[None, part])[0] for part in model.windows(len(y))]
    np.testing.assert_allclose(model.predict(y[None])[0], np.max(single, axis=0))
    assert check_model(model, y).fit
    with pytest.raises(ModelError, match="22\N{NARROW NO-BREAK SPACE}050 samples"):
        model.predict(y[None, :1000])
    with pytest.raises(ModelError, match="pooling 'median'"):
        sound_model(pooling="median")


def test_the_waveform_survives_its_json_form():
    again = representation_from(waveform(sample_rate=16000, fmax=7000).to_dict())
    assert again == waveform(sample_rate=16000, fmax=7000)
    assert again.feeds_sound


@pytest.mark.parametrize("hidden_value", [name for name in HIDDEN_VALUES if name != "zero"])
@pytest.mark.parametrize("representation", [log_filterbank(), mel()], ids=["logarithmic", "mel"])
def test_a_hidden_value_is_heard_at_its_level(polyphony, hidden_value, representation):
    y = polyphony(representation.sample_rate, 3.0)
    gain = representation.normalisation_gain(y)
    hidden = hidden_features(representation.features(y, gain), Recipe(hidden_value=hidden_value))
    noise = filling_of(hidden, representation, len(y), gain, np.random.default_rng(1))
    everything_hidden = np.zeros(hidden.shape)
    heard = reconstruct(y, everything_hidden, representation, "gain", filling=noise)
    level = representation.expand(representation.features(heard, gain)).mean(axis=0)
    wanted = representation.expand(hidden).mean(axis=0)
    audible = wanted > 1e-3 * wanted.max()
    decibels = 20 / representation.power * np.log10(level[audible] / wanted[audible])
    assert abs(np.median(decibels)) < 1.5
    assert np.abs(decibels).mean() < 5
    correlation = np.corrcoef(heard, y)[0, 1]
    assert abs(correlation) < 0.1  # nothing of the original shines through


def test_zero_is_silent_where_it_stands_for_silence():
    shape = (40, 149)
    rng = np.random.default_rng(0)
    assert filling_of(np.zeros(shape), log_filterbank(), 28000, 1.0, rng) is None
    loud = filling_of(np.zeros((40, 96)), mel(log_law="decibel"), 10000, 1.0, rng)
    assert loud is not None  # 0 dB is no silence


@pytest.mark.parametrize("law", ["log10_one_plus", "decibel", "natural_offset", "none"])
def test_every_law_can_be_undone(law):
    representation = mel(log_law=law, log_floor=1e-6)
    bands = np.array([0.0, 1e-5, 1e-3, 1.0, 50.0])
    np.testing.assert_allclose(representation.expand(representation.compress(bands)), bands, atol=1e-9)
    assert representation.silence == pytest.approx(representation.compress(np.zeros(1))[0])


def test_decibels_are_librosas(polyphony):
    librosa = pytest.importorskip("librosa")
    y = polyphony(16000, 1.0)
    ours = mel(log_law="decibel", n_bands=64, frame_length=1024, hop=320, log_floor=1e-10)
    power = librosa.feature.melspectrogram(
        y=y, sr=16000, n_fft=1024, hop_length=320, n_mels=64, pad_mode="constant"
    )
    expected = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None).T
    np.testing.assert_allclose(ours.features(y), expected, atol=1e-3)


def test_segments_that_are_never_heard_cost_nothing():
    silent = np.zeros(8000, dtype=np.float32)
    segmentation = grid(n_frames=log_filterbank().n_frames(8000), time_cells=2, band_cells=2)
    assert not MaskedSound(silent, waveform(), segmentation).batch(np.eye(4)).any()
