"""Sound examples of questions: heard beside them, in each language, saying nothing of their origin."""

import json

import pytest
from django.urls import reverse
from example_studies import make_clip, make_study, make_track, ready, walk

from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import QuestionExample
from studyserver.study.recruitment.advice import advice
from studyserver.study.sessions import session

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    study = make_study(2, trials_per_annotator=3)
    clip = make_clip(make_track("zugspitze"), "evidence", "gloominess")
    study.questions.get().examples.create(clip=clip, label="very harsh")
    return study


def test_examples_stand_beside_their_question_and_can_be_heard(client, study):
    open_study(study)
    annotator = ready(study)
    pages = []
    while session.current_trial(annotator):
        pages.append(client.get(reverse("study:trials", args=[annotator.token])).content.decode())
        assert json.loads(client.get(reverse("study:current", args=[annotator.token])).content)["html"]
        walk(annotator, 1)
    [token] = QuestionExample.objects.values_list("token", flat=True)
    where = reverse("study:example-sound", args=[token])
    assert len(pages) == 3
    for page in pages:
        assert "very harsh" in page
        assert f'data-example="{where}"' in page
        assert "zugspitze" not in page
        assert "gloominess" not in page
    sound = client.get(where)
    assert sound.headers["Content-Type"] == "audio/flac"
    assert b"".join(sound.streaming_content)[:4] == b"fLaC"
    assert not {"ETag", "Last-Modified", "Content-Disposition"} & set(sound.headers)
    assert client.get(reverse("study:example-sound", args=["1"])).status_code == 404


def test_labels_are_translated(client, study):
    study.translations.create(language="de", texts={"very harsh": "sehr rau"})
    open_study(study)
    annotator = ready(study)
    page = client.get(reverse("study:trials", args=[annotator.token]), headers={"Accept-Language": "de"})
    assert "sehr rau" in page.content.decode()
    assert "very harsh" not in page.content.decode()


def test_examples_belong_to_the_version_and_to_copies(study):
    open_study(study)
    [example] = study.versions.get().snapshot["examples"]
    assert (example["question__key"], example["label"]) == ("dissonance", "very harsh")
    assert copy_study(study).questions.get().examples.get().label == "very harsh"


def test_examples_of_judged_tracks_are_advised_against(study):
    assert "Sound examples" not in " ".join(advice(study))
    judged = study.stimuli.first().clip
    study.questions.get().examples.create(clip=judged, label="not harsh")
    assert "Sound examples from tracks that are judged: 1" in " ".join(advice(study))


def test_clips_are_found_by_what_they_hold_and_heard_beside_the_choice(admin_client, study):
    question = study.questions.get()
    page = admin_client.get(reverse("admin:study_question_change", args=[question.pk])).content.decode()
    [example] = question.examples.all()
    assert f'src="{reverse("explainer:clip-sound", args=[example.clip_id])}"' in page
    asked = {"app_label": "study", "model_name": "questionexample", "field_name": "clip"}
    for term in ("zugspitze", "evidence gloominess"):
        found = admin_client.get(reverse("admin:autocomplete"), asked | {"term": term}).json()["results"]
        assert found == [{"id": str(example.clip_id), "text": "zugspitze: evidence for gloominess"}]


def test_examples_are_attached_in_the_admin_until_people_have_begun(admin_client, study):
    question = study.questions.get()
    address = reverse("admin:study_question_change", args=[question.pk])
    page = admin_client.get(address).content.decode()
    assert "Sound examples" in page
    assert 'name="examples-0-label"' in page
    open_study(study)
    session.current_trial(ready(study))
    page = admin_client.get(address).content.decode()
    assert 'name="examples-0-label"' not in page
