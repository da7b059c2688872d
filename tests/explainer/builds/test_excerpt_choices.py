"""Excerpts chosen by rule in the worker: from planted models, for several tracks, each with its failures."""

from datetime import timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from small_world import SAMPLE_RATE

from explainer import tasks
from explainer.builds import building, excerpt_choices
from explainer.builds.excerpt_choices import make_choices, request_choices
from explainer.core.excerpts.rule import ExcerptError, ExcerptRule
from explainer.files.curves import curve_of
from explainer.imports import tracks
from explainer.imports.excerpts import add_excerpt
from explainer.models import Excerpt, ExcerptChoice

pytestmark = pytest.mark.django_db
ANYWHERE = {"seconds": 2.0, "starts_on": "anywhere", "apart": 0.5}


@pytest.fixture
def song(sound_file):
    """Return a function that imports a track whose high tone sounds in one stretch."""

    def write(name, seconds, high_from, high_to, level=0.2, seed=0):
        time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
        high = (time >= high_from) & (time < high_to)
        y = 0.2 * np.sin(2 * np.pi * 220 * time) + level * np.sin(2 * np.pi * 2500 * time) * high
        y += 0.001 * np.random.default_rng(seed).standard_normal(len(time))
        [done] = tracks.import_tracks([sound_file(f"{name}.wav", y)], decode_here=True)
        return done.track

    return write


def starts_of(track):
    found = Excerpt.objects.filter(track=track, chosen_by="rule").select_related("track")
    return [row.start_seconds for row in found]


def test_excerpts_are_where_the_cause_was_planted(song, music_model):
    one, two = song("one", 12, 4, 6), song("two", 12, 8, 10, seed=1)
    rows = request_choices([one, two], music_model, "bright", ExcerptRule(number=1, where="most", **ANYWHERE))
    seen = []
    made = make_choices(rows[0].batch, lambda row: seen.append((row.track_id, row.progress)))
    assert {row.state for row in made} == {"done"}
    assert starts_of(one) == [pytest.approx(4, abs=0.26)] and starts_of(two) == [pytest.approx(8, abs=0.26)]
    for row in made:
        [excerpt] = row.excerpts.all()
        curve = curve_of(row)
        place = int(np.argmin(np.abs(curve.starts - excerpt.start_seconds)))
        assert excerpt.output == curve.outputs["bright"][place] == curve.outputs["bright"].max()
        assert row.chosen == [
            {"start": curve.starts[place], "seconds": 2.0, "output": excerpt.output, "sought": None}
        ]
        assert set(curve.outputs) == {"bright", "loud"}
        assert row.model_sha256 == music_model.digest()
    assert [progress for pk, progress in seen if pk == one.pk] == sorted(p for pk, p in seen if pk == one.pk)


def test_the_output_of_an_excerpt_is_that_of_its_explanation(song, music_model, recipe):
    track = song("one", 9, 3, 6)
    [row] = request_choices([track], music_model, "bright", ExcerptRule(number=2, where="spread", **ANYWHERE))
    make_choices(row.batch)
    rows = building.request_explanations([track], [music_model], [recipe], ["bright"])
    assert len(rows) == 2
    for explanation in rows:
        building.build_explanations([explanation.pk])
        explanation.refresh_from_db()
        assert explanation.predictions["bright"] == pytest.approx(explanation.excerpt.output, rel=1e-3)


def test_spread_is_over_the_range_of_all_tracks(song, music_model):
    loud, quiet = song("loud", 12, 4, 6, level=0.4), song("quiet", 12, 4, 6, level=0.02, seed=1)
    rows = request_choices(
        [loud, quiet], music_model, "bright", ExcerptRule(number=1, where="spread", **ANYWHERE)
    )
    make_choices(rows[0].batch)
    found = {row.track: row.excerpts.get() for row in ExcerptChoice.objects.filter(batch=rows[0].batch)}
    values = {row.track: curve_of(row).outputs["bright"] for row in make_choices(rows[0].batch)}
    low, high = (end(end(row) for row in values.values()) for end in (min, max))

    def distance(of_loud, of_quiet):
        return min((values[loud] - of_loud) ** 2) + min((values[quiet] - of_quiet) ** 2)

    best = min([(low, high), (high, low)], key=lambda levels: distance(*levels))
    for track, level in zip((loud, quiet), best, strict=True):
        assert found[track].sought == level
        assert abs(found[track].output - level) == np.abs(values[track] - level).min()


