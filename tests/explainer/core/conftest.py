"""Sounds to test with."""

import numpy as np
import pytest


def make_polyphony(sample_rate: int, seconds: float, seed: int = 3) -> np.ndarray:
    """Return chords of decaying harmonic tones with a noisy beat, peak .5."""
    rng = np.random.default_rng(seed)
    n = round(sample_rate * seconds)
    length = round(1.5 * sample_rate)
    time = np.arange(length) / sample_rate
    y = np.zeros(n + length)
    for start in np.arange(0, n, sample_rate // 2):
        chord = 0.5 * np.exp(-60 * time) * rng.standard_normal(length)
        for midi in rng.choice(np.arange(45, 80), size=4, replace=False):
            frequency = 440 * 2 ** ((midi - 69) / 12)
            for harmonic in range(1, 9):
                if harmonic * frequency < sample_rate / 2:
                    angle = 2 * np.pi * harmonic * frequency * time + rng.uniform(0, 2 * np.pi)
                    chord += np.exp(-3 * time) * np.sin(angle) / harmonic
        y[start : start + length] += chord
    y = y[:n]
    return 0.5 * y / np.abs(y).max()


def signal_to_noise(wanted: np.ndarray, given: np.ndarray) -> float:
    """Return the ratio in dB of a signal to what another differs from it."""
    return float(10 * np.log10(np.sum(wanted**2) / np.sum((wanted - given) ** 2)))


@pytest.fixture(scope="session")
def polyphony():
    return make_polyphony


@pytest.fixture(scope="session")
def snr():
    return signal_to_noise
