"""Orders of whole sessions: what is presented, and the rules of spacing, under every design."""

import random
from collections import Counter
from itertools import pairwise, permutations

import pytest
from example_studies import CONDITIONS, make_clip, make_study, make_track
from hypothesis import given, settings
from hypothesis import strategies as st

from studyserver.study.design.allocation import plan_session, stimulus_sets
from studyserver.study.design.ordering import ALLOCATIONS, arrange_session, chosen_for, generator
from studyserver.study.design.spacing import Item, Kind, Place, Rules, breach, follows_its_original
from studyserver.study.lifecycle.opening import StudyNotReady, open_study, opening_problems
from studyserver.study.models import Stimulus, Study
from studyserver.study.recruitment.advice import advice


@st.composite
def designs(draw, most_tracks=6, most_items=5, most_trials=60):
    """Return the arguments of :func:`arrange_session`."""
    tracks = draw(
        st.lists(st.lists(st.booleans(), min_size=1, max_size=most_items), min_size=1, max_size=most_tracks)
    )
    items = [
        Item((track, number), track, unmasked, block=number if draw(st.booleans()) else 0)
        for track, members in enumerate(tracks)
        for number, unmasked in enumerate(members)
    ][:most_trials]
    practice = [
        Item(("practice", number), draw(st.integers(0, most_tracks)), draw(st.booleans()))
        for number in range(draw(st.integers(0, 2)))
    ]
    return {
        "items": items,
        "rules": Rules(draw(st.integers(0, 4)), draw(st.integers(0, 12))),
        "repeats": draw(st.integers(0, 4)),
        "blocks": draw(st.booleans()),
        "practice": practice,
        "attention": draw(st.integers(0, 3)),
        "attention_items": practice or items,
    }


