"""An overview of a track: its waveform as a few numbers, and its spectrogram as a picture without axes."""

import io
from itertools import pairwise

import numpy as np

COLUMNS = 1000  # of waveform and picture
ROWS = 160
LOWEST = 60.0  # Hz, at the bottom of the picture
RANGE = 70.0  # dB from black to white
_FRAME = 4096


def waveform(y: np.ndarray, columns: int = COLUMNS) -> list[tuple[float, float]]:
    """Return the lowest and highest sample of each of equally long parts of a sound, of its peak.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
        At least one sample.

    Returns
    -------
    list of (float, float)
        Between -1 and 1, two digits.
    """
    edges = np.linspace(0, len(y), min(columns, len(y)) + 1).astype(int)
    peak = max(float(np.abs(y).max()), 1e-9)
    lows, highs = (reduce(y, edges[:-1]) / peak for reduce in (np.minimum.reduceat, np.maximum.reduceat))
    return [(round(float(low), 2), round(float(high), 2)) for low, high in zip(lows, highs, strict=True)]


def spectrogram(y: np.ndarray, sample_rate: int, *, columns: int = COLUMNS, rows: int = ROWS) -> bytes:
    """Return a spectrogram as a PNG in greys: time to the right, frequency upwards on a logarithmic axis.

    The axis reaches from `LOWEST` to half the sample rate.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
    sample_rate : int
        Hz
    """
    from matplotlib.image import imsave

    padded = np.pad(np.asarray(y, dtype=np.float64), _FRAME // 2)
    starts = np.linspace(0, len(y) - 1, min(columns, len(y))).astype(int)
    window = np.hanning(_FRAME)
    power = np.stack([np.abs(np.fft.rfft(padded[at : at + _FRAME] * window)) ** 2 for at in starts], axis=1)
    frequencies = np.fft.rfftfreq(_FRAME, 1 / sample_rate)
    edges = np.searchsorted(frequencies, np.geomspace(LOWEST, sample_rate / 2, rows + 1))
    bands = np.stack(
        [power[min(low, len(power) - 1) : max(high, low + 1)].mean(axis=0) for low, high in pairwise(edges)]
    )
    level = 10 * np.log10(np.maximum(bands, 1e-12))
    top = level.max()
    buffer = io.BytesIO()
    imsave(buffer, level[::-1], cmap="gray_r", vmin=top - RANGE, vmax=top, format="png")
    return buffer.getvalue()
