import hashlib
from collections import Counter
from itertools import pairwise

import pytest
from example_studies import make_clip, make_event, make_study, make_track, ready

from explainer.models import Clip, Excerpt, Explanation, MusicModel, Recipe
from studyserver.study.design.allocation import judged_sets
from studyserver.study.design.outlook import outlook
from studyserver.study.design.problems import design_advice
from studyserver.study.design.sets import stimulus_sets
from studyserver.study.lifecycle.opening import open_study, opening_problems
from studyserver.study.models import Presentation, Question, Stimulus, Study, Trial
from studyserver.study.rehearsal import rehearsal
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import missing_answers, record_judgments

pytestmark = pytest.mark.django_db
ALL = ["original", "evidence", "complement", "random_control"]


def draft(presentation, n_tracks=3, conditions=ALL, **fields):
    study = make_study(n_tracks, conditions, presentation=presentation, **fields)
    if presentation == "abx":
        Question.objects.create(
            study=study, key="abx", text="Is X A or B?", kind="abx", scope="trial", position=1
        )
        study.questions.filter(kind="scale").delete()
    return study


def conditions_of(what):
    return sorted(clip.condition for clip in what.clips)


def test_single_clips_are_sets_of_one():
    study = draft("single")
    assert [what.key for what in stimulus_sets(study)] == [str(item.pk) for item in study.stimuli.all()]


def test_pairs_of_two_named_conditions():
    study = draft("pair", compared_conditions=["evidence", "random_control"])
    sets = stimulus_sets(study)
    assert [conditions_of(what) for what in sets] == [["evidence", "random_control"]] * 3
    assert len({what.track for what in sets}) == 3


def test_pairs_of_all_conditions():
    assert len(stimulus_sets(draft("pair", n_tracks=2))) == 2 * 6


def test_sets_with_reference_and_anchor():
    study = draft("multiple_reference", reference_condition="original", anchor_condition="random_control")
    what = stimulus_sets(study)[0]
    roles = Counter(role for _number, role in what.members)
    assert roles == {"reference": 1, "hidden_reference": 1, "anchor": 1, "clip": 2}
    hidden, given = ([n for n, role in what.members if role == r] for r in ("hidden_reference", "reference"))
    assert hidden == given
    assert len(what.blind) == 4


def test_an_original_serves_every_target_and_methods_can_be_kept_apart():
    study = make_study(0, presentation="multiple")
    track = make_track("two-methods")
    model = MusicModel.objects.create(name="some-model")
    for name in ("lime", "shap"):
        recipe = Recipe.objects.create(name=name, parameters={"method": name})
        explanation = Explanation.objects.create(track=track, model=model, recipe=recipe)
        for size in (3, 6):
            for condition in ("evidence", "random_control"):
                clip = make_clip(track, condition, "dissonance", variant=size + 10 * (name == "shap"))
                clip.explanation, clip.method, clip.kept_segments = explanation, name, size
                clip.save()
                Stimulus.objects.create(study=study, clip=clip)
    Stimulus.objects.create(study=study, clip=make_clip(track, "original"))
    assert [len(what.clips) for what in stimulus_sets(study)] == [9]
    study.set_rule = "method"
    assert [len(what.clips) for what in stimulus_sets(study)] == [5, 5]
    study.set_rule = "size"
    assert [conditions_of(what) for what in stimulus_sets(study)] == [
        ["evidence", "original", "random_control"]
    ] * 4
    study.presentation, study.compared_conditions, study.set_rule = "pair", ["evidence"], "target"
    assert len(stimulus_sets(study)) == 6  # two methods in two sizes: all pairs of the four


def test_switching_a_clip_off_keeps_the_sets_name():
    study = draft("multiple", n_tracks=1)
    (before,) = stimulus_sets(study)
    study.stimuli.filter(clip__condition="complement").update(active=False)
    (after,) = stimulus_sets(study)
    assert (after.key, len(after.clips)) == (before.key, 3)


