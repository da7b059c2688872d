from collections import Counter
from itertools import pairwise

import pytest
from django.utils import timezone
from example_studies import CONDITIONS, make_clip, make_study, make_track, ready, walk

from explainer.models import Clip, Excerpt
from studyserver.study.design.allocation import expected_trials, judged_counts
from studyserver.study.lifecycle import opening
from studyserver.study.models import Annotator, Presentation, Stimulus, Study, Trial
from studyserver.study.sessions import session

pytestmark = pytest.mark.django_db


def open_study(**fields):
    study = make_study(**fields)
    opening.open_study(study)
    return study


def spread(study) -> int:
    counts = judged_counts(study)
    numbers = [counts[stimulus.pk] for stimulus in study.stimuli.active().main()]
    return max(numbers) - min(numbers)


def test_everything_is_allocated_at_once_and_once():
    annotator = ready(open_study(trials_per_annotator=5))
    assert not annotator.trials.exists()
    session.current_trial(annotator)
    assert list(annotator.trials.values_list("position", flat=True)) == [1, 2, 3, 4, 5]
    session.current_trial(annotator)
    assert annotator.trials.count() == 5


@pytest.mark.parametrize("allocation", Study.Allocation.values)
def test_counts_stay_within_one(allocation):
    study = open_study(trials_per_annotator=5, allocation=allocation)
    for _ in range(11):
        session.current_trial(ready(study))
        assert spread(study) <= 1


def heard_by(annotator) -> list[Clip]:
    session.current_trial(annotator)
    return [trial.presentations.get().stimulus.clip for trial in annotator.trials.order_by("position")]


def test_an_annotator_hears_every_condition_of_few_tracks_apart_and_never_after_the_original():
    study = open_study(n_tracks=9, trials_per_annotator=12, allocation="whole_tracks")
    for _ in range(6):
        clips = heard_by(ready(study))
        assert sorted(Counter(clip.track for clip in clips).values()) == [4, 4, 4]
        assert spread(study) <= 1
        last = {}
        for position, clip in enumerate(clips):
            assert position - last.get(clip.track, -9) > 2
            last[clip.track] = position


def test_the_excerpt_is_what_one_annotator_hears_whole():
    study = make_study(n_tracks=0, trials_per_annotator=6, allocation="whole_tracks")
    for name in ("one", "two", "three"):
        track = make_track(name)
        for start in (0, 1):
            excerpt = track.excerpts.create(start=start, frames=8000, chosen_by=Excerpt.ChosenBy.HAND)
            for condition in CONDITIONS[1:]:
                clip = make_clip(track, condition, "dissonance", variant=start)
                Clip.objects.filter(pk=clip.pk).update(excerpt=excerpt)
                Stimulus.objects.create(study=study, clip=clip)
    opening.open_study(study)
    for _ in range(3):
        clips = heard_by(ready(study))
        assert sorted(Counter(clip.excerpt for clip in clips).values()) == [3, 3]
        assert len({clip.track for clip in clips}) == 2
    assert spread(study) == 0


def test_sets_of_clips_are_of_as_many_tracks_as_possible_in_any_case():
    study = open_study(n_tracks=4, presentation="pair", trials_per_annotator=4, allocation="whole_tracks")
    annotator = ready(study)
    session.current_trial(annotator)
    tracks = {trial.presentations.first().stimulus.clip.track for trial in annotator.trials.all()}
    assert len(tracks) == 4


@pytest.mark.parametrize("way", ["withdrawn", "discarded", "expired", "screened out"])
def test_who_leaves_frees_the_places(way):
    study = open_study(n_tracks=2, trials_per_annotator=4)
    gone = ready(study)
    walk(gone, 2)
    taken = set(Presentation.objects.values_list("stimulus", flat=True))
    if way == "withdrawn":
        session.withdraw(gone, keep_answers=True)
    elif way == "discarded":
        session.withdraw(gone, keep_answers=False)
    elif way == "expired":
        Annotator.objects.update(expires_at=timezone.now())
    else:
        session.screen_out(gone)
    assert not judged_counts(study)
    one, two = ready(study), ready(study)
    session.current_trial(one)
    session.current_trial(two)
    assert spread(study) == 0
    assert taken <= set(judged_counts(study))


def test_who_has_finished_counts_after_the_session_would_have_expired():
    study = open_study(n_tracks=1)
    walk(ready(study))
    Annotator.objects.update(expires_at=timezone.now())
    assert judged_counts(study).total() == 4


def test_rehearsals_and_people_do_not_count_for_each_other():
    study = open_study(n_tracks=2, trials_per_annotator=4)
    for _ in range(3):
        walk(ready(study, rehearsal=True))
    assert not judged_counts(study)
    assert judged_counts(study, rehearsal=True).total() == 12
    walk(ready(study))
    assert judged_counts(study).total() == 4


def test_practice_comes_first_and_repeats_are_marked():
    study = make_study(
        n_tracks=6, trials_per_annotator=16, repeats_per_annotator=3, repeat_distance=8, practice_trials=2
    )
    track = make_track("practice")
    for condition in CONDITIONS[:3]:
        clip = make_clip(track, condition, "" if condition == "original" else "dissonance")
        Stimulus.objects.create(study=study, clip=clip, role="practice")
    opening.open_study(study)
    assert expected_trials(study) == 21
    annotator = ready(study)
    assert walk(annotator) == 21
    kinds = list(annotator.trials.values_list("kind", flat=True))
    assert kinds[:2] == ["practice", "practice"]
    assert Counter(kinds) == {"practice": 2, "main": 16, "repeat": 3}
    for trial in annotator.trials.filter(kind=Trial.Kind.REPEAT):
        assert trial.presentations.get().stimulus == trial.repeat_of.presentations.get().stimulus
        assert trial.position - trial.repeat_of.position > 8
    # Neither practice nor repeats count in the balance.
    assert judged_counts(study).total() == 16


def test_inactive_stimuli_are_presented_no_more():
    study = open_study(n_tracks=2)
    off = study.stimuli.first()
    Stimulus.objects.filter(pk=off.pk).update(active=False)
    annotator = ready(study)
    walk(annotator)
    assert annotator.trials.count() == 7
    assert not off.presentations.exists()


def test_addresses_are_everybodys_own():
    study = open_study(n_tracks=2)
    for _ in range(3):
        session.current_trial(ready(study))
    tokens = list(Presentation.objects.values_list("token", flat=True))
    tokens += Trial.objects.values_list("token", flat=True)
    assert len(set(tokens)) == len(tokens) == 2 * 3 * 8
    assert all(len(token) >= 20 for token in tokens)


def test_a_masked_clip_never_follows_its_original():
    study = open_study(n_tracks=2)
    Study.objects.update(minimum_track_distance=0)
    for _ in range(10):
        annotator = ready(study)
        session.current_trial(annotator)
        clips = [trial.presentations.get().stimulus.clip for trial in annotator.trials.order_by("position")]
        for before, after in pairwise(clips):
            assert not (before.track == after.track and before.condition == "original")
