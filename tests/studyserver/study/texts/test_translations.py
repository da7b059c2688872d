"""A study's own texts in the annotator's language, and the site's catalogues."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from example_questionnaires import make_page
from example_studies import make_study, ready

from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import StudyTranslation
from studyserver.study.sessions import session
from studyserver.study.sessions.joining import join
from studyserver.study.texts.translations import dictionary, texts_of

LOCALE = Path(settings.BASE_DIR) / "studyserver" / "study" / "locale"
GERMAN = {
    "What do you hear?": "Was hören Sie?",
    "You listen and answer. You can stop at any time.": "Sie hören zu und antworten.",
    "How harsh does it sound?": "Wie rau klingt es?",
    "not at all": "gar nicht",
    "plays?": "Spielen Sie?",
    "Yes": "Ja",
}


@pytest.fixture
def translated(db):
    study = make_study(2)
    make_page(study, {"key": "plays"})
    StudyTranslation.objects.create(study=study, language="de", texts=GERMAN)
    open_study(study)
    return study


def get(client, address, language):
    return client.get(address, headers={"Accept-Language": language}).content.decode()


def test_the_browsers_language_decides(client, translated):
    assert "Was hören Sie?" in get(client, translated.get_absolute_url(), "de-AT,en;q=0.5")
    for language in ("en", "es", "fr"):
        assert "What do you hear?" in get(client, translated.get_absolute_url(), language)
    annotator = join(translated)
    session.give_consent(annotator)
    page = get(client, reverse("study:questions", args=[annotator.token]), "de")
    assert "Spielen Sie?" in page
    assert re.search(r'value="yes"[^>]*><bdi>Ja<', page)  # the label is translated, the value is not
    assert ">No<" in page  # what is not translated stays as it was written


def test_trials_are_in_the_annotators_language(client, translated):
    translated.questionnaire_pages.all().delete()
    annotator = ready(translated)
    page = get(client, reverse("study:trials", args=[annotator.token]), "de")
    assert "Wie rau klingt es?" in page
    assert "gar nicht" in page
    assert "How harsh" not in page
    assert "How harsh" in get(client, reverse("study:trials", args=[annotator.token]), "en")


def test_the_visible_switch_keeps_the_whole_address(client, translated):
    page = get(client, f"{translated.get_absolute_url()}?PROLIFIC_PID=p1", "en")
    assert f'value="{translated.get_absolute_url()}?PROLIFIC_PID=p1"' in page
    client.post(reverse("study:language"), {"language": "de", "next": "/"})
    assert "Was hören Sie?" in get(client, translated.get_absolute_url(), "en")


def test_a_study_written_in_another_language_falls_back_to_it(db):
    study = make_study(1, language="es", title="¿Qué oye?")
    assert dictionary(study, "de").study(study).title == "¿Qué oye?"
    assert dictionary(study, "de").language == "es"


def test_translations_are_never_saved_as_originals(translated):
    words = dictionary(translated, "de")
    question = translated.questions.get()
    assert words.question(question).options["low"] == "gar nicht"
    assert question.options["low"] == "not at all"
    assert words.study(translated).title == "Was hören Sie?"
    assert translated.title == "What do you hear?"


def test_a_copy_takes_its_translations_along(translated):
    copy = copy_study(translated)
    assert copy.translations.get().texts == GERMAN
    assert copy.questionnaire_pages.get().items.get().key == "plays"
    assert translated.questionnaire_pages.get().items.count() == 1


def test_translating_in_the_admin(admin_client, translated):
    where = reverse("admin:study_study_translate", args=[translated.pk, "de"])
    page = admin_client.get(where)
    texts = page.context["texts"]
    assert len(texts) == len(texts_of(translated))
    data = {}
    for text in texts:
        data[f"original-{text['number']}"] = text["key"]
        data[f"text-{text['number']}"] = "Nein" if text["text"] == "No" else text["translation"]
    admin_client.post(where, data)
    row = translated.translations.get(language="de")
    assert row.texts == {**GERMAN, "No": "Nein"}
    assert (
        admin_client.get(reverse("admin:study_study_translate", args=[translated.pk, "en"])).status_code
        == 404
    )
    # Texts that have changed in the meantime take no translation meant for others.
    data |= {"original-0": "something else", "text-0": "falsch"}
    admin_client.post(where, data)
    assert translated.translations.get(language="de").texts["What do you hear?"] == "Was hören Sie?"


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES if code != "en"])
def test_no_text_is_left_untranslated(language):
    catalogue = LOCALE / language / "LC_MESSAGES" / "django.po"
    for what in ("--untranslated", "--only-fuzzy"):
        found = subprocess.run(
            ["msgattrib", what, "--no-obsolete", "--no-wrap", catalogue],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        left = [line for line in found.splitlines() if line.startswith("msgid ") and line != 'msgid ""']
        assert left == []


def test_every_text_of_the_code_is_in_the_catalogues(tmp_path):
    sources = [
        path
        for path in LOCALE.parent.rglob("*")
        if path.suffix in (".py", ".html")
        and not {"admin", "migrations"} & set(path.relative_to(LOCALE.parent).parts)
    ]
    wanted = set()
    for path in sources:
        text = path.read_text()
        if path.suffix == ".html":
            wanted |= {match[1] for match in re.findall(r"{%-? ?translate ([\"'])(.+?)\1", text)}
        else:
            wanted |= set(re.findall(r"\b_\(\s*\"((?:[^\"\\]|\\.)+)\"\s*\)", text))
    catalogue = (LOCALE / "de" / "LC_MESSAGES" / "django.po").read_text()
    known = {match.replace('\\"', '"') for match in re.findall(r'^msgid "(.+)"$', catalogue, re.MULTILINE)}
    assert len(wanted) > 100
    assert sorted(wanted - known) == []


def test_right_to_left_pages_turn_round(client, translated, settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "Arabic")]
    page = get(client, translated.get_absolute_url(), "ar")
    assert '<html lang="ar" dir="rtl"' in page
    assert '<h1><bdi lang="en">' in page
    styles = list((LOCALE.parent / "static" / "study").glob("*.css"))
    assert len(styles) > 4
    css = "".join(path.read_text() for path in styles)
    assert not re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)", css)
