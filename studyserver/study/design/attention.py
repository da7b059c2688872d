"""Attention trials: a clip with an instruction such as “choose 4”, which attentive readers can follow."""

from random import Random
from typing import Any

from studyserver.study.models import Question, Study, Trial
from studyserver.study.texts.markup import with_own_texts


def question_to_check(questions: list[Question]) -> Question | None:
    """Return the question used by attention trials: the first whose answer can be prescribed."""
    return next(
        (
            question
            for question in questions
            if question.required and question.answer_kind.can_check_attention and not question.only_own_target
        ),
        None,
    )


def draw(study: Study, rng: Random) -> dict[str, Any]:
    """Return the question of an attention trial and the prescribed answer, drawn at random."""
    question = question_to_check(list(study.questions.all()))
    if question is None:
        return {}
    expected = question.answer_kind.drawn(question.options, rng)
    return {"question": question.pk, "expected": expected}


def instruction(trial: Trial, questions: list[Question]) -> str:
    """Return the instruction of an attention trial, as HTML in the annotator's language; empty for others."""
    question = next((item for item in questions if item.pk == trial.attention.get("question")), None)
    if question is None:
        return ""
    kind = question.answer_kind
    answer = kind.answer_in_words(question.options, trial.attention["expected"])
    return with_own_texts(kind.instruction(), {"question": question.text, "answer": answer})


def passed(trial: Trial) -> bool | None:
    """Return whether an attention trial has the prescribed answers; None for other trials."""
    if not trial.attention:
        return None
    judgments = list(
        trial.judgments.current().filter(question=trial.attention["question"]).select_related("question")
    )
    expected = trial.attention["expected"]
    return bool(judgments) and all(
        item.question.answer_kind.agrees(item.question.options, item.value, expected) for item in judgments
    )
