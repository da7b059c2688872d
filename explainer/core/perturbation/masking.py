"""Model inputs with segments removed: masked features, or sound reconstructed from masked spectra."""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.representations.reconstruction import Filling, reconstruct

if TYPE_CHECKING:
    from explainer.core.representations.representation import Representation
    from explainer.core.segmentation.segments import Segmentation


def hidden_features(features: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return the value that the recipe puts in place of each cell, shape (n_frames, n_bands).

    ``noise`` draws from each band's own mean and standard deviation, not below the band's
    minimum, with the recipe's seed.
    """
    shape = features.shape
    match recipe.hidden_value:
        case "zero":
            hidden = np.zeros(shape)
        case "band_minimum":
            hidden = np.broadcast_to(features.min(axis=0), shape)
        case "band_mean":
            hidden = np.broadcast_to(features.mean(axis=0), shape)
        case "track_mean":
            hidden = np.full(shape, features.mean())
        case "noise":
            rng = random_generator(recipe, "hidden noise")
            noise = features.mean(axis=0) + features.std(axis=0) * rng.standard_normal(shape)
            hidden = np.maximum(noise, features.min(axis=0))
        case other:
            raise ValueError(f"hidden value {other!r} is unknown")
    return np.ascontiguousarray(hidden, dtype=np.float32)


class MaskedInputs(Protocol):
    """The interface of masked inputs, whether features or sound.

    Attributes
    ----------
    whole, nothing : np.ndarray of float32
        The model's input for the whole track, and with every segment removed.
    """

    whole: np.ndarray
    nothing: np.ndarray

    def batch(self, masks: np.ndarray) -> np.ndarray:
        """Return inputs (n, ...) under masks (n, n_segments), presence from 0 to 1."""
        ...

    def with_gain(self, cell_gain: np.ndarray, level: float = 0.0) -> np.ndarray:
        """Return the input with a gain on each cell: below 1 attenuates, above 1 amplifies.

        Parameters
        ----------
        cell_gain : np.ndarray [shape=(n_frames, n_bands)]
        level : float
            dB by which the track is amplified first; hidden values do not change.
        """
        ...

    def gradient_times_input(self, gradient: np.ndarray) -> np.ndarray:
        """Return each segment's attribution: the gradient times what the segment adds, summed.

        Parameters
        ----------
        gradient : np.ndarray [shape of `whole`]
            Change of an output per change of the input.

        Returns
        -------
        np.ndarray of float64 [shape=(n_segments,)]
            The sum over the input of the gradient times what the segment adds to `nothing`.
        """
        ...


class MaskedFeatures:
    """Batches of masked features: hidden + gain * (features - hidden), without copies of the track.

    Parameters
    ----------
    features, hidden : np.ndarray of float32 [shape=(n_frames, n_bands)]
    representation : Representation, optional
        Needed for gains above 1.
    """

    def __init__(
        self,
        features: np.ndarray,
        hidden: np.ndarray,
        segmentation: "Segmentation",
        representation: "Representation | None" = None,
    ) -> None:
        self.whole = np.ascontiguousarray(features, dtype=np.float32)
        self.nothing = hidden
        self.representation = representation
        self._segmentation = segmentation
        # Layers that share a cell add up, so each layer's share of the difference is computed once, here;
        # a mask then costs one lookup and one multiplication per layer.
        self._shares = (self.whole - hidden) * segmentation.layers
        self._labels = segmentation.labels.reshape(len(segmentation.labels), -1)

    def batch(self, masks: np.ndarray) -> np.ndarray:
        """Return features under masks [shape=(n, n_frames, n_bands), dtype=float32].

        Parameters
        ----------
        masks : np.ndarray [shape=(n, n_segments)]
            Presence of each segment, 0 to 1.
        """
        presence = np.asarray(masks, dtype=np.float32)
        batch = np.empty((len(presence), *self.whole.shape), dtype=np.float32)
        for layer, (share, labels) in enumerate(zip(self._shares, self._labels, strict=True)):
            gathered = batch if layer == 0 else np.empty_like(batch)
            np.take(presence, labels, axis=1, out=gathered.reshape(len(presence), -1), mode="clip")
            gathered *= share
            if layer:
                batch += gathered
        batch += self.nothing
        batch[(presence == 1).all(axis=1)] = self.whole  # bit for bit, without rounding of the sum
        return batch

    def with_gain(self, cell_gain: np.ndarray, level: float = 0.0) -> np.ndarray:
        """Return the features with a gain on each cell: below 1 towards the hidden value, above 1 louder."""
        louder = np.maximum(cell_gain, 1) * 10 ** (level / 20)
        gain = np.minimum(cell_gain, 1).astype(np.float32)
        kept = self.whole if (louder == 1).all() else self._amplified(louder)
        # Not hidden + gain * (features - hidden): cells with gain 1 must come out unchanged, bit for bit.
        return gain * kept + (1 - gain) * self.nothing

    def gradient_times_input(self, gradient: np.ndarray) -> np.ndarray:
        """Return the sum over each segment's cells of the gradient times (features - hidden)."""
        return self._segmentation.total(gradient * (self.whole.astype(np.float64) - self.nothing))

    def _amplified(self, gain: np.ndarray) -> np.ndarray:
        # Features are compressed band sums: a gain of sound multiplies the sums, before compression.
        assert self.representation is not None
        bands = self.representation.expand(self.whole) * gain**self.representation.power
        return self.representation.compress(bands).astype(np.float32)


class MaskedSound:
    """Batches of sound from which segments are removed in the time-frequency plane.

    Sound is linear in the cells' gains, so each segment is reconstructed once, and the sound of a mask is
    the sum of the segments that it keeps: a mask costs additions instead of an inverse transform.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
        The track at the representation's rate, as the model takes it.
    filling : Filling, optional
        Sound in place of removed cells; silence by default.
    """

    def __init__(
        self,
        y: np.ndarray,
        representation: "Representation",
        segmentation: "Segmentation",
        filling: Filling | None = None,
    ) -> None:
        self.whole = np.ascontiguousarray(y, dtype=np.float32)
        self.representation = representation
        self.filling = filling
        silence = np.zeros(segmentation.labels.shape[1:])
        self.nothing = self.with_gain(silence) if filling else np.zeros_like(self.whole)
        self._parts = [self._part(segmentation, number) for number in range(segmentation.n_segments)]

    def _part(self, segmentation: "Segmentation", number: int) -> tuple[slice, np.ndarray]:
        """Return the samples in which a segment sounds, and the signal that it adds there."""
        mask = np.zeros(segmentation.n_segments)
        mask[number] = 1
        added = self.with_gain(segmentation.gain(mask)) - self.nothing
        heard = np.flatnonzero(added)
        where = slice(int(heard[0]), int(heard[-1]) + 1) if len(heard) else slice(0, 0)
        return where, added[where].copy()

    def batch(self, masks: np.ndarray) -> np.ndarray:
        """Return sounds of float32 (n, n_samples) under masks (n, n_segments)."""
        presence = np.asarray(masks, dtype=np.float32)
        batch = np.repeat(self.nothing[None], len(presence), axis=0)
        for column, (where, part) in zip(presence.T, self._parts, strict=True):
            batch[:, where] += column[:, None] * part
        batch[(presence == 1).all(axis=1)] = self.whole
        return batch

    def with_gain(self, cell_gain: np.ndarray, level: float = 0.0) -> np.ndarray:
        """Return the sound with a gain on each cell, without softened edges."""
        y = self.whole.astype(np.float64) * 10 ** (level / 20)
        return reconstruct(
            y, cell_gain, self.representation, "gain", feather=False, filling=self.filling
        ).astype(np.float32)

    def gradient_times_input(self, gradient: np.ndarray) -> np.ndarray:
        """Return the sum over each segment's sound of the gradient times the sound.

        The segments' sounds add up to the track, so this is the exact chain rule through the
        reconstruction of sound.
        """
        along = gradient.astype(np.float64)
        return np.array([np.einsum("n,n->", along[where], part) for where, part in self._parts])
