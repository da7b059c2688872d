"""Checks on request, on models whose answer is known."""

import dataclasses

import numpy as np
import pytest
import torch
from engine_support import (
    grid,
    loud_cells_model,
    planted_features,
    probability_model,
    problem_of,
    two_level_model,
    write_track,
)

from explainer.core.base.explanation import Target
from explainer.core.base.recipe import Recipe
from explainer.core.evaluation import half_precision, sanity
from explainer.core.evaluation.half_precision import processor_has_bfloat16, settle_precision
from explainer.core.methods import explain
from explainer.core.models.adapters import ModelError, TorchModel
from explainer.core.models.check import check_model
from explainer.core.pipeline import explain_track

SEGMENTS = grid()
RECIPE = Recipe(
    method="lime_batched", calls=64, evidence_sizes=(2,), stability_seeds=2, randomised_model=True
)


def explained(model, recipe=RECIPE):
    problem = problem_of(model, SEGMENTS, planted_features(SEGMENTS, (4, 7)), recipe)
    return explain(recipe.method, problem, recipe), problem


def test_a_clear_cause_is_the_same_with_every_seed_and_chance_is_not():
    explanation, problem = explained(loud_cells_model())
    clear, calls = sanity.over_seeds(explanation, problem, RECIPE, ["loud"])
    assert clear["loud"]["top_overlap"] == 1
    assert calls == 2 * 64 + 1  # the whole track is asked about once
    recipe = dataclasses.replace(RECIPE, method="random")
    explanation, problem = explained(loud_cells_model(), recipe)
    chance, _ = sanity.over_seeds(explanation, problem, recipe, ["loud"])
    assert chance["loud"]["rank_correlation"] < 0.6


def test_shuffled_weights_change_what_is_learned_and_leave_the_model_alone():
    model = two_level_model()
    before = {name: value.clone() for name, value in model.module.state_dict().items()}
    shuffled = sanity.with_shuffled_weights(model, np.random.default_rng(0))
    for name, value in shuffled.module.state_dict().items():
        np.testing.assert_allclose(np.sort(value.numpy().ravel()), np.sort(before[name].numpy().ravel()))
        assert (model.module.state_dict()[name] == before[name]).all()
    assert not np.allclose(
        shuffled.module.convolution.weight.detach(), model.module.convolution.weight.detach()
    )


def test_models_that_are_no_modules_cannot_be_shuffled():
    explanation, problem = explained(probability_model())
    assert sanity.randomised_model(explanation, problem, RECIPE, ["loud"]) == ({}, 0)


class Learned(torch.nn.Module):
    """Has learned nothing but statistics, as batch normalisation does."""

    def __init__(self, **buffers):
        super().__init__()
        for name, values in buffers.items():
            self.register_buffer(name, values)

    def forward(self, features):
        return (features * self.get_buffer("mean")).mean(dim=(1, 2))[:, None]


def learned(**buffers):
    return TorchModel(
        Learned(**buffers).eval(),
        loud_cells_model().representation,
        [Target("loud")],
        device="cpu",
        name="toy",
    )


def test_buffers_are_shuffled_as_well():
    model = learned(mean=torch.linspace(0, 1, 149), batches=torch.tensor(7))
    shuffled = sanity.with_shuffled_weights(model, np.random.default_rng(0)).module
    assert sorted(shuffled.mean.tolist()) == model.module.mean.tolist() != shuffled.mean.tolist()
    assert shuffled.batches == 7
    explanation, problem = explained(model)
    found, _ = sanity.randomised_model(explanation, problem, RECIPE, ["loud"])
    assert found["loud"]["rank_correlation"] < 0.99


@pytest.mark.parametrize("values", [torch.ones(149), torch.tensor(2.0), torch.zeros(0, 149)])
def test_a_module_in_which_nothing_can_change_places_says_so(values):
    model = learned(mean=values.sum() * torch.ones(149), other=values)
    explanation, problem = explained(model)
    found, _ = sanity.requested_checks(explanation, problem, RECIPE, ["loud"])
    assert found["randomised_model"] == {}
    assert "no buffer whose entries differ" in found["randomised_model_left_out"]


class Invertible(torch.nn.Module):
    """Answers infinity unless its first weight is its greatest."""

    def __init__(self):
        super().__init__()
        self.weights = torch.nn.Parameter(torch.tensor([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]))

    def forward(self, features):
        return features.mean(dim=(1, 2))[:, None] / self.weights[0]


def test_a_model_that_fails_with_shuffled_weights_says_so_and_is_explained():
    representation = loud_cells_model().representation
    model = TorchModel(Invertible().eval(), representation, [Target("loud")], device="cpu", name="toy")
    explanation, problem = explained(model)
    found, _ = sanity.requested_checks(explanation, problem, RECIPE, ["loud"])
    assert found["randomised_model"] == {}
    assert "with shuffled weights, model 'toy' returned NaN or infinity" in found["randomised_model_left_out"]


