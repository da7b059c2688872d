"""Every template becomes a study that can be opened and taken, with the clips that a site has."""

from dataclasses import replace

import pytest
from built_clips import METHODS, TARGETS, build_site
from django.conf import settings

from explainer.core.base.recipe import Recipe as RecipeParameters
from explainer.models import Clip, Explanation, MusicModel, Recipe
from studyserver.study.design.left_out import left_out
from studyserver.study.design.sets import UNMASKED, stimulus_sets
from studyserver.study.design.stimuli import StudyLocked
from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.declared import declared_problems
from studyserver.study.lifecycle.opening import open_study, opening_problems
from studyserver.study.models import Annotator, Study, Trial
from studyserver.study.recruitment.advice import advice
from studyserver.study.rehearsal import rehearsal
from studyserver.study.study_templates.catalogue import templates
from studyserver.study.study_templates.composing import (
    Choice,
    NothingToCompose,
    chosen_clips,
    compose,
    default_choice,
    start,
)
from studyserver.study.texts.right_answers import right_answers_advice
from studyserver.study.texts.translations import texts_of

pytestmark = pytest.mark.django_db
NAMES = list(templates())
LANGUAGES = {code for code, _name in settings.LANGUAGES}


@pytest.fixture
def site():
    build_site()


def composed(name, choice=None) -> Study:
    """Start a study from a template, and compose it with the default choice."""
    template = templates()[name]
    study = start(template)
    compose(study, template, choice or default_choice(template))
    return study


@pytest.mark.parametrize("name", NAMES)
def test_a_study_with_the_default_choice_can_be_opened_and_taken(site, name):
    study = composed(name)
    assert opening_problems(study) == []
    assert study.research_questions.exists() and declared_problems(study) == []
    for asked in study.research_questions.all():
        asked.full_clean()
    open_study(study)
    annotators = rehearsal.simulate(study, 2)
    assert {annotator.state for annotator in annotators} == {Annotator.State.FINISHED}


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_there_in_every_language(site, name):
    study = composed(name)
    written = {item.text for item in texts_of(study)}
    translations = {row.language: row.texts for row in study.translations.all()}
    assert translations.keys() == LANGUAGES - {study.language}
    for language, texts in translations.items():
        assert written <= texts.keys(), language
        assert all(texts[text] != text for text in written), language
    assert right_answers_advice(study) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_says_what_it_takes(name):
    template = templates()[name]
    assert template.title and template.sentence.endswith("?") and template.when
    assert 5 <= template.minutes <= 12 and 10 <= template.annotators <= 30
    assert all(text == " ".join(text.split()) for text in (template.title, template.sentence, template.when))


def test_the_minutes_are_those_of_such_a_study(site):
    """With clips of 2 s instead of 8 s a session is shorter, but by no more than the listening."""
    from studyserver.study.design.outlook import outlook

    build_more = composed("evidence_heard")
    build_more.trials_per_annotator = 10
    found = outlook(build_more)
    template = templates()["evidence_heard"]
    listening = (found.trials + found.repeats) * 0.9 * 6 / 60
    expected = template.minutes * (found.trials + found.repeats) / 26
    assert found.session_seconds / 60 + listening == pytest.approx(expected, abs=2)


def test_titles_do_not_tell_what_the_study_wants_to_know():
    for template in templates().values():
        texts = [template.study["title"], template.study["instructions"]]
        texts += [
            row[name] for row in template.study["translations"].values() for name in ("title", "instructions")
        ]
        told = ("evidence", "explanation", "model", "random", "Erklärung", "Modell", "explicaci", "modelo")
        assert not [text for text in texts if any(word in text for word in told)], template.name


# What is declared and asked -----------------------------------------------------------------------


def sentences(study) -> list[str]:
    return [asked.sentence for asked in study.research_questions.all()]


def test_is_the_evidence_heard_asks_for_difference_and_retention(site):
    study = composed("evidence_heard", Choice(targets=["happy"]))
    assert sentences(study) == [
        "Does evidence sound more happy than its random control, by at least 0.5 points?",
        "Do tracks that sound more happy in the original still do so in evidence, more than in its random "
        "control, by at least .2?",
    ]
    assert {question.key for question in study.questions.all()} == {"rating_happy", "sound_quality"}
    conditions = set(study.stimuli.values_list("clip__condition", flat=True))
    assert conditions == {"original", "evidence", "random_control"}


