"""Targets in plain words, and the questions made of them."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from example_studies import make_study

from explainer.core.correlations import published
from explainer.models import Clip
from studyserver.study.texts.question_sets import add_questions
from studyserver.study.texts.target_words import plain_words, sentences, without_words

MODELS = sorted((Path(settings.BASE_DIR) / "fixtures" / "models").glob("*/model*.json"))
OF_MODELS = {item["name"] for path in MODELS for item in json.loads(path.read_text())["targets"]}
IN_THE_LITERATURE = {
    *published.MID_LEVEL,
    *published.EMOTIONS,
    *("arousal", "loudness", "brightness", "happiness", "sadness", "peacefulness", "mood/theme---happy"),
    *("tonal-stability", "Rhythm Complexity", "scary", "calm", "male vocal"),
}
FRAMES = {
    "en": ("Can you hear this in the clip? “{}”", "Where do you hear this? “{}”"),
    "de": ("Können Sie das im Ausschnitt hören? „{}“", "Wo hören Sie das? „{}“"),
    "es": ("¿Puede oír esto en el fragmento? «{}»", "¿Dónde oye esto? «{}»"),
}


@pytest.mark.parametrize("target", sorted(OF_MODELS | IN_THE_LITERATURE))
def test_known_targets_are_sentences_in_every_language(target):
    words = plain_words(target)
    assert words is not None
    spoken = []
    for language in FRAMES:
        with translation.override(language):
            spoken.append(str(words))
    assert len(set(spoken)) == 3
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in spoken)


def test_two_names_of_one_thing_stay_apart_within_a_study():
    found = sentences(["chill", "chillout", "happy"])
    assert len({str(words) for words in found.values()}) == 3
    assert str(found["chill"]).endswith(" (chill)")
    assert str(found["happy"]) == "The music sounds happy."


@pytest.mark.django_db
@pytest.mark.parametrize("language", FRAMES)
def test_ready_made_questions_quote_the_sentence(language):
    study = make_study(1, language=language)
    Clip.objects.filter(condition="complement").update(target="happy")
    for name in ("presence", "stretches", "fit", "about"):
        add_questions(study, name)
    presence, where = FRAMES[language]
    with translation.override(language):
        sentence = str(plain_words("happy"))
    texts = dict(study.questions.values_list("key", "text"))
    assert texts["presence_happy"] == presence.format(sentence)
    assert texts["where_happy"] == where.format(sentence)
    assert sentence in texts["fit_happy"]
    choices = study.questions.get(key="about").options["choices"]
    assert {"value": "happy", "label": sentence} in choices
    for row in study.translations.all():
        with translation.override(row.language):
            assert row.texts[sentence] == str(plain_words("happy"))


@pytest.mark.django_db
def test_the_studys_page_says_which_targets_have_no_plain_words(admin_client):
    study = make_study(1)
    address = reverse("admin:study_study_change", args=[study.pk])
    assert without_words(study) == []
    assert "have no plain words yet" not in admin_client.get(address).content.decode()
    Clip.objects.filter(condition="complement").update(target="snarkiness_index")
    assert without_words(study) == ["snarkiness index"]
    page = admin_client.get(address).content.decode()
    assert "These targets have no plain words yet: <strong>snarkiness index</strong>." in page
    add_questions(study, "presence")
    text = study.questions.get(target="snarkiness_index").text
    assert text == "Can you hear this in the clip: snarkiness index?"
