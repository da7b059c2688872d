"""Recipes that name sound files: what counts is what the files hold."""

import numpy as np
import pytest

from explainer import builds
from explainer.core.recipe import RecipeError
from explainer.recipes import save_recipe
from tests.explainer.small_world import SAMPLE_RATE, tones


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
    [row] = builds.request_explanations([track], [music_model], [recipe], ["bright"])
    outcome = builds.build_explanation(row.pk)
    assert outcome.how == outcome.BUILT, outcome.reason
    assert len(tones()) == 2 * SAMPLE_RATE


@pytest.mark.parametrize("folder", [None, "here"])
def test_files_that_are_not_there_are_refused(db, tmp_path, folder):
    with pytest.raises(RecipeError, match="no stem"):
        save_recipe("none", recipe_with("/etc/passwd.wav", tmp_path), tmp_path if folder else None)
