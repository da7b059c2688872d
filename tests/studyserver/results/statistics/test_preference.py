"""Preferences and strengths against hand calculation, simulated listeners and independent formulas."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from studyserver.results.statistics.agreement import bradley_terry
from studyserver.results.statistics.preference import pairs_of, preference_table, strengths_table
from studyserver.results.statistics.reasons import Reason, Why

SIDES = pd.CategoricalDtype(["original", "evidence", "control"], ordered=True)


def clips(*answers):
    """Return clips of answers, each given as its sides in the order shown, the one picked, and a strength."""
    rows = []
    for number, (sides, picked, strength) in enumerate(answers):
        for position, side in enumerate(sides):
            sign = 0 if picked is None else 1 if side == picked else -1
            rows.append((number, "track", "rater", side, position, side == picked, sign * strength))
    names = ["judgment", "item", "rater", "side", "position", "picked", "strength"]
    return pd.DataFrame(rows, columns=names).astype({"side": SIDES})


def test_a_pair_says_who_was_preferred_how_strongly_and_who_was_shown_first():
    found = pairs_of(clips((["control", "evidence"], "evidence", 2), (["original", "control"], None, 0)))
    assert found[["first", "second"]].to_numpy().tolist() == [
        ["evidence", "control"],
        ["original", "control"],
    ]
    assert found["preferred"].tolist() == [1, 0.5]
    assert found["strength"].tolist() == [2, 0]
    assert found["shown_first"].tolist() == [0, 1]


def test_the_best_of_three_beats_the_others_and_says_nothing_of_them():
    found = pairs_of(clips((["evidence", "original", "control"], "evidence", 1)))
    pairs = list(zip(found["first"], found["second"], found["preferred"], strict=True))
    assert sorted(pairs) == [("evidence", "control", 1.0), ("original", "evidence", 0.0)]
    assert found["strength"].isna().all()


def compare(n_items=12, n_raters=20, *, shift=0.4, between=0.0, order=0.0, seed=7):
    """Return pairs of two sides, judged by people with leanings of their own."""
    generator = np.random.default_rng(seed)
    items, raters = np.divmod(np.arange(n_items * n_raters), n_raters)
    shown = generator.integers(0, 2, len(items)).astype(float)
    logit = shift + between * generator.normal(size=n_raters)[raters] + order * (2 * shown - 1)
    preferred = (generator.random(len(items)) < 1 / (1 + np.exp(-logit))).astype(float)
    return pd.DataFrame(
        {
            "item": items, "rater": raters, "first": "evidence", "second": "control",
            "preferred": preferred, "strength": 2 * preferred - 1, "shown_first": shown,
        }
    )  # fmt: skip


def test_preference_has_an_exact_and_a_cluster_aware_interval():
    pairs = compare(between=1.5)
    table = preference_table(pairs).set_index(["statistic", "ci_scope"])
    exact = table.loc[("preference_exact", "judgments")]
    bounds = stats.binomtest(int(pairs["preferred"].sum()), 240).proportion_ci()
    assert (exact["ci_low"], exact["ci_high"]) == (pytest.approx(bounds.low), pytest.approx(bounds.high))
    aware = table.loc[("preference", "items+raters")]
    assert aware["ci_high"] - aware["ci_low"] > 1.5 * (exact["ci_high"] - exact["ci_low"])
    assert table.loc[("strength", "items"), "estimate"] == pytest.approx(2 * aware["estimate"] - 1)


def test_ties_count_half_in_the_share_and_not_in_the_exact_interval():
    pairs = compare(2, 2).assign(preferred=[1, 0.5, 0.5, 1], strength=[3, 0, 0, 1])
    table = preference_table(pairs).set_index("statistic")
    assert table.loc["preference", "estimate"].iloc[0] == 0.75
    assert table.loc["undecided", "estimate"].iloc[0] == 0.5
    assert table.loc["strength", "estimate"].iloc[0] == 1
    assert table.loc["preference_exact", "n_judgments"] == 2


def test_nobody_decided_is_undefined_where_it_must_be():
    table = preference_table(compare(2, 3).assign(preferred=0.5, strength=np.nan)).set_index("statistic")
    assert set(table.loc[["preference_exact"], "status"]) == {"undefined"}
    assert set(table.loc["strength", "reason"]) == {Reason(Why.NO_STRENGTH_ASKED)}
    assert set(table.loc["first_shown_chosen", "status"]) == {"undefined"}


def test_the_effect_of_order_is_found_whichever_side_was_shown_first():
    pairs = compare(40, 30, shift=0.0, order=0.8)
    table = preference_table(pairs).set_index(["statistic", "ci_scope"])
    chosen = table.loc[("first_shown_chosen", "items+raters")]
    assert chosen["ci_low"] < 1 / (1 + np.exp(-0.8)) < chosen["ci_high"]
    order = strengths_table(pairs).set_index(["statistic", "ci_scope"]).loc[("order_effect", "items+raters")]
    assert order["ci_low"] < 0.8 < order["ci_high"] and order["ci_low"] > 0


def test_strengths_are_those_of_the_model_fitted_to_single_comparisons():
    truth = {"original": 0.8, "evidence": 0.2, "control": -1.0}
    generator = np.random.default_rng(3)
    rows = []
    for number in range(600):
        first, second = np.sort(generator.choice(3, 2, replace=False))
        names = list(truth)
        a, b = names[first], names[second]
        won = generator.random() < 1 / (1 + np.exp(truth[b] - truth[a]))
        rows.append((number % 20, number % 13, a, b, float(won), 1.0, float(generator.integers(0, 2))))
    pairs = pd.DataFrame(
        rows, columns=["item", "rater", "first", "second", "preferred", "strength", "shown_first"]
    )
    table = strengths_table(pairs)
    shown = pairs["shown_first"] == 1
    oracle = bradley_terry(
        pairs["first"].where(shown, pairs["second"]),
        pairs["second"].where(shown, pairs["first"]),
        pairs["preferred"].where(shown, 1 - pairs["preferred"]),
    )
    found = table[table["ci_scope"] == "items+raters"].set_index("side")
    expected = oracle.strengths.set_index("option")
    for side, strength in truth.items():
        assert found.loc[side, "estimate"] == pytest.approx(expected.loc[side, "strength"])
        assert found.loc[side, "ci_low"] < strength < found.loc[side, "ci_high"]
        assert found.loc[side, "se"] == pytest.approx(expected.loc[side, "se"], rel=0.6)


def test_a_side_that_never_won_has_no_strength_and_the_reason_names_it():
    table = strengths_table(compare(4, 4).assign(preferred=1.0))
    assert set(table["status"]) == {"undefined"}
    assert "control never won" in str(table["reason"].iloc[0])


def test_published_comparisons_of_explanations_are_recomputed():
    """Jeyakumar et al. (NeurIPS 2020), audio: wins of 117 comparisons of every pair of methods."""
    methods = ["example", "gradcam++", "saliency", "shap"]
    wins = np.array([[0, 83, 75, 91], [34, 0, 62, 73], [42, 55, 0, 65], [26, 44, 52, 0]])
    assert (wins + wins.T)[np.triu_indices(4, 1)].tolist() == [117] * 6
    rows, orders = np.nonzero(wins), []
    for first, second, preferred in ((rows[0], rows[1], 1), (rows[1], rows[0], 0)):  # in both orders
        columns = {"first": first, "second": second, "preferred": preferred, "times": wins[rows] / 2}
        orders.append(pd.DataFrame(columns))
    table = pd.concat(orders)
    found = bradley_terry(table["first"], table["second"], table["preferred"], weights=table["times"])
    strengths = found.strengths.set_index("option")["strength"].loc[range(4)].to_numpy()
    assert strengths == pytest.approx([0.675, -0.062, -0.124, -0.489], abs=6e-4)
    assert np.exp(strengths) / np.exp(strengths).sum() == pytest.approx(
        [0.4463, 0.2136, 0.2007, 0.1394], abs=6e-5
    )
    shares = [
        preference_table(_judgments(wins[place], (wins.T)[place])).iloc[0]["estimate"] for place in range(4)
    ]
    published = dict(zip(methods, [0.709, 0.481, 0.461, 0.347], strict=True))
    assert shares == pytest.approx(list(published.values()), abs=6e-4)


def _judgments(won, lost):
    """Return a method's comparisons with all others, each by a person and of a clip of its own."""
    n = int(won.sum() + lost.sum())
    preferred = np.repeat([1.0, 0.0], [int(won.sum()), int(lost.sum())])
    return pd.DataFrame(
        {
            "item": np.arange(n), "rater": np.arange(n) % 117, "first": "one", "second": "other",
            "preferred": preferred, "strength": np.nan, "shown_first": 1.0,
        }
    )  # fmt: skip
