"""Explanations of excerpts: what is explained, kept apart and reused."""

import io

import numpy as np
import pytest
import soundfile
from django.db import IntegrityError, transaction
from small_world import SAMPLE_RATE, tones

from explainer.builds import building, stored_results
from explainer.core.excerpts.rule import ExcerptError
from explainer.correlations import predictions
from explainer.files import stored_files
from explainer.imports import tracks
from explainer.imports.excerpts import (
    add_excerpt,
    counted,
    excerpts_of,
    question_about_long_clips,
)
from explainer.imports.recipes import save_recipe
from explainer.models import Clip, Excerpt, Explanation, Track

pytestmark = pytest.mark.django_db
HAND = Excerpt.ChosenBy.HAND


@pytest.fixture
def song(sound_file):
    """Store a track of 6 s whose high tone sounds from 3 s on."""
    [done] = tracks.import_tracks([sound_file("song.wav", tones(seconds=6))], decode_here=True)
    return done.track


def test_every_imported_track_has_the_excerpt_that_is_the_whole_of_it(track):
    [whole] = track.excerpts.all()
    assert (whole.start, whole.frames, whole.is_whole) == (0, track.frames, True)
    assert (whole.name, str(whole)) == (track.name, str(track))
    assert Excerpt.objects.whole_of(track) == whole


def test_an_excerpt_is_explained_on_its_own(song, music_model, recipe):
    late = add_excerpt(song, 2.5, 2.0, HAND)
    [row] = building.request_explanations([late], [music_model], [recipe], ["bright"])
    [outcome] = building.build_explanations([row.pk])
    assert outcome.how == outcome.BUILT, outcome.reason
    row.refresh_from_db()
    assert row.provenance["excerpt"] == {"start": 55_125, "frames": 44_100, "fade_seconds": 0.02}
    assert row.predictions["bright"] > predictions_of(song, music_model, recipe)["bright"]
    for clip in row.clips.all():
        assert (clip.track, clip.excerpt) == (song, late)
        assert clip.seconds == pytest.approx(2.0, abs=1 / clip.sample_rate)
    original = row.clips.get(condition="original")
    heard, rate = soundfile.read(io.BytesIO(stored_files.read(original.file.name)))
    y = tones(seconds=6)[55_125 : 55_125 + 44_100] * 10 ** (original.gain / 20)
    edge = round(0.05 * rate)
    np.testing.assert_allclose(heard[edge:-edge], y[edge:-edge], atol=2e-4)
    assert abs(heard[0]) < 1e-4


def predictions_of(song, music_model, recipe):
    whole = Excerpt.objects.whole_of(song)
    [row] = building.request_explanations([whole], [music_model], [recipe], ["bright"])
    building.build_explanations([row.pk])
    return Explanation.objects.get(pk=row.pk).predictions


def test_excerpts_of_one_track_have_keys_of_their_own_and_are_found_again(song, music_model, recipe):
    parts = [Excerpt.objects.whole_of(song), add_excerpt(song, 0, 2, HAND), add_excerpt(song, 3, 2, HAND)]
    rows = building.request_explanations(parts, [music_model], [recipe], ["bright"])
    assert len({stored_results.key_of(row) for row in rows}) == len(rows) == 3
    part = rows[1]
    building.build_explanations([part.pk])
    part.refresh_from_db()
    part.delete()
    [again] = building.request_explanations([parts[1]], [music_model], [recipe], ["bright"])
    assert building.build_explanations([again.pk])[0].how == building.Outcome.REUSED


def test_a_track_stands_for_its_chosen_excerpts_or_for_itself(song, track, music_model, recipe):
    assert excerpts_of([song, track]) == [Excerpt.objects.whole_of(song), Excerpt.objects.whole_of(track)]
    two, one = add_excerpt(song, 3, 2, HAND), add_excerpt(song, 0, 2, HAND)
    assert excerpts_of([song, track]) == [one, two, Excerpt.objects.whole_of(track)]
    assert excerpts_of([song], whole=True) == [Excerpt.objects.whole_of(song)]
    rows = building.request_explanations([song, one], [music_model], [recipe], ["bright"])
    assert [row.excerpt for row in rows] == [one, two]
    assert counted(excerpts_of([song, track])) == "3 excerpts of 2 tracks"
    assert counted(excerpts_of([song, track], whole=True)) == "2 tracks"


