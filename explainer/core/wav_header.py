"""How much sound a WAV file announces, which tells a whole file from one that was cut off.

Decoders take a cut-off WAV file for a shorter one and say nothing.
"""

import struct
from pathlib import Path

# What programs write that do not know the length beforehand.
UNKNOWN_LENGTHS = (0, 0x7FFFFFFF, 0xFFFFFFFF)
_CHUNK_HEADER = struct.Struct("<4sI")
_RIFF_HEADER = 12  # bytes: "RIFF", length, "WAVE"


def missing_bytes(path: Path) -> int:
    """Return how many bytes of sound a WAV file announces beyond those it holds.

    Parameters
    ----------
    path : Path
        Of any file.

    Returns
    -------
    int
        0 for whole files, those that were written without knowing their length, and whatever is no RIFF file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        beginning = file.read(_RIFF_HEADER)
        if beginning[:4] != b"RIFF" or beginning[8:] != b"WAVE":
            return 0
        position = _RIFF_HEADER
        while position + _CHUNK_HEADER.size <= size:
            file.seek(position)
            kind, length = _CHUNK_HEADER.unpack(file.read(_CHUNK_HEADER.size))
            position += _CHUNK_HEADER.size
            if kind == b"data":
                return 0 if length in UNKNOWN_LENGTHS else max(position + length - size, 0)
            position += length + length % 2  # chunks begin at even places
    return 0
