"""Sound files: checking, reading, writing, loudness, and one gain for a comparison set."""

import hashlib
import io
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from .wav_header import missing_bytes

# File name endings that are accepted, and the containers that may be found behind them.
FORMATS = {
    ".wav": {"WAV", "WAVEX", "RF64"},
    ".flac": {"FLAC"},
    ".ogg": {"OGG"},
    ".oga": {"OGG"},
    ".mp3": {"MP3", "MPEG"},
}
LOWEST_SAMPLE_RATE, HIGHEST_SAMPLE_RATE = 8_000, 192_000  # Hz
SILENCE = 10 ** (-80 / 20)  # peak; below it only the noise of 16-bit rounding is left
BLOCK = 2**20  # frames decoded at once
LENGTH_TOLERANCE = 0.1  # s; lossy decoders drop or add a few hundred samples


class AudioError(ValueError):
    """A sound file that cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True, kw_only=True)
class AudioLimits:
    """What a sound file may ask of this machine.

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
    """What a sound file says of itself, without decoding it."""

    frames: int
    sample_rate: int
    channels: int
    seconds: float
    format: str
    subtype: str


def inspect_audio(path: str | os.PathLike[str], limits: AudioLimits = AudioLimits()) -> AudioInfo:
    """Check a sound file by its header alone.

    A few hundred kilobytes of FLAC can unfold to gigabytes, so nothing is decoded before
    the header has been found to be within the limits.

    Parameters
    ----------
    path : path-like
    limits : AudioLimits

    Returns
    -------
    AudioInfo

    Raises
    ------
    AudioError
        If the file is missing, empty, cut off, too large, too long or too short, of a kind not accepted, not
        what its name says, of unknown length, of more than two channels or of an unusual sample rate.
    """
    path = Path(path)
    if not path.is_file():
        raise AudioError(f"{path.name}: there is no such file")
    size = path.stat().st_size
    if size == 0:
        raise AudioError(f"{path.name} is empty (0 bytes); upload it again")
    if size > limits.max_bytes:
        raise AudioError(
            f"{path.name} has {size / 2**20:.1f} MB; at most {limits.max_bytes / 2**20:g} MB are accepted: "
            "cut an excerpt or convert it to FLAC"
        )
    accepted = FORMATS.get(path.suffix.lower())
    if accepted is None:
        raise AudioError(
            f"{path.name}: {path.suffix or 'no'} ending is not accepted; convert it to one of "
            f"{', '.join(ending[1:].upper() for ending in FORMATS)}"
        )
    try:
        header = soundfile.info(str(path))
    except (soundfile.SoundFileError, TypeError) as error:
        raise AudioError(
            f"{path.name} cannot be read as sound; it may be damaged: export it again as WAV or FLAC"
        ) from error
    _check_header(path.name, header, accepted, limits)
    if missing_bytes(path):
        raise AudioError(
            f"{path.name} is cut off: its header announces more sound than the file holds; upload it again"
        )
    return AudioInfo(
        frames=header.frames,
        sample_rate=header.samplerate,
        channels=header.channels,
        seconds=header.frames / header.samplerate,
        format=header.format,
        subtype=header.subtype,
    )


