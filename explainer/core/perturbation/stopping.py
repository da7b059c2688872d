"""Sequential evaluation of a design: stop when the set of the strongest segments is stable."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.perturbation.problem import Problem

from .sampling import Design

FIRST_CHECK = 3  # calls per segment before the first check
GROWTH = 1.25  # factor from one check to the next
DRAWS = 400


class Estimate(Protocol):
    """An estimate that can be checked: weights (n_targets, n_segments) with standard errors."""

    @property
    def weights(self) -> np.ndarray:
        """Estimated weights."""
        ...

    @property
    def standard_errors(self) -> np.ndarray:
        """Their standard errors."""
        ...


E = TypeVar("E", bound=Estimate)


@dataclass(frozen=True)
class Evaluated:
    """How many masks were evaluated, and why evaluation stopped.

    Attributes
    ----------
    rows : int
        How many masks of the design were used.
    provenance : dict
        ``stopped`` ("stable", "budget" or "all calls asked for"), and with a rule ``confidence``, ``top_k``
        and ``probability_unchanged`` by target. JSON types.
    """

    rows: int
    provenance: dict[str, Any]


def evaluate_until_stable(
    problem: Problem, recipe: Recipe, design: Design, estimate: Callable[[np.ndarray, np.ndarray, Design], E]
) -> tuple[E, Evaluated]:
    """Evaluate a design's masks until the evidence is stable, and return the last estimate.

    Without ``stop_confidence`` in the recipe all masks are evaluated. With it they are evaluated in growing
    portions, until for every target of which clips are made the set of the k strongest segments is the
    same in that share of draws from the distribution of the weights; k is the recipe's first evidence size.

    Parameters
    ----------
    problem, recipe, design
    estimate : callable
        From masks, outputs and the part of the design that was evaluated.
    """
    if not recipe.stop_confidence:
        outputs = problem.predict_masks(design.masks)
        return estimate(design.masks, outputs, design), Evaluated(
            len(design.masks), {"stopped": "all calls asked for"}
        )
    rng = random_generator(recipe, "draws of weights")
    size = recipe.evidence_sizes[0]
    decisive = problem.decisive or range(len(problem.targets))
    outputs = np.zeros((0, len(problem.targets)))
    for rows in _checkpoints(design, problem.n_segments):
        outputs = np.concatenate([outputs, problem.predict_masks(design.masks[len(outputs) : rows])])
        part = Design(
            design.masks[:rows], design.clusters[:rows], design.complete and rows == len(design.masks)
        )
        found = estimate(part.masks, outputs, part)
        unchanged = {
            problem.targets[row].name: probability_unchanged(
                found.weights[row], found.standard_errors[row], size, rng
            )
            for row in decisive
        }
        if min(unchanged.values()) >= recipe.stop_confidence:
            break
    stable = min(unchanged.values()) >= recipe.stop_confidence
    return found, Evaluated(
        rows,
        {
            "stopped": "stable" if stable else "budget",
            "confidence": recipe.stop_confidence,
            "top_k": size,
            "probability_unchanged": unchanged,
        },
    )


def probability_unchanged(
    weights: np.ndarray, errors: np.ndarray, size: int, rng: np.random.Generator
) -> float:
    """Return the probability that a repeated estimate has the same `size` strongest segments.

    Parameters
    ----------
    weights, errors : np.ndarray [shape=(n_segments,)]
        Normal errors, independent between segments.
    """
    if size >= len(weights):
        return 1.0
    # The set is unchanged exactly if its weakest member still exceeds the strongest segment outside.
    drawn = weights + errors * rng.standard_normal((DRAWS, len(weights)))
    strongest = np.argpartition(-weights, size - 1)[:size]
    weakest_in = drawn[:, strongest].min(axis=1)
    strongest_out = np.delete(drawn, strongest, axis=1).max(axis=1)
    return float((weakest_in >= strongest_out).mean())


def _checkpoints(design: Design, n_segments: int) -> list[int]:
    """Return the numbers of masks after which to check: growing, in whole clusters, ending with all."""
    # Whole clusters, because half of an antithetic pair would not cancel what the pair cancels.
    total = len(design.masks)
    ends = np.append(np.flatnonzero(np.diff(design.clusters) != 0) + 1, total)
    checkpoints: list[int] = []
    wanted = float(FIRST_CHECK * n_segments)
    while wanted < total:
        end = int(ends[np.searchsorted(ends, wanted)])
        if not checkpoints or end > checkpoints[-1]:
            checkpoints.append(end)
        wanted *= GROWTH
    return [*[checkpoint for checkpoint in checkpoints if checkpoint < total], total]
