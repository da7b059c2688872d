import hashlib
import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.audio import (
    AudioError,
    AudioLimits,
    common_gain,
    fade,
    flac_bytes,
    inspect_audio,
    loudness,
    read_audio,
    store_flac,
    true_peak,
)


def sine(level, seconds=2.0, sample_rate=48000, frequency=997.0, phase=0.0):
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return 10 ** (level / 20) * np.sin(2 * np.pi * frequency * time + phase)


@pytest.fixture
def write(tmp_path):
    def write(name, y, sample_rate=44100, **options):
        soundfile.write(tmp_path / name, y, sample_rate, **options)
        return tmp_path / name

    return write


class TestReading:
    @pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "A.WAV"])
    def test_every_accepted_format(self, write, name, snr):
        y = sine(-6, sample_rate=44100)
        info = inspect_audio(write(name, y))
        assert (info.sample_rate, info.channels) == (44100, 1)
        assert info.seconds == pytest.approx(2, abs=0.1)
        back, rate = read_audio(write(name, y))
        assert rate == 44100
        assert back.dtype == np.float32
        assert np.abs(back).max() == pytest.approx(0.5, abs=0.02)

    def test_stereo_is_the_mean_of_its_channels(self, write):
        left, right = sine(-6, sample_rate=44100), sine(-12, sample_rate=44100, frequency=440)
        back, _ = read_audio(write("a.wav", np.stack([left, right], axis=1), subtype="FLOAT"))
        np.testing.assert_allclose(back, (left + right) / 2, atol=1e-7)

    @pytest.mark.parametrize("rate", [8000, 22050, 48000, 96000])
    def test_resampling_keeps_what_is_below_half_the_rate(self, write, rate, snr):
        back, given_rate = read_audio(
            write("a.wav", sine(-6, sample_rate=44100), subtype="FLOAT"), sample_rate=rate
        )
        wanted = sine(-6, sample_rate=rate)
        assert given_rate == rate
        assert len(back) == len(wanted)
        assert snr(wanted[rate // 2 : -rate // 2], back[rate // 2 : -rate // 2]) > 80

    def test_long_files_are_read_in_blocks(self, write, monkeypatch):
        y = np.random.default_rng(0).uniform(-1, 1, (44100, 2)).astype(np.float32)
        path = write("a.wav", y, subtype="FLOAT")
        whole, _ = read_audio(path)
        monkeypatch.setattr("explainer.core.audio.files.BLOCK", 1000)
        assert np.array_equal(read_audio(path)[0], whole)
        np.testing.assert_allclose(whole, y.mean(axis=1), atol=1e-7)

    def test_silent_clips_can_be_allowed(self, write):
        path = write("a.wav", np.zeros(44100))
        assert not read_audio(path, allow_silence=True)[0].any()


class TestBadFiles:
    """Each message names the file and says what to do."""

    @pytest.mark.parametrize(
        ("name", "y", "options", "message"),
        [
            ("short.wav", np.ones(4410), {}, r"short.wav lasts 0.100 s; at least 0.5 s are needed"),
            ("nothing.wav", np.zeros(0), {}, r"nothing.wav contains no sound"),
            ("long.wav", np.ones(44100 * 3), {}, r"long.wav lasts 3.0 s; at most 2.5 s .* cut an excerpt"),
            ("surround.wav", np.ones((44100, 6)), {}, r"surround.wav has 6 channels; mix it down"),
            ("slow.wav", np.ones(44100), {"sample_rate": 4000}, r"slow.wav .* 4000 Hz; convert it"),
            ("fast.wav", np.ones(400_000), {"sample_rate": 384_000}, r"fast.wav .* 384000 Hz; convert it"),
            ("silent.wav", np.zeros(44100), {}, r"silent.wav is silent"),
            ("still.wav", np.full(44100, 0.5), {}, r"still.wav is silent"),
            ("opposed.wav", np.outer(sine(-6, 1, 44100), [1, -1]), {}, r"opposed.wav: .* cancel each other"),
            ("nan.wav", np.full(44100, np.nan), {"subtype": "FLOAT"}, r"nan.wav .* not finite numbers"),
            ("infinite.wav", np.full(44100, np.inf), {"subtype": "FLOAT"}, r"infinite.wav .* not finite"),
            ("other.aiff", np.ones(44100), {}, r"other.aiff: .aiff ending is not accepted; convert it"),
            ("disguised.wav", np.ones(44100), {"format": "FLAC"}, r"disguised.wav is a FLAC file"),
            ("disguised.flac", np.ones(44100), {"format": "MP3"}, r"disguised.flac is a MP.* file"),
        ],
    )
    def test_refused_with_a_remedy(self, write, name, y, options, message):
        path = write(name, y, **options)
        with pytest.raises(AudioError, match=message):
            read_audio(path, limits=AudioLimits(max_seconds=2.5))

    def test_missing(self, tmp_path):
        with pytest.raises(AudioError, match=r"gone.wav: file not found"):
            inspect_audio(tmp_path / "gone.wav")

    def test_empty(self, tmp_path):
        (tmp_path / "empty.wav").touch()
        with pytest.raises(AudioError, match=r"empty.wav is empty \(0 bytes\); upload it again"):
            inspect_audio(tmp_path / "empty.wav")

    @pytest.mark.parametrize("name", ["text.wav", "text.mp3", "text.flac"])
    def test_not_sound_at_all(self, tmp_path, name):
        (tmp_path / name).write_text("<html>not found</html>" * 100)
        with pytest.raises(AudioError, match=rf"{name} .*(cannot be read|is an? |cut off|contains no sound)"):
            read_audio(tmp_path / name)

    @pytest.mark.parametrize("name", ["cut.flac", "cut.wav"])
    def test_cut_off(self, write, name):
        path = write(name, np.random.default_rng(0).uniform(-1, 1, 44100 * 2))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(AudioError, match=rf"{name} is (cut off|damaged)"):
            read_audio(path)

    def test_too_many_bytes(self, write):
        with pytest.raises(AudioError, match=r"big.wav has 0.2 MB; at most 0.1 MB"):
            inspect_audio(write("big.wav", np.ones(88200)), AudioLimits(max_bytes=104_858))

    def test_small_file_that_unfolds_is_not_decoded(self, write, monkeypatch):
        path = write("bomb.flac", np.zeros(44100 * 60))
        assert path.stat().st_size < 60_000

        def decode(*_, **__):
            raise AssertionError("the file was decoded")

        monkeypatch.setattr(soundfile.SoundFile, "read", decode)
        with pytest.raises(AudioError, match=r"bomb.flac lasts 60.0 s; at most 30 s"):
            read_audio(path, limits=AudioLimits(max_seconds=30))


class TestWriting:
    @given(st.integers(0, 2**32 - 1), st.integers(1, 5000))
    @settings(max_examples=20)
    def test_24_bits_equal_bytes(self, tmp_path_factory, seed, n_samples):
        y = np.random.default_rng(seed).uniform(-1, 1, n_samples)
        path, digest = store_flac(y, 22050, tmp_path_factory.mktemp("flac"))
        assert path.name == f"{digest}.flac"
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.read_bytes() == flac_bytes(y, 22050)
        back, rate = soundfile.read(path)
        assert rate == 22050
        assert soundfile.info(path).subtype == "PCM_24"
        np.testing.assert_allclose(back, y, atol=2**-23)

    def test_no_tags(self, tmp_path):
        content = flac_bytes(sine(-6), 48000)
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            assert not file.copy_metadata()
        assert b"TITLE" not in content.upper()

    def test_equal_sounds_are_one_file(self, tmp_path):
        first, _ = store_flac(sine(-6), 48000, tmp_path)
        assert store_flac(sine(-6), 48000, tmp_path)[0] == first
        assert list(tmp_path.iterdir()) == [first]

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (np.array([0.0, 1.01]), "would be clipped"),
            (np.array([0.0, np.nan]), "not finite"),
            (np.zeros(0), "must be mono"),
            (np.zeros((3, 2)), "must be mono"),
        ],
    )
    def test_what_cannot_be_written_as_it_is(self, tmp_path, y, message):
        with pytest.raises(AudioError, match=message):
            store_flac(y, 22050, tmp_path)
        assert not list(tmp_path.iterdir())