def test_sets_stay_in_balance_and_positions_are_mixed():
    study = draft("pair", n_tracks=4, trials_per_annotator=5, minimum_track_distance=1)
    open_study(study)
    first = Counter()
    for _ in range(13):
        annotator = ready(study)
        session.current_trial(annotator)
        counts = judged_sets(study)
        numbers = [counts[what.key] for what in stimulus_sets(study)]
        assert max(numbers) - min(numbers) <= 1
        trials = list(annotator.trials.order_by("position").prefetch_related("presentations__stimulus__clip"))
        tracks = [trial.presentations.all()[0].stimulus.clip.track_id for trial in trials]
        if max(Counter(tracks).values()) <= 3:  # of five: they can be kept apart
            assert all(one != two for one, two in pairwise(tracks))
        for trial in trials:
            a, b = trial.presentations.all()
            assert (a.position, b.position) == (0, 1)
            first[a.stimulus_id < b.stimulus_id] += 1
    assert 0.25 < first[True] / first.total() < 0.75


def test_a_repeat_presents_the_same_set_in_an_order_of_its_own():
    study = draft("multiple", n_tracks=6, repeats_per_annotator=4, repeat_distance=1)
    open_study(study)
    orders = set()
    for _ in range(4):
        annotator = ready(study)
        session.current_trial(annotator)
        for trial in annotator.trials.filter(kind=Trial.Kind.REPEAT):
            mine, earlier = (
                list(item.presentations.order_by("position").values_list("stimulus", flat=True))
                for item in (trial, trial.repeat_of)
            )
            assert sorted(mine) == sorted(earlier)
            orders.add(mine == earlier)
    assert False in orders


def answer_each_wrongly_after_rightly(annotator):
    """Answer every ABX trial; yield which clip X was."""
    sequence = 0
    while trial := session.current_trial(annotator):
        a, b, x = trial.presentations.order_by("position")
        assert [a.label, b.label, x.label] == ["A", "B", "X"]
        assert x.role == Presentation.Role.X
        right = "A" if x.stimulus_id == a.stimulus_id else "B"
        yield right
        for value, number in ((right, 1.0), ("AB".replace(right, ""), 0.0)):
            sequence += 1
            (receipt,) = record_judgments(annotator, [make_event(trial, "abx", value, sequence=sequence)])
            assert receipt["status"] == "stored"
            assert trial.judgments.get(sequence=sequence).number == number
        heard = {item.token: {"intervals": [[0, 2]]} for item in trial.presentations.all()}
        session.finish_trial(annotator, trial.token, {"presentations": heard})


def test_x_is_drawn_recorded_and_scored():
    study = draft("abx", n_tracks=8, compared_conditions=["evidence", "complement"])
    open_study(study)
    drawn = Counter(right for _ in range(4) for right in answer_each_wrongly_after_rightly(ready(study)))
    assert set(drawn) == {"A", "B"}  # of 32 trials: by chance alone, all alike once in two thousand million


def test_reference_and_x_are_not_judged():
    study = draft("pair_reference", n_tracks=1, reference_condition="original")
    open_study(study)
    trial = session.current_trial(ready(study))
    asked = missing_answers(trial)
    assert {item.label for _question, item in asked} == {"A", "B"}
    given = trial.presentations.get(role="reference")
    event = make_event(trial, presentation=given.token)
    (receipt,) = record_judgments(trial.annotator, [event])
    assert receipt["status"] == "refused"
    assert "which clip" in receipt["reason"]


def test_between_annotators_everyone_hears_one_condition_in_balance():
    study = draft(
        "single", n_tracks=3, condition_design="between", compared_conditions=["evidence", "complement"]
    )
    open_study(study)
    heard = Counter()
    for _ in range(7):
        annotator = ready(study)
        session.current_trial(annotator)
        own = set(
            Presentation.objects.filter(trial__annotator=annotator).values_list(
                "stimulus__clip__condition", flat=True
            )
        )
        (level,) = own & {"evidence", "complement"}
        assert own == {level, "original", "random_control"}
        heard[level] += 1
        assert abs(heard["evidence"] - heard["complement"]) <= 1
    assert outlook(study).trials == session.progress(annotator)[1] == 9


