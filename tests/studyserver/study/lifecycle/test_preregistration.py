"""The preregistration says what is declared and stored, and whether that has changed since opening."""

import datetime
import re

import pytest
from django.db.models import F
from django.utils import timezone
from example_studies import make_study
from whole_studies import make_whole_study

from explainer.core.base.canonical_json import digest_of
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.lifecycle.preregistration import changes, opening_version, preregistration_text
from studyserver.study.lifecycle.versions import record_change, record_version, snapshot
from studyserver.study.models import Study
from studyserver.study.rehearsal import rehearsal

HEADINGS = ["Study information", "Design plan", "Sampling plan", "Variables", "Analysis plan", "Other"]


@pytest.fixture
def whole(db):
    return make_whole_study()


def opened_yesterday(study):
    """Open a study, and let a day pass."""
    open_study(study)
    study.opened_at -= datetime.timedelta(days=1)
    study.save()
    study.versions.update(created_at=F("created_at") - datetime.timedelta(days=1))


def section(text: str, heading: str) -> str:
    return re.split(r"^### ", text.split(f"### {heading}\n", 1)[1], flags=re.M)[0]


def test_it_has_the_headings_of_the_form(whole):
    text = preregistration_text(whole)
    assert re.findall(r"^## (.+)$", text, re.M) == HEADINGS
    assert "16 November 2026" in text and "Zenodo" in text and "Dataverse" in text


def test_it_holds_what_is_declared_and_asked(whole):
    whole.annotators_wanted, whole.repeats_per_annotator, whole.blocks = 20, 2, "target"
    whole.attention_trials, whole.headphone_check = 1, "huggins"
    whole.save()
    whole.research_questions.update(smallest_effect=0.5)
    whole = Study.objects.get(pk=whole.pk)
    text = preregistration_text(whole)
    asked = whole.research_questions.get()
    assert asked.sentence in section(text, "Research questions")
    assert "0.5 points of the question's scale" in section(text, "Research questions")
    for question in whole.questions.all():
        assert f"“{question.text}”" in section(text, "Measured variables")
    assert "longest run of equal answers" in section(text, "Data exclusion")
    assert "20 annotators" in section(text, "Stopping rule")
    random = section(text, "Randomization")
    assert "2 trials are presented twice" in random and "1 attention trial asks" in random
    assert "blocks" in random
    assert "Huggins" in section(text, "Data collection procedures")
    assert "“How old are you?”" in section(text, "Data collection procedures") and "old (5)" in text
    assert "equivalence" in section(text, "Inference criteria")
    assert "Confirmatory are the answers" in section(text, "Exploratory analysis")
    assert "> You listen and answer." in section(text, "Consent, as annotators read it")


def test_a_study_that_declares_nothing_is_exploratory(db):
    text = preregistration_text(make_study(n_tracks=1))
    assert "Every result of this study is exploratory" in section(text, "Research questions")
    assert section(text, "Inference criteria").strip() == "None: nothing is confirmed."


def test_which_clips_an_annotator_gets_is_told(db):
    study = make_study(n_tracks=2, trials_per_annotator=4)
    assert "tracks that the annotator has fewer of" in section(preregistration_text(study), "Randomization")
    study.allocation = "whole_tracks"
    assert "all of one excerpt together" in section(preregistration_text(study), "Randomization")


def test_models_and_recipes_have_their_hashes(db):
    from constructed_study import construct

    study, _truth = construct(tracks=3)
    text = preregistration_text(study)
    explanation = study.stimuli.first().clip.explanation
    assert explanation.model.digest() in section(text, "Music models")
    assert explanation.recipe.digest in section(text, "Recipes of the explanations")


def test_the_hash_of_a_draft_is_that_of_the_version_that_opens(db):
    study = make_study(n_tracks=2)
    digest = digest_of(snapshot(study))
    assert f"`{digest}`" in preregistration_text(study) and "is a draft" in preregistration_text(study)
    open_study(study)
    text = preregistration_text(study)
    assert study.versions.get().digest == digest
    assert f"opened: `{digest}` (version 1" in text
    assert "The design has not changed since the study opened." in text


def test_a_change_after_opening_is_told_with_its_place(db):
    study = make_study(n_tracks=2)
    opened_yesterday(study)
    opened = study.versions.get()
    study.annotators_wanted, study.thanks = 12, "Thank you."
    study.save()
    study.exclusion_rules.create(measure="longest_run", limit=0.9)
    record_change(study)
    latest = study.versions.latest("number")
    assert changes(opened, latest) == ["annotators wanted", "exclusion rules", "thanks"]
    text = preregistration_text(study)
    assert "**The design has changed since the study opened**, in: annotators wanted, exclusion" in text
    assert f"`{opened.digest}`" in text and f"`{latest.digest}`" in text


def test_a_design_edited_after_its_rehearsal_is_not_taken_for_the_one_that_opened(db):
    study = make_study(n_tracks=2)
    rehearsal.simulate(study, 1)
    study.versions.update(created_at=timezone.now() - datetime.timedelta(days=1))
    study.instructions = "Listen twice."
    study.save()
    open_study(study)
    assert opening_version(study).number == 2
    assert "has not changed" in preregistration_text(study)


def test_a_rehearsed_design_that_opens_unchanged_keeps_its_version(db):
    study = make_study(n_tracks=2)
    version = record_version(study)
    opened_yesterday(study)
    Study.objects.update(annotators_wanted=3)
    record_change(Study.objects.get())
    assert study.versions.count() == 2 and opening_version(study) == version


def test_the_time_stamp_is_told_where_it_is_asked_for(db):
    study = make_study(n_tracks=1)
    at = datetime.datetime(2026, 12, 1, 9, 30, tzinfo=datetime.UTC)
    assert "Printed on 2026-12-01 09:30:00 UTC." in preregistration_text(study, at=at)
    assert preregistration_text(study) == preregistration_text(study)


def test_researchers_read_and_download_it(db, admin_client):
    from admin_forms import button, change

    study = make_study(n_tracks=1)
    study.research_questions.create()
    address = button(study, "preregistration")
    assert address in admin_client.get(change(study)).content.decode()
    assert "Study information" in admin_client.get(address).content.decode()
    answer = admin_client.get(f"{address}?download")
    assert answer["Content-Type"].startswith("text/markdown")
    assert "preregistration-study-0.md" in answer["Content-Disposition"]
    assert study.research_questions.get().sentence in answer.content.decode()
