"""Two devices on one link, and answers that come too late: what is taken, and what is refused in words."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from example_studies import heard, make_event, make_study, ready, walk

from studyserver.study.models import Judgment, Trial
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments

ELSEWHERE = "finished on another device"


def address(name, annotator, *more):
    return reverse(f"study:{name}", args=[annotator.token, *more])


def send(client, annotator, *events, **named) -> list[dict]:
    body = json.dumps({"events": list(events)})
    response = client.post(address("judgments", annotator), body, content_type="application/json", **named)
    assert response.status_code == 200
    return response.json()["receipts"]


def finish(client, annotator, trial):
    body = json.dumps({"listening": heard(trial)})
    return client.post(address("finish", annotator, trial.token), body, content_type="application/json")


@pytest.fixture
def annotator(study, clock):
    annotator = ready(study)
    session.current_trial(annotator)
    clock.go_on(60)
    return annotator


@pytest.fixture
def trial(annotator):
    return session.current_trial(annotator)


@pytest.fixture
def phone(annotator):
    phone = Client()
    phone.get(address("trials", annotator))
    return phone


def test_an_answer_to_a_trial_that_another_device_has_finished_is_refused_in_words(
    client, phone, annotator, trial
):
    client.get(address("trials", annotator))
    send(client, annotator, make_event(trial, value=4, sequence=1))
    send(phone, annotator, make_event(trial, value=2, sequence=2))  # not finished yet: the last one counts
    assert finish(client, annotator, trial).status_code == 200
    late = make_event(trial, value=5, sequence=3)
    (receipt,) = send(phone, annotator, late)
    assert (receipt["status"], receipt["uuid"]) == ("refused", late["uuid"])
    assert ELSEWHERE in receipt["reason"]
    assert trial.judgments.current().get().value == 2
    assert finish(phone, annotator, trial).status_code == 200  # and it goes on with the next trial
    assert trial.token not in phone.get(address("current", annotator)).json()["html"]
    current = session.current_trial(annotator)
    assert send(phone, annotator, make_event(current, sequence=4))[0]["status"] == "stored"


@pytest.mark.parametrize(
    ("language", "words"), [("de", "auf einem anderen Gerät"), ("es", "en otro dispositivo")]
)
def test_the_refusal_speaks_the_language_of_the_page(client, phone, annotator, trial, language, words):
    send(client, annotator, make_event(trial))
    finish(client, annotator, trial)
    (receipt,) = send(phone, annotator, make_event(trial), headers={"Accept-Language": language})
    assert words in receipt["reason"]


def test_devices_are_told_apart_though_neither_has_opened_a_page_before(client, annotator, trial):
    send(client, annotator, make_event(trial))
    finish(client, annotator, trial)
    assert send(Client(), annotator, make_event(trial))[0]["status"] == "refused"
    assert send(client, annotator, make_event(trial, sequence=2))[0]["status"] == "stored"


def test_what_was_stored_before_is_receipted_whoever_has_finished_since(client, phone, annotator, trial):
    event = make_event(trial)
    send(phone, annotator, event)
    finish(client, annotator, trial)
    assert send(phone, annotator, event)[0]["status"] == "already stored"


def test_answers_of_the_same_device_that_the_network_held_back_are_stored(client, annotator, trial):
    send(client, annotator, make_event(trial, value=4, sequence=1))
    finish(client, annotator, trial)
    held_back = make_event(trial, value=1, sequence=2, age_ms=20_000)
    assert send(client, annotator, held_back)[0]["status"] == "stored"
    assert trial.judgments.current().get().value == 1


def test_after_the_thanks_page_answers_are_closed(client, annotator, trial, clock):
    walk(annotator)
    clock.go_on(5)
    page = client.get(address("thanks", annotator)).content.decode()
    assert annotator.deletion_code in page
    before = Judgment.objects.count()
    for late in (make_event(trial, sequence=99), make_event(trial, sequence=99, age_ms=None)):
        (receipt,) = send(client, annotator, late)
        assert receipt["status"] == "refused"
        assert "You have finished this study" in receipt["reason"]
    assert Judgment.objects.count() == before
    # Entered before its trial was left, and still on its way: not lost.
    (receipt,) = send(client, annotator, make_event(trial, sequence=100, age_ms=3_600_000))
    assert receipt["status"] == "stored"
    annotator.refresh_from_db()
    thanked = annotator.thanked_at
    client.get(address("thanks", annotator))
    annotator.refresh_from_db()
    assert annotator.thanked_at == thanked


def test_the_number_of_a_device_belongs_to_one_participation_and_tells_nothing(client, study, annotator):
    response = client.get(address("trials", annotator))
    cookie = response.cookies["device"]
    assert cookie["path"] == address("resume", annotator)
    assert cookie["httponly"]
    assert "device" not in client.get(address("trials", annotator)).cookies
    other = ready(study)
    assert Client().get(address("consent", other)).cookies["device"].value != cookie.value


def test_a_made_up_number_is_replaced(client, annotator, trial):
    client.cookies["device"] = "x" * 500
    response = client.get(address("trials", annotator))
    assert len(response.cookies["device"].value) == 22


# What can have been heard -------------------------------------------------------------------------


def claim(client, annotator, trial, seconds=2.0, **more):
    presentation = trial.presentations.get()
    intervals = [[0, 2.0]] * int(seconds // 2)
    record = {"presentations": {presentation.token: {"intervals": intervals, **more.pop("clip", {})}}, **more}
    record_judgments(annotator, [make_event(trial)])
    body = json.dumps({"listening": record, "appeared_ms": 3_600_000})
    return client.post(address("finish", annotator, trial.token), body, content_type="application/json")


def test_a_trial_cannot_be_finished_before_its_sound_can_have_played(client, study, clock):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    response = claim(client, annotator, trial)
    assert response.status_code == 409
    assert "not been enough time" in response.json()["reason"]
    assert Trial.objects.get(pk=trial.pk).finished_at is None
    clock.go_on(2)
    assert claim(client, annotator, trial).status_code == 200


def test_hearing_it_often_takes_as_long_as_it_takes(client, study, clock):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    clock.go_on(19)
    assert claim(client, annotator, trial, seconds=60).status_code == 409
    assert claim(client, annotator, trial, seconds=20).status_code == 409
    assert claim(client, annotator, trial, seconds=18).status_code == 200


def test_time_before_the_browser_was_given_the_trial_does_not_count(client, study, clock):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    clock.go_on(3600)
    assert claim(client, annotator, trial).status_code == 200
    following = session.current_trial(annotator)
    assert claim(client, annotator, following).status_code == 409


def test_trials_given_ahead_may_be_reported_all_at_once_after_as_long_as_they_take(client, study, clock):
    annotator = ready(study)
    first = session.current_trial(annotator)
    ahead = client.get(address("next", annotator), {"after": first.token, "number": "3"})
    assert len(ahead.json()["trials"]) == 3
    clock.go_on(6.5)  # enough for three of them
    trials = list(annotator.trials.order_by("position")[:4])
    answers = [claim(client, annotator, trial).status_code for trial in trials]
    assert answers == [200, 200, 200, 409]
    clock.go_on(2)
    assert claim(client, annotator, trials[3]).status_code == 200


def test_figures_fit_into_the_time_there_was_and_the_clip(client, study, clock):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    clock.go_on(10)
    figures = {"switches": 10**5, "focus_losses": 3, "elapsed_ms": 10**9, "time_to_first_play_ms": 400}
    clip = {"plays": 10**6, "seeks": 2, "share": 0.1, "seconds": 4000}
    assert claim(client, annotator, trial, clip=clip, **figures).status_code == 200
    record = Trial.objects.get(pk=trial.pk).listening
    (of_clip,) = record["presentations"].values()
    assert of_clip["plays"] <= 10 * 12
    assert record["switches"] <= 10 * 12
    assert 10_000 <= record["elapsed_ms"] <= 13_000
    assert (record["focus_losses"], record["time_to_first_play_ms"], of_clip["seeks"]) == (3, 400, 2)
    assert (of_clip["share"], of_clip["seconds"], of_clip["seconds_heard"]) == (1, 2, 2)


def test_nobody_answers_later_than_there_was_time_for(client, annotator, trial):
    send(
        client,
        annotator,
        make_event(trial, response_ms=10**9),
        make_event(trial, response_ms=900, sequence=2),
    )
    late, early = Judgment.objects.order_by("sequence").values_list("response_ms", flat=True)
    assert 60_000 <= late <= 62_000
    assert early == 900


@pytest.mark.django_db
def test_clips_of_one_trial_play_one_after_the_other(client, clock):
    study = make_study(1, presentation="multiple", state="open")
    annotator = ready(study)
    trial = session.current_trial(annotator)
    presentations = list(trial.presentations.all())
    assert len(presentations) > 1
    for item in presentations:
        record_judgments(annotator, [make_event(trial, presentation=item.token)])
    clock.go_on(2 * len(presentations) - 1.5)
    assert finish(client, annotator, trial).status_code == 409
    clock.go_on(1.5)
    assert finish(client, annotator, trial).status_code == 200
