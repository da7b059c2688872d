"""Sets of clips with an intruder: which clips meet, how often, and under which names."""

from collections import Counter

import pytest
from example_studies import make_clip, make_event, make_study, make_track, ready

from explainer.models import Explanation, MusicModel, Recipe
from studyserver.study.admin.design import preview
from studyserver.study.design.intruders import CLIPS
from studyserver.study.design.problems import design_problems
from studyserver.study.design.sets import stimulus_sets
from studyserver.study.lifecycle.opening import open_study, opening_problems
from studyserver.study.models import Presentation, Question, Stimulus
from studyserver.study.rehearsal import rehearsal
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import missing_answers, record_judgments
from studyserver.study.texts.question_sets import add_questions

pytestmark = pytest.mark.django_db
INTRUDER = Presentation.Role.INTRUDER


def draft(targets=("happy", "sad"), n_tracks=6, conditions=("evidence",), **fields):
    """Store a study with a clip of every track, condition and target."""
    study = make_study(0, presentation="intruder", **fields)
    study.questions.all().delete()
    for number in range(n_tracks):
        track = make_track(f"track-{study.pk}-{number}")
        for condition in conditions:
            for target in targets:
                Stimulus.objects.create(study=study, clip=make_clip(track, condition, target))
    add_questions(study, "intruder")
    return study


@pytest.mark.parametrize("targets", [("happy", "sad"), ("happy", "sad", "tense"), tuple("abcde")])
@pytest.mark.parametrize("n_tracks", [4, 7])
def test_every_clip_is_the_intruder_once_among_clips_of_one_other_target(targets, n_tracks):
    sets = stimulus_sets(draft(targets, n_tracks))
    assert len(sets) == len({what.key for what in sets}) == len(targets) * n_tracks
    assert len({what.members[0][0] for what in sets}) == len(sets)
    for what in sets:
        (intruder, *others), roles = what.clips, [role for _number, role in what.members]
        assert roles == [INTRUDER, *["clip"] * (CLIPS - 1)]
        assert {clip.target for clip in others} == {what.target} != {intruder.target}
        assert len({clip.track_id for clip in what.clips}) == CLIPS
        assert what.track == intruder.track_id and len(what.blind) == CLIPS


@pytest.mark.parametrize("targets", [("happy", "sad"), ("happy", "sad", "tense")])
def test_clips_stand_among_the_others_about_equally_often(targets):
    sets = stimulus_sets(draft(targets, n_tracks=9))
    used = Counter(number for what in sets for number, role in what.members if role != INTRUDER)
    assert used.total() == (CLIPS - 1) * len(sets)
    assert len(used) == len(sets) and max(used.values()) - min(used.values()) <= 2
    pairs = Counter((what.clips[0].target, what.target) for what in sets)
    assert len(pairs) == len(targets) * (len(targets) - 1) and max(pairs.values()) - min(pairs.values()) <= 1
    # The same clips do not always meet.
    assert len({frozenset(number for number, role in what.members if role != INTRUDER) for what in sets}) > 12


def test_the_same_stimuli_give_the_same_sets():
    study = draft()
    assert stimulus_sets(study) == stimulus_sets(study)


def test_without_one_clip_the_sets_keep_their_names_and_others_take_its_place():
    study = draft(n_tracks=6)
    before = {what.key for what in stimulus_sets(study)}
    gone = study.stimuli.order_by("pk")[4]
    gone.active = False
    gone.save()
    sets = stimulus_sets(study)
    assert {what.key for what in sets} < before and len(sets) == len(before) - 1
    assert all(gone.pk not in {number for number, _role in what.members} for what in sets)


def test_clips_that_sound_the_same_for_two_targets_belong_to_neither():
    study = draft(n_tracks=6)
    one, two = (stimulus.clip for stimulus in study.stimuli.order_by("pk")[:2])  # of one track
    two.sha256 = one.sha256
    two.save()
    sets = stimulus_sets(study)
    assert len(sets) == 10
    assert not {one.pk, two.pk} & {clip.pk for what in sets for clip in what.clips}