def _check_header(
    name: str, header: soundfile._SoundFileInfo, accepted: set[str], limits: AudioLimits
) -> None:
    if header.format not in accepted:
        raise AudioError(
            f"{name} is really a {header.format} file; give it the ending that says so, "
            "or convert it to WAV or FLAC"
        )
    if header.channels > 2:
        raise AudioError(f"{name} has {header.channels} channels; mix it down to mono or stereo")
    if not LOWEST_SAMPLE_RATE <= header.samplerate <= HIGHEST_SAMPLE_RATE:
        raise AudioError(
            f"{name} has a sample rate of {header.samplerate} Hz; convert it to one between "
            f"{LOWEST_SAMPLE_RATE} and {HIGHEST_SAMPLE_RATE} Hz, e.g. 44100"
        )
    if header.frames <= 0:
        raise AudioError(f"{name} holds no sound (0 samples); export it again")
    if header.frames >= 2**62:
        raise AudioError(f"{name} does not say how long it is; save it again as a complete WAV or FLAC file")
    seconds = header.frames / header.samplerate
    if seconds > limits.max_seconds:
        raise AudioError(
            f"{name} lasts {seconds:.1f} s; at most {limits.max_seconds:g} s are accepted: cut an excerpt"
        )
    if seconds < limits.min_seconds:
        raise AudioError(
            f"{name} lasts {seconds:.3f} s; at least {limits.min_seconds:g} s are needed: take more of it"
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
        WAV, FLAC, OGG or MP3, mono or stereo; of stereo the mean of both channels is taken.
    sample_rate : int, optional
        Hz, to which the sound is resampled; by default it keeps its own.
    limits : AudioLimits
    allow_silence : bool
        Accept a file in which there is nothing to hear: a clip of weak evidence may be one.

    Returns
    -------
    y : np.ndarray [shape=(n,), dtype=float32]
    sample_rate : int
        Hz

    Raises
    ------
    AudioError
        As `inspect_audio`, and if the file is cut off, silent, or has samples that are not numbers.
    """
    info = inspect_audio(path, limits)
    name = Path(path).name
    try:
        y, spread = _decode(path, info)
    except soundfile.SoundFileError as error:
        raise AudioError(f"{name} is damaged: decoding stopped; export it again as WAV or FLAC") from error
    missing = info.seconds - len(y) / info.sample_rate
    if missing > LENGTH_TOLERANCE or len(y) == 0:
        raise AudioError(
            f"{name} is cut off: it announces {info.seconds:.2f} s, but {missing:.2f} s of them are missing; "
            "upload it again"
        )
    if not np.isfinite(spread).all():
        raise AudioError(f"{name} has samples that are not finite numbers (NaN or infinity); export it again")
    if not allow_silence:
        _refuse_silence(name, spread, y)
    if sample_rate is not None and sample_rate != info.sample_rate:
        import soxr

        y = soxr.resample(y, info.sample_rate, sample_rate, quality="VHQ")
    return y, sample_rate or info.sample_rate


def _decode(path: str | os.PathLike[str], info: AudioInfo) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the channels, and how far the samples of each channel lie apart.

    Block by block, so that a long recording of many samples per second fits into memory.
    """
    y = np.empty(info.frames, dtype=np.float32)
    lowest, highest = np.full(info.channels, np.inf), np.full(info.channels, -np.inf)
    position = 0
    with soundfile.SoundFile(str(path)) as file:
        for block in file.blocks(BLOCK, frames=info.frames, dtype="float32", always_2d=True):
            if len(block) == 0:
                break
            y[position : position + len(block)] = block.mean(axis=1, dtype=np.float64)
            lowest = np.minimum(lowest, block.min(axis=0))
            highest = np.maximum(highest, block.max(axis=0))
            position += len(block)
    with np.errstate(invalid="ignore"):
        return y[:position], highest - lowest


def _refuse_silence(name: str, spread: np.ndarray, y: np.ndarray) -> None:
    if spread.max() / 2 < SILENCE:
        raise AudioError(f"{name} is silent; check the recording and export it again")
    if np.ptp(y) / 2 < SILENCE:
        raise AudioError(f"{name}: its two channels cancel each other in mono; turn the phase of one of them")


def flac_bytes(y: np.ndarray, sample_rate: int) -> bytes:
    """Return a mono sound as a 24-bit FLAC file without tags; equal sounds give equal bytes.

    Parameters
    ----------
    y : np.ndarray [shape=(n,)]
        Within -1 to 1.
    sample_rate : int
        Hz

    Raises
    ------
    AudioError
        If samples are missing, not finite, or beyond full scale, where they would be clipped.
    """
    if y.ndim != 1 or len(y) == 0:
        raise AudioError(f"a clip must be mono and have samples; this one has shape {y.shape}")
    if not np.isfinite(y).all():
        raise AudioError("the clip has samples that are not finite numbers")
    peak = float(np.max(np.abs(y)))
    if peak > 1.0:
        raise AudioError(f"the clip would be clipped: its peak is {peak:.3f} of full scale; lower its gain")
    buffer = io.BytesIO()
    soundfile.write(buffer, y, sample_rate, format="FLAC", subtype="PCM_24")
    return buffer.getvalue()


def write_flac(path: str | os.PathLike[str], y: np.ndarray, sample_rate: int) -> str:
    """Write a mono sound as `flac_bytes` encodes it, whole or not at all.

    Returns
    -------
    str
        SHA-256 of the file, hexadecimal.

    Raises
    ------
    AudioError
        As `flac_bytes`.
    """
    content = flac_bytes(y, sample_rate)
    write_whole(path, content)
    return hashlib.sha256(content).hexdigest()


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file such that nobody, whatever happens, finds half of it under its name."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def loudness(y: np.ndarray, sample_rate: int) -> float | None:
    """Return the integrated loudness of a mono sound.

    Parameters
    ----------
    y : np.ndarray [shape=(n,)]
    sample_rate : int
        Hz

    Returns
    -------
    float or None
        LUFS as a single channel [1]_, so 3 dB less than the same sound counted on two channels. None if
        shorter than one gating block (0.4 s) or if no block is above the gate of -70 LUFS.

    References
    ----------
    .. [1] ITU-R BS.1770-4: Algorithms to measure audio programme loudness and true-peak audio level, 2015.
    """
    import pyloudnorm

    meter = pyloudnorm.Meter(sample_rate)
    if len(y) <= meter.block_size * sample_rate:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = float(meter.integrated_loudness(np.asarray(y, dtype=np.float64)))
    return measured if math.isfinite(measured) else None


def true_peak(y: np.ndarray, sample_rate: int) -> float:
    """Return the peak between the samples too, by fourfold oversampling (BS.1770-4, annex 2).

    Parameters
    ----------
    y : np.ndarray [shape=(n,)]
    sample_rate : int
        Hz

    Returns
    -------
    float
        dBTP, relative to full scale; minus infinity for silence.
    """
    from scipy.signal import resample_poly

    factor = 4 if sample_rate < 96_000 else 2
    between = resample_poly(np.asarray(y, dtype=np.float64), factor, 1)
    peak = max(np.max(np.abs(y), initial=0.0), np.max(np.abs(between), initial=0.0))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def common_gain(
    signals: Sequence[np.ndarray],
    sample_rate: int,
    *,
    target_loudness: float = -23.0,
    ceiling: float = -1.0,
    peaks: Sequence[float] | None = None,
) -> float:
    """Return the one gain for all clips of a comparison set.

    Normalising each clip by itself would hide how much was taken away from it and can set
    clips that belong together several decibels apart.

    Parameters
    ----------
    signals : sequence of np.ndarray [shape=(n,)]
        The first is the reference, as a rule the original.
    sample_rate : int
        Hz
    target_loudness : float
        LUFS that the reference shall have; where it has no measurable loudness its level stays.
    ceiling : float
        dBTP that no signal may exceed; the gain is lowered for all of them as far as one needs it.
    peaks : sequence of float, optional
        The signals' `true_peak`, where they are known already.

    Returns
    -------
    float
        dB, rounded down to hundredths so that the figure stored is the gain applied.
    """
    measured = loudness(signals[0], sample_rate)
    wanted = 0.0 if measured is None else target_loudness - measured
    if peaks is None:
        peaks = [true_peak(signal, sample_rate) for signal in signals]
    return math.floor(min(wanted, ceiling - max(peaks)) * 100) / 100


def fade(y: np.ndarray, sample_rate: int, seconds: float = 0.02) -> np.ndarray:
    """Return a copy that begins and ends softly, by half a raised cosine of the given length."""
    n = min(round(seconds * sample_rate), len(y) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1))
    faded = np.array(y, dtype=np.float64)
    faded[:n] *= ramp
    faded[len(y) - n :] *= ramp[::-1]
    return faded
