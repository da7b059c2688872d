"""How simulated annotators get through what precedes and follows the trials."""

import random
from typing import Any

from ..models import Annotator, QuestionnaireItem
from ..rules import meets
from ..session import Stage, stage
from . import headphones, questionnaire
from . import steps as screening
from .sounds import plans

_TRIES = 50  # at an answer that does not screen out

Kind = QuestionnaireItem.Kind


def answer_pages(annotator: Annotator, rng: random.Random) -> None:
    """Fill in the questionnaire's pages that are due, at random, but not so as to be screened out."""
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
    options = item.options
    if item.kind == Kind.SCALE:
        return rng.randint(1, options["points"])
    if item.kind == Kind.SLIDER:
        return round(rng.uniform(options["min"], options["max"]), 2)
    if item.kind == Kind.NUMBER:
        low = options.get("min", min(0, options.get("max", 0)))
        return round(rng.uniform(low, min(options.get("max", low + 100), low + 100)))
    if item.kind == Kind.CHOICE:
        return rng.choice(options["choices"])["value"]
    if item.kind == Kind.CHECKLIST:
        return [choice["value"] for choice in options["choices"] if rng.random() < 0.3]
    return "A simulated answer."


def pass_headphone_checks(annotator: Annotator) -> None:
    """Answer every headphone check as somebody who wears headphones and hears well."""
    while stage(annotator) == Stage.HEADPHONES:
        check = headphones.current_check(annotator)
        if check is None:
            return
        plan = plans(check.kind, check.seed)[len(check.answers)]
        screening.answer_headphone_trial(annotator, check.pk, len(check.answers) + 1, plan.target)
