"""Stages of a session."""

from enum import StrEnum

from django.utils import timezone

from studyserver.study.models import Annotator, Study
from studyserver.study.screening import headphones


class Stage(StrEnum):
    """Stage of an annotator's session."""

    CONSENT = "consent"
    QUESTIONS = "questions"
    INSTRUCTIONS = "instructions"
    LEVEL = "level"
    SOUND_CHECK = "sound-check"
    HEADPHONES = "headphones"
    TRIALS = "trials"
    QUESTIONS_AFTER = "questions-after"
    FINISHED = "finished"
    WITHDRAWN = "withdrawn"
    SCREENED_OUT = "screened-out"
    EXPIRED = "expired"
    CLOSED = "closed"


def stage(annotator: Annotator) -> Stage:
    """Return the current stage of an annotator."""
    ended = {
        Annotator.State.FINISHED: Stage.FINISHED,
        Annotator.State.WITHDRAWN: Stage.WITHDRAWN,
        Annotator.State.SCREENED_OUT: Stage.SCREENED_OUT,
    }
    if annotator.state in ended:
        return ended[annotator.state]
    if annotator.expires_at <= timezone.now():
        return Stage.EXPIRED
    if annotator.state == Annotator.State.JOINED:
        # Only annotators without consent are affected: the others can finish after the study has closed.
        if annotator.study.state != Study.State.OPEN and not annotator.rehearsal:
            return Stage.CLOSED
        return Stage.CONSENT
    if annotator.listened_at is not None:
        return Stage.QUESTIONS_AFTER
    if annotator.asked_at is None:
        return Stage.QUESTIONS
    if annotator.instructed_at is None:
        return Stage.INSTRUCTIONS
    return _stage_of_sound(annotator)


def _stage_of_sound(annotator: Annotator) -> Stage:
    if annotator.study.set_level and "level" not in annotator.checked:
        return Stage.LEVEL
    if annotator.study.count_tones and annotator.sound_checked_at is None:
        return Stage.SOUND_CHECK
    if headphones.is_due(annotator):
        return Stage.HEADPHONES
    return Stage.TRIALS
