"""LIME's weights estimated by a surrogate that models interactions of segments."""

from dataclasses import replace

import numpy as np

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.models.adapters import explained_scale
from explainer.core.perturbation.problem import Problem
from explainer.core.perturbation.sampling import Design, draw_design
from explainer.core.perturbation.stopping import evaluate_until_stable

from .linear_surrogate import Fit, fit
from .process_surrogate import main_effects
from .registry import method, parameters_of


@method("gaussian_process", draws_masks=True)
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """Return a Gaussian process' main effects: LIME's weights from fewer calls.

    They estimate the weights that a linear surrogate reaches in the limit of infinitely many
    independent masks at the recipe's keep probability. Interactions of segments, which are noise to a
    linear surrogate, are part of the model here. `process_surrogate` describes the covariance.
    """
    parameters_of("gaussian_process", recipe)
    rng = random_generator(recipe, "masks")
    design = draw_design(recipe.sampling, problem.n_segments, recipe.calls, recipe.keep_probability, rng)

    groupings = problem.segmentation.groupings()
    on_track = explained_scale(problem.whole_outputs()[np.newaxis], problem.model.output)

    def estimate(masks: np.ndarray, outputs: np.ndarray, part: Design) -> Fit:
        if not part.complete:
            # The output on the whole track is known anyway, and this design never contains that mask.
            masks, outputs = np.vstack([masks, problem.whole()]), np.vstack([outputs, on_track])
            return main_effects(masks, outputs, recipe.keep_probability, groupings)
        # Every mask was evaluated, so the main effects are exact: the balanced regression gives them.
        exact = fit(masks, outputs, np.ones(len(masks)), ridge=0.0)
        return replace(exact, standard_errors=np.zeros_like(exact.weights))

    found, evaluated = evaluate_until_stable(problem, recipe, design, estimate)
    return problem.explanation(
        found.weights,
        intercepts=found.intercepts,
        standard_errors=found.standard_errors,
        masks=evaluated.rows,
        **evaluated.provenance,
    )
