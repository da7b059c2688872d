"""Designs of plans: the levels of a study's clips, and the allocation of the study."""

from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from filled_study import make_clip, make_study

from explainer.models import Explanation
from studyserver.results.tables.plans.aims import FIRST, REFERENCE, SECOND, aims_of
from studyserver.results.tables.plans.designs import design_of
from studyserver.study.design.allocation import Supply, plan_session
from studyserver.study.design.sets import stimulus_sets
from studyserver.study.models import Stimulus, Study


@pytest.fixture
def planned(db):
    """A study of six tracks, of which each annotator hears some clips."""
    study = make_study("planned-study", tracks=6)
    for explanation in Explanation.objects.filter(track__name__startswith="planned-study"):
        for condition, target in [("complement", "dissonance"), ("evidence", "melodiousness")]:
            Stimulus.objects.create(study=study, clip=make_clip(explanation, condition, target))
    study.allocation = Study.Allocation.WHOLE_TRACKS
    study.trials_per_annotator = 7
    study.annotators_wanted = 9
    study.save()
    return study


def ask(study, estimand, key="dissonance", **fields):
    question = study.questions.get(key=key)
    return study.research_questions.create(estimand=estimand, question=question, **fields)


def aim_of(study, estimand="difference"):
    ask(study, estimand, first="evidence", second="random_control")
    return aims_of(study)[-1]


def test_without_a_research_question_evidence_is_planned_against_its_control(planned):
    aims = aims_of(planned)
    assert {(aim.row.first, aim.row.second) for aim in aims} == {("evidence", "random_control")}
    assert all(aim.question.answer_kind.has_numbers and aim.n_aims == 1 for aim in aims)


def test_declared_questions_are_planned_at_their_corrected_confidence(planned):
    ask(planned, "difference", first="evidence", second="random_control")
    ask(planned, "retention", first="evidence", second="random_control")
    assert [aim.confidence for aim in aims_of(planned)] == [pytest.approx(0.975)] * 2


def test_levels_are_the_compared_conditions_and_what_else_is_asked_about(planned):
    design = design_of(planned, aim_of(planned, "retention"))
    assert design.levels[:3] == (FIRST, SECOND, REFERENCE)
    assert design.levels[3:] == ("complement",)
    # Clips made for another target take trials, but give no judgment about this one.
    assert [sum(not trial.levels for trial in trials) for trials in design.tracks] == [1] * 6
    assert design.n_tracks == 6


def test_clips_are_allocated_as_the_study_allocates_them(planned):
    design = design_of(planned, aim_of(planned))
    sets, judged, really, as_planned = stimulus_sets(planned), Counter(), Counter(), Counter()
    for annotator in range(9):
        trials = plan_session(planned, Random(annotator), supply=Supply(sets, [], judged))
        main = [trial.what for trial in trials if trial.kind == "main"]
        judged.update(what.key for what in main)
        really[tuple(sorted(Counter(what.track for what in main).values()))] += 1
    everything = replace(
        design,
        tracks=tuple(tuple(replace(trial, levels=(0,)) for trial in trials) for trials in design.tracks),
    )
    rows = everything.allocate(4)
    for annotator in range(9):
        as_planned[tuple(sorted(Counter(rows[rows[:, 0] == annotator, 1]).values()))] += 1
    # Seven of five clips a track: all of one, and two of another, or what others left of two.
    assert as_planned == really
    rows = design.allocate(4)
    clips = Counter(map(tuple, rows[:, 1:].tolist()))
    assert max(clips.values()) - min(clips.values()) <= 1
    assert np.array_equal(rows, design.allocate(4)) and not np.array_equal(rows, design.allocate(5))


def test_a_design_can_be_resized(planned):
    aim = aim_of(planned)
    design = design_of(planned, aim).resized(n_annotators=30, n_tracks=15, n_trials=12)
    assert (design.n_tracks, design.trials_per_annotator) == (15, 12)
    rows = design.allocate(0)
    assert set(rows[:, 0]) == set(range(30)) and set(rows[:, 1]) == set(range(15))
    assert len(rows) <= 30 * 12


def test_annotators_of_one_condition_hear_no_other(planned):
    planned.condition_design = Study.ConditionDesign.BETWEEN
    planned.compared_conditions = ["evidence", "random_control"]
    planned.trials_per_annotator = None
    planned.save()
    design = design_of(planned, aim_of(planned))
    rows = design.allocate(1)
    of_annotator = [set(rows[rows[:, 0] == who, 2]) & {0, 1} for who in range(9)]
    assert all(len(levels) == 1 for levels in of_annotator)
    assert len({levels.pop() for levels in of_annotator}) == 2


def test_without_stimuli_a_track_has_one_clip_of_each_level(planned):
    planned.stimuli.all().delete()
    design = design_of(planned, aim_of(planned, "retention"))
    assert [trial.levels for trial in design.tracks[0]] == [(0,), (1,), (2,)]
