import pytest
from example_studies import CONDITIONS, make_clip, make_study, make_track, ready, walk

from explainer.models import Clip, Excerpt, Explanation, MusicModel, Recipe
from studyserver.study.design.outlook import outlook
from studyserver.study.design.stimuli import Rule, StudyLocked, add_stimuli, clips_by_rule, table_of
from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Question
from studyserver.study.recruitment.advice import advice
from studyserver.study.texts.question_sets import QUESTION_SETS, add_questions

pytestmark = pytest.mark.django_db


@pytest.fixture
def clips():
    """Two tracks explained under two models with two targets each."""
    recipe = Recipe.objects.create(name="lime", digest="0")
    for number in range(2):
        track = make_track(f"track-{number}")
        for name, targets in [("mid", ["dissonance", "speed"]), ("tags", ["sad"])]:
            model, _ = MusicModel.objects.get_or_create(name=name)
            explanation = Explanation.objects.create(
                track=track, model=model, recipe=recipe, state=Explanation.State.DONE
            )
            made = [make_clip(track, Clip.Condition.ORIGINAL)]
            for target in targets:
                made += [make_clip(track, condition, target) for condition in CONDITIONS[1:]]
            Clip.objects.filter(pk__in=[clip.pk for clip in made]).update(explanation=explanation)
            Clip.objects.filter(explanation=explanation, condition="evidence").update(kept_segments=5)
    return Clip.objects.all()


def count(**choices) -> int:
    return len(clips_by_rule(Rule(**choices)))


def test_choosing_by_rule(clips):
    first = clips.first().track_id
    mid = MusicModel.objects.get(name="mid").pk
    assert count() == 2 * (1 + 9)  # the original that both models share is taken once
    assert count(tracks=[first]) == 10
    assert count(models=[mid]) == 2 * (1 + 6)
    assert count(targets=["sad"]) == 2 * (1 + 3)
    assert count(conditions=["evidence", "random_control"]) == 2 * 3 * 2
    assert count(models=[mid], targets=["speed"], conditions=["evidence"], tracks=[first]) == 1
    assert count(kept_segments=[5]) == 20
    assert count(kept_segments=[9]) == 20 - 6
    assert count(recipes=[Recipe.objects.get().pk]) == 20
    assert count(targets=["anger"], conditions=["evidence"]) == 0


def test_clips_of_unfinished_explanations_are_left_out(clips):
    Explanation.objects.filter(model__name="tags").update(state=Explanation.State.FAILED)
    assert count() == 2 * (1 + 6)


def test_adding_twice_adds_once(clips):
    study = make_study(n_tracks=0)
    assert len(add_stimuli(study, clips_by_rule(Rule()))) == 20
    assert add_stimuli(study, clips_by_rule(Rule())) == []
    # The other model's original sounds the same: it is not added beside the first one.
    assert add_stimuli(study, clips_by_rule(Rule(models=[MusicModel.objects.get(name="tags").pk]))) == []
    assert len(add_stimuli(study, clips_by_rule(Rule(targets=["sad"])), role="practice")) == 8


def test_the_table_counts_by_condition_and_target(clips):
    table = table_of(clips_by_rule(Rule(models=[MusicModel.objects.get(name="mid").pk])))
    assert table.targets == ["", "dissonance", "speed"]
    assert [(row[0].split(" (")[0], row[1], row[2]) for row in table.rows] == [
        ("original", [2, 0, 0], 2),
        ("evidence", [0, 2, 2], 4),
        ("complement", [0, 2, 2], 4),
        ("random control", [0, 2, 2], 4),
    ]
    assert (table.totals, table.total) == ([2, 6, 6], 14)


def test_the_outlook_by_hand():
    study = make_study(n_tracks=5, trials_per_annotator=10, annotators_wanted=8, repeats_per_annotator=2)
    Question.objects.create(study=study, key="c", text="?", kind="text", required=False)
    future = outlook(study)
    assert (future.stimuli, future.trials, future.repeats) == (20, 10, 2)
    assert future.questions_per_trial == 2
    # 2 minutes before; 12 trials of 2 s listening, 5 s rating and 3 s for the optional text.
    assert future.session_seconds == 120 + 12 * (2 + 5 + 3)
    assert future.session_minutes == 4
    assert future.judgments_per_stimulus == 4
    assert future.annotators_per_round == 2


