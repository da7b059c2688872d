"""Excerpts of files: the right samples, faded, whatever the format; refusals."""

import numpy as np
import pytest
import soundfile

from explainer.core.audio import (
    FADE_SECONDS,
    AudioError,
    AudioLimits,
    Cut,
    cut_stems,
    fade,
    read_audio,
    read_excerpt,
)  # fmt: skip

RATE = 22_050


@pytest.fixture
def noise_file(tmp_path):
    def write(name, seconds=4.0, channels=1, **how):
        y = 0.2 * np.random.default_rng(1).standard_normal((round(seconds * RATE), channels))
        soundfile.write(tmp_path / name, np.clip(y, -1, 1), RATE, **how)
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_excerpt_is_the_faded_part_of_the_whole_file(noise_file, name, channels):
    path = noise_file(name, channels=channels)
    whole, _ = read_audio(path)
    for cut in (Cut(0, RATE), Cut(12_345, 2 * RATE), Cut(len(whole) - RATE, RATE)):
        y, rate = read_excerpt(path, cut)
        assert rate == RATE
        np.testing.assert_array_equal(
            y, fade(whole[cut.start : cut.start + cut.frames], RATE, FADE_SECONDS).astype(np.float32)
        )


def test_edges_are_silent_and_the_middle_is_unchanged(noise_file):
    path = noise_file("a.wav")
    y, _ = read_excerpt(path, Cut(RATE, RATE))
    whole, _ = read_audio(path)
    edge = round(FADE_SECONDS * RATE)
    assert abs(y[0]) < 1e-4 and abs(y[-1]) < 1e-4
    np.testing.assert_array_equal(y[edge:-edge], whole[RATE + edge : 2 * RATE - edge])


def test_excerpts_of_equal_length_have_equally_many_samples_after_resampling(noise_file):
    path = noise_file("a.flac")
    lengths = {len(read_excerpt(path, Cut(start, 30_001), sample_rate=16_000)[0]) for start in (0, 1, 777)}
    assert len(lengths) == 1


def test_a_lossless_excerpt_far_into_a_file_decodes_little(noise_file, monkeypatch):
    path = noise_file("long.flac", seconds=60)
    read = []
    original = soundfile.SoundFile.read

    def counted(self, frames=-1, **how):
        block = original(self, frames, **how)
        read.append(len(block))
        return block

    monkeypatch.setattr(soundfile.SoundFile, "read", counted)
    read_excerpt(path, Cut(50 * RATE, RATE))
    assert sum(read) == RATE


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (Cut(3 * RATE, 2 * RATE), "lasts 4.00 s, so it has no excerpt from 3.00 to 5.00 s"),
        (Cut(-1, RATE), "has no excerpt"),
        (Cut(0, 100), "too short; at least 0.5 s"),
    ],
)
def test_impossible_excerpts_are_refused(noise_file, cut, words):
    with pytest.raises(AudioError, match=words):
        read_excerpt(noise_file("a.wav"), cut)


def test_a_silent_excerpt_is_refused(tmp_path):
    y = np.zeros(4 * RATE)
    y[3 * RATE :] = 0.1
    soundfile.write(tmp_path / "half.wav", y, RATE)
    with pytest.raises(AudioError, match=r"excerpt of half\.wav is silent"):
        read_excerpt(tmp_path / "half.wav", Cut(0, RATE))


def test_limits_of_the_whole_file_hold(noise_file):
    with pytest.raises(AudioError, match="at most 1 s"):
        read_excerpt(noise_file("a.wav"), Cut(0, RATE // 2), limits=AudioLimits(max_seconds=1))


def test_stems_are_cut_where_the_track_is_at_whatever_rate(tmp_path):
    rng = np.random.default_rng(2)
    soundfile.write(tmp_path / "track.wav", 0.1 * rng.standard_normal(4 * RATE), RATE)
    stem = (0.1 * rng.standard_normal(4 * 44_100)).astype(np.float32)
    soundfile.write(tmp_path / "stem.wav", stem, 44_100, subtype="FLOAT")
    (tmp_path / "cut").mkdir()
    cut = Cut(RATE, 2 * RATE)
    files = cut_stems({"low": tmp_path / "stem.wav"}, tmp_path / "track.wav", cut, tmp_path / "cut")
    y, rate = soundfile.read(files["low"], dtype="float32")
    assert rate == 44_100 and len(y) == 2 * 44_100
    edge = round(FADE_SECONDS * rate)
    np.testing.assert_array_equal(y[edge:-edge], stem[44_100 + edge : 3 * 44_100 - edge])
    assert abs(y[0]) < 1e-4
    soundfile.write(tmp_path / "stem.wav", stem[: 2 * 44_100], 44_100)
    with pytest.raises(AudioError, match="the stem 'low' ends before the excerpt does"):
        cut_stems({"low": tmp_path / "stem.wav"}, tmp_path / "track.wav", cut, tmp_path / "cut")
