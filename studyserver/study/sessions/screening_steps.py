"""Steps before and after the trials: questionnaire, level and headphone check."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from studyserver.study.models import Annotator, QuestionnairePage, Study
from studyserver.study.screening import headphones, questionnaire
from studyserver.study.screening.questionnaire import Place, Reading
from studyserver.study.sessions.session import finish_if_done, holding, screen_out
from studyserver.study.sessions.stages import Stage, stage

SOFTEST = -60.0  # dB, of the volume slider

Because = Annotator.EndedBecause


def current_page(annotator: Annotator) -> QuestionnairePage | None:
    """Return the current page of the annotator's questionnaire."""
    place = Place.AFTER if stage(annotator) == Stage.QUESTIONS_AFTER else Place.BEFORE
    return questionnaire.next_page(annotator, place)


def finish_page(annotator: Annotator, page: QuestionnairePage, sent: dict[int, Any]) -> Reading:
    """Store a page of the questionnaire, and continue if it is complete.

    Valid answers are stored even if others on the page are missing. A completed page that is sent again
    changes nothing.

    Parameters
    ----------
    annotator
    page
        The page that was sent.
    sent
        As :func:`questionnaire.read_page` takes it.
    """
    # Quotas are counted under the study's lock, so that two annotators cannot take the same last place.
    with transaction.atomic():
        Study.objects.locked(annotator.study_id)
        return _finish_held_page(annotator, page, sent)


def _finish_held_page(annotator: Annotator, page: QuestionnairePage, sent: dict[int, Any]) -> Reading:
    with holding(annotator):
        if stage(annotator) not in (Stage.QUESTIONS, Stage.QUESTIONS_AFTER):
            return Reading()
        if page.pk in annotator.pages_done:
            return Reading()
        reading = questionnaire.read_page(page, sent, questionnaire.answers_by_key(annotator))
        questionnaire.store_answers(annotator, reading.answers)
        if reading.errors:
            return reading
        annotator.pages_done = [*annotator.pages_done, page.pk]
        annotator.save(update_fields=["pages_done"])
        if page.place == Place.BEFORE:
            _admit(annotator, page, reading)
        else:
            finish_if_done(annotator)
    return reading


def _admit(annotator: Annotator, page: QuestionnairePage, reading: Reading) -> None:
    """Screen the annotator out, or complete the questions before the trials."""
    if questionnaire.screening_item(page, reading.answers) is not None:
        screen_out(annotator, Because.QUESTIONNAIRE)
        return
    if questionnaire.next_page(annotator, Place.BEFORE) is not None:
        return
    groups = questionnaire.groups_of(annotator)
    if questionnaire.full_quota(groups, rehearsal=annotator.rehearsal, except_for=annotator) is not None:
        screen_out(annotator, Because.GROUP_FULL)
        return
    annotator.quotas.set(groups)
    annotator.asked_at = timezone.now()
    annotator.save(update_fields=["asked_at"])


def set_level(annotator: Annotator, decibels: float, output_sample_rate: float | None = None) -> None:
    """Store the volume that the annotator chose.

    Parameters
    ----------
    annotator
    decibels
        Gain relative to the level of the files, at most 0.
    output_sample_rate
        Of the audio device, in Hz.
    """
    decibels = round(min(0.0, max(SOFTEST, decibels)), 2)
    with holding(annotator):
        if stage(annotator) == Stage.LEVEL:
            level = {"level": round(10 ** (decibels / 20), 5), "level_db": decibels}
            if output_sample_rate:
                level["output_sample_rate"] = output_sample_rate
            annotator.sound_check = {**annotator.checked, **level}
            annotator.save(update_fields=["sound_check"])


def answer_headphone_trial(annotator: Annotator, check: int, trial: int, interval: int) -> None:
    """Store the answer to one trial of a headphone check, and screen out after a failed check if required.

    The numbers are the same as in :func:`headphones.answer`.
    """
    with holding(annotator):
        if stage(annotator) != Stage.HEADPHONES:
            return
        concluded = headphones.answer(annotator, check, trial, interval)
        failed = concluded and not annotator.sound_check["headphones"]["passed"]
        if failed and annotator.study.headphone_exclusion == Study.HeadphoneExclusion.SCREEN_OUT:
            screen_out(annotator, Because.HEADPHONES)