@given(designs(), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_every_session_holds_what_it_should(design, seed):
    order = arrange_session(rng=random.Random(seed), **design)
    by_kind = {kind: [place.item.key for place in order if place.kind == kind] for kind in Kind}
    items = design["items"]
    assert Counter(by_kind[Kind.MAIN]) == Counter(item.key for item in items)
    assert Counter(by_kind[Kind.PRACTICE]) == Counter(item.key for item in design["practice"])
    assert len(set(by_kind[Kind.REPEAT])) == len(by_kind[Kind.REPEAT]) == min(design["repeats"], len(items))
    assert len(by_kind[Kind.ATTENTION]) == design["attention"]
    assert all(place.kind == Kind.PRACTICE for place in order[: len(design["practice"])])
    for position, place in enumerate(order):
        if place.is_repeat:
            assert place.item.key in {one.item.key for one in order[:position] if one.kind == Kind.MAIN}
    numbers = [place.block for place in order if place.kind in (Kind.MAIN, Kind.REPEAT)]
    if design["blocks"]:
        assert numbers == sorted(numbers)
        own = {}
        for place in order:
            if place.block is not None:
                assert own.setdefault(place.block, place.item.block) == place.item.block
    else:
        assert set(numbers) == {None}


def unavoidable(order: list[Place]) -> int:
    """Return the least number of masked clips right after their originals, over all orders there are."""
    first = [place for place in order if place.kind == Kind.PRACTICE]
    rest = [place for place in order if place.kind != Kind.PRACTICE]

    def possible(candidate):
        heard = set()
        for place in candidate:
            if place.is_repeat and place.item.key not in heard:
                return False
            heard.add(place.item.key if place.kind == Kind.MAIN else None)
        return True

    return min(
        sum(follows_its_original(one.item, two.item) for one, two in pairwise([*practice, *candidate]))
        for practice in permutations(first)
        for candidate in permutations(rest)
        if possible(candidate)
    )


@given(designs(most_tracks=3, most_items=3, most_trials=4), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_masked_clip_comes_right_after_its_original_only_where_no_order_prevents_it(design, seed):
    design |= {
        "repeats": min(design["repeats"], 1),
        "attention": min(design["attention"], 1),
        "blocks": False,
    }
    order = arrange_session(rng=random.Random(seed), **design)
    broken = breach(order, design["rules"]).after_original
    assert broken == 0 or broken == unavoidable(order)


@given(
    st.integers(4, 8),  # tracks: one more than the distance needs
    st.integers(2, 5),  # clips of each
    st.integers(0, 3),
    st.integers(0, 2),
    st.booleans(),
    st.integers(0, 10**6),
)
@settings(max_examples=40, deadline=None)
def test_where_there_is_room_every_rule_is_kept(tracks, clips, repeats, attention, with_practice, seed):
    items = [Item((t, c), t, unmasked=c == 0) for t in range(tracks) for c in range(clips)]
    practice = [Item("p", "own track", True), Item("q", "another", False)] if with_practice else []
    rules = Rules(2, min(6, len(items) // 2))
    order = arrange_session(
        items,
        random.Random(seed),
        rules=rules,
        repeats=min(repeats, len(items) // 4),
        practice=practice,
        attention=attention,
        attention_items=practice or items,
    )
    assert breach(order, rules) == (0, 0, 0)


@given(
    st.sampled_from(sorted(ALLOCATIONS)),
    st.integers(2, 12),
    st.integers(1, 6),
    st.lists(st.booleans(), min_size=1, max_size=30),
    st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_as_many_newcomers_as_left_restore_the_balance(allocation, n_items, n, leave, seed):
    """Whoever leaves, is screened out or runs out of time frees his places; others fill them."""
    items = [Item(number, number % 4) for number in range(n_items)]
    n = min(n, n_items)
    counts, sessions = Counter(), []

    def come(name):
        chosen = chosen_for(allocation, items, counts, n, generator(seed, name))
        sessions.append([item.key for item in chosen])
        counts.update(sessions[-1])

    for index in range(len(leave)):
        come(index)
    for gone, session_of in zip(leave, list(sessions), strict=True):
        if gone:
            counts.subtract(session_of)
    for index in range(sum(leave)):
        come(("new", index))
    assert max(counts[i] for i in range(n_items)) - min(counts[i] for i in range(n_items)) <= 1


# In studies ---------------------------------------------------------------------------------------


def make_rich_study(presentation, blocks="", **fields):
    study = make_study(
        6,
        CONDITIONS,
        presentation=presentation,
        reference_condition="original" if "reference" in presentation else "",
        trials_per_annotator=6,
        repeats_per_annotator=2,
        repeat_distance=3,
        practice_trials=2,
        attention_trials=2,
        blocks=blocks,
        **fields,
    )
    for number in range(4 if study.presents.has_intruder else 2):
        track = make_track(f"practice-{number}")
        for condition in CONDITIONS:
            target = "" if condition == "original" else "dissonance"
            clip = make_clip(track, condition, target)
            Stimulus.objects.create(study=study, clip=clip, role=Stimulus.Role.PRACTICE)
    if study.presents.has_intruder:  # needs clips of another target
        for stimulus in study.stimuli.filter(clip__condition="evidence").select_related("clip__track"):
            clip = make_clip(stimulus.clip.track, "evidence", "happy")
            Stimulus.objects.create(study=study, clip=clip, role=stimulus.role)
    return study


@pytest.mark.django_db
@pytest.mark.parametrize("allocation", Study.Allocation.values)
@pytest.mark.parametrize("blocks", ["", "target"])
@pytest.mark.parametrize("presentation", Study.PresentationKind.values)
def test_sessions_of_every_presentation_keep_the_rules(presentation, blocks, allocation):
    study = make_rich_study(presentation, blocks, allocation=allocation)
    if presentation == "single" and blocks:
        study.blocks = "condition"
    rules = Rules(study.minimum_track_distance, study.repeat_distance)
    for seed in range(4):
        planned = plan_session(study, generator(seed))
        kinds = Counter(trial.kind for trial in planned)
        assert kinds == {"practice": 2, "main": 6, "repeat": 2, "attention": 2}
        order = [
            Place(Item(trial.what.key, trial.what.track, trial.what.unmasked), Kind(trial.kind))
            for trial in planned
        ]
        found = breach(order, rules)
        assert found.after_original == 0
        if not blocks and not study.takes_whole_tracks:  # one track and a half leave no room
            assert found == (0, 0, 0)


@pytest.mark.django_db
def test_a_practice_set_is_never_taken_for_the_main_set_of_the_same_clips_name():
    study = make_rich_study("multiple")
    main = study.stimuli.main().select_related("clip__track").first()
    study.stimuli.practice().delete()
    for condition in CONDITIONS[1:]:
        clip = make_clip(main.clip.track, condition, "dissonance", variant=9)
        Stimulus.objects.create(study=study, clip=clip, role=Stimulus.Role.PRACTICE)
    study.practice_trials = 1
    [practice_set] = stimulus_sets(study, Stimulus.Role.PRACTICE)
    assert practice_set.key in {what.key for what in stimulus_sets(study)}  # otherwise nothing is tested
    for seed in range(5):
        for trial in plan_session(study, generator(seed)):
            is_practice_set = trial.what.members == practice_set.members
            assert is_practice_set == (trial.kind in ("practice", "attention"))


@pytest.mark.django_db
def test_what_no_order_can_keep_is_said_before_opening():
    """One practice clip, the original of the only track, and then its evidence."""
    study = make_study(1, ["evidence"], practice_trials=1)
    original = make_clip(study.stimuli.get().clip.track, "original")
    Stimulus.objects.create(study=study, clip=original, role=Stimulus.Role.PRACTICE)
    [problem] = opening_problems(study)
    assert "right after its original" in problem
    with pytest.raises(StudyNotReady):
        open_study(study)


@pytest.mark.django_db
def test_distances_that_cannot_be_kept_are_advised_against():
    study = make_study(2, minimum_track_distance=3, repeats_per_annotator=2, repeat_distance=20)
    assert opening_problems(study) == []
    text = " ".join(advice(study))
    assert "3 trials between clips of the same track" in text
    assert "20 trials between each trial and its repeat" in text
    text = " ".join(advice(make_study(6, minimum_track_distance=2, repeats_per_annotator=2)))
    assert "between" not in text


@pytest.mark.django_db
def test_too_few_whole_tracks_are_advised_against():
    study = make_study(6, CONDITIONS, trials_per_annotator=8)
    assert "keep 2 trials" not in " ".join(advice(study))
    study.allocation = Study.Allocation.WHOLE_TRACKS
    text = " ".join(advice(study))
    assert "keep 2 trials" in text
    assert "give annotators clips of as many tracks as possible" in text
