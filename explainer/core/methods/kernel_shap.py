"""KernelSHAP: Shapley values by weighted regression on paired coalitions."""

import numpy as np
import scipy.special

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.perturbation.problem import Problem

from .linear_surrogate import clustered_errors
from .registry import method, parameters_of


@method("kernel_shap", draws_masks=True)
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """KernelSHAP with paired sampling: weights that add up to the output minus that with all hidden.

    Lundberg & Lee, "A unified approach to interpreting model predictions", NeurIPS 2017; pairing
    after Covert & Lee, "Improving KernelSHAP", AISTATS 2021. If the budget allows it, all coalitions
    are evaluated and the values are exact. The recipe's ``sampling`` and ``keep_probability`` do
    not apply: the Shapley kernel fixes how many segments are kept.
    """
    parameters_of("kernel_shap", recipe)
    n = problem.n_segments
    ends = problem.predict_masks(np.stack([np.ones(n, dtype=bool), np.zeros(n, dtype=bool)]))
    gain = ends[0] - ends[1]
    # One segment has no coalitions other than these two, so there is nothing to fit.
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
        # Coalitions are drawn with the kernel's probabilities, so the regression must not weight them again.
        weights = np.full(len(masks), 1 / len(masks))
        clusters = np.repeat(np.arange(len(masks) // 2), 2)
    outputs = problem.predict_masks(masks) - ends[1]
    X = masks.astype(float)
    inverse = np.linalg.pinv((X * weights[:, None]).T @ X, hermitian=True)
    # The kernel's weight is infinite for the whole and the empty coalition, which makes both exact
    # constraints: the coefficients must add up to `gain`. The unconstrained solution is projected onto
    # that plane along inverse @ 1, the Lagrange solution of least squares with one linear constraint.
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
    """Return every coalition except the empty and the whole one, with its Shapley kernel weight."""
    masks = (np.arange(1, 2**n - 1)[:, None] >> np.arange(n)) & 1 == 1
    sizes = masks.sum(axis=1)
    weights = (n - 1) / (scipy.special.comb(n, sizes) * sizes * (n - sizes))
    return masks, weights / weights.sum()


def _paired_coalitions(n: int, calls: int, rng: np.random.Generator) -> np.ndarray:
    """Draw coalitions with the Shapley kernel's probabilities, each followed by its complement."""
    # The kernel weight of a size times the number of coalitions of that size: the binomial coefficients
    # cancel, and (n - 1) is constant. A complement has the same weight, so pairing leaves it unchanged.
    sizes = np.arange(1, n)
    probabilities = 1 / (sizes * (n - sizes))
    drawn = rng.choice(sizes, size=max(calls // 2, 1), p=probabilities / probabilities.sum())
    ranks = rng.random((len(drawn), n)).argsort(axis=1).argsort(axis=1)
    masks = ranks < drawn[:, None]
    return np.stack([masks, ~masks], axis=1).reshape(-1, n)
