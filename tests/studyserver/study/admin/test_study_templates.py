"""Starting a study from a template in the admin."""

import re

import pytest
from admin_forms import change
from built_clips import build_site
from django.urls import reverse

from explainer.models import Clip, MusicModel
from studyserver.study.models import Annotator, Stimulus, Study, Trial
from studyserver.study.study_templates.catalogue import templates

pytestmark = pytest.mark.django_db
LIST = "admin:study_study_templates"


@pytest.fixture
def site():
    build_site()


def started(admin_client, name) -> tuple[Study, str]:
    """Press the button of a template; return the draft and the address of its form."""
    answer = admin_client.post(reverse("admin:study_study_start", args=[name]))
    study = Study.objects.latest("pk")
    address = reverse("admin:study_study_compose", args=[study.pk])
    assert answer.status_code == 302 and answer.url == address
    return study, address


def ticked(page: str) -> dict[str, list[str]]:
    """Return what a browser would send of a page's boxes."""
    sent: dict[str, list[str]] = {}
    for box in re.findall(r"<input type=\"(?:checkbox|radio)\"[^>]*>", page):
        if " checked" in box:
            sent.setdefault(re.search(r'name="(\w+)"', box)[1], []).append(
                re.search(r'value="([^"]*)"', box)[1]
            )
    return sent


def test_the_list_shows_every_template_with_picture_minutes_and_annotators(admin_client, site):
    page = admin_client.get(reverse(LIST)).content.decode()
    for template in templates().values():
        assert f"<h2>{template.title}</h2>" in page and template.sentence in page
    assert page.count('role="img" aria-label="A trial presents ') == len(templates())
    assert "one clip; annotators answer by a rating of five points." in page
    assert "penalises clips that are better than it" in page


def test_the_list_is_linked_from_the_first_page_and_the_list_of_studies(admin_client):
    for address in (reverse("admin:index"), reverse("admin:study_study_changelist")):
        assert f'href="{reverse(LIST)}"' in admin_client.get(address).content.decode()


@pytest.mark.parametrize("name", templates())
def test_two_clicks_lead_to_a_study_that_can_be_opened(admin_client, site, name):
    study, address = started(admin_client, name)
    assert study.template == name and study.state == "draft"
    assert address in admin_client.get(change(study)).content.decode()  # what to do next
    sent = ticked(admin_client.get(address).content.decode())
    shown = admin_client.post(address, {**sent, "preview": "yes"}).content.decode()
    assert "What this gives" in shown and "Fix these problems" not in shown
    assert not study.stimuli.exists() and not study.research_questions.exists()
    answer = admin_client.post(address, sent)
    assert answer.status_code == 302 and answer.url == change(study)
    assert study.stimuli.exists() and study.research_questions.exists()
    page = admin_client.get(change(study)).content.decode()
    assert "Open to annotators" in page
    sentences = [asked.sentence for asked in study.research_questions.all()]
    assert (
        all(f"<li>{sentence}</li>" in page for sentence in sentences) and f"<li>{sentences[0]}</li>" in shown
    )


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        ("what_about", {"targets": ["happy"]}, "Choose at least 2 targets"),
        ("which_method", {"methods": ["lime"]}, "Choose two methods"),
        ("how_much", {"sizes": ["2"]}, "Choose at least two sizes"),
        ("evidence_heard", {"targets": []}, "This field is required"),
    ],
)
def test_what_does_not_suffice_is_refused_and_nothing_is_added(admin_client, site, name, changed, words):
    study, address = started(admin_client, name)
    sent = ticked(admin_client.get(address).content.decode()) | changed
    page = admin_client.post(address, sent).content.decode()
    assert words in page and not study.stimuli.exists()
    # What was ticked stays ticked.
    kept = ticked(page)
    assert all(kept.get(field, []) == value for field, value in sent.items() if value)


def test_only_one_size_is_refused_with_what_to_build(admin_client):
    build_site(sizes=(2,))
    _study, address = started(admin_client, "how_much")
    page = admin_client.post(address, ticked(admin_client.get(address).content.decode())).content.decode()
    assert "build clips with a recipe that asks for several" in page


def test_without_clips_the_list_and_the_form_say_what_to_do(admin_client):
    assert "no clips of explanations yet" in admin_client.get(reverse(LIST)).content.decode()
    _study, address = started(admin_client, "evidence_heard")
    assert admin_client.get(address).status_code == 200
    build_site(tracks=1, methods=("lime",))
    Clip.objects.filter(condition="evidence").delete()
    sent = {"targets": ["happy"], "models": [MusicModel.objects.get().pk]}
    Clip.objects.filter(condition="random_control").delete()
    Clip.objects.filter(condition="original").delete()
    page = admin_client.post(address, sent).content.decode()
    assert "build clips of these conditions first: original, evidence, random_control" in page


def test_a_study_with_stimuli_is_not_composed_again(admin_client, site):
    study, address = started(admin_client, "evidence_heard")
    Stimulus.objects.create(study=study, clip=Clip.objects.first())
    assert admin_client.get(address, follow=True).content.decode().count("has stimuli already") == 1
    annotator = Annotator.objects.create(study=study, expires_at="2099-01-01T00:00Z")
    Trial.objects.create(annotator=annotator, position=1)
    assert "Annotators have been given trials" in admin_client.get(address, follow=True).content.decode()


def test_unknown_templates_and_strangers_are_refused(admin_client, client, django_user_model):
    assert admin_client.post(reverse("admin:study_study_start", args=["nothing"])).status_code == 404
    assert admin_client.get(reverse("admin:study_study_start", args=["evidence_heard"])).status_code == 405
    study = Study.objects.create(slug="own", title="Own")
    assert admin_client.get(reverse("admin:study_study_compose", args=[study.pk])).status_code == 404
    client.force_login(django_user_model.objects.create_user("guest", is_staff=True))
    assert client.get(reverse(LIST)).status_code == 403
    assert client.post(reverse("admin:study_study_start", args=["evidence_heard"])).status_code == 403
