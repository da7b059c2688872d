"""Segments: the time-frequency cells of a sound, divided into parts that can be removed.

Every cell belongs to one or more layers with weights that sum to 1, and in each layer to exactly one
segment. Ordinary partitions have one layer; sources that share cells, such as harmonic and percussive sound,
have one layer each. The segmentations are in `explainer.core.segmentation.partitions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainer.core.representations.representation import Representation

from .partitions import SEGMENTATIONS, SegmentationError, Sound, require_parameters


@dataclass(frozen=True)
class Segmentation:
    """A division of the time-frequency plane.

    Attributes
    ----------
    name : str
        Registered name, as in the recipe.
    parameters : Mapping[str, Any]
        As in the recipe.
    labels : np.ndarray [shape=(n_layers, n_frames, n_bands), dtype=int32]
        Segment numbers from 0; a segment lies in one layer only.
    layers : np.ndarray [shape=(n_layers, n_frames, n_bands), dtype=float32]
        Share of each layer in each cell; the shares of a cell sum to 1.
    """

    name: str
    labels: np.ndarray
    layers: np.ndarray
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.labels.ndim != 3 or self.labels.shape != self.layers.shape:
            raise SegmentationError(
                f"labels {self.labels.shape} and layers {self.layers.shape} must share "
                "the shape (n_layers, n_frames, n_bands)"
            )
        present = [np.unique(layer) for layer in self.labels]
        if not np.array_equal(np.sort(np.concatenate(present)), np.arange(self.n_segments)):
            raise SegmentationError("segment numbers must run from 0 without gaps, each within one layer")
        if not np.allclose(self.layers.sum(axis=0), 1.0, atol=1e-5) or self.layers.min() < 0:
            raise SegmentationError("the shares of the layers must be 0 or more and sum to 1 in every cell")

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return int(self.labels.max()) + 1

    def gain(self, mask: np.ndarray) -> np.ndarray:
        """Return the gain of each cell when some segments are kept.

        Parameters
        ----------
        mask : np.ndarray [shape=(n_segments,)]
            True or 1 keeps a segment, False or 0 hides it; numbers between attenuate it.

        Returns
        -------
        np.ndarray [shape=(n_frames, n_bands), dtype=float32]
        """
        return self.gains(np.asarray(mask)[np.newaxis])[0]

    def gains(self, masks: np.ndarray) -> np.ndarray:
        """Return `gain` for several masks [shape=(n, n_frames, n_bands), dtype=float32].

        Parameters
        ----------
        masks : np.ndarray [shape=(n, n_segments)]
        """
        masks = np.asarray(masks, dtype=np.float32)
        if masks.ndim != 2 or masks.shape[1] != self.n_segments:
            raise ValueError(f"masks must have shape (n, {self.n_segments}), not {masks.shape}")
        total = masks[:, self.labels[0]]
        if len(self.labels) == 1:
            return total
        total *= self.layers[0]
        for labels, layer in zip(self.labels[1:], self.layers[1:], strict=True):
            total += masks[:, labels] * layer
        total[(masks == 1).all(axis=1)] = 1  # exactly, although the rounded shares may sum to less
        return total

    def groupings(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which segments sound at the same time, and which in the same bands of the same layer.

        If hardly any two segments share a position, as with superpixels, the segments are sorted by their
        centres and divided into groups of neighbours.

        Returns
        -------
        by_time, by_band : np.ndarray of int [shape=(n_segments,)]
            Numbers of groups.
        """
        n_bands = self.labels.shape[2]
        cells = np.bincount(self.labels.ravel(), minlength=self.n_segments)
        layer, frame, band = (
            np.bincount(self.labels.ravel(), weights=index.ravel(), minlength=self.n_segments) / cells
            for index in np.indices(self.labels.shape)
        )
        return _groups(frame), _groups(layer * n_bands + band)

    def area(self) -> np.ndarray:
        """Return each segment's share of all cells [shape=(n_segments,)]; they sum to 1."""
        return self.total(np.ones(self.labels.shape[1:])) / np.prod(self.labels.shape[1:])

    def total(self, cells: np.ndarray) -> np.ndarray:
        """Return the sum over each segment of a quantity given per cell [shape=(n_segments,)].

        Parameters
        ----------
        cells : np.ndarray [shape=(n_frames, n_bands)]
            Divided by the weights of the layers where layers share a cell.
        """
        weights = self.layers.astype(np.float64) * cells
        return np.bincount(self.labels.ravel(), weights=weights.ravel(), minlength=self.n_segments)


def _groups(positions: np.ndarray) -> np.ndarray:
    """Return groups of equal positions, or of neighbouring ones where most positions are different."""
    distinct, groups = np.unique(np.round(positions, 6), return_inverse=True)
    if len(distinct) == 1 or 2 * len(distinct) <= len(positions):
        return groups
    # About as many groups as segments per group, as in a square grid.
    n_groups = int(np.ceil(np.sqrt(len(positions))))
    return np.argsort(np.argsort(positions, kind="stable")) * n_groups // len(positions)


def segment(
    name: str,
    features: np.ndarray,
    representation: Representation,
    y: np.ndarray,
    parameters: Mapping[str, Any],
) -> Segmentation:
    """Divide a sound into segments.

    Parameters
    ----------
    name : str
        One of `SEGMENTATIONS`.
    features : np.ndarray [shape=(n_frames, n_bands)]
        Features of the sound.
    y : np.ndarray [shape=(n_samples,)]
        The sound at the representation's rate.
    parameters : Mapping[str, Any]
        Parameters of the segmentation; those left out take their defaults.

    Raises
    ------
    SegmentationError
        If the name or a parameter is unknown, a value is invalid, or the sound cannot be divided this way.

    Examples
    --------
    >>> import numpy as np
    >>> from explainer.core.representations.kinds import mel
    >>> y = np.random.default_rng(0).standard_normal(16_000)
    >>> features = mel().features(y)
    >>> division = segment("grid", features, mel(), y, {"time_cells": 3, "band_cells": 2})
    >>> division.n_segments
    6
    >>> round(float(division.gain(np.array([1, 0, 0, 0, 0, 0])).mean()), 3)
    0.167
    """
    require_parameters(name, parameters)
    labels, layers = SEGMENTATIONS[name](Sound(features, representation, y), **parameters)
    return Segmentation(name=name, labels=labels, layers=layers, parameters=dict(parameters))
