"""Compositions: the seed fixes the piece, a cue changes what it says and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.composed_music import compose, melody_pitch, onset_rate
from training.cues import CueSettings, draw_settings, scaled_pitch_height, scaled_speed
from training.midi import Note

PLAIN = CueSettings()
MAJOR, MINOR_SCALE = {0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10, 11}
seeds = st.integers(0, 10_000)
few = settings(max_examples=15)


@few
@given(seed=seeds)
def test_same_seed_and_settings_give_the_same_notes(seed):
    given_cues = draw_settings(np.random.default_rng(seed))
    assert compose(seed, given_cues, 8.0) == compose(seed, given_cues, 8.0)


@few
@given(seed=seeds)
def test_notes_can_be_played(seed):
    for note in compose(seed, draw_settings(np.random.default_rng(seed)), 8.0).notes:
        assert 0 <= note.onset < 8
        assert note.duration > 0
        assert 21 <= note.pitch <= 108
        assert 1 <= note.velocity <= 127


@few
@given(seed=seeds, articulation=st.floats(0, 1))
def test_articulation_changes_durations_only(seed, articulation):
    plain = compose(seed, PLAIN, 8.0).notes
    changed = compose(seed, replace(PLAIN, articulation=articulation), 8.0).notes
    assert [note._replace(duration=0) for note in plain] == [note._replace(duration=0) for note in changed]
    if articulation > PLAIN.articulation + 0.1:
        assert sum(note.duration for note in changed) < sum(note.duration for note in plain)


@few
@given(seed=seeds, register=st.integers(-12, 12))
def test_register_transposes_everything(seed, register):
    plain = compose(seed, PLAIN, 8.0).notes
    changed = compose(seed, replace(PLAIN, register=register), 8.0).notes
    assert [note.pitch + register for note in plain] == [note.pitch for note in changed]


@few
@given(seed=seeds, minor=st.booleans())
def test_a_plain_piece_stays_in_one_scale(seed, minor):
    heard = {note.pitch % 12 for note in compose(seed, replace(PLAIN, minor=minor), 12.0).notes}
    scale = MINOR_SCALE if minor else MAJOR
    assert any(heard <= {(degree + tonic) % 12 for degree in scale} for tonic in range(12))


@few
@given(seed=seeds)
def test_minor_lowers_thirds_sixths_and_sevenths_by_a_semitone(seed):
    major = compose(seed, PLAIN, 8.0).notes
    minor = compose(seed, replace(PLAIN, minor=True), 8.0).notes
    differences = {a.pitch - b.pitch for a, b in zip(major, minor, strict=True)}
    assert differences <= {0, 1}
    assert 1 in differences


@few
@given(seed=seeds)
def test_dissonance_brings_notes_from_outside_the_scale(seed):
    plain = {note.pitch % 12 for note in compose(seed, PLAIN, 20.0).notes}
    clashing = {note.pitch % 12 for note in compose(seed, replace(PLAIN, dissonance=1.0), 20.0).notes}
    assert len(plain) <= 7 < len(clashing)


@pytest.mark.parametrize(("slow", "fast"), [(50, 100), (90, 180)])
def test_tempo_sets_the_onset_rate(slow, fast):
    rates = [onset_rate(compose(3, replace(PLAIN, tempo=tempo), 48.0).notes, 48.0) for tempo in (slow, fast)]
    assert rates[1] / rates[0] == pytest.approx(2, rel=0.15)


def test_instability_varies_the_beat_and_stability_does_not():
    def unevenness(stability):
        notes = compose(1, replace(PLAIN, rhythm_stability=stability), 30.0).notes
        eighth = 60 / PLAIN.tempo / 2
        return np.std([note.onset % eighth / eighth - round(note.onset % eighth / eighth) for note in notes])

    assert unevenness(1.0) < 1e-9
    assert unevenness(0.0) > 0.1


def test_onsets_together_count_once():
    notes = [Note(onset, 0.2, 60, 80, 1) for onset in (0.0, 0.01, 0.02, 0.5, 1.0, 1.005)]
    assert onset_rate(notes, 2.0) == 1.5
    assert melody_pitch(notes) == 60


def test_scales_of_counted_cues():
    assert scaled_speed(1.2) == 0
    assert scaled_speed(6.0) == pytest.approx(1)
    assert np.isfinite(scaled_speed(0.0))
    assert scaled_pitch_height(53) == 0
    assert scaled_pitch_height(83) == 1
