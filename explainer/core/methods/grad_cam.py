"""A convolutional layer's maps, weighted by their gradients."""

from typing import TYPE_CHECKING

import numpy as np

from ..explanation import Explanation
from ..gradients import convolutional_layer, differentiable_output, torch_model
from ..problem import Problem
from ..recipe import Recipe
from .registry import method, parameters_of

if TYPE_CHECKING:
    import torch


@method("grad_cam", cost_grows_with_targets=True, needs_gradients=True, layer="")
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """Grad-CAM on a convolutional layer, summed over each segment's cells; torch models only.

    Selvaraju et al., "Grad-CAM", ICCV 2017, as captum computes it, without the final rectifier,
    so that there is evidence against a target too. ``layer`` is the dotted name of the layer,
    by default the last convolution and its rectifier. The map is stretched to the features'
    size with its sum unchanged. No standard errors; ``calls``, ``sampling`` and the hidden value
    do not apply.
    """
    import torch
    from captum.attr import LayerGradCam

    parameters = parameters_of("grad_cam", recipe)
    model = torch_model(problem.model, "grad_cam")
    layer = convolutional_layer(model, parameters["layer"])
    stretches = model.windows(len(problem.features))
    heard = np.stack([problem.features[stretch] for stretch in stretches])
    windows = torch.from_numpy(heard).to(model.device)
    attribution = LayerGradCam(lambda batch: differentiable_output(model, batch), layer)
    weights = np.zeros((len(problem.targets), problem.n_segments))
    for row, index in enumerate(problem.target_indices):
        maps = attribution.attribute(windows, target=index).detach()
        problem.count(len(windows))
        cells = np.zeros(problem.features.shape)
        for stretch, enlarged in zip(stretches, _enlarge(maps, heard.shape[1:]), strict=True):
            cells[stretch] += enlarged / len(stretches)
        weights[row] = problem.segmentation.total(cells)
    return problem.explanation(weights, **parameters)


def _enlarge(maps: "torch.Tensor", shape: tuple[int, ...]) -> np.ndarray:
    """Return maps (n, 1, height, width) interpolated to (n, *shape), their sums unchanged."""
    from torch.nn.functional import interpolate

    if maps.ndim == 3:
        maps = maps[..., None]  # a convolution over time only
    enlarged = interpolate(maps, size=shape, mode="bilinear", align_corners=False)[:, 0]
    # Interpolation keeps the mean only approximately; the remainder is spread evenly.
    remainder = maps.mean(dim=(1, 2, 3)) - enlarged.mean(dim=(1, 2))
    scale = maps[0].numel() / (shape[0] * shape[1])
    return ((enlarged + remainder[:, None, None]) * scale).cpu().double().numpy()
