"""What is typed in a study's form is saved before a button beside the form acts."""

import pytest
from django.urls import reverse
from example_studies import make_study
from test_study_admin import button, change, form_of

from studyserver.study.models import Study

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_study(n_tracks=3)


def press(client, study, name, typed, **fields):
    sent = form_of(client.get(change(study))) | typed | fields | {"_then": button(study, name)}
    return client.post(change(study), sent, follow=True)


def test_a_button_saves_what_was_typed_and_acts(admin_client, draft):
    response = press(admin_client, draft, "questions", {"notes": "Typed for an hour."}, set="presence")
    page = response.content.decode()
    draft.refresh_from_db()
    assert draft.notes == "Typed for an hour."
    assert "Saved what you had entered in the form." in page
    assert draft.questions.filter(kind="presence").exists()


def test_the_study_opens_with_what_was_typed(admin_client, draft):
    press(admin_client, draft, "open", {"thanks": "You have helped us."})
    draft.refresh_from_db()
    assert draft.state == Study.State.OPEN
    assert "You have helped us." in str(draft.versions.get().snapshot)


def test_a_form_with_a_mistake_keeps_what_was_typed_and_the_button_waits(admin_client, draft):
    typed = {"notes": "Typed for an hour.", "minimum_listening_share": "7"}
    page = press(admin_client, draft, "questions", typed, set="presence").content.decode()
    assert "then press the button again" in page
    assert "Typed for an hour." in page
    assert not draft.questions.filter(kind="presence").exists()


@pytest.mark.parametrize("where", ["other study", "list", "elsewhere", "no address"])
def test_only_buttons_of_the_study_itself_act(admin_client, draft, where):
    other = make_study(1)
    addresses = {
        "other study": button(other, "open"),
        "list": reverse("admin:study_study_changelist"),
        "elsewhere": "https://example.org/",
        "no address": "open",
    }
    sent = form_of(admin_client.get(change(draft))) | {"notes": "typed", "_then": addresses[where]}
    admin_client.post(change(draft), sent)
    draft.refresh_from_db()
    other.refresh_from_db()
    assert draft.notes == "typed"
    assert {draft.state, other.state} == {Study.State.DRAFT}
