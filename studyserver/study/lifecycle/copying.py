"""Copies of studies."""

from django.apps import apps
from django.db.models import Field, Model

from studyserver.study.models import QuestionExample, Study

# Models whose rows stay with the original, and why.
NOT_COPIED = {
    "Annotator": "a person",
    "Arrival": "a person",
    "Departure": "a person",
    "HeadphoneCheck": "a person's result",
    "Judgment": "an answer",
    "Presentation": "drawn for a person",
    "QuestionnaireAnswer": "an answer",
    "RecentJoin": "a person",
    "Recruit": "a person",
    "StudyVersion": "what was asked in the original",
    "Trial": "drawn for a person",
}
# Fields that a copy does not take over: they get their defaults, and the study a slug of its own.
NEW_VALUES: dict[type[Model], set[str]] = {
    Study: {"slug", "state", "opened_at", "closed_at", "created_at"},
    QuestionExample: {"token"},
}


def copy_study(study: Study) -> Study:
    """Return a draft with the same texts, design, questions and stimuli, and nobody's answers."""
    copy = Study(**_values(study, {}), slug=_free_slug(study.slug))
    copy.save(force_insert=True)
    copies: dict[type[Model], dict[int, int]] = {Study: {study.pk: copy.pk}}
    for model in copied_models()[1:]:
        owner = _parents(model)[0]
        originals = {f"{owner.name}__in": copies[owner.related_model]}
        rows = list(model._default_manager.filter(**originals).order_by("pk"))
        copies[model] = {}
        for row in rows:
            new = model(**_values(row, copies))
            new.save(force_insert=True)
            copies[model][row.pk] = new.pk
    return copy


def copied_models() -> list[type[Model]]:
    """Return the models whose rows are copied, the study first, each after those that it refers to."""
    waiting = [
        model for model in apps.get_app_config("study").get_models() if model.__name__ not in NOT_COPIED
    ]
    found: list[type[Model]] = []
    while waiting:
        ready = [model for model in waiting if {each.related_model for each in _parents(model)} <= {*found}]
        found += ready
        waiting = [model for model in waiting if model not in ready]
    return found


def _parents(model: type[Model]) -> list[Field]:
    """Return the fields that refer to other parts of a study; the first one says whose the row is."""
    related = [field for field in model._meta.concrete_fields if field.is_relation]
    return [field for field in related if field.related_model._meta.app_label == "study"]


def _values(row: Model, copies: dict[type[Model], dict[int, int]]) -> dict[str, object]:
    """Return the values of a row's copy; references to copied rows lead to their copies."""
    model = type(row)
    left_out = NEW_VALUES.get(model, set())
    fields = [each for each in model._meta.concrete_fields if not each.primary_key]
    values = {each.attname: getattr(row, each.attname) for each in fields if each.name not in left_out}
    for parent in _parents(model):
        values[parent.attname] = copies[parent.related_model].get(values[parent.attname])
    return values


def _free_slug(slug: str) -> str:
    number = 2
    while Study.objects.filter(slug=f"{slug[:44]}-{number}").exists():
        number += 1
    return f"{slug[:44]}-{number}"
