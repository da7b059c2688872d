"""The problem a method explains: one track, its segments and one model."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from explainer.core.base.explanation import Explanation, Target
from explainer.core.models.adapters import BATCH_CELLS, MusicModel, explained_scale
from explainer.core.representations.reconstruction import Filling

from .masking import MaskedFeatures, MaskedInputs, MaskedSound

if TYPE_CHECKING:
    from explainer.core.segmentation.segments import Segmentation


def batch_size(model: MusicModel, single: np.ndarray) -> int:
    """Return how many inputs of this size the model takes in one batch."""
    return max(getattr(model, "batch_cells", BATCH_CELLS) // single.size, 1)


def unique_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each distinct row first occurs, in that order, and for each row which of these it is.

    Parameters
    ----------
    rows : np.ndarray [shape=(n, m)]

    Returns
    -------
    first : np.ndarray of int [shape=(n_different,)]
    again : np.ndarray of int [shape=(n,)]
        ``rows[first][again]`` are the rows.
    """
    known: dict[bytes, int] = {}
    again = np.array([known.setdefault(row.tobytes(), len(known)) for row in rows], dtype=np.intp)
    return np.unique(again, return_index=True)[1], again


@dataclass
class Problem:
    """One track and one model, with everything a method needs to predict masks.

    Attributes
    ----------
    features, hidden : np.ndarray of float32 [shape=(n_frames, n_bands)]
        The track, and the value in place of a removed cell.
    target_indices : sequence of int
        Which of the model's outputs are explained.
    progress : callable, optional
        Called with the number of inputs the model has evaluated so far.
    model_calls : int
        That number.
    sound : np.ndarray of float32 [shape=(n_samples,)], optional
        The track as the model takes it; only for models that take sound.
    filling : Filling, optional
        Sound in place of a removed cell, for such models; silence by default.
    decisive : sequence of int
        Rows of `targets` whose evidence must be stable before sampling may stop early; empty for all.
    largest_batch : int, optional
        How many inputs fit into memory; by default the batch size of the model.
    """

    features: np.ndarray
    segmentation: "Segmentation"
    hidden: np.ndarray
    model: MusicModel
    target_indices: Sequence[int] = ()
    progress: Callable[[int], None] | None = None
    model_calls: int = 0
    sound: np.ndarray | None = None
    filling: Filling | None = None
    decisive: Sequence[int] = ()
    largest_batch: int | None = None
    inputs: MaskedInputs = field(init=False, repr=False)
    _whole_outputs: np.ndarray | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        if not len(self.target_indices):
            self.target_indices = range(len(self.model.targets))
        representation = self.model.representation
        if not representation.feeds_sound:
            self.inputs = MaskedFeatures(self.features, self.hidden, self.segmentation, representation)
        elif self.sound is None:
            raise ValueError(f"model {self.model.name!r} takes sound; pass the track's sound as 'sound'")
        else:
            self.inputs = MaskedSound(self.sound, representation, self.segmentation, self.filling)

    def for_targets(self, target_indices: Sequence[int]) -> "Problem":
        """Return the same problem for other targets, with its own count of calls."""
        other = copy.copy(self)
        other.target_indices = target_indices
        other.progress, other.model_calls, other._whole_outputs = None, 0, None
        return other

    @property
    def batch_size(self) -> int:
        """How many inputs the model takes in one batch."""
        size = batch_size(self.model, self.inputs.whole)
        return min(size, self.largest_batch) if self.largest_batch else size

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets that are explained."""
        return tuple(self.model.targets[index] for index in self.target_indices)

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return self.segmentation.n_segments

    def predict_masks(self, masks: np.ndarray) -> np.ndarray:
        """Return the outputs for masked features, on the scale that is explained.

        Parameters
        ----------
        masks : np.ndarray [shape=(n, n_segments)]

        Returns
        -------
        np.ndarray of float64 [shape=(n, n_targets)]
        """
        return explained_scale(self.outputs(masks), self.model.output)

    def outputs(self, masks: np.ndarray) -> np.ndarray:
        """Return the model's own outputs of the explained targets for masked features.

        A mask that occurs more than once is evaluated once.
        """
        size = self.batch_size
        first, again = unique_rows(np.asarray(masks))
        distinct = masks[first]
        outputs = []
        for start in range(0, len(distinct), size):
            batch = self.inputs.batch(distinct[start : start + size])
            outputs.append(np.asarray(self.model.predict(batch))[:, list(self.target_indices)])
            self.count(len(batch))
        return np.concatenate(outputs)[again]

    def whole_outputs(self) -> np.ndarray:
        """Return the model's own outputs on the whole track, shape (n_targets,); evaluated once."""
        if self._whole_outputs is None:
            self._whole_outputs = self.outputs(self.whole())[0]
        return self._whole_outputs

    def count(self, calls: int) -> None:
        """Add inputs that the model has evaluated."""
        self.model_calls += calls
        if self.progress is not None:
            self.progress(self.model_calls)

    def whole(self) -> np.ndarray:
        """Return the mask that keeps everything, shape (1, n_segments)."""
        return np.ones((1, self.n_segments), dtype=bool)

    def explanation(
        self,
        weights: np.ndarray,
        *,
        intercepts: np.ndarray | None = None,
        standard_errors: np.ndarray | None = None,
        **provenance: Any,
    ) -> Explanation:
        """Return an explanation with these weights.

        Intercepts that are not given are chosen so that each target's intercept and weights add up to the
        prediction on the track.
        """
        outputs = self.whole_outputs()
        if intercepts is None:
            intercepts = explained_scale(outputs, self.model.output) - weights.sum(axis=1)
        scale = "log-odds" if self.model.output == "probability" else self.model.output
        return Explanation(
            targets=self.targets,
            weights=weights,
            intercepts=intercepts,
            predictions=outputs,
            model_calls=self.model_calls,
            standard_errors=standard_errors,
            provenance={"scale": scale, **provenance},
        )
