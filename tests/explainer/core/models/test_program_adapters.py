"""Models that are files: made here by their own tools, then asked through the adapters."""

import hashlib
import pickle

import numpy as np
import pytest
import torch
from engine_support import LoudCells, loud_cells_model, onnx_loud_cells, write_track
from onnx import TensorProto, helper

from explainer.core.base.recipe import Recipe
from explainer.core.models.adapters import ModelError
from explainer.core.models.loading import load_model
from explainer.core.pipeline import explain_track

FEATURES = np.random.default_rng(5).random((5, 20, 149)).astype(np.float32)
DESCRIPTION = {
    "name": "file",
    "representation": {"kind": "log_filterbank"},
    "targets": [{"name": "loud"}, {"name": "quiet"}, {"name": "constant"}],
}


def onnx_file(path, **graph):
    path.write_bytes(onnx_loud_cells(**graph))
    return path


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return a function that exports LoudCells for some batch, once."""
    made = {}

    def export(dynamic):
        if dynamic not in made:
            batch = torch.export.Dim("batch", min=1, max=512)
            shapes = {"features": {0: batch}} if dynamic else None
            example = (torch.rand(4, 20, 149),)
            program = torch.export.export(LoudCells().eval(), example, dynamic_shapes=shapes)
            made[dynamic] = tmp_path_factory.mktemp("exported") / "loud.pt2"
            torch.export.save(program, made[dynamic])
        return made[dynamic]

    return export


def allowing(path):
    return [f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"]


def test_an_onnx_file_answers_as_the_module_does(tmp_path):
    path = onnx_file(tmp_path / "loud.onnx")
    model = load_model(DESCRIPTION | {"adapter": "onnx", "checkpoint": str(path)})
    np.testing.assert_allclose(model.predict(FEATURES), loud_cells_model().predict(FEATURES), rtol=1e-5)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(FEATURES), model.predict(FEATURES))


def test_a_program_made_for_one_size_of_batch_is_asked_in_portions(tmp_path, exported):
    path = onnx_file(tmp_path / "two.onnx", batch=2)
    model = load_model(DESCRIPTION | {"adapter": "onnx", "checkpoint": str(path)})
    assert model.fixed_batch == 2
    np.testing.assert_allclose(model.predict(FEATURES), loud_cells_model().predict(FEATURES), rtol=1e-5)
    path = exported(dynamic=False)
    model = load_model(DESCRIPTION | {"adapter": "exported", "checkpoint": str(path)}, allowing(path))
    assert model.fixed_batch == 4
    np.testing.assert_allclose(model.predict(FEATURES), loud_cells_model().predict(FEATURES), rtol=1e-5)


def test_an_exported_program_answers_as_the_module_does(exported):
    path = exported(dynamic=True)
    model = load_model(DESCRIPTION | {"adapter": "exported", "checkpoint": str(path)}, allowing(path))
    assert model.fixed_batch == 0
    np.testing.assert_allclose(model.predict(FEATURES), loud_cells_model().predict(FEATURES), rtol=1e-6)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(FEATURES), model.predict(FEATURES))


def test_an_exported_program_counts_as_code_and_must_be_allowed(exported):
    path = exported(dynamic=True)
    with pytest.raises(ModelError, match="sha256:"):
        load_model(DESCRIPTION | {"adapter": "exported", "checkpoint": str(path)}, ["explainer."])


@pytest.mark.parametrize("adapter", ["onnx", "exported"])
def test_missing_and_damaged_files_are_refused_in_words(tmp_path, adapter):
    described = DESCRIPTION | {"adapter": adapter}
    with pytest.raises(ModelError, match="upload it again"):
        load_model(described | {"checkpoint": str(tmp_path / "nothing.onnx")})
    (tmp_path / "damaged").write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot be read as"):
        load_model(described | {"checkpoint": str(tmp_path / "damaged")}, allowing(tmp_path / "damaged"))


def test_an_onnx_file_that_wants_doubles_is_refused(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Identity", ["features"], ["outputs"])],
        "doubles",
        [helper.make_tensor_value_info("features", TensorProto.DOUBLE, ["n", 3])],
        [helper.make_tensor_value_info("outputs", TensorProto.DOUBLE, ["n", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    (tmp_path / "doubles.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="32-bit floats"):
        load_model(DESCRIPTION | {"adapter": "onnx", "checkpoint": str(tmp_path / "doubles.onnx")})


def test_a_file_is_explained_like_any_model(tmp_path):
    track = write_track(tmp_path / "chord.wav")
    path = onnx_file(tmp_path / "loud.onnx")
    model = load_model(DESCRIPTION | {"adapter": "onnx", "checkpoint": str(path)})
    recipe = Recipe(
        method="lime_batched",
        segmentation="time",
        segmentation_parameters={"time_cells": 3},
        calls=16,
        evidence_sizes=(1,),
    )
    result = explain_track(track, model, recipe, output_folder=tmp_path / "out", targets=["loud"])
    assert result.explanation.evidence("loud", 1).tolist() == [1]
