"""What invitations say, and that the pages after them say the same."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from example_questionnaires import make_page
from example_studies import make_clip, make_study, ready, walk

from explainer.models import Clip
from studyserver.study.design.outlook import outlook
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Stimulus, StudyTranslation
from studyserver.study.pages.access import address_of
from studyserver.study.recruitment.expectation import expectation, time_in_words
from studyserver.study.sessions import session, stages
from studyserver.study.sessions.joining import join
from studyserver.study.texts import starting_texts
from studyserver.study.texts.question_sets import add_questions
from studyserver.study.texts.right_answers import has_right_answers, right_answers_advice

pytestmark = pytest.mark.django_db

LANGUAGES = ["en", "de", "es"]
NOTHING_RIGHT = {
    "en": "There are no right or wrong answers.",
    "de": "Es gibt keine richtigen oder falschen Antworten.",
    "es": "No hay respuestas correctas ni incorrectas.",
}
LEAVE_IT = "leave the volume"
SET_IT = ("set the volume", "turn up the volume", "change the volume")


@pytest.fixture(autouse=True)
def english():
    """Begin in English, whatever language a page before was in."""
    with translation.override("en"):
        yield


def page(client, address, language="en") -> str:
    return client.get(address, headers={"Accept-Language": language}).content.decode()


@pytest.mark.parametrize(
    ("presentation", "sentences"),
    [
        ("single", ["You will hear 11 sounds.", "Sie hören 11 Klänge.", "Escuchará 11 sonidos."]),
        ("pair", ["You will compare 11 pairs", "Sie vergleichen 11 Paare", "Comparará 11 pares de sonidos."]),
        ("multiple", ["the sounds of 5 groups.", "die Klänge in 5 Gruppen.", "los sonidos de 5 grupos."]),
        (
            "intruder",
            [
                "one does not belong, 11 times.",
                "Sie hören 11-mal eine Gruppe",
                "Escuchará 11 veces un grupo de sonidos",
            ],
        ),
        ("abx", ["one of them, 11 times.", "Sie hören 11-mal zwei Klänge", "Escuchará 11 veces dos sonidos"]),
    ],
)
def test_the_invitation_counts_what_the_trials_count(client, presentation, sentences):
    study = make_study(
        4,
        presentation=presentation,
        trials_per_annotator=3 if presentation == "multiple" else 9,
        repeats_per_annotator=2,
        minimum_track_distance=0,
    )
    counts_right = presentation in ("abx", "intruder")
    if counts_right:
        study.questions.all().delete()
        add_questions(study, presentation)
    if presentation == "intruder":
        for stimulus in study.stimuli.exclude(clip__target="").select_related("clip__track"):
            clip = make_clip(stimulus.clip.track, stimulus.clip.condition, "happy")
            Stimulus.objects.create(study=study, clip=clip)
    open_study(study)
    for language, sentence in zip(LANGUAGES, sentences, strict=True):
        invitation = page(client, study.get_absolute_url(), language)
        assert sentence in invitation
        assert (NOTHING_RIGHT[language] in invitation) != counts_right
    _done, total = session.progress(ready(study))
    assert f" {total} " in sentences[0]


@pytest.mark.parametrize(
    ("seconds", "longest", "sentence"),
    [
        (50, 59, "Das dauert etwa 1 Minute."),
        (430, 650, "Das dauert etwa 7 bis 15 Minuten."),
        (1400, 2100, "Das dauert etwa 25 bis 35 Minuten."),
    ],
)
def test_the_time_is_a_range_no_finer_than_it_can_be_known(seconds, longest, sentence):
    future = replace(outlook(make_study(1)), session_seconds=seconds, longest_seconds=longest)
    with translation.override("de"):
        assert time_in_words(*future.minutes) == sentence


def test_nothing_is_said_of_a_study_without_sounds():
    expected = expectation(make_study(0))
    assert (expected.sounds, expected.time) == ("", "")


def test_a_session_is_as_long_as_what_is_in_it():
    def seconds(**fields):
        study = make_study(1, **fields)
        return study, outlook(study).session_seconds

    study, plain = seconds(count_tones=False)
    assert seconds(count_tones=True)[1] == plain + 30
    assert seconds(count_tones=False, set_level=True)[1] == plain + 20
    assert seconds(count_tones=False, headphone_check="both")[1] == plain + 2 * 6 * 8
    assert seconds(count_tones=False, rest_every=2, rest_seconds=60)[1] == plain + 60
    make_page(study, {"key": "plays"}, {"key": "what", "kind": "text", "options": {}})
    assert outlook(study).session_seconds == plain + 6 + 20


def test_the_invitation_says_how_long_a_session_can_be_gone_on_with(client):
    study = make_study(1, resume_days=1)
    open_study(study)
    told = page(client, study.get_absolute_url())
    assert "for 1 day. To do so, open the same link in the same browser" in told
    study.minutes_to_finish, study.access = 30, "personal"
    assert expectation(study).going_on == (
        "You can go on where you stopped until 30 minutes after you have begun. To do so, open the same link."
    )


# Right answers ------------------------------------------------------------------------------------


def test_suggested_instructions_follow_the_design():
    study = make_study(2, instructions="", language="de")
    starting_texts.fill_in(study)
    study.save()
    assert NOTHING_RIGHT["de"] in study.instructions
    Clip.objects.filter(condition="complement").update(target="speed")
    add_questions(study, "about")
    study.refresh_from_db()
    assert NOTHING_RIGHT["de"] not in study.instructions
    assert NOTHING_RIGHT["en"] not in study.translations.get(language="en").texts[study.instructions]
    study.presentation = "abx"
    assert starting_texts.fit(study)
    assert "raten Sie" in study.instructions
    assert starting_texts.is_as_suggested(study)
    study.instructions = "Meine eigenen."
    assert not starting_texts.fit(study)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_that_deny_right_answers_are_named_where_there_are_some(language):
    study = make_study(2, presentation="pair")
    study.instructions = f"Listen.\n\n{NOTHING_RIGHT[language].replace(' ', chr(10), 2)}"
    assert right_answers_advice(study) == []
    study.presentation = "abx"
    (advice,) = right_answers_advice(study)
    assert "Instructions (en)" in advice
    study.instructions = "Listen."
    assert right_answers_advice(study) == []
    StudyTranslation.objects.create(
        study=study, language="de", texts={"Listen.": f"Hören Sie. {NOTHING_RIGHT[language]}"}
    )
    (advice,) = right_answers_advice(study)
    assert "Instructions (de)" in advice


@pytest.mark.parametrize("presentation", ["single", "pair", "multiple", "abx", "intruder"])
def test_suggested_texts_never_contradict_the_design(presentation):
    for language in LANGUAGES:
        study = make_study(2, presentation=presentation, consent="", instructions="", language=language)
        starting_texts.fill_in(study)
        study.save()
        starting_texts.translate(study)
        assert has_right_answers(study) == (presentation in ("abx", "intruder"))
        assert right_answers_advice(study) == []


# The pages ----------------------------------------------------------------------------------------


def pages_of_the_way(client, study) -> list[tuple[str, str]]:
    """Return the stages of one annotator from the consent to the first trial, with their pages."""
    annotator = join(study)
    session.give_consent(annotator)
    seen = []
    while (stage := stages.stage(annotator).value) not in ("trials", "screened-out"):
        assert len(seen) < 20, seen[-1]
        seen.append((stage, page(client, address_of(annotator))))
        sent = {"level": "-20", "result": "{}"}
        if stage == "questions":
            item = study.questionnaire_pages.get().items.get()
            sent = {"page": item.page_id, f"q{item.pk}": "yes"}
        if stage == "headphones":
            sent = {
                "check": re.search(r'name="check" value="(\d+)"', seen[-1][1])[1],
                "trial": re.search(r'name="trial" value="(\d+)"', seen[-1][1])[1],
                "interval": "1",
            }
        client.post(address_of(annotator), sent)
        annotator.refresh_from_db()
    return [*seen, ("trials", page(client, address_of(annotator)))]


@pytest.mark.parametrize("lock_volume", [True, False])
@pytest.mark.parametrize("count_tones", [True, False])
@pytest.mark.parametrize("set_level", [True, False])
def test_the_volume_is_set_before_it_is_to_be_left(client, set_level, count_tones, lock_volume):
    study = make_study(1, set_level=set_level, count_tones=count_tones, lock_volume=lock_volume)
    starting_texts.fill_in(study)
    open_study(study)
    way = pages_of_the_way(client, study)
    text = " ".join(re.sub(r"<template.*?</template>", "", html, flags=re.S).lower() for _stage, html in way)
    last_set = max(text.rfind(words) for words in SET_IT)
    assert (last_set >= 0) == (set_level or count_tones)
    assert text.count(LEAVE_IT) == (lock_volume and (set_level or count_tones))
    if LEAVE_IT in text:
        assert text.find(LEAVE_IT) > last_set


def test_one_can_leave_from_every_page_after_the_consent(client):
    study = make_study(1, set_level=True, headphone_check="antiphase", headphone_attempts=1, rest_every=1)
    make_page(study, {"key": "plays"})
    open_study(study)
    way = dict(pages_of_the_way(client, study))
    assert list(way) == ["questions", "instructions", "level", "sound-check", "headphones", "trials"]
    annotator = study.annotators.get()
    leave = reverse("study:leave", args=[annotator.token])
    for stage, html in way.items():
        assert f'href="{leave}"' in html, stage
    join(study)
    walk(annotator)
    assert f'href="{leave}"' in page(client, address_of(annotator))


def test_headphones_are_asked_for_as_the_study_needs_them(client):
    study = make_study(1, headphone_check="antiphase", headphone_exclusion="screen_out")
    open_study(study)
    assert "You need headphones" in page(client, study.get_absolute_url())
    assert "if you use any" not in dict(pages_of_the_way(client, study))["sound-check"]
    optional = make_study(1)
    open_study(optional)
    assert "headphones if you can" in page(client, optional.get_absolute_url())
    assert "if you use any" in dict(pages_of_the_way(client, optional))["sound-check"]


def test_every_number_of_tones_can_be_answered(client):
    study = make_study(1)
    open_study(study)
    choices = re.findall(r'name="count" value="(\d)"', dict(pages_of_the_way(client, study))["sound-check"])
    assert [int(choice) for choice in choices] == list(range(len(choices)))
    script = Path(settings.BASE_DIR) / "studyserver/study/static/study/js/pages/sound-check.js"
    played = [int(number) for number in re.search(r"choose\(\[([\d, ]+)\]", script.read_text())[1].split(",")]
    assert max(played) < len(choices) - 1  # one more than any is a choice as well


def test_to_have_finished_is_not_taken_back_by_saying_that_answers_may_be_used(client):
    study = make_study(1)
    open_study(study)
    annotator = ready(study)
    walk(annotator)
    leave = reverse("study:leave", args=[annotator.token])
    with translation.override("en"):
        assert "Stop taking part?" not in page(client, leave)
    client.post(leave, {"keep_answers": "yes"})
    annotator.refresh_from_db()
    assert annotator.state == "finished"
    assert session.completion(annotator)
    client.post(leave, {"keep_answers": "no"})
    annotator.refresh_from_db()
    assert (annotator.state, annotator.answers_discarded) == ("withdrawn", True)


def test_pages_that_compare_sounds_are_not_counted_as_sounds(client):
    study = make_study(1, presentation="pair", count_tones=False)
    open_study(study)
    trials = dict(pages_of_the_way(client, study))["trials"]
    assert "Page 1 of 6" in trials
    assert "Sound 1" not in trials


def test_headphones_are_put_on_once(client):
    study = make_study(1, headphone_check="antiphase", headphone_attempts=1, count_tones=False)
    open_study(study)
    asked = [html for stage, html in pages_of_the_way(client, study) if stage == "headphones"]
    assert ["Put on your headphones" in html for html in asked] == [True] + 5 * [False]
