"""Checks of a model on one track before it is explained, with a readable report."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from explainer.core.base.counting import plural
from explainer.core.base.memory import (
    GIGABYTE,
    available_memory,
    describe_free_memory,
    is_out_of_memory,
    peak_memory,
)

from .adapters import (
    BATCH_CELLS,
    Adapter,
    ModelError,
    MusicModel,
    TorchModel,
    copy_of_inputs,
    copy_of_outputs,
    in_32_bits,
)

USABLE = 0.8  # share of the free memory that a model may take
TRIALS = (16, 8)  # 1/16 and 1/8 of the input are evaluated before the whole
SHORT_INPUT = 160  # frames or samples; shorter inputs are not cut
NOTICEABLE = 10_000_000  # bytes; smaller measurements are noise and do not show how memory grows


@dataclass(frozen=True)
class ModelReport:
    """The findings of `check_model`.

    Attributes
    ----------
    problems : tuple of str
        Why the model cannot be explained, each with the remedy; empty if it can.
    remarks : tuple of str
        Further findings.
    outputs : mapping
        Target name to output on the track; empty if the model failed.
    model_calls : int
        Inputs that the model evaluated for the check.
    bytes_per_input : int or None
        Memory that the evaluation of one input takes; None if the system does not report it.
    """

    name: str
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    outputs: Mapping[str, float] = field(default_factory=dict)
    model_calls: int = 0
    bytes_per_input: int | None = None

    @property
    def fit(self) -> bool:
        """Whether the model can be explained."""
        return not self.problems

    def require(self) -> None:
        """Raise a `ModelError` that lists the problems, if there are any."""
        if self.problems:
            raise ModelError(" ".join(self.problems))

    def __str__(self) -> str:
        verdict = "can be explained" if self.fit else "cannot be explained"
        return "\n".join([f"{self.name} {verdict}.", *self.problems, *self.remarks])


def check_model(model: MusicModel, y: np.ndarray) -> ModelReport:
    """Check that a model can be explained: shape, range, determinism, memory.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
        Sound at the sample rate of the model's representation.

    Examples
    --------
    >>> import numpy as np
    >>> from explainer.core.base.explanation import Target
    >>> from explainer.core.models.loading import CallableModel
    >>> from explainer.core.representations.kinds import mel
    >>> def mean(batch):
    ...     return batch.mean(axis=(1, 2))[:, None]
    >>> model = CallableModel(mean, mel(), [Target("level")])
    >>> report = check_model(model, np.random.default_rng(0).standard_normal(16_000))
    >>> print(report)  # doctest: +ELLIPSIS
    mean can be explained.
    ...
    """
    single = model.representation.model_input(y)
    report = check_on_input(model, single)
    if not report.fit or not isinstance(model, TorchModel) or model.precision == "float32":
        return report
    return replace(report, remarks=(*report.remarks, _speed_in_16_bits(model, single)))


def check_on_input(model: MusicModel, single: np.ndarray) -> ModelReport:
    """Do the checks of `check_model` on a prepared input (n_frames, n_bands) or (n_samples,)."""
    if getattr(model, "training", False):
        problem = f"Model {model.name!r} is in training mode, where dropout is active; call module.eval()."
        return ModelReport(model.name, (problem,))
    model = in_32_bits(model)  # in 16 bits rounding alone can fail the checks of consistency
    n_calls = 0
    try:
        n_calls = _try_parts(model, single)
        batch = np.stack([np.zeros_like(single), single])
        first = copy_of_outputs(model.predict(copy_of_inputs(single[None])))
        started = time.perf_counter()  # the first call includes allocation and compilation
        second = copy_of_outputs(model.predict(copy_of_inputs(single[None])))
        seconds = time.perf_counter() - started
        with peak_memory(_device(model)) as peak:
            together = copy_of_outputs(model.predict(batch))
    except ModelError as error:
        return ModelReport(model.name, (_sentence(str(error)),))
    except Exception as error:
        if is_out_of_memory(error):
            return ModelReport(model.name, (_sentence(_too_large(model, available_memory(_device(model)))),))
        shape = "(n, n_samples)" if model.representation.feeds_sound else "(n, n_frames, n_bands)"
        problem = (
            f"Model {model.name!r} failed on an input of shape {(1, *single.shape)}; it must accept {shape}. "
            f"{type(error).__name__}: {error}"
        )
        return ModelReport(model.name, (problem,))
    problems = _shape_and_range(model, first, together) or _consistency(model, first, second, together)
    needed = None if peak.taken is None else peak.taken // len(batch) + single.nbytes
    remarks = (
        *([] if problems else _describe_consistency(model)),
        _describe_input(model, single),
        f"Outputs between {together.min():.3g} and {together.max():.3g}, declared as {model.output}.",
        f"{seconds:.3g} s per call.",
        *_describe_memory(model, single, needed),
    )
    names = [target.name for target in model.targets]
    outputs = {} if problems else dict(zip(names, first[0].tolist(), strict=True))
    return ModelReport(model.name, tuple(problems), remarks, outputs, 4 + n_calls, needed)


def affordable_batch(model: MusicModel, bytes_per_input: int | None) -> int | None:
    """Return how many inputs fit into the free memory together, at least 1; None if that is not known."""
    free = available_memory(_device(model))
    if not bytes_per_input or free is None:
        return None
    return max(int(USABLE * free // bytes_per_input), 1)


def _try_parts(model: MusicModel, single: np.ndarray) -> int:
    """Refuse an input if parts of it show that two whole inputs would not fit; return the calls made.

    Memory is assumed to grow with the length of the input; or faster, up to its square (attention), if
    the memory of the two parts differs by more than their lengths.

    Raises
    ------
    ModelError
        If the memory would not suffice.
    """
    free = available_memory(_device(model))
    if free is None or len(single) < SHORT_INPUT or getattr(model, "window_frames", None):
        return 0
    taken = []
    try:
        # A first call without measurement: one-time allocations do not belong to the input.
        model.predict(copy_of_inputs(single[None, : len(single) // TRIALS[0]]))
        for part in TRIALS:
            with peak_memory(_device(model)) as peak:
                model.predict(copy_of_inputs(single[None, : len(single) // part]))
            taken.append(peak.taken or 0)
    except Exception as error:
        if is_out_of_memory(error):
            raise ModelError(_too_large(model, free)) from error
        return 0  # probably a model that takes only its full length, which is evaluated next
    less, more = taken
    power = float(np.clip(np.log2(more / less), 1, 2)) if min(less, more) > NOTICEABLE else 1.0
    foreseen = 2 * more * TRIALS[1] ** power
    if foreseen > USABLE * free:
        raise ModelError(_too_large(model, free, foreseen))
    return 1 + len(TRIALS)


def _too_large(model: MusicModel, free: int | None, foreseen: float | None = None) -> str:
    needed = (
        "more memory than is free" if foreseen is None else f"about {foreseen / GIGABYTE:.1f} GB of memory"
    )
    there = "" if free is None else f" and {describe_free_memory(free)}"
    return (
        f"model {model.name!r} needs {needed} for two inputs of this length at once{there}; use a shorter "
        "excerpt, or declare window_frames so that the track is cut into windows"
    )


def _speed_in_16_bits(model: TorchModel, single: np.ndarray) -> str:
    coarse = model.in_channels_last()
    coarse.predict(single[None])
    started = time.perf_counter()
    coarse.predict(single[None])
    return f"In 16 bits {time.perf_counter() - started:.3g} s per call."


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _device(model: MusicModel) -> str:
    return str(getattr(model, "device", "cpu"))


def _describe_consistency(model: MusicModel) -> list[str]:
    """Describe what `_shape_and_range` and `_consistency` have confirmed."""
    numbers = "one number" if len(model.targets) == 1 else f"{len(model.targets)} numbers, one per target"
    found = [
        f"Shape as declared: one row per input, {numbers}.",
        "Deterministic: the same input gave the same output twice, and also in a batch with another input.",
    ]
    if model.emotion_weights is not None:
        found.append("Two levels: its emotions are its mid-level outputs times the declared weights.")
    return found


def _describe_input(model: MusicModel, single: np.ndarray) -> str:
    representation = model.representation
    if representation.feeds_sound:
        text = f"Input: {plural(single, 'sample')} of sound at {representation.sample_rate} Hz"
    else:
        text = (
            f"Input: {plural(single.shape[0], 'frame')} x {plural(single.shape[1], 'band')}, "
            f"{representation.sample_rate} Hz, {representation.frame_rate:.4g} frames per second"
        )
    length = getattr(model, "window_frames", None)
    if length and isinstance(model, Adapter):
        seconds, windows = length / representation.input_rate, len(model.windows(len(single)))
        text += f", cut into {plural(windows, 'window')} of {seconds:.3g} s, pooled ({model.pooling})"
    return f"{text}."


def _describe_memory(model: MusicModel, single: np.ndarray, needed: int | None) -> list[str]:
    if needed is None:
        return []
    size = max(getattr(model, "batch_cells", BATCH_CELLS) // single.size, 1)
    affordable = affordable_batch(model, needed)
    text = f"A batch of {size} takes about {size * needed / GIGABYTE:.2g} GB of memory."
    if affordable is not None and affordable < size:
        text += f" That is more than is free, so batches hold {plural(affordable, 'input')}."
    return [text]


def _shape_and_range(model: MusicModel, first: np.ndarray, together: np.ndarray) -> list[str]:
    who, n_targets = f"Model {model.name!r}", len(model.targets)
    if first.shape != (1, n_targets) or together.shape != (2, n_targets):
        return [
            f"{who} returned shape {first.shape} for one input and {together.shape} for two; "
            f"it must return (n, {n_targets}), one column per declared target."
        ]
    if not (np.isfinite(first).all() and np.isfinite(together).all()):
        return [f"{who} returned NaN or infinity; check its checkpoint and the scaling of its input."]
    if model.output == "probability" and (together.min() < 0 or together.max() > 1):
        return [
            f"{who} declares probabilities but returned {together.min():.3g} to {together.max():.3g}; "
            "declare its output as 'logit' or 'value'."
        ]
    return []


def _consistency(model: MusicModel, first: np.ndarray, second: np.ndarray, together: np.ndarray) -> list[str]:
    who, scale = f"Model {model.name!r}", max(float(np.abs(first).max()), 1e-3)
    if np.abs(first - second).max() > 1e-5 * scale:
        return [
            f"{who} returned different outputs for the same input (largest difference "
            f"{np.abs(first - second).max():.3g}); switch off random crops, dropout and other randomness."
        ]
    if np.abs(first[0] - together[1]).max() > 1e-3 * scale:
        return [
            f"{who} returns different outputs if other inputs are in the same batch; "
            "switch off batch statistics (call module.eval())."
        ]
    if model.emotion_weights is not None:
        n_mid = len(model.emotion_weights)
        expected = first[:, :n_mid] @ model.emotion_weights + model.emotion_bias
        if np.abs(expected - first[:, n_mid:]).max() > 1e-3 * scale:
            return [
                f"{who} declares a linear second level, but its emotions are not its mid-level outputs "
                "times emotion_weights plus emotion_bias; correct these or declare none."
            ]
    return []
