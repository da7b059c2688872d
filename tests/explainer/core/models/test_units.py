"""Units of outputs and weights, and numbers with their nouns."""

import pytest
from engine_support import grid, loud_cells_model, planted_features, probability_model, problem_of

from explainer.core.base.counting import plural
from explainer.core.base.recipe import Recipe
from explainer.core.methods import explain
from explainer.core.models.adapters import OUTPUTS
from explainer.core.models.units import explained_unit, unit_of, unit_of_scale


def test_probabilities_are_probabilities_and_explained_as_log_odds():
    units = {output: (unit_of(output), explained_unit(output)) for output in OUTPUTS}
    assert units == {
        "value": ("", ""), "probability": ("probability", "log-odds"), "logit": ("log-odds", "log-odds"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 clips"), (1, "1 clip"), (2, "2 clips"), ([0], "1 clip")]
)
def test_numbers_agree_with_their_nouns(number, words):
    assert plural(number, "clip") == words


@pytest.mark.parametrize("output", OUTPUTS)
def test_figures_name_the_unit_that_the_page_names(output):
    segments = grid()
    features, recipe = planted_features(segments, (4,)), Recipe(method="occlusion")
    model = probability_model() if output == "probability" else loud_cells_model(output=output)
    explanation = explain("occlusion", problem_of(model, segments, features, recipe), recipe)
    assert unit_of_scale(explanation.provenance["scale"]) == (explained_unit(output) or "value")
