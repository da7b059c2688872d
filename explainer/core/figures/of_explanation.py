"""All pictures of one explanation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explainer.core.base.counting import plural
from explainer.core.base.explanation import Explanation
from explainer.core.base.recipe import Recipe
from explainer.core.models.units import unit_of_scale
from explainer.core.representations.representation import Representation
from explainer.core.segmentation.segments import Segmentation

from .charts import draw_curves, draw_effects
from .spectrograms import draw_evidence, draw_weights
from .style import save, slug_of


def draw_figures(
    explanation: Explanation,
    segmentation: Segmentation,
    features: np.ndarray,
    representation: Representation,
    recipe: Recipe,
    names: Sequence[str],
    folder: Path,
) -> dict[str, Path]:
    """Draw and save all figures of one explanation, each as PNG and as SVG.

    Returns
    -------
    dict
        ``"segments"``, ``"effects"`` (two-level models) and, for each target, ``"evidence-<target>"``,
        ``"weights-<target>"`` and ``"curves-<target>"``, each also with ``"-svg"`` at its end.
    """
    unit = unit_of_scale(explanation.provenance["scale"])
    nothing = np.zeros(segmentation.n_segments, dtype=bool)
    sound = features, representation, segmentation
    figures = {"segments": draw_evidence(*sound, nothing)}
    for name in names:
        row = explanation.target_index(name)
        errors = explanation.standard_errors
        size = recipe.evidence_sizes[0]
        mask = nothing.copy()
        mask[explanation.evidence(name, size)] = True
        label, slug = name.replace("_", " "), slug_of(name)
        title = f"Evidence for {label}: {plural(int(mask.sum()), 'segment')}"
        figures[f"evidence-{slug}"] = draw_evidence(*sound, mask, title=title)
        own_errors = None if errors is None else errors[row]
        figures[f"weights-{slug}"] = draw_weights(
            *sound, explanation.weights[row], own_errors, unit=unit, title=f"Weights for {label}"
        )
        if name in explanation.fidelity.get("curves", {}):
            figures[f"curves-{slug}"] = draw_curves(
                explanation.fidelity["curves"][name],
                unit=unit,
                title=f"{label}: what hiding and showing does",
            )
    level = explanation.provenance.get("second_level")
    if level:
        wanted = [emotion for emotion in level["emotions"] if emotion in names] or level["emotions"]
        columns = [level["emotions"].index(emotion) for emotion in wanted]
        effect = np.array(level["effects"])[:, columns]
        figures["effects"] = draw_effects(effect, level["mid_level"], wanted, unit=unit)
    return {
        f"{name}{ending}": save(figure, folder / f"{name}{suffix}")
        for name, figure in figures.items()
        for ending, suffix in (("", ".png"), ("-svg", ".svg"))
    }
