import re
from html import unescape

import pytest
from django.forms import BoundField
from django.urls import reverse
from example_questionnaires import make_page
from example_studies import CONDITIONS, make_clip, make_study, make_track, ready, walk

from explainer.models import Clip
from studyserver.study.models import Annotator, Departure, Judgment, Question, Stimulus, Study, StudyVersion
from studyserver.study.sessions import session
from studyserver.study.texts.translations import dictionary

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_study(n_tracks=3)


def change(study):
    return reverse("admin:study_study_change", args=[study.pk])


def button(study, name):
    return reverse(f"admin:study_study_{name}", args=[study.pk])


def form_of(response) -> dict:
    """Return what the browser would post if nothing were changed on an admin page."""
    inlines = response.context["inline_admin_formsets"]
    fields = {bound.html_name: _sent(bound) for bound in _shown(response.context["adminform"])}
    for inline in inlines:
        rows = [bound for row in inline for bound in [*_shown(row), *row.form.hidden_fields()]]
        fields |= {bound.html_name: bound.value() for bound in inline.formset.management_form}
        fields |= {bound.html_name: _sent(bound) for bound in rows if bound.value() is not False}
    return fields


def _shown(adminform) -> list:
    """Return the fields that stand on the page, which are not always those of the form."""
    shown = [field.field for fieldset in adminform for line in fieldset for field in line]
    return [field for field in shown if isinstance(field, BoundField)]


def _sent(bound):
    return "" if bound.value() is None else bound.value()


def test_the_page_of_a_new_study_asks_for_what_is_missing(admin_client):
    response = admin_client.get(reverse("admin:study_study_add"))
    assert response.status_code == 200
    data = form_of(response) | {"title": "Ears", "slug": "ears", "language": "de"}
    response = admin_client.post(reverse("admin:study_study_add"), data, follow=True)
    page = response.content.decode()
    study = Study.objects.get(slug="ears")
    assert study.consent.startswith("Sie hören")
    assert study.translations.get(language="en").texts[study.consent].startswith("You will hear")
    assert "There is no question" in page
    assert "There is nothing to hear" in page
    assert "Open to annotators" not in page


def test_errors_in_the_form_are_told_at_the_top_of_the_page(admin_client, draft):
    data = form_of(admin_client.get(change(draft))) | {"minimum_listening_share": "7"}
    page = admin_client.post(change(draft), data).content.decode()
    assert page.index("Nothing was saved") < page.index("What to do")
    assert "Nothing was saved" not in admin_client.get(change(draft)).content.decode()


def test_a_folded_part_with_a_mistake_is_unfolded(admin_client, draft):
    sent = form_of(admin_client.get(change(draft)))
    people = "Who may join, and what they get at the end"
    folded = re.compile(r"<summary[^>]*>\s*<h2[^>]*>" + people)
    page = admin_client.post(change(draft), sent | {"title": ""}).content.decode()
    assert folded.search(page)
    page = admin_client.post(change(draft), sent | {"minutes_to_finish": "2"}).content.decode()
    assert "greater than or equal to 5" in page
    assert people in page
    assert not folded.search(page)


def test_two_studies_cannot_have_the_same_link(admin_client, draft):
    other = make_study(1, slug="taken")
    sent = form_of(admin_client.get(change(draft))) | {"slug": other.slug}
    page = admin_client.post(change(draft), sent).content.decode()
    assert "Another study has this name in its link; choose another one." in page


def test_texts_sent_by_browsers_stay_the_keys_of_their_translations(admin_client):
    admin_client.post(reverse("admin:study_study_add"), {"title": "Ears", "slug": "ears", "language": "en"})
    study = Study.objects.get(slug="ears")
    consent = study.consent
    data = form_of(admin_client.get(change(study)))
    data |= {name: text.replace("\n", "\r\n") for name, text in data.items() if isinstance(text, str)}
    assert "\r\n" in data["consent"]
    admin_client.post(change(study), data)
    study.refresh_from_db()
    assert study.consent == consent
    assert dictionary(study, "de")(study.consent).startswith("Sie hören")


