import datetime

import pytest
from django.utils import timezone
from example_studies import heard, make_event, make_study, ready, walk

from studyserver.study.lifecycle.opening import close_study
from studyserver.study.models import Annotator, Departure, Judgment, Study
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import record_judgments
from studyserver.study.sessions.joining import join
from studyserver.study.sessions.joins import JoiningRefused
from studyserver.study.sessions.session import IncompleteTrial
from studyserver.study.sessions.stages import Stage, stage
from studyserver.study.sessions.withdrawal import delete_answers


def test_the_whole_way(study):
    annotator = join(study, language="de", device_family="phone")
    assert stage(annotator) == Stage.CONSENT
    session.give_consent(annotator)
    assert stage(annotator) == Stage.INSTRUCTIONS
    session.finish_instructions(annotator)
    assert stage(annotator) == Stage.SOUND_CHECK
    session.finish_sound_check(annotator, {"output_sample_rate": 48000})
    assert stage(annotator) == Stage.TRIALS
    assert session.progress(annotator) == (0, 16)
    assert session.completion(annotator) is None
    assert walk(annotator) == 16
    assert stage(annotator) == Stage.FINISHED
    assert session.progress(annotator) == (16, 16)
    assert session.completion(annotator)
    assert Annotator.objects.get().sound_check == {"output_sample_rate": 48000}
    assert Judgment.objects.current().count() == 16
    assert {trial.version.number for trial in annotator.trials.select_related("version")} == {1}


def test_nobody_joins_a_draft_or_a_closed_study(study):
    close_study(study)
    with pytest.raises(JoiningRefused, match="closed"):
        join(study)
    with pytest.raises(JoiningRefused, match="not been opened"):
        join(make_study())


def test_rehearsals_join_in_any_state(study):
    close_study(study)
    annotator = ready(study, rehearsal=True)
    assert walk(annotator) == 16


def test_places_are_limited_and_freed(study):
    Study.objects.filter(pk=study.pk).update(annotators_wanted=2)
    first, second = ready(study), ready(study)
    with pytest.raises(JoiningRefused, match="all the people"):
        join(study)
    session.withdraw(first, keep_answers=True)
    third = ready(study)
    Annotator.objects.filter(pk=second.pk).update(expires_at=timezone.now())
    session.screen_out(third)
    ready(study)
    # A click takes no place, and neither do rehearsals.
    undecided = join(study)
    ready(study, rehearsal=True)
    ready(study)
    with pytest.raises(JoiningRefused):
        join(study)
    with pytest.raises(JoiningRefused):
        session.give_consent(undecided)


def test_steps_cannot_be_skipped(study):
    annotator = join(study)
    session.finish_sound_check(annotator, {})
    session.finish_instructions(annotator)
    assert stage(annotator) == Stage.CONSENT
    assert session.current_trial(annotator) is None
    assert session.upcoming_trials(annotator) == []
    assert not annotator.trials.exists()


