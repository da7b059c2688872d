import io

import numpy as np
import pytest
import soundfile

from explainer.flac import padded

RATE = 16_000


def flac(samples, subtype="PCM_24", rate=RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="FLAC", subtype=subtype)
    return buffer.getvalue()


def sounds(seconds: float) -> list[np.ndarray]:
    """Return sounds that compress very differently: silence, a tone, noise at full scale."""
    n = round(seconds * RATE)
    rng = np.random.default_rng(1)
    return [np.zeros(n), 0.5 * np.sin(np.arange(n) / 9), rng.uniform(-1, 1, n)]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("seconds", [0.01, 0.5, 10.0])
def test_files_of_one_duration_get_one_length_and_sound_as_before(seconds, subtype):
    files = [flac(samples, subtype) for samples in sounds(seconds)]
    assert len({len(content) for content in files}) == 3  # otherwise nothing would be given away
    alike = [padded(content) for content in files]
    assert len({len(content) for content in alike}) == 1
    for before, after in zip(files, alike, strict=True):
        expected, rate = soundfile.read(io.BytesIO(before), dtype="int32")
        found, rate_after = soundfile.read(io.BytesIO(after), dtype="int32")
        assert rate == rate_after
        assert np.array_equal(expected, found)
    assert padded(alike[0]) == alike[0]


def test_lengths_beyond_one_block_of_metadata(monkeypatch):
    """A minute of silence at a high rate takes several PADDING blocks."""
    content = flac(np.zeros((60 * 96_000, 2)), rate=96_000)
    after = padded(content)
    assert len(after) > 2**25
    assert soundfile.info(io.BytesIO(after)).frames == 60 * 96_000
    for room in range(4, 14):  # however little is left for the last block
        monkeypatch.setattr("explainer.flac._MOST_IN_BLOCK", (len(after) - len(content) - room) // 3)
        again = padded(content)
        assert len(again) == len(after)
        assert soundfile.info(io.BytesIO(again)).frames == 60 * 96_000


@pytest.mark.parametrize("content", [b"", b"fLaC", b"RIFF" + bytes(100), b"fLaC" + bytes(100)])
def test_other_files_are_left_alone(content):
    assert padded(content) == content
