"""From gains of time-frequency cells back to sound, by one of several routes.

Every route keeps the phase of the original and differs in the magnitudes. What a hidden value puts
in place of removed cells is heard as noise of its level.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.ndimage
import scipy.sparse

from explainer.core.representations.representation import Representation

# A removed cell with hard edges clicks; these soften them for the ear, over two frames and
# one band to each side. Both sum to 1, so parts that add up to the whole still do.
FEATHER_FRAMES = np.array([1, 2, 3, 2, 1]) / 9
FEATHER_BANDS = np.array([1, 2, 1]) / 4
LEVEL_ITERATIONS = 4  # times that the bands of a filling are set to their level


@dataclass(frozen=True, eq=False)
class Filling:
    """What sounds in place of removed cells.

    Attributes
    ----------
    spectrum : np.ndarray of complex [shape=(n, n_bins)]
        Of a sound that would fill every cell, with the frames around the track.
    """

    spectrum: np.ndarray


def filling_of(
    hidden: np.ndarray,
    representation: Representation,
    n_samples: int,
    gain: float,
    rng: np.random.Generator,
) -> Filling | None:
    """Return noise of the level that a hidden value stands for; None where it stands for silence.

    Noise, because the original's own phase in a cell of another level would still let through what was
    to be removed.

    Parameters
    ----------
    hidden : np.ndarray [shape=(n_frames, n_bands)]
        Features in place of removed cells.
    representation : Representation
    n_samples : int
        Length of the track.
    gain : float
        Linear normalisation gain with which the track's features were computed.
    rng : np.random.Generator
    """
    wanted = representation.expand(hidden)
    if wanted.max() <= 0:
        return None
    noise = representation.stft(rng.standard_normal(n_samples), around=True)
    frames = representation.frame_indices(n_samples, around=True).clip(0, len(hidden) - 1)
    cell_gain = wanted ** (1 / representation.power)
    for _ in range(LEVEL_ITERATIONS):
        spectrum = noise * bin_gain(cell_gain[frames], representation)
        # Noise put together from modified frames scatters again and leaks into the neighbouring bands:
        # it is what each band holds in the mean that can be set.
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
    """Return a sound whose time-frequency cells have been turned up or down.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
        The whole track, mono at the representation's rate.
    cell_gain : np.ndarray [shape=(n_frames, n_bands)]
        Linear gain of each cell: 0 removes, 1 leaves, more boosts.
    representation : Representation
    route : {"gain", "pseudo_inverse"}
        ``gain`` carries the cells' gains over to the bins of the spectrum; with all gains 1 the sound
        comes back unchanged. ``pseudo_inverse`` lets hear what passes the bottleneck of the
        bands: their sums, with gains, are spread over the bins by the
        pseudo-inverse of the filterbank, clipped at 0.
    feather : bool
        Soften the edges between cells.
    filling : Filling, optional
        What sounds in place of removed cells; nothing by default.

    Returns
    -------
    np.ndarray [shape=(n_samples,), dtype=float64]

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
    # The sound's edges need frames beyond those of the model; they take the nearest one's gains.
    frames = representation.frame_indices(len(y), around=True).clip(0, shape[0] - 1)
    kept = ROUTES[route](representation.stft(y, around=True), cell_gain[frames], representation)
    if filling is not None:
        removed = 1.0 - np.minimum(cell_gain[frames], 1.0)
        kept += filling.spectrum * bin_gain(removed, representation)
    return representation.istft(kept, len(y), around=True)


def soften(cell_gain: np.ndarray) -> np.ndarray:
    """Return gains whose edges are spread over a few frames and bands; a constant stays exactly as it is."""
    cell_gain = cell_gain.astype(np.float64)
    if np.ptp(cell_gain) == 0:
        return cell_gain
    soft = scipy.ndimage.convolve1d(cell_gain, FEATHER_FRAMES, axis=-2, mode="nearest")
    return scipy.ndimage.convolve1d(soft, FEATHER_BANDS, axis=-1, mode="nearest")


def bin_gain(cell_gain: np.ndarray, representation: Representation) -> np.ndarray:
    """Return the gain of each bin of the spectrum.

    A bin takes the mean of the bands over it, weighted by their triangles. Bins under no band (the lowest,
    the highest, the Nyquist bin) take the gain of the nearest band that there is: with everything kept they
    sound as in the original, with everything hidden they are silent. A fixed gain of 1 would let the
    original's bass and treble through in every clip.

    Parameters
    ----------
    cell_gain : np.ndarray [shape=(n_frames, n_bands)]
    representation : Representation

    Returns
    -------
    np.ndarray [shape=(n_frames, n_bins)]
    """
    return cell_gain @ _spread(representation)


def cell_energy(X: np.ndarray, representation: Representation) -> np.ndarray:
    """Return the energy of a spectrum that falls to each cell, shared out as `bin_gain` shares gains.

    Parameters
    ----------
    X : np.ndarray [shape=(n_frames, n_bins)]
    representation : Representation

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
    # einsum adds in a fixed order; a threaded matrix product would not give the same bits everywhere
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
    # Rounded, because the last bits of a decomposition depend on the number of threads.
    return np.linalg.pinv(representation.filterbank).round(12)