def test_a_track_that_is_too_short_does_not_stop_the_others(song, track, music_model):
    long = song("long", 9, 3, 6)
    rule = ExcerptRule(number=2, where="least", **ANYWHERE)
    rows = make_choices(request_choices([track, long], music_model, "bright", rule)[0].batch)
    assert [row.state for row in rows] == ["failed", "done"]
    assert rows[0].failure.startswith(
        "Tones lasts 2.0 s, but 2 excerpts of 2 s that lie 0.5 s apart need 4.5 s"
    )
    assert len(starts_of(long)) == 2 and starts_of(track) == []


def test_a_curve_is_computed_once_for_all_targets_and_rules_of_one_length(song, music_model):
    track = song("one", 9, 3, 6)
    first, *_ = request_choices([track], music_model, "bright", ExcerptRule(number=1, **ANYWHERE))
    make_choices(first.batch)
    called = []
    second, *_ = request_choices(
        [track], music_model, "loud", ExcerptRule(number=2, where="most", **ANYWHERE)
    )
    make_choices(second.batch, lambda row: called.append(row.progress))
    first.refresh_from_db()
    second.refresh_from_db()
    assert second.curve == first.curve and set(called) == {0, 90, 100}
    music_model.pooling = "max"
    music_model.save()
    third, *_ = request_choices([track], music_model, "loud", ExcerptRule(number=1, where="most", **ANYWHERE))
    make_choices(third.batch, lambda row: called.append(row.progress))
    assert len(set(called)) > 20


def test_an_excerpt_that_is_there_is_not_made_twice(song, music_model):
    track = song("one", 9, 3, 6)
    rule = ExcerptRule(number=1, where="most", **ANYWHERE)
    [row] = make_choices(request_choices([track], music_model, "bright", rule)[0].batch)
    by_hand = add_excerpt(track, 0, 2, Excerpt.ChosenBy.HAND)
    [again] = make_choices(request_choices([track], music_model, "bright", rule)[0].batch)
    assert again.chosen == row.chosen
    assert set(track.excerpts.exclude(chosen_by="whole")) == {row.excerpts.get(), by_hand}


def test_an_interrupted_choice_is_taken_up_again(song, music_model):
    [row] = request_choices([song("one", 9, 3, 6)], music_model, "bright", ExcerptRule(number=1, **ANYWHERE))
    everything = ExcerptChoice.objects.all()
    assert excerpt_choices.resumable(everything) == [row.batch]
    everything.update(state="running", reported_at=timezone.now())
    assert excerpt_choices.resumable(everything) == []
    everything.update(reported_at=timezone.now() - timedelta(minutes=5))
    assert excerpt_choices.resumable(everything) == [row.batch]
    tasks.choose_excerpts.func(row.batch)
    assert excerpt_choices.resumable(everything) == []


def test_a_model_that_cannot_be_used_fails_in_words(song, music_model):
    music_model.code = "small_world.broken"
    music_model.save()
    rule = ExcerptRule(number=1, **ANYWHERE)
    [row] = make_choices(request_choices([song("one", 9, 3, 6)], music_model, "bright", rule)[0].batch)
    assert row.state == "failed" and "shape (1, 1)" in row.failure
    music_model.code = "os.system"
    music_model.save()
    [row] = make_choices(row.batch)
    assert row.state == "failed" and "allow-list" in row.failure


