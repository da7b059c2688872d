import datetime
import uuid

import pytest
from example_studies import make_event, make_study, ready, walk
from hypothesis import given
from hypothesis import strategies as st

from explainer.models import Clip
from studyserver.study.models import Judgment, Question
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import (
    EventRefused,
    latest_sequence,
    questions_for,
    record_judgments,
    stored_answers,
)
from studyserver.study.sessions.stages import Stage, stage


@pytest.fixture
def annotator(study):
    return ready(study)


@pytest.fixture
def trial(annotator):
    return session.current_trial(annotator)


def statuses(annotator, *events):
    return [receipt["status"] for receipt in record_judgments(annotator, list(events))]


def test_an_event_is_stored_as_it_came(annotator, trial):
    event = make_event(trial, value=4, sequence=17)
    assert record_judgments(annotator, [event]) == [{"uuid": event["uuid"], "status": "stored", "reason": ""}]
    judgment = Judgment.objects.get()
    assert str(judgment.uuid) == event["uuid"]
    assert (judgment.value, judgment.number, judgment.sequence, judgment.response_ms) == (4, 4.0, 17, 1234)
    assert trial.allocated_at <= judgment.answered_at <= judgment.stored_at
    assert judgment.presentation == trial.presentations.get()


def test_the_same_event_is_stored_once(annotator, trial):
    event = make_event(trial)
    assert statuses(annotator, event, event) == ["stored", "already stored"]
    assert statuses(annotator, event) == ["already stored"]
    assert Judgment.objects.count() == 1


def test_the_last_event_counts_whatever_the_order_of_arrival(annotator, trial):
    late = make_event(trial, value=5, sequence=3)
    early = make_event(trial, value=1, sequence=2)
    assert statuses(annotator, late, early) == ["stored", "stored"]
    assert Judgment.objects.current().get().value == 5
    assert stored_answers(trial)[0]["value"] == 5
    assert latest_sequence(annotator) == 3


def test_a_clip_may_be_named_or_not(annotator, trial):
    token = trial.presentations.get().token
    events = [
        make_event(trial, value=1, sequence=1),
        make_event(trial, value=2, sequence=2, presentation=token),
    ]
    assert statuses(annotator, *events) == ["stored", "stored"]
    assert Judgment.objects.current().get().value == 2


def test_a_question_is_named_by_key_or_id(annotator, trial):
    question = Question.objects.get()
    events = [make_event(trial, question=name) for name in (question.key, question.pk, str(question.pk))]
    assert statuses(annotator, *events) == ["stored"] * 3


def test_a_bad_event_does_not_block_the_others(annotator, trial):
    good = [make_event(trial, sequence=1), make_event(trial, sequence=2)]
    bad = [
        None,
        "event",
        [],
        {},
        make_event(trial, value=9),
        make_event(trial, uuid="no uuid"),
        make_event(trial, uuid=5),
        make_event(trial, question="taste"),
        make_event(trial, question=True),
        make_event(trial, presentation="unknown"),
        make_event(trial, presentation={}),
        make_event(trial, sequence=-1),
        make_event(trial, sequence=2**63),
        make_event(trial, sequence="1"),
        make_event(trial, sequence=True),
        {**make_event(trial), "trial": None},
        {**make_event(trial), "trial": "\0"},
        {**make_event(trial), "trial": "unknown"},
        make_event(trial, value="x" * 10**6),
    ]
    receipts = record_judgments(annotator, [good[0], *bad, good[1]])
    assert [receipt["status"] for receipt in receipts] == ["stored", *["refused"] * len(bad), "stored"]
    assert all(receipt["reason"] for receipt in receipts[1:-1])
    assert Judgment.objects.count() == 2


@pytest.mark.parametrize("events", [None, {}, "events", 5])
def test_events_come_in_a_list(annotator, events):
    with pytest.raises(EventRefused, match="list"):
        record_judgments(annotator, events)


def test_a_foreign_trial_is_refused(study, annotator, trial):
    stranger = ready(study)
    session.current_trial(stranger)
    receipt = record_judgments(stranger, [make_event(trial)])[0]
    assert receipt["status"] == "refused"
    assert "not part of your session" in receipt["reason"]