class TestLevels:
    """BS.1770: a 997 Hz sine at 0 dBFS on one channel measures -3.01 LUFS."""

    @pytest.mark.parametrize("rate", [16000, 22050, 48000])
    @pytest.mark.parametrize("level", [0.0, -20.0, -40.0])
    def test_loudness_of_a_sine(self, rate, level):
        assert loudness(sine(level, sample_rate=rate), rate) == pytest.approx(level - 3.01, abs=0.1)

    def test_silence_between_tones_is_gated_out(self):
        tone = sine(-20, 6)
        gapped = np.concatenate([tone, np.zeros(48000 * 6), tone])
        assert loudness(gapped, 48000) == pytest.approx(loudness(tone, 48000), abs=0.2)

    @pytest.mark.parametrize(
        "y", [sine(-6, 0.3), sine(-90), np.zeros(48000)], ids=["short", "quiet", "silent"]
    )
    def test_nothing_to_measure(self, y):
        assert loudness(y, 48000) is None

    def test_peak_between_the_samples(self):
        """Annex 2 of BS.1770: a sine at a quarter of the rate can peak 3 dB above its samples."""
        y = sine(-6, 1, 48000, 12000, np.pi / 4)
        assert 20 * np.log10(np.abs(y).max()) == pytest.approx(-9.01, abs=0.01)
        assert true_peak(fade(y, 48000), 48000) == pytest.approx(-6, abs=0.2)
        assert true_peak(np.zeros(100), 48000) == -np.inf

    def test_one_gain_brings_the_reference_to_its_target(self):
        signals = [sine(-12), sine(-30), np.zeros(96000)]
        gain = common_gain(signals, 48000)
        assert loudness(signals[0] * 10 ** (gain / 20), 48000) == pytest.approx(-23, abs=0.02)
        assert gain == pytest.approx(round(gain, 2), abs=1e-12)

    def test_the_loudest_signal_sets_the_limit(self):
        signals = [sine(-40), sine(-3)]
        gain = common_gain(signals, 48000)
        assert gain == pytest.approx(2, abs=0.02)
        assert max(true_peak(y * 10 ** (gain / 20), 48000) for y in signals) <= -1 + 1e-9

    def test_too_short_for_loudness_keeps_its_level(self):
        assert common_gain([sine(-20, 0.2)], 48000) == 0

    def test_fades_begin_and_end_near_zero(self):
        y = fade(np.ones(48000), 48000)
        assert y[0] < 1e-4
        assert y[-1] < 1e-4
        assert np.array_equal(y, y[::-1])
        assert (y[960:-960] == 1).all()
        assert len(fade(np.ones(3), 48000)) == 3
