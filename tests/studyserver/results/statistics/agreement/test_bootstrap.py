"""Bootstrap of the coefficients: what copies of items and raters mean, and that intervals make sense."""

import itertools

import numpy as np
import pytest
from panels import long, panel
from scipy import stats

from studyserver.results.statistics.agreement import (
    FURTHER,
    STATISTICS,
    Bootstrap,
    agreement_table,
    distances,
    prepare,
)
from studyserver.results.statistics.agreement.copies import with_copies
from studyserver.results.statistics.agreement.krippendorff import krippendorff_alpha

OPTIONS = [1.0, 2.0, 3.0, 4.0, 5.0]
COPIES = np.array([0, 2, 1, 1, 3, 0, 1, 2]), np.array([2, 0, 1, 3, 1])  # of eight items and five raters
NAMES = tuple(name for name in (*STATISTICS, *FURTHER) if name != "cohen_kappa_weighted")


def loop_of_differences(x):
    """Return half mean squared differences: within items, within raters, and where both differ."""
    items, raters = (np.repeat(np.arange(len(copies)), copies) for copies in COPIES)
    cells = [(i, r) for i in items for r in raters if np.isfinite(x[i, r])]
    found = {"item": [], "rater": [], "none": []}
    for (i, r), (j, s) in itertools.permutations(cells, 2):
        kind = {(True, False): "item", (False, True): "rater", (False, False): "none"}.get((i == j, r == s))
        # A pair within an item counts once per copy of the item, a pair within a rater per copy of the rater.
        weight = {"item": 1 / COPIES[0][i], "rater": 1 / COPIES[1][r], "none": 1.0}.get(kind)
        if kind:
            found[kind].append(((x[i, r] - x[j, s]) ** 2 / 2, weight))
    means = {kind: np.average([d for d, _w in p], weights=[w for _d, w in p]) for kind, p in found.items()}
    return means["item"], means["rater"], means["none"]


def loop_of_categories(x, weights):
    """Return mean weighted agreement of pairs, and the options' mean shares, item by item."""
    items, raters = COPIES
    agreement, shares, n_paired = 0.0, np.zeros(5), 0
    for item in np.repeat(np.arange(8), items):
        given = [(r, int(x[item, r]) - 1) for r in np.repeat(np.arange(5), raters) if np.isfinite(x[item, r])]
        pairs = [weights[a, b] for (r, a), (s, b) in itertools.permutations(given, 2) if r != s]
        agreement += np.mean(pairs) if pairs else 0.0
        n_paired += bool(pairs)
        shares += np.bincount([a for _r, a in given], minlength=5) / len(given)
    return agreement / n_paired, shares / items.sum()


def coefficient(x, statistic):
    level = "interval" if statistic.startswith("icc") else "ordinal"
    return with_copies(prepare(*long(x), level, OPTIONS), statistic)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("level", ["ordinal", "interval"])
def test_one_copy_of_each_gives_the_coefficient_itself(missing, level):
    ratings = prepare(*long(panel(1, 14, 7, missing=missing)), level, OPTIONS)
    assert ratings.n_items_pairable == ratings.n_items
    table = agreement_table(*long(panel(1, 14, 7, missing=missing)), level, OPTIONS, statistics=NAMES)
    defined = table[(table["ci_scope"] == "items") & (table["status"] == "ok")]
    assert len(defined) >= 6
    for row in defined.itertuples():
        found = with_copies(ratings, row.statistic)(np.ones(14), np.ones(7))
        assert found == pytest.approx(row.estimate, abs=1e-9), row.statistic


def test_copies_in_categories_are_a_plain_loop_over_pairs_of_different_raters():
    x = panel(2, 8, 5, missing=0.15)
    observed, shares = loop_of_categories(x, np.eye(5))
    expected = {
        "percent_agreement": observed,
        "fleiss_kappa": (observed - shares @ shares) / (1 - shares @ shares),
        "gwet_ac1": (observed - (1 - shares @ shares) / 4) / (1 - (1 - shares @ shares) / 4),
        "brennan_prediger": (observed - 0.2) / 0.8,
    }
    weights = 1 - (np.subtract.outer(np.arange(5), np.arange(5)) / 4) ** 2
    observed, shares = loop_of_categories(x, weights)
    chance = weights.sum() / 20 * (shares * (1 - shares)).sum()
    expected["gwet_ac2"] = (observed - chance) / (1 - chance)
    for name, value in expected.items():
        assert coefficient(x, name)(*COPIES) == pytest.approx(value), name