def test_blocks_keep_conditions_together():
    study = draft("single", n_tracks=5, blocks="condition", repeats_per_annotator=4, repeat_distance=2)
    open_study(study)
    annotator = ready(study)
    session.current_trial(annotator)
    rows = annotator.trials.order_by("position").values_list(
        "block", "presentations__stimulus__clip__condition"
    )
    assert [block for block, _condition in rows] == sorted(block for block, _condition in rows)
    assert len(set(rows)) == len({condition for _block, condition in rows}) == 4
    assert Counter(block for block, _condition in rows) == dict.fromkeys([1, 2, 3, 4], 6)


def test_attention_trials_ask_for_an_answer_and_record_whether_it_came():
    study = make_study(3, attention_trials=2)
    open_study(study)
    annotator = ready(study)
    passed = []
    sequence = 0
    while trial := session.current_trial(annotator):
        sequence += 1
        value = 3
        if trial.kind == Trial.Kind.ATTENTION:
            expected = trial.attention["expected"]
            value = expected if not passed else 1 + expected % 5
            passed.append(value == expected)
        record_judgments(annotator, [make_event(trial, value=value, sequence=sequence)])
        (item,) = trial.presentations.all()
        session.finish_trial(annotator, trial.token, {"presentations": {item.token: {"intervals": [[0, 2]]}}})
    attention = annotator.trials.filter(kind=Trial.Kind.ATTENTION).order_by("position")
    assert list(attention.values_list("attention_passed", flat=True)) == [True, False]
    assert annotator.trials.first().kind == Trial.Kind.MAIN
    assert annotator.trials.count() == 14
    assert annotator.trials.exclude(kind="attention").filter(attention_passed=None).count() == 12


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"presentation": "pair_reference"}, "choose its condition"),
        (
            {
                "presentation": "multiple_reference",
                "reference_condition": "original",
                "anchor_condition": "original",
            },
            "must be different",
        ),
        ({"presentation": "pair", "compared_conditions": ["boosted"]}, "No pairs can be made"),
        ({"presentation": "multiple", "trials_per_annotator": 4}, "only 3"),
        ({"presentation": "multiple", "practice_trials": 1}, "0 practice sets"),
        ({"presentation": "multiple", "condition_design": "between"}, "cannot differ between annotators"),
        ({"presentation": "multiple", "blocks": "condition"}, "blocks of one condition"),
        ({"condition_design": "between", "compared_conditions": ["evidence"]}, "there is only one"),
    ],
)
def test_what_stands_in_the_way_is_told_in_words(fields, words):
    study = make_study(3, **fields)
    assert any(words in problem for problem in opening_problems(study)), opening_problems(study)


def test_weaknesses_of_a_design_are_told_before_it_opens():
    reference = {"presentation": "multiple_reference", "reference_condition": "original"}
    study = draft(**reference, compared_conditions=["evidence"], attention_trials=1)
    assert [sentence.split(":")[0] for sentence in design_advice(study)] == [
        "6 stimuli will not be heard, as no set contains them.",
        "There is no anchor",
        "A single attention trial can be failed by accident",
    ]
    study.anchor_condition = "random_control"
    one = study.stimuli.filter(clip__condition="random_control").first()
    one.delete()
    longest = study.stimuli.filter(clip__condition="evidence").first().clip
    Clip.objects.filter(pk=longest.pk).update(seconds=12.5)
    assert [sentence.split(":")[0] for sentence in design_advice(study)][:4] == [
        "Some clips last longer than 12 s, which is hard to compare from memory",
        "In 1 set the clips differ in length, which reveals which is which.",
        "3 stimuli will not be heard, as no set contains them.",
        "There is no anchor in 1 of 3 sets",
    ]


