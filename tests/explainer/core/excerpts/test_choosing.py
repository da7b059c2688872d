"""Excerpts chosen from curves whose best choice is known or can be found by trying all."""

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.excerpts.choosing import choose, levels_for
from explainer.core.excerpts.curve import Curve
from explainer.core.excerpts.rule import ExcerptError, ExcerptRule


def curve(values, *, step=1.0, seconds=3.0, sounding=None, output="value"):
    values = np.asarray(values, dtype=float)
    return Curve(
        starts=np.arange(len(values)) * step,
        seconds=seconds,
        outputs={"happy": values},
        sounding=np.ones(len(values)) if sounding is None else np.asarray(sounding, dtype=float),
        output=output,
        starts_on="anywhere",
    )


def rule(**values):
    return ExcerptRule(**{"seconds": 3.0, "apart": 1.0, "starts_on": "anywhere", **values})


def starts_of(choices):
    return [choice.start for choice in choices]


def test_most_and_least_are_the_peak_and_the_dip():
    values = [0, 1, 5, 1, 0, -3, 0]
    assert starts_of(choose(curve(values), "happy", rule(number=1, where="most"))) == [2]
    assert starts_of(choose(curve(values), "happy", rule(number=1, where="least"))) == [5]


def test_two_good_excerpts_are_better_than_the_best_one_in_their_way():
    # The best, at 4, leaves no room beside it: 4 - 4 < 0 and 4 + 4 > 7. Two others fit.
    values = [5, 0, 0, 0, 9, 0, 0, 5]
    assert starts_of(choose(curve(values), "happy", rule(number=2, where="most"))) == [0, 4]
    values = [5, 0, 0, 6, 0, 0, 0, 5]
    assert starts_of(choose(curve(values), "happy", rule(number=2, where="most"))) == [3, 7]


def test_spread_takes_the_lowest_the_middle_and_the_highest():
    values = np.zeros(30)
    values[[2, 13, 25]] = 10, -10, 4
    values[7] = 0.1
    chosen = choose(curve(values), "happy", rule(number=3, where="spread"))
    assert {choice.start: choice.level for choice in chosen}[2] == 10
    assert {choice.start: choice.level for choice in chosen}[13] == -10
    assert [choice.level for choice in chosen if choice.start not in (2, 13)] == [0]


def test_outputs_that_are_probabilities_are_spread_in_log_odds():
    values = [0.01, 0.05, 0.1, 0.5, 0.6, 0.75, 0.9, 0.95, 0.99]
    chosen = choose(curve(values, step=10, output="probability"), "happy", rule(number=3, where="spread"))
    assert [choice.output for choice in chosen] == [0.01, 0.5, 0.99]
    assert chosen[1].level == pytest.approx(0)


def test_silent_places_are_not_chosen():
    values, sounding = [9, 1, 2, 1, 0], [0.2, 1, 1, 1, 1]
    [choice] = choose(curve(values, sounding=sounding), "happy", rule(number=1, where="most"))
    assert choice.start == 2


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.integers(-20, 20), min_size=1, max_size=9),
    gaps=st.lists(st.floats(0.5, 3), min_size=9, max_size=9),
    number=st.integers(1, 3),
    where=st.sampled_from(["most", "least", "spread"]),
)
def test_no_other_choice_is_better(values, gaps, number, where):
    starts = np.round(np.cumsum(gaps[: len(values)]), 3)
    given_curve = Curve(
        starts, 3.0, {"happy": np.array(values, dtype=float)}, np.ones(len(values)), "value", "anywhere"
    )
    wanted = rule(number=number, where=where)

    def apart(chain):
        return all(starts[two] >= starts[one] + 4 - 1e-6 for one, two in pairwise(chain))

    low, high = min(values), max(values)
    levels = [(low + high) / 2] if number == 1 else np.linspace(low, high, number)

    def cost(chain):
        if where == "spread":
            return min(
                sum((values[i] - level) ** 2 for i, level in zip(chain, order, strict=True))
                for order in permutations(levels)
            )
        return sum(values[i] for i in chain) * (-1 if where == "most" else 1)

    chains = [chain for chain in combinations(range(len(values)), number) if apart(chain)]
    if not chains:
        with pytest.raises(ExcerptError, match="room for only"):
            choose(given_curve, "happy", wanted)
        return
    chosen = choose(given_curve, "happy", wanted)
    places = [int(np.flatnonzero(starts == choice.start)[0]) for choice in chosen]
    assert apart(places) and len(places) == number
    assert [choice.output for choice in chosen] == [values[place] for place in places]
    assert cost(tuple(places)) == pytest.approx(min(cost(chain) for chain in chains))


