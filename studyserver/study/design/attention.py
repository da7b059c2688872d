"""Attention trials: a clip with an instruction such as “choose 4”, which anybody can follow who reads it."""

from typing import Any

from django.utils.translation import gettext as _

from studyserver.study.models import Question, Study, Trial
from studyserver.study.questions.sliders import shown_number, slider_of
from studyserver.study.texts.markup import with_own_texts

ASKABLE = (Question.Kind.SCALE, Question.Kind.CHOICE, Question.Kind.SLIDER)
SLIDER_TOLERANCE = 0.05  # of the range: fine sliders cannot be set exactly on a phone


def question_to_check(questions: list[Question]) -> Question | None:
    """Return the question whose answer an attention trial asks for: the first with an answer to be named."""
    return next(
        (
            question
            for question in questions
            if question.required and question.kind in ASKABLE and not question.only_own_target
        ),
        None,
    )


def draw(study: Study, rng) -> dict[str, Any]:
    """Return the question of an attention trial and the answer to be given, drawn at random."""
    question = question_to_check(list(study.questions.all()))
    if question is None:
        return {}
    options = question.options
    if question.kind == Question.Kind.SCALE:
        expected = rng.randint(1, options["points"])
    elif question.kind == Question.Kind.SLIDER:
        expected = slider_of(options).at(rng.randint(1, 9) / 10)
    else:
        expected = rng.choice(options["choices"])["value"]
    return {"question": question.pk, "expected": expected}


def instruction(trial: Trial, questions: list[Question]) -> str:
    """Return what an attention trial asks for, as HTML in the annotator's language; empty for others."""
    question = next((item for item in questions if item.pk == trial.attention.get("question")), None)
    if question is None:
        return ""
    words = {"question": question.text, "answer": _answer_in_words(question, trial.attention["expected"])}
    if question.kind == Question.Kind.SLIDER:
        sentence = _(
            "This page checks attention: please set “%(question)s” to %(answer)s, whatever you hear."
        )
    else:
        sentence = _(
            "This page checks attention: please answer “%(answer)s” to “%(question)s”, whatever you hear."
        )
    return with_own_texts(sentence, words)


def _answer_in_words(question: Question, expected: Any) -> str:
    if question.kind == Question.Kind.SCALE and question.options.get("labels"):
        return question.options["labels"][expected - 1]
    if question.kind == Question.Kind.CHOICE:
        labels = {choice["value"]: choice.get("label") for choice in question.options["choices"]}
        return labels.get(expected) or expected
    if question.kind == Question.Kind.SLIDER:
        return shown_number(question.options, expected)
    return str(expected)


def passed(trial: Trial) -> bool | None:
    """Return whether an attention trial's answers are those asked for; None for other trials."""
    if not trial.attention:
        return None
    judgments = list(
        trial.judgments.current().filter(question=trial.attention["question"]).select_related("question")
    )
    expected = trial.attention["expected"]
    return bool(judgments) and all(_agrees(item.question, item.value, expected) for item in judgments)


def _agrees(question: Question, value: Any, expected: Any) -> bool:
    if question.kind != Question.Kind.SLIDER:
        return value == expected
    options = question.options
    # Where steps are coarse half a step: what was asked for before there were steps can lie between two.
    tolerance = max(SLIDER_TOLERANCE * (options["max"] - options["min"]), slider_of(options).width / 2)
    return abs(value - expected) <= tolerance + 1e-9