def test_the_same_trial_until_it_is_finished(study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    (upcoming,) = session.upcoming_trials(annotator)
    assert upcoming.position == 2
    assert upcoming.presented_at is None
    assert session.current_trial(annotator) == trial
    walk(annotator, 1)
    assert session.current_trial(annotator) == upcoming


def test_trials_ahead_are_handed_out_in_order_and_boundedly(study):
    annotator, other = ready(study), ready(study)
    trials = [session.current_trial(annotator), *annotator.trials.order_by("position")[1:]]
    assert len(trials) > session.MOST_AHEAD + 1
    assert session.upcoming_trials(annotator, number=3) == trials[1:4]
    assert session.upcoming_trials(annotator, after=trials[3].token, number=2) == trials[4:6]
    assert session.upcoming_trials(annotator, number=1000) == trials[1 : 1 + session.MOST_AHEAD]
    assert session.upcoming_trials(annotator, after=trials[-1].token) == []
    assert session.upcoming_trials(annotator, number=-1) == []
    for token in (session.current_trial(other).token, "none"):
        assert session.upcoming_trials(annotator, after=token) == []
    assert all(trial.presented_at is None for trial in annotator.trials.exclude(pk=trials[0].pk))


def test_a_trial_needs_its_answers(study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    with pytest.raises(IncompleteTrial, match="How harsh"):
        session.finish_trial(annotator, trial.token, heard(trial))
    assert session.current_trial(annotator) == trial


def test_a_trial_needs_listening(study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    record_judgments(annotator, [make_event(trial)])
    for record in [{}, None, [], {"presentations": []}, heard(trial, 0.5)]:
        with pytest.raises(IncompleteTrial, match="listen"):
            session.finish_trial(annotator, trial.token, record)
    session.finish_trial(annotator, trial.token, heard(trial, 0.9))  # the tail may be missing
    trial.refresh_from_db()
    token = trial.presentations.get().token
    assert trial.listening["presentations"][token]["seconds_heard"] == 1.8


def test_finishing_twice_changes_nothing(study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    walk(annotator, 1)
    trial.refresh_from_db()
    session.finish_trial(annotator, trial.token, {})
    again = annotator.trials.get(pk=trial.pk)
    assert (again.finished_at, again.listening) == (trial.finished_at, trial.listening)


def test_trials_done_offline_are_dated_when_they_were_done(study):
    annotator = ready(study)
    session.current_trial(annotator)
    an_hour_ago = timezone.now() - datetime.timedelta(hours=1)
    annotator.trials.update(allocated_at=an_hour_ago)
    told = [(3_000_000, 2_400_000), (10**9, 600_000), (0, 60_000)]  # ms ago; the first two fit together
    for trial, (appeared, finished) in zip(annotator.trials.order_by("position")[:3], told, strict=True):
        assert record_judgments(annotator, [make_event(trial)])[0]["status"] == "stored"
        times = {"appeared_ms": appeared, "finished_ms": finished}
        session.finish_trial(annotator, trial.token, heard(trial), **times)
    first, second, third = annotator.trials.order_by("position")[:3]
    seconds = [(moment - an_hour_ago).total_seconds() for moment in (first.presented_at, first.finished_at)]
    assert seconds == pytest.approx([600, 1200], abs=30)
    assert second.presented_at == first.finished_at  # not before
    assert third.presented_at == third.finished_at > second.finished_at


def test_trials_are_finished_in_order_and_by_their_owner(study):
    annotator, other = ready(study), ready(study)
    session.current_trial(annotator)
    (upcoming,) = session.upcoming_trials(annotator)
    record_judgments(annotator, [make_event(upcoming)])
    with pytest.raises(IncompleteTrial, match="earlier trial"):
        session.finish_trial(annotator, upcoming.token, heard(upcoming))
    for token in [session.current_trial(other).token, "none", "\0", "x" * 1000, None]:
        with pytest.raises(IncompleteTrial, match="not part of your session"):
            session.finish_trial(annotator, token, {})


def test_whoever_has_consented_may_finish_after_closing(study):
    annotator, undecided = ready(study), join(study)
    close_study(study)
    annotator = Annotator.objects.get(pk=annotator.pk)
    assert walk(annotator) == 16
    assert session.completion(annotator)
    assert stage(Annotator.objects.get(pk=undecided.pk)) == Stage.CLOSED


def test_sessions_expire(study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    Annotator.objects.update(expires_at=timezone.now())
    annotator.refresh_from_db()
    assert stage(annotator) == Stage.EXPIRED
    assert session.current_trial(annotator) is None
    # What was answered in time and arrives late is kept all the same.
    assert record_judgments(annotator, [make_event(trial)])[0]["status"] == "stored"
    with pytest.raises(IncompleteTrial, match="ended"):
        session.finish_trial(annotator, trial.token, heard(trial))


def test_sessions_expire_after_the_minutes_a_recruiter_gives(study):
    study.annotators_wanted, study.minutes_to_finish = 1, 30
    study.save()
    annotator = ready(study)
    assert annotator.expires_at - annotator.joined_at < datetime.timedelta(minutes=31)
    with pytest.raises(JoiningRefused):
        join(study)
    Annotator.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    join(study)
    study.minutes_to_finish, study.resume_days = 60 * 24 * 3, 1
    assert study.time_to_finish == datetime.timedelta(days=1)


def test_the_completion_code_of_the_study(study):
    Study.objects.filter(pk=study.pk).update(completion_code="C1ABCDEF")
    annotator = ready(study)
    walk(annotator)
    assert session.completion(annotator) == "C1ABCDEF"


def test_leaving_and_keeping_the_answers(study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    walk(annotator, 3)
    session.withdraw(annotator, keep_answers=True)
    assert stage(annotator) == Stage.WITHDRAWN
    assert Judgment.objects.usable().count() == 3
    late = record_judgments(annotator, [make_event(trial, value=5, sequence=9)])
    assert late[0]["status"] == "stored"
    assert Departure.objects.get().kind == Departure.Kind.ANSWERS_KEPT
    assert session.completion(annotator) is None


def test_leaving_and_discarding_the_answers(study):
    annotator = ready(study)
    trial = session.current_trial(annotator)
    walk(annotator, 3)
    session.withdraw(annotator, keep_answers=False)
    session.withdraw(annotator, keep_answers=False)
    assert Judgment.objects.usable().count() == 0
    assert record_judgments(annotator, [make_event(trial)])[0]["status"] == "refused"
    departure = Departure.objects.get()
    assert (departure.kind, departure.judgments) == (Departure.Kind.ANSWERS_DISCARDED, 3)


def test_discarding_after_all(study):
    annotator = ready(study)
    walk(annotator, 2)
    session.withdraw(annotator, keep_answers=True)
    session.withdraw(annotator, keep_answers=False)
    session.withdraw(annotator, keep_answers=True)  # what was given up cannot be taken back
    assert annotator.answers_discarded
    finished = ready(study)
    walk(finished)
    session.withdraw(finished, keep_answers=False)
    assert Judgment.objects.usable().count() == 0


def test_deletion_leaves_nothing_but_the_fact(study):
    annotator, other = ready(study), ready(study)
    walk(annotator)
    walk(other, 1)
    assert delete_answers(annotator) == 16
    assert list(Annotator.objects.all()) == [other]
    assert Judgment.objects.count() == 1
    departure = Departure.objects.get()
    assert (departure.kind, departure.judgments) == (Departure.Kind.DELETED, 16)
    fields = {field.name for field in Departure._meta.get_fields()}
    assert fields == {"id", "study", "kind", "judgments", "at"}
