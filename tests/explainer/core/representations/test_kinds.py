import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.core.representations.kinds import log_filterbank, mel, representation_from
from explainer.core.representations.representation import RepresentationError


class TestLogFilterbank:
    """Figures published for, or measured against, the reference implementation (madmom)."""

    def test_figures_of_the_filterbank(self):
        matrix = log_filterbank().filterbank
        assert matrix.shape == (1025, 149)
        assert np.linalg.norm(matrix) == pytest.approx(7.657066, abs=5e-7)
        np.testing.assert_allclose(matrix.sum(axis=0), 1)
        assert np.flatnonzero(matrix[500]).tolist() == [123, 124]
        np.testing.assert_allclose(matrix[500, [123, 124]], [0.020408, 0.049261], atol=5e-7)
        assert np.sum(np.count_nonzero(matrix, axis=0) == 1) == 39
        assert np.linalg.matrix_rank(matrix) == 149
        assert np.linalg.cond(matrix) == pytest.approx(8.7, abs=0.05)
        assert not matrix[1024].any(), "the Nyquist bin is no part of the model's input"

    @pytest.mark.parametrize(
        ("fmin", "fmax", "n_bands"),
        [(20, 8000, 137), (20, 10000, 145), (20, 16000, 149), (30, 17000, 148), (40, 16000, 147)],
    )
    def test_number_of_bands(self, fmin, fmax, n_bands):
        assert log_filterbank(fmin=fmin, fmax=fmax).n_bands == n_bands

    def test_centres_of_the_bands(self):
        bins = log_filterbank().band_frequencies * 2048 / 22050
        assert bins[:3].round().tolist() == [3, 4, 5]
        assert bins[-3:].round().tolist() == [952, 980, 1008]

    def test_features_are_those_of_the_definition(self, polyphony):
        y = polyphony(22050, 2.03)
        representation = log_filterbank()
        features = representation.features(y)
        window = np.hanning(2048)
        padded = np.concatenate([y / np.abs(y).max(), np.zeros(2048)])
        assert len(features) == int(np.ceil(len(y) / 705.6))
        for i in (0, 1, 5, 31, 62, len(features) - 1):
            start = int(i * 705.6)
            spectrum = np.abs(np.fft.fft(padded[start : start + 2048] * window)[:1024])
            wanted = np.log10(1 + spectrum @ representation.filterbank[:1024])
            np.testing.assert_allclose(features[i], wanted, rtol=1e-6, atol=1e-6)

    def test_ten_seconds_give_313_frames(self):
        y = np.random.default_rng(0).standard_normal(220_500)
        features = log_filterbank().features(y)
        assert features.shape == (313, 149)
        assert features.dtype == np.float32

    def test_track_gain_is_kept_for_its_clips(self, polyphony):
        representation = log_filterbank()
        y = polyphony(22050, 1)
        gain = representation.normalisation_gain(y)
        assert gain == pytest.approx(2)
        assert np.array_equal(representation.features(y), representation.features(y, gain))
        assert representation.features(y / 10, gain).max() < representation.features(y / 10).max()


class TestMel:
    def test_equals_librosa(self, polyphony):
        import librosa

        y = polyphony(16000, 3).astype(np.float32)
        wanted = librosa.feature.melspectrogram(
            y=y, sr=16000, n_fft=512, hop_length=256, n_mels=96, pad_mode="constant"
        )
        features = mel().features(y)
        assert features.shape == (188, 96)
        assert features.dtype == np.float32
        np.testing.assert_allclose(features, np.log10(1 + 10000 * wanted).T, atol=2e-5)
        assert mel().normalisation_gain(y) == 1

    def test_other_front_ends_equal_librosa_too(self, polyphony):
        import librosa

        y = polyphony(22050, 1)
        wanted = librosa.feature.melspectrogram(
            y=y,
            sr=22050,
            n_fft=1024,
            hop_length=300,
            n_mels=40,
            power=1,
            htk=True,
            norm=None,
            fmin=50,
            fmax=9000,
        )
        representation = mel(
            sample_rate=22050, frame_length=1024, hop=300, n_bands=40, power=1, log_gain=1, scale="htk",
            area_normalised=False, fmin=50, fmax=9000,
        )  # fmt: skip
        np.testing.assert_allclose(representation.features(y), np.log10(1 + wanted).T, atol=2e-5)

    def test_loud_input_does_not_overflow(self):
        assert np.isfinite(mel().features(np.full(16000, 1.0, dtype=np.float32))).all()


