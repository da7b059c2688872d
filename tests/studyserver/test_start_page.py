"""The researchers' first page: where things stand, and links that lead on."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from example_studies import make_study, ready, walk

from explainer.core.base.recipe import Recipe as CoreRecipe
from explainer.models import Explanation, MusicModel, Recipe
from studyserver import start_page
from studyserver.study.lifecycle.opening import close_study, open_study
from studyserver.study.sessions.joining import join


@pytest.fixture
def researcher(admin_user):
    return admin_user


def said(user) -> dict[str, str]:
    return {stage.title: stage.text for stage in start_page.stages(user)}


def test_an_empty_site_says_what_each_stage_is_for(researcher):
    assert [stage.done for stage in start_page.stages(researcher)] == [False] * 5
    assert said(researcher)["Add music"] == "Sound files, one or many at once."
    assert start_page.studies(researcher) == []


def test_what_there_is_is_counted(researcher):
    study = make_study(2)
    open_study(study)
    walk(ready(study))
    track = study.stimuli.first().clip.track
    model = MusicModel.objects.create(name="m")
    states = [
        Explanation.State.DONE,
        Explanation.State.DONE,
        Explanation.State.FAILED,
        Explanation.State.WAITING,
    ]
    for number, state in enumerate(states):
        recipe = Recipe.objects.create(name=f"r{number}", parameters=CoreRecipe(seed=number).to_dict())
        Explanation.objects.create(track=track, model=model, recipe=recipe, state=state)
    texts = said(researcher)
    assert texts["Add music"] == "2 tracks."
    assert texts["Connect a model"] == "1 model."
    assert texts["Choose how to explain"] == "4 recipes."
    assert texts["Build the clips"] == "2 explanations ready, 1 in progress, 1 failed."
    assert texts["Create a study"] == "1 study."
    (brief,) = start_page.studies(researcher)
    assert (brief.study, brief.finished) == (study, 1)
    join(study, rehearsal=True)
    assert start_page.studies(researcher)[0].finished == 1


def test_open_studies_come_first_then_drafts(researcher):
    closed, opened, _draft = (make_study(1, slug=slug) for slug in ("closed", "opened", "draft"))
    for study in (closed, opened):
        open_study(study)
    close_study(closed)
    assert [row.study.slug for row in start_page.studies(researcher)] == ["opened", "draft", "closed"]


def test_every_link_of_the_page_leads_somewhere(admin_client):
    open_study(make_study(1, slug="opened"))
    make_study(1, slug="draft")
    page = admin_client.get("/admin/").content.decode()
    panel = page[page.index("start-page") : page.index('id="content-main"')]
    addresses = re.findall(r'href="([^"]+)"', panel)
    assert len(addresses) == 19
    for address in addresses:
        assert admin_client.get(address).status_code == 200, address


def test_whoever_may_see_less_is_shown_less(client, db):
    person = User.objects.create_user("assistant", is_staff=True)
    client.force_login(person)
    assert "study-steps" not in client.get("/admin/").content.decode()
    person.user_permissions.add(Permission.objects.get(codename="view_track"))
    person = User.objects.get(pk=person.pk)
    (stage,) = start_page.stages(person)
    assert [link.words for link in stage.links] == ["All tracks"]
    assert start_page.studies(person) == []
