"""The analysis plan: declared with the study, part of its version, fixed once people have begun."""

import json

import pytest
from admin_forms import change, form_of

from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.versions import snapshot
from studyserver.study.models import Annotator, ExclusionRule, Question, ResearchQuestion, Study, Trial


@pytest.fixture
def planned(db):
    study = Study.objects.create(slug="planned", title="Planned", consent="Yes?", instructions="Listen.")
    question = Question.objects.create(study=study, key="harsh", text="How harsh?", options={"points": 5})
    ExclusionRule.objects.create(study=study, measure="longest_run", excludes="above", limit=0.5)
    ResearchQuestion.objects.create(study=study, question=question, first="evidence", second="original")
    return study


def test_a_copy_has_the_plan_with_its_own_questions(planned):
    copy = copy_study(planned)
    assert list(copy.exclusion_rules.values_list("measure", "limit")) == [("longest_run", 0.5)]
    asked = copy.research_questions.get()
    assert asked.question == copy.questions.get() != planned.questions.get()
    assert asked.sentence == planned.research_questions.get().sentence


def test_a_version_has_the_plan(planned):
    state = snapshot(planned)
    assert state["exclusion_rules"] == [{"measure": "longest_run", "excludes": "above", "limit": 0.5}]
    assert state["research_questions"][0]["question__key"] == "harsh"


def test_the_page_says_what_is_declared_and_takes_it_right_below_the_title(planned, admin_client):
    page = admin_client.get(change(planned)).content.decode()
    sentence = "Are answers to “How harsh?” higher for evidence than for the original?"
    assert f"<li>{sentence}</li>" in page
    places = [page.index(f'name="{name}"') for name in ("title", "research_questions-0-estimand", "consent")]
    assert places == sorted(places)
    planned.research_questions.all().delete()
    assert "No research question is declared yet" in admin_client.get(change(planned)).content.decode()


def test_a_question_that_cannot_be_answered_is_refused_beside_its_field(planned, admin_client):
    sent = form_of(admin_client.get(change(planned)))
    sent |= {"research_questions-0-estimand": "retention", "research_questions-0-first": "original"}
    answer = admin_client.post(change(planned), sent)
    assert answer.status_code == 200 and "keeps all of itself" in answer.content.decode()
    sent |= {"research_questions-0-first": "evidence", "research_questions-0-second": ""}
    sent |= {"research_questions-0-smallest_effect": "0.3", "research_questions-0-confidence": "0.9"}
    assert admin_client.post(change(planned), sent).status_code == 302
    asked = planned.research_questions.get()
    assert (asked.estimand, asked.second, asked.smallest_effect, asked.confidence) == (
        "retention",
        "",
        0.3,
        0.9,
    )


def test_the_form_knows_which_estimands_have_a_second_condition(planned, admin_client):
    inline = admin_client.get(change(planned)).context["inline_admin_formsets"][0]
    needs = json.loads(inline.formset.forms[0].fields["estimand"].widget.attrs["data-needs"])
    assert needs["dose"] == [] and needs["difference"] == ["second", "second_method"]


def test_the_plan_is_fixed_once_somebody_has_trials(planned, admin_client):
    address = change(planned)
    field = 'name="exclusion_rules-0-limit"'
    assert field in admin_client.get(address).content.decode()
    annotator = Annotator.objects.create(study=planned, expires_at="2099-01-01T00:00Z")
    Trial.objects.create(annotator=annotator, position=1)
    page = admin_client.get(address).content.decode()
    assert field not in page and "longest run" in page