class TestInverse:
    @pytest.mark.parametrize("representation", [log_filterbank(), mel()], ids=["log", "mel"])
    @pytest.mark.parametrize("n_samples", [1, 100, 705, 706, 5000, 22051])
    def test_exact_with_the_frames_around(self, representation, n_samples):
        y = np.random.default_rng(n_samples).standard_normal(n_samples)
        spectrum = representation.stft(y, around=True)
        back = representation.istft(spectrum, n_samples, around=True)
        np.testing.assert_allclose(back, y, atol=1e-12)

    def test_model_frames_alone_recover_all_but_the_edges(self, snr):
        representation = log_filterbank()
        y = np.random.default_rng(1).standard_normal(22050)
        back = representation.istft(representation.stft(y), len(y))
        assert snr(y[200:-200], back[200:-200]) > 120

    def test_half_the_sample_rate_survives(self, snr):
        y = np.resize([1.0, -1.0], 8000)
        representation = log_filterbank()
        back = representation.istft(representation.stft(y, around=True), len(y), around=True)
        assert snr(y, back) > 250

    def test_frames_do_not_drift(self):
        starts = log_filterbank()._start(np.arange(313))
        assert starts[-1] == int(312 * 705.6) == 220_147  # whole hops of 706 would start at 220 272

    def test_spectrum_of_another_sound_is_refused(self):
        with pytest.raises(RepresentationError, match="need a spectrum of shape"):
            mel().istft(np.zeros((3, 257)), 16000)

    @pytest.mark.parametrize("y", [np.zeros(0), np.zeros((2, 100))])
    def test_neither_nothing_nor_stereo(self, y):
        with pytest.raises(RepresentationError, match="mono"):
            mel().stft(y)


class TestDescription:
    @pytest.mark.parametrize(
        "representation", [log_filterbank(fmax=8000), mel(n_bands=64)], ids=["log", "mel"]
    )
    def test_there_and_back(self, representation):
        description = json.loads(json.dumps(representation.to_dict()))
        again = representation_from(description)
        assert again == representation
        assert hash(again) == hash(representation)
        assert pickle.loads(pickle.dumps(representation)) == representation

    def test_parameters_left_out_take_their_defaults(self):
        assert representation_from({"kind": "mel"}) == mel()
        assert representation_from({"kind": "log_filterbank"}) == log_filterbank()

    @pytest.mark.parametrize(
        ("description", "message"),
        [
            ({}, "kind None is unknown; use one of log_filterbank, mel"),
            ({"kind": "cochlea"}, "'cochlea' is unknown"),
            ({"kind": "mel", "bins": 3}, "has no parameter bins; it has sample_rate"),
            ({"kind": "mel", "hop": 400}, "'hop' must lie between 1 and 256"),
            ({"kind": ["mel"]}, "is unknown; use one of"),
            ({"kind": "mel", "hop": "fast"}, "'hop' must be a whole number; it is 'fast'"),
            ({"kind": "mel", "hop": 100.5}, "'hop' must be a whole number"),
            ({"kind": "mel", "hop": True}, "'hop' must be a whole number"),
            ({"kind": "mel", "log_gain": float("nan")}, "'log_gain' must be a number"),
            ({"kind": "mel", "peak_normalised": 1}, "'peak_normalised' must be either true or false"),
            ({"kind": "mel", "scale": 3}, "'scale' must be text"),
            ({"kind": "mel", "frame_length": 2**18}, "at most 131072"),
            ({"kind": "log_filterbank", "bands_per_octave": 5000}, "at most 4096"),
            ({"kind": "mel", "fmax": 9000}, "'fmax' must lie above fmin"),
            ({"kind": "log_filterbank", "frame_rate": 0}, "'frame_rate' must be positive"),
            ({"kind": "log_filterbank", "fmin": 0}, "'fmin' must lie between 0 and fmax"),
            ({"kind": "log_filterbank", "power": 3}, "'power' must be 1"),
        ],
    )
    def test_what_cannot_be_is_refused(self, description, message):
        with pytest.raises(RepresentationError, match=message):
            representation_from(description)

    def test_filterbank_without_bands_is_refused(self):
        with pytest.raises(ValueError, match="leave no band"):
            _ = log_filterbank(fmin=1000, fmax=1010).filterbank


@given(st.integers(1, 60_000), st.sampled_from([log_filterbank(), mel()]))
def test_every_sample_lies_under_a_frame(n_samples, representation):
    starts = representation._start(representation.frame_indices(n_samples, around=True))
    assert starts[0] <= 0
    assert starts[-1] + representation.frame_length >= n_samples
    assert np.diff(starts).max(initial=0) <= representation.frame_length / 2


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=20))
def test_compression_can_be_undone(values):
    values = np.array(values)
    for representation in (log_filterbank(), mel()):
        np.testing.assert_allclose(
            representation.expand(representation.compress(values)), values, rtol=1e-9, atol=1e-12
        )