def test_the_outlook_of_questions_about_own_targets():
    study = make_study(n_tracks=4)
    scale = {"text": "?", "kind": "scale", "options": {"points": 5}}
    study.questions.create(key="speed", target="speed", only_own_target=True, **scale)
    assert outlook(study).questions_per_trial == 1.25  # asked of the originals too, a quarter of the clips


def test_an_empty_study_has_an_outlook():
    future = outlook(make_study(n_tracks=0))
    assert (future.stimuli, future.trials, future.annotators_per_round) == (0, 0, 0)


@pytest.mark.parametrize(
    ("fields", "conditions", "words"),
    [
        ({}, ["original", "evidence"], "no random control"),
        ({}, ["evidence", "random_control"], "no original"),
        ({"minimum_track_distance": 4}, ["original", "evidence"], "4 trials between"),
        ({}, ["original", "evidence"], "sound quality"),
    ],
)
def test_advice(fields, conditions, words):
    assert any(words in item for item in advice(make_study(conditions=conditions, **fields)))


def test_advice_on_long_sessions_and_sample_rates():
    study = make_study()
    assert not any("minutes" in item or "sample rates" in item for item in advice(study))
    Clip.objects.update(seconds=120)
    Clip.objects.filter(condition="evidence").update(sample_rate=16000)
    found = " ".join(advice(study))
    assert "about 35 minutes" in found  # 2 minutes, and 16 trials of 125 s
    assert "8000, 16000 Hz" in found


def test_advice_on_what_tells_clips_apart():
    study = make_study(3)
    assert "reveal the condition" not in " ".join(advice(study))
    scale = {"text": "?", "kind": "scale", "options": {"points": 5}}
    for target in ("speed", "dissonance"):
        study.questions.create(key=f"own_{target}", target=target, only_own_target=True, **scale)
    Clip.objects.filter(condition="evidence", pk__lte=Clip.objects.first().pk + 3).update(seconds=1.5)
    found = " ".join(advice(study))
    assert "have 3 questions, others 2" in found
    assert "In 1 of 3 tracks the clips differ in length" in found


def test_a_locked_study_takes_no_more_stimuli():
    study = make_study(n_tracks=1)
    open_study(study)
    walk(ready(study, rehearsal=True), 1)
    assert not study.is_locked
    walk(ready(study), 1)
    assert study.is_locked
    with pytest.raises(StudyLocked, match="copy the study"):
        add_stimuli(study, [make_clip(make_track("new"), "original")])
    assert not copy_study(study).is_locked


@pytest.mark.parametrize("name", QUESTION_SETS)
def test_question_sets_are_valid_and_added_once(clips, name):
    presentations = {"abx": "abx", "intruder": "intruder", "preference": "pair", "more": "pair"}
    study = make_study(n_tracks=0, presentation=presentations.get(name, "single"))
    add_stimuli(study, clips_by_rule(Rule()))
    added = add_questions(study, name)
    assert added
    for question in study.questions.all():
        question.full_clean()
    assert add_questions(study, name) == []
    positions = list(study.questions.values_list("position", flat=True))
    assert len(set(positions)) == len(positions)


def test_sets_about_targets_follow_the_stimuli(clips):
    study = make_study(n_tracks=0)
    assert add_questions(study, "about") == []
    add_stimuli(study, clips_by_rule(Rule()))
    add_questions(study, "presence")
    assert set(study.questions.filter(only_own_target=True).values_list("target", flat=True)) == {
        "dissonance",
        "sad",
        "speed",
    }
    add_questions(study, "about")
    choices = study.questions.get(key="about").options["choices"]
    assert [choice["value"] for choice in choices] == ["dissonance", "sad", "speed"]
    assert [item.target for item in add_questions(study, "fit", only=["sad"])] == ["sad"]


def test_clips_of_excerpts_or_of_whole_tracks_can_be_chosen_alone(clips):
    first = clips.filter(condition="evidence").first()
    part = Excerpt.objects.create(track=first.track, start=0, frames=100, chosen_by="hand")
    Clip.objects.filter(pk=first.pk).update(excerpt=part)
    everything = clips_by_rule(Rule())
    assert clips_by_rule(Rule(parts="excerpts")) == [first]
    assert set(clips_by_rule(Rule(parts="whole"))) == set(everything) - {first}
