"""Waveform and spectrogram of sounds that are known."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from explainer.core.figures.overview import LOWEST, RANGE, ROWS, spectrogram, waveform

RATE = 16_000


def test_a_waveform_has_the_extremes_of_each_part_of_its_peak():
    y = np.repeat([0.1, 0.5, 0.25, 0.0], 1000) * np.tile([1, -0.5], 2000)
    assert waveform(y, columns=4) == [(-0.1, 0.2), (-0.5, 1.0), (-0.25, 0.5), (0.0, 0.0)]
    assert len(waveform(y[:3], columns=1000)) == 3
    assert waveform(np.zeros(10), columns=2) == [(0.0, 0.0)] * 2


def test_every_sample_is_in_one_part():
    y = np.random.default_rng(0).uniform(-1, 1, 12_347)
    lows, highs = np.transpose(waveform(y, columns=100))
    assert lows.min() == round(y.min() / np.abs(y).max(), 2) and highs.max() <= 1


def test_a_tone_is_a_dark_line_at_its_height_while_it_lasts():
    time = np.arange(4 * RATE) / RATE
    y = np.sin(2 * np.pi * 1000 * time) * (time > 2)
    image = imread(io.BytesIO(spectrogram(y, RATE, columns=200)), format="png")[..., 0]
    assert image.shape == (ROWS, 200)
    row = ROWS - 1 - ROWS * np.log(1000 / LOWEST) / np.log(RATE / 2 / LOWEST)
    late = image[:, 150]
    assert abs(int(late.argmin()) - row) <= 1.5
    assert late.min() < 0.05 and image[:, 50].min() > 0.95
    assert RANGE > 60


def test_equal_sounds_have_equal_pictures():
    y = np.random.default_rng(1).standard_normal(RATE)
    assert spectrogram(y, RATE) == spectrogram(y, RATE)


@pytest.mark.parametrize("n", [1, 10, 3000])
def test_very_short_sounds_have_a_picture_too(n):
    assert spectrogram(np.ones(n) * 0.1, RATE).startswith(b"\x89PNG")
