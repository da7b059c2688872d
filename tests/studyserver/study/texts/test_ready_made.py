"""Ready-made questions and texts in every language of the site."""

import pytest
from example_studies import make_study

from explainer.models import Clip
from studyserver.study.models import Study
from studyserver.study.texts import starting_texts
from studyserver.study.texts.question_sets import QUESTION_SETS, add_questions

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", QUESTION_SETS)
def test_ready_made_questions_speak_every_language(name):
    presentation = "intruder" if name == "intruder" else "abx"
    study = make_study(2, language="de", presentation=presentation)
    study.questions.all().delete()
    Clip.objects.filter(condition="complement").update(target="speed")
    questions = add_questions(study, name)
    assert questions
    english, spanish = (study.translations.get(language=code).texts for code in ("en", "es"))
    for question in questions:
        ends = [question.options.get("low"), question.options.get("high")]
        for text in filter(None, [question.text, question.help_text, *ends]):
            assert len({text, english[text], spanish[text]}) == 3
    study.translations.all().delete()
    assert add_questions(study, name) == []
    assert not study.translations.exists()


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_a_new_study_begins_with_texts_in_its_language(language):
    study = Study(slug="s", title="S", language=language, thanks="Bye.")
    starting_texts.fill_in(study)
    study.save()
    starting_texts.translate(study)
    assert starting_texts.is_as_suggested(study)
    assert study.thanks == "Bye."
    others = {row.language: row.texts for row in study.translations.all()}
    assert others.keys() == {"en", "de", "es"} - {language}
    assert all(texts[study.consent] != study.consent for texts in others.values())


def test_targets_in_every_script_have_keys_of_their_own():
    study = make_study(3)
    for track, target in zip(
        {clip.track for clip in Clip.objects.all()}, ("Грёзы", "Мечты", "sad.slow"), strict=True
    ):
        track.clips.filter(condition="evidence").update(target=target)
    Clip.objects.exclude(condition="evidence").update(target="")
    keys = {question.target: question.key for question in add_questions(study, "presence")}
    assert keys["sad.slow"] == "presence_sad_slow"
    assert len(set(keys.values())) == 3
