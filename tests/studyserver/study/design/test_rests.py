"""Rests come between blocks or after so many trials, and only where the study has them."""

import pytest
from django.urls import reverse
from example_studies import make_study, ready

from studyserver.study.design.rests import rest_before
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.sessions import session

pytestmark = pytest.mark.django_db


def places_of_rests(study) -> list[int]:
    open_study(study)
    annotator = ready(study)
    session.current_trial(annotator)
    return [trial.position for trial in annotator.trials.order_by("position") if rest_before(trial)]


def test_there_are_none_unless_the_study_has_them():
    assert places_of_rests(make_study(blocks="condition")) == []
    assert places_of_rests(make_study(rest_text="Rest.", rest_seconds=5)) == []  # there are no blocks


def test_after_every_so_many_trials():
    assert places_of_rests(make_study(n_tracks=2, rest_every=3)) == [4, 7]


def test_between_blocks():
    study = make_study(blocks="condition", rest_seconds=5, practice_trials=0)
    assert places_of_rests(study) == [5, 9, 13]  # four conditions of four tracks


def test_between_blocks_with_attention_trials_in_them():
    study = make_study(blocks="condition", rest_text="Rest.", attention_trials=4)
    places = places_of_rests(study)
    trials = study.annotators.get().trials
    first_of_blocks = [trials.filter(block=number).earliest("position").position for number in (2, 3, 4)]
    assert places == first_of_blocks


def test_the_page_shows_the_rest_and_nothing_of_the_block(client):
    study = make_study(n_tracks=1, rest_every=1, rest_text="Stretch your legs.", rest_seconds=30)
    open_study(study)
    annotator = ready(study)
    session.current_trial(annotator)
    address = reverse("study:next", args=[annotator.token])
    (html,) = client.get(address, {"number": "1"}).json()["trials"]
    assert "Stretch your legs." in html
    assert 'data-seconds="30"' in html
    assert (
        "Stretch your legs."
        not in client.get(reverse("study:trials", args=[annotator.token])).content.decode()
    )
