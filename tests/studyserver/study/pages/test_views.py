"""The annotators' pages without a browser: where they lead, what they refuse, how they are sent."""

import gzip
import io
import json
import re
import uuid
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from example_studies import heard, make_event, make_study, ready, walk

from studyserver.study.lifecycle.opening import close_study, open_study
from studyserver.study.models import Annotator, Judgment, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join

STUDY = Path(settings.BASE_DIR) / "studyserver" / "study"
STATIC = STUDY / "static" / "study"


def address(name, annotator, *more):
    return reverse(f"study:{name}", args=[annotator.token, *more])


def fill(study):
    Study.objects.update(annotators_wanted=1)
    session.give_consent(join(study))


def post_json(client, where, data):
    return client.post(where, json.dumps(data), content_type="application/json")


def test_only_the_button_makes_an_annotator(client, study):
    page = reverse("study:join", args=[study.slug])
    assert client.get(page).status_code == 200
    assert client.head(page).status_code == 200
    assert Annotator.objects.count() == 0
    response = client.post(page, headers={"User-Agent": "Mozilla/5.0 (iPhone) Mobile/15E148"})
    annotator = Annotator.objects.get()
    assert response.headers["Location"] == address("consent", annotator)
    assert annotator.device_family == "phone"
    assert not annotator.rehearsal


def test_the_link_leads_back_on_the_same_browser(client, study):
    page = reverse("study:join", args=[study.slug])
    client.post(page)
    annotator = Annotator.objects.get()
    assert address("resume", annotator) in client.get(page).content.decode()
    session.withdraw(annotator, keep_answers=False)
    assert address("resume", annotator) not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (close_study, "This study is closed"),
        (fill, "all the people"),
        (lambda study: Study.objects.update(state=Study.State.DRAFT), "has not been opened"),
    ],
)
def test_who_cannot_join_reads_why(client, study, prepare, words):
    prepare(study)
    before = Annotator.objects.count()
    for response in (
        client.get(reverse("study:join", args=[study.slug])),
        client.post(study.get_absolute_url()),
    ):
        assert words in response.content.decode()
    assert Annotator.objects.count() == before


def test_researchers_preview_a_draft_as_a_rehearsal(admin_client):
    study = make_study(2)
    assert "Preview" in admin_client.get(study.get_absolute_url()).content.decode()
    admin_client.post(study.get_absolute_url())
    annotator = Annotator.objects.get()
    assert annotator.rehearsal and annotator.behaviour == "preview"
    assert list(study.annotators.previews()) == [annotator]


MARKED = "Preview: what you answer is marked as a rehearsal and never counts."


@pytest.mark.parametrize("preview", [True, False])
def test_every_page_of_a_preview_and_of_nobody_else_says_that_it_is_one(admin_client, preview):
    study = make_study(2)
    open_study(study)
    annotator = join(study, rehearsal=preview, behaviour="preview" if preview else "")
    seen = []
    pass_sound_check = partial(session.finish_sound_check, result={})
    for further in (session.give_consent, session.finish_instructions, pass_sound_check, walk, None):
        response = admin_client.get(address("resume", annotator), follow=True)
        seen.append(response.redirect_chain[-1][0])
        assert (MARKED in response.content.decode()) is preview, seen
        if further:
            further(annotator)
    assert len(set(seen)) == 5
    assert (MARKED in admin_client.get(address("leave", annotator)).content.decode()) is preview


def test_a_draft_shows_nothing_to_who_may_not_change_studies(client, django_user_model):
    study = make_study(2, title="Do you hear the dissonance?", contact="lab@example.org")
    for staff in (False, True):
        user = django_user_model.objects.create_user(f"user-{staff}", password="x", is_staff=staff)
        client.force_login(user)
        for response in (client.get(study.get_absolute_url()), client.post(study.get_absolute_url())):
            page = response.content.decode()
            assert "This study has not been opened yet." in page
            assert "dissonance" not in page
            assert "lab@example.org" not in page
    assert not Annotator.objects.exists()
    user.user_permissions.add(Permission.objects.get(codename="change_study"))
    assert "Preview" in client.get(study.get_absolute_url()).content.decode()


