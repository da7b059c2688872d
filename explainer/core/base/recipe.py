"""The recipe: everything that determines an explanation apart from track and model."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from .canonical_json import digest_of

HIDDEN_VALUES = ("zero", "band_minimum", "band_mean", "track_mean", "noise")
ROUTES = ("gain", "pseudo_inverse")
MOST_SEGMENTS = 10_000
GREATEST_BOOST = 40.0  # dB
# Fields that are whole numbers, with the smallest and the largest allowed value.
WHOLE_NUMBERS = (
    ("calls", 1, 1_000_000),
    ("random_controls", 0, 100),
    ("stability_seeds", 0, 100),
    ("seed", 0, 2**63 - 1),
)


class RecipeError(ValueError):
    """Raised for a recipe that cannot be used; the message names the field and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All settings of an explanation: method, segments, sampling, reconstruction of sound.

    Attributes
    ----------
    method : str
        Registered name of the explanation method (``explainer.core.methods``).
    method_parameters : Mapping[str, Any]
        Passed to the method.
    segmentation : str
        Registered name of the segmentation (``explainer.core.segmentation.segments``).
    segmentation_parameters : Mapping[str, Any]
        Passed to the segmentation, e.g. ``{"time_cells": 6, "band_cells": 4}``.
    sampling : str
        Registered name of the design from which masks are drawn (``explainer.core.perturbation.sampling``).
    calls : int
        Budget of model evaluations, > 0.
    keep_probability : float
        Probability that a segment is kept in a mask, strictly between 0 and 1.
    stop_confidence : float
        Stop before the budget is spent as soon as the strongest segments stay the same with this
        probability, from 0 to below 1; 0 spends the whole budget.
    hidden_value : str
        Value in place of a removed cell, one of `HIDDEN_VALUES`. ``zero`` is zero in the
        representation's own units: silence for an uncompressed or log(1 + x) spectrogram, the
        data set's mean for a standardised one.
    route : str
        How sound is reconstructed from a masked spectrogram, one of `ROUTES`.
    evidence_sizes : tuple[int, ...]
        For each k, clips are made of the k segments with the greatest positive weights.
    random_controls : int
        Number of random controls per evidence clip, each with its own seed.
    boost : float
        Gain in dB of the evidence in the ``boosted`` condition; 0 leaves that condition out.
    stability_seeds : int
        Number of further seeds with which the explanation is repeated, to measure its stability.
    randomised_model : bool
        Whether a model with shuffled weights is explained as well; a sanity check for torch modules.
    seed : int
        Fixes every random choice, >= 0.

    Examples
    --------
    >>> recipe = Recipe(method="occlusion", evidence_sizes=(2, 4))
    >>> recipe.digest() == Recipe.from_dict(recipe.to_dict()).digest()
    True
    >>> Recipe(boost=50)
    Traceback (most recent call last):
        ...
    explainer.core.base.recipe.RecipeError: recipe field 'boost' must lie between 0 and 40 dB; it is 50
    """

    method: str = "gaussian_process"
    method_parameters: Mapping[str, Any] = field(default_factory=dict)
    segmentation: str = "grid"
    segmentation_parameters: Mapping[str, Any] = field(
        default_factory=lambda: {"time_cells": 6, "band_cells": 4}
    )
    sampling: str = "a_optimal"
    calls: int = 256
    keep_probability: float = 0.75
    stop_confidence: float = 0.0
    hidden_value: str = "zero"
    route: str = "gain"
    evidence_sizes: tuple[int, ...] = (4,)
    random_controls: int = 1
    boost: float = 0.0
    stability_seeds: int = 0
    randomised_model: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        self._require(
            isinstance(self.evidence_sizes, Sequence)
            and bool(self.evidence_sizes)
            and all(_is_whole(k, 1, MOST_SEGMENTS) for k in self.evidence_sizes),
            "evidence_sizes",
            f"must list at least one number of segments, each from 1 to {MOST_SEGMENTS}",
        )
        object.__setattr__(self, "evidence_sizes", tuple(self.evidence_sizes))
        for name, lowest, highest in WHOLE_NUMBERS:
            self._require(
                _is_whole(getattr(self, name), lowest, highest),
                name,
                f"must be a whole number from {lowest} to {highest}",
            )
        self._require_number("keep_probability", lambda p: 0 < p < 1, "must lie strictly between 0 and 1")
        self._require_number("stop_confidence", lambda p: 0 <= p < 1, "must be at least 0 and below 1")
        self._require_number(
            "boost", lambda gain: 0 <= gain <= GREATEST_BOOST, f"must lie between 0 and {GREATEST_BOOST:g} dB"
        )
        for name, known in (("hidden_value", HIDDEN_VALUES), ("route", ROUTES)):
            self._require(getattr(self, name) in known, name, f"must be one of {', '.join(known)}")
        for name in ("method_parameters", "segmentation_parameters"):
            self._require(isinstance(getattr(self, name), Mapping), name, "must map names to values")
        self._require(
            isinstance(self.randomised_model, bool), "randomised_model", "must be either true or false"
        )

    def _require_number(self, name: str, fits: Callable[[float], bool], remedy: str) -> None:
        value = getattr(self, name)
        self._require(
            isinstance(value, Real) and not isinstance(value, bool) and fits(float(value)), name, remedy
        )

    def _require(self, holds: bool, name: str, remedy: str) -> None:
        if not holds:
            raise RecipeError(f"recipe field {name!r} {remedy}; it is {getattr(self, name)!r}")

    @classmethod
    def from_dict(cls, parameters: Mapping[str, Any]) -> "Recipe":
        """Build a recipe from its JSON form.

        Raises
        ------
        RecipeError
            If a field is unknown or its value cannot be used.
        """
        known = {item.name for item in dataclasses.fields(cls)}
        unknown = sorted(set(parameters) - known)
        if unknown:
            raise RecipeError(
                f"unknown recipe field(s) {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            )
        try:
            return cls(**parameters)
        except TypeError as error:
            raise RecipeError(f"a recipe field has a value of the wrong type: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain JSON types, every field written out."""
        return json.loads(json.dumps(dataclasses.asdict(self), default=dict))

    def digest(self) -> str:
        """Return the SHA-256, in hexadecimal, of the one text that equal recipes share."""
        return digest_of(self.to_dict())


def _is_whole(value: Any, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def random_generator(recipe: Recipe, purpose: str) -> np.random.Generator:
    """Return the generator for one purpose, fixed by the recipe's seed and independent of all others."""
    return np.random.default_rng([recipe.seed, *purpose.encode()])
