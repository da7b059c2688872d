import itertools

import numpy as np
import pytest
import soundfile
from small_world import tones

from explainer.core.audio import AudioError, inspect_audio, read_audio
from explainer.core.audio.formats import ogg

SAMPLE_RATE = 24000


@pytest.fixture
def write(tmp_path):
    numbers = itertools.count()

    def write(content, ending=".ogg"):
        path = tmp_path / f"{next(numbers)}{ending}"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture(scope="module", params=["VORBIS", "OPUS"])
def whole(request, tmp_path_factory):
    return encoded(tmp_path_factory, request.param)


def encoded(tmp_path_factory, subtype, sample_rate=SAMPLE_RATE, seed=0):
    path = tmp_path_factory.mktemp("ogg") / "a.ogg"
    soundfile.write(path, tones(4, seed, sample_rate), sample_rate, format="OGG", subtype=subtype)
    return path.read_bytes()


@pytest.mark.parametrize("ending", [".ogg", ".oga", ".opus", ".OPUS"])
def test_a_whole_file_under_every_ending(whole, write, ending):
    y, sample_rate = read_audio(write(whole, ending))
    assert (len(y), sample_rate) == (4 * SAMPLE_RATE, SAMPLE_RATE)


def test_one_recording_behind_another_is_read_too(whole, write):
    y, _ = read_audio(write(whole))
    for number in (2, 3):
        path = write(whole * number)
        joined, _ = read_audio(path)
        assert np.array_equal(joined, np.tile(y, number))
        assert inspect_audio(path).seconds == 4 * number


def test_recordings_of_different_rates_are_refused(tmp_path_factory, write):
    contents = [encoded(tmp_path_factory, "VORBIS", rate) for rate in (22050, 44100)]
    with pytest.raises(
        AudioError, match=r"0.ogg contains several recordings of different sample rates .*; convert it"
    ):
        read_audio(write(b"".join(contents)))


def test_a_file_that_is_cut_off_is_refused_wherever(whole, write):
    pages = list(ogg.pages(whole))
    assert len(pages) > 3
    for end in (len(whole) // 2, len(whole) - 1, pages[-1].start, pages[-2].start, pages[-1].start + 10):
        with pytest.raises(AudioError, match=r"is cut off: .* upload it again"):
            inspect_audio(write(whole[:end]))
        with pytest.raises(AudioError, match=r"is cut off"):
            inspect_audio(write(whole + whole[:end]))


def test_missing_and_damaged_pages_are_refused(whole, write):
    page = list(ogg.pages(whole))[-2]
    with pytest.raises(AudioError, match=r"is damaged: pages are missing .* upload it again"):
        inspect_audio(write(whole[: page.start] + whole[page.end :]))
    middle = (page.start + page.end) // 2
    with pytest.raises(AudioError, match=r"is damaged: .* checksum"):
        inspect_audio(write(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]))
    with pytest.raises(AudioError, match=r"is damaged: byte \d+ is not the beginning"):
        inspect_audio(write(whole[: page.start] + b"junk" + whole[page.start :]))
    first = next(ogg.pages(whole))
    with pytest.raises(AudioError, match=r"is damaged: its beginning is missing"):
        inspect_audio(write(whole[first.end :]))


def test_tags_and_zeros_at_the_end_do_not_matter(whole, write):
    y, _ = read_audio(write(whole))
    for tail in (bytes(500), b"TAG" + b"x" * 125):
        assert np.array_equal(read_audio(write(whole + tail))[0], y)
