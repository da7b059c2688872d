"""The demo's studies: their texts, excerpts, clips and rehearsals, and sites with the demo of before."""

from pathlib import Path

import pytest
import soundfile
from built_clips import build_site
from django.conf import settings
from example_studies import make_track

from explainer.imports.excerpts import add_excerpt
from explainer.models import Excerpt, ExcerptChoice, Explanation, Track
from studyserver.study import demo
from studyserver.study.lifecycle.declared import declared_problems
from studyserver.study.models import Stimulus, Study
from studyserver.study.sessions.joining import join
from studyserver.study.study_templates.definition import create_draft
from studyserver.study.texts.right_answers import right_answers_advice
from studyserver.study.texts.translations import texts_of

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
DEFINITIONS = {one["study"]["slug"]: one for one in demo.read_definitions(FIXTURES)}
ASKED = {
    "demo-evidence": [
        "Does evidence sound more happy than its random control, by at least 0.5 points?",
        "Do tracks that sound more happy in the original still do so in evidence, more than in its random "
        "control, by at least .2?",
    ],
    "demo-word": [
        "Does evidence sound more like “jazz” than its random control, by at least 0.5 points?",
        "Does the original sound more like “jazz” than evidence, by at least 0.5 points?",
    ],
}
LANGUAGES = {code for code, _name in settings.LANGUAGES}


@pytest.fixture(params=DEFINITIONS)
def definition(request):
    return DEFINITIONS[request.param]


@pytest.fixture
def study(db, definition):
    """A demo study as an earlier version has set it up: in English."""
    return create_draft({**definition["study"], "translations": {}})


def test_every_text_is_translated_into_every_language(study, definition):
    assert demo.create_study(definition, []) == (study, False)
    written = {item.text for item in texts_of(study)}
    translations = {row.language: row.texts for row in study.translations.all()}
    assert translations.keys() == LANGUAGES - {study.language}
    for texts in translations.values():
        assert texts.keys() == written
        assert all(value and value != text for text, value in texts.items())
    assert right_answers_advice(study) == []


def test_what_somebody_has_translated_stays(study, definition):
    study.translations.create(language="de", texts={study.title: "Mein Titel"})
    study.thanks = "My own thanks."
    study.save()
    demo.create_study(definition, [])
    texts = study.translations.get(language="de").texts
    assert texts[study.title] == "Mein Titel"
    assert texts["not at all"] == "gar nicht"
    assert definition["study"]["thanks"] not in texts


def test_they_declare_what_they_want_to_know(study):
    assert [asked.sentence for asked in study.research_questions.all()] == ASKED[study.slug]
    assert declared_problems(study) == []
    for asked in study.research_questions.all():
        asked.full_clean()


@pytest.fixture
def opened(db, definition):
    """A demo study with clips of ten tracks."""
    build_site(tracks=10, sizes=(2,), methods=("lime",))
    about = {**definition["demo"], "target": "happy"}
    study, created = demo.create_study({**definition, "demo": about}, Explanation.objects.all())
    assert created
    return study


def test_a_study_holds_the_conditions_it_compares_and_one_clip_for_practice(opened, definition):
    assert opened.state == Study.State.OPEN
    main = opened.stimuli.filter(role=Stimulus.Role.MAIN)
    assert main.count() == 10 * len(definition["demo"]["conditions"])
    assert set(main.values_list("clip__condition", flat=True)) == set(definition["demo"]["conditions"])
    assert set(main.values_list("clip__target", flat=True)) == {"", "happy"}
    practice = opened.stimuli.get(role=Stimulus.Role.PRACTICE)
    assert practice.clip.condition == "resynthesis"


def test_a_study_is_rehearsed_once(opened, monkeypatch):
    monkeypatch.setattr(demo, "SIMULATED_ANNOTATORS", 2)
    assert demo.rehearse(opened)
    assert not demo.rehearse(opened)
    assert opened.annotators.rehearsals().count() == opened.annotators.count() == 2


def test_a_study_that_somebody_has_taken_is_not_rehearsed(opened):
    join(opened)
    assert not demo.rehearse(opened)
    assert opened.annotators.rehearsals().count() == 0


@pytest.fixture
def folder(tmp_path):
    """The first seconds of two of the demo's pieces, and the manifest's lines about them."""
    names = ("ode_to_joy_major", "own_menace")
    (tmp_path / "music").mkdir()
    heading, *lines = (FIXTURES / "music/manifest.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [heading, *(line for line in lines if line.startswith(names))]
    (tmp_path / "music/manifest.csv").write_text("".join(kept), encoding="utf-8")
    for name in names:
        y, rate = soundfile.read(FIXTURES / "music" / f"{name}.flac", stop=8 * 22050)
        soundfile.write(tmp_path / "music" / f"{name}.flac", y, rate, subtype="PCM_16")
    return tmp_path


def test_music_of_an_earlier_demo_keeps_its_name(db, folder):
    earlier = make_track("own_menace")
    ode, menace = demo.import_music(folder)
    assert ode.name == "ode_to_joy_major"
    assert menace.name.startswith("own_menace_") and menace.title == "Menace"
    assert demo.import_music(folder) == [ode, menace]
    assert set(Track.objects.all()) == {earlier, ode, menace}


@pytest.fixture
def short_rule(db):
    """The definition of the study of two levels, with excerpts for music of 8 s."""
    demo.register_models(FIXTURES)
    about = DEFINITIONS["demo-evidence"]["demo"]
    return {"demo": {**about, "excerpts": {**about["excerpts"], "seconds": 2.5}}}


def test_excerpts_are_chosen_once_by_the_rule_of_the_definition(short_rule, folder):
    music = demo.import_music(folder)
    chosen = demo.choose_excerpts(short_rule, music)
    assert [part.track for part in chosen] == [music[0], music[0], music[1], music[1]]
    assert {part.chosen_by for part in chosen} == {Excerpt.ChosenBy.RULE}
    assert {round(part.seconds, 3) for part in chosen} == {2.5}
    choices = set(ExcerptChoice.objects.all())
    add_excerpt(music[0], 0.5, 3.0, Excerpt.ChosenBy.HAND)  # somebody else's stays out
    assert demo.choose_excerpts(short_rule, music) == chosen
    assert set(ExcerptChoice.objects.all()) == choices


def test_an_interrupted_choice_is_made_again(short_rule, folder):
    music = demo.import_music(folder)
    chosen = demo.choose_excerpts(short_rule, music)
    ExcerptChoice.objects.filter(track=music[1]).update(state=ExcerptChoice.State.RUNNING)
    assert demo.choose_excerpts(short_rule, music) == chosen


def test_music_that_is_too_short_is_named(short_rule, folder):
    short_rule["demo"]["excerpts"]["seconds"] = 6.0
    with pytest.raises(demo.DemoError, match=r"\nOwn_menace lasts 8.0 s, but 2 excerpts"):
        demo.choose_excerpts(short_rule, demo.import_music(folder))
