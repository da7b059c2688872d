"""What makes a new version of a study: every field of its parts that is not left out with a reason."""

import pytest
from django.apps import apps
from whole_studies import other_value

from studyserver.study.lifecycle.preregistration import changes
from studyserver.study.lifecycle.versions import PARTS, completed, record_version, snapshot
from studyserver.study.models import Study

pytestmark = pytest.mark.django_db

NO_PARTS = {
    "Annotator": "a person",
    "Arrival": "a person",
    "Departure": "a person",
    "HeadphoneCheck": "a person's result",
    "Judgment": "an answer",
    "Presentation": "drawn for a person",
    "QuestionnaireAnswer": "an answer",
    "RecentJoin": "a person",
    "Recruit": "a person",
    "Return": "codes that are secrets between the study and its recruiter",
    "StudyVersion": "the snapshot itself",
    "Trial": "drawn for a person",
}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.model.__name__)
def test_a_changed_field_makes_a_new_version(study, part):
    fields = [each for each in part.model._meta.fields if each.name not in {*part.left_out, "id"}]
    assert fields
    row = part.model.objects.first()
    for number, field in enumerate(fields, start=1):
        assert record_version(study).number == number
        part.model.objects.filter(pk=row.pk).update(**{field.attname: other_value(field, row)})
        study = Study.objects.get()
        assert record_version(study).number == number + 1, field.name


def test_the_number_of_a_stimulus_is_told(study):
    assert [row["id"] for row in snapshot(study)["stimuli"]] == [row.pk for row in study.stimuli.all()]


def test_what_is_left_out_exists_and_has_a_reason():
    for part in PARTS:
        names = {each.name for each in [*part.model._meta.fields, *part.model._meta.many_to_many]}
        assert set(part.left_out) <= names, part.model
        assert all(part.left_out.values()), part.model
        assert set(part.instead) <= names - set(part.left_out), part.model


def test_what_researchers_alone_see_makes_no_new_version(study):
    record_version(study)
    Study.objects.update(notes="think", completion_code="C0DE", participant_parameter="PID", slug="moved")
    assert record_version(Study.objects.get()).number == 1


def test_every_model_is_a_part_or_left_out():
    models_of_studies = {model.__name__ for model in apps.get_app_config("study").get_models()}
    parts = {part.model.__name__ for part in PARTS}
    assert not parts & set(NO_PARTS)
    undecided = models_of_studies - parts - set(NO_PARTS)
    assert not undecided, f"add them to PARTS of versions.py, or to NO_PARTS with the reason: {undecided}"
    assert set(NO_PARTS) <= models_of_studies


def test_a_version_stored_before_a_field_existed_still_counts(study):
    version = record_version(study)
    stored = version.snapshot
    del stored["design"]["show_waveform"], stored["texts"]["rest_text"]
    del stored["questions"][0]["only_own_target"]
    del stored["questionnaire"][0]["questions"][0]["screen_out_if"], stored["research_questions"]
    study.research_questions.all().delete()
    study.versions.update(snapshot=stored, digest="of that time")
    assert record_version(study).number == 1
    Study.objects.update(show_waveform=True)
    assert record_version(Study.objects.get()).number == 2


def test_a_version_of_an_adaptive_design_is_kept_and_a_new_one_follows(study):
    version = record_version(study)
    study.versions.update(snapshot=version.snapshot | {"adaptive": []}, digest="of that time")
    assert record_version(study).number == 1
    design = {"question__key": "dissonance", "first": "", "second": "", "precision": None}
    study.versions.update(snapshot=version.snapshot | {"adaptive": [design]})
    new = record_version(study)
    assert new.number == 2
    assert changes(study.versions.get(number=1), new) == ["adaptive"]
    assert study.versions.get(number=1).snapshot["adaptive"] == [design]


def test_a_version_stored_with_primary_contrasts_still_counts(study):
    study.research_questions.update(music_model=None)
    version = record_version(study)
    stored = version.snapshot
    (asked,) = stored.pop("research_questions")
    kept = ("question__key", "first", "first_method", "second", "second_method")
    stored["primary_contrasts"] = [{name: asked[name] for name in kept}]
    study.versions.update(snapshot=stored, digest="of that time")
    assert record_version(study).number == 1
    study.research_questions.update(smallest_effect=0.5)
    assert record_version(Study.objects.get()).number == 2


def test_a_version_stored_with_a_field_that_is_gone_still_counts(study):
    version = record_version(study)
    version.snapshot["design"]["colour"] = "red"
    study.versions.update(snapshot=version.snapshot, digest="of that time")
    assert record_version(study).number == 1


def test_a_snapshot_of_today_is_complete(study):
    state = snapshot(study)
    assert completed(state) == state
