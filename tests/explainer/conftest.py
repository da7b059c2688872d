"""Tracks, models and recipes small enough to be explained within a second or two."""

import pytest
import soundfile
from small_world import SAMPLE_RATE, files, tones

from explainer.builds import building
from explainer.files import stored_files
from explainer.imports import tracks
from explainer.imports.recipes import save_recipe
from explainer.models import Explanation, MusicModel


@pytest.fixture
def sound_file(tmp_path):
    """Return a function that writes a sound file and returns its path."""

    def write(name="tones.wav", y=None, sample_rate=SAMPLE_RATE, seed=0, **how):
        path = tmp_path / name
        soundfile.write(path, tones(seed=seed) if y is None else y, sample_rate, **how)
        return path

    return write


@pytest.fixture
def track(db, sound_file):
    [done] = tracks.import_tracks([sound_file()], decode_here=True)
    assert done.track, done.reason
    return done.track


@pytest.fixture
def music_model(db, settings):
    settings.MODEL_CODE = ["small_world."]
    return MusicModel.objects.create(
        name="brightness",
        adapter="callable",
        code="small_world.bright_and_loud",
        representation={"kind": "log_filterbank"},
        targets=[{"name": "bright", "level": "tag"}, {"name": "loud", "level": "tag"}],
    )


@pytest.fixture
def recipe(db):
    return save_recipe("quick", {"segmentation_parameters": {"time_cells": 2, "band_cells": 3}, "calls": 64,
                                 "evidence_sizes": [2]})  # fmt: skip


@pytest.fixture
def explanation(track, music_model, recipe):
    [row] = building.request_explanations([track], [music_model], [recipe], ["bright"])
    return row


RESULT = {}


@pytest.fixture
def stored_result(track, music_model, recipe):
    """Store the files of the explanation, computed once for all tests, but leave no row behind."""
    if not RESULT:
        [row] = building.request_explanations([track], [music_model], [recipe], ["bright"])
        [outcome] = building.build_explanations([row.pk])
        assert outcome.how == outcome.BUILT, outcome.reason
        RESULT.update(files())
        row.delete()
    for name, content in RESULT.items():
        stored_files.store(name, content)


@pytest.fixture
def built(stored_result, explanation):
    """Return the explanation, done."""
    building.build_explanations([explanation.pk])
    return Explanation.objects.get(pk=explanation.pk)
