"""Integrated gradients: gradients along the straight line from the hidden value to the track."""

import numpy as np

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe
from explainer.core.perturbation.problem import Problem

from .gradient_support import differentiable_output, reject_undifferentiable, torch_model
from .registry import method, parameters_of


@method("integrated_gradients", cost_grows_with_targets=True, needs_gradients=True, steps=32)
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """Integrated gradients, summed over each segment; torch models only.

    Sundararajan, Taly, Yan, "Axiomatic attribution for deep networks", ICML 2017, as captum
    computes it. The baseline is the recipe's hidden value, so the weights add up to the output on the
    track minus the output with every cell hidden. A model that takes sound is differentiated with
    respect to its samples; a segment's weight is then the integrated gradient times the segment's
    sound. There are no standard errors; ``calls`` and ``sampling`` do not apply.
    """
    import torch
    from captum.attr import IntegratedGradients

    parameters = parameters_of("integrated_gradients", recipe)
    model = torch_model(problem.model, "integrated_gradients")
    inputs = problem.inputs
    track = torch.from_numpy(inputs.whole.copy())[None].to(model.device)
    baseline = torch.from_numpy(inputs.nothing.copy())[None].to(model.device)
    # The integrated gradient alone, without captum's factor (input - baseline): `gradient_times_input`
    # multiplies by each segment's own part of that difference, which also splits cells that segments share.
    attribution = IntegratedGradients(
        lambda batch: differentiable_output(model, batch), multiply_by_inputs=False
    )
    weights = np.zeros((len(problem.targets), problem.n_segments))
    for row, index in enumerate(problem.target_indices):
        with reject_undifferentiable(model, "integrated_gradients"):
            gradient = attribution.attribute(
                track, baseline, target=index, n_steps=parameters["steps"], internal_batch_size=4
            )
        problem.count(parameters["steps"])
        weights[row] = inputs.gradient_times_input(gradient[0].detach().cpu().double().numpy())
    return problem.explanation(weights, **parameters)
