"""What a browser may report: documented names of their types, and nothing else."""

import json

import pytest
from django.urls import reverse
from example_studies import heard, make_event, make_study

from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Study
from studyserver.study.pages.presenting import playing_level
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.browser_reports import LISTENING, LISTENING_TO_CLIP, SOUND_CHECK, documented
from studyserver.study.sessions.joining import join
from studyserver.study.sessions.stages import Stage, stage

MEASURED = {
    "outcome": "failed", "attempts": 2, "played": "3 5", "answered": "4 5", "output_sample_rate": 44100,
}  # fmt: skip


def before_the_tones(**fields):
    study = make_study(1, **fields)
    open_study(study)
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    return annotator


def send(client, annotator, result):
    response = client.post(reverse("study:sound-check", args=[annotator.token]), {"result": result})
    annotator.refresh_from_db()
    return response


def test_what_is_measured_is_stored(client, db):
    annotator = before_the_tones()
    assert send(client, annotator, json.dumps(MEASURED)).status_code == 302
    assert annotator.sound_check == MEASURED


@pytest.mark.parametrize("value", [1, True, "x", None, [], {"passed": True}, {"antiphase": {"score": 6}}])
@pytest.mark.parametrize("headphone_check", [kind for kind in Study.HeadphoneChecks.values if kind])
def test_no_report_takes_the_place_of_a_headphone_check(client, db, value, headphone_check):
    annotator = before_the_tones(headphone_check=headphone_check)
    send(client, annotator, json.dumps({"headphones": value, "outcome": "passed"}))
    assert annotator.sound_check == {"outcome": "passed"}
    assert stage(annotator) == Stage.HEADPHONES


@pytest.mark.parametrize(
    "stored", [{"headphones": 1}, {"headphones": {"passed": 1}}, {"headphones": []}, [], 3]
)
def test_what_older_rows_hold_ends_no_headphone_check(db, stored):
    annotator = before_the_tones(headphone_check="antiphase")
    session.finish_sound_check(annotator, MEASURED)
    annotator.sound_check = stored
    annotator.save()
    assert stage(annotator) == Stage.HEADPHONES
    assert playing_level(annotator) == 0


@pytest.mark.parametrize("name", ["level", "level_db", "presentations", "trial", "anything"])
def test_other_names_are_dropped(client, db, name):
    annotator = before_the_tones()
    send(client, annotator, json.dumps({name: -60, **MEASURED}))
    assert annotator.sound_check == MEASURED
    assert playing_level(annotator) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("outcome", value) for value in ("well", 1, None, ["passed"], {"passed": True})],
        *[("attempts", value) for value in (-1, 1.5, True, "2", 10**39)],
        *[("played", value) for value in ("three", "\0", "\ud800", 3, "3\n4", "3 " * 5000)],
        *[("output_sample_rate", value) for value in (0, "48000", 1e300, [48000])],
    ],
)
def test_wrong_types_are_dropped(client, db, name, value):
    annotator = before_the_tones()
    response = send(client, annotator, json.dumps({**MEASURED, name: value}))
    assert response.status_code == 302
    assert annotator.sound_check == {key: kept for key, kept in MEASURED.items() if key != name}


@pytest.mark.parametrize("value", [10**400, float("nan"), float("inf")], ids=["digits", "nan", "inf"])
def test_what_only_older_rows_can_hold_is_dropped_by_readers(value):
    assert documented({**MEASURED, "attempts": value}, SOUND_CHECK) == {
        key: kept for key, kept in MEASURED.items() if key != "attempts"
    }


@pytest.mark.parametrize(
    "result",
    [
        "{not json",
        "[" * 9000,
        '{"attempts": %s}' % ("9" * 5000),
        '{"attempts": NaN}',
        '{"output_sample_rate": Infinity}',
        json.dumps({"x": "y" * 30_000}),
    ],
    ids=["no JSON", "deep", "digits", "NaN", "Infinity", "long"],
)
def test_what_cannot_be_read_is_refused_in_words(client, db, result):
    annotator = before_the_tones()
    response = send(client, annotator, result)
    assert response.status_code == 400
    assert "could not be read; please repeat it" in response.content.decode()
    assert stage(annotator) == Stage.SOUND_CHECK


def test_listening_is_stored_by_its_documented_names_only(db):
    study = make_study(1)
    open_study(study)
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, MEASURED)
    trial = session.current_trial(annotator)
    record_judgments(annotator, [make_event(trial)])
    sent = heard(trial)
    (token,) = sent["presentations"]
    sent["presentations"][token] |= {"plays": 10**300, "share": 7, "seconds": "long", "note": "x", "loops": 2}
    sent |= {"switches": 10**300, "reloads": True, "level_db": -6.5, "headphones": 1, "focus_losses": 4}
    session.finish_trial(annotator, trial.token, sent)
    trial.refresh_from_db()
    record = trial.listening["presentations"].pop(token)
    assert set(record) == {"seeks", "loops", "intervals", "seconds_heard"}
    assert trial.listening == {"presentations": {}, "level_db": -6.5, "focus_losses": 4}


@pytest.mark.parametrize("names", [SOUND_CHECK, LISTENING, LISTENING_TO_CLIP])
@pytest.mark.parametrize("report", [None, 1, "text", [], [{}], True])
def test_what_is_not_an_object_reports_nothing(names, report):
    assert documented(report, names) == {}
