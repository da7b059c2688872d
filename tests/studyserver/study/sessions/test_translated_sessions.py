"""Pages forbid to be translated by a program; where one does so all the same, that is recorded."""

import json

import pytest
from django.urls import reverse
from example_studies import heard, make_event, ready

from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join


def address(name, annotator, *more):
    return reverse(f"study:{name}", args=[annotator.token, *more])


def is_marked(annotator) -> bool:
    annotator.refresh_from_db()
    return annotator.machine_translated


def test_pages_forbid_the_translation_of_their_texts(client, study):
    joined = join(study)
    pages = [reverse("study:join", args=[study.slug]), address("consent", joined)]
    pages += [address("trials", ready(study)), address("leave", joined)]
    for page in pages:
        text = client.get(page).content.decode()
        assert 'translate="no"' in text.split("<head>")[0], page
        assert '<meta name="google" content="notranslate">' in text, page


@pytest.mark.parametrize(("said", "marked"), [("true", True), ("false", False), ("1", False), (None, False)])
def test_a_form_says_that_its_page_was_translated(client, study, said, marked):
    annotator = join(study)
    fields = {"agree": "on"} | ({"machine_translated": said} if said else {})
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    answer = client.post(
        address("consent", annotator), body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 302
    assert is_marked(annotator) is marked


@pytest.mark.parametrize(("said", "marked"), [(True, True), (False, False), ("true", False), (1, False)])
def test_answers_say_that_their_page_was_translated(client, study, said, marked):
    annotator = ready(study)
    body = {"events": [make_event(session.current_trial(annotator))], "machine_translated": said}
    answer = client.post(address("judgments", annotator), json.dumps(body), content_type="application/json")
    assert answer.json()["receipts"][0]["status"] == "stored"
    assert is_marked(annotator) is marked


@pytest.mark.parametrize(("said", "stored"), [(True, True), (False, False), ("true", None), ({}, None)])
def test_a_trial_says_whether_its_page_was_translated(client, study, said, stored):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    record_judgments(annotator, [make_event(trial)])
    session.finish_trial(annotator, trial.token, heard(trial) | {"machine_translated": said})
    trial.refresh_from_db()
    assert trial.listening.get("machine_translated") is stored
    assert is_marked(annotator) is (stored is True)