def test_which_sounds_more_has_the_target_in_its_question(site):
    study = composed("which_more", Choice(targets=list(TARGETS), models=[MusicModel.objects.get().pk]))
    texts = [question.text for question in study.questions.all()]
    assert texts == ["Which clip sounds harsher?", "Which clip sounds happier?"]
    assert all(question.only_own_target for question in study.questions.all())
    pairs = [{clip.condition for clip in what.clips} for what in stimulus_sets(study)]
    assert pairs and all(pair == {"evidence", "random_control"} for pair in pairs)
    sizes = [{(clip.kept_segments, clip.method) for clip in what.clips} for what in stimulus_sets(study)]
    assert all(len(size) == 1 for size in sizes)
    assert len(sentences(study)) == 2
    assert "Is evidence chosen over its random control in answer to “Which clip" in sentences(study)[0]


def test_what_is_it_about_needs_two_targets_and_compares_with_guessing_and_control(site):
    study = composed("what_about")
    assert len(study.questions.get().options["choices"]) == 2
    assert [asked.second for asked in study.research_questions.all()] == ["", "random_control"]


def test_which_method_compares_two_methods_and_leaves_out_equal_sounds(site):
    choice = replace(default_choice(templates()["which_method"]), targets=list(TARGETS))
    study = composed("which_method", choice)
    compared = [(asked.first_method, asked.second_method) for asked in study.research_questions.all()]
    assert compared == [METHODS, METHODS]
    for what in stimulus_sets(study):
        assert len({clip.sha256 for clip in what.clips}) == 2
        assert {clip.method for clip in what.clips} == set(METHODS)
        assert {clip.segments_asked for clip in what.clips} == {4}
    assert left_out(study).whole == 1
    assert "lime" in sentences(study)[0] and "occlusion" in sentences(study)[0]


def test_can_they_be_told_apart_starts_with_the_first_pair_that_sounds_different(site):
    study = composed("told_apart")
    assert study.compared_conditions == ["original", "resynthesis"]
    assert sentences(study) == [
        "Can people tell the original from the resynthesis, with a d\N{PRIME} of at least .5?"
    ]


def test_can_they_be_told_apart_passes_over_a_pair_that_sounds_the_same(site):
    for original in Clip.objects.filter(condition="original"):
        same = Clip.objects.filter(track=original.track, condition="resynthesis")
        same.update(sha256=original.sha256)
    study = composed("told_apart")
    assert study.compared_conditions == ["evidence", "random_control"]
    assert opening_problems(study) == []


def test_how_good_has_reference_and_anchor(site):
    study = composed("how_good")
    assert (study.reference_condition, study.anchor_condition) == ("original", "random_control")
    assert study.exclusion_rules.get().measure == "reference_missed_share"
    assert study.questions.get().options["max"] == 100
    assert "penalises" in templates()["how_good"].when


def test_how_much_asks_for_a_dose(site):
    study = composed("how_much")
    assert [asked.estimand for asked in study.research_questions.all()] == ["dose"]
    assert set(study.stimuli.values_list("clip__kept_segments", flat=True)) == {0, 2, 4}


def test_do_these_share_something_has_an_intruder_of_another_target_and_asks_for_a_word(site):
    study = composed("share_something")
    sets = stimulus_sets(study)
    assert [question.key for question in study.questions.all()] == ["intruder", "shared"]
    assert study.trials_per_annotator == len(sets) == 8  # two targets, four tracks
    for what in sets:
        intruder, *others = what.clips
        assert {clip.target for clip in what.clips} == set(TARGETS) and what.target != intruder.target
        assert len({clip.track_id for clip in what.clips}) == 4 == len(others) + 1
        assert {(clip.condition, clip.method, clip.segments_asked) for clip in what.clips} == {
            ("evidence", intruder.method, 4)
        }
    assert sentences(study) == [
        "Do people find the clip of another target among clips of evidence more often than by guessing, "
        "by at least 15 percentage points?"
    ]