def test_copies_in_kendalls_w_are_a_plain_loop_over_pairs_of_different_raters():
    x = panel(3, 8, 5)
    items, raters = COPIES
    ranks = np.stack([stats.rankdata(np.repeat(x[:, rater], items)) for rater in range(5)], axis=1)
    ranks -= ranks.mean(axis=0)
    drawn = np.repeat(np.arange(5), raters)
    products = [ranks[:, a] @ ranks[:, b] for a, b in itertools.permutations(drawn, 2) if a != b]
    squares = np.mean([ranks[:, a] @ ranks[:, a] for a in drawn])
    expected = 1 / 5 + 4 / 5 * np.mean(products) / squares
    assert coefficient(x, "kendall_w")(items, raters) == pytest.approx(expected)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_copies_in_intraclass_correlations_are_a_plain_loop_over_pairs_of_judgments(missing):
    x = panel(4, 8, 5, missing=missing)
    within_item, within_rater, apart = loop_of_differences(x)
    found = coefficient(x, "icc_a_1")
    assert found(*COPIES) - found.apart == pytest.approx(1 - within_item / apart)
    found = coefficient(x, "icc_c_1")
    assert found(*COPIES) - found.apart == pytest.approx((apart - within_item) / within_rater)
    found = coefficient(x, "icc_1_1")
    cells = list(zip(*np.nonzero(np.isfinite(x)), strict=True))
    by_one = [r == s for (i, r), (j, s) in itertools.permutations(cells, 2) if i != j]
    total = np.mean(by_one) * within_rater + (1 - np.mean(by_one)) * apart
    assert found(*COPIES) - found.apart == pytest.approx(1 - within_item / total)
    single = min(found(*COPIES), 1.0)
    k = 8 / (1 / np.isfinite(x).sum(axis=1)).sum()
    averaged = coefficient(x, "icc_1_k")(*COPIES)
    assert averaged == pytest.approx(k * single / (1 + (k - 1) * single))


@pytest.mark.parametrize("missing", [0.0, 0.25])
def test_every_coefficient_has_a_bootstrap_over_raters_near_its_jackknife(missing):
    matrix = panel(5, 60, 24, missing=missing)
    arguments = {"options": OPTIONS, "statistics": NAMES}
    drawn = agreement_table(*long(matrix), "interval", bootstrap=Bootstrap(1, 300), **arguments)
    jackknife = agreement_table(*long(matrix), "interval", **arguments)
    defined = jackknife["status"] == "ok"
    assert defined.sum() == (26 if missing == 0 else 24)  # Kendall's W needs all judgments
    assert (drawn["ci_method"][defined] == "bootstrap").all() and drawn["ci_low"][defined].notna().all()
    ratio = drawn["se"][defined] / jackknife["se"][defined]
    assert ratio.between(0.8, 1.35).all(), ratio
    scopes = drawn[defined].set_index(["statistic", "ci_scope"])["se"].unstack()
    assert (scopes["items+raters"] > scopes["items"]).all()


def test_bootstrap_is_the_same_for_the_same_seed_and_near_the_jackknife():
    matrix = panel(2, 120, 8, missing=0.2)
    statistics = ["krippendorff_alpha", "gwet_ac1", "percent_agreement"]
    arguments = {"statistics": statistics, "options": [1, 2, 3, 4, 5]}
    once = agreement_table(*long(matrix), "interval", bootstrap=Bootstrap(7, 400), **arguments)
    again = agreement_table(*long(matrix), "interval", bootstrap=Bootstrap(7, 400), **arguments)
    assert once.equals(again)
    other = agreement_table(*long(matrix), "interval", bootstrap=Bootstrap(8, 400), **arguments)
    assert not once.equals(other)
    jackknife = agreement_table(*long(matrix), "interval", **arguments)
    items = once["ci_scope"] == "items"
    np.testing.assert_allclose(once["se"][items], jackknife["se"][items], rtol=0.15)
    assert set(once["ci_method"]) == {"bootstrap"}


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_bootstrap_weights_mean_copies_of_items(level):
    """Two copies of the same items, drawn by weights, are the data set entered twice."""
    matrix = panel(3, 12, 4)
    ratings = prepare(*long(matrix), level)
    twice = krippendorff_alpha(prepare(*long(np.vstack([matrix, matrix])), level)).value
    found = with_copies(ratings, "krippendorff_alpha")(np.full(12, 2.0), np.ones(4))
    assert found == pytest.approx(twice, abs=1e-12)


def test_a_bootstrap_with_many_undefined_draws_says_so():
    matrix = np.full((6, 3), 2.0)
    matrix[0] = [1, 3, 3]
    table = agreement_table(
        *long(matrix), "nominal", statistics=["krippendorff_alpha"], bootstrap=Bootstrap(1, 500)
    )
    assert "bootstrap draws are undefined" in table["reason"].iloc[0]


def test_bootstrap_weights_of_a_continuous_ratio_slider_mean_copies_of_items(monkeypatch):

    matrix = panel(5, 12, 4, kind="continuous")
    twice = krippendorff_alpha(prepare(*long(np.vstack([matrix, matrix])), "ratio")).value
    monkeypatch.setattr(distances, "MAXIMUM_TABLE", 4)
    ratings = prepare(*long(matrix), "ratio")
    found = with_copies(ratings, "krippendorff_alpha")(np.full(12, 2.0), np.ones(4))
    assert found == pytest.approx(twice, abs=1e-9)


def test_a_rater_drawn_twice_is_not_compared_with_himself():
    """With one rater drawn twice and another once, pairs are those of the two, counted twice."""

    matrix = np.array([[1.0, 3.0], [2.0, 2.0], [5.0, 4.0]])
    found = with_copies(prepare(*long(matrix), "interval"), "krippendorff_alpha")(
        np.ones(3), np.array([2.0, 1.0])
    )
    values = np.repeat(matrix, [2, 1], axis=1).ravel()
    n = len(values)
    disagreement = 3 * ((matrix[:, 0] - matrix[:, 1]) ** 2).sum() / n
    expected = ((values[:, None] - values) ** 2).sum() / (n * (n - 1))
    assert found == pytest.approx(1 - disagreement / expected)
