import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile

from explainer.core.audio import AudioError, inspect_audio, read_audio
from explainer.core.audio.formats import mp3
from explainer.core.audio.formats.problem import SoundFileProblem

CASES = Path("tests/cases/sound")
SAMPLE_RATE = 22050
PER_FRAME = 576
ID3V2 = b"ID3\x04\0\0\0\0\x01\0" + b"TIT2" + bytes(124)
ID3V1 = b"TAG" + b"x" * 125
APE = b"APETAGEX" + (2000).to_bytes(4, "little") + (40).to_bytes(4, "little") + bytes(16) + b"y" * 40

# What another decoder, ffmpeg, gives of vbr_without_header.mp3: levels of twelfths, and single samples.
LEVELS = [0.13707, 0.20299, 0.21007, 0.21139, 0.16092, 0.04492, 0.05875, 0.07221, 0.10504, 0.1901, 0.19456,
          0.13433]  # fmt: skip
SAMPLES = {7000: -0.00223, 19000: 0.39063, 31000: 0.45845, 43000: -0.14915, 55000: -0.06954, 67000: -0.06269,
           79000: 0.01827, 91000: 0.09037, 103000: -0.10359, 115000: 0.18185, 127000: 0.15552}  # fmt: skip


def music(seconds=2.0, sample_rate=SAMPLE_RATE, seed=0):
    """Return tones whose pitch and level change, so that no two places sound alike."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    rng = np.random.default_rng(seed)
    y = 0.2 * np.sin(2 * np.pi * (200 + 150 * time) * time) * (1 + np.sin(5 * time))
    return y + 0.02 * rng.standard_normal(len(time))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return an MP3 file with a right header, as bytes."""
    path = tmp_path_factory.mktemp("mp3") / "whole.mp3"
    soundfile.write(path, music(), SAMPLE_RATE, bitrate_mode="VARIABLE", compression_level=0.5)
    return path.read_bytes()


@pytest.fixture
def write(tmp_path):
    numbers = itertools.count()

    def write(content):
        path = tmp_path / f"{next(numbers)}.mp3"
        path.write_bytes(content)
        return path

    return write


def header_and_frames(content):
    """Return the frame that holds the header, and all others."""
    length = mp3.frame_header(content[:4]).length
    return content[:length], content[length:]


def counting(content, frames):
    """Return the file with another number of frames in its header."""
    at = content.index(b"Info" if b"Info" in content[:200] else b"Xing") + 8
    return content[:at] + frames.to_bytes(4) + content[at + 4 :]


def number_of_frames(content):
    at = content.index(b"Info" if b"Info" in content[:200] else b"Xing") + 8
    return int.from_bytes(content[at : at + 4])


def assert_alike(y, other, skipped=0):
    """Assert that a sound is that of the whole file behind the silence that its header lets decoders skip."""
    assert len(y) >= skipped + len(other)
    assert np.abs(y[skipped : skipped + len(other)] - other).max() < 0.003


@pytest.fixture(scope="module")
def expected(whole, tmp_path_factory):
    path = tmp_path_factory.mktemp("mp3") / "whole.mp3"
    path.write_bytes(whole)
    y, _ = read_audio(path)
    assert len(y) == 2 * SAMPLE_RATE
    assert np.corrcoef(y, music())[0, 1] > 0.99
    return y


def delay(whole):
    """Return how many samples of a file without header come before the sound, by encoder and decoder."""
    header, _ = header_and_frames(whole)
    tag = header.index(b"LAME")
    return (header[tag + 21] << 4 | header[tag + 22] >> 4) + 529


