"""Logarithmic compression of band sums, and its inverses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Curve = Callable[[np.ndarray, float, float], np.ndarray]


@dataclass(frozen=True)
class Law:
    """One law and its inverse, each a function of values, gain and floor.

    Attributes
    ----------
    zero_is_silence : bool
        Whether the compressed value 0 means silence.
    """

    compress: Curve
    expand: Curve
    zero_is_silence: bool


def _log10_one_plus(bands: np.ndarray, gain: float, floor: float) -> np.ndarray:
    return np.log10(1.0 + gain * bands)


def _from_log10_one_plus(features: np.ndarray, gain: float, floor: float) -> np.ndarray:
    return np.maximum((10.0**features - 1.0) / gain, 0.0)


def _decibel(bands: np.ndarray, gain: float, floor: float) -> np.ndarray:
    return 10.0 * np.log10(np.maximum(bands, floor))


def _from_decibel(features: np.ndarray, gain: float, floor: float) -> np.ndarray:
    # The compressed floor means "at most the floor": silence, up to the rounding of float32 features.
    bands = 10.0 ** (features / 10.0)
    return np.where(bands <= floor * (1 + 1e-9), 0.0, bands)


def _natural_offset(bands: np.ndarray, gain: float, floor: float) -> np.ndarray:
    return np.log(bands + floor)


def _from_natural_offset(features: np.ndarray, gain: float, floor: float) -> np.ndarray:
    return np.maximum(np.exp(features) - floor, 0.0)


def _unchanged(values: np.ndarray, gain: float, floor: float) -> np.ndarray:
    return np.maximum(values, 0.0)


# log10(1 + gain x); 10 log10(max(x, floor)); ln(x + floor); x
LAWS: dict[str, Law] = {
    "log10_one_plus": Law(_log10_one_plus, _from_log10_one_plus, True),
    "decibel": Law(_decibel, _from_decibel, False),
    "natural_offset": Law(_natural_offset, _from_natural_offset, False),
    "none": Law(_unchanged, _unchanged, True),
}
