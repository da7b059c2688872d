"""The demo study's texts."""

from pathlib import Path

import pytest
from django.conf import settings

from studyserver.study import demo
from studyserver.study.study_templates.definition import create_draft
from studyserver.study.texts.right_answers import right_answers_advice
from studyserver.study.texts.translations import texts_of

DEFINITION = demo.read_definition(Path(settings.BASE_DIR) / "fixtures")
LANGUAGES = {code for code, _name in settings.LANGUAGES}


@pytest.fixture
def study(db):
    """The demo study as an earlier version has set it up: in English."""
    content = {**DEFINITION["study"], "translations": {}}
    return create_draft(content)


def test_every_text_is_translated_into_every_language(study):
    assert demo.create_study(DEFINITION) == (study, False)
    written = {item.text for item in texts_of(study)}
    translations = {row.language: row.texts for row in study.translations.all()}
    assert translations.keys() == LANGUAGES - {study.language}
    for texts in translations.values():
        assert texts.keys() == written
        assert all(value and value != text for text, value in texts.items())
    assert right_answers_advice(study) == []


def test_what_somebody_has_translated_stays(study):
    study.translations.create(language="de", texts={study.title: "Mein Titel"})
    study.thanks = "My own thanks."
    study.save()
    demo.create_study(DEFINITION)
    texts = study.translations.get(language="de").texts
    assert texts[study.title] == "Mein Titel"
    assert texts["not at all"] == "gar nicht"
    assert DEFINITION["study"]["thanks"] not in texts


def test_it_declares_what_it_wants_to_know(study):
    assert [asked.sentence for asked in study.research_questions.all()] == [
        "Does evidence sound more happy than its random control, by at least .5 points?",
        "Does evidence have more articulation than its random control, by at least .5 points?",
    ]
    for asked in study.research_questions.all():
        asked.full_clean()
