"""Tags before and after the sound of MP3 and FLAC files."""

from mmap import mmap

Buffer = bytes | mmap

_ID3V1_SIZE = 128
_APE_FOOTER = 32
_APE_HAS_HEADER, _APE_IS_HEADER = 1 << 31, 1 << 29


def after_tags(buffer: Buffer, position: int) -> int:
    """Return the position of the first byte that is neither part of a tag nor zero padding."""
    while (end := _end_of_tag(buffer, position)) > position:
        position = min(end, len(buffer))
    return position


def after_id3v2(buffer: Buffer, position: int = 0) -> int:
    """Return the end of the ID3v2 tag that begins at a position, or the position itself."""
    head = buffer[position : position + 10]
    if head[:3] != b"ID3" or len(head) < 10 or max(head[6:10]) > 0x7F:
        return position
    size = 0
    for byte in head[6:10]:  # 7 bits each
        size = size << 7 | byte
    has_footer = bool(head[5] & 0x10)
    return position + 10 + size + (10 if has_footer else 0)


def _end_of_tag(buffer: Buffer, position: int) -> int:
    head = buffer[position : position + 12]
    if head[:3] == b"ID3":
        return after_id3v2(buffer, position)
    if head[:3] == b"TAG" and position + _ID3V1_SIZE <= len(buffer):
        return position + _ID3V1_SIZE
    if head[:8] == b"APETAGEX":
        return _end_of_ape(buffer, position)
    if head[:11] == b"LYRICSBEGIN":
        end = buffer.find(b"LYRICS200", position)
        return end + len(b"LYRICS200") if end >= 0 else position
    if head[:1] == b"\0":
        return _end_of_zeros(buffer, position)
    return position


def _end_of_ape(buffer: Buffer, position: int) -> int:
    """Return the end of an APE tag; its size field counts everything except a header."""
    fields = buffer[position + 12 : position + 24]
    if len(fields) < 12:
        return position
    size, flags = int.from_bytes(fields[:4], "little"), int.from_bytes(fields[8:], "little")
    begins_with_header = flags & _APE_IS_HEADER and flags & _APE_HAS_HEADER
    return position + _APE_FOOTER + (size if begins_with_header else 0)


def _end_of_zeros(buffer: Buffer, position: int) -> int:
    while chunk := buffer[position : position + 4096]:
        rest = chunk.lstrip(b"\0")
        position += len(chunk) - len(rest)
        if rest:
            break
    return position
