import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.study.design.ordering import (
    ALLOCATIONS,
    arrange_session,
    chosen_for,
    generator,
    least_judged,
    whole_tracks,
)
from studyserver.study.design.spacing import Item, Place, Rules

items_of_tracks = st.lists(
    st.lists(st.booleans(), min_size=1, max_size=6),  # per track: which of its items are unmasked
    min_size=1,
    max_size=8,
).map(
    lambda tracks: [
        Item((track, number), track, unmasked)
        for track, members in enumerate(tracks)
        for number, unmasked in enumerate(members)
    ]
)


def gaps(order: list[Place]) -> dict:
    """Return the smallest number of trials between two items of each track."""
    smallest, last = {}, {}
    for position, place in enumerate(order):
        track = place.item.track
        if track in last:
            smallest[track] = min(smallest.get(track, len(order)), position - last[track] - 1)
        last[track] = position
    return smallest


def masked_after_original(order: list[Place]) -> int:
    return sum(
        1
        for one, two in pairwise(order)
        if one.item.track == two.item.track and one.item.unmasked and not two.item.unmasked
    )


def full_design(n_tracks: int, n_conditions: int) -> list[Item]:
    return [
        Item((track, condition), track, unmasked=condition == 0)
        for track in range(n_tracks)
        for condition in range(n_conditions)
    ]


@given(items_of_tracks, st.integers(0, 4), st.integers(0, 5), st.integers(0, 12), st.integers(0, 10**6))
def test_everything_is_presented_once_and_repeats_twice(items, distance, repeats, repeat_distance, seed):
    order = arrange_session(
        items,
        random.Random(seed),
        rules=Rules(distance, repeat_distance),
        repeats=repeats,
    )
    first = [place.item.key for place in order if not place.is_repeat]
    second = [place.item.key for place in order if place.is_repeat]
    assert Counter(first) == Counter(item.key for item in items)
    assert len(second) == len(set(second)) == min(repeats, len(items))
    for position, place in enumerate(order):
        if place.is_repeat:
            assert any(earlier.item == place.item for earlier in order[:position])


@given(items_of_tracks, st.integers(0, 4), st.integers(0, 10**6))
def test_never_a_masked_clip_right_after_its_original(items, distance, seed):
    order = arrange_session(items, random.Random(seed), rules=Rules(distance))
    assert masked_after_original(order) == 0


@pytest.mark.parametrize(
    ("n_tracks", "n_conditions", "distance"), [(4, 4, 2), (10, 6, 2), (5, 3, 4), (3, 8, 2)]
)
def test_clips_of_one_track_are_kept_apart(n_tracks, n_conditions, distance):
    for seed in range(50):
        order = arrange_session(
            full_design(n_tracks, n_conditions), random.Random(seed), rules=Rules(distance)
        )
        assert min(gaps(order).values()) >= distance
        assert masked_after_original(order) == 0


def test_a_track_with_many_clips_is_spread_out():
    items = [Item(("a", number), "a") for number in range(5)] + [Item(n, f"other {n}") for n in range(8)]
    for seed in range(50):
        assert gaps(arrange_session(items, random.Random(seed), rules=Rules(2)))["a"] >= 2


def test_two_tracks_cannot_be_kept_further_apart_than_alternating():
    for seed in range(20):
        order = arrange_session(full_design(2, 4), random.Random(seed), rules=Rules(3))
        assert masked_after_original(order) == 0
        assert [place.item.track for place in order] in ([0, 1] * 4, [1, 0] * 4)


def test_repeats_keep_their_distance():
    for seed in range(30):
        order = arrange_session(full_design(8, 4), random.Random(seed), rules=Rules(2, 10), repeats=5)
        for position, place in enumerate(order):
            if place.is_repeat:
                first = next(i for i, other in enumerate(order) if other.item == place.item)
                assert position - first - 1 >= 10
        assert min(gaps(order).values()) >= 2
        assert masked_after_original(order) == 0


def test_practice_counts_for_the_first_trial():
    practice = [Item("p", 0, unmasked=True)]
    for seed in range(30):
        order = arrange_session(full_design(4, 3), random.Random(seed), rules=Rules(2), practice=practice)
        first = order[1:3]
        assert 0 not in {place.item.track for place in first}


