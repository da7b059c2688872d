"""What a model says of every excerpt of a given length that a track contains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainer.core.audio import FADE_SECONDS, fade
from explainer.core.base.counting import plural
from explainer.core.models.adapters import MusicModel, copy_of_outputs, explained_scale, in_32_bits

from .pulse import beat_times
from .rule import ExcerptError, ExcerptRule

MOST_STARTS = 160  # places at which an excerpt can start; more take long and find nothing new
SMALLEST_STEP = 0.25  # s between them in tracks without a pulse
BLOCK_SECONDS = 0.05  # in which silence is measured
SILENT = 10 ** (-50 / 20)  # of the loudest block; quieter ones count as silent
LEAST_SOUND = 0.8  # share of the blocks of an excerpt that must not be silent


@dataclass(frozen=True, eq=False)
class Curve:
    """A model's outputs on the excerpts of a track.

    Attributes
    ----------
    starts : np.ndarray [shape=(n,)]
        Start of each excerpt in s, to the millisecond.
    seconds : float
        Length of every excerpt.
    outputs : mapping of str to np.ndarray [shape=(n,)]
        Target -> the model's output on the faded excerpts.
    sounding : np.ndarray [shape=(n,)]
        Share of each excerpt that is not silent, 0 to 1.
    output : str
        Meaning of the outputs, one of `explainer.core.models.adapters.OUTPUTS`.
    starts_on : str
        One of `explainer.core.excerpts.rule.STARTS_ON`; ``"anywhere"`` if no pulse was found.
    """

    starts: np.ndarray
    seconds: float
    outputs: Mapping[str, np.ndarray]
    sounding: np.ndarray
    output: str
    starts_on: str

    def values(self, target: str) -> np.ndarray:
        """Return the outputs for a target on the scale on which they are explained."""
        return explained_scale(self.outputs[target], self.output)

    def usable(self) -> np.ndarray:
        """Return which excerpts sound for long enough [shape=(n,), dtype=bool]."""
        return self.sounding >= LEAST_SOUND

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as JSON types."""
        return {
            "starts": self.starts.tolist(),
            "seconds": self.seconds,
            "outputs": {name: values.tolist() for name, values in self.outputs.items()},
            "sounding": self.sounding.tolist(),
            "output": self.output,
            "starts_on": self.starts_on,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Curve":
        """Return the curve that `to_dict` described."""
        return cls(
            starts=np.array(values["starts"], dtype=float),
            seconds=values["seconds"],
            outputs={name: np.array(row, dtype=float) for name, row in values["outputs"].items()},
            sounding=np.array(values["sounding"], dtype=float),
            output=values["output"],
            starts_on=values["starts_on"],
        )


def curve_of(
    model: MusicModel,
    y: np.ndarray,
    rule: ExcerptRule,
    *,
    name: str = "the track",
    progress: Callable[[float], None] | None = None,
) -> Curve:
    """Evaluate a model on the excerpts of a track, each as it would be explained.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
        The track at the sample rate of the model's representation.
    rule : ExcerptRule
        Its length and where excerpts may start.
    name : str
        The track, for messages.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    ExcerptError
        If the track is too short for the rule.
    ModelError
        If the model cannot evaluate an excerpt.
    """
    representation = model.representation
    rate = representation.sample_rate
    rule.require_room(len(y) / rate, name)
    starts, starts_on = _starts(y, rate, rule)
    length = round(rule.seconds * rate)
    exact = in_32_bits(model)
    outputs = np.empty((len(starts), len(model.targets)))
    for number, start in enumerate(starts):
        first = min(round(start * rate), len(y) - length)
        excerpt = fade(y[first : first + length], rate, FADE_SECONDS).astype(np.float32)
        given = representation.model_input(excerpt, representation.normalisation_gain(excerpt))
        outputs[number] = copy_of_outputs(exact.predict(given[None]))[0]
        if progress:
            progress((number + 1) / len(starts))
    names = [target.name for target in model.targets]
    return Curve(
        starts=starts,
        seconds=rule.seconds,
        outputs=dict(zip(names, outputs.T, strict=True)),
        sounding=_sounding(y, rate, starts, length),
        output=model.output,
        starts_on=starts_on,
    )


def _starts(y: np.ndarray, rate: int, rule: ExcerptRule) -> tuple[np.ndarray, str]:
    """Return where excerpts can start, in s to the millisecond, and on what."""
    last = len(y) / rate - rule.seconds
    if rule.starts_on != "anywhere":
        # The fade before a beat leaves its onset whole.
        beats = beat_times(y, rate, bars=rule.starts_on == "bars") - FADE_SECONDS
        beats = beats[(beats >= 0) & (beats <= last)]
        beats = beats[:: max(1, -(-len(beats) // MOST_STARTS))]
        if len(beats) > 1:
            return np.round(beats, 3), rule.starts_on
    step = max(SMALLEST_STEP, last / MOST_STARTS)
    starts = np.append(np.arange(0, last, step), last)
    return np.unique(np.floor(starts * 1000) / 1000), "anywhere"


def _sounding(y: np.ndarray, rate: int, starts: np.ndarray, length: int) -> np.ndarray:
    block = max(1, round(BLOCK_SECONDS * rate))
    n = len(y) // block
    level = np.sqrt(np.mean(np.square(y[: n * block], dtype=np.float64).reshape(n, block), axis=1))
    sounds = level > SILENT * level.max(initial=0.0)
    firsts = np.minimum(np.round(starts * BLOCK_SECONDS**-1).astype(int), n - 1)
    blocks = max(1, length // block)
    return np.array([sounds[first : first + blocks].mean() for first in firsts])


def require_target(curve: Curve, target: str) -> None:
    """Refuse a target that the model does not have.

    Raises
    ------
    ExcerptError
    """
    if target not in curve.outputs:
        raise ExcerptError(
            f"the model has no target {target}; it has {plural(curve.outputs, 'target')}: "
            f"{', '.join(curve.outputs)}"
        )
