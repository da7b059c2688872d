from html import unescape

import pytest
from admin_forms import button, change, form_of
from django.urls import reverse
from example_questionnaires import make_page
from example_studies import make_study

from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_study(n_tracks=3)


SET_SIZES = {"mid-level": 6, "cues": 8, "emotions": 8, "quality": 1, "presence": 1, "fit": 1, "comment": 1}


@pytest.mark.parametrize(("name", "number"), SET_SIZES.items())
def test_ready_made_questions(admin_client, draft, name, number):
    admin_client.post(button(draft, "questions"), {"set": name})
    assert draft.questions.count() == 1 + number
    assert list(draft.questions.values_list("position", flat=True)) == list(range(1 + number))
    for question in draft.questions.all():
        question.full_clean()
    page = admin_client.post(button(draft, "questions"), {"set": name}, follow=True).content.decode()
    assert "already" in page
    assert draft.questions.count() == 1 + number
    open_study(draft)


def test_a_question_of_ones_own(admin_client, draft):
    address = reverse("admin:study_question_add") + f"?study={draft.pk}"
    data = form_of(admin_client.get(address))
    assert data["position"] == 1
    data |= {"text": "Which one?", "key": "which", "kind": "choice", "level": "nominal", "points": ""}
    response = admin_client.post(address, data)
    assert "at least two choices" in response.content.decode()
    response = admin_client.post(address, data | {"choices": "drums = the drums\n\n voice"})
    assert response.url == change(draft)
    question = Question.objects.get(key="which")
    assert question.options == {
        "choices": [{"value": "drums", "label": "the drums"}, {"value": "voice", "label": "voice"}]
    }
    # Opening and saving the page changes nothing.
    address = reverse("admin:study_question_change", args=[question.pk])
    admin_client.post(address, form_of(admin_client.get(address)))
    assert Question.objects.get(key="which").options == question.options


AWKWARD = ["harsh|bitter", "=1+1", "a=b", 'say "x", y; z', "a / b", '["a"]', "'", "🎻", "NA", "[]", "\\n"]


def question_with(admin_client, draft, choices, kind="checklist"):
    """Post a new question with these lines as choices; return its stored options, or the page's complaint."""
    address = reverse("admin:study_question_add") + f"?study={draft.pk}"
    data = form_of(admin_client.get(address))
    data |= {"text": "Which?", "key": "which", "kind": kind, "level": "nominal", "choices": choices}
    response = admin_client.post(address, data)
    if response.status_code == 302:
        return Question.objects.get(key="which").options
    return unescape(response.content.decode())


@pytest.mark.parametrize("kind", ["choice", "checklist"])
def test_values_of_choices_may_hold_any_sign(admin_client, draft, kind):
    lines = [f"{value} = label = {number}" for number, value in enumerate(AWKWARD)]
    options = question_with(admin_client, draft, "\n".join(lines), kind)
    assert options["choices"] == [
        {"value": value, "label": f"label = {number}"} for number, value in enumerate(AWKWARD)
    ]
    address = reverse("admin:study_question_change", args=[Question.objects.get(key="which").pk])
    admin_client.post(address, form_of(admin_client.get(address)))
    assert Question.objects.get(key="which").options == options


def test_values_without_a_label_are_shown_themselves(admin_client, draft):
    options = question_with(admin_client, draft, "=1+1\nx=the x\ny =\nplain")
    assert [(choice["value"], choice["label"]) for choice in options["choices"]] == [
        ("=1+1", "=1+1"), ("x", "the x"), ("y", "y"), ("plain", "plain"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "complaint"),
    [
        ("a = A\n= B", "Line 2, “= B”, has no value"),
        ("a = A\nx\ty = B", "contains a line break, a tab"),
        ("a = A\na = B", "Two choices have the same value"),
    ],
)
def test_values_that_cannot_be_are_refused_in_words(admin_client, draft, choices, complaint):
    assert complaint in question_with(admin_client, draft, choices)


def test_the_step_of_a_slider(admin_client, draft):
    address = reverse("admin:study_question_add") + f"?study={draft.pk}"
    data = form_of(admin_client.get(address))
    data |= {"text": "How much?", "key": "much", "kind": "slider", "level": "interval", "points": "",
             "least": "0", "most": "1"}  # fmt: skip
    page = unescape(admin_client.post(address, data | {"step": "0.3"}).content.decode())
    assert "ends at 0.9 and cannot reach 1" in page
    assert "greater than 0" in admin_client.post(address, data | {"step": "-1"}).content.decode()
    assert admin_client.post(address, data).url == change(draft)
    question = Question.objects.get(key="much")
    assert "step" not in question.options  # a hundredth, also when the range is changed
    assert "slider 0.0 to 1.0, in steps of 0.01" in admin_client.get(change(draft)).content.decode()
    address = reverse("admin:study_question_change", args=[question.pk])
    for step in ("0.05", ""):
        admin_client.post(address, form_of(admin_client.get(address)) | {"step": step})
        options = Question.objects.get(key="much").options
        assert (options["min"], options["max"], options.get("step")) == (0, 1, float(step) if step else None)


def test_the_step_of_a_slider_in_the_questionnaire(admin_client, draft):
    address = reverse("admin:study_questionnairepage_add") + f"?study={draft.pk}"
    data = form_of(admin_client.get(address)) | {"study": draft.pk, "place": "before", "position": "1"}
    row = {"position": "1", "key": "mood", "text": "Mood?", "kind": "slider", "least": "-1", "most": "1"}
    data |= {f"items-0-{name}": value for name, value in row.items()} | {"items-TOTAL_FORMS": "1"}
    page = unescape(admin_client.post(address, data | {"items-0-step": "0.3"}).content.decode())
    assert "cannot reach 1" in page
    assert admin_client.post(address, data | {"items-0-step": "0.5"}).status_code == 302
    assert draft.questionnaire_pages.get().items.get().options["step"] == 0.5


def test_a_questionnaire_that_is_saved_unchanged_stays_as_it_is(admin_client, draft):
    """Also one that is long: browsers send some twenty fields a question."""
    no_ends = {"low": "", "high": ""}
    kinds = {
        "scale": {"points": 3, "labels": ["not at all", "somewhat", "very"], **no_ends},
        "slider": {"min": 0.0, "max": 1.0, "step": 0.25, "low": "calm", "high": "tense"},
        "choice": {"choices": [{"value": "a|b", "label": "A or B"}, {"value": "c", "label": "C"}]},
        "number": {"min": 1.0, "max": 99.0, "unit": "years"},
        "text": {},
    }
    items = [
        {"key": f"{kind}_{number}", "kind": kind, "options": options}
        for kind, options in kinds.items()
        for number in range(12)
    ]
    page = make_page(draft, *items, title="You")
    before = list(page.items.values())
    address = reverse("admin:study_questionnairepage_change", args=[page.pk])
    sent = form_of(admin_client.get(address))
    assert len(sent) > 1_000
    assert admin_client.post(address, sent).status_code == 302
    assert list(page.items.values()) == before


def test_a_mistake_in_one_field_of_a_question_makes_no_complaint_about_others(admin_client, draft):
    address = reverse("admin:study_question_add") + f"?study={draft.pk}"
    data = form_of(admin_client.get(address))
    wrong = data | {"text": "", "key": "new", "kind": "scale", "level": "ordinal", "points": "7"}
    page = admin_client.post(address, wrong).content.decode()
    assert "This field is required" in page
    assert "Set the number of points" not in page
    page = admin_client.post(address, wrong | {"points": ""}).content.decode()
    assert "Set the number of points" in page
