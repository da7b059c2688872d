"""Inputs for the decoder that make it read a file completely: the file, or copies with correct headers."""

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
    """One input of the decoder.

    Attributes
    ----------
    samples : int or None
        Per channel, as counted; None if the decoder determines them itself.
    """

    source: Path | bytes
    samples: int | None = None

    def open(self) -> soundfile.SoundFile:
        """Open the piece for reading."""
        return soundfile.SoundFile(self._file())

    def header(self) -> soundfile._SoundFileInfo:
        """Return the header as the decoder reads it."""
        return soundfile.info(self._file())

    def _file(self) -> str | bytes | io.BytesIO:
        if isinstance(self.source, bytes):
            return io.BytesIO(self.source)
        name = str(self.source)
        # File names need not be valid UTF-8; soundfile takes such names only as bytes.
        return name if name.isascii() or os.name == "nt" else os.fsencode(name)


def pieces_of(path: Path) -> list[Piece]:
    """Return the pieces that, decoded one after the other, give all sound of a file.

    Parameters
    ----------
    path : Path
        A file that is not empty.

    Raises
    ------
    SoundFileProblem
        If it is cut off or damaged, or if decoders disagree about its content.
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