def test_every_page_opens_without_inline_script_or_style(admin_client, draft):
    for annotator in (ready(draft, rehearsal=True), ready(draft, rehearsal=True)):
        walk(annotator, 2)
    addresses = [
        change(draft),
        button(draft, "stimuli"),
        button(draft, "stimuli") + "?role=main",
        reverse("admin:study_study_changelist"),
        reverse("admin:study_stimulus_changelist"),
        reverse("admin:study_stimulus_change", args=[draft.stimuli.first().pk]),
        reverse("admin:study_question_add") + f"?study={draft.pk}",
        reverse("admin:study_question_change", args=[draft.questions.get().pk]),
        *(button(draft, name) for name in ("links", "returned", "linking", "poster")),
        reverse("admin:study_study_translate", args=[draft.pk, "de"]),
        reverse("admin:study_questionnairepage_add") + f"?study={draft.pk}&place=before",
        reverse("admin:study_annotator_changelist"),
        reverse("admin:study_annotator_change", args=[draft.annotators.first().pk]),
        reverse("admin:study_annotator_delete", args=[draft.annotators.first().pk]),
        reverse("admin:study_trial_changelist"),
        reverse("admin:study_judgment_changelist"),
        reverse("admin:study_judgment_change", args=[Judgment.objects.first().pk]),
    ]
    for address in addresses:
        response = admin_client.get(address)
        assert response.status_code == 200, address
        page = response.content.decode()
        assert " style=" not in page, address
        assert " onclick=" not in page, address
        assert "<script>" not in page, address


def test_open_and_close(admin_client, draft):
    response = admin_client.post(button(draft, "open"), follow=True)
    assert "The study is open" in response.content.decode()
    draft.refresh_from_db()
    assert draft.state == Study.State.OPEN
    assert "http://testserver/s/" in response.content.decode()
    admin_client.post(button(draft, "close"))
    draft.refresh_from_db()
    assert draft.state == Study.State.CLOSED


def test_what_stands_in_the_way_of_opening_is_told(admin_client, draft):
    Study.objects.filter(pk=draft.pk).update(trials_per_annotator=99, practice_trials=2)
    page = admin_client.post(button(draft, "open"), follow=True).content.decode()
    assert "there are only 12" in page
    assert "practice stimuli" in page
    draft.refresh_from_db()
    assert draft.state == Study.State.DRAFT


@pytest.mark.parametrize(
    "name", ["open", "close", "preview", "questions", "simulate", "discard", "copy", "stimuli"]
)
def test_buttons_are_for_those_who_may_change_studies(client, admin_client, django_user_model, draft, name):
    if name != "stimuli":
        assert admin_client.get(button(draft, name)).status_code == 405
    assert client.post(button(draft, name)).status_code == 302  # to the login page
    django_user_model.objects.create_user("guest", password="guest", is_staff=True)
    client.force_login(django_user_model.objects.get(username="guest"))
    assert client.post(button(draft, name)).status_code == 403
    assert Study.objects.get().state == Study.State.DRAFT
    assert not Annotator.objects.exists()


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
    session.open_study(draft)


def test_a_question_of_ones_own(admin_client, draft):
    address = reverse("admin:study_question_add") + f"?study={draft.pk}"
    data = form_of(admin_client.get(address))
    assert data["position"] == 1
    data |= {"text": "Which one?", "key": "which", "kind": "choice", "level": "nominal", "points": ""}
    response = admin_client.post(address, data)
    assert "choices are needed" in response.content.decode()
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
        ("a = A\nx\ty = B", "holds a line break, a tab"),
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
    assert "ends at 0.9 and never reaches 1" in page
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
    assert "never reaches 1" in page
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
    assert "needs its number of points" not in page
    page = admin_client.post(address, wrong | {"points": ""}).content.decode()
    assert "needs its number of points" in page


def test_stimuli_by_rule(admin_client, draft):
    new = make_track("new")
    for condition in CONDITIONS:
        make_clip(new, condition, "" if condition == "original" else "minorness")
    make_clip(new, Clip.Condition.EVIDENCE, "speed")
    page = admin_client.get(button(draft, "stimuli") + "?role=main&targets=minorness").content.decode()
    assert "4 clips to add" in page
    assert draft.stimuli.count() == 12
    chosen = {"role": "main", "targets": "minorness"}
    page = admin_client.post(button(draft, "stimuli"), chosen, follow=True).content.decode()
    assert "Added 4 stimuli" in page
    assert draft.stimuli.count() == 16
    page = admin_client.get(button(draft, "stimuli") + "?role=main&targets=minorness").content.decode()
    assert "already" in page
    admin_client.post(
        button(draft, "stimuli"), {"role": "practice", "targets": "speed", "conditions": "evidence"}
    )
    assert draft.stimuli.get(role="practice").clip.target == "speed"


