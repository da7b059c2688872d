"""Preferences, ABX answers and stretches as rows of their own tables, checked against what was answered."""

import pytest
from django.core.files.base import ContentFile

from explainer.models import Clip, Track
from studyserver.results.data.rows import StudyRows
from studyserver.results.export.codebook import TABLES
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Presentation, Question, Stimulus, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join

pytestmark = pytest.mark.django_db


def event(trial, question, value, number, presentation=None):
    return {
        "uuid": f"00000000-0000-4000-8000-{trial.pk:06}{number:06}",
        "trial": trial.token,
        "question": question,
        "presentation": presentation,
        "value": value,
        "sequence": number,
    }


def taken(presentation, answers):
    """Return a study of one trial that one annotator has taken, and that trial."""
    study = Study.objects.create(
        slug=f"compare-{presentation}", title="Compare", consent="Yes", instructions="Go",
        presentation=presentation, compared_conditions=["original", "evidence"],
    )  # fmt: skip
    track = Track.objects.create(
        name=f"of-{presentation}", file="t.flac", sha256="0" * 64, seconds=2, sample_rate=8000, channels=1
    )  # fmt: skip
    for condition in ("original", "evidence", "complement"):
        clip = Clip.objects.create(
            track=track,
            condition=condition,
            target="" if condition == "original" else "dissonance",
            file=ContentFile(b"sound", name="clip.flac"),
            sha256=f"{condition}".ljust(64, "1"),
            sample_rate=8000,
            seconds=2,
        )
        Stimulus.objects.create(study=study, clip=clip)
    for position, (kind, scope) in enumerate(answers):
        Question.objects.create(study=study, key=kind, text="?", kind=kind, scope=scope, position=position)
    open_study(study)
    annotator = join(study)
    session.give_consent(annotator)
    session.finish_instructions(annotator)
    session.finish_sound_check(annotator, {})
    return study, session.current_trial(annotator)


def test_a_preference_between_two_is_signed_for_each_clip():
    study, trial = taken("pair", [("preference", "trial")])
    answer = event(trial, "preference", {"preferred": "B", "strength": 2}, 1)
    assert record_judgments(trial.annotator, [answer])[0]["status"] == "stored"
    rows = StudyRows(study)
    a, b = rows.rows("comparisons")
    assert set(a) == set(TABLES["comparisons"].columns)
    assert (a["picked"], a["strength"], b["picked"], b["strength"]) == (False, -2.0, True, 2.0)
    second = trial.presentations.get(position=1)
    assert b["stimulus"] == second.stimulus_id
    assert b["condition"] == second.stimulus.clip.condition
    assert a["is_x"] is None
    (judgment,) = rows.judgments()
    assert (judgment["value"], judgment["number"]) == ("B2", 2.0)
    assert [row["clip_role"] for row in rows.trials()] == ["clip", "clip"]


def test_an_abx_answer_says_what_x_was():
    study, trial = taken("abx", [("abx", "trial")])
    x = trial.presentations.get(role=Presentation.Role.X)
    right = next(item for item in trial.presentations.all() if item.is_blind and item.stimulus == x.stimulus)
    record_judgments(trial.annotator, [event(trial, "abx", right.label, 1)])
    rows = {row["clip_position"]: row for row in StudyRows(study).comparisons()}
    assert len(rows) == 2
    assert rows[right.position]["picked"]
    assert rows[right.position]["is_x"]
    assert not rows[1 - right.position]["picked"]
    assert not rows[1 - right.position]["is_x"]
    (judgment,) = StudyRows(study).judgments()
    assert judgment["number"] == 1


def test_stretches_have_a_row_each():
    study, trial = taken("pair", [("stretches", "clip")])
    a, b = trial.presentations.order_by("position")
    events = [
        event(trial, "stretches", [[0.5, 1], [0.25, 0.375]], 1, a.token),
        event(trial, "stretches", [], 2, b.token),
    ]
    assert {item["status"] for item in record_judgments(trial.annotator, events)} == {"stored"}
    rows = [
        (row["stimulus"], row["stretch"], row["stretch_begin"], row["stretch_end"])
        for row in StudyRows(study).stretches()
    ]
    assert rows == [
        (a.stimulus_id, 1, 0.25, 0.375),
        (a.stimulus_id, 2, 0.5, 1.0),
        (b.stimulus_id, 0, None, None),
    ]
    assert [row["value"] for row in StudyRows(study).judgments()] == ["0.25-0.375|0.5-1", "|"]
