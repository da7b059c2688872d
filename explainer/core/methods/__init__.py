"""Explanation methods by name.

Each module of this package is one method: a function decorated with `method` that takes a
`Problem` and a `Recipe` and returns an `Explanation`. Putting a file here is all it takes to
add one.
"""

import importlib
import pkgutil

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.perturbation.problem import Problem

from .registry import METHODS, Method

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["METHODS", "Method", "explain"]


def explain(name: str, problem: Problem, recipe: Recipe) -> Explanation:
    """Explain a problem by the method called `name`.

    Raises
    ------
    RecipeError
        If there is no such method.
    """
    if name not in METHODS:
        raise RecipeError(
            f"recipe field 'method': there is no {name!r}; use one of {', '.join(sorted(METHODS))}"
        )
    return METHODS[name].explain(problem, recipe)