def test_stimuli_by_hand(admin_client, draft):
    new = make_track("new")
    wanted, unwanted = [make_clip(new, condition, "minorness") for condition in CONDITIONS[1:3]]
    page = admin_client.get(button(draft, "stimuli") + "?role=main&targets=minorness").content.decode()
    for clip in (wanted, unwanted):
        assert f'name="clip" value="{clip.pk}" checked' in page
    admin_client.post(
        button(draft, "stimuli"), {"role": "main", "targets": "minorness", "listed": "yes", "clip": wanted.pk}
    )
    assert draft.stimuli.get(clip__target="minorness").clip == wanted


def test_the_preview_is_a_rehearsal(admin_client, draft):
    response = admin_client.post(button(draft, "preview"))
    annotator = Annotator.objects.get()
    assert annotator.rehearsal
    assert response.url == reverse("study:resume", args=[annotator.token])


def test_rehearsing_and_discarding(admin_client, draft):
    page = admin_client.post(button(draft, "simulate"), {"number": "3"}, follow=True).content.decode()
    assert "3 of 3 simulated annotators finished the study." in page
    assert draft.annotators.filter(rehearsal=True).count() == 3
    assert Judgment.objects.usable().count() == 0
    for number in ["0", "51", "-1", "x", ""]:
        page = admin_client.post(button(draft, "simulate"), {"number": number}, follow=True).content.decode()
        assert "1 to 50" in page
    admin_client.post(button(draft, "discard"))
    assert not draft.annotators.exists()
    assert not StudyVersion.objects.exists()


def test_what_people_have_answered_stays_as_it_was(admin_client, draft):
    session.open_study(draft)
    walk(ready(draft), 1)
    question = draft.questions.get()
    page = admin_client.get(change(draft)).content.decode()
    assert "copy the study" in page
    assert 'name="questions-0-text"' not in page
    page = admin_client.post(button(draft, "questions"), {"set": "cues"}, follow=True).content.decode()
    assert "copy the study" in page
    address = reverse("admin:study_question_change", args=[question.pk])
    assert "copy the study" in admin_client.get(address).content.decode()
    assert admin_client.post(address, {"text": "Else?"}).status_code == 403
    stimulus = draft.stimuli.first()
    assert admin_client.post(button(draft, "stimuli"), {"role": "main"}).url == change(draft)
    for kind, row in [("question", question), ("stimulus", stimulus), ("study", draft)]:
        address = reverse(f"admin:study_{kind}_delete", args=[row.pk])
        assert admin_client.post(address, {"post": "yes"}).status_code == 403
    admin_client.post(
        reverse("admin:study_stimulus_changelist"),
        {"action": "delete_selected", "_selected_action": [stimulus.pk], "post": "yes"},
    )
    assert draft.stimuli.count() == 12
    assert draft.questions.count() == 1
    # Switching a stimulus off is possible, and makes a new version.
    admin_client.post(
        reverse("admin:study_stimulus_changelist"),
        {"action": "switch_off", "_selected_action": [stimulus.pk]},
    )
    assert not Stimulus.objects.get(pk=stimulus.pk).active
    assert draft.versions.count() == 2


def test_changing_texts_while_open_makes_a_version(admin_client, draft):
    session.open_study(draft)
    annotator = ready(draft)
    walk(annotator, 1)
    data = form_of(admin_client.get(change(draft))) | {"instructions": "Listen closely."}
    page = admin_client.post(change(draft), data, follow=True).content.decode()
    assert "This is version 2 now" in page
    assert "This is version" not in admin_client.post(change(draft), data, follow=True).content.decode()
    walk(annotator, 2)
    numbers = [trial.version.number for trial in annotator.trials.exclude(version=None)]
    assert numbers == [1, 2, 2]
    assert draft.versions.get(number=1).snapshot["texts"]["instructions"] != "Listen closely."


