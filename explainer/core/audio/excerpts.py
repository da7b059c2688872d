"""Excerpts of sound files: only what they need is decoded, and their edges are faded."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from .files import (
    BLOCK,
    LENGTH_TOLERANCE,
    LOSSLESS,
    AudioError,
    AudioInfo,
    AudioLimits,
    inspect_audio,
    read_audio,
    read_headers,
    require_sound,
    resampled,
)
from .formats.pieces import Piece
from .levels import fade

UNLIMITED = AudioLimits(max_bytes=2**40, max_seconds=float("inf"), min_seconds=0)
FADE_SECONDS = 0.02  # of each edge; longer ones are heard as a swell, shorter ones as a click


@dataclass(frozen=True)
class Cut:
    """The place of an excerpt in a sound file.

    Attributes
    ----------
    start, frames : int
        First frame and number of frames, at the sample rate of the file.
    """

    start: int
    frames: int


def read_excerpt(
    path: str | os.PathLike[str],
    cut: Cut,
    *,
    sample_rate: int | None = None,
    limits: AudioLimits | None = None,
) -> tuple[np.ndarray, int]:
    """Read an excerpt of a sound file as mono, with faded edges.

    Lossless files are decoded from the start of the excerpt. Others are decoded from their beginning,
    because decoders do not find a place in them to the sample.

    Parameters
    ----------
    path : path-like
        See `explainer.core.audio.read_audio`.
    sample_rate : int, optional
        Hz, to which the faded excerpt is resampled; by default it is not resampled.

    Returns
    -------
    y : np.ndarray [shape=(n,), dtype=float32]
        Both edges rise from and fall to 0 within `FADE_SECONDS` (raised cosine).
    sample_rate : int
        Hz

    Raises
    ------
    AudioError
        As `read_audio`, and if the excerpt is shorter than the shortest track, exceeds the file, or is
        silent.

    Examples
    --------
    >>> import numpy as np, soundfile
    >>> soundfile.write("rise.wav", np.linspace(0, 0.5, 32_000), 16_000)
    >>> y, sample_rate = read_excerpt("rise.wav", Cut(8_000, 16_000))
    >>> y.shape, sample_rate, round(float(y[8_000]), 3)
    ((16000,), 16000, 0.25)
    """
    limits = limits or AudioLimits()
    info, pieces = read_headers(Path(path), limits)
    name = Path(path).name
    _check_cut(name, cut, info, limits)
    try:
        y, spread = _decode(name, pieces, info, cut)
    except soundfile.SoundFileError as error:
        raise AudioError(f"{name} is damaged: decoding stopped; export it again as WAV or FLAC") from error
    if not np.isfinite(spread).all():
        raise AudioError(f"{name} has samples that are not finite numbers (NaN or infinity); export it again")
    require_sound(f"the excerpt of {name}", spread, y)
    faded = fade(y, info.sample_rate, FADE_SECONDS).astype(np.float32)
    return resampled(faded, info.sample_rate, sample_rate), sample_rate or info.sample_rate


def cut_stems(
    stems: Mapping[str, str | os.PathLike[str]], track: str | os.PathLike[str], cut: Cut, folder: Path
) -> dict[str, str]:
    """Cut recordings of a track's sources as an excerpt of the track is cut.

    Parameters
    ----------
    stems : mapping
        Name of each source to its sound file, which begins and ends with the track.
    track : path-like
        The track; its sample rate may differ.
    folder : Path
        Receives the cut files.

    Returns
    -------
    dict
        Name of each source to its cut file.

    Raises
    ------
    AudioError
        If a stem cannot be read, or ends before the excerpt does.
    """
    of_track = inspect_audio(track, UNLIMITED).sample_rate
    files = {}
    for number, (name, file) in enumerate(stems.items()):
        y, rate = read_audio(file, allow_silence=True, limits=UNLIMITED)
        first, frames = round(cut.start * rate / of_track), round(cut.frames * rate / of_track)
        part = np.zeros(frames, dtype=np.float32)
        given = y[first : first + frames]
        if frames - len(given) > LENGTH_TOLERANCE * rate:
            raise AudioError(
                f"the stem {name!r} ends before the excerpt does; export stems with the same start and end "
                "as the track"
            )
        part[: len(given)] = given
        files[name] = str(folder / f"{number}.wav")
        soundfile.write(files[name], fade(part, rate, FADE_SECONDS), rate, subtype="FLOAT")
    return files


def _check_cut(name: str, cut: Cut, info: AudioInfo, limits: AudioLimits) -> None:
    if cut.start < 0 or cut.start + cut.frames > info.frames:
        first, last = (frame / info.sample_rate for frame in (cut.start, cut.start + cut.frames))
        raise AudioError(
            f"{name} lasts {info.seconds:.2f} s, so it has no excerpt from {first:.2f} to {last:.2f} s; "
            "choose one that ends before the track does"
        )
    if cut.frames < limits.min_seconds * info.sample_rate:
        raise AudioError(
            f"an excerpt of {cut.frames / info.sample_rate:.3f} s of {name} is too short; at least "
            f"{limits.min_seconds:g} s are needed"
        )


def _decode(name: str, pieces: Sequence[Piece], info: AudioInfo, cut: Cut) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the channels, and the range of the samples of each."""
    y = np.zeros(cut.frames, dtype=np.float32)
    lowest, highest = np.full(info.channels, np.inf), np.full(info.channels, -np.inf)
    end, position = cut.start + cut.frames, 0
    for piece in pieces:
        with piece.open() as file:
            if info.format in LOSSLESS and position < cut.start:
                position += file.seek(min(cut.start - position, file.frames))
            while position < end:
                block = file.read(min(BLOCK, end - position), dtype="float32", always_2d=True)
                if not len(block):
                    break
                part = block[max(cut.start - position, 0) :]
                if len(part):
                    first = position + len(block) - len(part) - cut.start
                    y[first : first + len(part)] = part.mean(axis=1, dtype=np.float64)
                    lowest, highest = (
                        np.minimum(lowest, part.min(axis=0)),
                        np.maximum(highest, part.max(axis=0)),
                    )
                position += len(block)
    # A lossy decoder can drop the last few hundred samples of a file; they stay 0, in the fade or near it.
    tolerated = 0 if info.format in LOSSLESS else LENGTH_TOLERANCE
    if end - position > tolerated * info.sample_rate:
        raise AudioError(
            f"{name} is cut off: {(end - position) / info.sample_rate:.2f} s of the excerpt are missing; "
            "upload it again"
        )
    with np.errstate(invalid="ignore"):
        return y, highest - lowest
