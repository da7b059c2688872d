"""Occlusion: the drop of the output when one segment is hidden."""

import numpy as np

from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe
from explainer.core.perturbation.problem import Problem

from .registry import method, parameters_of


@method("occlusion")
def explain(problem: Problem, recipe: Recipe) -> Explanation:
    """Occlusion: hide each segment by itself; the weight is the drop of the output.

    Zeiler & Fergus, "Visualizing and understanding convolutional networks", ECCV 2014. The method is
    deterministic, so there are no standard errors; ``calls`` and ``sampling`` do not apply.
    """
    parameters_of("occlusion", recipe)
    n = problem.n_segments
    masks = np.concatenate([problem.whole(), ~np.eye(n, dtype=bool)])
    outputs = problem.predict_masks(masks)
    return problem.explanation((outputs[0] - outputs[1:]).T, masks=len(masks))
