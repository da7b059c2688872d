"""Segmentations: even grids, beats, superpixels, harmonic/percussive sound, stems.

Each is a function of a `Sound` and JSON parameters that returns the labels and layers of a
`segments.Segmentation`. To add one, write a function, add it to `SEGMENTATIONS`, and add the checks of its
parameters to `_VALUES`.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from explainer.core.audio import read_audio
from explainer.core.representations.reconstruction import cell_energy
from explainer.core.representations.representation import Representation

from .superpixels import PARAMETERS, divide, refusal

STEM_LENGTH_TOLERANCE = 0.1  # s by which a stem may be shorter or longer than its track
SHORTEST_PULSE = 0.1  # s; the content of a shorter segment cannot be recognised by ear
SMALLEST_SHARE = 1e-3  # mean share of a segment's cells below which its source counts as silent there
SMALLEST_REST = 1e-3  # share of the track's energy; a smaller remainder of stems is rounding


class SegmentationError(ValueError):
    """Raised if a sound cannot be divided as specified; the message names the parameter and the remedy."""


@dataclass(frozen=True)
class Sound:
    """The input of a segmentation: features, representation and samples of a sound."""

    features: np.ndarray
    representation: Representation
    y: np.ndarray

    @property
    def n_frames(self) -> int:
        """Number of rows of the features."""
        return self.features.shape[0]

    @property
    def n_bands(self) -> int:
        """Number of columns of the features."""
        return self.features.shape[1]


Layers = tuple[np.ndarray, np.ndarray]

PULSES = ("beats", "onsets")


def grid(sound: Sound, time_cells: int = 6, band_cells: int = 4) -> Layers:
    """Divide time and bands evenly: ``time_cells`` x ``band_cells`` rectangles."""
    return one_layer(_even_rectangles(sound, time_cells, band_cells))


def time(sound: Sound, time_cells: int = 12) -> Layers:
    """Divide time evenly; each segment covers all bands."""
    return grid(sound, time_cells=time_cells, band_cells=1)


def bands(sound: Sound, band_cells: int = 8) -> Layers:
    """Divide the bands evenly; each segment covers the whole duration."""
    return grid(sound, time_cells=1, band_cells=band_cells)


def superpixels(sound: Sound, algorithm: str = "felzenszwalb", **algorithm_parameters: Any) -> Layers:
    """Divide into superpixels of similar neighbouring cells, with the algorithms that `lime` wraps.

    Parameters
    ----------
    sound : Sound
        Its features are scaled to a maximum of 1 first.
    algorithm : {"felzenszwalb", "slic", "quickshift"}
    **algorithm_parameters
        Parameters of scikit-image's function of that name; by default ``scale=25, min_size=40`` for
        felzenszwalb, as in the published two-level explanations [1]_.

    References
    ----------
    .. [1] Haunschmid, Chowdhury, Widmer: Two-level explanations in music emotion recognition. 2019,
       arXiv:1905.11760.
    """
    image = sound.features.astype(np.float64)
    # The algorithms' scale parameters assume images whose values are at most 1.
    image /= max(image.max(), np.finfo(float).tiny)
    try:
        labels = divide(image, algorithm, algorithm_parameters)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise SegmentationError(
            f"superpixels by {algorithm} cannot be used on this sound: {error}"
        ) from error
    return one_layer(labels)


def beats(sound: Sound, pulse: str = "beats", pulses_per_cell: int = 2, band_cells: int = 4) -> Layers:
    """Divide time at beats or onsets, bands evenly.

    Parameters
    ----------
    pulse : {"beats", "onsets"}
        Detected by librosa.
    pulses_per_cell : int
        Number of beats or onsets per segment.

    Raises
    ------
    SegmentationError
        If too few are found to divide the sound.
    """
    import librosa

    rate = sound.representation.sample_rate
    y = np.asarray(sound.y, dtype=np.float32)
    if pulse == "beats":
        times = librosa.beat.beat_track(y=y, sr=rate, units="time")[1]
    else:
        times = librosa.onset.onset_detect(y=y, sr=rate, units="time")
    # Edges closer than the shortest segment to the previous one or to the end are skipped, so the frames
    # between them belong to the segment before.
    edges = [0]
    shortest = max(1, round(SHORTEST_PULSE * sound.representation.frame_rate))
    for frame in np.searchsorted(sound.representation.frame_times(sound.n_frames), times[::pulses_per_cell]):
        if edges[-1] + shortest <= frame <= sound.n_frames - shortest:
            edges.append(int(frame))
    edges.append(sound.n_frames)
    if len(edges) < 3:
        raise SegmentationError(
            f"only {len(times)} {pulse} were found, which is too few to divide this sound; use the "
            "segmentation 'grid'"
        )
    return one_layer(rectangles(np.array(edges), band_edges(sound, band_cells)))


def harmonic_percussive(sound: Sound, time_cells: int = 6, band_cells: int = 1) -> Layers:
    """Separate harmonic from percussive sound by median filtering [1]_; divide each like `grid`.

    The first layer is harmonic, the second percussive; each cell is shared in proportion to energy.

    References
    ----------
    .. [1] Fitzgerald: Harmonic/percussive separation using median filtering. DAFx 2010.
    """
    import librosa

    X = sound.representation.stft(sound.y)
    masks = librosa.decompose.hpss(np.abs(X).T, mask=True)
    energies = np.stack([cell_energy(X * mask.T, sound.representation) for mask in masks])
    return several_layers(_even_rectangles(sound, time_cells, band_cells), energies)


def stems(sound: Sound, stems: Mapping[str, str], time_cells: int = 6, band_cells: int = 1) -> Layers:
    """Separate sources by given recordings of each; divide each like `grid`.

    Parameters
    ----------
    stems : Mapping[str, str]
        Name of each source to its sound file, aligned with the track and at its level in the track.
        Layers are in alphabetical order of the names. The remainder of the track, if it is audible, is one
        more layer at the end.

    Raises
    ------
    SegmentationError
        If a stem and the track differ in length.
    AudioError
        If a stem cannot be read.
    """
    rate, n_samples = sound.representation.sample_rate, len(sound.y)
    rest = np.array(sound.y, dtype=np.float64)
    parts = []
    for name in sorted(stems):
        y, _ = read_audio(stems[name], sample_rate=rate, allow_silence=True)
        if abs(len(y) - n_samples) > STEM_LENGTH_TOLERANCE * rate:
            raise SegmentationError(
                f"the stem {name!r} lasts {len(y) / rate:.2f} s, but its track {n_samples / rate:.2f} s; "
                "export both with the same start and end"
            )
        y = np.pad(y[:n_samples], (0, max(0, n_samples - len(y))))
        rest -= y
        parts.append(y)
    if np.sum(rest**2) > SMALLEST_REST * np.sum(np.square(sound.y, dtype=np.float64)):
        parts.append(rest)
    representation = sound.representation
    energies = np.stack([cell_energy(representation.stft(part), representation) for part in parts])
    return several_layers(_even_rectangles(sound, time_cells, band_cells), energies)


def one_layer(labels: np.ndarray) -> Layers:
    """Return a partition as the single layer of a segmentation, renumbered from 0 without gaps."""
    numbers = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    return numbers[np.newaxis].astype(np.int32), np.ones((1, *labels.shape), dtype=np.float32)


def several_layers(labels: np.ndarray, energies: np.ndarray) -> Layers:
    """Return one layer per source, each divided by the same partition.

    A segment in which its source is silent would be empty; its cells are added to the next segment of the
    source that is not empty. A source that is silent throughout gets no layer.

    Parameters
    ----------
    labels : np.ndarray [shape=(n_frames, n_bands)]
    energies : np.ndarray [shape=(n_layers, n_frames, n_bands)]
        Of each source, 0 or more. The share of a source in a cell is its part of the sum; if all are
        silent there, their shares are equal.
    """
    partition = np.unique(labels, return_inverse=True)[1].ravel()
    sizes = np.bincount(partition)
    energies = energies[energies.any(axis=(1, 2))]
    if len(energies) == 0:
        return one_layer(labels)
    alike = np.full(energies.shape, 1 / len(energies))
    total = energies.sum(axis=0)
    layers = np.divide(energies, total, out=alike, where=total > 0)
    numbers, kept_layers, first = [], [], 0
    for layer in layers:
        filled = np.flatnonzero(np.bincount(partition, weights=layer.ravel()) > SMALLEST_SHARE * sizes)
        if len(filled) == 0:
            continue
        # searchsorted maps an empty segment to the next filled one, or, after the last, to the last.
        renumbered = np.searchsorted(filled, np.arange(len(sizes))).clip(0, len(filled) - 1)
        numbers.append(first + renumbered[partition].reshape(labels.shape))
        kept_layers.append(layer)
        first += len(filled)
    # Layers that were dropped leave a small remainder; the shares of each cell must add up to 1 again.
    shares = np.stack(kept_layers)
    shares /= shares.sum(axis=0)
    return np.stack(numbers).astype(np.int32), shares.astype(np.float32)


def rectangles(time_edges: np.ndarray, frequency_edges: np.ndarray) -> np.ndarray:
    """Return the rectangles between edges, numbered first along the bands, then along time.

    Parameters
    ----------
    time_edges, frequency_edges : np.ndarray [dtype=int]
        Increasing; from 0 to the number of frames and of bands.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_bands), dtype=int]
    """
    n_rows = len(frequency_edges) - 1
    rows = np.repeat(np.arange(n_rows), np.diff(frequency_edges))
    columns = np.repeat(np.arange(len(time_edges) - 1), np.diff(time_edges))
    return columns[:, np.newaxis] * n_rows + rows


def even_edges(length: int, n_cells: int, name: str, unit: str) -> np.ndarray:
    """Return the edges of `n_cells` cells whose sizes differ by at most one.

    Raises
    ------
    SegmentationError
        If there are more cells than frames or bands.
    """
    if n_cells > length:
        available = f"1 {unit.removesuffix('s')}" if length == 1 else f"{length} {unit}"
        raise SegmentationError(
            f"segmentation parameter {name!r} is {n_cells}, but this sound has only {available}; use "
            f"at most {length}"
        )
    return (np.arange(n_cells + 1) * length) // n_cells


def band_edges(sound: Sound, band_cells: int) -> np.ndarray:
    """Return the edges that divide the bands evenly."""
    return even_edges(sound.n_bands, band_cells, "band_cells", "bands")


def _even_rectangles(sound: Sound, time_cells: int, band_cells: int) -> np.ndarray:
    time_edges = even_edges(sound.n_frames, time_cells, "time_cells", "frames")
    return rectangles(time_edges, band_edges(sound, band_cells))


SEGMENTATIONS: dict[str, Callable[..., Layers]] = {
    "grid": grid,
    "time": time,
    "bands": bands,
    "superpixels": superpixels,
    "beats": beats,
    "harmonic_percussive": harmonic_percussive,
    "stems": stems,
}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _names_files(value: object) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    return all(isinstance(name, str) and isinstance(file, str | PathLike) for name, file in value.items())


_COUNT = (_is_count, "must be a whole number from 1 up")
# The check of each parameter that needs no sound, and the end of its message.
_VALUES: dict[str, tuple[Callable[[object], bool], str]] = {
    "time_cells": _COUNT,
    "band_cells": _COUNT,
    "pulses_per_cell": _COUNT,
    "pulse": (PULSES.__contains__, f"must be one of {', '.join(PULSES)}"),
    "algorithm": (tuple(PARAMETERS).__contains__, f"must be one of {', '.join(PARAMETERS)}"),
    "stems": (_names_files, "must map names to sound files"),
}


def most_segments(name: str, parameters: Mapping[str, Any]) -> int | None:
    """Return the greatest number of segments of a segmentation; None if it depends on the sound.

    Parameters
    ----------
    name, parameters
        Of a segmentation that `require_parameters` accepts.
    """
    sources = {"grid": 1, "time": 1, "bands": 1, "harmonic_percussive": 2}
    if name == "stems" and "stems" in parameters:
        sources["stems"] = len(parameters["stems"]) + 1  # with the remainder of the track
    if name not in sources:
        return None
    signature = inspect.signature(SEGMENTATIONS[name]).parameters
    cells = [
        int(parameters.get(key, signature[key].default))
        for key in ("time_cells", "band_cells")
        if key in signature
    ]
    return sources[name] * math.prod(cells)


def require_parameters(name: str, parameters: Mapping[str, Any]) -> None:
    """Check the parameters of a segmentation without a sound.

    Conditions that depend on the sound, such as at least as many frames as cells, are checked by the
    segmentation itself.

    Raises
    ------
    SegmentationError
        If the name or a parameter is unknown, or a value is invalid for every sound.
    """
    if name not in SEGMENTATIONS:
        raise SegmentationError(f"segmentation {name!r} is unknown; use one of {', '.join(SEGMENTATIONS)}")
    signature = inspect.signature(SEGMENTATIONS[name])
    known = [key for key in signature.parameters if key != "sound"]
    try:
        signature.bind(None, **parameters)
    except TypeError as error:
        raise SegmentationError(
            f"segmentation {name!r} cannot be used: {error}; its parameters are {', '.join(known)}"
        ) from error
    for parameter in [key for key in known if key in parameters and key in _VALUES]:
        fits, remedy = _VALUES[parameter]
        if not fits(parameters[parameter]):
            raise SegmentationError(
                f"segmentation parameter {parameter!r} {remedy}; it is {parameters[parameter]!r}"
            )
    if name == "superpixels":
        others = {key: value for key, value in parameters.items() if key != "algorithm"}
        algorithm = parameters.get("algorithm", signature.parameters["algorithm"].default)
        if why_not := refusal(algorithm, others):
            raise SegmentationError(why_not)
