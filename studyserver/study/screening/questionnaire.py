"""The questionnaire before and after the trials: shown questions, valid answers, screening out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from studyserver.study.questions.item_kinds import ITEM_KINDS, item_problems, unmet_rule
from studyserver.study.questions.kinds import AnswerRefused, read_answer
from studyserver.study.questions.shared.rules import meets

from ..models import Annotator, QuestionnaireAnswer, QuestionnaireItem, QuestionnairePage, Quota, Study

Place = QuestionnairePage.Place


def questionnaire_problems(study: Study) -> list[str]:
    """Return the problems of a study's questionnaire that prevent opening the study."""
    problems: list[str] = []
    earlier: dict[str, QuestionnaireItem] = {}
    for page in ordered_pages(study):
        items = list(page.items.all())
        if not items:
            problems.append(f"The page “{page}” has no question: add one, or delete the page.")
        for item in items:
            problems += [f"Question “{item.key}”: {problem}" for problem in item_problems(item)]
            if item.key in earlier:
                problems.append(f"Two questions of the questionnaire have the key “{item.key}”.")
            if item.shown_if_key and item.shown_if_key not in earlier:
                problems.append(
                    f"Question “{item.key}” depends on “{item.shown_if_key}”, which is not asked before it: "
                    "move it after that question."
                )
            elif item.shown_if_key:
                problems += unmet_rule(item.shown_if, earlier[item.shown_if_key])
            if item.screen_out_if and page.place == Place.AFTER:
                problems.append(
                    f"Question “{item.key}” screens out after the trials, which wastes people's time: ask "
                    "it before them."
                )
            earlier[item.key] = item
    for quota in study.quotas.select_related("item__page"):
        if quota.item.page.study_id != study.pk or quota.item.page.place != Place.BEFORE:
            problems.append(f"The quota “{quota}” needs a question that this study asks before the trials.")
        problems += unmet_rule(quota.rule, quota.item)
    return problems


# What is shown ------------------------------------------------------------------------------------


def ordered_pages(study: Study, place: str | None = None) -> list[QuestionnairePage]:
    """Return the pages of a study in the order in which they are shown."""
    pages = study.questionnaire_pages.prefetch_related("items")
    pages = pages.filter(place=place) if place else pages
    return sorted(pages, key=lambda page: (page.place != Place.BEFORE, page.position, page.pk))


def next_page(annotator: Annotator, place: str) -> QuestionnairePage | None:
    """Return the next page to fill in; pages without a shown question are skipped."""
    answers = None
    for page in ordered_pages(annotator.study, place):
        if page.pk in annotator.pages_done:
            continue
        if answers is None:
            answers = answers_by_key(annotator)
        items = list(page.items.all())
        own = {item.key for item in items}
        if any(
            not item.shown_if_key or item.shown_if_key in own or is_shown(item, answers) for item in items
        ):
            return page
    return None


def page_number(annotator: Annotator, page: QuestionnairePage) -> tuple[int, int]:
    """Return the number of a page and the number of pages at its place."""
    pages = [item.pk for item in ordered_pages(annotator.study, page.place)]
    return pages.index(page.pk) + 1, len(pages)


def is_shown(item: QuestionnaireItem, answers: dict[str, Any]) -> bool:
    """Return whether a question is shown, given the answers so far by key."""
    return not item.shown_if_key or meets(item.shown_if, answers.get(item.shown_if_key))


def answers_by_key(annotator: Annotator) -> dict[str, Any]:
    """Return the current answers by the key of their question."""
    current = annotator.questionnaire_answers.select_related("item").current()
    return {answer.item.key: answer.value for answer in current}


# Answering ----------------------------------------------------------------------------------------


@dataclass
class Reading:
    """The valid answers and the errors of a page that was sent."""

    answers: dict[int, tuple[Any, float | None]] = field(default_factory=dict)  # item -> value, number
    errors: dict[int, str] = field(default_factory=dict)  # item -> what is wrong, in words


def read_page(page: QuestionnairePage, sent: dict[int, Any], earlier: dict[str, Any]) -> Reading:
    """Read the answers of one page.

    Parameters
    ----------
    page
        With its questions.
    sent
        Primary key of a question -> value in the form of its kind; missing or None: not answered.
    earlier
        Answers to earlier pages, by key.

    Returns
    -------
    Reading
        Questions that are not shown have neither answer nor error: a value that was entered
        before the condition changed is ignored.
    """
    reading = Reading()
    answers = dict(earlier)
    for item in page.items.all():
        answers.pop(item.key, None)
        if not is_shown(item, answers):
            reading.answers[item.pk] = (None, None)
            continue
        value = sent.get(item.pk)
        if value is None or value == "":
            if item.required:
                reading.errors[item.pk] = _("Please answer this question.")
            else:
                reading.answers[item.pk] = (None, None)
            continue
        try:
            stored, number = _read(item, value)
        except AnswerRefused as refused:
            reading.errors[item.pk] = str(refused)
            continue
        reading.answers[item.pk] = (stored, number)
        answers[item.key] = stored
    return reading


def _read(item: QuestionnaireItem, value: Any) -> tuple[Any, float | None]:
    stored, number = read_answer(item.kind, item.options, value, kinds=ITEM_KINDS)
    if item.required and not ITEM_KINDS[item.kind].is_complete(stored):
        raise AnswerRefused(_("Please answer this question."))
    return stored, number


def store_answers(annotator: Annotator, answers: dict[int, tuple[Any, float | None]]) -> int:
    """Append new and changed answers; return their number."""
    present = dict(
        annotator.questionnaire_answers.filter(item__in=answers).current().values_list("item_id", "value")
    )
    new = [
        QuestionnaireAnswer(annotator=annotator, item_id=item, value=value, number=number)
        for item, (value, number) in answers.items()
        if (value is not None or present.get(item) is not None) and present.get(item) != value
    ]
    QuestionnaireAnswer.objects.bulk_create(new)
    return len(new)


def screening_item(
    page: QuestionnairePage, answers: dict[int, tuple[Any, float | None]]
) -> QuestionnaireItem | None:
    """Return the first question of a page whose answer screens the annotator out, or None."""
    for item in page.items.all():
        if item.screen_out_if and meets(item.screen_out_if, answers.get(item.pk, (None, None))[0]):
            return item
    return None


def groups_of(annotator: Annotator) -> list[Quota]:
    """Return the quotas whose rule the annotator's answers meet."""
    quotas = list(annotator.study.quotas.select_related("item"))
    if not quotas:
        return []
    answers = answers_by_key(annotator)
    return [quota for quota in quotas if meets(quota.rule, answers.get(quota.item.key))]


def full_quota(
    quotas: Iterable[Quota], *, rehearsal: bool = False, except_for: Annotator | None = None
) -> Quota | None:
    """Return the first quota that is full, or None."""
    for quota in quotas:
        members = quota.members.filter(rehearsal=rehearsal).holding_places()
        if except_for is not None:
            members = members.exclude(pk=except_for.pk)
        if members.count() >= quota.limit:
            return quota
    return None


def last_position(study: Study, place: str) -> int:
    """Return the position of the last page at a place, or 0 without pages."""
    return study.questionnaire_pages.filter(place=place).aggregate(last=Max("position"))["last"] or 0
