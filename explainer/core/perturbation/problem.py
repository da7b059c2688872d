"""One track under one model, ready to be asked: what a method is given."""

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
    """Return how many inputs of the size of this one the model is given at once."""
    return max(getattr(model, "batch_cells", BATCH_CELLS) // single.size, 1)


def first_occurrences(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each different row occurs first, in that order, and for every row which of these it is.

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
    """What a method may ask and how it answers.

    Attributes
    ----------
    features, hidden : np.ndarray of float32 [shape=(n_frames, n_bands)]
        The track, and what stands in place of a removed cell.
    segmentation : Segmentation
    model : MusicModel
    target_indices : sequence of int
        Which of the model's outputs are explained.
    progress : callable, optional
        Called with the number of inputs the model has evaluated so far.
    model_calls : int
        That number.
    sound : np.ndarray of float32 [shape=(n_samples,)], optional
        The track as the model is fed it; only for models that are fed sound.
    filling : Filling, optional
        What such a model hears in place of a removed cell; nothing by default.
    decisive : sequence of int
        Rows of `targets` whose evidence must be stable before asking may stop early; empty for all.
    largest_batch : int, optional
        How many inputs memory holds at once; by default as many as the model likes.
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
            raise ValueError(f"model {self.model.name!r} is fed sound; give the problem the track's sound")
        else:
            self.inputs = MaskedSound(self.sound, representation, self.segmentation, self.filling)

    def asking(self, target_indices: Sequence[int]) -> "Problem":
        """Return the same problem about other targets, with a count of calls of its own."""
        other = copy.copy(self)
        other.target_indices = target_indices
        other.progress, other.model_calls, other._whole_outputs = None, 0, None
        return other

    @property
    def batch_size(self) -> int:
        """How many inputs the model is given at once."""
        liked = batch_size(self.model, self.inputs.whole)
        return min(liked, self.largest_batch) if self.largest_batch else liked

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

        Masks that occur more than once are asked about once.
        """
        size = self.batch_size
        first, again = first_occurrences(np.asarray(masks))
        different = masks[first]
        answers = []
        for start in range(0, len(different), size):
            batch = self.inputs.batch(different[start : start + size])
            answers.append(np.asarray(self.model.predict(batch))[:, list(self.target_indices)])
            self.count(len(batch))
        return np.concatenate(answers)[again]

    def whole_outputs(self) -> np.ndarray:
        """Return the model's own outputs on the whole track, shape (n_targets,); asked once."""
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
        """Put an explanation together.

        Without intercepts, these are such that the weights add up to the prediction on the track.
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
