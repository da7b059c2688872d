"""FLAC files of one size, whatever they hold: what is masked compresses better and would show by its length.

The layout of the file is that of RFC 9639: ``fLaC``, metadata blocks (of which the first is STREAMINFO),
frames. A PADDING block says nothing and is skipped by every decoder.
"""

import struct

_MARK = b"fLaC"
_PADDING = 1
_MOST_IN_BLOCK = 2**24 - 1
_BLOCK_HEAD = 4  # bytes
_ROOM = 16_384  # for blocks and frame headers, in bytes; frames that do not compress take up to 1 % more


def padded(content: bytes) -> bytes:
    """Return a FLAC file that sounds the same and is as long as any of its duration, rate and resolution.

    Parameters
    ----------
    content
        The whole file. What is no FLAC file of known length is returned as it is.
    """
    size = _size_of_all_like(content)
    missing = size - len(content)
    if missing < _BLOCK_HEAD:
        return content
    at = len(_MARK) + _BLOCK_HEAD + _length_of_block(content, len(_MARK))
    is_last = bool(content[len(_MARK)] & 0x80)
    head = bytearray(content[:at])
    head[len(_MARK)] &= 0x7F
    return bytes(head) + _padding(missing, is_last=is_last) + content[at:]


def _size_of_all_like(content: bytes) -> int:
    """Return the length that every file like this one gets, in bytes; 0 where it cannot be told."""
    if content[: len(_MARK)] != _MARK or len(content) < 42 or content[len(_MARK)] & 0x7F != 0:
        return 0
    # STREAMINFO, from its tenth byte: 20 bits sample rate, 3 channels, 5 resolution, 36 number of samples.
    (packed,) = struct.unpack(">Q", content[18:26])
    channels, bits, samples = (packed >> 41 & 0x7) + 1, (packed >> 36 & 0x1F) + 1, packed & (2**36 - 1)
    if not samples:
        return 0
    uncompressed = samples * channels * ((bits + 7) // 8)
    return uncompressed + uncompressed // 100 + _ROOM


def _length_of_block(content: bytes, at: int) -> int:
    return int.from_bytes(content[at + 1 : at + _BLOCK_HEAD])


def _padding(size: int, *, is_last: bool) -> bytes:
    """Return PADDING blocks that take so many bytes together, heads included."""
    blocks = []
    while size:
        length = min(size - _BLOCK_HEAD, _MOST_IN_BLOCK)
        if 0 < size - _BLOCK_HEAD - length < _BLOCK_HEAD:  # no room for the head of another block
            length -= _BLOCK_HEAD
        size -= _BLOCK_HEAD + length
        kind = _PADDING | (0x80 if is_last and not size else 0)
        blocks.append(bytes([kind]) + length.to_bytes(3) + bytes(length))
    return b"".join(blocks)