def test_levels_are_divided_among_tracks_so_that_all_together_are_even():
    rng = np.random.default_rng(0)
    tracks = [rng.uniform(low, low + 3, 200) for low in (0, 2, 4, 6)]
    levels = levels_for(tracks, 2)
    assert all(len(row) == 2 for row in levels)
    everything = np.concatenate(tracks)
    np.testing.assert_allclose(
        sorted(np.concatenate(levels)), np.linspace(everything.min(), everything.max(), 8)
    )
    for row, values in zip(levels, tracks, strict=True):
        assert values.min() - 0.6 < min(row) and max(row) < values.max() + 0.6


def test_one_excerpt_of_each_track_is_spread_over_all_tracks_and_not_at_each_middle():
    tracks = [np.linspace(0, 10, 50)] * 3
    assert sorted(level for row in levels_for(tracks, 1) for level in row) == [0, 5, 10]


def test_given_levels_are_sought():
    values = np.arange(40.0)
    chosen = choose(curve(values), "happy", rule(number=2, where="spread"), levels=[30.0, 7.0])
    assert [(choice.output, choice.level) for choice in chosen] == [(7, 7), (30, 30)]


def test_an_unknown_target_is_refused():
    with pytest.raises(ExcerptError, match="no target sad; it has 1 target: happy"):
        choose(curve([1, 2]), "sad", rule(number=1))


def test_the_reason_is_named_where_silence_leaves_no_room():
    with pytest.raises(
        ExcerptError, match=r"song has room for only 1 excerpt .* because 6 of 8 places are silent"
    ):
        choose(
            curve(range(8), sounding=[0, 0, 0, 0, 0, 0, 1, 1]), "happy", rule(number=2), name="song"
        )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"number": -1}, "up to 10 excerpts"),
        ({"number": 11}, "up to 10 excerpts"),
        ({"seconds": 0.5}, "1 to 60 s, not 0.5; 6 to 8 s are usual"),
        ({"seconds": float("nan")}, "not nan"),
        ({"apart": -1}, "0 or more"),
        ({"where": "best"}, "use one of spread, most, least"),
        ({"starts_on": "notes"}, "use one of beats, bars, anywhere"),
    ],
)
def test_invalid_rules_are_refused(values, words):
    with pytest.raises(ExcerptError, match=words):
        ExcerptRule(**values)


def test_a_short_track_is_refused_with_what_it_would_need():
    ExcerptRule(number=2, seconds=7, apart=1).require_room(15.0, "song")
    with pytest.raises(
        ExcerptError, match=r"song lasts 14\.9 s, but 2 excerpts of 7 s that lie 1 s apart need 15 s"
    ):
        ExcerptRule(number=2, seconds=7, apart=1).require_room(14.9, "song")
    with pytest.raises(ExcerptError, match="1 excerpt of 7 s needs 7 s; choose shorter excerpts"):
        ExcerptRule(number=1, seconds=7).require_room(5, "song")


def test_a_rule_for_no_excerpt_chooses_none():
    nothing = rule(number=0)
    assert choose(curve([1, 2]), "happy", nothing) == []
    nothing.require_room(3.0, "song")
    with pytest.raises(ExcerptError, match="1 excerpt of 3 s needs 3 s"):
        nothing.require_room(2.9, "song")


def test_rule_and_curve_survive_json():
    one = rule(number=4, where="least")
    assert ExcerptRule.from_dict(one.to_dict()) == one
    first = curve([1, 2, 3], sounding=[1, 0.5, 1])
    again = Curve.from_dict(first.to_dict())
    assert again.to_dict() == first.to_dict() and again.usable().tolist() == [True, False, True]
