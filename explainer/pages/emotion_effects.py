"""Data on effects of mid-level features on emotions, for the explanation page; no HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explainer.core.models.effects import centred_effects, relative_effects
from explainer.correlations import predictions
from explainer.models import Explanation, Track

FEWEST_TRACKS = 2  # needed for a mean


@dataclass(frozen=True)
class Effect:
    """The effect of one feature on one emotion.

    Attributes
    ----------
    name : str
        Name of the feature.
    value : float
        Weight times feature.
    share : float
        Share of the sum of all absolute effects, 0 to 1.
    centred : float or None
        Weight times the feature's distance from its mean over tracks; None if the mean is not known.
    x, width : float
        Left edge and width of a bar, on an axis from -100 to 100.
    """

    name: str
    value: float
    share: float
    centred: float | None
    x: float
    width: float


@dataclass(frozen=True)
class EmotionEffects:
    """The effects of all mid-level features on one emotion."""

    name: str
    prediction: float | None
    bias: float
    effects: list[Effect]


@dataclass(frozen=True)
class SecondLevel:
    """All effects on a track; `tracks` is the number of tracks over which features are centred."""

    emotions: list[EmotionEffects]
    tracks: int


def gather(explanation: Explanation, names: Sequence[str]) -> SecondLevel | None:
    """Return the effects on the named emotions, or on all if none is named; None for a one-level model."""
    level = explanation.provenance.get("second_level")
    if not level:
        return None
    effect = np.array(level["effects"])
    share, (centred, tracks) = relative_effects(effect), _centred(explanation, level)
    wanted = [name for name in level["emotions"] if name in names] or level["emotions"]
    columns = [level["emotions"].index(name) for name in wanted]
    longest = float(np.abs(effect[:, columns]).max(initial=0)) or 1.0
    return SecondLevel(
        [
            EmotionEffects(
                name=name,
                prediction=explanation.predictions.get(name),
                bias=level["bias"][column],
                effects=[
                    Effect(
                        feature,
                        float(effect[row, column]),
                        float(share[row, column]),
                        None if centred is None else float(centred[row, column]),
                        *_place(float(effect[row, column]) / longest),
                    )
                    for row, feature in enumerate(level["mid_level"])
                ],
            )
            for name, column in zip(wanted, columns, strict=True)
        ],
        tracks,
    )


def _centred(explanation: Explanation, level: dict) -> tuple[np.ndarray | None, int]:
    """Return effects of features minus their means over all tracks with predictions."""
    names = level["mid_level"]
    answers = list(predictions.known(explanation.model, list(Track.objects.all())).values())
    if len(answers) < FEWEST_TRACKS:
        return None, len(answers)
    mean = np.array([[answer[name] for name in names] for answer in answers]).mean(axis=0)
    here = np.array(level["mid_level_predictions"])
    return centred_effects(np.array(level["weights"]), here, mean), len(answers)


def _place(share: float) -> tuple[float, float]:
    """Return left edge and width of a bar on an axis from -100 to 100."""
    return (round(100 * min(share, 0), 2), round(100 * abs(share), 2))
