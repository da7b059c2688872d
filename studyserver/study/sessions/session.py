"""An annotator's session, from consent to the completion code.

Views, rehearsal and tests all use these functions. They enforce the rules, and their exceptions have messages
that annotators can read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from studyserver.study.design import attention
from studyserver.study.design.allocation import allocate_trials, expected_trials
from studyserver.study.lifecycle.versions import current_version
from studyserver.study.models import (
    Annotator,
    Departure,
    Judgment,
    QuestionnairePage,
    Return,
    Study,
    StudyVersion,
    Trial,
    presented_clips,
)
from studyserver.study.models.identifiers import random_completion_code
from studyserver.study.screening import questionnaire
from studyserver.study.texts.translations import dictionary

from . import listening_time
from .answers import missing_answers
from .browser_reports import SOUND_CHECK, documented
from .joining import refuse_full
from .listening import clean_record, heard_enough
from .stages import Stage, stage
from .timestamps import moment_before
from .withdrawal import log_departure

Place = QuestionnairePage.Place
# Trials that a browser can hold in advance: several minutes of listening if the network fails.
MOST_AHEAD = 12


class IncompleteTrial(Exception):
    """The trial cannot be finished yet; the message says what is missing."""


# The steps before the first trial ---------------------------------------------------------------


def give_consent(annotator: Annotator) -> None:
    """Record the annotator's consent, which takes a place; a second call changes nothing.

    Raises
    ------
    JoiningRefused
        If the last place was taken after the annotator joined.
    """
    # Places are counted under the study's lock, so that two annotators cannot take the same last place.
    with transaction.atomic():
        study = Study.objects.locked(annotator.study_id)
        with holding(annotator):
            if stage(annotator) != Stage.CONSENT:
                return
            if not annotator.rehearsal:
                refuse_full(study)
            annotator.state = Annotator.State.ACTIVE
            annotator.consented_at = timezone.now()
            if questionnaire.next_page(annotator, Place.BEFORE) is None:
                annotator.asked_at = annotator.consented_at
            annotator.save(update_fields=["state", "consented_at", "asked_at"])


def finish_instructions(annotator: Annotator) -> None:
    """Record that the annotator has read the instructions."""
    with holding(annotator):
        if stage(annotator) == Stage.INSTRUCTIONS:
            annotator.instructed_at = timezone.now()
            annotator.save(update_fields=["instructed_at"])


def finish_sound_check(annotator: Annotator, result: Any) -> None:
    """Record that the sound check is done, with the documented part of `result`."""
    with holding(annotator):
        if stage(annotator) == Stage.SOUND_CHECK:
            annotator.sound_check = {**documented(result, SOUND_CHECK), **annotator.checked}
            annotator.sound_checked_at = timezone.now()
            annotator.save(update_fields=["sound_check", "sound_checked_at"])


def screen_out(annotator: Annotator, because: str = Annotator.EndedBecause.NOTHING) -> None:
    """End a session that does not meet the study's conditions; its place is free again."""
    with holding(annotator):
        if annotator.state in (Annotator.State.JOINED, Annotator.State.ACTIVE):
            annotator.state = Annotator.State.SCREENED_OUT
            annotator.ended_because = because
            annotator.save(update_fields=["state", "ended_because"])


# Trials -----------------------------------------------------------------------------------------


def current_trial(annotator: Annotator, *, version: StudyVersion | None = None) -> Trial | None:
    """Return the current trial, the same one until it is finished; None outside the trials.

    The first call allocates all trials of the annotator.

    Parameters
    ----------
    annotator
        The annotator of the session.
    version
        The version of the study that is presented, if it is known; that of a draft takes long to compute.
    """
    if stage(annotator) != Stage.TRIALS:
        return None
    if not annotator.trials.exists():
        allocate_trials(annotator)
    trial = _in_session(annotator).first()
    if trial is not None:
        _note_given([trial])
    if trial is not None and trial.presented_at is None:
        version = version or current_version(trial.annotator.study)
        now = timezone.now()
        Trial.objects.filter(pk=trial.pk, presented_at=None).update(presented_at=now, version=version)
        trial.presented_at, trial.version = now, version
    return trial


