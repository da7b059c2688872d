import re

import pytest
from admin_forms import button, change, form_of
from django.urls import reverse
from example_studies import CONDITIONS, make_clip, make_study, make_track, ready, walk

from explainer.models import Clip
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Annotator, Departure, Judgment, Stimulus, Study, StudyVersion
from studyserver.study.sessions.joining import join
from studyserver.study.sessions.joins import JoiningRefused
from studyserver.study.texts.translations import dictionary

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_study(n_tracks=3)


def test_the_page_of_a_new_study_asks_for_what_is_missing(admin_client):
    response = admin_client.get(reverse("admin:study_study_add"))
    assert response.status_code == 200
    data = form_of(response) | {"title": "Ears", "slug": "ears", "language": "de"}
    response = admin_client.post(reverse("admin:study_study_add"), data, follow=True)
    page = response.content.decode()
    study = Study.objects.get(slug="ears")
    assert study.consent.startswith("Sie hören")
    assert study.translations.get(language="en").texts[study.consent].startswith("You will hear")
    assert "The study has no questions" in page
    assert "The study has no stimuli" in page
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


def test_which_clips_an_annotator_gets_is_asked_where_a_trial_presents_one(admin_client, draft):
    address = reverse("admin:study_study_change", args=[draft.pk])
    page = admin_client.get(address).content.decode()
    assert 'name="allocation"' in page and "all clips of a track to the same annotator" in page
    Study.objects.filter(pk=draft.pk).update(presentation="pair")
    assert 'name="allocation"' not in admin_client.get(address).content.decode()


def test_a_rehearsal_has_the_truth_that_is_chosen(admin_client, draft):
    address = reverse("admin:study_study_change", args=[draft.pk])
    assert "truthful people, without an effect" in admin_client.get(address).content.decode()
    admin_client.post(button(draft, "simulate"), {"number": "1", "truth": "none"})
    assert draft.annotators.get().behaviour == "truthful-no-effect"
    admin_client.post(button(draft, "simulate"), {"number": "1", "truth": "something else"})
    assert draft.annotators.order_by("pk").last().behaviour == "truthful"  # the first of a mixture


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
    open_study(draft)
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
    open_study(draft)
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
    open_study(draft)
    walk(ready(draft), 1)
    response = admin_client.post(button(draft, "copy"))
    copy = Study.objects.exclude(pk=draft.pk).get()
    assert response.url == change(copy)
    assert (copy.state, copy.slug, copy.opened_at) == (Study.State.DRAFT, f"{draft.slug}-2", None)
    assert copy.stimuli.count() == draft.stimuli.count() == 12
    assert copy.questions.count() == draft.questions.count() == 1
    assert not copy.annotators.exists()
    open_study(copy)


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
    open_study(draft)
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
    open_study(study)
    assert walk(ready(study)) == 4 + 1 + 2
    shown = admin_client.get(change(study)).content.decode()
    assert "<dt>answers that count</dt><dd>5</dd>" in shown


def test_it_is_said_what_keeps_a_study_from_being_deleted(admin_client, draft):
    chosen = {"action": "delete_selected", "_selected_action": [draft.pk]}
    page = reverse("admin:study_study_changelist")
    rehearsal = ready(draft, rehearsal=True)
    assert "its rehearsal. Discard it" in admin_client.post(page, chosen).content.decode()
    open_study(draft)
    person = ready(draft)
    assert ": 1 annotator. Close the study instead" in admin_client.post(page, chosen).content.decode()
    admin_client.post(page, chosen | {"post": "yes"})
    assert Study.objects.filter(pk=draft.pk).exists()
    Annotator.objects.filter(pk__in=[rehearsal.pk, person.pk]).delete()
    assert "Are you sure" in admin_client.post(page, chosen).content.decode()


def test_freeing_places(admin_client, draft):
    Study.objects.filter(pk=draft.pk).update(annotators_wanted=1)
    open_study(draft)
    annotator = ready(draft)
    with pytest.raises(JoiningRefused):
        join(draft)
    chosen = {"action": "free_places", "_selected_action": [annotator.pk]}
    for freed in ("Freed 1 place.", "Freed 0 places."):
        page = admin_client.post(reverse("admin:study_annotator_changelist"), chosen, follow=True)
        assert freed in page.content.decode()
        assert "time over" in page.content.decode()
    join(draft)
