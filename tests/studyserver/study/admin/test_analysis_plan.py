"""The analysis plan: declared with the study, part of its version, fixed once people have begun."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.versions import snapshot
from studyserver.study.models import Annotator, ExclusionRule, PrimaryContrast, Question, Study, Trial


@pytest.fixture
def planned(db):
    study = Study.objects.create(slug="planned", title="Planned", consent="Yes?", instructions="Listen.")
    question = Question.objects.create(study=study, key="harsh", text="How harsh?", options={"points": 5})
    ExclusionRule.objects.create(study=study, measure="longest_run", excludes="above", limit=0.5)
    PrimaryContrast.objects.create(study=study, question=question, first="evidence", second="original")
    return study


def test_a_copy_has_the_plan_with_its_own_questions(planned):
    copy = copy_study(planned)
    assert list(copy.exclusion_rules.values_list("measure", "limit")) == [("longest_run", 0.5)]
    contrast = copy.primary_contrasts.get()
    assert contrast.question == copy.questions.get() != planned.questions.get()
    assert str(contrast) == "evidence against original"


def test_a_version_has_the_plan(planned):
    state = snapshot(planned)
    assert state["exclusion_rules"] == [{"measure": "longest_run", "excludes": "above", "limit": 0.5}]
    assert state["primary_contrasts"][0]["question__key"] == "harsh"


def test_what_cannot_be_compared_is_refused(planned):
    with pytest.raises(ValidationError, match="with itself"):
        PrimaryContrast(study=planned, first="evidence", second="evidence").clean()
    PrimaryContrast(
        study=planned, first="evidence", first_method="lime", second="evidence", second_method="random"
    ).clean()


def test_the_plan_is_fixed_once_somebody_has_trials(planned, admin_client):
    address = reverse("admin:study_study_change", args=[planned.pk])
    field = 'name="exclusion_rules-0-limit"'
    assert field in admin_client.get(address).content.decode()
    annotator = Annotator.objects.create(study=planned, expires_at="2099-01-01T00:00Z")
    Trial.objects.create(annotator=annotator, position=1)
    page = admin_client.get(address).content.decode()
    assert field not in page and "longest run" in page
