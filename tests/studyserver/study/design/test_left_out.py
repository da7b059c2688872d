"""Clips that sound the same are never compared with each other; what is left out is counted and explained."""

import re

import pytest
from django.urls import reverse
from example_studies import make_clip, make_study, make_track, ready
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.files.clip_sounds import sound_of
from explainer.models import Clip, Explanation, MusicModel, Recipe
from studyserver.study.design.left_out import left_out, left_out_words
from studyserver.study.design.outlook import outlook
from studyserver.study.design.sets import Entry, compose, stimulus_sets
from studyserver.study.lifecycle.opening import open_study, opening_problems
from studyserver.study.lifecycle.versions import record_version
from studyserver.study.models import Presentation, Question, Stimulus, Study, Trial
from studyserver.study.rehearsal import rehearsal
from studyserver.study.sessions import session

METHODS = ("lime", "kernel_shap")
REFERENCE = {"reference_condition": "original"}


def two_methods(presentation, equal=("a", "b"), conditions=("original", "evidence"), **fields) -> Study:
    """Return a draft that compares two methods on tracks a to d; on the equal ones they sound the same."""
    study = make_study(0, presentation=presentation, minimum_track_distance=0, **fields)
    model = MusicModel.objects.create(name="some-model")
    recipes = [Recipe.objects.create(name=name, parameters={"method": name}) for name in METHODS]
    for name in "abcd":
        track = make_track(name)
        for number, recipe in enumerate(recipes):
            explanation = Explanation.objects.create(track=track, model=model, recipe=recipe, state="done")
            for condition in conditions:
                target = "" if condition in ("original", "resynthesis") else "dissonance"
                if number and not target:
                    continue
                clip = make_clip(track, condition, target, variant=number if name not in equal else 0)
                clip.explanation, clip.method = explanation, recipe.name if target else ""
                clip.save()
                Stimulus.objects.create(study=study, clip=clip)
    if presentation == "abx":
        study.questions.all().delete()
        Question.objects.create(study=study, key="abx", text="Is X A or B?", kind="abx", scope="trial")
    return study


def has_equal_sounds(clips) -> bool:
    return len({sound_of(clip) for clip in clips}) < len(clips)


@pytest.mark.django_db
@pytest.mark.parametrize("presentation", ["pair", "abx"])
def test_equal_pairs_are_left_out_and_counted(presentation):
    study = two_methods(presentation, compared_conditions=["evidence"])
    assert len(stimulus_sets(study)) == 2
    found = left_out(study)
    assert (found.possible, found.whole, found.shortened) == (4, 2, 0)
    words = left_out_words(found)
    assert words.startswith("2 of 4 pairs are left out because their clips hold the same sound. ")
    assert "evidence lime and evidence kernel_shap (2 times), of a, b." in words
    assert outlook(study).left_out == found
    assert left_out_words(left_out(two_methods_apart(study))) == ""


def two_methods_apart(study) -> Study:
    """Switch the equal clips off."""
    study.stimuli.filter(clip__track__name__in=["a", "b"]).update(active=False)
    return study


@pytest.mark.django_db
def test_original_and_resynthesis_under_the_gain_route_are_no_pair():
    study = make_study(3, ["original", "evidence"], presentation="abx")
    for track in {stimulus.clip.track for stimulus in study.stimuli.all()}:
        original = Clip.objects.get(track=track, condition="original")
        clip = make_clip(track, "resynthesis")
        clip.sound = original.sha256  # another file, the same sound
        clip.save()
        Stimulus.objects.create(study=study, clip=clip)
    pairs = stimulus_sets(study)
    conditions = sorted("+".join(sorted(clip.condition for clip in what.clips)) for what in pairs)
    assert conditions == ["evidence+original"] * 3 + ["evidence+resynthesis"] * 3
    assert "3 of 9 pairs are left out" in left_out_words(left_out(study))
    assert "original and resynthesis (3 times)" in left_out_words(left_out(study))


@pytest.mark.django_db
def test_no_pair_at_all_says_why():
    study = two_methods("pair", equal="abcd", compared_conditions=["evidence"])
    [problem] = [problem for problem in opening_problems(study) if "No pairs can be made" in problem]
    assert "4 of 4 pairs are left out because their clips hold the same sound" in problem


@pytest.mark.django_db
def test_sets_go_on_without_the_equal_clip():
    study = two_methods("multiple")
    sets = stimulus_sets(study)
    assert sorted(len(what.clips) for what in sets) == [2, 2, 3, 3]
    kept = {what.method for what in sets if len(what.clips) == 2}
    assert kept == {"lime"}  # the first by number
    words = left_out_words(left_out(study))
    assert words.startswith(
        "In 2 of 4 sets clips are left out that hold the same sound as another clip of the set."
    )
    study.compared_conditions = ["evidence"]
    assert [len(what.clips) for what in stimulus_sets(study)] == [2, 2]
    assert left_out_words(left_out(study)).startswith("2 of 4 sets are left out because all their clips hold")


