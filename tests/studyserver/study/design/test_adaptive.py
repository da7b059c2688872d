"""Adaptive allocation through real sessions: blocks, balance, spacing, repeats, stopping."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from example_studies import make_study, ready, walk

from explainer.models import Clip
from studyserver.study.design.adaptive import adaptive_advice, current_width, ratings_of
from studyserver.study.lifecycle.opening import StudyNotReady, open_study
from studyserver.study.models import AdaptiveDesign, Presentation, Question, Study, Trial
from studyserver.study.sessions import session
from studyserver.study.sessions.joining import join
from studyserver.study.sessions.joins import JoiningRefused
from studyserver.study.sessions.stages import Stage, stage

pytestmark = pytest.mark.django_db
CONDITIONS = [Clip.Condition.EVIDENCE, Clip.Condition.RANDOM_CONTROL]


def adaptive_study(n_tracks=6, plan=None, **fields):
    """Return an open study of which half of the clips, the controls, are judged alike by everybody."""
    fields = {"trials_per_annotator": 6, "minimum_track_distance": 1, **fields}
    study = make_study(n_tracks, conditions=CONDITIONS, **fields)
    plan = {"minimum_judgments": 3, "block_size": 3, **(plan or {})}
    plan = AdaptiveDesign.objects.create(study=study, question=study.questions.get(), **plan)
    open_study(study)
    return study, plan


def doubtful(rng):
    """Return answers that differ for the evidence and hardly for the control."""

    def answer(trial):
        condition = trial.presentations.get().stimulus.clip.condition
        return rng.randint(1, 5) if condition == "evidence" else rng.choice([2, 2, 2, 2, 3])

    return answer


def heard(study):
    return Counter(
        Presentation.objects.filter(trial__annotator__study=study, trial__kind="main").values_list(
            "stimulus__clip__condition", flat=True
        )
    )


def test_trials_come_in_blocks_and_the_next_block_is_there_before_the_last_trial():
    study, _plan = adaptive_study()
    annotator = ready(study)
    assert session.current_trial(annotator) and annotator.trials.count() == 3
    assert session.progress(annotator) == (0, 6)
    walk(annotator, 1)
    assert annotator.trials.count() == 3
    walk(annotator, 1)
    session.current_trial(annotator)
    assert annotator.trials.count() == 6 and session.upcoming_trials(annotator)
    walk(annotator)
    assert stage(annotator) == Stage.FINISHED and session.completion(annotator)
    assert list(annotator.trials.values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6]
    stimuli = annotator.trials.values_list("presentations__stimulus", flat=True)
    assert len(set(stimuli)) == 6


def test_the_first_judgments_are_balanced_and_the_others_go_where_people_disagree():
    study, plan = adaptive_study(4, plan={"block_size": 2}, trials_per_annotator=4, minimum_track_distance=0)
    answer = doubtful(random.Random(1))
    for _ in range(6):
        walk(ready(study), answer=answer)
    assert heard(study) == {"evidence": 12, "random_control": 12}
    assert not Trial.objects.filter(adaptive=True).exists()
    for _ in range(8):
        walk(ready(study), answer=answer)
    counts = heard(study)
    assert counts["evidence"] > 1.5 * counts["random_control"]
    assert Trial.objects.filter(adaptive=True).count() == 32
    assert len(ratings_of(plan)) == 56


def test_the_study_closes_itself_at_the_declared_precision_and_ends_sessions_with_a_block():
    figure = {"first": "evidence", "second": "random_control", "precision": 1.8}
    study, plan = adaptive_study(4, plan=figure)
    answer = doubtful(random.Random(2))
    annotators = 0
    while Study.objects.get(pk=study.pk).state == Study.State.OPEN:
        annotator = ready(study)
        walk(annotator, answer=answer)
        annotators += 1
        assert annotators < 60
    plan.refresh_from_db()
    assert plan.reached_at is not None
    assert stage(annotator) == Stage.FINISHED and session.completion(annotator)
    done, total = session.progress(annotator)
    assert done == total == annotator.trials.count() == 3
    with pytest.raises(JoiningRefused):
        join(study)
    # What was left of the last block came after, and may have widened the interval again.
    Trial.objects.filter(finished_at__gt=plan.reached_at).delete()
    assert current_width(plan) <= 1.8


def test_a_rehearsal_does_not_close_a_study():
    study, plan = adaptive_study(3, plan={"precision": 100.0}, trials_per_annotator=4)
    for _ in range(8):  # tracks are kept apart, so that the least judged clip may lag behind
        walk(ready(study, rehearsal=True))
    study.refresh_from_db()
    plan.refresh_from_db()
    assert study.state == Study.State.OPEN and plan.reached_at is None
    assert current_width(plan, rehearsal=True) is not None and current_width(plan) is None


def test_tracks_stay_apart_across_blocks():
    study, _plan = adaptive_study(n_tracks=8, trials_per_annotator=8)
    for _ in range(3):
        annotator = ready(study)
        walk(annotator)
        tracks = list(annotator.trials.values_list("presentations__stimulus__clip__track", flat=True))
        assert all(one != two for one, two in pairwise(tracks)), tracks


def test_repeats_are_spread_over_the_blocks_and_lie_far_enough_behind():
    study, _plan = adaptive_study(
        n_tracks=8, trials_per_annotator=12, repeats_per_annotator=2, repeat_distance=3
    )
    annotator = ready(study)
    assert session.progress(annotator) == (0, 14)
    walk(annotator)
    repeats = list(annotator.trials.filter(kind="repeat").select_related("repeat_of"))
    assert len(repeats) == 2 and annotator.trials.count() == 14
    for trial in repeats:
        assert trial.position - trial.repeat_of.position - 1 >= 3 and not trial.adaptive
        assert trial.presentations.get().stimulus == trial.repeat_of.presentations.get().stimulus


def test_a_figure_that_cannot_be_computed_is_refused():
    study = make_study(2)
    question = study.questions.get()
    with pytest.raises(ValidationError, match="two different conditions"):
        AdaptiveDesign(study=study, question=question, first="evidence").clean()
    question.kind = Question.Kind.TEXT
    with pytest.raises(ValidationError, match="numbers"):
        AdaptiveDesign(study=study, question=question).clean()
    with pytest.raises(ValidationError, match="another study"):
        AdaptiveDesign(study=make_study(2), question=question).clean()


def test_a_design_that_cannot_be_followed_does_not_open():
    study = make_study(2, trials_per_annotator=8, attention_trials=1)
    AdaptiveDesign.objects.create(
        study=study, question=study.questions.get(), first="evidence", second="boosted"
    )
    with pytest.raises(StudyNotReady) as refused:
        open_study(study)
    words = " ".join(refused.value.reasons)
    assert "attention trials" in words and "boosted" in words and "every stimulus" in words


def test_a_contrast_that_is_all_a_study_presents_is_advised_against_before_it_opens(admin_client):
    study = make_study(4, conditions=CONDITIONS, trials_per_annotator=4, minimum_track_distance=1)
    plan = AdaptiveDesign.objects.create(study=study, question=study.questions.get())
    assert not adaptive_advice(study)  # every stimulus by itself
    plan.first, plan.second = CONDITIONS
    plan.save()
    (found,) = adaptive_advice(study)
    assert "only the evidence and the random control" in found
    page = admin_client.get(reverse("admin:study_study_change", args=[study.pk])).content.decode()
    assert "saves no judgments" in page
    plan.second = Clip.Condition.ORIGINAL
    plan.save()
    assert not adaptive_advice(study)  # the controls are heard besides
