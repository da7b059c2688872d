"""The second level against the published experiment, refitted independently."""

import csv

import numpy as np
import pytest
from paths import ROOT

from explainer.demo_models.cue_levels import CUES
from training.emotions import EMOTIONS, second_level

DATA = ROOT / "fixtures" / "models" / "cue_model" / "eerola2013"

# Refitted from the raw data with levels instead of onsets per second: coefficient per level of mode and
# register, and adjusted R2.
PER_LEVEL = {
    "fear": (0.770, -0.302, 0.863),
    "happy": (-1.792, 0.236, 0.893),
    "sad": (1.675, -0.053, 0.886),
    "tender": (-0.414, 0.140, 0.790),
}


@pytest.fixture(scope="module")
def fitted():
    return second_level(DATA)


@pytest.mark.parametrize("emotion", PER_LEVEL)
def test_agrees_with_the_published_effects(fitted, emotion):
    mode, register, adjusted = PER_LEVEL[emotion]
    column = fitted.weights[:, EMOTIONS.index(emotion)]
    points = 8 / 6  # from the scale 1 to 7 to the scale 1 to 9
    assert column[CUES.index("minorness")] / points == pytest.approx(mode, abs=0.02)
    # The cue runs over 30 semitones, a level of register is 6.
    assert column[CUES.index("pitch_height")] / points / 5 == pytest.approx(register, abs=0.01)
    assert fitted.explained[emotion] == pytest.approx(adjusted, abs=0.01)


def test_predicts_the_ratings_that_it_was_fitted_to(fitted):
    def table(name):
        with (DATA / name).open(newline="") as file:
            return list(csv.DictReader(file))

    design, ratings = table("eerola2013_design_matrix.csv"), table("eerola2013_mean_ratings.csv")
    onsets = {"1": 1.2, "2": 2.0, "3": 2.8, "4": 4.4, "5": 6.0}
    cues = np.zeros((200, 9))
    for row, stimulus in zip(cues, design, strict=True):
        row[CUES.index("minorness")] = int(stimulus["Mode"]) - 1
        row[CUES.index("speed")] = np.log2(onsets[stimulus["Tempo"]] / 1.2) / np.log2(5)
        row[CUES.index("pitch_height")] = (47 + 6 * int(stimulus["Register"]) - 53) / 30
        row[CUES.index("articulation")] = (int(stimulus["Articulation"]) - 1) / 3
    predicted = cues @ fitted.weights + fitted.bias
    for emotion, rated in (("fear", "Scary"), ("happy", "Happy"), ("sad", "Sad"), ("tender", "Peaceful")):
        listeners = 1 + (np.array([float(row[rated]) for row in ratings]) - 1) * 8 / 6
        ours = predicted[:, EMOTIONS.index(emotion)]
        assert ours.mean() == pytest.approx(listeners.mean(), abs=0.35)
        # Timbre and melody, which moved fear and tenderness most, are averaged out.
        assert np.corrcoef(ours, listeners)[0, 1] > 0.45


def test_signs_are_those_that_musicians_expect(fitted):
    def weight(cue, emotion):
        return fitted.weights[CUES.index(cue), EMOTIONS.index(emotion)]

    assert weight("minorness", "sad") > 0 > weight("minorness", "happy")
    assert weight("speed", "energy") > 0 > weight("speed", "sad")
    assert weight("pitch_height", "fear") < 0


def test_cues_that_nobody_varied_have_no_weight(fitted):
    for cue in ("melodiousness", "rhythm_complexity", "rhythm_stability", "dissonance", "tonal_stability"):
        assert not fitted.weights[CUES.index(cue)].any()
