"""The truth of a rehearsal by formula, beside the answers of very many simulated annotators."""

import random
from dataclasses import replace
from functools import cached_property

import numpy as np
import pytest
from example_studies import make_clip, make_study, make_track

from explainer.models import Clip, Track
from studyserver.results.pages.verdicts.simulated import simulated_truth
from studyserver.results.statistics.abx import differencing_share
from studyserver.study.models import Question, ResearchQuestion, Stimulus
from studyserver.study.questions.kinds import KINDS
from studyserver.study.rehearsal import rehearsal
from studyserver.study.rehearsal.truth import EFFECT, NO_EFFECT, Ears, known_truth, scenario_for

N = 4000
CHOICES = {"choices": [{"value": name, "label": name} for name in ("happy", "sad", "calm")]}
QUESTIONS = {
    "scale": {"kind": "scale", "options": {"points": 7}, "target": "happy"},
    "slider": {"kind": "slider", "options": {"min": 0, "max": 100}},
    "preference": {"kind": "preference", "options": {"steps": 3, "tie": True}, "target": "happy"},
    "choice": {"kind": "choice", "options": CHOICES},
    "abx": {"kind": "abx", "options": {}},
}
ROWS = [
    ("scale", "difference", "evidence", "random_control"),
    ("slider", "difference", "evidence", "random_control"),
    ("scale", "difference", "original", "evidence"),
    ("scale", "dose", "evidence", ""),
    ("preference", "preference", "evidence", "random_control"),
    ("choice", "identification", "evidence", ""),
    ("choice", "identification", "evidence", "random_control"),
    ("abx", "detection", "original", "evidence"),
]


class OfOneTrack:
    """What one annotator hears of one track; see `questions.kind.Heard`."""

    def __init__(self, scenario, question, clips, number):
        self.rng = random.Random(number)
        self.ears, self.question = Ears(scenario, self.rng), question
        self.clips = clips
        for clip in clips:
            clip.track = Track(name=f"track-{number}")
            clip.sha256 = f"{number} {clip.condition} {clip.kept_segments}"

    def level(self, clip, target=""):
        target = target or self.question.target
        level = self.ears.level(clip, target, target or self.question.key)
        return min(1.0, max(0.0, level + self.rng.gauss(0, self.ears.scenario.error)))

    @cached_property
    def about(self):
        return self.level(self.clips[0])

    @cached_property
    def of_clips(self):
        return {letter: self.level(clip) for letter, clip in zip("AB", self.clips, strict=True)}

    def of_targets(self, names):
        return {name: self.level(self.clips[0], name) for name in names}

    @property
    def apart(self):
        kept = [self.ears.kept(clip, self.question.target) for clip in self.clips]
        return min(1.0, self.ears.scenario.told * abs(kept[0] - kept[1]))

    right, attends, seconds = "B", True, 2.0


def numbers(scenario, question, *clips) -> float:
    """Return the mean of very many answers; of names, how often they name the target of the clip."""
    kind, found = KINDS[question.kind], []
    for number in range(N):
        heard = OfOneTrack(scenario, question, clips, number)
        answer = kind.simulated(question.options, heard, heard.rng, required=True)
        if question.kind == "preference":
            answer = {"A": 1, None: 0.5}.get(answer["preferred"], 0)
        elif question.kind in ("choice", "abx"):
            answer = answer == ("B" if question.kind == "abx" else "happy")
        found.append(float(answer))
    return float(np.mean(found))


@pytest.fixture
def study(db):
    study = make_study(n_tracks=0)
    track = make_track("one")
    for condition, segments in (("original", None), ("evidence", 2), ("evidence", 8), ("random_control", 4)):
        target = "" if condition == "original" else "happy"
        clip = make_clip(track, condition, target, variant=segments or 0)
        Clip.objects.filter(pk=clip.pk).update(kept_segments=segments)
        Stimulus.objects.create(study=study, clip=clip)
    return study


