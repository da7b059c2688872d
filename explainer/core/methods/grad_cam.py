"""Grad-CAM: the maps of a convolutional layer, weighted by their gradients."""

from typing import TYPE_CHECKING

import numpy as np

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.perturbation.problem import Problem

from .gradient_support import convolutional_layer, differentiable_output, reject_undifferentiable, torch_model
from .registry import method, parameters_of

if TYPE_CHECKING:
    import torch


@method("grad_cam", cost_grows_with_targets=True, needs_gradients=True, layer="")
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """Grad-CAM on a convolutional layer, summed over each segment's cells; torch models only.

    Selvaraju et al., "Grad-CAM", ICCV 2017, as captum computes it, without the final rectifier,
    so that there is evidence against a target too. ``layer`` is the dotted name of the layer,
    by default the last convolution and its rectifier. The map is stretched to the input's
    size with its sum unchanged. The map of a model that takes sound has a time axis only, so the
    segments must divide the track by time alone. There are no standard errors; ``calls``, ``sampling``
    and the hidden value do not apply.
    """
    import torch
    from captum.attr import LayerGradCam

    parameters = parameters_of("grad_cam", recipe)
    model = torch_model(problem.model, "grad_cam")
    hears_sound = model.representation.feeds_sound
    if hears_sound:
        _require_time_only(problem)
    layer = convolutional_layer(model, parameters["layer"])
    whole = problem.inputs.whole
    stretches = model.windows(len(whole))
    heard = np.stack([whole[stretch] for stretch in stretches])
    windows = torch.from_numpy(heard).to(model.device)
    attribution = LayerGradCam(lambda batch: differentiable_output(model, batch), layer)
    size = (heard.shape[1], 1) if hears_sound else heard.shape[1:]
    weights = np.zeros((len(problem.targets), problem.n_segments))
    for row, index in enumerate(problem.target_indices):
        with reject_undifferentiable(model, "grad_cam"):
            maps = attribution.attribute(windows, target=index).detach()
        problem.count(len(windows))
        if hears_sound and maps.ndim != 3:
            raise RecipeError(
                f"recipe field 'method_parameters': the layer's maps have more axes than time, so 'grad_cam' "
                f"cannot align them with the sound that {model.name!r} takes; name a layer that convolves "
                "over time only, or use 'integrated_gradients' or 'lime_batched'"
            )
        totals = np.zeros((len(whole), size[1]))
        for stretch, enlarged in zip(stretches, _enlarge(maps, size), strict=True):
            totals[stretch] += enlarged / len(stretches)
        weights[row] = problem.segmentation.total(_cells_of(totals[:, 0], problem) if hears_sound else totals)
    return problem.explanation(weights, **parameters)


def _require_time_only(problem: Problem) -> None:
    labels = problem.segmentation.labels
    if len(labels) > 1 or (labels != labels[:, :, :1]).any():
        raise RecipeError(
            f"recipe field 'method': {problem.model.name!r} takes sound, so 'grad_cam' cannot tell bands "
            "apart; divide the track by time only (segmentation 'time'), or use "
            "'integrated_gradients', 'lime_batched', 'kernel_shap' or 'occlusion'"
        )


def _cells_of(samples: np.ndarray, problem: Problem) -> np.ndarray:
    """Return samples summed into cells (n_frames, n_bands): by nearest frame, evenly over the bands."""
    representation = problem.model.representation
    n_frames, n_bands = problem.features.shape
    middles = representation.frame_times(n_frames) * representation.sample_rate
    frames = np.searchsorted((middles[1:] + middles[:-1]) / 2, np.arange(len(samples)) + 0.5)
    totals = np.bincount(frames, weights=samples, minlength=n_frames)
    return np.repeat(totals[:, None] / n_bands, n_bands, axis=1)


def _enlarge(maps: "torch.Tensor", shape: tuple[int, ...]) -> np.ndarray:
    """Return maps (n, 1, height, width) interpolated to (n, *shape) with unchanged sums."""
    from torch.nn.functional import interpolate

    if maps.ndim == 3:
        maps = maps[..., None]  # a convolution over time only
    enlarged = interpolate(maps, size=shape, mode="bilinear", align_corners=False)[:, 0]
    # Interpolation keeps the mean only approximately; the remainder is spread evenly.
    remainder = maps.mean(dim=(1, 2, 3)) - enlarged.mean(dim=(1, 2))
    scale = maps[0].numel() / (shape[0] * shape[1])
    return ((enlarged + remainder[:, None, None]) * scale).cpu().double().numpy()
