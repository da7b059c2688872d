"""The attention method: the model's own attention maps, summed over segments."""

import numpy as np

from explainer.core.base.counting import plural
from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.models.adapters import ModelError, MusicModel, TorchModel, copy_of_inputs
from explainer.core.models.effects import emotion_segment_weights
from explainer.core.perturbation.problem import Problem

from .registry import method, parameters_of

QUANTITIES = ("attention", "attended_readings")


@method("attention", needs_gradients=True, quantity="attention")
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """Attention of the model itself, summed over each segment's cells; only for models that expose it.

    Bahdanau, Cho, Bengio, "Neural machine translation by jointly learning to align and translate",
    ICLR 2015. A torch module exposes attention by a method ``attention(features)`` that returns, for
    each target, shares of attention over the cells, which add up to 1. Attention shows where the
    model looked, not for or against which target: it is never negative, so only emotions have
    counter-evidence. With ``quantity`` "attended_readings" each share is multiplied by the value read
    there, which a method of that name returns; the weights then add up to the output minus the output on
    average data. Attention does not necessarily show what the output depends on (Jain & Wallace,
    "Attention is not explanation", NAACL 2019). There are no standard errors; ``calls``, ``sampling`` and
    the hidden value do not apply.
    """
    parameters = parameters_of("attention", recipe)
    if parameters["quantity"] not in QUANTITIES:
        raise RecipeError(
            f"recipe field 'method_parameters': quantity {parameters['quantity']!r} must be one of "
            f"{', '.join(QUANTITIES)}"
        )
    cells = _cells(problem, parameters["quantity"])
    weights = np.stack([problem.segmentation.total(cells_of_target) for cells_of_target in cells])
    return problem.explanation(weights[list(problem.target_indices)], **parameters)


def _cells(problem: Problem, name: str) -> list[np.ndarray]:
    """Return an array (n_frames, n_bands) for each of the model's targets."""
    import torch

    model = _model_with(problem.model, name)
    if model.representation.feeds_sound:
        raise RecipeError(
            f"recipe field 'method': 'attention' needs a model that takes a spectrogram, and {model.name!r} "
            "takes sound; explain it with 'lime_batched', 'kernel_shap' or 'occlusion'"
        )
    stretches = model.windows(len(problem.features))
    cells: np.ndarray | None = None
    for stretch in stretches:
        window = torch.from_numpy(copy_of_inputs(problem.features[None, stretch])).to(model.device)
        with torch.inference_mode():
            maps = getattr(model.module, name)(window)[0].double().cpu().numpy()
        problem.count(1)
        if cells is None:
            cells = np.zeros((len(maps), *problem.features.shape))
        if maps.shape[1:] != window.shape[1:]:
            raise ModelError(
                f"model {model.name!r}: its method {name} returned maps of shape {maps.shape[1:]} "
                f"for features of shape {tuple(window.shape[1:])}; it must return one number per cell"
            )
        cells[:, stretch] += maps / len(stretches)
    assert cells is not None
    n_targets = len(model.targets)
    if len(cells) == n_targets:
        return list(cells)
    second_level = model.emotion_weights
    if second_level is None or len(cells) != len(second_level):
        raise ModelError(
            f"model {model.name!r}: its method {name} returned {plural(cells, 'map')} for "
            f"{plural(n_targets, 'target')}; "
            "it must return one for each target, or for each mid-level target of a two-level model"
        )
    flat = cells.reshape(len(cells), -1)
    # The second level is linear, so attention to an emotion is the same linear combination of the maps.
    emotions = emotion_segment_weights(second_level, flat).reshape(-1, *cells.shape[1:])
    return [*cells, *emotions]


def _model_with(model: MusicModel, name: str) -> TorchModel:
    if isinstance(model, TorchModel) and callable(getattr(model.module, name, None)):
        return model
    raise RecipeError(
        f"recipe field 'method': 'attention' needs a torch model whose module has a method {name!r}, and "
        f"{model.name!r} has none; explain it with 'lime_batched', 'kernel_shap' or 'occlusion'"
    )
