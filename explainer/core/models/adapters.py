"""Adapters that give every model the same interface: features in, one number per target out."""

import copy
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from explainer.core.base.counting import plural
from explainer.core.base.explanation import Target

if TYPE_CHECKING:
    import torch

    from explainer.core.representations.representation import Representation

# Cells of one batch of features. On a CPU larger batches are slower for convolutional
# networks, whose activations then leave the cache. Fixed, so that results do not depend on the machine.
BATCH_CELLS, GPU_BATCH_CELLS = 150_000, 4_000_000
OUTPUTS = ("value", "probability", "logit")
PRECISIONS = ("float32", "bfloat16")
# How the outputs of several windows are pooled over the track, (n_windows, n, n_targets) to (n, n_targets).
POOLINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": lambda outputs: outputs.sum(axis=0) / len(outputs),
    "max": lambda outputs: outputs.max(axis=0),
}


class ModelError(ValueError):
    """Raised for a model that cannot be loaded or explained; the message names the remedy."""


def copy_of_inputs(batch: np.ndarray) -> np.ndarray:
    """Return a copy of inputs for a user's model, which may write into its argument."""
    return np.array(batch, dtype=np.float32, order="C")


def copy_of_outputs(outputs: Any) -> np.ndarray:
    """Return a float64 copy of the outputs of a user's model, which may return the same buffer every time."""
    return np.array(outputs, dtype=float)


@runtime_checkable
class MusicModel(Protocol):
    """The interface of a model that can be explained.

    Attributes
    ----------
    representation : Representation
        Turns sound into the model's input.
    targets : tuple of Target
        In the order of the outputs; in a two-level model the mid-level features come first.
    output : str
        One of `OUTPUTS`; probabilities are explained as log-odds.
    emotion_weights : np.ndarray [shape=(n_mid_level, n_emotions)] or None
        The linear second level of a two-level model.
    emotion_bias : np.ndarray [shape=(n_emotions,)] or None
    """

    name: str
    representation: "Representation"
    targets: tuple[Target, ...]
    output: str
    emotion_weights: np.ndarray | None
    emotion_bias: np.ndarray | None

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """Map float32 inputs to outputs (n, n_targets).

        Inputs are features (n, n_frames, n_bands), or sound (n, n_samples) if the representation
        feeds sound.
        """
        ...


