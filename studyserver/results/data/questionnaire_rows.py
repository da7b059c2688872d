"""Answers about the annotator as rows of the table `questionnaire`."""

from collections.abc import Iterator

from explainer.core.base.canonical_json import canonical_json
from studyserver.study.models import Annotator, QuestionnaireAnswer
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kind import Answers

from . import Row


def questionnaire_rows(annotators: list[Annotator]) -> Iterator[Row]:
    """Yield the last answers of some annotators, in the order of the questions.

    Recruiters' identifiers are in another table, which is never read here.
    """
    answers: dict[int, list[QuestionnaireAnswer]] = {}
    current = QuestionnaireAnswer.objects.filter(annotator__in=annotators).current()
    for answer in current.select_related("item__page").order_by():
        if answer.value is not None:
            answers.setdefault(answer.annotator_id, []).append(answer)
    for annotator in annotators:
        for answer in sorted(answers.get(annotator.pk, []), key=_place):
            item = answer.item
            text = ITEM_KINDS[item.kind].answers == Answers.TEXT
            yield {
                "study": annotator.study.slug,
                "annotator": annotator.pseudonym,
                "item": item.key,
                "item_place": item.page.place,
                "item_kind": item.kind,
                "item_text": item.text,
                "item_value": None if text else _plain(answer.value),
                "item_number": answer.number,
                "item_comment": _plain(answer.value) if text else None,
                "stored_at": answer.stored_at,
            }


def _place(answer: QuestionnaireAnswer) -> tuple:
    page = answer.item.page
    return page.place != "before", page.position, page.pk, answer.item.position, answer.item_id


def _plain(value: object) -> object:
    return canonical_json(value) if isinstance(value, list | dict) else value
