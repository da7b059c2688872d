"""Checks and reading of sound files: a file is read completely or refused."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from .formats.pieces import Piece, pieces_of
from .formats.problem import SoundFileProblem

# Accepted file name endings, and the containers that a file with such a name may have.
FORMATS = {
    ".wav": {"WAV", "WAVEX", "RF64"},
    ".flac": {"FLAC"},
    ".ogg": {"OGG"},
    ".oga": {"OGG"},
    ".opus": {"OGG"},
    ".mp3": {"MP3", "MPEG"},
}
LOWEST_SAMPLE_RATE, HIGHEST_SAMPLE_RATE = 8_000, 192_000  # Hz
SILENCE = 10 ** (-80 / 20)  # peak; only the rounding noise of 16 bits lies below it
BLOCK = 2**20  # frames decoded per read
LENGTH_TOLERANCE = 0.1  # s; lossy decoders drop or add a few hundred samples, lossless ones none
LOSSLESS = {"WAV", "WAVEX", "RF64", "FLAC"}
ENDINGS = ", ".join(ending[1:].upper() for ending in FORMATS)


class AudioError(ValueError):
    """Raised for a sound file that cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True, kw_only=True)
class AudioLimits:
    """Limits on sound files.

    Attributes
    ----------
    max_bytes : int
        Size of the file.
    max_seconds, min_seconds : float
        Length of the sound.
    """

    max_bytes: int = 100 * 1024 * 1024
    max_seconds: float = 600.0
    min_seconds: float = 0.5


@dataclass(frozen=True, kw_only=True)
class AudioInfo:
    """Contents of a sound file's header."""

    frames: int
    sample_rate: int
    channels: int
    seconds: float
    format: str
    subtype: str


def inspect_audio(path: str | os.PathLike[str], limits: AudioLimits = AudioLimits()) -> AudioInfo:
    """Check a sound file by its header, without decoding it.

    A few hundred kilobytes of FLAC can expand to gigabytes, so nothing is decoded before the header
    has been checked against the limits.

    Raises
    ------
    AudioError
        If the file is missing, empty, cut off, too large, too long, too short, of another format than
        accepted or than its name states, of unknown length, or has more than two channels or an unusual
        sample rate.

    Examples
    --------
    >>> import numpy as np, soundfile
    >>> soundfile.write("long.wav", np.zeros(8_000 * 2), 8_000)
    >>> inspect_audio("long.wav").seconds
    2.0
    >>> inspect_audio("long.wav", AudioLimits(max_seconds=1))
    Traceback (most recent call last):
        ...
    explainer.core.audio.files.AudioError: long.wav lasts 2.0 s; at most 1 s are accepted: cut an excerpt
    """
    return read_headers(Path(path), limits)[0]


def read_headers(path: Path, limits: AudioLimits) -> tuple[AudioInfo, list[Piece]]:
    """Do the same as `inspect_audio`; return also the pieces that the decoder reads."""
    _check_file(path, limits)
    try:
        pieces = pieces_of(path)
        headers = [piece.header() for piece in pieces]
    except SoundFileProblem as problem:
        raise AudioError(f"{path.name} {problem}") from problem
    except (soundfile.SoundFileError, TypeError) as error:
        raise AudioError(
            f"{path.name} cannot be read as sound; it may be damaged: export it again as WAV or FLAC"
        ) from error
    first = headers[0]
    if len({(header.format, header.samplerate, header.channels) for header in headers}) > 1:
        raise AudioError(
            f"{path.name} contains several recordings of different sample rates or numbers of channels; "
            "convert it to WAV or FLAC"
        )
    frames = sum(header.frames if piece.samples is None else piece.samples
                 for piece, header in zip(pieces, headers, strict=True))  # fmt: skip
    info = AudioInfo(
        frames=frames,
        sample_rate=first.samplerate,
        channels=first.channels,
        seconds=frames / first.samplerate,
        format=first.format,
        subtype=first.subtype,
    )
    _check_info(path, info, limits)
    return info, pieces


def _check_file(path: Path, limits: AudioLimits) -> None:
    if not path.is_file():
        raise AudioError(f"{path.name}: file not found")
    size = path.stat().st_size
    if size == 0:
        raise AudioError(f"{path.name} is empty (0 bytes); upload it again")
    if size > limits.max_bytes:
        raise AudioError(
            f"{path.name} has {size / 2**20:.1f} MB; at most {limits.max_bytes / 2**20:g} MB are accepted: "
            "cut an excerpt or convert it to FLAC"
        )
    if path.suffix.lower() not in FORMATS:
        raise AudioError(
            f"{path.name}: {path.suffix or 'no'} ending is not accepted; convert it to one of {ENDINGS}"
        )


