"""Reconstruction of sound from gains of time-frequency cells, by one of several routes.

Every route keeps the phase of the original; the routes differ in the magnitudes. A hidden value other than
silence becomes noise of its level in the removed cells.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.ndimage
import scipy.sparse

from explainer.core.representations.representation import Representation

# A removed cell with hard edges clicks; these weights smooth the edges over two frames and one band to each
# side. Both sum to 1, so gains that add up to 1 still do after smoothing.
FEATHER_FRAMES = np.array([1, 2, 3, 2, 1]) / 9
FEATHER_BANDS = np.array([1, 2, 1]) / 4
LEVEL_ITERATIONS = 4  # corrections of the levels of a filling's bands


@dataclass(frozen=True, eq=False)
class Filling:
    """Sound in place of removed cells.

    Attributes
    ----------
    spectrum : np.ndarray of complex [shape=(n, n_bins)]
        Of a sound that fills every cell, with the frames around the track (see `frame_indices`).
    """

    spectrum: np.ndarray


def filling_of(
    hidden: np.ndarray, representation: Representation, n_samples: int, gain: float, rng: np.random.Generator
) -> Filling | None:
    """Return noise at the level of a hidden value, or None if the value means silence.

    Noise is used because the phase of the original, even at another level, would keep the removed sound
    audible.

    Parameters
    ----------
    hidden : np.ndarray [shape=(n_frames, n_bands)]
        Features of removed cells.
    n_samples : int
        Length of the track.
    gain : float
        Linear normalisation gain with which the track's features were computed.
    """
    wanted = representation.expand(hidden)
    if wanted.max() <= 0:
        return None
    noise = representation.stft(rng.standard_normal(n_samples), around=True)
    frames = representation.frame_indices(n_samples, around=True).clip(0, len(hidden) - 1)
    cell_gain = wanted ** (1 / representation.power)
    for _ in range(LEVEL_ITERATIONS):
        spectrum = noise * bin_gain(cell_gain[frames], representation)
        # Overlapping frames of modified noise are not consistent: after overlap-add, cells vary again and
        # leak into neighbouring bands. Only the mean of each band can be set, and only step by step.
        sound = representation.istft(spectrum, n_samples, around=True)
        level = representation.band_sums(representation.stft(sound)).mean(axis=0)
        ratio = wanted.mean(axis=0) / np.maximum(level, np.finfo(float).tiny)
        cell_gain = cell_gain * ratio ** (1 / representation.power)
    return Filling(noise * bin_gain(cell_gain[frames], representation) / gain)


def reconstruct(
    y: np.ndarray,
    cell_gain: np.ndarray,
    representation: Representation,
    route: str,
    *,
    feather: bool = True,
    filling: Filling | None = None,
) -> np.ndarray:
    """Return a sound with a gain on each time-frequency cell [shape=(n_samples,), dtype=float64].

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
        The whole track, mono at the representation's rate.
    cell_gain : np.ndarray [shape=(n_frames, n_bands)]
        Linear gain of each cell: 0 removes it, 1 keeps it, above 1 amplifies it.
    route : {"gain", "pseudo_inverse"}
        ``gain`` applies the cells' gains to the bins of the spectrum; with all gains 1 the sound
        is unchanged. ``pseudo_inverse`` makes audible what the bands of the model preserve: the band
        sums, with gains, are mapped to the bins by the pseudo-inverse of the filterbank, clipped at 0.
    feather : bool
        Smooth the edges between cells.
    filling : Filling, optional
        Sound in place of removed cells; silence by default.

    Raises
    ------
    ValueError
        If the route is unknown, or the gains do not fit the sound.
    """
    if route not in ROUTES:
        raise ValueError(f"route {route!r} is unknown; use one of {', '.join(ROUTES)}")
    shape = (representation.n_frames(len(y)), representation.n_bands)
    if cell_gain.shape != shape:
        raise ValueError(
            f"this sound has cells of shape {shape}; gains of shape {cell_gain.shape} do not fit"
        )
    if feather:
        cell_gain = soften(cell_gain)
    # Exact reconstruction of the sound's edges needs frames beyond those of the model; they take the gains
    # of the nearest frame.
    frames = representation.frame_indices(len(y), around=True).clip(0, shape[0] - 1)
    kept = ROUTES[route](representation.stft(y, around=True), cell_gain[frames], representation)
    if filling is not None:
        removed = 1.0 - np.minimum(cell_gain[frames], 1.0)
        kept += filling.spectrum * bin_gain(removed, representation)
    return representation.istft(kept, len(y), around=True)


def soften(cell_gain: np.ndarray) -> np.ndarray:
    """Return gains with edges smoothed over a few frames and bands; constant gains are returned exactly."""
    cell_gain = cell_gain.astype(np.float64)
    if np.ptp(cell_gain) == 0:
        return cell_gain
    soft = scipy.ndimage.convolve1d(cell_gain, FEATHER_FRAMES, axis=-2, mode="nearest")
    return scipy.ndimage.convolve1d(soft, FEATHER_BANDS, axis=-1, mode="nearest")


def bin_gain(cell_gain: np.ndarray, representation: Representation) -> np.ndarray:
    """Return the gain of each bin of the spectrum [shape=(n_frames, n_bins)].

    A bin takes the mean gain of the bands that cover it, weighted by their triangles. Bins outside all bands
    (the lowest, the highest, the Nyquist bin) take the gain of the nearest band, so they are unchanged with
    everything kept and silent with everything hidden. A fixed gain of 1 would leave the original's lowest
    bass and highest treble in every clip.

    Parameters
    ----------
    cell_gain : np.ndarray [shape=(n_frames, n_bands)]
    """
    return cell_gain @ _spread(representation)


def cell_energy(X: np.ndarray, representation: Representation) -> np.ndarray:
    """Return the energy of a spectrum in each cell, distributed with the weights of `bin_gain`.

    Parameters
    ----------
    X : np.ndarray [shape=(n_frames, n_bins)]

    Returns
    -------
    np.ndarray [shape=(n_frames, n_bands)]
    """
    return np.abs(X) ** 2 @ _spread(representation).T


def _by_gain(X: np.ndarray, cell_gain: np.ndarray, representation: Representation) -> np.ndarray:
    return X * bin_gain(cell_gain, representation)


def _by_pseudo_inverse(X: np.ndarray, cell_gain: np.ndarray, representation: Representation) -> np.ndarray:
    power = representation.power
    bands = representation.band_sums(X) * cell_gain**power
    # einsum adds in a fixed order; the bits of a threaded matrix product depend on the machine.
    spectrum = np.einsum("tb,bf->tf", bands, _pseudo_inverse(representation))
    magnitude = np.maximum(spectrum, 0.0) ** (1 / power)
    return magnitude * np.exp(1j * np.angle(X))


ROUTES = {"gain": _by_gain, "pseudo_inverse": _by_pseudo_inverse}


@lru_cache(maxsize=8)
def _spread(representation: Representation) -> scipy.sparse.csc_array:
    triangles = representation.triangles
    cover = triangles.sum(axis=1)
    covered = np.flatnonzero(cover > 0)
    weights = np.zeros_like(triangles)
    weights[covered] = triangles[covered] / cover[covered, None]
    for empty in np.flatnonzero(cover == 0):
        weights[empty] = weights[covered[np.argmin(np.abs(covered - empty))]]
    return scipy.sparse.csc_array(weights.T)


@lru_cache(maxsize=8)
def _pseudo_inverse(representation: Representation) -> np.ndarray:
    # Rounded, because the last bits of the decomposition depend on the number of threads.
    return np.linalg.pinv(representation.filterbank).round(12)
