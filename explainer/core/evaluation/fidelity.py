"""Fidelity of explanations: held-out masks, deletion and insertion curves, complexity."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.clips.rendering import RenderedClip
from explainer.core.perturbation.problem import Problem


@dataclass(frozen=True)
class Effort:
    """Number of model calls spent on measuring fidelity.

    Attributes
    ----------
    curve_steps : int
        Steps of a deletion or insertion curve.
    random_orders : int
        Random orders with which the explanation's order is compared.
    """

    held_out_masks: int = 64
    curve_steps: int = 8
    random_orders: int = 4

    @classmethod
    def for_budget(cls, calls: int) -> "Effort":
        """Return an effort in proportion to the calls of the explanation itself."""
        return cls() if calls >= 256 else cls(held_out_masks=16, curve_steps=4, random_orders=2)


def held_out(
    explanation: Explanation, problem: Problem, recipe: Recipe, *, masks: int = 64
) -> dict[str, dict[str, float | None]]:
    """Compare the surrogate with the model on masks that were not used to fit it.

    The masks are drawn independently with the recipe's keep probability.

    Returns
    -------
    dict
        Target name to ``r2`` (1 is perfect, below 0 worse than the mean) and ``rank_correlation``
        (Spearman); None if the model's outputs do not vary.
    """
    rng = random_generator(recipe, "held-out masks")
    unseen = rng.random((masks, explanation.n_segments)) < recipe.keep_probability
    outputs = problem.predict_masks(unseen)
    surrogate = explanation.intercepts + unseen @ explanation.weights.T
    return {
        target.name: _agreement(outputs[:, row], surrogate[:, row])
        for row, target in enumerate(explanation.targets)
    }


def _agreement(outputs: np.ndarray, surrogate: np.ndarray) -> dict[str, float | None]:
    variation = float(((outputs - outputs.mean()) ** 2).sum())
    if np.ptp(outputs) <= 1e-9 * max(float(np.abs(outputs).max()), 1e-9):
        return {"r2": None, "rank_correlation": None}
    r2 = 1 - float(((outputs - surrogate) ** 2).sum()) / variation
    return {"r2": r2, "rank_correlation": rank_correlation(outputs, surrogate)}


def worse_than_constant(
    held_out: Mapping[str, Mapping[str, float | None]], names: Iterable[str]
) -> list[str]:
    """Return a warning about the targets whose held-out R2 is below 0, if there are any.

    Parameters
    ----------
    held_out : mapping
        As returned by `held_out`.
    names : iterable of str
        Requested targets.
    """
    figures = {name: held_out.get(name, {}).get("r2") for name in names}
    below = [
        f"{name} (R² \N{MINUS SIGN}{-r2:.2g})" for name, r2 in figures.items() if r2 is not None and r2 < 0
    ]
    if not below:
        return []
    return [
        f"On held-out masks the explanation predicts the model worse than a constant for "
        f"{', '.join(below)}: do not rely on it. Try another method, more model calls or fewer segments."
    ]


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Return Spearman's rank correlation; None if one side does not vary."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(scipy.stats.spearmanr(a, b).statistic)


def top_overlap(a: np.ndarray, b: np.ndarray, size: int) -> float:
    """Return the Jaccard overlap of the `size` greatest entries of two weight vectors, 0 to 1."""
    first = set(np.argsort(-a, kind="stable")[:size].tolist())
    second = set(np.argsort(-b, kind="stable")[:size].tolist())
    return len(first & second) / len(first | second)


def complexity(weights: np.ndarray) -> float | None:
    """Return the effective number of segments: the exponential of the entropy of the weights' shares.

    It is 1 if one segment has all weight, n_segments if all have the same; None if all weights are 0.

    Examples
    --------
    >>> import numpy as np
    >>> round(complexity(np.array([2.0, -2.0, 0.0])), 6)
    2.0
    """
    total = np.abs(weights).sum()
    if total == 0:
        return None
    return float(np.exp(scipy.stats.entropy(np.abs(weights) / total)))


def curves(
    explanation: Explanation,
    problem: Problem,
    recipe: Recipe,
    names: Sequence[str],
    effort: Effort = Effort(),
) -> dict[str, dict[str, Any]]:
    """Return deletion and insertion curves: segments hidden or shown in order of decreasing weight.

    Petsiuk, Das, Saenko, "RISE", BMVC 2018. All targets share the random orders.

    Parameters
    ----------
    names : sequence of str
        Targets to trace; each costs at most twice the effort's curve steps.

    Returns
    -------
    dict
        Target name to ``segments`` (how many are hidden or shown), ``deletion`` and ``insertion``
        (the output on the scale that is explained), ``random_deletion`` and ``random_insertion``
        (one curve per random order), ``deletion_drop`` (mean over the curve by which the output falls
        further than in random order) and ``insertion_gain`` (likewise for its rise).
    """
    n = explanation.n_segments
    counts = np.unique(np.linspace(0, n, min(n, effort.curve_steps) + 1).round().astype(int))
    ends = problem.predict_masks(np.stack([np.ones(n, dtype=bool), np.zeros(n, dtype=bool)]))
    rng = random_generator(recipe, "random orders")
    chance = [
        _deletion_and_insertion(problem, rng.permutation(n), counts, ends)
        for _ in range(effort.random_orders)
    ]
    random_deletion, random_insertion = np.stack(chance, axis=1)
    result = {}
    for name in names:
        row = explanation.target_index(name)
        order = np.argsort(-explanation.weights[row], kind="stable")
        deletion, insertion = (
            curve[:, row] for curve in _deletion_and_insertion(problem, order, counts, ends)
        )
        result[name] = {
            "segments": counts.tolist(),
            "deletion": deletion.tolist(),
            "insertion": insertion.tolist(),
            "random_deletion": random_deletion[:, :, row].tolist(),
            "random_insertion": random_insertion[:, :, row].tolist(),
            "deletion_drop": float(random_deletion[:, :, row].mean() - deletion.mean()),
            "insertion_gain": float(insertion.mean() - random_insertion[:, :, row].mean()),
        }
    return result


def _deletion_and_insertion(
    problem: Problem, order: np.ndarray, counts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return two curves (n_steps, n_targets); `ends` are the outputs with all and with no segments."""
    hidden = np.zeros((len(counts) - 2, len(order)), dtype=bool)
    for mask, count in zip(hidden, counts[1:-1], strict=True):
        mask[order[:count]] = True
    outputs = problem.predict_masks(np.concatenate([~hidden, hidden])) if len(hidden) else ends[:0]
    deletion, insertion = outputs[: len(hidden)], outputs[len(hidden) :]
    return np.concatenate([ends[:1], deletion, ends[1:]]), np.concatenate([ends[1:], insertion, ends[:1]])


def heard_difference(clips: Iterable[RenderedClip], name: str) -> float | None:
    """Return the difference between predictions on the written clips and on the masked features.

    Root mean square over the clips of a target, in units of the model's output; None without clips.
    """
    differences = [
        clip.prediction_heard[name] - clip.prediction_masked[name] for clip in clips if clip.target == name
    ]
    return float(np.sqrt(np.mean(np.square(differences)))) if differences else None