def test_an_identifier_of_somebody_else_is_refused_not_swallowed(study, annotator, trial):
    event = make_event(trial)
    record_judgments(annotator, [event])
    other = ready(study)
    theirs = make_event(session.current_trial(other), uuid=event["uuid"])
    assert statuses(other, theirs) == ["refused"]


def test_late_events_of_earlier_trials_are_kept(annotator, trial):
    walk(annotator)
    late = make_event(trial, value=5, sequence=1000)
    assert stage(annotator) == Stage.FINISHED
    assert statuses(annotator, late) == ["stored"]
    assert trial.judgments.current().get().value == 5


@pytest.mark.parametrize("sent", ["yesterday", float("nan"), None, [], {}, True])
def test_an_age_that_cannot_be_read_is_no_reason_to_lose_an_answer(annotator, trial, sent):
    assert statuses(annotator, make_event(trial, age_ms=sent, response_ms=sent)) == ["stored"]
    assert Judgment.objects.get().answered_at is None


def test_an_answer_is_dated_when_it_was_entered_not_when_it_arrived(annotator, trial):
    trial.allocated_at -= datetime.timedelta(hours=1)
    trial.save()
    assert statuses(annotator, make_event(trial, age_ms=600_000)) == ["stored"]
    judgment = Judgment.objects.get()
    waited = (judgment.stored_at - judgment.answered_at).total_seconds()
    assert waited == pytest.approx(600, abs=30)


@pytest.mark.parametrize("sent", [-5, 0, 20, 20.5, 10**400, float("inf"), float("-inf")])
def test_an_answer_was_entered_between_the_making_of_its_trial_and_its_arrival(annotator, trial, sent):
    assert statuses(annotator, make_event(trial, age_ms=sent)) == ["stored"]
    judgment = Judgment.objects.get()
    assert trial.allocated_at <= judgment.answered_at <= judgment.stored_at


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["uuid", "trial", "question", "presentation", "value", "sequence", "age_ms", "response_ms"]
)


@pytest.mark.django_db
def test_odd_events_are_stored_or_refused_never_an_error(annotator, trial):
    @given(st.dictionaries(fields, anything, max_size=3))
    def check(odd):
        event = {**make_event(trial, uuid=str(uuid.uuid4())), **odd}
        [receipt] = record_judgments(annotator, [event])
        assert receipt["status"] in ("stored", "already stored", "refused")
        assert (receipt["status"] == "refused") == bool(receipt["reason"])

    check()


@pytest.mark.django_db
def test_questions_of_other_targets_are_not_asked():
    study = make_study(conditions=[Clip.Condition.ORIGINAL, Clip.Condition.EVIDENCE])
    scale = {"kind": "scale", "options": {"points": 5}}
    study.questions.create(key="minorness", target="minorness", only_own_target=True, **scale)
    study.questions.create(key="harshness", target="dissonance", only_own_target=True, **scale)
    study.questions.create(key="quality", **scale)
    annotator = ready(study, rehearsal=True)
    session.current_trial(annotator)
    for trial in annotator.trials.all():
        keys = {question.key for question in questions_for(trial)}
        original = trial.presentations.get().stimulus.clip.condition == Clip.Condition.ORIGINAL
        expected = {"dissonance", "harshness", "quality"} | ({"minorness"} if original else set())
        assert keys == expected
        receipt = record_judgments(annotator, [make_event(trial, question="minorness")])[0]
        assert receipt["status"] == ("stored" if original else "refused")


@pytest.mark.django_db
def test_a_question_about_the_trial_names_no_clip():
    study = make_study(n_tracks=1)
    Question.objects.create(
        study=study, key="comment", text="Anything else?", kind="text", scope="trial", required=False
    )
    annotator = ready(study, rehearsal=True)
    trial = session.current_trial(annotator)
    token = trial.presentations.get().token
    events = [
        make_event(trial, question="comment", value="a", presentation=token, sequence=1),
        make_event(trial, question="comment", value="b", presentation=None, sequence=2),
    ]
    assert statuses(annotator, *events) == ["stored", "stored"]
    assert Judgment.objects.current().get().value == "b"
    assert Judgment.objects.first().presentation is None