def test_too_many_clips_of_a_set_are_told():
    study = draft("multiple", n_tracks=1, conditions=["original"])
    track = study.stimuli.get().clip.track
    for variant in range(13):
        clip = make_clip(track, "random_control", "dissonance", variant)
        Stimulus.objects.create(study=study, clip=clip)
    assert design_advice(study)[0].startswith("The largest set has 14 clips; annotators cannot distinguish")


def test_questions_must_fit_the_presentation():
    study = make_study(2, presentation="abx")
    assert any("ready-made" in problem for problem in opening_problems(study))
    Study.objects.update(presentation="single", attention_trials=1)
    study.refresh_from_db()
    study.questions.all().delete()
    Question.objects.create(study=study, key="p", text="?", kind="preference", scope="clip")
    text = " ".join(opening_problems(study))
    assert "needs several clips" in text
    assert "scope must be the trial" in text
    assert "Attention trials ask for a given answer" in text


@pytest.mark.parametrize("presentation", ["pair", "pair_reference", "multiple", "multiple_reference", "abx"])
def test_rehearsals_walk_through_every_presentation(presentation):
    study = draft(
        presentation,
        n_tracks=2,
        reference_condition="original",
        trials_per_annotator=2,
        attention_trials=0 if presentation == "abx" else 1,
    )
    if presentation != "abx":
        Question.objects.create(study=study, key="p", text="?", kind="preference", scope="trial", position=2)
        Question.objects.create(study=study, key="w", text="?", kind="stretches", position=3)
    assert opening_problems(study) == []
    annotators = rehearsal.simulate(study, 4, seed=1)
    assert {annotator.state for annotator in annotators} == {"finished"}


def test_the_outlook_counts_sets():
    future = outlook(draft("multiple", n_tracks=3, attention_trials=1))
    assert (future.stimuli, future.sets, future.trials) == (12, 3, 3)
    assert future.clips_per_trial == 4
    assert future.questions_per_trial == 4  # one of each clip
    assert future.session_seconds == 120 + 4 * (4 * 2 + 4 * 5)


# Excerpts -----------------------------------------------------------------------------------------


def of_excerpts(study):
    """Move the clips of the study's first track to two excerpts of it, with a set of clips in each."""
    first = study.stimuli.first().clip.track
    parts = [
        Excerpt.objects.create(track=first, start=start, frames=4000, chosen_by="hand") for start in (0, 4000)
    ]
    for clip in list(Clip.objects.filter(track=first)):
        Clip.objects.filter(pk=clip.pk).update(excerpt=parts[0])
        clip.pk, clip.excerpt = None, parts[1]
        clip.sha256 = clip.sha256[::-1]
        clip.save()
        Stimulus.objects.create(study=study, clip=clip)
    return first, parts


@pytest.mark.parametrize("presentation", ["pair", "multiple"])
def test_sets_are_of_one_excerpt_and_two_of_one_track_are_the_same_track(presentation):
    study = make_study(2, presentation=presentation)
    before = stimulus_sets(study)
    track, parts = of_excerpts(study)
    sets = stimulus_sets(study)
    assert len(sets) == len(before) * 3 // 2
    assert all(len({clip.excerpt_id for clip in what.clips}) == 1 for what in sets)
    assert len({what.key for what in sets}) == len(sets)
    ours = [what for what in sets if what.track == track.pk]
    assert {what.clips[0].excerpt_id for what in ours} == {part.pk for part in parts}


def test_keys_of_sets_of_whole_tracks_are_what_they_were():
    study = make_study(2, presentation="multiple")
    for what in stimulus_sets(study):
        nobody = (None, "")  # no explanation, no method
        name = (what.track, what.target, None if study.set_rule == Study.SetRule.TARGET else nobody, 0)
        digest = hashlib.sha256(repr(name).encode()).hexdigest()[:16]
        assert what.key == f"{what.track}:{digest}"


def test_the_outlook_speaks_of_excerpts_of_tracks():
    study = make_study(2)
    assert outlook(study).parts == "2 tracks"
    of_excerpts(study)
    assert outlook(study).parts == "3 excerpts of 2 tracks"
