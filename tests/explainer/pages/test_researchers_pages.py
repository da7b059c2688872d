import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from small_world import files

from explainer.models import Clip, Explanation, Track, TrackPrediction
from explainer.pages import emotion_effects, explanation_page, views

pytestmark = pytest.mark.django_db

PAGES = ["build", "progress", "progress-data"]


@pytest.fixture
def staff(django_user_model, client):
    """Return a function that logs somebody in with the named permissions of the explainer."""

    def log_in(*permissions):
        user = django_user_model.objects.create_user("staff", password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(user)
        return client

    return log_in


def addresses(built):
    clip = built.clips.first()
    return [
        reverse("explainer:explanation", args=[built.pk]),
        reverse("explainer:figure", args=[built.pk, "segments"]),
        reverse("explainer:clip-sound", args=[clip.pk]),
        reverse("explainer:track-sound", args=[built.track_id]),
        *(reverse(f"explainer:{name}") for name in PAGES),
    ]


def test_strangers_see_and_hear_nothing(built, client, django_user_model, staff):
    for address in addresses(built):
        assert client.get(address).status_code == 302
    client.force_login(django_user_model.objects.create_user("listener", password="x"))
    for address in addresses(built):
        assert client.get(address).status_code == 302
    staff()
    for address in addresses(built):
        assert client.get(address).status_code == 403


def test_researchers_see_and_hear_everything(built, admin_client):
    for address in addresses(built):
        assert admin_client.get(address).status_code == 200, address


def test_the_page_has_a_player_for_every_clip_and_says_what_is_stored(built, admin_client):
    page = admin_client.get(reverse("explainer:explanation", args=[built.pk])).content.decode()
    for clip in built.clips.all():
        assert page.count(f'src="{reverse("explainer:clip-sound", args=[clip.pk])}"') == 1
    for text in (built.track.sha256, built.key, built.recipe.digest, "accounts for", "LUFS", "dBTP"):
        assert text in page
    assert "style=" not in page
    assert "<script>" not in page


def test_clips_are_served_in_parts(built, admin_client):
    clip = built.clips.first()
    response = admin_client.get(
        reverse("explainer:clip-sound", args=[clip.pk]), headers={"Range": "bytes=0-3"}
    )
    assert response.status_code == 206
    assert b"".join(response) == b"fLaC"


def test_pictures_are_shown_and_those_for_print_are_kept(built, admin_client):
    """Browsers would draw an SVG of ours black: the policy forbids the styles in it."""
    page = admin_client.get(reverse("explainer:explanation", args=[built.pk])).content.decode()
    for name in ("segments", "segments-svg"):
        address = reverse("explainer:figure", args=[built.pk, name])
        assert f'"{address}"' in page
        response = admin_client.get(address)
        kept = response["Content-Disposition"].startswith("attachment; filename=")
        assert kept == name.endswith("svg")
        assert f"{built.track.name}-{built.model.name}-{built.recipe.name}-segments." in str(response.headers)


def test_an_unknown_figure_is_not_found(built, admin_client):
    assert admin_client.get(reverse("explainer:figure", args=[built.pk, "nothing"])).status_code == 404


def test_an_explanation_that_is_not_there_leads_to_the_progress(explanation, admin_client):
    response = admin_client.get(reverse("explainer:explanation", args=[explanation.pk]))
    assert response.url == reverse("explainer:progress")


def test_the_conditions_stand_in_one_order(built):
    [target] = explanation_page.gather(built).targets
    conditions = [sound.clip.condition for sound in target.sounds]
    assert conditions == sorted(conditions, key=list(Clip.Condition.values).index)


@pytest.mark.parametrize(
    ("provenance", "words"),
    [
        (
            {"matched": True, "control_gain_db": 0.0},
            "Matches the evidence: +0.10 dB in area, \N{MINUS SIGN}0.30",
        ),
        (
            {"matched": True, "control_gain_db": 0.0, "area_difference_db": -0.001},
            "Matches the evidence: +0.00 dB in area",
        ),
        ({"matched": True, "control_gain_db": 3.1}, "turned up by 3.1 dB"),
        ({"matched": True, "control_gain_db": -2.0}, "turned down by 2.0 dB"),
        (
            {"matched": False, "control_gain_db": 0.0},
            "the closest differ by +0.10 dB in area and \N{MINUS SIGN}0.30",
        ),
    ],
)
def test_it_is_said_how_a_control_matches(built, admin_client, provenance, words):
    control = built.clips.filter(condition=Clip.Condition.RANDOM_CONTROL).first()
    control.provenance = {"area_difference_db": 0.1, "energy_difference_db": -0.3, **provenance}
    control.save()
    page = admin_client.get(reverse("explainer:explanation", args=[built.pk])).content.decode()
    assert words in page


@pytest.mark.parametrize(
    ("r2", "words"),
    [(0.42, "accounts for 42 %"), (-0.3, "do not rely on it"), (None, "undefined")],
)
def test_fidelity_is_told_in_words(r2, words):
    held_out = {"bright": {"r2": r2, "rank_correlation": None if r2 is None else 0.5}}
    [sentence] = explanation_page.fidelity_in_words(
        Explanation(fidelity={"held_out": held_out, "held_out_masks": 64}), "bright"
    )
    assert words in sentence


SECOND_LEVEL = {
    "mid_level": ["m1", "m2"],
    "emotions": ["joy", "fear"],
    "bias": [0.5, 0],
    "weights": [[2.0, -1.0], [-2.0, 0.0]],
    "mid_level_predictions": [1.0, 2.0],
    "effects": [[2.0, -1.0], [-4.0, 0.0]],
}


def test_effect_bars_are_as_long_as_the_effects(music_model):
    row = Explanation(
        model=music_model,
        provenance={"second_level": SECOND_LEVEL},
        predictions={"joy": -1.5, "fear": -1.0},
    )
    joy, fear = emotion_effects.gather(row, ["joy", "fear"]).emotions
    assert [(bar.x, bar.width) for bar in joy.effects] == [(0, 50), (-100, 100)]
    assert [(bar.x, bar.width) for bar in fear.effects] == [(-25, 25), (0, 0)]
    assert [bar.share for bar in joy.effects] == pytest.approx([1 / 3, 2 / 3])
    assert [bar.centred for bar in joy.effects] == [None, None]


def test_centred_effects_are_taken_from_the_mean_over_all_tracks_that_were_asked_about(track, music_model):
    targets = [("m1", "mid-level"), ("m2", "mid-level"), ("joy", "emotion"), ("fear", "emotion")]
    music_model.targets = [{"name": name, "level": level} for name, level in targets]
    music_model.save()
    other = Track.objects.create(name="other", sha256="1" * 64, seconds=1, sample_rate=22050, channels=1)
    for where, m1, m2 in ((track, 1.0, 2.0), (other, 3.0, 2.0)):
        outputs = {"m1": m1, "m2": m2, "joy": 0, "fear": 0}
        TrackPrediction.objects.create(
            track=where, model=music_model, model_sha256=music_model.digest(), outputs=outputs
        )
    row = Explanation(model=music_model, provenance={"second_level": SECOND_LEVEL}, predictions={})
    found = emotion_effects.gather(row, [])
    assert found.tracks == 2
    # m1 is 1 here and 2 in the mean, m2 is as in the mean
    assert [[bar.centred for bar in part.effects] for part in found.emotions] == [[-2, 0], [1, 0]]


@pytest.mark.parametrize(
    ("output", "of_outputs", "of_weights"),
    [
        ("value", "", ""),
        ("probability", " (probability)", " Weights and curves are in log-odds."),
        ("logit", " (log-odds)", ""),
    ],
)
def test_outputs_are_named_by_what_they_are(built, admin_client, output, of_outputs, of_weights):
    built.model.output = output
    built.model.save()
    page = admin_client.get(reverse("explainer:explanation", args=[built.pk])).content.decode()
    lead = re.search(r"the model's output on the track is.*?</p>", page, re.DOTALL)[0]
    assert lead.endswith(f"</span>{of_outputs}.{of_weights}</p>")
    for what in ("heard", "masked"):
        assert f">Output, {what}{of_outputs}</th>" in page
    assert ("lowers the log-odds by" in page) == (output != "value")
    assert ("lowers the output by" in page) == (output == "value")
    assert "(probability)" not in page or output == "probability"


def test_counts_agree_with_their_nouns(built, admin_client):
    Explanation.objects.update(model_calls=1, requested_targets=[])
    built.model.targets = built.model.targets[:1]
    built.model.save()
    page = admin_client.get(reverse("explainer:explanation", args=[built.pk])).content.decode()
    assert "1 model call in" in page and "1 model call<" in page and "1 target<" in page
    assert not re.search(r"\b1 (model calls|targets|segments|masks)\b", page)


def test_asking_for_clips_queues_them_and_shows_the_progress(track, music_model, recipe, admin_client):
    form = {"tracks": [track.pk], "models": [music_model.pk], "recipes": [recipe.pk],
            "targets": [f"{music_model.pk}:bright"]}  # fmt: skip
    response = admin_client.post(reverse("explainer:build"), form, follow=True)
    assert "Queued 1 build of 1 track." in response.content.decode()
    row = Explanation.objects.get()
    assert (row.state, row.requested_targets) == ("waiting", ["bright"])
    news = json.loads(admin_client.get(reverse("explainer:progress-data")).content)
    assert news["rows"] == [
        {"id": row.pk, "state": "waiting", "words": "waiting", "progress": 0, "failure": ""}
    ]
    assert news["going_on"]
    assert not news["no_worker"]


def test_an_empty_request_says_what_is_missing_and_keeps_the_rest(track, music_model, admin_client):
    response = admin_client.post(reverse("explainer:build"), {"tracks": [track.pk]})
    page = response.content.decode()
    assert "Choose at least one model." in page
    assert "Choose at least one recipe." in page
    assert f'value="{track.pk}" id="id_tracks_0" checked' in page
    assert not Explanation.objects.exists()


def test_failures_show_their_reason_and_a_button_takes_them_up_again(explanation, admin_client):
    Explanation.objects.filter(pk=explanation.pk).update(
        state="failed", failure="Too <b>many</b> segments; use fewer."
    )
    page = admin_client.get(reverse("explainer:progress")).content.decode()
    assert "Too &lt;b&gt;many&lt;/b&gt; segments; use fewer." in page
    assert "Resume" in page
    response = admin_client.post(
        reverse("explainer:take-up-again"), {"explanation": explanation.pk}, follow=True
    )
    assert "Resumed 1 build." in response.content.decode()
    explanation.refresh_from_db()
    assert (explanation.state, explanation.failure) == ("waiting", "")


def test_taking_up_again_needs_post_and_permission(explanation, staff):
    client = staff("view_explanation")
    assert client.get(reverse("explainer:take-up-again")).status_code == 405
    assert client.post(reverse("explainer:take-up-again")).status_code == 403


def test_what_waits_without_a_worker_is_noticed(explanation, admin_client, monkeypatch):
    monkeypatch.setattr(views.tasks, "PATIENCE", -views.tasks.PATIENCE)
    views.tasks.build_in_background([explanation])
    assert "no background worker" in admin_client.get(reverse("explainer:progress")).content.decode()
    assert json.loads(admin_client.get(reverse("explainer:progress-data")).content)["no_worker"]


def test_what_a_worker_has_left_is_watched_until_another_takes_it_up(explanation, admin_client):
    long_ago = timezone.now() - timedelta(hours=1)
    Explanation.objects.update(state="building", worker="elsewhere:1", heartbeat_at=long_ago)
    page = admin_client.get(reverse("explainer:progress")).content.decode()
    assert "its worker is no longer running" in page
    assert "Resume" in page
    assert "progress.js" in page
    assert json.loads(admin_client.get(reverse("explainer:progress-data")).content)["going_on"]


def test_pages_change_nothing(built, admin_client):
    before = files()
    for address in addresses(built):
        admin_client.get(address)
    assert files() == before
