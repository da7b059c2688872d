"""Recipes that name sound files: what counts is what the files hold."""

import html
import json

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from small_world import SAMPLE_RATE, tones

from explainer.builds import building
from explainer.core.base.recipe import Recipe as CoreRecipe
from explainer.core.base.recipe import RecipeError
from explainer.imports.recipes import save_recipe
from explainer.models import Recipe


def recipe_with(low, folder):
    return {
        "method": "occlusion",
        "segmentation": "stems",
        "segmentation_parameters": {"stems": {"low": low}, "time_cells": 2},
        "evidence_sizes": [1],
    }


@pytest.fixture
def low(sound_file):
    """Write the low tone of the track as a stem, or another sound."""

    def write(name, share=1.0):
        time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
        return sound_file(name, share * 0.2 * np.sin(2 * np.pi * 220 * time)).name

    return write


def test_the_content_of_stems_is_part_of_the_recipe(db, low, tmp_path):
    one = save_recipe("one", recipe_with(low("low.wav"), tmp_path), tmp_path)
    same = save_recipe("same", recipe_with(low("again.wav"), tmp_path), tmp_path)
    other = save_recipe("other", recipe_with(low("low.wav", share=0.5), tmp_path), tmp_path)
    assert one.digest == same.digest != other.digest
    [name] = one.parameters["segmentation_parameters"]["stems"].values()
    assert name.startswith("stems/") and "low" not in name
    again = save_recipe("again", one.parameters)  # as the admin sends it back
    assert again.digest == one.digest


def test_stems_travel_with_the_job(track, music_model, low, tmp_path):
    recipe = save_recipe("by-stems", recipe_with(low("low.wav"), tmp_path), tmp_path)
    (tmp_path / "low.wav").unlink()
    [row] = building.request_explanations([track], [music_model], [recipe], ["bright"])
    [outcome] = building.build_explanations([row.pk])
    assert outcome.how == outcome.BUILT, outcome.reason
    assert len(tones()) == 2 * SAMPLE_RATE


@pytest.mark.parametrize("folder", [None, "here"])
def test_files_that_are_not_there_are_refused(db, tmp_path, folder):
    with pytest.raises(RecipeError, match="no stem"):
        save_recipe("none", recipe_with("/etc/passwd.wav", tmp_path), tmp_path if folder else None)


# In the admin -------------------------------------------------------------------------------------------


@pytest.fixture
def send(admin_client, low, tmp_path):
    """Return a function that sends the form of a recipe with the low tone as its stem."""

    def post(name="bass line.wav", times=1, **changes):
        values = {field: json.dumps(value) if isinstance(value, dict) else value
                  for field, value in CoreRecipe().to_dict().items()}  # fmt: skip
        values |= {"name": "by-stems", "evidence_sizes": "1", "segmentation": "stems"}
        content = (tmp_path / low("low.wav")).read_bytes()
        files = {"stem_files": [SimpleUploadedFile(name, content)] * times}
        return admin_client.post(reverse("admin:explainer_recipe_add"), values | files | changes)

    return post


def test_stems_are_uploaded_with_their_recipe_and_explain_its_track(send, track, music_model, admin_client):
    assert send().status_code == 302
    recipe = Recipe.objects.get()
    parameters = recipe.parameters["segmentation_parameters"]
    assert list(parameters["stems"]) == ["bass_line"]
    listed = admin_client.get(reverse("admin:explainer_recipe_changelist")).content.decode()
    assert ">stems bass_line, 6 time cells, 4 band cells<" in listed
    assert parameters["stems"]["bass_line"].startswith("stems/")
    assert parameters["time_cells"] == CoreRecipe().segmentation_parameters["time_cells"]
    [row] = building.request_explanations([track], [music_model], [recipe], ["bright"])
    [outcome] = building.build_explanations([row.pk])
    assert outcome.how == outcome.BUILT, outcome.reason


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stem_files": ""}, "Choose the sound files of the sources."),
        ({"segmentation": "grid"}, "Choose “stems” under “Segments”, or remove these files."),
        ({"times": 2}, "bass line.wav: the stem of bass line.wav has the name bass_line too; rename one"),
        ({"name": "notes.txt"}, "notes.txt: .txt ending is not accepted"),
        ({"stem_files": SimpleUploadedFile("a.wav", b"no sound at all")}, "a.wav cannot be read as sound"),
    ],
)
def test_stems_that_cannot_be_used_are_refused_in_words(send, changes, message):
    page = html.unescape(send(**changes).content.decode())
    assert message in page
    assert not Recipe.objects.exists()