class Adapter:
    """Base of all adapters: declared targets, windows over long tracks, checked outputs.

    Parameters
    ----------
    output : str
        One of `OUTPUTS`.
    window_frames : int, optional
        Input length of a model that takes only one length, in frames, or in samples if it takes sound;
        longer tracks are cut into such windows and the outputs are pooled. By default the model takes
        the whole track as one input.
    window_hop : int, optional
        From one window to the next, in the same unit; by default windows do not overlap. One more
        window at the very end covers the remainder.
    pooling : str
        One of `POOLINGS`.
    emotion_weights, emotion_bias : np.ndarray, optional
        See `MusicModel`.
    """

    def __init__(
        self,
        representation: "Representation",
        targets: Sequence[Target],
        *,
        name: str,
        output: str = "value",
        window_frames: int | None = None,
        window_hop: int | None = None,
        pooling: str = "mean",
        emotion_weights: np.ndarray | None = None,
        emotion_bias: np.ndarray | None = None,
    ) -> None:
        _require_one_of(OUTPUTS, name, "output", output)
        if (window_frames is not None and window_frames < 1) or (window_hop is not None and window_hop < 1):
            raise ModelError(f"model {name!r}: window_frames and window_hop must be at least 1 frame")
        if window_hop is not None and window_hop > (window_frames or 0):
            raise ModelError(
                f"model {name!r}: window_hop must be at most window_frames; otherwise windows leave gaps"
            )
        _require_one_of(POOLINGS, name, "pooling", pooling)
        if emotion_weights is not None and pooling != "mean":
            raise ModelError(f"model {name!r}: a linear second level needs pooling 'mean'")
        self.name = name
        self.representation = representation
        self.targets = tuple(targets)
        self.output = output
        self.window_frames = window_frames
        self.window_hop = window_hop or window_frames
        self.pooling = pooling
        if emotion_weights is not None and output == "probability":
            raise ModelError(f"model {name!r}: a linear second level needs output 'value' or 'logit'")
        self.emotion_weights, self.emotion_bias = _second_level(
            name, self.targets, emotion_weights, emotion_bias
        )

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """Return the outputs for a batch of inputs [shape=(n, n_targets), dtype=float64].

        Parameters
        ----------
        batch : np.ndarray of float32 [shape=(n, n_frames, n_bands) or (n, n_samples)]

        Raises
        ------
        ModelError
            If the track is shorter than the model's window, or an output is not finite or not of
            the declared shape.
        """
        outputs = [
            self._checked(self._forward(copy_of_inputs(batch[:, window])), len(batch))
            for window in self.windows(batch.shape[1])
        ]
        return POOLINGS[self.pooling](np.stack(outputs))

    def windows(self, n_frames: int) -> list[slice]:
        """Return the windows of frames, or of samples, that are passed to the model separately."""
        length = self.window_frames or n_frames
        if n_frames < length:
            seconds = length / self.representation.input_rate
            unit = "sample" if self.representation.feeds_sound else "frame"
            raise ModelError(
                f"model {self.name!r} needs {plural(length, unit)} ({seconds:.2f} s) and the track has "
                f"{n_frames}; use a longer excerpt"
            )
        starts = list(range(0, n_frames - length + 1, self.window_hop or length))
        if starts[-1] + length < n_frames:
            starts.append(n_frames - length)
        return [slice(start, start + length) for start in starts]

    def _forward(self, batch: np.ndarray) -> np.ndarray:
        """Return the model's outputs for one window, as `copy_of_outputs`; it may change `batch`."""
        raise NotImplementedError

    def _checked(self, outputs: np.ndarray, size: int) -> np.ndarray:
        expected = (size, len(self.targets))
        if outputs.shape != expected:
            raise ModelError(
                f"model {self.name!r} returned shape {outputs.shape} for a batch of {size}; it must return "
                f"{expected}, one column per declared target: correct the targets or the model"
            )
        if not np.isfinite(outputs).all():
            raise ModelError(
                f"model {self.name!r} returned NaN or infinity; check that its checkpoint is complete and "
                "that the representation includes all scaling its input needs"
            )
        return outputs


class CallableModel(Adapter):
    """Any function from a batch of inputs to a batch of outputs.

    For use in worker processes the function must be picklable, so it cannot be a lambda.
    """

    def __init__(
        self,
        function: Callable[[np.ndarray], Any],
        representation: "Representation",
        targets: Sequence[Target],
        *,
        name: str = "",
        **declared: Any,
    ) -> None:
        super().__init__(
            representation, targets, name=name or getattr(function, "__name__", "callable"), **declared
        )
        self.function = function

    def _forward(self, batch: np.ndarray) -> np.ndarray:
        return copy_of_outputs(self.function(batch))