def test_a_target_that_the_model_does_not_have_and_no_track_are_refused(track, music_model):
    with pytest.raises(ExcerptError, match="brightness has no target joy; it has bright, loud"):
        request_choices([track], music_model, "joy", ExcerptRule())
    with pytest.raises(ExcerptError, match="at least one track"):
        request_choices([], music_model, "bright", ExcerptRule())


def test_a_chosen_rule_is_kept_as_long_as_its_excerpts_and_goes_with_its_track(song, music_model):
    track = song("one", 9, 3, 6)
    rule = ExcerptRule(number=1, **ANYWHERE)
    [row] = make_choices(request_choices([track], music_model, "bright", rule)[0].batch)
    with pytest.raises(Exception, match="restricted"):
        row.delete()
    track.delete()
    assert not ExcerptChoice.objects.exists() and not Excerpt.objects.exists()


def test_the_command_chooses_and_reports(song, track, music_model, capsys):
    long = song("long", 9, 3, 6)
    options = {"model": "brightness", "target": "bright", "seconds": 2.0, "starts_on": "anywhere"}
    call_command("choose_excerpts", track=["long"], number=2, where="most", verbosity=0, **options)
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].startswith("long: ") and "2 excerpts of 1 track" in printed
    assert len(starts_of(long)) == 2
    with pytest.raises(CommandError, match="1 of 2 tracks has no excerpts for the reason above"):
        call_command("choose_excerpts", number=2, verbosity=0, **options)
    assert "Tones lasts 2.0 s" in capsys.readouterr().out
    with pytest.raises(CommandError, match="up to 10 excerpts"):
        call_command("choose_excerpts", number=11, verbosity=0, **options)
    with pytest.raises(CommandError, match="There is no model gone"):
        call_command("choose_excerpts", **{**options, "model": "gone"})


def test_what_another_worker_makes_is_left_to_it(song, music_model):
    rule = ExcerptRule(number=1, **ANYWHERE)
    [row] = request_choices([song("one", 9, 3, 6)], music_model, "bright", rule)
    everything = ExcerptChoice.objects.all()
    everything.update(state="running", reported_at=timezone.now())
    assert [one.state for one in make_choices(row.batch)] == ["running"]
    everything.update(reported_at=timezone.now() - timedelta(minutes=5))
    assert [one.state for one in make_choices(row.batch)] == ["done"]


def test_no_row_looks_abandoned_while_another_is_evaluated(song, music_model, monkeypatch):
    monkeypatch.setattr(excerpt_choices, "HEARTBEAT_SECONDS", 0)
    rule = ExcerptRule(number=1, **ANYWHERE)
    one, two = request_choices(
        [song("one", 9, 3, 6), song("two", 9, 2, 5, seed=1)], music_model, "bright", rule
    )
    begun = timezone.now()
    seen = []

    def look(row):
        if row.pk == one.pk and row.state == "running" and row.progress == 90:
            seen.append(ExcerptChoice.objects.get(pk=two.pk).reported_at)

    make_choices(one.batch, look)
    assert seen and seen[-1] > begun


def test_choices_are_taken_up_when_the_site_starts(song, music_model):
    from django_tasks_db.models import DBTaskResult

    rule = ExcerptRule(number=1, **ANYWHERE)
    rows = [
        request_choices([song(f"t{number}", 9, 3, 6, seed=number)], music_model, "bright", rule)[0]
        for number in range(4)
    ]
    now = timezone.now()
    states = (("done", None), ("running", now), ("running", now - timedelta(minutes=5)), ("failed", None))
    for row, (state, reported) in zip(rows, states, strict=True):
        ExcerptChoice.objects.filter(pk=row.pk).update(state=state, reported_at=reported)
    tasks.resume_interrupted_choices()
    queued = {task.args_kwargs["args"][0]: task.run_after for task in DBTaskResult.objects.all()}
    assert set(queued) == {rows[1].batch, rows[2].batch}
    assert now + timedelta(seconds=100) < queued[rows[1].batch] < now + timedelta(seconds=200)
    assert queued[rows[2].batch].year == 9999  # as the task library writes "at once"
