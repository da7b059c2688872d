"""Ogg files: whether all pages are present, and where one recording follows another.

The decoder takes the length from the last page, skips missing pages silently, and reads only the first
of several recordings in one file. The layout is that of RFC 3533; Vorbis, Opus and FLAC share it.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from .problem import SoundFileProblem
from .tags import Buffer, after_tags

MARK = b"OggS"
_HEADER = 27  # bytes, before the lengths of the segments
_BEGINS, _ENDS = 2, 4
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_CUT_OFF = "upload it again, or, if it ends where it should, convert it to WAV or FLAC"


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes
    ----------
    start, end : int
        First byte, and the one after the last.
    flags, serial, number : int
        Whether it begins or ends a stream, the stream's number, and the page's number in it.
    """

    start: int
    end: int
    flags: int
    serial: int
    number: int


def pages(buffer: Buffer) -> Iterator[Page]:
    """Yield the pages of a file.

    Raises
    ------
    SoundFileProblem
        If one is cut off or damaged.
    """
    position = 0
    while position < len(buffer):
        header = buffer[position : position + _HEADER]
        if header[:4] != MARK[: len(header)]:
            if after_tags(buffer, position) == len(buffer):
                return
            raise SoundFileProblem(_damaged(f"byte {position} is not the beginning of a page"))
        lengths = buffer[position + _HEADER : position + _HEADER + (header[26] if len(header) > 26 else 0)]
        end = position + _HEADER + len(lengths) + sum(lengths)
        if len(header) < _HEADER or len(lengths) < header[26] or end > len(buffer):
            raise SoundFileProblem(f"is cut off: it ends in the middle of a page; {_CUT_OFF}")
        page = buffer[position:end]
        if _checksum(page[:22] + bytes(4) + page[26:]) != int.from_bytes(page[22:26], "little"):
            raise SoundFileProblem(_damaged(f"the checksum of the page at byte {position} is wrong"))
        yield Page(
            position,
            end,
            header[5],
            int.from_bytes(header[14:18], "little"),
            int.from_bytes(header[18:22], "little"),
        )
        position = end


def recordings(buffer: Buffer) -> list[tuple[int, int]]:
    """Return the byte range of each recording in a file.

    Raises
    ------
    SoundFileProblem
        If pages are cut off, damaged or missing.
    """
    found: list[list[Page]] = []
    before: Page | None = None
    for page in pages(buffer):
        if page.flags & _BEGINS and not (before and before.flags & _BEGINS):
            found.append([])
        if not found:
            raise SoundFileProblem(_damaged("its beginning is missing"))
        found[-1].append(page)
        before = page
    for recording in found:
        _require_whole(recording)
    return [(recording[0].start, recording[-1].end) for recording in found]


def readable(buffer: Buffer) -> list[bytes] | None:
    """Return each recording of a file as a separate file, or None if there is only one.

    Raises
    ------
    SoundFileProblem
        As `recordings`.
    """
    found = recordings(buffer)
    return None if len(found) == 1 else [buffer[start:end] for start, end in found]


def _require_whole(recording: list[Page]) -> None:
    last: dict[int, Page] = {}
    for page in recording:
        before = last.get(page.serial)
        if before and page.number != (before.number + 1) % 2**32:
            raise SoundFileProblem(
                _damaged(f"pages are missing between number {before.number} and {page.number}")
            )
        last[page.serial] = page
    if not all(page.flags & _ENDS for page in last.values()):
        raise SoundFileProblem(f"is cut off: its last page does not end the sound; {_CUT_OFF}")


def _damaged(what: str) -> str:
    return f"is damaged: {what}; upload it again, or export it again as WAV or FLAC"


def _checksum(page: bytes) -> int:
    """Return the CRC-32 of a page: zlib's polynomial, but with the bits of each byte in reverse order."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED))