def test_conditions_models_recipes_and_sizes_are_not_mixed():
    study = make_study(0, presentation="intruder", compared_conditions=["evidence", "random_control"])
    model = MusicModel.objects.create(name="some-model")
    recipes = [Recipe.objects.create(name=name, parameters={"method": name}) for name in ("lime", "shap")]
    for number in range(4):
        track = make_track(f"of-methods-{number}")
        for recipe in recipes:
            explanation = Explanation.objects.create(track=track, model=model, recipe=recipe)
            for condition in ("evidence", "random_control", "complement"):
                for place, target in enumerate(("happy", "sad")):
                    clip = make_clip(track, condition, target, variant=recipe.pk + 100 * place)
                    clip.explanation, clip.method = explanation, recipe.name
                    clip.save()
                    Stimulus.objects.create(study=study, clip=clip)
    sets = stimulus_sets(study)
    assert len(sets) == 2 * 2 * 2 * 4
    assert {what.clips[0].condition for what in sets} == {"evidence", "random_control"}
    for what in sets:
        assert len({(clip.condition, clip.method) for clip in what.clips}) == 1


@pytest.mark.parametrize(
    ("targets", "n_tracks", "found"),
    [(("happy",), 6, "There are 1 target and 6 tracks"), (("happy", "sad"), 3, "2 targets and 3 tracks")],
)
def test_too_few_targets_or_tracks_are_told_with_what_to_add(targets, n_tracks, found):
    (problem,) = design_problems(draft(targets, n_tracks))
    assert found in problem and "at least 2 targets and 4 tracks" in problem


def test_the_question_and_the_presentation_need_each_other():
    study = draft()
    assert opening_problems(study) == []
    study.presentation = "multiple"
    assert any(
        "only where one clip of a trial is of another target" in text for text in design_problems(study)
    )
    study.presentation = "intruder"
    study.questions.filter(key="intruder").delete()
    assert any("“Which one does not belong?”" in text for text in design_problems(study))


def test_the_preview_says_which_clip_is_the_intruder():
    rows = preview(draft())["rows"]
    assert all(row.blind.count("(intruder, hidden)") == 1 and row.target in ("happy", "sad") for row in rows)


def test_answers_are_right_or_wrong_and_practice_says_which():
    study = draft(trials_per_annotator=3, practice_trials=1, practice_feedback=True)
    for number in range(4):
        track = make_track(f"practice-{number}")
        for target in ("happy", "sad"):
            Stimulus.objects.create(study=study, clip=make_clip(track, "evidence", target), role="practice")
    open_study(study)
    annotator, places, sequence = ready(study), set(), 0
    while trial := session.current_trial(annotator):
        asked = [question.key for question, _about in missing_answers(trial)]
        assert asked == ["intruder"]  # the word is optional
        right = trial.presentations.get(role=INTRUDER).label
        places.add(right)
        wrong = "AB"["AB".find(right) == 0]
        for value, number in ((right, 1.0), (wrong, 0.0)):
            sequence += 1
            record_judgments(annotator, [make_event(trial, "intruder", value, sequence)])
            assert trial.judgments.get(sequence=sequence).number == number
        record_judgments(annotator, [make_event(trial, "shared", "all bells", sequence := sequence + 1)])
        heard = {item.token: {"intervals": [[0, 2]]} for item in trial.presentations.all()}
        session.finish_trial(annotator, trial.token, {"presentations": heard})
    assert annotator.trials.count() == 4


def test_the_intruder_stands_in_every_place():
    study = draft(n_tracks=8)
    open_study(study)
    annotator = ready(study)
    session.current_trial(annotator)
    shown = Presentation.objects.filter(trial__annotator=annotator)
    assert shown.filter(role=INTRUDER).count() == annotator.trials.count() == 16
    assert set(shown.filter(role=INTRUDER).values_list("position", flat=True)) == {0, 1, 2, 3}


def test_simulated_annotators_find_it_the_more_is_heard():
    shares = {}
    for condition in ("original", "evidence", "counter_evidence"):
        study = draft(conditions=(condition,), n_tracks=8)
        rehearsal.simulate(study, 12, seed=3)
        question = Question.objects.get(study=study, key="intruder")
        numbers = list(question.judgments.values_list("number", flat=True))
        shares[condition] = sum(numbers) / len(numbers)
    assert shares["original"] > shares["evidence"] + 0.05 > shares["counter_evidence"] + 0.1
    assert shares["counter_evidence"] > 0.2
