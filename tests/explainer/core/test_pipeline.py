"""The whole walk of one track, on a real file."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import soundfile
from engine_support import (
    REPRESENTATION,
    forgetful,
    loud_cells_model,
    probability_model,
    two_level_model,
    write_track,
)

from explainer.core.audio import AudioError
from explainer.core.base.explanation import Explanation, Target
from explainer.core.base.recipe import Recipe, RecipeError
from explainer.core.models.adapters import CallableModel, ModelError
from explainer.core.models.effects import emotion_segment_weights
from explainer.core.perturbation.sampling import SamplingError
from explainer.core.pipeline import explain_track
from explainer.core.segmentation.segments import SegmentationError

pytestmark = pytest.mark.slow


RECIPE = Recipe(
    method="lime_batched",
    sampling="hadamard",
    keep_probability=0.5,
    calls=64,
    segmentation_parameters={"time_cells": 3, "band_cells": 2},
    evidence_sizes=(1,),
)


@pytest.fixture(scope="module")
def track(tmp_path_factory):
    return write_track(tmp_path_factory.mktemp("music") / "chord.wav")


@pytest.fixture(scope="module")
def result(track, tmp_path_factory):
    heard = []
    folder = tmp_path_factory.mktemp("result")
    result = explain_track(
        track,
        two_level_model(),
        RECIPE,
        output_folder=folder,
        targets=["happy", "minorness"],
        progress=lambda done, what: heard.append((done, what)),
    )
    return result, heard


def test_result_holds_explanation_clips_and_figures(result):
    result, heard = result
    assert [target.name for target in result.explanation.targets][-2:] == ["happy", "sad"]
    assert {clip.target for clip in result.clips} == {"", "happy", "minorness"}
    conditions = {clip.condition for clip in result.clips if clip.target in ("", "happy")}
    assert {"original", "resynthesis"} <= conditions
    for clip in result.clips:
        assert clip.path.name == f"{clip.sha256}.flac"
        assert soundfile.info(clip.path).subtype == "PCM_24"
    assert {"segments", "segments-svg", "effects", "evidence-happy", "weights-minorness-svg"} <= set(
        result.figures
    )
    assert all(path.stat().st_size > 1000 for path in result.figures.values())
    shares = [done for done, _ in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_emotions_follow_from_the_mid_level_and_say_how(result):
    explanation, model = result[0].explanation, two_level_model()
    by_linearity = emotion_segment_weights(model.emotion_weights, explanation.weights[:3])
    np.testing.assert_array_equal(explanation.weights[3:], by_linearity)
    level = explanation.provenance["second_level"]
    total = np.sum(level["effects"], axis=0) + level["bias"]
    np.testing.assert_allclose(total, explanation.predictions[3:], atol=1e-6)
    assert explanation.standard_errors.shape == explanation.weights.shape


def test_every_clip_carries_predictions_as_heard_and_as_masked(result):
    by_condition = {clip.condition: clip for clip in result[0].clips if clip.target in ("", "happy")}
    whole = dict(
        zip(("dissonance", "articulation", "minorness"), result[0].explanation.predictions, strict=False)
    )
    for condition in ("original", "resynthesis"):
        clip = by_condition[condition]
        assert clip.prediction_masked["dissonance"] == pytest.approx(whole["dissonance"], abs=1e-5)
        # Only 24 bits and the fades lie between.
        assert clip.prediction_heard["dissonance"] == pytest.approx(whole["dissonance"], abs=0.02)
    assert set(by_condition["original"].prediction_heard) == {t.name for t in two_level_model().targets}


def test_fidelity_is_stored_in_json_types_and_calls_are_counted(result):
    result = result[0]
    again, arrays = Explanation.from_bytes(result.explanation.to_bytes(labels=result.segmentation.labels))
    assert set(again.fidelity["curves"]) == {"happy", "minorness"}
    assert again.fidelity["heard_less_masked"]["happy"] < 0.1
    assert set(again.fidelity["held_out"]) == {target.name for target in again.targets}
    np.testing.assert_array_equal(arrays["labels"], result.segmentation.labels)


class Counting(CallableModel):
    calls = 0

    def predict(self, batch):
        self.calls += len(batch)
        return super().predict(batch)


def band_energy(batch):
    return np.stack([batch[:, :, :60].mean(axis=(1, 2)), batch[:, :, 60:].mean(axis=(1, 2))], axis=1)


def test_model_calls_are_those_that_the_model_has_seen(track, tmp_path):
    model = Counting(band_energy, REPRESENTATION, [Target("low"), Target("high")], name="bands")
    result = explain_track(track, model, RECIPE, output_folder=tmp_path, targets=["low"])
    assert result.model_calls == model.calls
    assert result.explanation.model_calls <= RECIPE.calls + 1


def written(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def in_another_process(track, folder):
    result = explain_track(track, two_level_model(), RECIPE, output_folder=folder, targets=["happy"])
    return result.explanation.to_bytes(), result


def test_same_arguments_same_bytes_in_any_process(track, tmp_path):
    here, _ = in_another_process(track, tmp_path / "here")
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool:
        there, result = pool.submit(in_another_process, track, tmp_path / "there").result()
    assert here == there
    assert written(tmp_path / "here") == written(tmp_path / "there")
    assert pickle.loads(pickle.dumps(result)).model_calls == result.model_calls


def test_a_plain_tagger_of_probabilities(track, tmp_path):
    result = explain_track(track, probability_model(), RECIPE, output_folder=tmp_path)
    assert result.explanation.provenance["scale"] == "log-odds"
    assert "second_level" not in result.explanation.provenance
    evidence = next(clip for clip in result.clips if clip.condition == "evidence")
    assert 0 < evidence.prediction_heard["loud"] < 1


@pytest.mark.parametrize("method", ["integrated_gradients", "grad_cam"])
def test_gradient_methods_explain_the_first_level_and_derive_the_second(track, tmp_path, method):
    recipe = Recipe.from_dict(RECIPE.to_dict() | {"method": method})
    result = explain_track(track, two_level_model(), recipe, output_folder=tmp_path, targets=["sad"])
    explanation = result.explanation
    assert len(explanation.targets) == 5
    np.testing.assert_array_equal(
        explanation.weights[3:],
        emotion_segment_weights(two_level_model().emotion_weights, explanation.weights[:3]),
    )


def test_the_chord_is_found_where_it_sounds(track, tmp_path):
    recipe = Recipe.from_dict(
        RECIPE.to_dict() | {"segmentation": "time", "segmentation_parameters": {"time_cells": 3}}
    )
    result = explain_track(track, loud_cells_model(), recipe, output_folder=tmp_path, targets=["loud"])
    assert result.explanation.evidence("loud", 1).tolist() == [1]
    evidence, complement = (
        next(clip for clip in result.clips if clip.condition == condition)
        for condition in ("evidence", "complement")
    )
    assert evidence.energy_share > 0.9 > complement.energy_share
    assert evidence.prediction_heard["loud"] > 3 * complement.prediction_heard["loud"]


def test_an_explanation_worse_than_a_constant_carries_a_warning(track, tmp_path):
    recipe = Recipe.from_dict(RECIPE.to_dict() | {"method": "random"})
    result = explain_track(track, loud_cells_model(), recipe, output_folder=tmp_path, targets=["quiet"])
    assert result.explanation.fidelity["held_out"]["quiet"]["r2"] < 0
    [warning] = [warning for warning in result.warnings if "worse than a constant" in warning]
    assert "quiet (R²" in warning and "loud" not in warning


def test_long_tracks_are_explained_through_windows(track, tmp_path):
    result = explain_track(
        track, two_level_model(window_frames=40), RECIPE, output_folder=tmp_path, targets=["happy"]
    )
    assert len(result.features) > 40
    assert np.isfinite(result.explanation.weights).all()


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"method": "oracle"}, RecipeError, "lime_batched"),
        ({"sampling": "exhaustive", "calls": 10}, SamplingError, "fewer segments"),
        ({"segmentation_parameters": {"time_cells": 5000}}, SegmentationError, "time_cells"),
        ({"method_parameters": {"kernel_width": 0}}, ValueError, "kernel_width must be above 0"),
    ],
)
def test_recipes_that_cannot_be_followed(track, tmp_path, changed, error, words):
    recipe = Recipe.from_dict(RECIPE.to_dict() | changed)
    with pytest.raises(error, match=words):
        explain_track(track, two_level_model(), recipe, output_folder=tmp_path)


def test_unknown_targets_unfit_models_and_bad_files_are_refused(track, tmp_path):
    with pytest.raises(ValueError, match="it has dissonance"):
        explain_track(track, two_level_model(), RECIPE, output_folder=tmp_path, targets=["joy"])
    random_model = CallableModel(forgetful, REPRESENTATION, [Target("x")], name="forgetful")
    with pytest.raises(ModelError, match="different outputs"):
        explain_track(track, random_model, RECIPE, output_folder=tmp_path)
    (tmp_path / "notes.wav").write_text("no music")
    with pytest.raises(AudioError, match=r"notes\.wav"):
        explain_track(tmp_path / "notes.wav", two_level_model(), RECIPE, output_folder=tmp_path)


def test_few_calls_are_remarked_upon(track, tmp_path):
    recipe = Recipe.from_dict(RECIPE.to_dict() | {"calls": 8, "sampling": "independent"})
    result = explain_track(track, loud_cells_model(), recipe, output_folder=tmp_path, targets=["loud"])
    assert any("8 calls are few for 6 segments" in warning for warning in result.warnings)
    assert not any("standard errors" in warning for warning in result.warnings)


def test_standard_errors_near_the_track_are_remarked_upon(track, tmp_path):
    changes = {"method": "gaussian_process", "method_parameters": {}, "keep_probability": 0.9}
    recipe = Recipe.from_dict(RECIPE.to_dict() | changes | {"calls": 16, "sampling": "a_optimal"})
    result = explain_track(track, loud_cells_model(), recipe, output_folder=tmp_path, targets=["loud"])
    assert any("With keep probability 0.9 the standard errors" in warning for warning in result.warnings)
