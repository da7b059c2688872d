"""Agreement on time: beside frames and an independent alpha, by hand, and by what must not matter."""

import krippendorff
import numpy as np
import pandas as pd
import pytest

from studyserver.results.statistics.reasons import Reason, Why
from studyserver.results.statistics.time_marks import evidence_time_table, time_agreement_table

FRAME = 0.01


def marks(rows, seconds=10.0):
    table = pd.DataFrame(rows, columns=["item", "rater", "stretches"])
    return table.assign(seconds=seconds)


def simulated(seed, n_items=6, n_raters=5, *, shared=True, missing=0.2):
    """Return stretches on a grid of frames: around a moment of the clip, or anywhere."""
    generator = np.random.default_rng(seed)
    rows = []
    for item in range(n_items):
        centre = generator.uniform(2, 8)
        for rater in range(n_raters):
            if generator.random() < missing:
                continue
            middle = centre + generator.normal(0, 0.5) if shared else generator.uniform(2, 8)
            half = generator.uniform(0.5, 1.5)
            first, last = (round(float(np.clip(x, 0, 10)), 2) for x in (middle - half, middle + half))
            rows.append((item, rater, [(first, last)] if generator.random() < 0.9 else []))
    return marks(rows)


def frames(table):
    """Return annotators x frames of all clips: 1 where marked, NaN where not judged."""
    grid = (np.arange(1000) + 0.5) * FRAME
    raters = sorted(table["rater"].unique())
    blocks = []
    for _item, part in table.groupby("item"):
        block = np.full((len(raters), 1000), np.nan)
        for row in part.itertuples():
            block[raters.index(row.rater)] = sum((b < grid) & (grid < e) for b, e in row.stretches)
        blocks.append(block)
    return np.concatenate(blocks, axis=1)


def figure(table, statistic, scope="items+raters"):
    return table.set_index(["statistic", "ci_scope"]).loc[(statistic, scope)]


@pytest.mark.parametrize("shared", [True, False])
def test_alpha_over_time_is_that_of_fine_frames(shared):
    table = simulated(1, shared=shared)
    expected = krippendorff.alpha(frames(table), level_of_measurement="nominal")
    assert figure(time_agreement_table(table), "time_alpha")["estimate"] == pytest.approx(expected, abs=1e-4)


def test_two_annotators_agree_on_marked_time_as_dice_says():
    table = time_agreement_table(marks([("a", 1, [(1, 4)]), ("a", 2, [(2, 6)]), ("a", 3, [(2, 6)])][:2]))
    assert figure(table, "time_agreement_on_marked", "items")["estimate"] == pytest.approx(2 * 2 / (3 + 4))
    assert figure(table, "marked_share", "items")["estimate"] == pytest.approx(0.35)
    p = 7 / 20
    assert figure(table, "time_alpha", "items")["estimate"] == pytest.approx(1 - 0.3 / (2 * p * (1 - p)))


def test_cutting_a_stretch_in_two_that_touch_changes_nothing():
    whole = time_agreement_table(
        marks([("a", 1, [(1, 4)]), ("a", 2, [(2, 6)]), ("b", 1, []), ("b", 2, [(0, 9)])])
    )
    cut = time_agreement_table(
        marks([("a", 1, [(1, 2.5), (2.5, 4)]), ("a", 2, [(2, 6)]), ("b", 1, []), ("b", 2, [(0, 9)])])
    )
    np.testing.assert_allclose(cut["estimate"], whole["estimate"])


def test_chance_gives_about_nothing_and_shared_moments_much():
    by_chance = figure(time_agreement_table(simulated(2, 40, 8, shared=False)), "time_alpha")
    shared = figure(time_agreement_table(simulated(3, 40, 8)), "time_alpha")
    # Marks anywhere between 2 and 8 of 10 s share the middle, so chance is a little above none.
    assert abs(by_chance["estimate"]) < 0.15 < 0.4 < shared["ci_low"]


def test_what_says_nothing_is_undefined_with_its_reason():
    alone = time_agreement_table(marks([("a", 1, [(1, 2)]), ("b", 2, [(1, 2)])]))
    assert figure(alone, "time_alpha")["reason"] == Reason(Why.NO_SHARED_CLIP)
    assert figure(alone, "marked_share")["estimate"] == pytest.approx(0.1)
    nothing = time_agreement_table(marks([("a", 1, []), ("a", 2, [])]))
    assert figure(nothing, "time_alpha")["reason"] == Reason(Why.ALL_OR_NOTHING_MARKED)
    assert figure(nothing, "time_agreement_on_marked")["status"] == "undefined"
    assert figure(nothing, "heard_somewhere", "items")["estimate"] == 0
    everything = time_agreement_table(marks([("a", 1, [(0, 10)]), ("a", 2, [(0, 10)])]))
    assert figure(everything, "time_alpha")["status"] == "undefined"


def test_marks_are_laid_beside_the_evidence():
    profile = np.array([0.0, 1.0, 1.0, 0.0, 0.5])  # of 2 s each
    table = marks([("a", 1, [(2, 5)]), ("a", 2, [(3, 7)]), ("a", 3, [(0, 10)]), ("b", 1, [(0, 1)])])
    found = evidence_time_table(table, {"a": profile})
    # Evidence lasts 2 + 2 + 1 s for each of three annotators, the rest as long.
    within, beyond = (3 + 3 + 5) / 15, (0 + 1 + 5) / 15
    assert figure(found, "marked_where_evidence", "items")["estimate"] == pytest.approx(within)
    assert figure(found, "marked_elsewhere", "items")["estimate"] == pytest.approx(beyond)
    assert figure(found, "marked_more_where_evidence", "items")["estimate"] == pytest.approx(within - beyond)
    assert set(found["n_judgments"]) == {3}


def test_marks_shifted_at_random_find_the_evidence_as_often_as_the_rest():
    generator = np.random.default_rng(5)
    profiles = {item: generator.random(50) ** 3 for item in range(30)}
    rows = []
    for item in range(30):
        for rater in range(8):
            begin = generator.uniform(0, 10)
            end = begin + 3
            ring = [(begin, min(end, 10))] + ([(0.0, end - 10)] if end > 10 else [])
            rows.append((item, rater, ring))
    row = figure(evidence_time_table(marks(rows), profiles), "marked_more_where_evidence")
    assert row["ci_low"] < 0 < row["ci_high"] and abs(row["estimate"]) < 0.03


def test_evidence_in_frequency_alone_has_no_time_of_its_own():
    table = marks([("a", 1, [(2, 5)]), ("a", 2, [(3, 7)])])
    found = evidence_time_table(table, {"a": np.full(20, 0.4)})
    assert set(found["status"]) == {"undefined"} and set(found["reason"]) == {Reason(Why.CONSTANT_EVIDENCE)}
