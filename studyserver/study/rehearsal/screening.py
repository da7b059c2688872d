"""Simulated annotators' answers to questionnaires and headphone checks."""

import random
from typing import Any

from studyserver.study.models import Annotator, QuestionnaireItem
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.shared.rules import meets
from studyserver.study.screening import headphones, questionnaire
from studyserver.study.screening.sounds import plans
from studyserver.study.sessions import screening_steps as screening
from studyserver.study.sessions.stages import Stage, stage

_TRIES = 50  # to find an answer that does not screen out

Kind = QuestionnaireItem.Kind


def answer_pages(annotator: Annotator, rng: random.Random) -> None:
    """Answer the current pages of the questionnaire at random, avoiding answers that screen out."""
    while stage(annotator) in (Stage.QUESTIONS, Stage.QUESTIONS_AFTER):
        page = screening.current_page(annotator)
        if page is None:
            return
        answers = questionnaire.answers_by_key(annotator)
        sent = {}
        for item in page.items.all():
            if questionnaire.is_shown(item, answers):
                sent[item.pk] = answers[item.key] = _admitted(item, rng)
        screening.finish_page(annotator, page, sent)


def _admitted(item: QuestionnaireItem, rng: random.Random) -> Any:
    value = _answer(item, rng)
    for _ in range(_TRIES):
        if not item.screen_out_if or not meets(item.screen_out_if, value):
            break
        value = _answer(item, rng)
    return value


def _answer(item: QuestionnaireItem, rng: random.Random) -> Any:
    return ITEM_KINDS[item.kind].filled_in(item.options, rng)


def pass_headphone_checks(annotator: Annotator) -> None:
    """Answer every headphone check correctly."""
    while stage(annotator) == Stage.HEADPHONES:
        check = headphones.current_check(annotator)
        if check is None:
            return
        plan = plans(check.kind, check.seed)[len(check.answers)]
        screening.answer_headphone_trial(annotator, check.pk, len(check.answers) + 1, plan.target)