def test_predictions_of_whole_tracks_are_not_taken_from_excerpts(song, music_model, recipe):
    [row] = building.request_explanations([add_excerpt(song, 3, 2, HAND)], [music_model], [recipe])
    building.build_explanations([row.pk])
    assert predictions.known(music_model, [song]) == {}
    said = predictions_of(song, music_model, recipe)
    assert predictions.known(music_model, [song]) == {song.pk: said}


@pytest.mark.parametrize(
    ("start", "seconds", "words"),
    [
        (-1, 2, "cannot start before the track does"),
        (0, 0.5, "1 to 60 s, not 0.5 s"),
        (5, 2, r"from 5 to 7 s exceeds the track, which lasts 6\.00 s"),
        (float("nan"), 2, "must be numbers"),
    ],
)
def test_impossible_excerpts_are_refused(song, start, seconds, words):
    with pytest.raises(ExcerptError, match=words):
        add_excerpt(song, start, seconds, HAND)
    assert song.excerpts.count() == 1


def test_the_same_part_is_one_excerpt_and_the_whole_is_the_whole(song):
    one = add_excerpt(song, 1.23456, 2, HAND)
    assert add_excerpt(song, 1.235, 2.0001, Excerpt.ChosenBy.MANIFEST) == one
    assert (one.chosen_by, one.name) == ("hand", "song@1.235-3.235")
    assert str(one) == "song, 1.23\N{EN DASH}3.23 s" or str(one) == "song, 1.24\N{EN DASH}3.24 s"
    assert add_excerpt(song, 0, 6, HAND).is_whole
    assert add_excerpt(song, 4, 2.001, HAND).frames == 2 * SAMPLE_RATE
    with pytest.raises(IntegrityError), transaction.atomic():
        Excerpt.objects.create(track=song, start=one.start, frames=one.frames, chosen_by="rule")


def test_rows_without_an_excerpt_belong_to_the_whole_track(track, music_model, recipe):
    row = Explanation.objects.create(track=track, model=music_model, recipe=recipe)
    assert row.excerpt == Excerpt.objects.whole_of(track)
    part = add_excerpt(track, 0, 1, HAND)
    other = Explanation.objects.create(excerpt=part, model=music_model, recipe=recipe)
    assert other.track == track
    clip = Clip.objects.create(
        track=track, explanation=other, condition="evidence", sha256="0", sample_rate=1, seconds=1
    )
    assert clip.excerpt == part


def test_a_track_whose_excerpts_are_explained_cannot_be_deleted_and_another_can(song, music_model, recipe):
    part = add_excerpt(song, 0, 2, HAND)
    [row] = building.request_explanations([part], [music_model], [recipe])
    with pytest.raises(IntegrityError):
        song.delete()
    row.delete()
    song.delete()
    assert not Excerpt.objects.exists() and not Track.objects.exists()


def test_stems_are_cut_with_their_track(song, music_model, sound_file, tmp_path):
    time = np.arange(6 * 44_100) / 44_100
    sound_file("low.wav", 0.2 * np.sin(2 * np.pi * 220 * time), sample_rate=44_100)
    recipe = save_recipe(
        "stems",
        {"method": "occlusion", "segmentation": "stems", "evidence_sizes": [1],
         "segmentation_parameters": {"stems": {"low": "low.wav"}, "time_cells": 1}},
        tmp_path,
    )  # fmt: skip
    part = add_excerpt(song, 3.5, 2, HAND)
    [row] = building.request_explanations([part], [music_model], [recipe], ["bright"])
    [outcome] = building.build_explanations([row.pk])
    assert outcome.how == outcome.BUILT, outcome.reason
    # The low tone is one layer, the high one, which is left, the other; brightness is in the second.
    assert outcome.explanation.clips.get(condition="evidence").provenance["segments"] == [1]


def test_long_clips_are_asked_about():
    track = Track(name="symphony", seconds=180.0, sample_rate=1000)

    def part(seconds, chosen_by="hand"):
        return Excerpt(track=track, start=0, frames=1000 * seconds, chosen_by=chosen_by)

    assert question_about_long_clips([part(7), part(20)]) == ""
    words = question_about_long_clips([part(180, "whole")])
    assert words.startswith("Every clip would be longer than 20 s (symphony: 180 s).")
    words = question_about_long_clips([part(7), part(21), part(30)])
    assert "The clips of 2 of 3 would be longer than 20 s" in words and "30 s; symphony" in words
