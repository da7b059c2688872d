"""A study's own texts on pages in another language."""

from html.parser import HTMLParser

import pytest
from django.utils import translation
from example_questionnaires import make_page
from example_studies import make_study, ready, walk

from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question, QuestionExample, Stimulus, StudyTranslation
from studyserver.study.pages.access import address_of
from studyserver.study.pages.presenting import feedback_on
from studyserver.study.sessions import session
from studyserver.study.sessions.joining import join
from studyserver.study.texts.question_sets import add_questions
from studyserver.study.texts.translations import texts_of

OWN = "OWN"  # marks the texts of the study
VOID = {"input", "meta", "link", "br", "img"}


class OwnTexts(HTMLParser):
    """Collects the study's texts of a page, each with the language that it has there."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.found: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Keep what an element says to screen readers."""
        given = dict(attrs)
        language = given.get("lang") or (self.open[-1][1] if self.open else "")
        if OWN in (given.get("aria-label") or ""):
            self.found.add((given["aria-label"], language))
        if tag not in VOID:
            self.open.append((tag, language))

    def handle_endtag(self, tag):
        """Go back to the language around."""
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        """Keep a text."""
        if OWN in data and self.open[-1][0] != "title":
            self.found.add((data.strip(), self.open[-1][1]))


def spoken(**fields):
    """Return a study with every text that annotators read, each marked."""
    fields = {
        **{name: f"{OWN} {name}" for name in ("title", "consent", "instructions", "thanks", "rest_text")},
        **{"rest_every": 1, "attention_trials": 1, "practice_trials": 1, "practice_feedback": True},
        **{"count_tones": False, "minimum_track_distance": 0},
        **fields,
    }
    study = make_study(2, **fields)
    page = make_page(study, {"key": "plays", "text": f"{OWN} item", "help_text": f"{OWN} item help"})
    page.title, page.introduction = f"{OWN} page", f"{OWN} introduction"
    page.save()
    yes_no = [{"value": "yes", "label": f"{OWN} yes"}, {"value": "no", "label": f"{OWN} no"}]
    page.items.update(options={"choices": yes_no})
    question = study.questions.get()
    question.text, question.help_text = f"{OWN} question", f"{OWN} help"
    question.options = {"points": 5, "low": f"{OWN} low", "high": f"{OWN} high"}
    question.save()
    Question.objects.create(
        study=study,
        key="labelled",
        text=f"{OWN} labelled",
        options={"points": 2, "labels": [f"{OWN} first", f"{OWN} second"]},
        required=False,
    )
    for kind in ("choice", "checklist"):
        Question.objects.create(
            study=study,
            key=kind,
            text=f"{OWN} {kind}",
            kind=kind,
            level="nominal",
            options={"choices": [{"value": "a", "label": f"{OWN} a"}, {"value": "b", "label": f"{OWN} b"}]},
            required=False,
        )
    clip = study.stimuli.first().clip
    QuestionExample.objects.create(question=question, clip=clip, label=f"{OWN} example")
    Stimulus.objects.create(study=study, clip=clip, role="practice", feedback=f"{OWN} feedback")
    return study


def texts_on(page) -> set[tuple[str, str]]:
    return OwnTexts(page.content.decode()).found


def texts_of_all_pages(client, study) -> set[tuple[str, str]]:
    """Return what the study says on the pages of one annotator's way, each text with its language."""
    found = texts_on(client.get(study.get_absolute_url()))
    annotator = join(study)
    found |= texts_on(client.get(address_of(annotator)))
    session.give_consent(annotator)
    found |= texts_on(client.get(address_of(annotator)))
    page = study.questionnaire_pages.get()
    client.post(address_of(annotator), {"page": page.pk, f"q{page.items.get().pk}": "yes"})
    annotator.refresh_from_db()
    found |= texts_on(client.get(address_of(annotator)))
    session.finish_instructions(annotator)
    while (trial := session.current_trial(annotator)) is not None:
        found |= texts_on(client.get(address_of(annotator)))
        walk(annotator, 1)
        found |= {(item["text"], item["language"]) for item in feedback_on(trial)}
    return found | texts_on(client.get(address_of(annotator)))


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_own_text_is_marked_with_its_language(client, language):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    study = spoken()
    german = {f"{OWN} consent": f"{OWN} Einwilligung", f"{OWN} low": f"{OWN} wenig"}
    StudyTranslation.objects.create(study=study, language="de", texts=german)
    open_study(study)
    with translation.override(language):
        found = texts_of_all_pages(client, study)
    written = {item.text for item in texts_of(study)}
    if language == "de":
        translated = {(text, "de") for text in german.values()} | {(f"1, {OWN} wenig", "de")}
        translated.add((f"{OWN} example abspielen", "de"))  # a sentence of the page around a label
        assert {(text, language) for text, language in found if language != "en"} == translated
        written = {german.get(text, text) for text in written}
    else:
        assert {language for _text, language in found} == {"en"}
    assert written <= {text for text, _language in found}


@pytest.mark.django_db
def test_ratings_of_several_clips_are_marked_with_their_language(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    study = spoken(presentation="pair", attention_trials=0)
    study.questionnaire_pages.all().delete()
    study.stimuli.filter(role="practice").delete()
    study.practice_trials = 0
    study.save()
    open_study(study)
    found = texts_on(client.get(address_of(ready(study))))
    assert len(found) > 10
    assert {language for text, language in found if "abspielen" not in text} == {"en"}


@pytest.mark.django_db
def test_the_word_of_a_preference_is_not_to_be_translated(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    study = make_study(2, presentation="pair")
    add_questions(study, "preference")
    assert "better" not in {item.text for item in texts_of(study)}
    row = study.translations.get(language="de")
    row.texts["better"] = "besser"  # as an earlier version offered it
    row.save()
    open_study(study)
    assert "A viel besser" in client.get(address_of(ready(study))).content.decode()