@pytest.mark.django_db
def test_a_hidden_reference_remains_and_is_the_only_clip_like_the_reference():
    study = two_methods("multiple_reference", conditions=("original", "resynthesis", "evidence"), **REFERENCE)
    for clip in Clip.objects.filter(condition="resynthesis"):
        clip.sound = clip.track.clips.get(condition="original").sha256
        clip.save()
    for what in stimulus_sets(study):
        roles = [role for _number, role in what.members]
        assert roles[:2] == ["reference", "hidden_reference"]
        assert "resynthesis" not in {clip.condition for clip in what.clips}
        assert not has_equal_sounds(what.blind)
    study.compared_conditions = ["resynthesis"]
    assert stimulus_sets(study) == []


@pytest.mark.django_db
def test_a_pair_beside_a_reference_that_sounds_like_one_of_the_two_is_left_out():
    study = two_methods("pair_reference", conditions=("original", "resynthesis", "evidence"), **REFERENCE)
    clip = Clip.objects.get(condition="resynthesis", track__name="c")
    clip.sound = Clip.objects.get(condition="original", track__name="c").sha256
    clip.save()
    of_c = [what for what in stimulus_sets(study) if what.track == clip.track_id]
    assert of_c == []  # resynthesis and evidence were its pairs
    assert len([what for what in stimulus_sets(study) if what.track != clip.track_id]) == 6


_CLIPS = st.lists(
    st.tuples(
        st.sampled_from(["original", "resynthesis", "evidence", "complement", "random_control", "uploaded"]),
        st.sampled_from(["", "x", "y"]),
        st.integers(0, 3),  # kept segments
        st.sampled_from("pqr"),  # the sound
    ),
    max_size=9,
)


@settings(max_examples=300)
@given(
    _CLIPS,
    st.sampled_from([kind for kind in Study.PresentationKind.values if kind != "single"]),
    st.sampled_from(Study.SetRule.values),
    st.lists(st.sampled_from(["original", "evidence", "complement"]), unique=True),
    st.sampled_from(["", "complement"]),
)
def test_no_comparison_holds_one_sound_twice(clips, presentation, rule, compared, anchor):
    study = Study(presentation=presentation, set_rule=rule, compared_conditions=compared,
                  reference_condition="original", anchor_condition=anchor)  # fmt: skip
    entries = [
        Entry(
            number,
            Clip(pk=number, track_id=1, condition=condition, target=target, kept_segments=size, sha256=sound),
        )
        for number, (condition, target, size, sound) in enumerate(clips, 1)
    ]
    made = compose(study, entries)
    for what in made.sets:
        stimuli = {number: clip for (number, _role), clip in zip(what.members, what.clips, strict=True)}
        assert len(stimuli) >= 2
        assert not has_equal_sounds(stimuli.values())
        assert len(stimuli) == len(what.members) - ("hidden_reference" in {role for _n, role in what.members})
    # Nothing is lost but what sounds the same: without equal sounds, there are the sets of both kinds.
    for entry in entries:
        entry.clip.sha256 = str(entry.number)
    assert {what.key for what in compose(study, entries).sets} == {what.key for what in made.sets} | set(
        made.equal
    )
    assert compose(study, entries).equal == {}


@pytest.mark.django_db
def test_single_clips_are_all_presented():
    study = two_methods("single")
    assert len(stimulus_sets(study)) == study.stimuli.count() == 12
    assert not left_out(study)


@pytest.mark.django_db
def test_practice_and_sessions_hold_no_equal_pair():
    study = two_methods("pair", compared_conditions=["evidence"], practice_trials=2, attention_trials=2,
                        repeats_per_annotator=1)  # fmt: skip
    for stimulus in list(study.stimuli.filter(clip__track__name__in=["a", "c"])):
        Stimulus.objects.create(study=study, clip=stimulus.clip, role="practice")
    [problem] = opening_problems(study)
    assert "but 1 practice pairs" in problem
    assert "1 of 2 pairs is left out" in problem
    study.practice_trials = 1
    study.save()
    open_study(study)
    rehearsal.simulate(study, 3)
    assert_no_equal_pair(study)


def assert_no_equal_pair(study):
    trials = Trial.objects.filter(annotator__study=study).prefetch_related("presentations__stimulus__clip")
    assert trials
    for trial in trials:
        assert not has_equal_sounds(
            [item.stimulus.clip for item in trial.presentations.all() if item.is_blind]
        )


@pytest.mark.django_db
def test_the_version_says_what_is_left_out():
    study = two_methods("pair", compared_conditions=["evidence"])
    said = record_version(study).snapshot["equal_sounds"]
    assert (said["possible"], said["left_out"], len(said["equal_clips"])) == (4, 2, 2)


def words_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_pages_of_the_admin_count_and_explain(admin_client):
    """A newcomer: chooses a pair, adds the clips of two methods by rule, and opens the study."""
    study = two_methods("pair", compared_conditions=["evidence"])
    study.stimuli.all().delete()
    page = reverse("admin:study_study_stimuli", args=[study.pk])
    chosen = {"role": "main", "conditions": "evidence"}
    said = "2 of 4 pairs are left out because their clips hold the same sound."
    assert said in words_of(admin_client.get(page, chosen))
    assert said in words_of(admin_client.post(page, chosen, follow=True))
    assert study.stimuli.count() == 8
    response = admin_client.post(reverse("admin:study_study_open", args=[study.pk]), follow=True)
    assert said in words_of(response)
    study.refresh_from_db()
    assert study.state == Study.State.OPEN
    session.current_trial(ready(study))
    assert Presentation.objects.count() == 2 * 2
    assert_no_equal_pair(study)
