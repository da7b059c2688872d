"""WAV files: whether all of the sound is present, and a copy that decoders read completely.

Decoders read a WAV file that is cut off as a shorter one, and one whose length was unknown when it was
written as an empty one, without an error. RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088) are WAV files with
64-bit lengths.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .problem import SEVERAL_RECORDINGS, SoundFileProblem
from .tags import Buffer, after_tags

MARKS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_HEADER, _CHUNK_HEADER = 12, 8  # bytes
_ALL_ONES = 0xFFFFFFFF
# Programs that write to a pipe cannot know the length and state (about) the greatest possible one.
_UNKNOWN_FROM = 0x7FFF0000
_SEAM = 64  # bytes after the sound that are tolerated without belonging to a chunk


@dataclass(frozen=True)
class Chunk:
    """One chunk.

    Attributes
    ----------
    start, length : int
        Of its content, in bytes.
    """

    kind: bytes
    start: int
    length: int


def is_riff(buffer: Buffer) -> bool:
    """Return whether a file is a WAV file, by its first bytes."""
    return buffer[:4] in MARKS and buffer[8:12] == b"WAVE"


def chunks(buffer: Buffer, position: int = _HEADER) -> Iterator[Chunk]:
    """Yield the chunks of a file; the last one may extend beyond the end of the file."""
    order = _byte_order(buffer)
    while position + _CHUNK_HEADER <= len(buffer):
        head = buffer[position : position + _CHUNK_HEADER]
        chunk = Chunk(head[:4], position + _CHUNK_HEADER, int.from_bytes(head[4:], order))
        yield chunk
        position = chunk.start + chunk.length + chunk.length % 2  # chunks begin at even places


def readable(buffer: Buffer) -> bytes | None:
    """Return a copy with correct lengths in its header, or None if the file can be read as it is.

    Raises
    ------
    SoundFileProblem
        If it is cut off, or has more sound than its header states.
    """
    before: list[Chunk] = []
    for chunk in chunks(buffer):
        if chunk.kind == b"data":
            return _with_data(buffer, before, chunk)
        before.append(chunk)
    return None


def _with_data(buffer: Buffer, before: list[Chunk], data: Chunk) -> bytes | None:
    has_64_bits = buffer[:4] in (b"RF64", b"BW64")
    stated = data.length
    if has_64_bits and stated == _ALL_ONES:
        stated = _length_of_64_bits(buffer, before)
    there = len(buffer) - data.start
    is_unknown = stated == 0 or (_UNKNOWN_FROM <= stated <= _ALL_ONES and stated > there)
    if stated == 0 and there and _are_chunks(buffer, data.start):
        return None  # an empty recording, followed by other chunks
    if is_unknown:
        length = there
    elif stated > there:
        raise SoundFileProblem(
            "is cut off: its header states more sound than the file contains "
            f"({stated} bytes, of which {stated - there} are missing); upload it again"
        )
    else:
        length = stated
        _require_nothing_behind(buffer, before, data.start + length + length % 2)
    if (is_unknown and (has_64_bits or stated == 0)) or buffer[:4] == b"BW64":
        return _rewritten(buffer, before, data, length)
    return None


def _length_of_64_bits(buffer: Buffer, before: list[Chunk]) -> int:
    for chunk in before:
        if chunk.kind == b"ds64":
            return int.from_bytes(buffer[chunk.start + 8 : chunk.start + 16], "little")
    return 0


def _require_nothing_behind(buffer: Buffer, before: list[Chunk], position: int) -> None:
    if buffer[position : position + 4] in MARKS:
        raise SoundFileProblem(SEVERAL_RECORDINGS)
    rest = len(buffer) - position
    if rest > _SEAM and not _are_chunks(buffer, position) and after_tags(buffer, position) < len(buffer):
        raise SoundFileProblem(
            f"has {rest} bytes after the end of the sound that its header states, so the header is wrong or "
            "the file is damaged; open it in an audio editor and export it again"
        )


def _are_chunks(buffer: Buffer, position: int) -> bool:
    """Return whether complete chunks with readable names fill the file from a position to its end."""
    end = position
    for chunk in chunks(buffer, position):
        end = chunk.start + chunk.length
        if not all(32 <= byte < 127 for byte in chunk.kind):
            return False
    return position < end <= len(buffer) <= end + _SEAM


def _rewritten(buffer: Buffer, before: list[Chunk], data: Chunk, length: int) -> bytes:
    order = _byte_order(buffer)
    body = b"WAVE"
    for chunk in before:
        if chunk.kind != b"ds64":
            content = buffer[chunk.start : chunk.start + chunk.length]
            body += chunk.kind + chunk.length.to_bytes(4, order) + content + bytes(chunk.length % 2)
            if chunk.kind == b"fmt ":
                length -= length % (int.from_bytes(content[12:14], order) or 1)  # whole samples alone
    body += b"data" + length.to_bytes(4, order)
    mark = b"RIFX" if order == "big" else b"RIFF"
    size = len(body) + length + length % 2
    return (
        mark + size.to_bytes(4, order) + body + buffer[data.start : data.start + length] + bytes(length % 2)
    )


def _byte_order(buffer: Buffer) -> Literal["big", "little"]:
    return "big" if buffer[:4] == b"RIFX" else "little"
