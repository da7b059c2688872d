"""16-bit arithmetic, used if the processor supports it and it does not change the explanation."""

import numpy as np

from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.models.adapters import MusicModel, TorchModel, in_32_bits
from explainer.core.perturbation.problem import Problem

from .fidelity import rank_correlation

PROBES = 16
SAME_RANKING = 0.98  # rank correlation of the probes' outputs, for every explained target


def processor_has_bfloat16(device: str) -> bool:
    """Return whether the hardware supports bfloat16; its emulation is slower than 32 bits."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16"))


def settle_precision(problem: Problem, recipe: Recipe) -> str:
    """Choose 16 or 32 bits for the problem's model; return a sentence about the choice.

    The model is evaluated on a few masks in both precisions. 16 bits are used only if the outputs of every
    target are ranked the same and the processor does not emulate them.

    Returns
    -------
    str
        Empty for models that do not declare 16 bits.
    """
    model: MusicModel = problem.model
    if not isinstance(model, TorchModel) or model.precision == "float32":
        return ""
    exact = in_32_bits(model)
    if not processor_has_bfloat16(model.device):
        problem.model = exact
        return "The processor does not support 16-bit arithmetic, so the model computed in 32 bits."
    rng = random_generator(recipe, "probes of precision")
    masks = rng.random((PROBES, problem.n_segments)) < recipe.keep_probability
    coarse = problem.predict_masks(masks)
    problem.model = exact
    fine = problem.predict_masks(masks)
    agreement = min(_same_ranking(a, b) for a, b in zip(coarse.T, fine.T, strict=True))
    if agreement < SAME_RANKING:
        return f"16 bits changed the ranking (rank correlation {agreement:.3f}), so 32 bits were used."
    problem.model = model.in_channels_last()
    return f"The model computed in 16 bits; rank correlation with 32 bits {agreement:.3f} or more."


def _same_ranking(coarse: np.ndarray, fine: np.ndarray) -> float:
    rank = rank_correlation(coarse, fine)
    return 1.0 if rank is None and np.ptp(fine) == 0 else (rank or 0.0)
