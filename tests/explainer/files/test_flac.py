import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.files.flac import padded

RATE = 16_000


def flac(samples, subtype="PCM_24", rate=RATE, **tags) -> bytes:
    buffer = io.BytesIO()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(buffer, "w", rate, channels, subtype, format="FLAC") as file:
        for name, text in tags.items():
            setattr(file, name, text)
        file.write(samples)
    return buffer.getvalue()


def sounds(seconds: float) -> list[np.ndarray]:
    """Return sounds that compress very differently: silence, a tone, noise at full scale."""
    n = round(seconds * RATE)
    rng = np.random.default_rng(1)
    return [np.zeros(n), 0.5 * np.sin(np.arange(n) / 9), rng.uniform(-1, 1, n)]


def decoded(content: bytes) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO(content), dtype="int32")


def of(files: list[bytes]) -> list[tuple[int, int]]:
    """Return what `padded` needs to know of files that must not be told apart."""
    return [(len(content), len(decoded(content)[0])) for content in files]


def without_padding(content: bytes) -> tuple[bytes, bytes]:
    """Return a padded file's STREAMINFO and its frames; it has no other block."""
    (head,) = struct.unpack(">I", content[4:8])
    assert head == 34  # the first, and not the last
    at, last = 42, False
    while not last:
        (head,) = struct.unpack(">I", content[at : at + 4])
        last, length = bool(head >> 31), head & 0xFFFFFF
        assert head >> 24 & 0x7F == 1
        assert content[at + 4 : at + 4 + length] == bytes(length)
        at += 4 + length
    return content[8:42], content[at:]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("seconds", [0.01, 0.5, 10.0])
@pytest.mark.parametrize("known", [True, False])
def test_files_of_one_duration_get_one_length_and_sound_as_before(seconds, subtype, known):
    files = [flac(samples, subtype) for samples in sounds(seconds)]
    assert len({len(content) for content in files}) == 3  # otherwise nothing would be given away
    alike = [padded(content, of(files) if known else ()) for content in files]
    assert len({len(content) for content in alike}) == 1
    for before, after in zip(files, alike, strict=True):
        expected, rate = decoded(before)
        found, rate_after = decoded(after)
        assert rate == rate_after
        assert np.array_equal(expected, found)
    assert padded(alike[0], of(files) if known else ()) == alike[0]


def test_files_are_as_long_as_the_longest_of_their_kind_needs():
    files = [flac(samples) for samples in sounds(10.0)[:2]]
    longest = max(map(len, files))
    assert longest <= len(padded(files[0], of(files))) <= longest + 6_000 < len(padded(files[0])) - 100_000


KINDS = {
    "silence": np.zeros,
    "tone": lambda n: 0.5 * np.sin(np.arange(n) / 9),
    "noise": lambda n: np.random.default_rng(2).uniform(-1, 1, n),
}
DRAWN = st.tuples(st.integers(1, 40_000), st.sampled_from(list(KINDS)))


@settings(max_examples=60)
@given(st.lists(DRAWN, min_size=1, max_size=5), st.randoms())
def test_the_length_follows_from_the_duration_alone(wanted, rng):
    """Files of other durations are as long in proportion: their length does not tell how they compress."""
    files = [flac(KINDS[kind](n)) for n, kind in wanted]
    kind = of(files)
    rng.shuffle(kind)
    lengths = {}
    for (n, _kind), content in zip(wanted, files, strict=True):
        after = padded(content, kind)
        assert np.array_equal(decoded(after)[0], decoded(content)[0])
        assert lengths.setdefault(n, len(after)) == len(after)
    assert [length for _n, length in sorted(lengths.items())] == sorted(lengths.values())
    other = flac(np.zeros(wanted[0][0]))  # compresses better than any; no file of a kind is longer for it
    assert len(padded(other, kind)) == lengths[wanted[0][0]]


def test_a_sound_that_is_not_among_those_alike_is_whole_all_the_same():
    silence, _tone, noise = (flac(samples) for samples in sounds(2.0))
    after = padded(noise, of([silence]))
    assert np.array_equal(decoded(after)[0], decoded(noise)[0])
    assert len(after) == len(padded(silence))


def test_nothing_is_left_that_describes_the_sound():
    one, two = sounds(1.0)[1:]
    files = [flac(one, title="secret evidence", comment="target"), flac(two)]
    heads = set()
    for content in files:
        after = padded(content, of(files))
        about, frames = without_padding(after)
        assert content.endswith(frames)
        assert about[4:10] == bytes(6)  # least and greatest frame
        assert about[18:] == bytes(16)  # MD5 of the samples
        assert b"secret" not in after and b"libFLAC" not in after
        heads.add(about)
    assert len(heads) == 1


def test_lengths_beyond_one_block_of_metadata(monkeypatch):
    """A minute of silence at a high rate takes several PADDING blocks."""
    content = flac(np.zeros((60 * 96_000, 2)), rate=96_000)
    after = padded(content)
    assert len(after) > 2**25
    assert soundfile.info(io.BytesIO(after)).frames == 60 * 96_000
    for room in range(4, 14):  # however little is left for the last block
        monkeypatch.setattr("explainer.files.flac._MOST_IN_BLOCK", (len(after) - len(content) - room) // 3)
        again = padded(content)
        assert len(again) == len(after)
        assert soundfile.info(io.BytesIO(again)).frames == 60 * 96_000


GOOD = flac(np.zeros(100))


@pytest.mark.parametrize(
    "content", [b"", b"fLaC", b"RIFF" + bytes(100), b"fLaC" + bytes(100), GOOD[:41], GOOD[:60], GOOD[:46]]
)
def test_other_files_are_left_alone(content):
    assert padded(content) == content
    assert padded(content, [(1000, 100)]) == content