class TestWithoutHeader:
    def test_variable_bit_rate_is_read_as_another_decoder_reads_it(self):
        y, sample_rate = read_audio(CASES / "vbr_without_header.mp3")
        assert (len(y), sample_rate) == (133_632, SAMPLE_RATE)
        levels = [np.sqrt(np.mean(part**2)) for part in np.split(y, 12)]
        np.testing.assert_allclose(levels, LEVELS, atol=2e-5)
        np.testing.assert_allclose(y[list(SAMPLES)], list(SAMPLES.values()), atol=2e-5)
        assert inspect_audio(CASES / "vbr_without_header.mp3").frames == 133_632

    def test_every_sample_is_read(self, whole, expected, write):
        y, _ = read_audio(write(header_and_frames(whole)[1]))
        assert len(y) == number_of_frames(whole) * PER_FRAME
        assert_alike(y, expected, delay(whole))

    @pytest.mark.parametrize("rate", [8000, 11025, 16000, 24000, 32000, 44100, 48000])
    @pytest.mark.parametrize("channels", [1, 2])
    def test_in_every_version_of_mpeg(self, write, tmp_path, rate, channels):
        y = np.stack([music(1, rate, seed) for seed in range(channels)], axis=1)
        soundfile.write(tmp_path / "a.mp3", y, rate, bitrate_mode="VARIABLE", compression_level=0.3)
        content = (tmp_path / "a.mp3").read_bytes()
        expected, _ = read_audio(tmp_path / "a.mp3")
        back, given = read_audio(write(header_and_frames(content)[1]))
        assert given == rate
        assert len(back) == number_of_frames(content) * (1152 if rate >= 32000 else 576)
        assert_alike(back, expected, delay(content))

    @pytest.mark.parametrize(
        "junk", [b"\xff\xfbjunk" * 300, ID3V2 * 2, APE, b"GET /a.mp3 HTTP/1.1\r\n\r\n", bytes(5000)]
    )
    def test_behind_junk_or_tags(self, whole, expected, write, junk):
        y, _ = read_audio(write(junk + header_and_frames(whole)[1] + ID3V1))
        assert_alike(y, expected, delay(whole))
        y, _ = read_audio(write(junk + whole + APE + ID3V1))
        assert len(y) == len(expected)
        assert_alike(y, expected)

    def test_one_stream_behind_another_is_one(self, whole, expected, write):
        """Nothing tells that they were two, and all players go on."""
        frames = header_and_frames(whole)[1]
        y, _ = read_audio(write(frames + ID3V1 + ID3V2 + frames))
        assert len(y) == 2 * number_of_frames(whole) * PER_FRAME
        assert_alike(y, expected, delay(whole))
        assert_alike(y, expected, len(y) // 2 + delay(whole))

    def test_the_header_of_another_encoder(self, whole, expected, write):
        """VBRI stands at one place, and decoders do not heed it."""
        header, frames = header_and_frames(whole)
        for count in (number_of_frames(whole), number_of_frames(whole) // 2):
            vbri = b"VBRI" + bytes(6) + len(whole).to_bytes(4) + count.to_bytes(4) + bytes(12)
            first = header[:4] + bytes(32) + vbri
            y, _ = read_audio(write(first.ljust(len(header), b"\0") + frames))
            assert_alike(y, expected, delay(whole))


class TestWrongHeader:
    @pytest.mark.parametrize("counted", [lambda n: n // 2, lambda n: 0, lambda n: n + 1, lambda n: 1])
    def test_all_frames_are_read_whatever_it_counts(self, whole, expected, write, counted):
        y, _ = read_audio(write(counting(whole, counted(number_of_frames(whole)))))
        assert len(y) == len(expected)
        assert_alike(y, expected)

    def test_a_header_without_a_count(self, whole, expected, write):
        at = whole.index(b"Info" if b"Info" in whole[:200] else b"Xing")
        y, _ = read_audio(write(whole[: at + 4] + bytes(4) + whole[at + 8 :]))
        assert len(y) >= len(expected)
        assert any(np.allclose(y[at:][: len(expected)], expected, atol=0.003) for at in (0, delay(whole)))

    def test_more_than_is_there_is_refused(self, whole, write):
        path = write(counting(whole, 2 * number_of_frames(whole)))
        with pytest.raises(
            AudioError, match=r"0.mp3 is cut off: .* 4\.1 s, but it has 2\.1 s; upload it again"
        ):
            read_audio(path)


class TestCutOff:
    def test_a_broken_download_is_refused(self):
        for _ in range(3):
            with pytest.raises(
                AudioError, match=r"cut_off_with_whole_header.mp3 is cut off: .* upload it again"
            ):
                read_audio(CASES / "cut_off_with_whole_header.mp3")

    @pytest.mark.parametrize("bytes_lost", [1, 40, 3000])
    def test_with_and_without_header(self, whole, write, bytes_lost):
        for content in (whole, header_and_frames(whole)[1]):
            with pytest.raises(AudioError, match="is cut off"):
                read_audio(write(content[:-bytes_lost]))

    def test_at_the_edge_of_a_frame(self, whole, write):
        """The header also counts bytes, so that a single frame is missed."""
        start, end = mp3.scan(whole).runs[0]
        places = [start]
        while places[-1] < end:
            places.append(places[-1] + mp3.frame_header(whole[places[-1] :][:4]).length)
        for place in (places[-2], places[len(places) // 2]):
            with pytest.raises(AudioError, match="is cut off"):
                read_audio(write(whole[:place]))

    def test_bytes_lost_in_the_middle(self, whole, write):
        half = len(whole) // 2
        with pytest.raises(AudioError, match=r"is damaged at .* s: .* upload it again"):
            read_audio(write(whole[:half] + b"\0?" * 500 + whole[half + 900 :]))


class TestJoined:
    def test_two_files_with_headers_are_refused(self, whole, write):
        with pytest.raises(
            AudioError, match=r"several recordings .*second begins at 2.1 s.*; convert it to WAV"
        ):
            read_audio(write(whole + whole))

    def test_another_sample_rate_is_refused(self, whole, write, tmp_path):
        soundfile.write(tmp_path / "a.mp3", music(1, 44100), 44100)
        other = header_and_frames((tmp_path / "a.mp3").read_bytes())[1]
        with pytest.raises(AudioError, match=r"changes its sample rate .* at 2.1 s; convert it"):
            read_audio(write(header_and_frames(whole)[1] + other))


def test_what_is_no_mp3_is_refused():
    for content in (b"", b"\xff", b"\xff\xfb", b"<html>" * 100, bytes(1000), b"\xff\xfb\x90\x64" * 2):
        with pytest.raises(SoundFileProblem, match=r"cannot be read as MP3.*export it again|is cut off"):
            mp3.scan(content)


@pytest.mark.parametrize(
    ("four", "length", "samples", "kind"),
    [
        (b"\xff\xfb\x90\x64", 417, 1152, (3, 3, 44100, 2)),  # MPEG-1, 128 kbit/s
        (b"\xff\xfb\x92\x64", 418, 1152, (3, 3, 44100, 2)),  # with a byte of padding
        (b"\xff\xf3\x40\xc4", 104, 576, (2, 3, 22050, 1)),  # MPEG-2, 32 kbit/s
        (b"\xff\xe3\x18\xc4", 72, 576, (0, 3, 8000, 1)),  # MPEG-2.5, 8 kbit/s
        (b"\xff\xfd\x80\x04", 417, 1152, (3, 2, 44100, 2)),  # layer II, 128 kbit/s
        (b"\xff\xff\x40\x04", 136, 384, (3, 1, 44100, 2)),  # layer I, 128 kbit/s
    ],
)
def test_headers_of_frames(four, length, samples, kind):
    """Lengths worked out by hand from ISO/IEC 11172-3, 2.4.3.1."""
    found = mp3.frame_header(four)
    assert (found.length, found.samples, found.kind) == (length, samples, kind)


@pytest.mark.parametrize("room", [0, 2])
def test_a_header_in_a_frame_with_a_checksum(whole, room):
    """Most encoders put it where it stands without a checksum; some leave room for one."""
    header, frames = header_and_frames(whole)
    at = 4 + mp3.frame_header(whole[:4]).side_info
    moved = bytes([header[0], header[1] & 0xFE, *header[2:at]]) + bytes(room) + header[at:]
    stream = mp3.scan(moved[: len(header)] + frames)
    assert stream.header.frames == stream.frames == number_of_frames(whole)