def test_copying(admin_client, draft):
    session.open_study(draft)
    walk(ready(draft), 1)
    response = admin_client.post(button(draft, "copy"))
    copy = Study.objects.exclude(pk=draft.pk).get()
    assert response.url == change(copy)
    assert (copy.state, copy.slug, copy.opened_at) == (Study.State.DRAFT, f"{draft.slug}-2", None)
    assert copy.stimuli.count() == draft.stimuli.count() == 12
    assert copy.questions.count() == draft.questions.count() == 1
    assert not copy.annotators.exists()
    session.open_study(copy)


def test_records_are_read_only(admin_client, draft):
    annotator = ready(draft, rehearsal=True)
    walk(annotator, 1)
    for kind, row in [
        ("annotator", annotator),
        ("trial", annotator.trials.first()),
        ("judgment", Judgment.objects.get()),
    ]:
        assert admin_client.get(reverse(f"admin:study_{kind}_add")).status_code == 403
        address = reverse(f"admin:study_{kind}_change", args=[row.pk])
        assert admin_client.post(address, {"state": "finished"}).status_code == 403
    for kind, row in [("trial", annotator.trials.first()), ("judgment", Judgment.objects.get())]:
        address = reverse(f"admin:study_{kind}_delete", args=[row.pk])
        assert admin_client.post(address, {"post": "yes"}).status_code == 403
    page = admin_client.get(reverse("admin:study_annotator_change", args=[annotator.pk])).content.decode()
    assert annotator.token not in page  # it would let researchers answer in the annotator's name


def test_deletion_on_request(admin_client, draft):
    session.open_study(draft)
    annotator, other = ready(draft), ready(draft)
    walk(annotator, 2)
    walk(other, 1)
    address = reverse("admin:study_annotator_delete", args=[annotator.pk])
    assert "2 answers" in admin_client.get(address).content.decode()
    response = admin_client.post(address, {"post": "yes"})
    assert response.url == reverse("admin:study_annotator_changelist")
    assert list(Annotator.objects.all()) == [other]
    assert Departure.objects.get().kind == Departure.Kind.DELETED


def test_the_page_counts_answers_to_what_was_to_be_judged(admin_client):
    study = make_study(
        n_tracks=3, trials_per_annotator=4, attention_trials=2, repeats_per_annotator=1, repeat_distance=2
    )
    shown = " ".join(admin_client.get(change(study)).content.decode().split())
    assert "(1 of them twice) and 2 attention trials, with 1 question per trial" in shown
    session.open_study(study)
    assert walk(ready(study)) == 4 + 1 + 2
    shown = admin_client.get(change(study)).content.decode()
    assert "<dt>answers that count</dt><dd>5</dd>" in shown


def test_it_is_said_what_keeps_a_study_from_being_deleted(admin_client, draft):
    chosen = {"action": "delete_selected", "_selected_action": [draft.pk]}
    page = reverse("admin:study_study_changelist")
    rehearsal = ready(draft, rehearsal=True)
    assert "its rehearsal. Discard it" in admin_client.post(page, chosen).content.decode()
    session.open_study(draft)
    person = ready(draft)
    assert ": 1 annotator. Close the study instead" in admin_client.post(page, chosen).content.decode()
    admin_client.post(page, chosen | {"post": "yes"})
    assert Study.objects.filter(pk=draft.pk).exists()
    Annotator.objects.filter(pk__in=[rehearsal.pk, person.pk]).delete()
    assert "Are you sure" in admin_client.post(page, chosen).content.decode()


def test_freeing_places(admin_client, draft):
    Study.objects.filter(pk=draft.pk).update(annotators_wanted=1)
    session.open_study(draft)
    annotator = ready(draft)
    with pytest.raises(session.JoiningRefused):
        session.join(draft)
    chosen = {"action": "free_places", "_selected_action": [annotator.pk]}
    for freed in ("Freed 1 place.", "Freed 0 places."):
        page = admin_client.post(reverse("admin:study_annotator_changelist"), chosen, follow=True)
        assert freed in page.content.decode()
        assert "time over" in page.content.decode()
    session.join(draft)
