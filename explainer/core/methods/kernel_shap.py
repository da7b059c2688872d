"""Shapley values by weighted regression on paired coalitions."""

import numpy as np
import scipy.special

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.perturbation.problem import Problem

from .linear_surrogate import clustered_errors
from .registry import method, parameters_of


@method("kernel_shap")
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """KernelSHAP with paired sampling: weights that add up to the output over silence.

    Lundberg & Lee, "A unified approach to interpreting model predictions", NeurIPS 2017; pairing
    after Covert & Lee, "Improving KernelSHAP", AISTATS 2021. All coalitions are asked where the
    budget allows it; the values are then exact. The recipe's ``sampling`` and
    ``keep_probability`` do not apply: the Shapley kernel fixes how many segments stay.
    """
    parameters_of("kernel_shap", recipe)
    n = problem.n_segments
    ends = problem.predict_masks(np.stack([np.ones(n, dtype=bool), np.zeros(n, dtype=bool)]))
    gain = ends[0] - ends[1]
    if n == 1:
        return problem.explanation(
            gain[:, None], intercepts=ends[1], standard_errors=np.zeros((len(gain), 1))
        )
    complete = n <= 20 and 2**n <= recipe.calls
    if complete:
        masks, weights = _all_coalitions(n)
        clusters = None
    else:
        masks = _paired_coalitions(n, max(recipe.calls - 3, 2), random_generator(recipe, "masks"))
        weights = np.full(len(masks), 1 / len(masks))
        clusters = np.repeat(np.arange(len(masks) // 2), 2)
    outputs = problem.predict_masks(masks) - ends[1]
    X = masks.astype(float)
    inverse = np.linalg.pinv((X * weights[:, None]).T @ X, hermitian=True)
    # Projection onto the coefficients that add up to the gain.
    column = inverse.sum(axis=1)
    free = np.eye(n) - np.outer(column, np.ones(n)) / column.sum()
    influence = (X * weights[:, None]) @ inverse @ free.T
    values = influence.T @ outputs + np.outer(column / column.sum(), gain)
    errors = (
        np.zeros((len(gain), n)) if complete else clustered_errors(influence, outputs - X @ values, clusters)
    )
    return problem.explanation(
        values.T, intercepts=ends[1], standard_errors=errors, masks=len(masks) + 2, complete=complete
    )


def _all_coalitions(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every coalition but the empty and the whole one, with its Shapley kernel weight."""
    masks = (np.arange(1, 2**n - 1)[:, None] >> np.arange(n)) & 1 == 1
    sizes = masks.sum(axis=1)
    weights = (n - 1) / (scipy.special.comb(n, sizes) * sizes * (n - sizes))
    return masks, weights / weights.sum()


def _paired_coalitions(n: int, calls: int, rng: np.random.Generator) -> np.ndarray:
    """Draw coalitions with the Shapley kernel's probabilities, each followed by its complement."""
    sizes = np.arange(1, n)
    probabilities = 1 / (sizes * (n - sizes))
    drawn = rng.choice(sizes, size=max(calls // 2, 1), p=probabilities / probabilities.sum())
    ranks = rng.random((len(drawn), n)).argsort(axis=1).argsort(axis=1)
    masks = ranks < drawn[:, None]
    return np.stack([masks, ~masks], axis=1).reshape(-1, n)