def _check_info(path: Path, info: AudioInfo, limits: AudioLimits) -> None:
    name = path.name
    if info.format not in FORMATS[path.suffix.lower()]:
        raise AudioError(
            f"{name} is a {info.format} file; give it the ending of that format, or convert it to WAV or FLAC"
        )
    if info.subtype.startswith("MPEG") and info.format in LOSSLESS:
        raise AudioError(
            f"{name} is MP3 sound in a {info.format} file; convert it to WAV with PCM, or to FLAC"
        )
    if info.channels > 2:
        raise AudioError(f"{name} has {info.channels} channels; mix it down to mono or stereo")
    if not LOWEST_SAMPLE_RATE <= info.sample_rate <= HIGHEST_SAMPLE_RATE:
        raise AudioError(
            f"{name} has a sample rate of {info.sample_rate} Hz; convert it to one between "
            f"{LOWEST_SAMPLE_RATE} and {HIGHEST_SAMPLE_RATE} Hz, e.g. 44100"
        )
    if info.frames <= 0:
        raise AudioError(f"{name} contains no sound (0 samples); export it again")
    if info.frames >= 2**62:
        raise AudioError(f"{name} does not state its length; save it again as a complete WAV or FLAC file")
    if info.seconds > limits.max_seconds:
        raise AudioError(
            f"{name} lasts {info.seconds:.1f} s; at most {limits.max_seconds:g} s are accepted: "
            "cut an excerpt"
        )
    if info.seconds < limits.min_seconds:
        raise AudioError(
            f"{name} lasts {info.seconds:.3f} s; at least {limits.min_seconds:g} s are needed: "
            "use a longer excerpt"
        )


def read_audio(
    path: str | os.PathLike[str],
    *,
    sample_rate: int | None = None,
    limits: AudioLimits = AudioLimits(),
    allow_silence: bool = False,
) -> tuple[np.ndarray, int]:
    """Read a sound file as mono.

    Parameters
    ----------
    path : path-like
        WAV, FLAC, Ogg or MP3, mono or stereo; the channels of stereo are averaged.
    sample_rate : int, optional
        Hz, to which the sound is resampled; by default it is not resampled.
    allow_silence : bool
        Accept a silent file, such as a clip of weak evidence.

    Returns
    -------
    y : np.ndarray [shape=(n,), dtype=float32]
    sample_rate : int
        Hz

    Raises
    ------
    AudioError
        As `inspect_audio`, and if the file is cut off or silent, or has samples that are not finite numbers.

    Examples
    --------
    >>> import numpy as np, soundfile
    >>> tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    >>> soundfile.write("tone.wav", tone, 48_000)
    >>> y, sample_rate = read_audio("tone.wav", sample_rate=16_000)
    >>> y.shape, sample_rate
    ((16000,), 16000)
    """
    info, pieces = read_headers(Path(path), limits)
    name = Path(path).name
    try:
        y, spread, read = _decode(pieces, info)
    except soundfile.SoundFileError as error:
        raise AudioError(f"{name} is damaged: decoding stopped; export it again as WAV or FLAC") from error
    _check_length(name, info, read)
    if not np.isfinite(spread).all():
        raise AudioError(f"{name} has samples that are not finite numbers (NaN or infinity); export it again")
    if not allow_silence:
        require_sound(name, spread, y)
    return resampled(y, info.sample_rate, sample_rate), sample_rate or info.sample_rate


def resampled(y: np.ndarray, sample_rate: int, wanted: int | None) -> np.ndarray:
    """Return a sound at the wanted sample rate in Hz; None keeps the one it has."""
    if wanted is None or wanted == sample_rate:
        return y
    import soxr

    return soxr.resample(y, sample_rate, wanted, quality="VHQ")


def _decode(pieces: Sequence[Piece], info: AudioInfo) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the mean of the channels, the range of the samples of each, and the number of samples read.

    Decodes in blocks, so that a long recording at a high sample rate fits into memory. If a file has fewer
    samples than its header states, the array is shortened to those decoded.
    """
    y = np.empty(info.frames, dtype=np.float32)
    lowest, highest = np.full(info.channels, np.inf), np.full(info.channels, -np.inf)
    read = 0
    for piece in pieces:
        with piece.open() as file:
            while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
                y[read : read + len(block)] = block.mean(axis=1, dtype=np.float64)[: max(len(y) - read, 0)]
                lowest = np.minimum(lowest, block.min(axis=0))
                highest = np.maximum(highest, block.max(axis=0))
                read += len(block)
    with np.errstate(invalid="ignore"):
        return y[:read], highest - lowest, read


def _check_length(name: str, info: AudioInfo, read: int) -> None:
    seconds = (info.frames - read) / info.sample_rate
    tolerated = 0 if info.format in LOSSLESS else LENGTH_TOLERANCE
    if seconds > tolerated or read == 0:
        raise AudioError(
            f"{name} is cut off: its header states {info.seconds:.2f} s, but {seconds:.2f} s are missing; "
            "upload it again"
        )
    if -seconds > tolerated:
        raise AudioError(
            f"the header of {name} states {info.seconds:.2f} s, but the file has {-seconds:.2f} s more; "
            "convert it to WAV or FLAC"
        )


def require_sound(name: str, spread: np.ndarray, y: np.ndarray) -> None:
    """Refuse silence.

    Parameters
    ----------
    spread : np.ndarray [shape=(n_channels,)]
        Range of the samples of each channel.
    y : np.ndarray [shape=(n,)]
        Mean of the channels.

    Raises
    ------
    AudioError
        If the sound is silent, or its channels cancel each other.
    """
    if spread.max() / 2 < SILENCE:
        raise AudioError(f"{name} is silent; check the recording and export it again")
    if np.ptp(y) / 2 < SILENCE:
        raise AudioError(
            f"{name}: its two channels cancel each other in mono; invert the phase of one of them"
        )