def upcoming_trials(annotator: Annotator, *, after: str = "", number: int = 1) -> list[Trial]:
    """Return trials after the current one, whose sounds can be fetched in advance.

    Parameters
    ----------
    annotator
        The annotator of the session.
    after
        Token of the last trial that the browser has; empty for the current one.
    number
        Maximum number, at most :data:`MOST_AHEAD`.
    """
    if stage(annotator) != Stage.TRIALS:
        return []
    coming = _in_session(annotator)[1 : 1 + MOST_AHEAD]
    if after:
        last = annotator.trials.filter(token=after).order_by().first()
        coming = _in_session(annotator).filter(position__gt=last.position) if last else []
    given = list(coming[: max(0, min(number, MOST_AHEAD))])
    _note_given(given)
    return given


def _note_given(trials: list[Trial]) -> None:
    """Store when trials are first sent to a browser: their clips cannot have been heard earlier."""
    new = [trial.pk for trial in trials if trial.given_at is None]
    if new:
        Trial.objects.filter(pk__in=new, given_at=None).update(given_at=timezone.now())


def _in_session(annotator: Annotator) -> QuerySet:
    return (
        annotator.trials.unfinished().select_related("annotator__study").prefetch_related(presented_clips())
    )


def finish_trial(
    annotator: Annotator,
    trial_token: str,
    listening: dict[str, Any],
    *,
    appeared_ms: Any = None,
    finished_ms: Any = None,
    device: str = "",
) -> None:
    """Finish a trial; finishing it again changes nothing.

    Parameters
    ----------
    annotator
        The annotator of the session.
    trial_token
        The trial's token.
    listening
        ``{"presentations": {token: {"intervals": [[start, end], ...] in s, "plays": ..., ...}},
        "focus_losses": ..., ...}``, as recorded by the browser.
    appeared_ms, finished_ms
        How long ago the trial appeared and was finished, in ms, as sent by the browser, which can have been
        offline since. By default the trial appeared when it was sent to the browser, and ended now.
    device
        The device that sent this. Its listening record is checked against the clock. Simulated annotators
        have no device, and their record is not checked.

    Raises
    ------
    IncompleteTrial
        If a required answer is missing, if less of a clip was heard than required or more than is possible,
        if an earlier trial is unfinished, or if the session has ended.
    """
    with holding(annotator):
        token = str(trial_token).replace("\0", "")[:40]
        trial = annotator.trials.filter(token=token).order_by().first()
        if trial is None:
            raise IncompleteTrial(_("This trial is not part of your session."))
        if trial.finished_at is not None:
            return
        _refuse_finishing(annotator, trial)
        presentations = list(trial.presentations.all())
        record = clean_record(listening, {item.token: item.stimulus.clip.seconds for item in presentations})
        _refuse_unheard(trial, presentations, record)
        if device:
            record = _refuse_or_bound(trial, record)
        trial.listening = record
        trial.finished_by = device
        if record.get("machine_translated"):
            note_machine_translation(annotator)
        trial.attention_passed = attention.passed(trial)
        _date(trial, appeared_ms, finished_ms)
        if trial.version_id is None:
            trial.version = current_version(annotator.study)
        changed = ["listening", "attention_passed", "finished_at", "finished_by", "presented_at", "version"]
        trial.save(update_fields=changed)
        if not annotator.trials.unfinished().exists():
            annotator.listened_at = timezone.now()
            annotator.save(update_fields=["listened_at"])
            finish_if_done(annotator)


def _date(trial: Trial, appeared_ms: Any, finished_ms: Any) -> None:
    """Set when a trial appeared and was finished: after its allocation and the end of the previous trial."""
    now = timezone.now()
    before = trial.annotator.trials.filter(position__lt=trial.position).aggregate(left=Max("finished_at"))
    earliest = max(filter(None, [trial.allocated_at, before["left"]]))
    trial.finished_at = moment_before(now, finished_ms, earliest=earliest) or now
    appeared = moment_before(now, appeared_ms, earliest=earliest) or trial.presented_at
    trial.presented_at = min(appeared or trial.finished_at, trial.finished_at)


def _refuse_finishing(annotator: Annotator, trial: Trial) -> None:
    if stage(annotator) != Stage.TRIALS:
        raise IncompleteTrial(_("This session has ended."))
    if annotator.trials.unfinished().filter(position__lt=trial.position).exists():
        raise IncompleteTrial(_("An earlier trial is not finished yet."))
    missing = missing_answers(trial)
    if missing:
        question, _presentation = missing[0]
        words = dictionary(annotator.study)
        raise IncompleteTrial(_("An answer is missing: “%(question)s”") % {"question": words(question.text)})


