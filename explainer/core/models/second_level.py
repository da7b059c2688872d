"""Explanations of emotions from explanations of mid-level features, without further model calls."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explainer.core.base.explanation import Explanation

from .adapters import MusicModel
from .effects import effects, emotion_segment_weights, relative_effects


def targets_to_explain(model: MusicModel, names: Sequence[str], *, all_at_once: bool) -> list[int]:
    """Return which outputs a method must explain so that `names` are explained in the end.

    Parameters
    ----------
    names : sequence of str
        Requested targets; empty for all.
    all_at_once : bool
        Whether further targets need no further calls; then all are explained.

    Raises
    ------
    ValueError
        If the model has no target of that name.
    """
    known = [target.name for target in model.targets]
    missing = [name for name in names if name not in known]
    if missing:
        raise ValueError(
            f"model {model.name!r} has no target {', '.join(missing)}; it has {', '.join(known)}"
        )
    if all_at_once:
        return list(range(len(known)))
    if model.emotion_weights is not None:
        return list(range(len(model.emotion_weights)))
    return sorted({known.index(name) for name in names} or range(len(known)))


def with_emotions(explanation: Explanation, model: MusicModel) -> Explanation:
    """Return an explanation of both levels from one that holds at least all mid-level features.

    Emotion weights are the second level's weights times the mid-level weights. Their standard
    errors would need the covariance of the mid-level outputs over masks: if the method explained the
    emotions from the same calls, its own standard errors are kept; otherwise there are none.
    """
    weights, bias = model.emotion_weights, model.emotion_bias
    if weights is None or bias is None:
        return explanation
    n_mid = len(weights)
    mid = explanation.weights[:n_mid]
    predictions = explanation.predictions[:n_mid]
    complete = len(explanation.targets) == len(model.targets)
    return replace(
        explanation,
        targets=model.targets,
        weights=np.concatenate([mid, emotion_segment_weights(weights, mid)]),
        intercepts=np.concatenate(
            [explanation.intercepts[:n_mid], explanation.intercepts[:n_mid] @ weights + bias]
        ),
        predictions=np.concatenate([predictions, predictions @ weights + bias]),
        standard_errors=explanation.standard_errors if complete else None,
        provenance={**explanation.provenance, "second_level": describe_second_level(model, predictions)},
    )


def describe_second_level(model: MusicModel, mid_level: np.ndarray) -> dict[str, Any]:
    """Return weights, predictions and effects of the second level on one track, as JSON types.

    Returns
    -------
    dict
        ``mid_level`` and ``emotions`` (names), ``weights`` and ``effects`` and ``relative_effects``
        (n_mid_level x n_emotions), ``bias`` (n_emotions), ``mid_level_predictions``.
    """
    assert model.emotion_weights is not None and model.emotion_bias is not None
    n_mid = len(model.emotion_weights)
    effect = effects(model.emotion_weights, mid_level)
    return {
        "mid_level": [target.name for target in model.targets[:n_mid]],
        "emotions": [target.name for target in model.targets[n_mid:]],
        "weights": model.emotion_weights.tolist(),
        "bias": model.emotion_bias.tolist(),
        "mid_level_predictions": mid_level.tolist(),
        "effects": effect.tolist(),
        "relative_effects": relative_effects(effect).tolist(),
    }
