import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.representations.kinds import log_filterbank, mel
from explainer.core.representations.reconstruction import bin_gain, cell_energy, reconstruct, soften

REPRESENTATIONS = pytest.mark.parametrize("representation", [log_filterbank(), mel()], ids=["log", "mel"])


def cells(y, representation):
    return representation.n_frames(len(y)), representation.n_bands


def level(y, frequency, sample_rate):
    """Return the amplitude in dB of one frequency."""
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)))) / (len(y) / 4)
    at = round(frequency * len(y) / sample_rate)
    return 20 * np.log10(spectrum[at - 3 : at + 4].max())


@REPRESENTATIONS
def test_unmasked_sound_comes_back(representation, polyphony, snr):
    y = polyphony(representation.sample_rate, 3)
    assert snr(y, reconstruct(y, np.ones(cells(y, representation)), representation, "gain")) > 250


@given(st.integers(2, 30_000), st.booleans())
@settings(max_examples=25)
def test_unmasked_sound_comes_back_whatever_its_length(n_samples, logarithmic):
    representation = log_filterbank() if logarithmic else mel()
    y = np.random.default_rng(n_samples).standard_normal(n_samples)
    back = reconstruct(y, np.ones(cells(y, representation)), representation, "gain")
    np.testing.assert_allclose(back, y, atol=1e-10)


def test_bottleneck_of_the_bands(polyphony, snr):
    """The published route loses what 149 bands cannot hold: 17.9 dB on synthetic polyphony."""
    y = polyphony(22050, 5)
    representation = log_filterbank()
    back = reconstruct(y, np.ones(cells(y, representation)), representation, "pseudo_inverse")
    assert 14 < snr(y, back) < 22


@REPRESENTATIONS
@pytest.mark.parametrize("route", ["gain", "pseudo_inverse"])
def test_nothing_kept_is_silence(representation, route, polyphony):
    """Also in the bins below and above all bands, which would otherwise leak into every clip."""
    y = polyphony(representation.sample_rate, 1) + 0.1 + 0.1 * np.resize([1, -1], representation.sample_rate)
    assert not reconstruct(y, np.zeros(cells(y, representation)), representation, route).any()


@REPRESENTATIONS
@pytest.mark.parametrize("route", ["gain", "pseudo_inverse"])
def test_gain_scales_the_sound(representation, route, polyphony):
    y = polyphony(representation.sample_rate, 1)
    ones = np.ones(cells(y, representation))
    once, twice = (reconstruct(y, factor * ones, representation, route) for factor in (1, 2))
    np.testing.assert_allclose(twice, 2 * once, atol=1e-10)


@REPRESENTATIONS
@pytest.mark.parametrize("feather", [True, False])
def test_parts_add_up_to_the_whole(representation, feather, polyphony, snr):
    y = polyphony(representation.sample_rate, 2)
    part = np.random.default_rng(0).integers(0, 2, cells(y, representation))
    parts = [reconstruct(y, gain, representation, "gain", feather=feather) for gain in (part, 1 - part)]
    assert snr(y, sum(parts)) > 120


@REPRESENTATIONS
def test_hidden_bands_are_gone_and_kept_ones_remain(representation):
    rate = representation.sample_rate
    time = np.arange(2 * rate) / rate
    y = 0.3 * np.sin(2 * np.pi * 300 * time) + 0.3 * np.sin(2 * np.pi * 3000 * time)
    gain = np.tile(representation.band_frequencies < 1000, (representation.n_frames(len(y)), 1))
    back = reconstruct(y, gain, representation, "gain")
    assert level(back, 300, rate) == pytest.approx(level(y, 300, rate), abs=0.05)
    assert level(back, 3000, rate) < level(y, 3000, rate) - 60


@REPRESENTATIONS
def test_hidden_frames_are_silent(representation):
    rate = representation.sample_rate
    y = np.random.default_rng(5).standard_normal(2 * rate)
    times = representation.frame_times(representation.n_frames(len(y)))
    gain = np.repeat((times > 1)[:, None], representation.n_bands, axis=1)
    back = reconstruct(y, gain, representation, "gain")
    assert np.abs(back[: round(0.8 * rate)]).max() < 1e-9
    np.testing.assert_allclose(back[round(1.2 * rate) :], y[round(1.2 * rate) :], atol=1e-9)


def test_softening_reaches_two_frames_and_one_band():
    gain = np.zeros((9, 7))
    gain[4, 3] = 1
    soft = soften(gain)
    assert np.argwhere(soft).min(axis=0).tolist() == [2, 2]
    assert np.argwhere(soft).max(axis=0).tolist() == [6, 4]
    assert soft.sum() == pytest.approx(1)
    assert np.unravel_index(soft.argmax(), soft.shape) == (4, 3)


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
@settings(max_examples=30)
def test_softening_keeps_constants_sums_and_range(seed, constant):
    gain = np.random.default_rng(seed).random((20, 9))
    assert np.array_equal(soften(np.full((20, 9), constant)), np.full((20, 9), constant))
    np.testing.assert_allclose(soften(gain) + soften(1 - gain), 1, atol=1e-12)
    assert gain.min() - 1e-12 <= soften(gain).min()
    assert soften(gain).max() <= gain.max() + 1e-12


@REPRESENTATIONS
def test_bins_under_no_band_follow_the_nearest(representation):
    gain = np.zeros((1, representation.n_bands))
    gain[0, 0] = 1
    assert bin_gain(gain, representation)[0, 0] == pytest.approx(1, abs=0.01)
    assert bin_gain(gain, representation)[0, -1] == 0
    assert bin_gain(1 - gain, representation)[0, -1] == pytest.approx(1)
    np.testing.assert_allclose(bin_gain(np.ones((1, representation.n_bands)), representation), 1)


def test_bin_gain_is_the_mean_of_the_bands_over_it():
    representation = log_filterbank()
    gain = np.random.default_rng(2).random((3, 149))
    triangles = representation.triangles
    wanted = (gain @ triangles.T)[:, 3:1023] / triangles.sum(axis=1)[3:1023]
    np.testing.assert_allclose(bin_gain(gain, representation)[:, 3:1023], wanted)


@REPRESENTATIONS
def test_cells_hold_all_the_energy(representation, polyphony):
    spectrum = representation.stft(polyphony(representation.sample_rate, 1))
    wanted = np.sum(np.abs(spectrum) ** 2, axis=1)
    np.testing.assert_allclose(cell_energy(spectrum, representation).sum(axis=1), wanted)


def test_what_does_not_fit_is_refused():
    y = np.ones(16000)
    with pytest.raises(ValueError, match="route 'magic' is unknown; use one of gain, pseudo_inverse"):
        reconstruct(y, np.ones((63, 96)), mel(), "magic")
    with pytest.raises(ValueError, match=r"cells of shape \(63, 96\)"):
        reconstruct(y, np.ones((62, 96)), mel(), "gain")
