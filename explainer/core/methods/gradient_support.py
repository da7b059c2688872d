"""Helpers of the gradient methods: a differentiable model and its layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from explainer.core.base.memory import is_out_of_memory
from explainer.core.base.recipe import RecipeError
from explainer.core.models.adapters import MusicModel, TorchModel

if TYPE_CHECKING:
    import torch


def torch_model(model: MusicModel, method: str) -> TorchModel:
    """Return the model as a `TorchModel`.

    Raises
    ------
    RecipeError
        If it is not one.
    """
    if not isinstance(model, TorchModel):
        raise RecipeError(
            f"recipe field 'method': {method!r} needs gradients, which only torch models have; "
            f"explain {model.name!r} with 'lime_batched', 'kernel_shap' or 'occlusion'"
        )
    return model


def differentiable_output(model: TorchModel, batch: "torch.Tensor") -> "torch.Tensor":
    """Return the outputs on the scale that is explained, attached to the autograd graph."""
    import torch

    outputs = model.differentiable(batch)
    return torch.logit(outputs, eps=1e-6) if model.output == "probability" else outputs


@contextmanager
def reject_undifferentiable(model: TorchModel, method: str) -> Iterator[None]:
    """Turn PyTorch's error about a model that cannot be differentiated into a `RecipeError`."""
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        complaint = str(error).partition(". ")[0]
        raise RecipeError(
            f"recipe field 'method': {method!r} needs gradients, and PyTorch cannot differentiate "
            f"{model.name!r} ({complaint}); explain it with 'lime_batched', 'kernel_shap' or 'occlusion'"
        ) from error


def convolutional_layer(model: TorchModel, name: str) -> Any:
    """Return the layer called `name`, or the last convolution with what directly follows it.

    Grad-CAM needs activations, so a normalisation and a rectifier that the module registers right
    after the convolution count as part of it.

    Raises
    ------
    RecipeError
        If there is no such layer, or no convolution at all.
    """
    from torch import nn

    layers = dict(model.module.named_modules())
    if name:
        if name not in layers:
            raise RecipeError(f"recipe field 'method_parameters': {model.name!r} has no layer {name!r}")
        return layers[name]
    leaves = [layer for layer in layers.values() if not list(layer.children())]
    positions = [i for i, layer in enumerate(leaves) if isinstance(layer, (nn.Conv1d, nn.Conv2d))]
    if not positions:
        raise RecipeError(
            f"recipe field 'method': 'grad_cam' needs a convolution and {model.name!r} has none"
        )
    chosen = positions[-1]
    following = (nn.BatchNorm1d, nn.BatchNorm2d, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU)
    while chosen + 1 < len(leaves) and isinstance(leaves[chosen + 1], following):
        chosen += 1
    return leaves[chosen]