def test_every_stage_leads_to_its_page(client, study):
    annotator = join(study)
    pages = ["consent", "instructions", "sound-check", "trials", "thanks", "ended"]

    def expect_only(name):
        assert client.get(address("resume", annotator)).headers["Location"] == address(name, annotator)
        for page in pages:
            response = client.get(address(page, annotator))
            if page == name:
                assert response.status_code == 200
                assert "no-store" in response.headers["Cache-Control"]
            else:
                assert response.headers["Location"] == address(name, annotator)

    expect_only("consent")
    response = client.post(address("consent", annotator))
    assert "Please tick the box" in response.content.decode()
    client.post(address("consent", annotator), {"agree": "on"})
    expect_only("instructions")
    client.post(address("instructions", annotator))
    client.post(address("instructions", annotator))  # twice does no harm
    expect_only("sound-check")
    client.post(address("sound-check", annotator), {"result": '{"outcome": "passed", "attempts": 1}'})
    expect_only("trials")
    annotator.refresh_from_db()
    assert annotator.sound_check == {"outcome": "passed", "attempts": 1}
    walk(annotator)
    expect_only("thanks")
    assert annotator.completion_code in client.get(address("thanks", annotator)).content.decode()


@pytest.mark.parametrize("result", ["", "[]", "{not json", "null"])
def test_a_strange_sound_check_stops_nobody(client, study, result):
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    response = client.post(address("sound-check", annotator), {"result": result})
    assert response.status_code == (400 if result == "{not json" else 302)


def test_leaving_asks_what_may_be_done_with_the_answers(client, study):
    annotator = ready(study)
    walk(annotator, 1)
    assert "Please choose" in client.post(address("leave", annotator)).content.decode()
    annotator.refresh_from_db()
    assert annotator.state == Annotator.State.ACTIVE
    client.post(address("leave", annotator), {"keep_answers": "no"})
    annotator.refresh_from_db()
    assert annotator.state == Annotator.State.WITHDRAWN
    assert annotator.answers_discarded
    page = client.get(address("ended", annotator)).content.decode()
    assert "will not be used" in page
    assert annotator.deletion_code in page
    assert annotator.pseudonym not in page


def test_leaving_before_the_first_answer_asks_nothing(client, study):
    annotator = join(study)
    assert "keep_answers" not in client.get(address("leave", annotator)).content.decode()
    client.post(address("leave", annotator))
    annotator.refresh_from_db()
    assert annotator.state == Annotator.State.WITHDRAWN


def test_an_expired_session_says_so(client, study):
    annotator = ready(study)
    Annotator.objects.update(expires_at=timezone.now())
    response = client.get(address("trials", annotator), follow=True)
    assert "The time for this session is over" in response.content.decode()


