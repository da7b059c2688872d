"""LIME as published, with the surrogate of the lime package."""

import numpy as np

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.perturbation.problem import Problem
from explainer.core.perturbation.sampling import draw_design

from .linear_surrogate import cosine_distance_to_whole, exponential_kernel
from .registry import method, parameters_of


@method("lime", draws_masks=True, kernel_width=0.25, ridge=1.0)
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """LIME as published: one ridge regression per target, by the lime package.

    Ribeiro, Singh, Guestrin. "Why should I trust you?" KDD 2016. Kept as the reference for
    `lime_batched`; it has no standard errors.
    """
    from lime.lime_base import LimeBase
    from sklearn.linear_model import Ridge

    parameters = parameters_of("lime", recipe)
    rng = random_generator(recipe, "masks")
    masks = draw_design(recipe.sampling, problem.n_segments, recipe.calls, recipe.keep_probability, rng).masks
    outputs = problem.predict_masks(masks)
    distances = cosine_distance_to_whole(masks)
    lime = LimeBase(lambda distance: exponential_kernel(distance, parameters["kernel_width"]), random_state=0)
    weights = np.zeros((outputs.shape[1], problem.n_segments))
    intercepts = np.zeros(outputs.shape[1])
    for target in range(outputs.shape[1]):
        intercepts[target], local, _, _ = lime.explain_instance_with_data(
            masks.astype(float),
            outputs,
            distances,
            target,
            num_features=problem.n_segments,
            feature_selection="none",
            model_regressor=Ridge(alpha=parameters["ridge"]),
        )
        for segment, weight in local:
            weights[target, segment] = weight
    return problem.explanation(weights, intercepts=intercepts, masks=len(masks), **parameters)
