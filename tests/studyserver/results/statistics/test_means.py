import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyserver.results.statistics.intervals import jackknife
from studyserver.results.statistics.means import difference_with_interval, mean_with_interval


def test_worked_by_hand():
    # Two clips by two annotators: without a clip the mean is 4 or 2, without an annotator 3.5 or 2.5.
    found = mean_with_interval(
        np.array([1.0, 3, 4, 4]), np.array([1, 1, 2, 2]), np.array(["a", "b", "a", "b"])
    )
    assert found.value == 3
    # (n - 1) / n sum of squared deviations: clips 1/2 (1 + 1) = 1, annotators 1/2 (.25 + .25) = .25, less
    # judgments 3/4 (4/9 + 0 + 1/9 + 1/9) = .5: never below the larger of the first two.
    assert found.interval.se == pytest.approx(1.0)
    assert (found.n_judgments, found.n_items, found.n_raters) == (4, 2, 2)


def test_intervals_stay_on_the_scale_and_missing_ones_have_a_reason():
    wide = mean_with_interval(
        np.array([1.0, 5, 5, 1]), np.array([1, 1, 2, 3]), np.array([1, 2, 1, 2]), low=1, high=5
    )
    assert wide.interval.low >= 1 and wide.interval.high <= 5
    one = mean_with_interval(np.array([4.0, 3]), np.array([1, 2]), np.array(["a", "a"]))
    assert one.interval.low is None and "only one rater" in str(one.interval.reason)
    none = mean_with_interval(np.array([]), np.array([]), np.array([]))
    assert none.value is None and none.sd is None


@given(st.integers(0, 10_000), st.floats(-100, 100), st.integers(2, 6), st.integers(2, 6))
def test_adding_a_constant_and_relabelling_change_nothing_else(seed, constant, n_items, n_raters):
    rng = np.random.default_rng(seed)
    items, raters = (axis.ravel() for axis in np.meshgrid(range(n_items), range(n_raters)))
    values = rng.normal(size=len(items))
    plain = mean_with_interval(values, items, raters)
    shuffle = rng.permutation(len(values))
    moved = mean_with_interval(values[shuffle] + constant, 100 - items[shuffle], raters[shuffle] + 7)
    assert moved.value == pytest.approx(plain.value + constant)
    assert moved.interval.se == pytest.approx(plain.interval.se)


def test_intervals_of_a_difference_hold_the_truth():
    """Tracks differ, annotators differ, both react differently to the condition: .92 to 1 of 300 hold it."""
    rng = np.random.default_rng(1)
    tracks, raters = (axis.ravel() for axis in np.meshgrid(range(12), range(10)))
    held = 0
    for _ in range(300):
        shared = rng.normal(0, 1, 12)[tracks] + rng.normal(0, 1, 10)[raters]
        slope = 1 + rng.normal(0, 0.5, 12)[tracks] + rng.normal(0, 0.5, 10)[raters]
        sides = [(shared + part + rng.normal(0, 1, 120), tracks, raters) for part in (slope, 0)]
        difference, interval = difference_with_interval(*sides)
        assert difference == pytest.approx(sides[0][0].mean() - sides[1][0].mean())
        held += interval.low <= 1 <= interval.high
    assert 0.92 <= held / 300 <= 1


def test_items_that_count_alike_by_the_definition():
    generator = np.random.default_rng(8)
    items = np.concatenate([np.repeat(np.arange(6), 4), [6, 6, 7]])  # one item has a single judgment
    raters = np.concatenate([np.tile(np.arange(4), 6), [0, 1, 3]])
    values = generator.normal(size=len(items)) + items
    table = pd.DataFrame({"item": items, "rater": raters, "value": values})

    def mean(rows):
        return rows.groupby("item")["value"].mean().mean()

    found = mean_with_interval(values, items, raters, items_alike=True)
    assert found.value == pytest.approx(mean(table)) != pytest.approx(values.mean())
    without_item = np.array([mean(table[table["item"] != item]) for item in range(8)])
    without_rater = np.array([mean(table[table["rater"] != rater]) for rater in range(4)])
    without_cell = np.array([mean(table.drop(row)) for row in table.index])
    expected = jackknife(mean(table), without_item, without_rater, without_cell)
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))


def test_a_difference_of_tracks_that_count_alike_by_the_definition():
    generator = np.random.default_rng(9)
    sides = []
    for n, effect in ((40, 1.0), (25, 0.0)):
        tracks, raters = generator.integers(0, 5, n), generator.integers(0, 6, n)
        sides.append(pd.DataFrame({"track": tracks, "rater": raters, "value": effect + tracks}))

    def difference(column=None, label=None):
        parts = [side if column is None else side[side[column] != label] for side in sides]
        one, two = (part.groupby("track")["value"].mean().mean() for part in parts)
        return one - two

    arrays = [tuple(side[name].to_numpy() for name in ("value", "track", "rater")) for side in sides]
    found, interval = difference_with_interval(*arrays, items_alike=True)
    tracks = np.array([difference("track", label) for label in range(5)])
    raters = np.array([difference("rater", label) for label in range(6)])
    for side in sides:
        side["cell"] = side["track"] * 6 + side["rater"]
    cells = np.array([difference("cell", label) for label in set(sides[0]["cell"]) | set(sides[1]["cell"])])
    expected = jackknife(difference(), tracks, raters, cells)
    assert found == pytest.approx(difference())
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
