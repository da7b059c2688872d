"""Random weights: the baseline that every method must exceed."""

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.perturbation.problem import Problem

from .registry import method, parameters_of


@method("random")
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """Random weights, normally distributed, fixed by the seed; for use as a control only."""
    parameters_of("random", recipe)
    rng = random_generator(recipe, "random weights")
    weights = rng.standard_normal((len(problem.targets), problem.n_segments))
    return problem.explanation(weights)