def test_the_order_is_a_matter_of_the_seed():
    items = full_design(5, 4)
    one = arrange_session(items, generator(1, "A"), rules=Rules(2))
    assert one == arrange_session(items, generator(1, "A"), rules=Rules(2))
    assert one != arrange_session(items, generator(1, "B"), rules=Rules(2))
    assert one != arrange_session(items, generator(2, "A"), rules=Rules(2))


def test_orders_differ_so_that_no_condition_has_a_place():
    """Mean positions of the conditions over many annotators agree: order is no confounder."""
    total = Counter()
    for seed in range(300):
        order = arrange_session(full_design(6, 4), random.Random(seed), rules=Rules(2))
        for position, place in enumerate(order):
            total[place.item.key[1]] += position
    means = [total[condition] / (300 * 6) for condition in range(4)]
    assert max(means) - min(means) < 1.0  # of 24 positions


@given(
    st.sampled_from(sorted(ALLOCATIONS)),
    st.integers(1, 30),
    st.lists(st.integers(1, 40), min_size=1, max_size=40),
    st.integers(0, 10**6),
)
def test_least_judged_first_keeps_counts_within_one(allocation, n_items, wishes, seed):
    items = [Item(number, number % 3, excerpt=number % 5) for number in range(n_items)]
    counts = Counter()
    for annotator, wanted in enumerate(wishes):
        chosen = chosen_for(allocation, items, counts, wanted, generator(seed, annotator))
        assert len({item.key for item in chosen}) == min(wanted, n_items)
        counts.update(item.key for item in chosen)
        assert max(counts[item.key] for item in items) - min(counts[item.key] for item in items) <= 1


def test_ties_are_broken_at_random():
    items = [Item(number, number) for number in range(10)]
    firsts = Counter(least_judged(items, {}, 1, generator(1, name))[0].key for name in range(1000))
    assert len(firsts) == 10
    assert max(firsts.values()) < 200


def completed(items: list[Item], chosen: list[Item]) -> tuple[int, int]:
    """Return how many excerpts are chosen with all their items, and how many in part."""
    whole, own = (Counter((item.track, item.excerpt) for item in some) for some in (items, chosen))
    full = sum(own[name] == whole[name] for name in own)
    return full, len(own) - full


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.integers(0, 10**6))
def test_whole_tracks_go_to_one_annotator_where_they_fit(n_tracks, n_conditions, tracks_each, seed):
    items = full_design(n_tracks, n_conditions)
    n = min(tracks_each, n_tracks) * n_conditions
    counts = Counter()
    while counts.total() + n <= len(items):
        chosen = whole_tracks(items, counts, n, generator(seed, counts.total()))
        assert completed(items, chosen) == (n // n_conditions, 0)
        counts.update(item.key for item in chosen)


def test_one_track_is_divided_before_another_one_is():
    items = full_design(4, 3)
    counts, divided = Counter(), set()
    for annotator in range(3):
        chosen = whole_tracks(items, counts, 4, generator(1, annotator))
        counts.update(item.key for item in chosen)
        assert completed(items, chosen) == (1, 1)
        divided |= {track for track, n in Counter(item.track for item in chosen).items() if n < 3}
    assert len(divided) == 1
    assert set(counts.values()) == {1}


def test_who_gets_the_rest_of_a_track_gets_the_other_clips_of_it_too():
    items = full_design(3, 3)
    counts = Counter({item.key: 1 for item in items[1:]})
    chosen = whole_tracks(items, counts, 3, generator(1))
    assert {item.key for item in chosen} == {(0, 0), (0, 1), (0, 2)}


def test_two_excerpts_of_a_track_go_to_different_annotators_if_there_are_other_tracks():
    items = [Item((t, e, c), t, excerpt=e) for t in range(4) for e in range(3) for c in range(2)]
    for seed in range(20):
        chosen = whole_tracks(items, {}, 8, generator(seed))
        assert completed(items, chosen) == (4, 0)
        assert {item.track for item in chosen} == set(range(4))


def test_whole_tracks_are_chosen_and_divided_at_random():
    items = full_design(5, 2)
    firsts, parts = Counter(), Counter()
    for name in range(1000):
        chosen = whole_tracks(items, {}, 3, generator(1, name))
        own = Counter(item.track for item in chosen)
        firsts[max(own, key=own.__getitem__)] += 1
        parts[next(item.key[1] for item in chosen if own[item.track] == 1)] += 1
    assert max(firsts.values()) < 300 and len(firsts) == 5
    assert abs(parts[0] - 500) < 80
