"""Blinded FLAC files: their length depends on the duration only, and their metadata describe nothing.

Masked sound compresses better, so the length of its file would reveal it. The layout of the file is that of
RFC 9639: ``fLaC``, metadata blocks (first STREAMINFO), frames. Of the metadata only STREAMINFO is kept,
with zeros ("unknown") for frame sizes and the MD5 of the samples. A PADDING block has no content and
is skipped by every decoder.
"""

import math
import struct
from collections.abc import Collection

_MARK = b"fLaC"
_STREAMINFO, _PADDING = 0, 1
_MOST_IN_BLOCK = 2**24 - 1
_BLOCK_HEAD = 4  # bytes
_STREAMINFO_BYTES = 34
_FRAME_SIZES, _MD5 = slice(4, 10), slice(18, 34)  # of STREAMINFO
_ROOM = 1_024  # bytes of a file that do not grow with its duration
_STEP = 4_096  # bytes: lengths are multiples of it


def padded(content: bytes, alike: Collection[tuple[int, int]] = ()) -> bytes:
    """Return a FLAC file with the same sound, whose length reveals no more than its duration.

    Parameters
    ----------
    content
        The whole file. Anything but a FLAC file of known duration is returned unchanged.
    alike
        Size in bytes and number of samples of each file that must not be distinguishable by length,
        including this one. The result has as many bytes per sample as the largest of them; without any, as
        many as incompressible sound.
    """
    begin = _first_frame(content)
    if not begin:
        return content
    about = bytearray(content[len(_MARK) + _BLOCK_HEAD :][:_STREAMINFO_BYTES])
    # From its tenth byte: 20 bits sample rate, 3 channels, 5 resolution, 36 number of samples.
    (packed,) = struct.unpack(">Q", about[10:18])
    channels, bits, samples = (packed >> 41 & 0x7) + 1, (packed >> 36 & 0x1F) + 1, packed & (2**36 - 1)
    if not samples:
        return content
    for part in (_FRAME_SIZES, _MD5):
        about[part] = bytes(part.stop - part.start)
    plain = len(_MARK) + _BLOCK_HEAD + _STREAMINFO_BYTES + len(content) - begin
    incompressible = 1.01 * channels * ((bits + 7) // 8)  # frames that do not compress take up to 1 % more
    length = _length(samples, max((_per_sample(*file) for file in alike), default=incompressible))
    if length < plain + _BLOCK_HEAD:  # it is not one of `alike`
        length = _length(samples, max(incompressible, _per_sample(plain, samples)))
    head = bytes([_STREAMINFO]) + _STREAMINFO_BYTES.to_bytes(3)
    return _MARK + head + bytes(about) + _padding(length - plain) + content[begin:]


def _per_sample(size: int, samples: int) -> float:
    """Return the bytes per sample of a file."""
    return max(0, size - _ROOM) / samples if samples else 0.0


def _length(samples: int, bytes_per_sample: float) -> int:
    return math.ceil((_ROOM + samples * bytes_per_sample + _BLOCK_HEAD) / _STEP) * _STEP


def _first_frame(content: bytes) -> int:
    """Return where the frames of a FLAC file begin; 0 if it is not a FLAC file."""
    at = len(_MARK)
    if content[:at] != _MARK or len(content) < 42 or content[at] & 0x7F != _STREAMINFO:
        return 0
    last = False
    while not last:
        if at + _BLOCK_HEAD > len(content):
            return 0
        last = bool(content[at] & 0x80)
        at += _BLOCK_HEAD + int.from_bytes(content[at + 1 : at + _BLOCK_HEAD])
    return at if at < len(content) else 0


def _padding(size: int) -> bytes:
    """Return PADDING blocks of this total size including their heads; they end the metadata."""
    blocks = []
    while size:
        length = min(size - _BLOCK_HEAD, _MOST_IN_BLOCK)
        if 0 < size - _BLOCK_HEAD - length < _BLOCK_HEAD:  # no room for the head of another block
            length -= _BLOCK_HEAD
        size -= _BLOCK_HEAD + length
        blocks.append(bytes([_PADDING | (0 if size else 0x80)]) + length.to_bytes(3) + bytes(length))
    return b"".join(blocks)
