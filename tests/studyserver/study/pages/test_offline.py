"""What a browser keeps for reloads without the server: a page without a trial, and all of its code."""

import datetime
import html
import json
import re

import pytest
from django.urls import reverse
from django.utils import translation
from example_studies import ready, walk

from studyserver.study.pages import offline
from studyserver.study.sessions import session
from studyserver.study.sessions.joining import join


@pytest.fixture
def annotator(study):
    annotator = ready(study)
    session.current_trial(annotator)
    return annotator


def address(name, annotator):
    return reverse(f"study:{name}", args=[annotator.token])


def settings_of(client, annotator) -> dict:
    response = client.get(address("offline-worker", annotator))
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "no-store" in response.headers["Cache-Control"]
    return json.loads(re.match(r"const SETTINGS = (.+);\n", response.content.decode())[1])


def test_the_page_that_is_kept_holds_no_trial_and_no_sound(client, annotator):
    page = client.get(address("offline", annotator)).content.decode()
    assert "data-sound" not in page
    assert not [trial for trial in annotator.trials.all() if trial.token in page]
    assert "One moment" in page


def test_everything_that_the_page_loads_is_kept_with_it(client, annotator):
    page = client.get(address("offline", annotator)).content.decode()
    loaded = {*re.findall(r'<(?:script[^>]* src|link[^>]* href)="([^"]+)"', page)}
    files = settings_of(client, annotator)["files"]
    assert len(loaded) > 20
    assert loaded == set(files)
    assert all(client.get(file).status_code == 200 for file in files)


def test_the_page_comes_in_place_of_those_that_lead_to_the_trials_only(client, annotator):
    for place in settings_of(client, annotator)["addresses"]:
        response = client.get(place)
        there = place if response.status_code == 200 else response.headers["Location"]
        assert there == address("trials", annotator)


def test_another_deployment_language_or_expiry_is_another_version(client, annotator, monkeypatch):
    known = {offline.worker_address(annotator)}

    def is_new() -> bool:
        found = offline.worker_address(annotator)
        new = found not in known
        known.add(found)
        return new

    assert not is_new()
    page = html.unescape(client.get(address("trials", annotator)).content.decode())
    assert offline.worker_address(annotator) in page
    with translation.override("de"):
        assert is_new()
    annotator.expires_at += datetime.timedelta(days=1)
    assert is_new()
    monkeypatch.setattr(offline, "_digest_of_code", lambda: "another deployment")
    assert is_new()


def test_nothing_is_kept_before_the_trials_or_after_them(client, study, annotator):
    early = join(study)
    walk(annotator)
    for somebody in (early, annotator):
        for name in ("offline", "offline-worker"):
            assert client.get(address(name, somebody)).status_code == 302
