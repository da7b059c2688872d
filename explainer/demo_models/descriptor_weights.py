"""Fixed matrices of the cue descriptors, which sum bands, lags, harmonics and octaves."""

import math

import numpy as np
import torch
from torch import Tensor


def overlapping_groups(n_bands: int, n_groups: int) -> Tensor:
    """Return triangular averages [shape=(n_bands, n_groups)]."""
    centres = np.linspace(0, n_bands - 1, n_groups)
    weights = np.maximum(0, 1 - np.abs(np.arange(n_bands)[:, None] - centres) / (centres[1] - centres[0]))
    return torch.from_numpy((weights / weights.sum(axis=0)).astype(np.float32))


def moving_average(n_bands: int, width: int) -> Tensor:
    """Return averages over each band's surroundings [shape=(n_bands, n_bands)].

    The outermost bands are repeated.
    """
    weights = np.zeros((n_bands, n_bands), dtype=np.float32)
    for offset in range(-(width // 2), width // 2 + 1):
        neighbours = np.clip(np.arange(n_bands) + offset, 0, n_bands - 1)
        np.add.at(weights, (neighbours, np.arange(n_bands)), 1 / width)
    return torch.from_numpy(weights)


def logarithmic_lags(n_lags: int, per_octave: int, first: int = 3) -> Tensor:
    """Return averages over lags spaced by equal ratios [shape=(n_lags, n_points)]."""
    n_points = int(per_octave * np.log2((n_lags - 1) / first))
    points = first * 2 ** (np.arange(n_points + 1) / per_octave)
    half_width = np.maximum(1, points * (2 ** (1 / per_octave) - 1))
    weights = np.maximum(0, 1 - np.abs(np.arange(n_lags)[:, None] - points) / half_width)
    return torch.from_numpy((weights / weights.sum(axis=0)).astype(np.float32))


def octave_folding(frequencies: np.ndarray, lowest: float = 100.0, highest: float = 2500.0) -> Tensor:
    """Return the weights of bands in pitch classes [shape=(n_bands, 12)]."""
    weights = np.zeros((len(frequencies), 12), dtype=np.float32)
    for band, pitch in enumerate(_midi_pitch(frequencies)):
        if lowest < frequencies[band] < highest:
            for semitone in (math.floor(pitch), math.floor(pitch) + 1):
                weights[band, semitone % 12] += max(0.0, 1 - abs(pitch - semitone))
    return torch.from_numpy(weights)


def harmonic_templates(frequencies: np.ndarray, pitches: np.ndarray, n_harmonics: int = 8) -> Tensor:
    """Return for each pitch positive weights at its harmonics and negative ones between them.

    The negative weights at half-integer multiples prevent the octave below from matching as well as the
    pitch itself.
    """
    bands = _midi_pitch(frequencies)[:, None]
    templates = np.zeros((len(frequencies), len(pitches)))
    for harmonic in range(1, n_harmonics + 1):
        strength = 0.8 ** (harmonic - 1)
        for multiple, weight in ((harmonic, strength), (harmonic - 0.5, -0.4 * strength)):
            distance = bands - (pitches + 12 * np.log2(multiple))
            templates += weight * np.exp(-0.5 * (distance / 0.4) ** 2)
    return torch.from_numpy((templates / np.abs(templates).sum(axis=0) * 4).astype(np.float32))


def _midi_pitch(frequencies: np.ndarray) -> np.ndarray:
    return 69 + 12 * np.log2(frequencies / 440)
