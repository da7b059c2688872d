"""Synthesised sounds of the checks before the trials: the same seed gives the same bytes.

Antiphase tones follow [1]_, Huggins pitch follows [2]_.

References
----------
.. [1] Woods, K. J. P., Siegel, M. H., Traer, J., & McDermott, J. H. (2017). "Headphone screening to
   facilitate web-based auditory experiments." Attention, Perception, & Psychophysics 79, 2064-2072.
.. [2] Milne, A. E., Bianco, R., Poole, K. C., Zhao, S., Oxenham, A. J., Billig, A. J., & Chait, M.
   (2021). "An online headphone screening test based on dichotic pitch." Behavior Research Methods 53,
   1551-1562.
"""

import io
import random
import wave
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

SAMPLE_RATE = 22_050  # Hz: nothing that matters here lies above 11 kHz
TRIALS = 6
INTERVALS = 3
LENGTH = 1.0  # s, of each interval
PAUSE = 0.5  # s, between intervals
TONE = 200.0  # Hz
TONE_LEVEL = 0.15  # amplitude: as loud as the clips
SOFTER = 10 ** (-6 / 20)
TONE_RAMP = 0.1  # s
PITCH = 600.0  # Hz
PITCH_WIDTH = 0.06  # of its frequency, to either side
NOISE_LEVEL = 0.05  # root mean square
NOISE_RAMP = 0.03  # s
CALIBRATION_SECONDS = 6.0
CALIBRATION_LEVEL = 0.0686  # root mean square that gives -23 LUFS


@dataclass(frozen=True)
class Plan:
    """The three intervals of one trial."""

    target: int  # the right answer, 1 to 3: the softest tone, or the noise with the pitch
    # Antiphase tones: another interval, whose two channels are in opposite phase. Over loudspeakers the
    # channels cancel, so this interval seems the softest.
    turned: int | None = None


def plans(kind: str, seed: int) -> list[Plan]:
    """Return the six trials of a check; every interval is the right answer twice."""
    rng = random.Random(f"{kind}:{seed}")
    targets = [1, 2, 3] * (TRIALS // INTERVALS)
    rng.shuffle(targets)
    if kind == "huggins":
        return [Plan(target) for target in targets]
    return [Plan(target, rng.choice([other for other in (1, 2, 3) if other != target])) for target in targets]


def trial_sound(kind: str, seed: int, number: int) -> np.ndarray:
    """Return the sound of one trial.

    Parameters
    ----------
    kind : str
        ``antiphase`` or ``huggins``.
    seed : int
    number : int
        Of the trial, from 0.

    Returns
    -------
    np.ndarray [shape=(n, 2)]
        Left and right, full scale 1, at `SAMPLE_RATE`; all trials of a kind are equally long.
    """
    plan = plans(kind, seed)[number]
    rng = np.random.default_rng([seed, number])
    pause = np.zeros((round(PAUSE * SAMPLE_RATE), 2))
    parts = []
    for interval in range(1, INTERVALS + 1):
        if kind == "huggins":
            part = _noise(rng, with_pitch=interval == plan.target)
        else:
            part = _tone(rng, softer=interval == plan.target, turned=interval == plan.turned)
        parts += [part, pause]
    return np.concatenate(parts[:-1])


def _tone(rng: np.random.Generator, *, softer: bool, turned: bool) -> np.ndarray:
    t = np.arange(round(LENGTH * SAMPLE_RATE)) / SAMPLE_RATE
    # A random phase makes each file unique: its answer cannot be looked up from another person's check.
    y = TONE_LEVEL * (SOFTER if softer else 1.0) * np.sin(2 * np.pi * (TONE * t + rng.random()))
    y = _faded(y, TONE_RAMP)
    return np.stack([y, -y if turned else y], axis=1)


def _noise(rng: np.random.Generator, *, with_pitch: bool) -> np.ndarray:
    left = rng.standard_normal(round(LENGTH * SAMPLE_RATE))
    right = left
    if with_pitch:
        spectrum = np.fft.rfft(left)
        frequency = np.fft.rfftfreq(len(left), 1 / SAMPLE_RATE)
        # Opposite phase in a narrow band evokes a pitch, but only if the ears are presented separately.
        spectrum[np.abs(frequency - PITCH) <= PITCH_WIDTH * PITCH] *= -1
        right = np.fft.irfft(spectrum, len(left))
    return NOISE_LEVEL * np.stack([_faded(left, NOISE_RAMP), _faded(right, NOISE_RAMP)], axis=1)


def _faded(y: np.ndarray, seconds: float) -> np.ndarray:
    """Return the sound with raised-cosine ramps at both ends."""
    n = round(seconds * SAMPLE_RATE)
    ramp = (1 - np.cos(np.pi * (np.arange(n) + 0.5) / n)) / 2
    y = y.copy()
    y[:n] *= ramp
    y[-n:] *= ramp[::-1]
    return y


def calibration_noise() -> np.ndarray:
    """Return the noise for setting the volume: as loud as the clips, with a spectrum like music's.

    Power falls by 3 dB per octave from 100 Hz to 4 kHz, faster outside, and swells twice a second. It is
    periodic, so that it can be looped without a click.

    Returns
    -------
    np.ndarray [shape=(n,)]
        Mono, at `SAMPLE_RATE`, -23 LUFS.
    """
    n = round(CALIBRATION_SECONDS * SAMPLE_RATE)
    rng = np.random.default_rng(1)
    frequency = np.fft.rfftfreq(n, 1 / SAMPLE_RATE)
    frequency[0] = frequency[1]
    power = 1 / frequency
    power *= 1 / (1 + (60 / frequency) ** 4) / (1 + (frequency / 4_000) ** 2)
    spectrum = np.sqrt(power) * np.exp(2j * np.pi * rng.random(len(frequency)))
    spectrum[0] = 0
    y = np.fft.irfft(spectrum, n)
    t = np.arange(n) / SAMPLE_RATE
    y *= 1 + 0.4 * np.sin(2 * np.pi * 2 * t)
    return CALIBRATION_LEVEL * y / np.sqrt(np.mean(y**2))


def wav(y: np.ndarray) -> bytes:
    """Return a sound as a WAV file of 16 bits; without tags, so that equal lengths give equal sizes."""
    samples = np.round(np.clip(y, -1, 1) * 32_767).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1 if y.ndim == 1 else y.shape[1])
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


@lru_cache(maxsize=1)
def calibration_wav() -> bytes:
    """Return the noise for setting the volume as a WAV file."""
    return wav(calibration_noise())
