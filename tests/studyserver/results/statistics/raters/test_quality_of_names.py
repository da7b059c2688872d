"""Raters whose answers are names or sets of names, against plain loops."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from nltk.metrics.distance import masi_distance

from studyserver.results.statistics.raters.quality_of_names import named_pairwise_table, named_quality_table


def judgments(seed=1, n_items=12, n_raters=5, sets=False):
    generator = np.random.default_rng(seed)
    rows = []
    for item in range(n_items):
        for rater in range(n_raters):
            if generator.random() < 0.8:
                value = str(generator.choice(["a", "b", "c"], p=[0.6, 0.3, 0.1]))
                if sets:
                    value = frozenset(name for name in "abc" if generator.random() < 0.5)
                rows.append((item, f"r{rater}", value, item, 1000 + rater))
    return pd.DataFrame(rows, columns=["item", "rater", "value", "position", "response_ms"])


def alike(one, two):
    """Return the similarity of two answers; of sets as nltk defines MASI, two empty ones being the same."""
    if isinstance(one, frozenset):
        return 1.0 if not one and not two else 1 - masi_distance(one, two)
    return float(one == two)


@pytest.mark.parametrize("sets", [False, True])
def test_agreement_with_the_others_is_a_plain_loop(sets):
    table = judgments(sets=sets)
    found = named_quality_table(table).set_index("rater")
    for rater, own in table.groupby("rater"):
        per_item = []
        for row in own.itertuples():
            others = table[(table["item"] == row.item) & (table["rater"] != rater)]["value"]
            if len(others):
                per_item.append(np.mean([alike(row.value, other) for other in others]))
        assert found.loc[rater, "agreement_with_others"] == pytest.approx(np.mean(per_item), abs=1e-3)
        assert found.loc[rater, "n_judgments"] == len(own)
        assert found.loc[rater, "median_response_ms"] == 1000 + int(rater[1:])


@pytest.mark.parametrize("sets", [False, True])
def test_pairs_are_a_plain_loop(sets):
    table = judgments(2, sets=sets)
    found = named_pairwise_table(table).set_index(["first", "second"])
    wide = table.pivot(index="item", columns="rater", values="value")
    assert len(found) == 10
    for one, two in combinations(wide.columns, 2):
        both = wide[[one, two]].dropna()
        row = found.loc[(one, two)]
        assert row["n_items"] == len(both)
        assert row["exact_share"] == pytest.approx((both[one] == both[two]).mean())
        pairs = zip(both[one], both[two], strict=True)
        assert row["similarity"] == pytest.approx(np.mean([alike(*pair) for pair in pairs]), abs=1e-3)


def test_runs_are_of_what_was_given_where_that_is_not_the_answer_itself():
    """Somebody who always presses A prefers ever other clips."""
    table = pd.DataFrame(
        {"item": range(6), "rater": "r", "value": [1, 4, 5, 8, 9, 12], "given": 0, "position": range(6)}
    )
    assert named_quality_table(table).loc[0, "longest_run"] == 1
    assert named_quality_table(table.drop(columns="given")).loc[0, "longest_run"] == pytest.approx(1 / 6)


def test_who_shares_no_item_has_no_agreement():
    table = pd.DataFrame({"item": [1, 2, 2], "rater": ["x", "y", "z"], "value": ["a", "a", "b"]})
    found = named_quality_table(table).set_index("rater")["agreement_with_others"]
    assert np.isnan(found["x"]) and found["y"] == 0
    pairs = named_pairwise_table(table).set_index(["first", "second"])
    assert np.isnan(pairs.loc[("x", "y"), "similarity"]) and pairs.loc[("y", "z"), "n_items"] == 1


def test_a_second_answer_to_the_same_item_is_refused():
    table = pd.DataFrame({"item": [1, 1], "rater": ["x", "x"], "value": ["a", "b"]})
    with pytest.raises(ValueError, match="more than once"):
        named_quality_table(table)
