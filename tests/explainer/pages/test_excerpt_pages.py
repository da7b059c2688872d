"""The researchers' pages where excerpts are chosen by rule and by hand; the question about long clips."""

import html
import json
import re
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from small_world import SAMPLE_RATE

from explainer import tasks
from explainer.builds import building, overviews
from explainer.builds.excerpt_choices import make_choices, request_choices
from explainer.core.excerpts.rule import ExcerptRule
from explainer.imports import tracks
from explainer.imports.excerpts import add_excerpt
from explainer.models import Excerpt, ExcerptChoice, Explanation

pytestmark = pytest.mark.django_db
RULE = {"where": "most", "number": 2, "seconds": 2, "starts_on": "anywhere", "apart": 0.5}


def words_of(response):
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.unescape(page).split())


@pytest.fixture
def song(sound_file):
    time = np.arange(9 * SAMPLE_RATE) / SAMPLE_RATE
    y = 0.2 * np.sin(2 * np.pi * 220 * time) + 0.2 * np.sin(2 * np.pi * 2500 * time) * (time > 5)
    [done] = tracks.import_tracks([sound_file("song.wav", y)], decode_here=True)
    return done.track


def by_hand(track):
    return reverse("explainer:track-excerpts", args=[track.pk])


def post_rule(client, model, chosen, **changes):
    data = {**RULE, "target": f"{model.pk}:bright", "tracks": [track.pk for track in chosen], **changes}
    return client.post(reverse("explainer:excerpts"), data, follow=True)


def test_a_rule_is_queued_made_and_shown(admin_client, song, track, music_model):
    words = words_of(post_rule(admin_client, music_model, [song, track]))
    assert "Choosing excerpts of 2 tracks in the background." in words and "2 to do" in words
    [batch] = set(ExcerptChoice.objects.values_list("batch", flat=True))
    tasks.choose_excerpts.func(batch)
    page = admin_client.get(reverse("explainer:excerpts"))
    words = words_of(page)
    assert "1 done, 1 failed" in words and "2 excerpts" in words
    assert "2 of 2 s, where the output is highest, 0.5 s apart" in words
    assert "tones lasts 2.0 s" in words.lower()
    state = admin_client.get(reverse("explainer:excerpts-data")).json()
    assert {row["state"] for row in state["rows"]} == {"done", "failed"} and not state["going_on"]
    done = ExcerptChoice.objects.get(state="done")
    page = admin_client.get(reverse("explainer:excerpt-choice", args=[done.pk]))
    assert page.content.count(b"excerpt-bar") == 2 and b"<polyline" in page.content
    words = words_of(page)
    assert "What brightness says about bright of" in words
    for excerpt in song.excerpts.filter(chosen_by="rule"):
        assert f"{excerpt.start_seconds:.3f} s" in words
    failed = ExcerptChoice.objects.get(state="failed")
    assert "need 4.5 s" in words_of(admin_client.get(reverse("explainer:excerpt-choice", args=[failed.pk])))
    assert "Resumed 1 choice of excerpts." in words_of(
        admin_client.post(reverse("explainer:excerpts-resume"), follow=True)
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tracks": []}, "Choose at least one track."),
        ({"target": ""}, "This field is required."),
        ({"seconds": 0.5}, "greater than or equal to 1"),
        ({"number": 0}, "greater than or equal to 1"),
        ({"apart": "nan"}, "Enter a number."),
        ({"where": "best"}, "Select a valid choice"),
    ],
)
def test_mistakes_in_the_rule_are_named_and_nothing_is_lost(admin_client, song, music_model, changes, words):
    page = post_rule(admin_client, music_model, [song], **changes)
    assert words in words_of(page)
    assert not ExcerptChoice.objects.exists()
    assert f'value="{changes.get("number", 2)}"' in page.content.decode()


def test_excerpts_are_added_by_hand_and_deleted(admin_client, song):
    page = admin_client.get(by_hand(song))
    assert "None yet: the whole track is explained." in words_of(page)
    words = words_of(admin_client.post(by_hand(song), {"start": "1.25", "seconds": "2"}, follow=True))
    assert "Added song, 1.25\N{EN DASH}3.25 s." in words
    [excerpt] = song.excerpts.filter(chosen_by="hand")
    assert (excerpt.start_seconds, excerpt.seconds) == (pytest.approx(1.25, abs=1e-4), 2)
    page = admin_client.post(by_hand(song), {"start": "8", "seconds": "2"})
    assert "exceeds the track, which lasts 9.00 s." in words_of(page)
    assert 'value="8"' in page.content.decode()
    words = words_of(admin_client.post(reverse("explainer:excerpt-delete", args=[excerpt.pk]), follow=True))
    assert "Deleted song, 1.25" in words
    assert not song.excerpts.exclude(chosen_by="whole").exists()


