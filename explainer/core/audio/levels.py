"""Loudness, peaks, fades, and one gain for a comparison set."""

import math
from collections.abc import Sequence

import numpy as np


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
        LUFS as a single channel [1]_, which is 3 dB less than the same sound on two channels. None if the
        sound is shorter than one gating block (0.4 s) or if no block exceeds the gate of -70 LUFS.

    References
    ----------
    .. [1] ITU-R BS.1770-4: Algorithms to measure audio programme loudness and true-peak audio level, 2015.
    """
    import pyloudnorm

    # BS.1770 gates twice: blocks below -70 LUFS are dropped, then those more than 10 LU below the mean of
    # the rest. Without any block the mean is undefined and comes back as -inf or NaN.
    meter = pyloudnorm.Meter(sample_rate)
    if len(y) <= meter.block_size * sample_rate:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = float(meter.integrated_loudness(np.asarray(y, dtype=np.float64)))
    return measured if math.isfinite(measured) else None


def true_peak(y: np.ndarray, sample_rate: int) -> float:
    """Return the peak of the continuous waveform, by fourfold oversampling (BS.1770-4, annex 2).

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
    """Return one gain for all clips of a comparison set.

    Normalising each clip by itself would hide how much was removed from it, and can shift the levels of
    clips that are compared by several decibels.

    Parameters
    ----------
    signals : sequence of np.ndarray [shape=(n,)]
        The first is the reference, as a rule the original.
    sample_rate : int
        Hz
    target_loudness : float
        LUFS of the reference after the gain; if it has no measurable loudness its level is not changed.
    ceiling : float
        dBTP that no signal may exceed; the gain of all is lowered until none does.
    peaks : sequence of float, optional
        The `true_peak` of each signal, if already known.

    Returns
    -------
    float
        dB, rounded down to hundredths so that the stored figure is the gain applied.

    Examples
    --------
    >>> import numpy as np
    >>> tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(48_000) / 48_000)
    >>> round(loudness(tone, 48_000), 1)
    -23.0
    >>> common_gain([0.5 * tone, 0.1 * tone], 48_000)
    6.06
    """
    measured = loudness(signals[0], sample_rate)
    wanted = 0.0 if measured is None else target_loudness - measured
    if peaks is None:
        peaks = [true_peak(signal, sample_rate) for signal in signals]
    return math.floor(min(wanted, ceiling - max(peaks)) * 100) / 100


def fade(y: np.ndarray, sample_rate: int, seconds: float = 0.02) -> np.ndarray:
    """Return a copy with a fade-in and a fade-out, each half a raised cosine of the given length."""
    n = min(round(seconds * sample_rate), len(y) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1))
    faded = np.array(y, dtype=np.float64)
    faded[:n] *= ramp
    faded[len(y) - n :] *= ramp[::-1]
    return faded