class TorchModel(Adapter):
    """A PyTorch module whose forward maps (n, n_frames, n_bands) or (n, n_samples) to (n, n_targets).

    The second level of a two-level module is read from its attributes ``emotion_weights`` and
    ``emotion_bias`` unless it is given here. An attribute ``batch_cells`` of the module sets how many
    cells of features one batch holds.

    Parameters
    ----------
    device : str, optional
        By default the GPU if there is one.
    precision : str
        One of `PRECISIONS`. With ``bfloat16`` convolutions and matrix products run in 16 bits;
        `explainer.core.evaluation.half_precision` tests on a track whether that changes the explanation.
    """

    def __init__(
        self,
        module: "torch.nn.Module",
        representation: "Representation",
        targets: Sequence[Target],
        *,
        name: str = "",
        device: str | None = None,
        precision: str = "float32",
        **declared: Any,
    ) -> None:
        import torch

        _require_one_of(PRECISIONS, name, "precision", precision)
        for attribute in ("emotion_weights", "emotion_bias"):
            value = getattr(module, attribute, None)
            if declared.get(attribute) is None and isinstance(value, torch.Tensor):
                declared[attribute] = value.detach().cpu().numpy()
        super().__init__(representation, targets, name=name or type(module).__name__, **declared)
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.precision = precision
        self.module = module.to(self.device)
        default = GPU_BATCH_CELLS if self.device.startswith("cuda") else BATCH_CELLS
        self.batch_cells = int(getattr(module, "batch_cells", default))

    @property
    def training(self) -> bool:
        """Whether any part of the module is in training mode (dropout, batch statistics)."""
        return any(part.training for part in self.module.modules())

    def in_channels_last(self) -> "TorchModel":
        """Return a copy in channels-last memory layout, faster for 16-bit convolutions with many channels."""
        import torch

        other = copy.copy(self)
        # The stubs of torch lack this form of `Module.to`.
        other.module = copy.deepcopy(self.module).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return other

    def differentiable(self, batch: "torch.Tensor") -> "torch.Tensor":
        """Return the pooled outputs of a batch of inputs, attached to the autograd graph."""
        import torch

        windows = self.windows(batch.shape[1])
        # Cloned for the reasons given in `copy_of_inputs` and `copy_of_outputs`.
        outputs = torch.stack([self.module(batch[:, window].clone()).clone() for window in windows])
        return outputs.amax(dim=0) if self.pooling == "max" else outputs.mean(dim=0)

    def _forward(self, batch: np.ndarray) -> np.ndarray:
        import torch

        kind = self.device.partition(":")[0]
        half = torch.autocast(kind, dtype=torch.bfloat16, enabled=self.precision == "bfloat16")
        # By default convolutions on a GPU round to TF32 and sum in any order; both would change results.
        exact = torch.backends.cudnn.flags(
            enabled=True, benchmark=False, deterministic=True, allow_tf32=False
        )
        with torch.inference_mode(), half, exact:
            outputs = self.module(torch.from_numpy(batch).to(self.device))
        if not isinstance(outputs, torch.Tensor):
            raise ModelError(
                f"model {self.name!r} returned {type(outputs).__name__} instead of one tensor; "
                "wrap it in a module that returns (n, n_targets)"
            )
        return copy_of_outputs(outputs.detach().double().cpu().numpy())


def in_32_bits(model: MusicModel) -> MusicModel:
    """Return the same model computing in 32 bits: itself, or one that shares its weights."""
    if not isinstance(model, TorchModel) or model.precision == "float32":
        return model
    other = copy.copy(model)
    other.precision = "float32"
    return other


def explained_scale(outputs: np.ndarray, output: str) -> np.ndarray:
    """Return outputs on the scale on which they are explained: log-odds for probabilities.

    Probabilities are kept 1e-6 away from 0 and 1, so log-odds lie within +-13.8.
    """
    if output != "probability":
        return np.asarray(outputs, dtype=float)
    inside = np.clip(outputs, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


def _require_one_of(known: Collection[str], name: str, field: str, value: str) -> None:
    if value not in known:
        raise ModelError(f"model {name!r}: {field} {value!r} is unknown; declare one of {', '.join(known)}")


def _second_level(
    name: str, targets: tuple[Target, ...], weights: np.ndarray | None, bias: np.ndarray | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the second level as arrays, after checking its shape and the order of the targets."""
    if weights is None:
        return None, None
    matrix = np.asarray(weights, dtype=float)
    levels = [target.level for target in targets]
    n_mid, n_emotions = levels.count("mid-level"), levels.count("emotion")
    if matrix.shape != (n_mid, n_emotions):
        raise ModelError(
            f"model {name!r}: emotion_weights have shape {matrix.shape}; "
            f"its targets need {(n_mid, n_emotions)}"
        )
    if levels != ["mid-level"] * n_mid + ["emotion"] * n_emotions:
        raise ModelError(
            f"model {name!r}: in a two-level model the mid-level targets come first, then the emotions"
        )
    vector = np.zeros(n_emotions) if bias is None else np.asarray(bias, dtype=float)
    if vector.shape != (n_emotions,):
        raise ModelError(
            f"model {name!r}: emotion_bias must have {plural(n_emotions, 'entry', 'entries')}, not shape "
            f"{vector.shape}"
        )
    return matrix, vector