def test_checks_are_stored_when_the_recipe_asks(tmp_path):
    track = write_track(tmp_path / "chord.wav", seconds=1.5)
    recipe = dataclasses.replace(
        RECIPE, segmentation="time", segmentation_parameters={"time_cells": 4}, calls=16
    )
    result = explain_track(track, two_level_model(), recipe, output_folder=tmp_path / "out", targets=["sad"])
    assert set(result.explanation.fidelity["over_seeds"]) == {"sad"}
    assert -1 <= result.explanation.fidelity["randomised_model"]["sad"]["rank_correlation"] <= 1


def half(model):
    return TorchModel(
        model.module, model.representation, model.targets, device="cpu", precision="bfloat16", name=model.name
    )


def settled(model):
    problem = problem_of(model, SEGMENTS, planted_features(SEGMENTS, (4, 7)), RECIPE)
    return settle_precision(problem, RECIPE), problem.model.precision


def test_sixteen_bits_need_a_processor_that_has_them(monkeypatch):
    monkeypatch.setattr(half_precision, "processor_has_bfloat16", lambda device: False)
    words, used = settled(half(loud_cells_model()))
    assert used == "float32" and "32 bits" in words


def test_sixteen_bits_are_used_where_the_ranking_stays(monkeypatch):
    monkeypatch.setattr(half_precision, "processor_has_bfloat16", lambda device: True)
    monkeypatch.setattr(half_precision, "SAME_RANKING", 0.5)
    words, used = settled(half(loud_cells_model()))
    assert used == "bfloat16" and "16 bits" in words
    monkeypatch.setattr(half_precision, "SAME_RANKING", 1.01)
    words, used = settled(half(loud_cells_model()))
    assert used == "float32" and "changed the ranking" in words


class FarFromZero(torch.nn.Module):
    """Small differences far from zero, which 16 bits round away: next to 4000 they know steps of 16."""

    def __init__(self):
        super().__init__()
        self.sum = torch.nn.Linear(SEGMENTS.labels[0].size, 1)
        torch.nn.init.constant_(self.sum.weight, 1e-3)
        torch.nn.init.constant_(self.sum.bias, 4000.0)

    def forward(self, features):
        return self.sum(features.flatten(1))


class Coarse(torch.nn.Module):
    """A convolution whose answers differ by much more than 16 bits round off."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(2)
            self.maps = torch.nn.Conv2d(1, 8, 5, stride=3)
            self.answer = torch.nn.Linear(8, 1)

    def forward(self, features):
        return self.answer(torch.relu(self.maps(features[:, None])).mean(dim=(2, 3)))


@pytest.mark.skipif(not processor_has_bfloat16("cpu"), reason="this processor has no 16-bit arithmetic")
@pytest.mark.parametrize(("module", "used"), [(Coarse, "bfloat16"), (FarFromZero, "float32")])
def test_sixteen_bits_in_earnest(module, used):
    exact = TorchModel(module().eval(), loud_cells_model().representation, [Target("loud")], device="cpu")
    features = planted_features(SEGMENTS, (4, 7))
    problems = [problem_of(model, SEGMENTS, features, RECIPE) for model in (half(exact), exact)]
    settle_precision(problems[0], RECIPE)
    assert problems[0].model.precision == used
    coarse, fine = (problem.predict_masks(np.eye(12, dtype=bool)) for problem in problems)
    if used == "float32":
        np.testing.assert_array_equal(coarse, fine)
    else:
        assert 0 < np.abs(coarse - fine).max() < 0.05 * np.ptp(fine)
    # The memory layout for 16 bits is that of a copy: whoever else holds the module finds it as it was.
    assert all(parameter.is_contiguous() for parameter in exact.module.parameters())


def test_a_two_level_model_is_not_refused_for_a_rounding_error():
    model = half(two_level_model())
    y = np.random.default_rng(0).normal(size=22050).astype(np.float32)
    answers = model.predict(model.representation.model_input(y)[None])
    by_hand = answers[:, :3] @ model.emotion_weights + model.emotion_bias
    assert np.abs(by_hand - answers[:, 3:]).max() > 1e-3 * np.abs(answers).max()  # there is one
    report = check_model(model, y)
    assert report.fit, report
    assert "In 16 bits" in str(report)


def test_thirty_two_bits_need_no_words():
    assert settled(loud_cells_model()) == ("", "float32")
    with pytest.raises(ModelError, match="precision 'float8'"):
        TorchModel(loud_cells_model().module, loud_cells_model().representation, [], precision="float8")
