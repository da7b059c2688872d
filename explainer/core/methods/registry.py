"""The registry of methods, and the decorator that adds one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.perturbation.problem import Problem

Explain = Callable[[Problem, Recipe], Explanation]


@dataclass(frozen=True)
class Method:
    """One explanation method.

    Attributes
    ----------
    parameters : mapping
        Allowed keys of ``Recipe.method_parameters``, with their defaults.
    cost_grows_with_targets : bool
        Whether each target needs its own model calls; such methods explain only the requested targets.
    needs_gradients : bool
        Whether the model must be a torch module.
    draws_masks : bool
        Whether ``Recipe.calls`` masks are drawn at random, so that few calls give poor weights.
    """

    name: str
    summary: str
    explain: Explain
    parameters: Mapping[str, Any]
    cost_grows_with_targets: bool = False
    needs_gradients: bool = False
    draws_masks: bool = False


METHODS: dict[str, Method] = {}


def method(
    name: str,
    *,
    cost_grows_with_targets: bool = False,
    needs_gradients: bool = False,
    draws_masks: bool = False,
    **parameters: Any,
) -> Callable[[Explain], Explain]:
    """Register a function as the method called `name`; the keywords are its parameters' defaults."""

    def register(function: Explain) -> Explain:
        summary = (function.__doc__ or "").partition("\n")[0]
        traits = (cost_grows_with_targets, needs_gradients, draws_masks)
        METHODS[name] = Method(name, summary, function, parameters, *traits)
        return function

    return register


def method_named(name: str) -> Method:
    """Return the method called `name`.

    Raises
    ------
    RecipeError
        If there is none.
    """
    if name not in METHODS:
        raise RecipeError(
            f"recipe field 'method': {name!r} is unknown; use one of {', '.join(sorted(METHODS))}"
        )
    return METHODS[name]


def parameters_of(name: str, recipe: Recipe) -> dict[str, Any]:
    """Return a method's parameters: those of the recipe, and defaults for the others.

    Raises
    ------
    RecipeError
        If the recipe has one that the method does not have, or a value of another type than the default.
    """
    known = METHODS[name].parameters
    unknown = sorted(set(recipe.method_parameters) - set(known))
    if unknown:
        has = ", ".join(sorted(known)) or "none"
        raise RecipeError(
            f"recipe field 'method_parameters': {name!r} has no {', '.join(unknown)}; it has {has}"
        )
    for key, value in recipe.method_parameters.items():
        _require_like(known[key], name, key, value)
    return {**known, **recipe.method_parameters}


def _require_like(default: Any, name: str, key: str, value: Any) -> None:
    """Raise a `RecipeError` unless a value has the type of the default: text, whole number or number."""
    kinds = {
        str: (str, "text"),
        int: (int, "a whole number from 1 up"),
        float: (Real, "a number from 0 up"),
    }
    kind, words = kinds[type(default)]
    fits = isinstance(value, kind) and not isinstance(value, bool)
    if fits and kind is not str:
        fits = bool((1 if kind is int else 0) <= value < float("inf"))
    if not fits:
        raise RecipeError(
            f"recipe field 'method_parameters': {key} of {name!r} must be {words}; it is {value!r}"
        )
