"""Copies of studies."""

from django.db.models import Model

from studyserver.study.models import QuestionExample, Study


def copy_study(study: Study) -> Study:
    """Return a draft with the same texts, design, questions and stimuli, without annotators and answers."""
    copy = Study.objects.get(pk=study.pk)
    copy.pk, copy.state, copy.opened_at, copy.closed_at = None, Study.State.DRAFT, None, None
    copy._state.adding = True
    copy.slug = _free_slug(study.slug)
    copy.save()
    for row in [*study.questions.all(), *study.stimuli.all(), *study.exclusion_rules.all()]:
        _copy_row(row, copy)
    questions = {question.key: question for question in copy.questions.all()}
    for example in QuestionExample.objects.filter(question__study=study).select_related("question"):
        questions[example.question.key].examples.create(clip_id=example.clip_id, label=example.label)
    for contrast in study.primary_contrasts.select_related("question"):
        contrast.question = questions[contrast.question.key] if contrast.question else None
        _copy_row(contrast, copy)
    _copy_questionnaire(study, copy)
    for row in [*study.returns.all(), *study.translations.all()]:
        _copy_row(row, copy)
    return copy


def _copy_questionnaire(study: Study, copy: Study) -> None:
    items = {}
    for page in study.questionnaire_pages.all():
        of_page = list(page.items.all())
        _copy_row(page, copy)
        for item in of_page:
            original = item.pk
            item.pk, item.page = None, page
            item._state.adding = True
            item.save(force_insert=True)
            items[original] = item
    for quota in study.quotas.all():
        quota.item = items[quota.item_id]
        _copy_row(quota, copy)


def _copy_row(row: Model, study: Study) -> None:
    """Save a copy of a row for another study."""
    row.pk, row.study = None, study
    row._state.adding = True
    row.save(force_insert=True)


def _free_slug(slug: str) -> str:
    number = 2
    while Study.objects.filter(slug=f"{slug[:44]}-{number}").exists():
        number += 1
    return f"{slug[:44]}-{number}"