def test_an_excerpt_in_use_and_the_whole_track_are_kept(admin_client, song, music_model, recipe):
    excerpt = add_excerpt(song, 0, 2, Excerpt.ChosenBy.HAND)
    building.request_explanations([excerpt], [music_model], [recipe])
    for row in (excerpt, Excerpt.objects.whole_of(song)):
        page = admin_client.post(reverse("explainer:excerpt-delete", args=[row.pk]), follow=True)
        assert "is kept; delete these first" in words_of(page)
    assert song.excerpts.count() == 2
    assert "in use" in words_of(admin_client.get(by_hand(song)))


def test_the_drawing_comes_from_the_worker(admin_client, song):
    page = admin_client.get(by_hand(song))
    assert "being drawn by the background worker" in words_of(page) and b"sound-wave" not in page.content
    assert "No background worker is running." not in words_of(page)
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=1))
    assert "No background worker is running." in words_of(admin_client.get(by_hand(song)))
    picture = reverse("explainer:track-spectrogram", args=[song.pk])
    assert admin_client.get(picture).status_code == 404
    tasks.draw_overview.func(song.pk)
    page = admin_client.get(by_hand(song))
    assert "being drawn" not in words_of(page) and b"sound-wave" in page.content
    response = admin_client.get(picture)
    assert b"".join(response.streaming_content).startswith(b"\x89PNG")
    assert len(overviews.overview_of(song)["waveform"]) == 1000


def test_a_model_is_asked_about_one_track(admin_client, song, music_model):
    ask = reverse("explainer:ask-model", args=[song.pk])
    words = words_of(admin_client.post(ask, {"target": f"{music_model.pk}:bright"}, follow=True))
    assert "Asking brightness about bright over time" in words and "being asked in the background" in words
    [choice] = ExcerptChoice.objects.all()
    tasks.choose_excerpts.func(choice.batch)
    page = admin_client.get(by_hand(song))
    assert "what brightness says about bright of every 7 s" in words_of(page)
    said = json.loads(html.unescape(re.search(r'data-said="(.*?)"', page.content.decode())[1]))
    assert said["seconds"] == 7 and len(said["starts"]) == len(said["outputs"]) and said["outputs"][-1] > 0
    assert not song.excerpts.exclude(chosen_by="whole").exists()
    assert "Nothing has been chosen by rule yet." not in words_of(admin_client.get(by_hand(song)))
    assert not admin_client.get(reverse("explainer:excerpts-data")).json()["rows"]
    bad = admin_client.post(ask, {"target": "0:bright"}, follow=True)
    assert "Select a valid choice" in words_of(bad)


def test_pages_without_permission_are_refused(client, django_user_model, song):
    client.force_login(django_user_model.objects.create_user("staff", is_staff=True))
    for address in (by_hand(song), reverse("explainer:excerpts")):
        assert client.get(address).status_code == 403


@pytest.fixture
def symphony(song):
    """Let a track be a long one, without its sound."""
    song.seconds = 180.0
    song.save()
    song.excerpts.all().delete()
    return song


def form_of(track, model, recipe, **more):
    return {"tracks": [track.pk], "models": [model.pk], "recipes": [recipe.pk], **more}


def test_long_clips_are_asked_about_before_they_are_built(admin_client, symphony, music_model, recipe):
    build, form = reverse("explainer:build"), form_of(symphony, music_model, recipe)
    assert "song (180 s)" in words_of(admin_client.get(build))
    page = admin_client.post(build, form)
    assert "Every clip would be longer than 20 s (song: 180 s)." in words_of(page)
    assert reverse("explainer:excerpts") in page.content.decode()
    assert not Explanation.objects.exists()
    page = admin_client.post(build, {**form, "long_clips": "on"}, follow=True)
    assert "Queued 1 build of 1 track." in words_of(page)


def test_chosen_excerpts_are_built_without_a_question_unless_the_whole_is_wanted(
    admin_client, symphony, music_model, recipe
):
    for start in (0, 60):
        add_excerpt(symphony, start, 7, Excerpt.ChosenBy.HAND)
    build, form = reverse("explainer:build"), form_of(symphony, music_model, recipe)
    assert "song (180 s, 2 excerpts)" in words_of(admin_client.get(build))
    page = admin_client.post(build, form, follow=True)
    assert "Queued 2 builds of 2 excerpts of 1 track." in words_of(page)
    assert "longer than 20 s" in words_of(admin_client.post(build, {**form, "whole": "on"}))
    words = words_of(admin_client.get(reverse("explainer:progress")))
    assert "song, 0.00\N{EN DASH}7.00 s" in words and "song, 60.00\N{EN DASH}67.00 s" in words


