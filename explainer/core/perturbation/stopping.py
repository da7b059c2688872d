"""When to stop asking: once the strongest segments would hardly change any more, or the budget ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from explainer.core.base.recipe import Recipe, random_generator
from explainer.core.perturbation.problem import Problem

from .sampling import Design

FIRST_LOOK = 3  # calls per segment before the first look
GROWTH = 1.25  # from one look to the next
DRAWS = 400


class Estimate(Protocol):
    """What can be looked at: weights (n_targets, n_segments) with standard errors."""

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
class Asked:
    """How much was asked, and why no more.

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


def ask_until_stable(
    problem: Problem, recipe: Recipe, design: Design, estimate: Callable[[np.ndarray, np.ndarray, Design], E]
) -> tuple[E, Asked]:
    """Ask the model about a design's masks until the evidence is stable, and return the last estimate.

    Without ``stop_confidence`` in the recipe everything is asked at once. With it the masks are asked in
    growing portions, and asking ends when, for every target of which clips are made, the set of the k
    strongest segments is the same in that share of draws from the weights' errors; k is the recipe's
    first evidence size.

    Parameters
    ----------
    problem, recipe, design
    estimate : callable
        From masks, outputs and the part of the design that was asked.
    """
    if not recipe.stop_confidence:
        outputs = problem.predict_masks(design.masks)
        return estimate(design.masks, outputs, design), Asked(
            len(design.masks), {"stopped": "all calls asked for"}
        )
    rng = random_generator(recipe, "draws of weights")
    size = recipe.evidence_sizes[0]
    decisive = problem.decisive or range(len(problem.targets))
    outputs = np.zeros((0, len(problem.targets)))
    for rows in _looks(design, problem.n_segments):
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
    return found, Asked(
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
    """Return how likely another estimate of the same certainty names the same `size` strongest segments.

    Parameters
    ----------
    weights, errors : np.ndarray [shape=(n_segments,)]
        Normal errors, independent between segments.
    size : int
    rng : np.random.Generator
    """
    if size >= len(weights):
        return 1.0
    drawn = weights + errors * rng.standard_normal((DRAWS, len(weights)))
    strongest = np.argpartition(-weights, size - 1)[:size]
    weakest_in = drawn[:, strongest].min(axis=1)
    strongest_out = np.delete(drawn, strongest, axis=1).max(axis=1)
    return float((weakest_in >= strongest_out).mean())


def _looks(design: Design, n_segments: int) -> list[int]:
    """Return after how many masks to look: growing, whole clusters only, all of them at last."""
    total = len(design.masks)
    ends = np.append(np.flatnonzero(np.diff(design.clusters) != 0) + 1, total)
    looks: list[int] = []
    wanted = float(FIRST_LOOK * n_segments)
    while wanted < total:
        end = int(ends[np.searchsorted(ends, wanted)])
        if not looks or end > looks[-1]:
            looks.append(end)
        wanted *= GROWTH
    return [*[look for look in looks if look < total], total]
