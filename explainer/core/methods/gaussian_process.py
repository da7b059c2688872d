"""LIME's question with a surrogate that knows of interactions."""

import numpy as np

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.models.adapters import explained_scale
from explainer.core.perturbation.problem import Problem
from explainer.core.perturbation.sampling import Design, draw_design
from explainer.core.perturbation.stopping import ask_until_stable

from .linear_surrogate import fit
from .process_surrogate import MainEffects, main_effects
from .registry import method, parameters_of


@method("gaussian_process")
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """Return a Gaussian process' main effects: LIME's weights from fewer calls.

    The weights are those of a linear surrogate with endless independent masks of the recipe's keep
    probability; what segments do together no longer scatters them.
    """
    parameters_of("gaussian_process", recipe)
    rng = random_generator(recipe, "masks")
    design = draw_design(recipe.sampling, problem.n_segments, recipe.calls, recipe.keep_probability, rng)

    groupings = problem.segmentation.groupings()
    on_track = explained_scale(problem.whole_outputs()[np.newaxis], problem.model.output)

    def estimate(masks: np.ndarray, outputs: np.ndarray, part: Design) -> MainEffects:
        if not part.complete:
            # What the model says of the track is known anyway; designs do not ask it.
            masks, outputs = np.vstack([masks, problem.whole()]), np.vstack([outputs, on_track])
            return main_effects(masks, outputs, recipe.keep_probability, groupings)
        exact = fit(masks, outputs, np.ones(len(masks)), ridge=0.0)  # every mask was asked: nothing to infer
        return MainEffects(exact.weights, exact.intercepts, np.zeros_like(exact.weights))

    found, asked = ask_until_stable(problem, recipe, design, estimate)
    return problem.explanation(
        found.weights,
        intercepts=found.intercepts,
        standard_errors=found.standard_errors,
        masks=asked.rows,
        **asked.provenance,
    )