def test_the_command_refuses_long_clips_without_being_asked(symphony, music_model, recipe):
    with pytest.raises(CommandError, match=r"Every clip .* Run choose_excerpts first, or add --long-clips"):
        call_command("build_clips", verbosity=0)
    assert not Explanation.objects.exists()
    add_excerpt(symphony, 1, 7, Excerpt.ChosenBy.HAND)
    with pytest.raises(CommandError, match="Every clip"):
        call_command("build_clips", whole=True, verbosity=0)
    call_command("build_clips", whole=True, long_clips=True, target=["bright"], verbosity=0)
    assert Explanation.objects.get().excerpt.is_whole


def test_the_list_of_tracks_counts_excerpts_and_leads_to_their_choice(admin_client, song, track):
    add_excerpt(song, 0, 2, Excerpt.ChosenBy.HAND)
    address = reverse("admin:explainer_track_changelist")
    page = admin_client.get(address).content.decode()
    assert (
        f'aria-label="Excerpts of {song}: 1"' in page and f'aria-label="Excerpts of {track}: whole"' in page
    )
    response = admin_client.post(address, {"action": "choose_excerpts", "_selected_action": [song.pk]})
    assert response.url == f"{reverse('explainer:excerpts')}?tracks={song.pk}"
    page = admin_client.get(response.url).content.decode()
    assert re.search(rf'value="{song.pk}"[^>]*checked', page)


def test_excerpts_and_choices_are_in_the_export_of_a_study(song, music_model, recipe):
    from studyserver.results.data.rows import StudyRows
    from studyserver.study.models import Stimulus, Study

    rule = ExcerptRule(number=2, where="most", seconds=2.0, starts_on="anywhere", apart=0.5)
    [choice] = make_choices(request_choices([song], music_model, "bright", rule)[0].batch)
    by_hand = add_excerpt(song, 0.1, 1, Excerpt.ChosenBy.HAND)
    parts = [*choice.excerpts.all(), by_hand]
    rows = building.request_explanations(parts, [music_model], [recipe], ["bright"])
    study = Study.objects.create(slug="s", title="S", consent="c", instructions="i")
    for row in rows:
        building.build_explanations([row.pk])
        Stimulus.objects.create(study=study, clip=row.clips.get(condition="original"))
    found = StudyRows(study)
    excerpts = {row["excerpt"]: row for row in found.rows("excerpts")}
    assert set(excerpts) == {row.excerpt.name for row in rows}
    assert excerpts["song@0.1-1.1"]["excerpt_chosen_by"] == "hand"
    assert "rule_target" not in excerpts["song@0.1-1.1"]
    for excerpt in choice.excerpts.all():
        row = excerpts[excerpt.name]
        assert (row["rule_where"], row["rule_number"], row["rule_target"]) == ("most", 2, "bright")
        assert row["rule_output"] == excerpt.output and row["rule_model_sha256"] == music_model.digest()
    curve = list(found.rows("excerpt_curves"))
    starts = [row["excerpt_start"] for row in curve]
    assert starts == sorted(set(starts)) and len(starts) > 20
    assert {row["excerpt_seconds"] for row in curve} == {2.0}
    stimuli = list(found.rows("stimuli"))
    assert {row["excerpt"] for row in stimuli} == set(excerpts)
    assert {row["excerpt_seconds"] for row in stimuli} == {1.0, 2.0}


def test_what_a_rule_chose_is_deleted_together_except_what_is_in_use(
    admin_client, sound_file, song, music_model, recipe
):
    y = np.random.default_rng(3).standard_normal(9 * SAMPLE_RATE) * 0.1
    [done] = tracks.import_tracks([sound_file("other.wav", y)], decode_here=True)
    rule = ExcerptRule(number=2, where="most", seconds=2.0, starts_on="anywhere", apart=0.5)
    first, second = make_choices(request_choices([song, done.track], music_model, "bright", rule)[0].batch)
    discard = reverse("explainer:excerpts-discard", args=[first.pk])
    ExcerptChoice.objects.filter(pk=second.pk).update(state="running")
    assert "are being chosen" in words_of(admin_client.post(discard, follow=True))
    ExcerptChoice.objects.filter(pk=second.pk).update(state="done")
    used = first.excerpts.first()
    building.request_explanations([used], [music_model], [recipe])
    by_hand = add_excerpt(song, 0, 1, Excerpt.ChosenBy.HAND)
    page = admin_client.get(reverse("explainer:excerpt-choice", args=[second.pk]))
    assert "of 2 tracks together" in words_of(page)
    words = words_of(admin_client.post(discard, follow=True))
    assert "Deleted 3 excerpts; 1 excerpt in use was kept." in words
    assert set(Excerpt.objects.exclude(chosen_by="whole")) == {used, by_hand}
    assert list(ExcerptChoice.objects.all()) == [first]