def _refuse_unheard(trial: Trial, presentations: list, record: dict) -> None:
    share = trial.annotator.study.minimum_listening_share
    for presentation in presentations:
        heard = record["presentations"].get(presentation.token, {}).get("intervals", [])
        if not heard_enough(heard, presentation.stimulus.clip.seconds, share):
            if share == 1:
                raise IncompleteTrial(_("Please listen to the whole clip first."))
            raise IncompleteTrial(
                _("Please listen to at least %(percent)d %% of the clip first.")
                % {"percent": round(100 * share)}
            )


def _refuse_or_bound(trial: Trial, record: dict) -> dict:
    """Return a record limited to the elapsed time; refuse sound that cannot have been played yet."""
    now = timezone.now()
    if not listening_time.can_have_sounded(trial, record, now):
        raise IncompleteTrial(
            _("There has not been enough time to hear all of this yet. Please listen, then press Next again.")
        )
    return listening_time.bounded(record, listening_time.seconds_since(listening_time.given_at(trial), now))


def note_machine_translation(annotator: Annotator) -> None:
    """Record that a machine translation was active while the annotator read a page or answered."""
    Annotator.objects.filter(pk=annotator.pk, machine_translated=False).update(machine_translated=True)
    annotator.machine_translated = True


def progress(annotator: Annotator) -> tuple[int, int]:
    """Return the number of finished trials and of all trials."""
    done = annotator.trials.exclude(finished_at=None).count()
    return done, annotator.trials.count() or expected_trials(annotator.study)


# The end ----------------------------------------------------------------------------------------


def finish_if_done(annotator: Annotator) -> None:
    """Finish a session whose trials and later questions are all done."""
    if questionnaire.next_page(annotator, Place.AFTER) is not None:
        return
    limit = annotator.study.attention_limit
    if limit and annotator.trials.filter(attention_passed=False).count() >= limit:
        screen_out(annotator, Annotator.EndedBecause.ATTENTION)
        return
    given = annotator.study.returns.filter(outcome=Return.Outcome.DONE).first()
    annotator.state = Annotator.State.FINISHED
    annotator.finished_at = timezone.now()
    annotator.completion_code = (
        (given and given.code) or annotator.study.completion_code or random_completion_code()
    )
    annotator.save(update_fields=["state", "finished_at", "completion_code"])


def completion(annotator: Annotator) -> str | None:
    """Return the completion code, or None while an answer is missing on the server."""
    annotator.refresh_from_db()
    if annotator.state != Annotator.State.FINISHED or annotator.trials.unfinished().exists():
        return None
    return annotator.completion_code or None


def close_answers(annotator: Annotator) -> None:
    """Close the session for new answers; answers that were entered before can still arrive."""
    Annotator.objects.filter(pk=annotator.pk, thanked_at=None).update(thanked_at=timezone.now())


def has_answered(annotator: Annotator) -> bool:
    """Return whether answers of an annotator are stored that can be used or discarded."""
    return (
        Judgment.objects.filter(trial__annotator=annotator).exists()
        or annotator.trials.exclude(finished_at=None).exists()
        or annotator.questionnaire_answers.exists()
    )


def withdraw(annotator: Annotator, keep_answers: bool) -> None:
    """End a session at the annotator's request, and keep or discard the answers so far.

    An annotator who has finished or left can still have the answers discarded.
    """
    with holding(annotator):
        left_before = annotator.state == Annotator.State.WITHDRAWN
        over = left_before or annotator.state == Annotator.State.FINISHED
        if (over and keep_answers) or (left_before and annotator.answers_discarded):
            return
        annotator.state = Annotator.State.WITHDRAWN
        annotator.answers_discarded = not keep_answers
        annotator.withdrawn_at = annotator.withdrawn_at or timezone.now()
        annotator.save(update_fields=["state", "answers_discarded", "withdrawn_at"])
        kind = Departure.Kind.ANSWERS_KEPT if keep_answers else Departure.Kind.ANSWERS_DISCARDED
        log_departure(annotator, kind)


@contextmanager
def holding(annotator: Annotator) -> Iterator[Annotator]:
    """Lock an annotator's row for a transaction, and update the object from the row."""
    with transaction.atomic():
        # Update the caller's object: another request can have changed the row since it was read.
        held = Annotator.objects.select_for_update(no_key=True).get(pk=annotator.pk)
        for field in Annotator._meta.concrete_fields:
            setattr(annotator, field.attname, getattr(held, field.attname))
        yield annotator
