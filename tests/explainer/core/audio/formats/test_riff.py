import itertools
import struct

import numpy as np
import pytest
import soundfile
from small_world import tones

from explainer.core.audio import AudioError, inspect_audio, read_audio

SAMPLE_RATE = 22050


@pytest.fixture
def write(tmp_path):
    numbers = itertools.count()

    def write(content):
        path = tmp_path / f"{next(numbers)}.wav"
        path.write_bytes(content)
        return path

    return write


def wav(*, mark=b"RIFF", size=None, stated=None, before=b"", behind=b"", samples=None, length_64=None):
    """Return a 16-bit mono file whose lengths may be wrong."""
    order = ">" if mark == b"RIFX" else "<"
    data = np.round(tones() * 20000).astype(f"{order}i2").tobytes() if samples is None else samples
    fmt = b"fmt " + struct.pack(f"{order}IHHIIHH", 16, 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
    if length_64 is not None:
        before = b"ds64" + struct.pack("<IQQQI", 28, 0, length_64, length_64 // 2, 0) + before
    stated = len(data) if stated is None else stated
    body = b"WAVE" + before + fmt + b"data" + struct.pack(f"{order}I", stated) + data + behind
    return mark + struct.pack(f"{order}I", len(body) if size is None else size) + body


def data_bytes():
    return 2 * len(tones())


EXPECTED = np.round(tones() * 20000) / 2**15


def assert_whole(path):
    y, _ = read_audio(path)
    assert np.array_equal(y, EXPECTED.astype(np.float32))
    assert inspect_audio(path).frames == len(EXPECTED)


@pytest.mark.parametrize("size", [None, 0, 36, 0x7FFFFF24, 0xFFFFFFFF])
@pytest.mark.parametrize("stated", [0, 0x7FFFF000, 0x7FFFFF00, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_file_out_of_a_pipe_is_read_whole(write, size, stated):
    assert_whole(write(wav(size=size, stated=stated)))
    assert_whole(write(wav(size=size, stated=stated, before=b"LIST\5\0\0\0INFOx\0")))


@pytest.mark.parametrize("mark", [b"RF64", b"BW64"])
@pytest.mark.parametrize("length", ["right", "out of a pipe"])
def test_lengths_of_64_bits(write, mark, length):
    length_64 = data_bytes() if length == "right" else 0
    assert_whole(write(wav(mark=mark, size=2**32 - 1, stated=2**32 - 1, length_64=length_64)))


def test_the_other_byte_order(write):
    assert_whole(write(wav(mark=b"RIFX")))
    assert_whole(write(wav(mark=b"RIFX", stated=0)))


@pytest.mark.parametrize("mark", [b"RIFF", b"RIFX", b"RF64", b"BW64"])
@pytest.mark.parametrize("lost", [1, 7, 20_000])
def test_a_file_that_is_cut_off_is_refused(write, mark, lost):
    if mark in (b"RF64", b"BW64"):
        content = wav(mark=mark, size=2**32 - 1, stated=2**32 - 1, length_64=data_bytes())
    else:
        content = wav(mark=mark)
    with pytest.raises(
        AudioError, match=rf"0.wav is cut off: .*\({data_bytes()} bytes, of which {lost} are missing"
    ):
        read_audio(write(content[:-lost]))


def test_chunks_and_tags_behind_the_sound_do_not_matter(write):
    for behind in (
        b"LIST\5\0\0\0INFOx\0",
        b"LIST\5\0\0\0INFOx",
        b"id3 \2\0\0\0ab" * 40,
        bytes(300),
        b"TAG" + b"x" * 125,
    ):
        assert_whole(write(wav(behind=behind)))


def test_less_announced_than_there_is_refused(write):
    """A recorder that lost power has written its header for the last time long before its sound."""
    with pytest.raises(
        AudioError, match=r"0.wav has \d+ bytes after the end of the sound .*; open it in an audio editor"
    ):
        read_audio(write(wav(stated=data_bytes() // 2)))


def test_joined_files_are_refused(write):
    with pytest.raises(
        AudioError, match=r"0.wav contains several recordings, .* upload each as a separate file"
    ):
        read_audio(write(wav() + wav()))


def test_a_file_without_sound_stays_one(write):
    for behind in (b"", b"LIST\4\0\0\0INFO"):
        with pytest.raises(AudioError, match="contains no sound"):
            read_audio(write(wav(samples=b"", behind=behind)))


def test_compressed_files_are_counted_too(tmp_path, write):
    soundfile.write(tmp_path / "a.wav", tones(), SAMPLE_RATE, subtype="MS_ADPCM")
    y, _ = read_audio(tmp_path / "a.wav")
    assert 0 <= len(y) - len(tones()) < 2048  # whole blocks
    assert np.corrcoef(y[: len(tones())], tones())[0, 1] > 0.99
    with pytest.raises(AudioError, match="is cut off"):
        read_audio(write((tmp_path / "a.wav").read_bytes()[:-1]))
