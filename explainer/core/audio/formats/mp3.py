"""MP3 files: the number of samples, counted by frame, and a copy that decoders read completely.

A decoder takes the length from the header in the first frame (Xing, Info or VBRI) or, without one,
estimates it from the bit rate of the first frames, and stops there. So the frames are counted here. A
file whose header is missing or wrong is copied in memory with a correct one before its frames.

The layout is that of ISO/IEC 11172-3 and 13818-3; the headers are described by the LAME project.
"""

from dataclasses import dataclass
from functools import lru_cache

from .problem import SoundFileProblem
from .tags import Buffer, after_id3v2, after_tags

_BITRATES = {  # kbit/s by layer, for MPEG-1 and for MPEG-2 and 2.5
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_IN_A_ROW = 4  # consecutive frame headers that cannot occur by chance
_LAME_TAG = 36  # bytes
_VBRI_PLACE = 36  # bytes from the beginning of the frame
_DECODER_DELAY = 529  # samples that the decoder removes from the beginning if a header counts the frames
_CUT_OFF = "upload it again, or, if it ends where it should, convert it to WAV or FLAC"


@dataclass(frozen=True)
class FrameHeader:
    """Contents of the first four bytes of a frame.

    Attributes
    ----------
    length : int
        Bytes, including the header.
    samples : int
        Of each channel.
    kind : tuple
        MPEG version, layer, sample rate and number of channels, which all frames of a file share.
    side_info : int
        Bytes between the header and the sound of layer III, without the two of a checksum.
    """

    length: int
    samples: int
    kind: tuple[int, int, int, int]
    side_info: int


@dataclass(frozen=True)
class LengthHeader:
    """Contents of the Xing, Info or VBRI header.

    Attributes
    ----------
    frames : int or None
    size : int or None
        Bytes from this header's frame to the end of the last one.
    lame : bytes
        LAME's tag with the delay and the padding of the encoder; empty if there is none.
    is_xing : bool
        Whether decoders use it; they ignore VBRI.
    """

    frames: int | None
    size: int | None
    lame: bytes
    is_xing: bool

    def trimmed(self) -> int:
        """Return how many samples the decoder removes: the silence that the encoder added."""
        if not self.is_xing:
            return 0
        if not self.lame:
            return _DECODER_DELAY if self.frames else 0
        packed = int.from_bytes(self.lame[21:24])
        return (packed >> 12) + (packed & 0xFFF)


@dataclass(frozen=True)
class Stream:
    """All frames of a file.

    Attributes
    ----------
    runs : list of (int, int)
        Byte ranges of contiguous frames: first byte, and the one after the last.
    frames : int
        Without the frame of the header.
    first : FrameHeader
        Of the first frame.
    header : LengthHeader or None
    """

    runs: list[tuple[int, int]]
    frames: int
    first: FrameHeader
    header: LengthHeader | None


@lru_cache(maxsize=4096)
def frame_header(four: bytes) -> FrameHeader | None:
    """Return a frame header parsed from four bytes, or None if they are not one of a known bit rate."""
    if len(four) < 4 or four[0] != 0xFF or four[1] & 0xE0 != 0xE0:
        return None
    version, layer = four[1] >> 3 & 3, 4 - (four[1] >> 1 & 3)
    bitrate, rate, padding = four[2] >> 4, four[2] >> 2 & 3, four[2] >> 1 & 1
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return None
    is_first = version == 3  # MPEG-1, not 2 or 2.5
    bits_per_second = 1000 * _BITRATES[is_first, layer][bitrate - 1]
    sample_rate = _RATES[version][rate]
    if layer == 1:
        samples, length = 384, (12 * bits_per_second // sample_rate + padding) * 4
    else:
        samples = 1152 if is_first or layer == 2 else 576
        length = samples // 8 * bits_per_second // sample_rate + padding
    channels = 1 if four[3] >> 6 == 3 else 2
    side_info = {(True, 2): 32, (True, 1): 17, (False, 2): 17, (False, 1): 9}[is_first, channels]
    return FrameHeader(length, samples, (version, layer, sample_rate, channels), side_info)


def scan(buffer: Buffer) -> Stream:
    """Find all frames of a file.

    Raises
    ------
    SoundFileProblem
        If there are none, the last one is cut off, something else lies between them, their sample rate or
        number of channels changes, or there are several recordings in the file.
    """
    start = _next_frames(buffer, after_tags(buffer, 0))
    if start is None:
        raise SoundFileProblem(
            "cannot be read as MP3: it has no frames of a known bit rate; export it again as WAV or FLAC"
        )
    first = frame_header(buffer[start : start + 4])
    assert first is not None
    header = _length_header(buffer, start, first)
    runs, frames = [], 0
    while start is not None:
        end, more = _run(buffer, start, first, frames)
        runs.append((start, end))
        frames += more
        start = _next_run(buffer, end, first, frames)
    return Stream(runs, frames - (header is not None), first, header)


def _run(buffer: Buffer, start: int, first: FrameHeader, before: int) -> tuple[int, int]:
    """Return the end of the contiguous frames that begin at a position, and their number."""
    place, frames = start, 0
    while (found := frame_header(buffer[place : place + 4])) and found.kind == first.kind:
        if place + found.length > len(buffer):
            raise SoundFileProblem(f"is cut off: it ends in the middle of a frame; {_CUT_OFF}")
        if before + frames and _length_header(buffer, place, found):
            seconds = (before + frames) * first.samples / first.kind[2]
            raise SoundFileProblem(
                f"contains several recordings (the second begins at {seconds:.1f} s), and players differ in "
                "what they play between them; convert it to WAV or FLAC"
            )
        place += found.length
        frames += 1
    return place, frames


def _next_run(buffer: Buffer, end: int, first: FrameHeader, frames: int) -> int | None:
    """Return where frames continue after a tag, or None at the end of the file."""
    if 0 < len(buffer) - end < 4 and buffer[end] == 0xFF:
        raise SoundFileProblem(f"is cut off: it ends in the middle of a frame; {_CUT_OFF}")
    behind = after_tags(buffer, end)
    start = _next_frames(buffer, behind)
    if start is None:
        return None
    seconds = frames * first.samples / first.kind[2]
    found = frame_header(buffer[start : start + 4])
    if found is None or found.kind != first.kind:
        raise SoundFileProblem(
            f"changes its sample rate or its number of channels at {seconds:.1f} s; convert it to WAV or FLAC"
        )
    if start > behind:
        raise SoundFileProblem(
            f"is damaged at {seconds:.1f} s: {start - behind} bytes there are not sound; upload it again, or "
            "convert it to WAV or FLAC and check by listening that it is complete"
        )
    return start


def _next_frames(buffer: Buffer, position: int) -> int | None:
    """Return the position of the next frame that is followed by other frames or ends the file."""
    while (position := buffer.find(b"\xff", position)) >= 0:
        if _is_chain(buffer, position):
            return position
        position += 1
    return None


def _is_chain(buffer: Buffer, position: int) -> bool:
    kind = None
    for _ in range(_IN_A_ROW):
        found = frame_header(buffer[position : position + 4])
        if found is None or found.kind != (kind or found.kind):
            return kind is not None and after_tags(buffer, position) == len(buffer)
        kind = found.kind
        position += found.length
    return True


def _length_header(buffer: Buffer, position: int, frame: FrameHeader) -> LengthHeader | None:
    content = buffer[position : position + frame.length]
    for place in (4 + frame.side_info, 6 + frame.side_info):  # most encoders leave no room for a checksum
        if content[place : place + 4] in (b"Xing", b"Info"):
            return _xing(content[place:])
    if content[_VBRI_PLACE : _VBRI_PLACE + 4] == b"VBRI":
        size, frames = (int.from_bytes(content[at : at + 4]) for at in (_VBRI_PLACE + 10, _VBRI_PLACE + 14))
        return LengthHeader(frames or None, size or None, b"", is_xing=False)
    return None


def _xing(content: bytes) -> LengthHeader:
    flags, place = int.from_bytes(content[4:8]), 8
    values: list[int | None] = [None, None]
    for index in (0, 1):
        if flags >> index & 1:
            values[index] = int.from_bytes(content[place : place + 4]) or None
            place += 4
    place += 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    lame = content[place : place + _LAME_TAG]
    has_lame = len(lame) == _LAME_TAG and all(32 < byte < 127 for byte in lame[:4])  # an encoder's name
    return LengthHeader(values[0], values[1], lame if has_lame else b"", is_xing=True)


def readable(buffer: Buffer) -> tuple[bytes | None, int]:
    """Return a copy that decoders read completely, and the number of samples per channel they then return.

    Returns
    -------
    content : bytes or None
        None if the file can be read as it is.
    samples : int

    Raises
    ------
    SoundFileProblem
        As `scan`, and if there are fewer frames than the header states.
    """
    stream = scan(buffer)
    header = stream.header
    if header and header.frames:
        _require_whole(stream, header, header.frames)
    trimmed = header.trimmed() if header else 0
    samples = stream.frames * stream.first.samples
    if stream.first.kind[1] != 3:
        return None, samples  # decoders look for a header only in layer III
    is_first = stream.runs[0][0] == after_id3v2(buffer) and len(stream.runs) == 1
    if header and header.is_xing and header.frames == stream.frames and is_first:
        return None, samples - trimmed
    return _with_header(buffer, stream), samples - (trimmed if header and header.lame else 0)


def _require_whole(stream: Stream, header: LengthHeader, announced: int) -> None:
    missing = announced - stream.frames
    present = stream.runs[-1][1] - stream.runs[0][0]
    if missing == 1 and present >= (header.size or 0):
        return  # some encoders count the header's own frame
    if missing > 0:
        whole, here = (n * stream.first.samples / stream.first.kind[2] for n in (announced, stream.frames))
        raise SoundFileProblem(
            f"is cut off: its header states {whole:.1f} s, but it has {here:.1f} s; {_CUT_OFF}"
        )


def _with_header(buffer: Buffer, stream: Stream) -> bytes:
    """Return the frames after a new header that counts them."""
    runs = [buffer[start:end] for start, end in stream.runs]
    four = runs[0][:4]
    if stream.header:
        runs[0] = runs[0][stream.first.length :]
    if stream.header and stream.header.lame:
        return b"".join([_header_frame(four, stream.frames, stream.header.lame), *runs])
    # The decoder removes its own delay from the beginning of every file with a header. A silent frame is put
    # first, so that only silence is removed; the rest of that frame is stated as the encoder's delay.
    delay = stream.first.samples - _DECODER_DELAY
    lame = b"LAME3.100".ljust(21, b"\0") + (delay << 12 | _DECODER_DELAY).to_bytes(3)
    header = _header_frame(four, stream.frames + 1, lame.ljust(_LAME_TAG, b"\0"))
    return b"".join([header, _frame(four, b""), *runs])


def _header_frame(four: bytes, frames: int, lame: bytes) -> bytes:
    return _frame(four, b"Info" + (1).to_bytes(4) + frames.to_bytes(4) + lame)


def _frame(four: bytes, content: bytes) -> bytes:
    """Return the shortest silent frame, of the same kind as another, that has room for some content."""
    for bitrate in range(1, 15):
        start = bytes([0xFF, four[1] | 1, bitrate << 4 | four[2] & 0x0C, four[3]])  # without a checksum
        found = frame_header(start)
        if found and found.length >= 4 + found.side_info + len(content):
            return (start + bytes(found.side_info) + content).ljust(found.length, b"\0")
    raise AssertionError("the longest frame holds every header")
