"""Options one by one, second presentations, and comparisons of pairs."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from nltk.metrics.distance import masi_distance
from panels import long, panel
from sklearn.metrics import cohen_kappa_score

from studyserver.results.statistics.agreement import (
    PairsError,
    agreement_table,
    bradley_terry,
    named_retest_table,
    prepare,
    retest_table,
    spearman_brown,
    specific_agreement,
)


def test_specific_agreement_of_two_raters_is_2a_over_2a_plus_b_plus_c():
    """Cicchetti & Feinstein (1990): positive and negative agreement of [[40, 9], [6, 45]]."""
    pairs = [(1, 1)] * 40 + [(1, 0)] * 9 + [(0, 1)] * 6 + [(0, 0)] * 45
    ratings = prepare(*long(np.array(pairs, dtype=float)), "nominal", [0.0, 1.0, 2.0])
    found = specific_agreement(ratings).set_index("option")
    assert found.loc[1, "specific_agreement"] == pytest.approx(80 / 95)
    assert found.loc[0, "specific_agreement"] == pytest.approx(90 / 105)
    assert found.loc[1, "prevalence"] == pytest.approx(95 / 200)
    assert found.loc[2, "status"] == "undefined" and np.isnan(found.loc[2, "specific_agreement"])


def test_every_option_of_a_checklist_is_looked_at_by_itself():
    sets = [{"calm"}, {"calm", "minor"}, {"calm"}, set(), {"minor"}, {"minor"}]
    ratings = prepare([1, 1, 1, 2, 2, 2], ["a", "b", "c"] * 2, sets, "sets")
    found = specific_agreement(ratings, ["minor", "calm", "fast"]).set_index("option")
    # "calm": ticked by all three for item 1; "minor": by one for item 1 and two for item 2.
    assert found.loc["calm", "specific_agreement"] == 1
    assert found.loc["minor", "specific_agreement"] == pytest.approx(2 / (2 + 4))
    assert found["n_judgments"].tolist() == [3, 3, 0]
    assert found.loc["calm", "prevalence"] == pytest.approx(0.5)
    assert found.loc["fast", "status"] == "undefined"


def test_spearman_brown_doubles_as_the_textbook_says():
    assert spearman_brown(0.5, 2) == pytest.approx(2 / 3)


@pytest.fixture
def passes():
    generator = np.random.default_rng(3)
    first = panel(3, 10, 6)
    second = np.clip(
        first + generator.integers(-1, 2, first.shape) * generator.integers(0, 3, first.shape), 1, 5
    )
    items, raters, x = long(first)
    return items, raters, x, second[items, raters]


def test_test_retest_figures_match_their_definitions_and_oracles(passes):
    items, raters, x, y = passes
    found = retest_table(items, raters, x, y)
    found = found[found["ci_scope"] == "items"].set_index("statistic")["estimate"]
    assert found["exact_agreement"] == pytest.approx((x == y).mean())
    assert found["agreement_within_1"] == pytest.approx((np.abs(x - y) <= 1).mean())
    assert found["kappa_quadratic"] == pytest.approx(
        cohen_kappa_score(x, y, labels=[1.0, 2.0, 3.0, 4.0, 5.0], weights="quadratic")
    )
    both = np.stack([x, y], axis=1)
    table = agreement_table(*long(both), "interval", statistics=["icc_a_1"])
    assert found["icc_a_1"] == pytest.approx(table["estimate"].iloc[0])
    sem = np.std(x - y, ddof=1) / np.sqrt(2)
    assert found["standard_error_of_measurement"] == pytest.approx(sem)
    assert found["repeatability"] == pytest.approx(1.96 * np.sqrt(2) * sem)


def test_test_retest_intervals_hold_their_estimate_and_widen_with_raters(passes):
    table = retest_table(*passes)
    assert (table["status"] == "ok").all()
    assert ((table["ci_low"] <= table["estimate"]) & (table["estimate"] <= table["ci_high"])).all()
    se = table.pivot(index="statistic", columns="ci_scope", values="se")
    assert (se["items+raters"] > se["items"]).all()


def test_test_retest_without_pairs_is_undefined():
    table = retest_table(["a"], ["r"], [np.nan], [3.0])
    assert set(table["status"]) == {"undefined"} and table["estimate"].isna().all()
    for first, second in (([], []), ([None], ["x"]), (["x", "x"], ["x", "x"])):
        table = named_retest_table(range(len(first)), ["r"] * len(first), first, second)
        kappa = table[table["statistic"] == "cohen_kappa"]
        assert set(kappa["status"]) == {"undefined"} and kappa["estimate"].isna().all()


@pytest.fixture
def named_passes():
    generator = np.random.default_rng(5)
    first = generator.integers(0, 4, 60)
    second = np.where(generator.random(60) < 0.6, first, generator.integers(0, 4, 60))
    return np.repeat(np.arange(12), 5), np.tile(np.arange(5), 12), first, second


def test_retest_of_names_matches_scikit_learn_and_knows_no_order_of_names(named_passes):
    items, raters, first, second = named_passes
    names = np.array(["melody", "rhythm", "harmony", "timbre"])
    table = named_retest_table(items, raters, names[first], names[second])
    found = table[table["ci_scope"] == "items"].set_index("statistic")["estimate"]
    assert list(found.index) == ["exact_agreement", "cohen_kappa"]
    assert found["exact_agreement"] == pytest.approx((first == second).mean())
    assert found["cohen_kappa"] == pytest.approx(cohen_kappa_score(first, second))
    assert ((table["ci_low"] <= table["estimate"]) & (table["estimate"] <= table["ci_high"])).all()
    again = named_retest_table(items, raters, names[::-1][first], names[::-1][second])
    pd.testing.assert_frame_equal(again, table)


def test_retest_of_sets_matches_kappa_over_distances_of_nltk(named_passes):
    items, raters, first, second = named_passes
    sets = [frozenset("ab"), frozenset("a"), frozenset("bc"), frozenset("abd")]
    one, two = [sets[code] for code in first], [sets[code] for code in second]
    table = named_retest_table(items, raters, one, two)
    found = table[table["ci_scope"] == "items"].set_index("statistic")["estimate"]
    observed = np.mean([masi_distance(x, y) for x, y in zip(one, two, strict=True)])
    expected = np.mean([masi_distance(x, y) for x in one for y in two])
    # nltk rounds 2/3 and 1/3 to .67 and .33.
    assert found["similarity"] == pytest.approx(1 - observed, abs=5e-3)
    assert found["cohen_kappa"] == pytest.approx(1 - observed / expected, abs=5e-3)


def compare(n, strengths, order, seed, n_raters=20):
    generator = np.random.default_rng(seed)
    a = generator.integers(0, len(strengths), n)
    b = (a + generator.integers(1, len(strengths), n)) % len(strengths)
    won = generator.random(n) < 1 / (1 + np.exp(-(order + strengths[a] - strengths[b])))
    return a, b, won.astype(float), generator.integers(0, n_raters, n)


def test_bradley_terry_matches_a_logistic_regression_of_statsmodels():
    strengths = np.array([0.8, 0.1, -0.2, -0.7])
    a, b, won, _ = compare(600, strengths, 0.4, 1)
    design = np.zeros((600, 4))
    for option in range(3):
        design[:, option] = (a == option) * 1.0 - (b == option) - ((a == 3) * 1.0 - (b == 3))
    design[:, 3] = 1
    oracle = sm.GLM(won, design, family=sm.families.Binomial()).fit()
    found = bradley_terry(a, b, won)
    np.testing.assert_allclose(found.strengths["strength"][:3], oracle.params[:3], atol=1e-7)
    np.testing.assert_allclose(found.strengths["se"][:3], oracle.bse[:3], rtol=1e-5)
    assert found.order_effect == pytest.approx(oracle.params[3], abs=1e-7)
    assert found.strengths["strength"].sum() == pytest.approx(0, abs=1e-9)


def test_bradley_terry_recovers_strengths_and_the_effect_of_order():
    strengths = np.array([1.0, 0.0, -1.0])
    found = bradley_terry(*compare(6000, strengths, 0.5, 2)[:3])
    np.testing.assert_allclose(found.strengths["strength"], strengths, atol=0.12)
    assert found.order_low < 0.5 < found.order_high


def test_bradley_terry_errors_grow_when_raters_answer_alike():
    a, b, won, raters = compare(300, np.array([0.5, 0.0, -0.5]), 0.0, 3)
    copies = np.tile(np.arange(300), 4)
    naive = bradley_terry(a[copies], b[copies], won[copies])
    robust = bradley_terry(a[copies], b[copies], won[copies], raters=raters[copies])
    assert (robust.strengths["se"] > 1.4 * naive.strengths["se"]).all()


@pytest.mark.parametrize(
    ("pairs", "part"),
    [
        ([("a", "b", 1), ("b", "a", 0), ("a", "b", 1)], "never won"),
        ([("a", "b", 1), ("a", "b", 0), ("c", "d", 1), ("c", "d", 0)], "never won"),
        ([("a", "a", 1)], "compared with itself"),
        ([("a", "b", 2)], "1, 0 or 0.5"),
    ],
)
def test_comparisons_without_finite_strengths_are_refused_in_words(pairs, part):
    frame = pd.DataFrame(pairs, columns=["first", "second", "won"])
    with pytest.raises(PairsError, match=part):
        bradley_terry(frame["first"], frame["second"], frame["won"])