def sides(study, row) -> list[list[Clip]]:
    clips = [stimulus.clip for stimulus in study.stimuli.select_related("clip").order_by("pk")]
    if row.estimand == "dose":
        evidence = sorted(
            (clip for clip in clips if clip.condition == "evidence"), key=lambda clip: clip.variant
        )
        return [evidence[-1:], evidence[:1]]
    return [[clip for clip in clips if clip.condition == side] for side in (row.first, row.second) if side]


@pytest.mark.parametrize("scenario", [EFFECT, NO_EFFECT], ids=["effect", "none"])
@pytest.mark.parametrize(("name", "estimand", "first", "second"), ROWS)
def test_formulas_agree_with_very_many_answers(study, scenario, name, estimand, first, second):
    question = Question(study=study, key=name, **{"target": "", **QUESTIONS[name]})
    row = ResearchQuestion(study=study, question=question, estimand=estimand, first=first, second=second)
    one, *others = sides(study, row)
    if question.kind in ("preference", "abx"):
        found = np.mean([numbers(scenario, question, first, last) for first in one for last in others[0]])
    else:
        means = [np.mean([numbers(scenario, question, clip) for clip in side]) for side in (one, *others)]
        found = means[0] - sum(means[1:])
    truth = simulated_truth(scenario, row, question)
    if name == "abx":
        truth = differencing_share(truth)
    low, high = question.answer_kind.ends(question.options)
    assert found == pytest.approx(truth, abs=0.02 * (high - low))


def test_retention_is_the_correlation_across_tracks(study):
    row = ResearchQuestion(study=study, estimand="retention", first="random_control", second="")
    question = Question(study=study, key="scale", **QUESTIONS["scale"])
    silent = dict.fromkeys(("annotators", "by_condition", "by_track", "error"), 0.0)
    original, *_others, control = (stimulus.clip for stimulus in study.stimuli.order_by("pk"))
    clips, levels = [original, control], []
    for number in range(N):
        ears = OfOneTrack(replace(EFFECT, **silent), question, clips, number).ears
        levels.append([ears.level(clip, "happy", "happy") for clip in clips])
    assert np.corrcoef(np.transpose(levels))[0, 1] == pytest.approx(
        simulated_truth(EFFECT, row, question), abs=0.03
    )
    row.second = "evidence"
    assert simulated_truth(NO_EFFECT, row, question) == 0


def test_what_is_not_simulated_from_a_truth_has_none(study):
    question = Question(study=study, key="there", kind="presence", target="happy")
    row = ResearchQuestion(study=study, estimand="difference", first="evidence", second="random_control")
    assert simulated_truth(EFFECT, row, question) is None
    row.first = "boosted"  # which no clip has
    question = Question(study=study, key="scale", **QUESTIONS["scale"])
    assert simulated_truth(EFFECT, row, question) is None


def test_the_truth_is_known_where_all_answer_by_one(study):
    study.trials_per_annotator = 2
    study.save()
    assert known_truth(study) is None
    rehearsal.simulate(study, 2, truth="none")
    assert {one.behaviour for one in study.annotators.all()} == {"truthful-no-effect"}
    assert known_truth(study) is NO_EFFECT
    rehearsal.simulate(study, 1, truth="effect")
    assert known_truth(study) is None
    rehearsal.discard(study)
    rehearsal.simulate(study, 1, truth="effect")
    assert known_truth(study) == EFFECT
    rehearsal.simulate(study, 5)  # of whom the fifth is noisy
    assert known_truth(study) is None


def test_the_second_of_two_methods_keeps_less(study):
    study.research_questions.create(
        estimand="preference", first="evidence", first_method="a", second="evidence", second_method="b"
    )
    scenario = scenario_for(study, "truthful")
    assert scenario.kept("evidence", segments=4, method="b") == pytest.approx(
        0.6 * scenario.kept("evidence", segments=4, method="a")
    )
    assert scenario_for(study, "truthful-no-effect") is NO_EFFECT
