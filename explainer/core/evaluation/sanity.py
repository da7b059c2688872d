"""Optional checks: whether an explanation depends on the random seed, and whether on the model."""

import copy
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.methods import explain
from explainer.core.models.adapters import ModelError, MusicModel, TorchModel
from explainer.core.models.second_level import with_emotions
from explainer.core.perturbation.problem import Problem

from .fidelity import rank_correlation, top_overlap

if TYPE_CHECKING:
    import torch

Agreement = dict[str, dict[str, float | None]]


def over_seeds(
    explanation: Explanation, problem: Problem, recipe: Recipe, names: Sequence[str]
) -> tuple[Agreement, int]:
    """Repeat the explanation with other seeds and compare every pair.

    Parameters
    ----------
    explanation, problem, recipe
        ``recipe.stability_seeds`` is the number of further seeds.
    names : sequence of str
        Targets to report on.

    Returns
    -------
    agreement : dict
        Target name to ``rank_correlation`` (Spearman) and ``top_overlap`` (Jaccard of the k strongest
        segments, k the recipe's first evidence size), each averaged over pairs.
    model_calls : int
    """
    again = problem.for_targets(problem.target_indices)
    further = [
        with_emotions(
            explain(recipe.method, again, replace(recipe, seed=recipe.seed + number)), problem.model
        )
        for number in range(1, recipe.stability_seeds + 1)
    ]
    return _agreement([explanation, *further], recipe, names), again.model_calls


def randomised_model(
    explanation: Explanation, problem: Problem, recipe: Recipe, names: Sequence[str]
) -> tuple[Agreement, int]:
    """Explain the model with shuffled weights, and compare.

    Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018: an explanation that does not change
    does not depend on what the model has learned. The linear second level is not shuffled. Weights are the
    parameters and buffers of a checkpoint, including statistics of batch normalisation.

    Returns
    -------
    agreement : dict
        As returned by `over_seeds`; values near 0 are good. Empty if `why_not_randomised` gives a reason.
    model_calls : int
    """
    model = problem.model
    if not isinstance(model, TorchModel) or why_not_randomised(model):
        return {}, 0
    shuffled = copy.copy(problem)
    shuffled.model = with_shuffled_weights(model, random_generator(recipe, "random places of weights"))
    shuffled = shuffled.for_targets(problem.target_indices)
    # With a shuffled first level the declared second level may no longer hold, so emotions are explained
    # from their own outputs if the method can.
    other = explain(recipe.method, shuffled, replace(recipe, stop_confidence=0.0))
    if len(other.targets) < len(explanation.targets):
        other = with_emotions(other, model)
    return _agreement([explanation, other], recipe, names), shuffled.model_calls


def why_not_randomised(model: MusicModel) -> str:
    """Return why a model's weights cannot be shuffled; empty if they can."""
    if not isinstance(model, TorchModel):
        return (
            "The check with shuffled weights was skipped: it needs a PyTorch module with accessible weights."
        )
    if not any((weights != weights.flatten()[0]).any() for weights in _weights_of(model) if weights.numel()):
        return (
            "The check with shuffled weights was skipped: the module's checkpoint has no parameter and no "
            "buffer whose entries differ."
        )
    return ""


def with_shuffled_weights(model: TorchModel, rng: np.random.Generator) -> TorchModel:
    """Return a copy of the model in which the entries of each parameter and buffer are shuffled."""
    import torch

    shuffled = copy.copy(model)
    shuffled.module = copy.deepcopy(model.module)
    with torch.no_grad():
        for weights in _weights_of(shuffled):
            places = torch.from_numpy(rng.permutation(weights.numel()))
            weights.copy_(weights.flatten()[places.to(weights.device)].reshape(weights.shape))
    return shuffled


def _weights_of(model: TorchModel) -> "list[torch.Tensor]":
    """Return the tensors of the model's checkpoint: parameters and buffers, but no constants of the code."""
    import torch

    return [value for value in model.module.state_dict().values() if isinstance(value, torch.Tensor)]


def _agreement(explanations: Sequence[Explanation], recipe: Recipe, names: Sequence[str]) -> Agreement:
    result: Agreement = {}
    for name in names:
        weights = [explanation.weights[explanation.target_index(name)] for explanation in explanations]
        pairs = list(itertools.combinations(weights, 2))
        ranks = [rank for a, b in pairs if (rank := rank_correlation(a, b)) is not None]
        result[name] = {
            "rank_correlation": float(np.mean(ranks)) if ranks else None,
            "top_overlap": float(np.mean([top_overlap(a, b, recipe.evidence_sizes[0]) for a, b in pairs])),
        }
    return result


def requested_checks(
    explanation: Explanation, problem: Problem, recipe: Recipe, names: Sequence[str]
) -> tuple[dict[str, Any], int]:
    """Do the checks that the recipe requests.

    Returns
    -------
    found : dict
        Entries of `Explanation.fidelity`.
    model_calls : int
    """
    found: dict[str, Any] = {}
    calls = 0
    if recipe.stability_seeds:
        found["over_seeds"], more_calls = over_seeds(explanation, problem, recipe, names)
        calls += more_calls
    if recipe.randomised_model:
        reason = why_not_randomised(problem.model)
        try:
            found["randomised_model"], more_calls = randomised_model(explanation, problem, recipe, names)
            calls += more_calls
        except ModelError as error:
            found["randomised_model"] = {}
            reason = f"The check with shuffled weights was skipped: with shuffled weights, {error}."
        if reason:
            found["randomised_model_left_out"] = reason
    return found, calls
