"""The sounds of the checks, measured: what differs between the intervals, and what must not."""

import io

import numpy as np
import pytest
import soundfile

from explainer.core.audio import loudness, true_peak
from studyserver.study.screening.sounds import (
    INTERVALS,
    LENGTH,
    PAUSE,
    SAMPLE_RATE,
    TRIALS,
    calibration_noise,
    plans,
    trial_sound,
    wav,
)


def intervals(y):
    step = round((LENGTH + PAUSE) * SAMPLE_RATE)
    return [y[n * step : n * step + round(LENGTH * SAMPLE_RATE)] for n in range(INTERVALS)]


def level(y):
    return 10 * np.log10(np.mean(y**2))


@pytest.mark.parametrize("seed", [1, 2**61])
def test_every_interval_is_right_twice(seed):
    for kind in ("antiphase", "huggins"):
        targets = [plan.target for plan in plans(kind, seed)]
        assert sorted(targets) == [1, 1, 2, 2, 3, 3]
    assert all(plan.turned != plan.target for plan in plans("antiphase", seed))
    assert len({tuple(plan.target for plan in plans("huggins", seed)) for seed in range(50)}) > 20


@pytest.mark.parametrize("number", range(TRIALS))
def test_antiphase_tones(number):
    plan = plans("antiphase", 7)[number]
    parts = intervals(trial_sound("antiphase", 7, number))
    levels = [level(part[:, 0]) for part in parts]
    over_loudspeakers = [np.abs(part.mean(axis=1)).max() for part in parts]
    for place, part in enumerate(parts, start=1):
        assert abs(np.argmax(np.abs(np.fft.rfft(part[:, 0]))) / LENGTH - 200) <= 1  # Hz
        correlation = np.corrcoef(part.T)[0, 1]
        assert correlation == pytest.approx(-1 if place == plan.turned else 1)
        softer = max(levels) - levels[place - 1]
        assert softer == pytest.approx(6 if place == plan.target else 0, abs=0.01)
    # Where both ears mix in the air, the turned tone is gone: the wrong answer is heard as the softest.
    assert int(np.argmin(over_loudspeakers)) + 1 == plan.turned


@pytest.mark.parametrize("number", range(TRIALS))
def test_huggins_pitch(number):
    plan = plans("huggins", 7)[number]
    for place, part in enumerate(intervals(trial_sound("huggins", 7, number)), start=1):
        left, right = np.fft.rfft(part.T)
        frequency = np.fft.rfftfreq(len(part), 1 / SAMPLE_RATE)
        turned = np.abs(frequency - 600) < 0.055 * 600
        same = (frequency > 700) & (frequency < 5000)
        cosine = (left * right.conj()).real / np.abs(left * right)
        assert np.median(cosine[same]) > 0.999
        assert np.median(cosine[turned]) == pytest.approx(-1 if place == plan.target else 1, abs=0.01)
        # Neither ear alone can tell: no level differs by more than chance in the band.
        assert level(part[:, 1]) == pytest.approx(level(part[:, 0]), abs=0.1)


def test_nothing_about_a_file_tells_trials_apart():
    for kind in ("antiphase", "huggins"):
        files = [wav(trial_sound(kind, 3, number)) for number in range(TRIALS)]
        assert len({len(file) for file in files}) == 1
        assert len({file[:44] for file in files}) == 1
        assert len(set(files)) == TRIALS
        assert files == [wav(trial_sound(kind, 3, number)) for number in range(TRIALS)]
        y, rate = soundfile.read(io.BytesIO(files[0]))
        assert rate == SAMPLE_RATE
        assert y.shape == (round((3 * LENGTH + 2 * PAUSE) * SAMPLE_RATE), 2)
        assert np.abs(y).max() < 0.5


def test_the_calibration_noise_is_as_loud_as_clips_and_loops():
    y = calibration_noise()
    assert loudness(y.astype("float32"), SAMPLE_RATE) == pytest.approx(-23, abs=0.3)
    assert true_peak(y.astype("float32"), SAMPLE_RATE) < -1
    assert abs(y[0] - y[-1]) < 4 * np.std(np.diff(y))
    power = np.abs(np.fft.rfft(y)) ** 2
    frequency = np.fft.rfftfreq(len(y), 1 / SAMPLE_RATE)

    def octave(low):
        return 10 * np.log10(power[(frequency >= low) & (frequency < 2 * low)].mean())

    assert octave(250) - octave(500) == pytest.approx(3, abs=0.7)  # like pink noise
