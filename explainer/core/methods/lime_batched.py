"""LIME with masks evaluated in batches and all targets solved together."""

from dataclasses import replace

import numpy as np

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, RecipeError, random_generator
from explainer.core.perturbation.problem import Problem
from explainer.core.perturbation.sampling import Design, draw_design
from explainer.core.perturbation.stopping import evaluate_until_stable

from .linear_surrogate import Fit, cosine_distance_to_whole, exponential_kernel, fit
from .registry import method, parameters_of


@method("lime_batched", draws_masks=True, kernel="cosine", kernel_width=0.25, ridge=1.0)
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """LIME with any sampling design: one factorisation for all targets, with standard errors.

    On the same masks the weights equal those of `lime`. With ``kernel`` "none" every mask has the
    same weight, which keeps the columns of a designed sample orthogonal.
    """
    parameters = parameters_of("lime_batched", recipe)
    rng = random_generator(recipe, "masks")
    design = draw_design(recipe.sampling, problem.n_segments, recipe.calls, recipe.keep_probability, rng)

    def estimate(masks: np.ndarray, outputs: np.ndarray, part: Design) -> Fit:
        proximity = _proximity(masks, parameters["kernel"], parameters["kernel_width"])
        solved = fit(masks, outputs, proximity, ridge=parameters["ridge"], clusters=part.clusters)
        if not part.complete:
            return solved
        return replace(solved, standard_errors=np.zeros_like(solved.standard_errors))

    solved, evaluated = evaluate_until_stable(problem, recipe, design, estimate)
    return problem.explanation(
        solved.weights,
        intercepts=solved.intercepts,
        standard_errors=solved.standard_errors,
        masks=evaluated.rows,
        **evaluated.provenance,
        **parameters,
    )


def _proximity(masks: np.ndarray, kernel: str, width: float) -> np.ndarray:
    match kernel:
        case "cosine":
            return exponential_kernel(cosine_distance_to_whole(masks), width)
        case "none":
            return np.ones(len(masks))
        case other:
            raise RecipeError(
                f"recipe field 'method_parameters': kernel {other!r} must be 'cosine' or 'none'"
            )
