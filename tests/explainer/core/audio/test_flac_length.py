import itertools

import numpy as np
import pytest
import soundfile
from small_world import tones

from explainer.core.audio import AudioError, inspect_audio, read_audio
from explainer.core.audio.formats import flac

SAMPLE_RATE = 22050


@pytest.fixture
def write(tmp_path):
    numbers = itertools.count()

    def write(content):
        path = tmp_path / f"{next(numbers)}.flac"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture(scope="module", params=["PCM_16", "PCM_24"])
def whole(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("flac") / "a.flac"
    rng = np.random.default_rng(0)
    soundfile.write(
        path, tones() + 0.05 * rng.standard_normal(len(tones())), SAMPLE_RATE, subtype=request.param
    )
    return path.read_bytes()


def stating(content, samples):
    """Return the file with another number of samples in STREAMINFO."""
    packed = int.from_bytes(content[21:26]) >> 36 << 36 | samples
    return content[:21] + packed.to_bytes(5) + content[26:]


@pytest.mark.parametrize("stated", [0, len(tones()) // 2, len(tones()) - 1, 1])
def test_all_samples_are_read_whatever_the_header_says(whole, write, stated):
    expected, _ = read_audio(write(whole))
    assert len(expected) == len(tones())
    path = write(stating(whole, stated))
    assert inspect_audio(path).frames == len(tones())
    assert np.array_equal(read_audio(path)[0], expected)


@pytest.mark.parametrize("tag", ["before", "behind"])
def test_tags_do_not_matter(whole, write, tag):
    expected, _ = read_audio(write(whole))
    before = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) if tag == "before" else b""
    behind = b"TAG" + b"x" * 125 if tag == "behind" else b""
    for content in (whole, stating(whole, 0)):
        assert np.array_equal(read_audio(write(before + content + behind))[0], expected)


def test_fewer_samples_than_announced_are_refused(whole, write):
    places = [at for at in range(len(whole) - 16) if flac.frame_header(whole[at : at + 16])]
    assert len(places) >= 3
    contents = [whole[:-1], whole[: len(whole) // 2], whole[: places[-1]], stating(whole, 2 * len(tones()))]
    contents += [stating(whole, 0)[: places[-1] + 50]]
    for content in contents:
        with pytest.raises(AudioError, match=r"flac is cut off: .* upload it again"):
            inspect_audio(write(content))


def test_damage_in_the_middle_is_refused(whole, write):
    half = len(whole) // 2
    with pytest.raises(AudioError, match=r"0.flac is (damaged|cut off)"):
        read_audio(write(whole[:half] + bytes([whole[half] ^ 0xFF]) + whole[half + 1 :]))


def test_joined_files_are_refused(whole, write):
    with pytest.raises(
        AudioError, match=r"0.flac contains several recordings, .* upload each as a separate file"
    ):
        read_audio(write(whole + whole))
