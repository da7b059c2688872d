"""What a copy of a study takes over: every field of every part that is not left out with a reason."""

import pytest
from django.apps import apps
from whole_studies import other_value

from studyserver.study.lifecycle.copying import NEW_VALUES, NOT_COPIED, copied_models, copy_study
from studyserver.study.lifecycle.versions import snapshot
from studyserver.study.models import Return, Study

pytestmark = pytest.mark.django_db


def fields_of(row):
    """Return the fields of a row that a copy has as well."""
    new = NEW_VALUES.get(type(row), set())
    return [
        field
        for field in row._meta.concrete_fields
        if field.name not in new | {"id"}
        and (not field.is_relation or field.related_model._meta.app_label != "study")
    ]


def as_presented(study):
    """Return the snapshot without the numbers of rows."""
    state = snapshot(study)
    for row in state["stimuli"]:
        del row["id"]
    return state


def test_a_copy_presents_and_declares_the_same(study):
    copy = copy_study(study)
    assert copy.slug != study.slug
    assert as_presented(copy) == as_presented(study)


@pytest.mark.parametrize("model", copied_models(), ids=lambda model: model.__name__)
def test_every_field_of_every_part_is_copied(study, model):
    Return.objects.create(study=study, outcome="done", code="C0DE")
    row = model.objects.order_by("pk").first()
    changed = {field.attname: other_value(field, row) for field in fields_of(row)}
    model.objects.filter(pk=row.pk).update(**changed)
    row.refresh_from_db()
    before = list(model.objects.values_list("pk", flat=True))
    copy_study(Study.objects.get())
    copies = model.objects.exclude(pk__in=before)
    assert len(copies) == len(before)
    assert any(
        all(getattr(copy, field.attname) == getattr(row, field.attname) for field in fields_of(row))
        for copy in copies
    )


def test_what_is_left_out_exists_and_has_a_reason():
    assert set(NOT_COPIED) <= {model.__name__ for model in apps.get_app_config("study").get_models()}
    assert all(NOT_COPIED.values())
    for model, names in NEW_VALUES.items():
        assert names <= {field.name for field in model._meta.concrete_fields}