def test_answers_get_receipts_and_the_trial_shows_them_again(client, study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    event = make_event(trial, value=4, sequence=7)
    for status in ("stored", "already stored"):
        (receipt,) = post_json(client, address("judgments", annotator), {"events": [event]}).json()[
            "receipts"
        ]
        assert receipt == {"uuid": event["uuid"], "status": status, "reason": ""}
    assert Judgment.objects.count() == 1
    page = client.get(address("trials", annotator)).content.decode()
    assert 'data-sequence="7"' in page
    assert "&quot;value&quot;: 4" in page


@pytest.mark.parametrize("body", ["", "[]", "{}", '"events"', '{"events": 3}', "[" * 100_000])
def test_unreadable_requests_are_refused_in_words(client, study, body):
    annotator = ready(study)
    response = client.post(address("judgments", annotator), body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["reason"]


def test_finishing_tells_what_is_missing_and_where_to_go(client, study, clock):
    Study.objects.update(trials_per_annotator=1)
    study.refresh_from_db()
    annotator = ready(study)
    trial = session.current_trial(annotator)
    finish = address("finish", annotator, trial.token)
    response = post_json(client, finish, {"listening": heard(trial)})
    assert response.status_code == 409
    assert "How harsh does it sound?" in response.json()["reason"]
    record_judgments(annotator, [make_event(trial)])
    response = post_json(client, finish, {"listening": heard(trial)})
    assert response.status_code == 409
    assert "There has not been enough time" in response.json()["reason"]
    clock.go_on(2)
    response = post_json(client, finish, {"listening": heard(trial, 0.5)})
    assert response.json() == {"reason": "Please listen to the whole clip first."}
    for _ in range(2):
        response = post_json(client, finish, {"listening": heard(trial)})
        assert response.json() == {"address": address("thanks", annotator)}
    assert client.get(address("current", annotator)).json() == {"address": address("thanks", annotator)}


def test_current_and_next_trials_come_as_markup(client, study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    following = session.upcoming_trials(annotator, number=3)
    assert trial.token in client.get(address("current", annotator)).json()["html"]
    asked = {"after": trial.token, "number": "3"}
    htmls = client.get(address("next", annotator), asked).json()["trials"]
    for trial, html in zip(following, htmls, strict=True):
        assert trial.token in html
        assert trial.presentations.get().token in html
    for nonsense in ({"after": "\0" * 1000}, {"number": "9" * 9}, {"number": "-1"}, {"number": "x"}, {}):
        assert len(client.get(address("next", annotator), nonsense).json()["trials"]) <= 1


def test_a_trial_of_somebody_else_is_out_of_reach(client, study):
    mine, theirs = ready(study), ready(study)
    trial = session.current_trial(theirs)
    response = post_json(client, address("finish", mine, trial.token), {"listening": {}})
    assert response.status_code == 409
    event = make_event(trial, uuid=str(uuid.uuid4()))
    (receipt,) = post_json(client, address("judgments", mine), {"events": [event]}).json()["receipts"]
    assert receipt["status"] == "refused"


def test_pages_obey_a_strict_policy(client, study):
    annotator = ready(study)
    for page in (reverse("study:home"), study.get_absolute_url(), address("trials", annotator)):
        response = client.get(page)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["Referrer-Policy"] == "same-origin"
        html = response.content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)
        assert "csrftoken" in response.cookies or page == reverse("study:home")


def test_an_old_page_is_refused_calmly(client, study):
    strict = type(client)(enforce_csrf_checks=True)
    response = strict.post(study.get_absolute_url())
    assert response.status_code == 403
    assert "Nothing is lost" in response.content.decode()


def test_everything_is_translated():
    for language in ("de", "es"):
        catalogue = (STUDY / "locale" / language / "LC_MESSAGES" / "django.po").read_text()
        entries = re.findall(r'^msgid (".+?"(?:\n".*")*)\nmsgstr (".*"(?:\n".*")*)', catalogue, re.M)
        assert len(entries) > 100
        assert [source for source, translated in entries if translated == '""' and source != '""'] == []
        assert "fuzzy" not in catalogue


@pytest.mark.parametrize(("language", "words"), [("de", "Ihre Einwilligung"), ("es", "Su consentimiento")])
def test_pages_speak_the_language_of_the_browser(client, study, language, words):
    annotator = join(study)
    page = client.get(address("consent", annotator), headers={"Accept-Language": language}).content.decode()
    assert f"<h1>{words}</h1>" in page
    assert f'<html lang="{language}"' in page


def test_the_language_can_be_changed(client, study):
    annotator = join(study)
    page = address("consent", annotator)
    response = client.post(reverse("study:language"), {"language": "de", "next": page})
    assert response.headers["Location"] == page
    assert "Ihre Einwilligung" in client.get(page).content.decode()


def test_page_code_is_at_most_60_kilobytes_compressed():
    size = 0
    for file in [*STATIC.rglob("*.js"), *STATIC.rglob("*.css")]:
        if "admin" in file.relative_to(STATIC).parts:
            continue  # annotators never load it
        if "kinds" in file.relative_to(STATIC).parts:
            assert len(gzip.compress(file.read_bytes())) <= 2_000  # only where a study asks such questions
            continue
        buffer = io.BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb") as compressed:
            compressed.write(file.read_bytes())
        size += buffer.tell()
    assert 10_000 < size <= 60_000


@pytest.mark.parametrize("presentation", ["single", "pair"])
def test_the_hint_at_keys_names_digits_where_they_answer(client, study, presentation):
    Study.objects.update(presentation=presentation)
    annotator = ready(Study.objects.get())
    page = address("trials", annotator)
    digits = {"single": "<kbd>2</kbd> … answer", "pair": "digits answer the question"}[presentation]
    assert digits in client.get(page).content.decode()
    study.questions.update(kind="slider", options={"min": 0, "max": 100, "step": 1})
    without = client.get(page).content.decode()
    assert "<kbd>Enter</kbd> goes on" in without
    assert digits not in without