# Choices ------------------------------------------------------------------------------------------


def test_numbers_of_trials_are_lowered_to_what_there_is(site):
    study = composed("which_more")
    assert study.trials_per_annotator == len(stimulus_sets(study)) < 20


def test_several_models_get_a_research_question_each():
    build_site(models=2, sizes=(2,), methods=("lime",))
    models = list(MusicModel.objects.values_list("pk", flat=True))
    study = composed("evidence_heard", Choice(targets=["happy"], models=models))
    assert [asked.music_model.name for asked in study.research_questions.all()] == [
        "model-0", "model-1", "model-0", "model-1",
    ]  # fmt: skip
    assert opening_problems(study) == []


def test_the_default_is_the_model_and_the_target_with_the_most_tracks():
    build_site(tracks=2, models=2, sizes=(2,), methods=("lime",))
    Clip.objects.filter(explanation__model__name="model-0", track__name="built-0").delete()
    Clip.objects.filter(target="happy", track__name="built-1").delete()
    choice = default_choice(templates()["evidence_heard"])
    assert choice.targets == ["dissonance"]
    assert choice.models == [MusicModel.objects.get(name="model-1").pk]


def test_a_second_recipe_of_a_method_is_not_compared_with_the_first(site):
    parameters = RecipeParameters(method="lime", seed=5)
    again = Recipe.objects.create(name="lime-again", parameters=parameters.to_dict())
    template = templates()["which_method"]
    choice = default_choice(template)
    before = len(chosen_clips(template, choice))
    explanation = Explanation.objects.filter(recipe__name="lime").first()
    clip = explanation.clips.filter(condition="evidence", target=choice.targets[0], segments_asked=4).get()
    explanation.pk, explanation.recipe = None, again
    explanation.save()
    clip.pk, clip.explanation, clip.sha256 = None, explanation, "other"
    clip.save()
    assert before and len(chosen_clips(template, choice)) == before


def test_by_default_clips_are_of_one_recipe(site):
    choice = default_choice(templates()["evidence_heard"])
    study = composed("evidence_heard", choice)
    assert study.stimuli.values("clip__explanation__recipe").distinct().count() == 1
    everything = composed("evidence_heard", replace(choice, recipes=[]))
    assert everything.stimuli.values("clip__explanation__recipe").distinct().count() == 2


def test_originals_of_tracks_without_such_clips_are_not_taken(site):
    Clip.objects.filter(target="happy", track__name="built-3").delete()
    study = composed("evidence_heard", Choice(targets=["happy"]))
    assert set(study.stimuli.values_list("clip__track__name", flat=True)) == {"built-0", "built-1", "built-2"}
    originals = study.stimuli.filter(clip__condition__in=UNMASKED)
    assert originals.count() == 3


@pytest.mark.parametrize("name", NAMES)
def test_without_clips_it_says_what_to_build(name):
    template = templates()[name]
    study = start(template)
    with pytest.raises(NothingToCompose, match="build clips of these conditions first: "):
        compose(study, template, default_choice(template))
    assert study.stimuli.count() == 0


def test_a_study_that_people_have_begun_is_not_composed(site):
    study = start(templates()["evidence_heard"])
    annotator = Annotator.objects.create(study=study, expires_at="2099-01-01T00:00Z")
    Trial.objects.create(annotator=annotator, position=1)
    with pytest.raises(StudyLocked):
        compose(study, templates()["evidence_heard"], Choice())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_suggested_that_the_template_could_have_done(site, name):
    told = " ".join(advice(composed(name)))
    assert "No research question" not in told and "sound quality" not in told
    assert "no original" not in told and "no anchor" not in told.lower()


def test_two_drafts_of_one_template_have_names_of_their_own(site):
    studies = [start(templates()["evidence_heard"]) for _ in range(3)]
    assert [study.slug for study in studies] == [
        "is-the-evidence-heard", "is-the-evidence-heard-2", "is-the-evidence-heard-3",
    ]  # fmt: skip
    assert {study.state for study in studies} == {Study.State.DRAFT}
    assert copy_study(studies[0]).template == "evidence_heard"
