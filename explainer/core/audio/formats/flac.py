"""FLAC files: the number of samples according to the last frame.

The first block of a file, STREAMINFO, may leave the number of samples open, as programs do that write to
a pipe, or state a wrong one; the decoder then refuses the file or stops early. Each frame states its
position, so the last one gives the length of the sound. The layout is that of RFC 9639.
"""

from dataclasses import dataclass

from .problem import SEVERAL_RECORDINGS, SoundFileProblem
from .tags import Buffer, after_tags

MARK = b"fLaC"
_STREAMINFO = 34  # bytes
_TOTAL = (21, 26)  # bytes of the mark and STREAMINFO whose last 36 bits are the number of samples
_SEARCHED = 2**21  # bytes at the end in which the last frame begins; frames are shorter than 2**20 or so
_TRIES = 4  # bytes inside the last frame can look like the header of a frame by chance
_BLOCK_SIZES = {1: 192, **{code: 576 << code - 2 for code in range(2, 6)},
                **{code: 256 << code - 8 for code in range(8, 16)}}  # fmt: skip
_CUT_OFF = "upload it again, or export it again as WAV or FLAC"


@dataclass(frozen=True)
class Frame:
    """Contents of a frame header.

    Attributes
    ----------
    number : int
        Of the frame, or of its first sample if frames differ in length.
    varies : bool
        Whether frames differ in length.
    """

    number: int
    samples: int
    varies: bool


def readable(buffer: Buffer, begin: int = 0) -> bytes | None:
    """Return a copy whose STREAMINFO states the number of samples, or None if that of the file is right.

    Parameters
    ----------
    buffer
    begin : int
        Position of the FLAC mark, after any tags.

    Raises
    ------
    SoundFileProblem
        If the file is cut off, or holds several recordings.
    """
    info = buffer[begin : begin + 8 + _STREAMINFO]
    if len(info) < 8 + _STREAMINFO or info[4] & 0x7F != 0:
        return None
    if (
        buffer.find(MARK + b"\0\0\0\x22", begin + 4) >= 0
        or buffer.find(MARK + b"\x80\0\0\x22", begin + 4) >= 0
    ):
        raise SoundFileProblem(SEVERAL_RECORDINGS)
    stated = int.from_bytes(info[_TOTAL[0] : _TOTAL[1]]) & (2**36 - 1)
    present = _samples_present(buffer, begin, info)
    if present is None or present < stated:
        raise SoundFileProblem(f"is cut off: it has fewer samples than its header states; {_CUT_OFF}")
    if present == stated:
        return None
    content = bytearray(buffer[begin:])
    packed = int.from_bytes(info[_TOTAL[0] : _TOTAL[1]]) >> 36 << 36
    content[_TOTAL[0] : _TOTAL[1]] = (packed | present).to_bytes(5)
    content[26:42] = bytes(16)  # 0 means no checksum; the stored one may be that of the stated length
    return bytes(content)


def _samples_present(buffer: Buffer, begin: int, info: bytes) -> int | None:
    """Return the number of samples up to the end of the last frame; None if no whole frame ends the file."""
    first = max(begin + 8 + _STREAMINFO, len(buffer) - _SEARCHED)
    position, tries = len(buffer), _TRIES
    while tries and (position := buffer.rfind(b"\xff", first, position)) >= 0:
        frame = frame_header(buffer[position : position + 16])
        if frame and _is_last(buffer, position):
            return frame.number * (1 if frame.varies else int.from_bytes(info[8:10])) + frame.samples
        tries -= frame is not None
    return None


def frame_header(head: bytes) -> Frame | None:
    """Return a frame header parsed from its first bytes, or None if they are not a frame header."""
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 0x0F
    number, place = _coded_number(head)
    extra = {6: 1, 7: 2}.get(size_code, 0)
    end = place + extra + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if number is None or size_code == 0 or rate_code == 15 or len(head) <= end:
        return None
    if _crc(head[:end], 8, 0x07) != head[end]:
        return None
    samples = int.from_bytes(head[place : place + extra]) + 1 if extra else _BLOCK_SIZES[size_code]
    return Frame(number, samples, bool(head[1] & 1))


def _coded_number(head: bytes) -> tuple[int | None, int]:
    """Return the number coded like UTF-8 from the fifth byte on, and the position of its end."""
    first = head[4]
    following = 0 if first < 0x80 else 8 - (~first & 0xFF).bit_length() - 1
    if first >= 0x80 and not 1 <= following <= 6:
        return None, 0
    number = first & (0x7F if not following else 0x3F >> following)
    for byte in head[5 : 5 + following]:
        if byte >> 6 != 2:
            return None, 0
        number = number << 6 | byte & 0x3F
    return number, 5 + following


def _is_last(buffer: Buffer, position: int) -> bool:
    """Return whether the frame at a position extends to the end of the file, or to a tag."""
    content = buffer[position:]
    # A CRC over data that ends with its own CRC is 0.
    if _crc(content, 16, 0x8005) == 0:
        return True
    tag = next((at for mark in (b"TAG", b"APETAGEX") if (at := content.rfind(mark)) > 0), 0)
    return tag > 0 and after_tags(content, tag) == len(content) and _crc(content[:tag], 16, 0x8005) == 0


def _crc(content: bytes, bits: int, polynomial: int) -> int:
    table = _TABLES[bits, polynomial]
    value, mask = 0, (1 << bits) - 1
    for byte in content:
        value = (value << 8 & mask) ^ table[(value >> bits - 8 ^ byte) & 0xFF]
    return value


def _crc_table(bits: int, polynomial: int) -> list[int]:
    table = []
    for byte in range(256):
        value = byte << bits - 8
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> bits - 1 & 1 else 0)
        table.append(value & (1 << bits) - 1)
    return table


_TABLES = {key: _crc_table(*key) for key in ((8, 0x07), (16, 0x8005))}
