"""Every control that makes verification possible follows from the recipe alone."""

import json

import numpy as np
import pytest
import soundfile
from engine_support import REPRESENTATION, two_level_model, write_track

from explainer.core.base.recipe import Recipe
from explainer.core.pipeline import explain_track
from explainer.core.representations.reconstruction import cell_energy

RECIPE = Recipe.from_dict(
    {
        "method": "lime_batched",
        "sampling": "balanced",
        "calls": 64,
        "segmentation_parameters": {"time_cells": 4, "band_cells": 3},
        "evidence_sizes": [2, 4],
        "random_controls": 2,
        "boost": 12.0,
        "seed": 3,
    }
)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("controls")
    track = write_track(folder / "track.wav")
    return explain_track(
        track, two_level_model(), RECIPE, output_folder=folder / "clips", targets=["dissonance", "happy"]
    )


def clips(result, condition, **attributes):
    return [
        clip
        for clip in result.clips
        if clip.condition == condition
        and all(getattr(clip, name) == value for name, value in attributes.items())
    ]


@pytest.mark.slow
def test_there_is_a_second_control_with_another_seed(result):
    controls = clips(result, "random_control", target="happy", kept_segments=2)
    assert [control.variant for control in controls] == [0, 1]
    first, second = (control.provenance for control in controls)
    assert first["seed"] != second["seed"]
    assert first["segments"] != second["segments"]


def test_there_are_several_doses_of_evidence(result):
    doses = clips(result, "evidence", target="happy")
    assert [dose.kept_segments for dose in doses] == [2, 4]
    small, large = (set(dose.provenance["segments"]) for dose in doses)
    assert small < large


def test_boosted_evidence_is_twelve_decibels_louder_than_the_rest(result):
    [boosted] = clips(result, "boosted", target="happy", kept_segments=2)
    [whole] = clips(result, "resynthesis")
    assert boosted.provenance["boost_db"] == 12
    assert boosted.gain == whole.gain
    sounds = [soundfile.read(clip.path)[0] for clip in (boosted, whole)]
    cells = [cell_energy(REPRESENTATION.stft(sound), REPRESENTATION) for sound in sounds]
    energy = [result.segmentation.total(energy_of_cells) for energy_of_cells in cells]
    raised = 10 * np.log10(energy[0] / energy[1])
    evidence = boosted.provenance["segments"]
    assert raised[evidence].max() == pytest.approx(12, abs=1)
    # Edges are softened, so neighbours get a little; the segments farther away get nothing.
    assert np.median(np.delete(raised, evidence)) == pytest.approx(0, abs=1)


def test_evidence_of_both_levels_is_made_side_by_side(result):
    levels = {clip.target: clip.target_level for clip in clips(result, "evidence")}
    assert levels == {"dissonance": "mid-level", "happy": "emotion"}


def test_shares_of_area_and_energy_stand_in_the_provenance(result):
    for clip in result.clips:
        assert clip.provenance["area_share"] == clip.area_share
        assert clip.provenance["energy_share"] == clip.energy_share
        assert 0 <= clip.area_share <= 1 + 1e-9
        json.dumps(clip.provenance)
    [evidence] = clips(result, "evidence", target="happy", kept_segments=2)
    [rest] = clips(result, "complement", target="happy", kept_segments=2)
    assert evidence.area_share + rest.area_share == pytest.approx(1)
