"""Explanation methods by name.

Each module of this package is one method: a function decorated with `method` that takes a
`Problem` and a `Recipe` and returns an `Explanation`. To add a method, add a file here; it is
found and registered automatically.
"""

import importlib
import pkgutil

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe
from explainer.core.perturbation.problem import Problem

from .registry import METHODS, Method, method_named

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["METHODS", "Method", "explain", "method_named"]


def explain(name: str, problem: Problem, recipe: Recipe) -> Explanation:
    """Explain a problem by the method called `name`.

    Raises
    ------
    RecipeError
        If there is no such method.

    Examples
    --------
    A model that sums all cells, and a spectrogram of four frames and two bands; each frame is a segment:

    >>> import numpy as np
    >>> from explainer.core.base.explanation import Target
    >>> from explainer.core.models.loading import CallableModel
    >>> from explainer.core.representations.kinds import mel
    >>> from explainer.core.segmentation.segments import Segmentation
    >>> features = np.array([[0, 1], [2, 2], [0, 0], [5, 1]], dtype=np.float32)
    >>> labels = np.repeat(np.arange(4, dtype=np.int32), 2).reshape(1, 4, 2)
    >>> segments = Segmentation("frames", labels, np.ones((1, 4, 2), dtype=np.float32))
    >>> model = CallableModel(lambda batch: batch.sum(axis=(1, 2))[:, None], mel(n_bands=2), [Target("sum")])
    >>> problem = Problem(features, segments, np.zeros_like(features), model)
    >>> explanation = explain("occlusion", problem, Recipe())
    >>> explanation.weights
    array([[1., 4., 0., 6.]])
    >>> explanation.evidence("sum", 2)
    array([3, 1])
    """
    return method_named(name).explain(problem, recipe)
