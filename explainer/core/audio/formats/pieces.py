"""What the decoder is given to read a sound file whole: the file, a copy with a right header, or several."""

import io
import mmap
import os
from dataclasses import dataclass
from pathlib import Path

import soundfile

from . import flac, mp3, ogg, riff
from .tags import Buffer, after_id3v2


@dataclass(frozen=True)
class Piece:
    """What the decoder reads from its beginning to its end.

    Attributes
    ----------
    source : Path or bytes
    samples : int or None
        Of each channel, as counted; None where the decoder itself knows them.
    """

    source: Path | bytes
    samples: int | None = None

    def open(self) -> soundfile.SoundFile:
        """Open it for reading."""
        return soundfile.SoundFile(self._file())

    def header(self) -> soundfile._SoundFileInfo:
        """Return what the decoder says of it."""
        return soundfile.info(self._file())

    def _file(self) -> str | bytes | io.BytesIO:
        if isinstance(self.source, bytes):
            return io.BytesIO(self.source)
        name = str(self.source)
        # Names on disk need not be in UTF-8; soundfile takes those as bytes alone.
        return name if name.isascii() or os.name == "nt" else os.fsencode(name)


def pieces_of(path: Path) -> list[Piece]:
    """Return what is to be decoded, one piece after the other, to hear a whole file.

    Parameters
    ----------
    path : Path
        Of a file that is not empty.

    Raises
    ------
    SoundFileProblem
        If it is cut off or damaged, or if decoders disagree on what it holds.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
        return _pieces(path, buffer)


def _pieces(path: Path, buffer: Buffer) -> list[Piece]:
    begin = after_id3v2(buffer)
    samples = None
    copies: list[bytes | None]
    if riff.is_riff(buffer):
        copies = [riff.readable(buffer)]
    elif buffer[:4] == ogg.MARK:
        copies = [*(ogg.readable(buffer) or (None,))]
    elif buffer[begin : begin + 4] == flac.MARK:
        copies = [flac.readable(buffer, begin)]
    elif path.suffix.lower() == ".mp3":
        copy, samples = mp3.readable(buffer)
        copies = [copy]
    else:
        copies = [None]
    return [Piece(path if copy is None else copy, samples) for copy in copies]
