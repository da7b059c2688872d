"""Agreement beside independent implementations."""

import warnings

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import pytest
import statsmodels.formula.api as smf
from panels import long, panel
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from studyserver.results.statistics.agreement import COEFFICIENTS, agreement_table, gwet_ac2, prepare, reml
from studyserver.results.statistics.agreement import distances as distances_module
from studyserver.results.statistics.agreement import variance_components as components_module
from studyserver.results.statistics.agreement.coefficients import krippendorff as krippendorff_module
from studyserver.results.statistics.agreement.coefficients.cohen import cohen_kappa_linear
from studyserver.results.statistics.agreement.coefficients.concordance import kendall_w
from studyserver.results.statistics.agreement.coefficients.krippendorff import krippendorff_alpha
from studyserver.results.statistics.agreement.ratings import UndefinedError


def estimate(matrix, level, statistic, options=None):
    table = agreement_table(*long(matrix), level, options, statistics=[statistic])
    return table["estimate"].iloc[0]


def computed(estimate):
    """Compute the delete-one values now instead of where they are asked for."""
    assert len(estimate.without_item)
    return estimate


def without_one(ratings):
    """Return the shares of variance, whole and without each item and each rater."""
    found = components_module.two_way(ratings)
    return found.shares, *found.without_one


def oracle_alpha(matrix, level):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return krippendorff.alpha(matrix.T, level_of_measurement=level)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize("kind", ["five", "slider", "continuous"])
def test_alpha_and_every_delete_one_value_match_the_krippendorff_package(kind, level):
    matrix = panel(3, 25, 5, missing=0.4, kind=kind)
    ratings = prepare(*long(matrix), level)
    found = krippendorff_alpha(ratings)
    assert found.value == pytest.approx(oracle_alpha(matrix, level), abs=1e-12)
    pairable = [item for item in ratings.item_labels if np.isfinite(matrix[item]).sum() >= 2]
    expected = [oracle_alpha(np.delete(matrix, item, 0), level) for item in pairable]
    np.testing.assert_allclose(found.without_item, expected, atol=1e-12)
    expected = [oracle_alpha(np.delete(matrix, rater, 1), level) for rater in ratings.rater_labels]
    np.testing.assert_allclose(found.without_rater, expected, atol=1e-12)


@pytest.mark.parametrize("level", ["ordinal", "ratio"])
def test_alpha_of_a_continuous_slider_in_bounded_memory_matches_the_full_tables(level, monkeypatch):
    matrix = panel(1, 300, 7, missing=0.2, kind="continuous")
    matrix[:20] *= np.random.default_rng(0).integers(0, 2, (20, 7))  # some zeros
    ratings = prepare(*long(matrix), level)
    assert len(ratings.categories) > 1500
    monkeypatch.setattr(krippendorff_module, "MAXIMUM_RANK_CELLS", 10_000)
    monkeypatch.setattr(distances_module, "MAXIMUM_TABLE", 10_000)
    exact = computed(krippendorff_alpha(ratings))
    monkeypatch.setattr(krippendorff_module, "MAXIMUM_RANK_CELLS", 1024)
    monkeypatch.setattr(distances_module, "MAXIMUM_TABLE", 1024)
    bounded = computed(krippendorff_alpha(ratings))
    assert bounded.value == pytest.approx(exact.value, abs=1e-10)
    scatter = exact.without_item.std()
    assert np.abs(bounded.without_item - exact.without_item).max() < 1e-3 * scatter
    np.testing.assert_allclose(bounded.without_rater, exact.without_rater, atol=1e-10)


def test_alpha_of_checklists_matches_the_definition():
    """Do and De by loops over all pairs, with MASI as Passonneau (2006) defines it."""

    def masi(a, b):
        if not a | b:
            return 0.0
        weight = 1 if a == b else 2 / 3 if a < b or b < a else 1 / 3 if a & b else 0
        if not a or not b:
            weight = 0
        return 1 - weight * len(a & b) / len(a | b)

    generator = np.random.default_rng(5)
    items = np.repeat(np.arange(15), 4)
    raters = np.tile(np.arange(4), 15)
    values = [
        frozenset(generator.choice(list("abcd"), generator.integers(0, 4), replace=False)) for _ in items
    ]
    within = sum(
        masi(values[i], values[j]) / 3
        for i in range(60)
        for j in range(60)
        if i != j and items[i] == items[j]
    )
    overall = sum(masi(values[i], values[j]) for i in range(60) for j in range(60) if i != j)
    expected = 1 - (within / 60) / (overall / (60 * 59))
    table = agreement_table(items, raters, values, "nominal", statistics=["krippendorff_alpha"])
    assert table["estimate"].iloc[0] == pytest.approx(expected, abs=1e-12)
    assert table["level"].iloc[0] == "sets"
    single = agreement_table(
        items, raters, values, "sets", set_distance="jaccard", statistics=["krippendorff_alpha"]
    )
    assert single["estimate"].iloc[0] != table["estimate"].iloc[0]


def test_fleiss_kappa_matches_statsmodels():
    matrix = panel(2, 40, 5)
    counts, _ = aggregate_raters(matrix)
    assert estimate(matrix, "nominal", "fleiss_kappa") == pytest.approx(statsmodels_fleiss(counts))


def test_brennan_prediger_matches_statsmodels_free_marginal_kappa():
    matrix = panel(2, 40, 5)
    counts, _ = aggregate_raters(matrix)
    options = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert estimate(matrix, "nominal", "brennan_prediger", options) == pytest.approx(
        statsmodels_fleiss(counts, method="randolph")
    )


@pytest.mark.parametrize(("level", "weights"), [("nominal", None), ("ordinal", "quadratic")])
def test_cohens_kappa_matches_scikit_learn_on_the_declared_scale(level, weights):
    matrix = panel(4, 60, 2)
    matrix[matrix == 4] = 5  # an option that nobody chose still belongs to the scale
    options = [1.0, 2.0, 3.0, 4.0, 5.0]
    expected = cohen_kappa_score(matrix[:, 0], matrix[:, 1], labels=options, weights=weights)
    assert estimate(matrix, level, "cohen_kappa_weighted", options) == pytest.approx(expected)


def test_categorical_coefficients_of_incomplete_data_match_their_definitions():
    """Gwet's formulas, item by item: shares over all items, agreement over those with two judgments."""
    matrix = panel(6, 30, 5, missing=0.5)
    q = 5
    counts = np.array([[np.sum(row == c) for c in range(1, q + 1)] for row in matrix])
    counts = counts[counts.sum(axis=1) > 0]
    m = counts.sum(axis=1)
    assert (m == 1).any()
    share = (counts / m[:, None]).mean(axis=0)
    two = m >= 2
    agreement = np.mean((counts[two] * (counts[two] - 1)).sum(axis=1) / (m[two] * (m[two] - 1)))
    chance = {
        "fleiss_kappa": (share**2).sum(),
        "gwet_ac1": (share * (1 - share)).sum() / (q - 1),
        "brennan_prediger": 1 / q,
    }
    options = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert estimate(matrix, "nominal", "percent_agreement") == pytest.approx(agreement)
    for name, expected in chance.items():
        found = estimate(matrix, "nominal", name, options)
        assert found == pytest.approx((agreement - expected) / (1 - expected))


CATEGORICAL = [name for name, one in COEFFICIENTS.items() if one.of_categories] + ["cohen_kappa_weighted"]


@pytest.mark.parametrize(
    ("statistic", "level"),
    [
        (name, level)
        for level in ("nominal", "ordinal")
        for name in (*CATEGORICAL, *(["gwet_ac2"] if level == "ordinal" else []))
    ],
)
def test_categorical_delete_one_intervals_match_recomputation(statistic, level):
    raters = 2 if statistic == "cohen_kappa_weighted" else 5
    matrix = panel(7, 20, raters, missing=0.35)
    options = [1.0, 2.0, 3.0, 4.0, 5.0]
    table = agreement_table(*long(matrix), level, options, statistics=[statistic])
    present = [item for item in range(20) if np.isfinite(matrix[item]).any()]
    if raters == 2:
        present = [item for item in present if np.isfinite(matrix[item]).all()]
    without_item = np.array([estimate(np.delete(matrix, u, 0), level, statistic, options) for u in present])
    without_rater = [estimate(np.delete(matrix, r, 1), level, statistic, options) for r in range(raters)]
    without_cell = []
    for place in zip(*np.nonzero(np.isfinite(matrix)), strict=True):
        rest = matrix.copy()
        rest[place] = np.nan
        without_cell.append(estimate(rest, level, statistic, options))
    for scope, lists in (
        ("items", [without_item]),
        ("items+raters", [without_item, np.array(without_rater)]),
    ):
        row = table[table["ci_scope"] == scope].iloc[0]
        if raters == 2 and scope == "items+raters":
            assert np.isnan(row.se)
            continue
        a, m = row.estimate, np.isfinite(matrix).sum(axis=1)
        m = m[m >= 2].mean()
        if statistic == "fleiss_kappa":
            shares = np.unique(matrix[np.isfinite(matrix)], return_counts=True)[1] / np.isfinite(matrix).sum()
            m /= (1 - (shares**2).sum()) * len(shares) / (len(shares) - 1)
        forward = (
            (lambda x: np.log(x / (1 - x)))
            if statistic == "percent_agreement"
            else (lambda x, m=m: np.log((1 + (m - 1) * x) / (1 - x)))
        )
        slope = (forward(a + 1e-6) - forward(a - 1e-6)) / 2e-6
        variances = [
            (len(x) - 1) / len(x) * ((forward(x) - forward(a)) ** 2).sum()
            for x in (*lists, np.array(without_cell))
        ]
        variance = variances[0]
        if len(lists) == 2:
            variance = max(variances[0] + variances[1] - variances[2], *variances[:2])
        assert row.se == pytest.approx(np.sqrt(variance) / slope, rel=1e-6)


def test_ac2_with_two_options_is_ac1():
    matrix = np.where(
        panel(8, 30, 4, missing=0.2) > 3, 1.0, np.where(np.isnan(panel(8, 30, 4, missing=0.2)), np.nan, 0)
    )
    ac1 = estimate(matrix, "ordinal", "gwet_ac1", [0.0, 1.0])
    assert gwet_ac2(prepare(*long(matrix), "ordinal", [0.0, 1.0])).value == pytest.approx(ac1)


def test_ac2_matches_its_definition_item_by_item():
    matrix = panel(6, 30, 5, missing=0.5)
    weights = 1 - (np.subtract.outer(np.arange(5), np.arange(5)) / 4) ** 2
    counts = np.array([[np.sum(row == c) for c in range(1, 6)] for row in matrix])
    counts = counts[counts.sum(axis=1) > 0]
    m = counts.sum(axis=1)
    agreeing = [
        np.mean([weights[a, b] for i, a in enumerate(given) for j, b in enumerate(given) if i != j])
        for given in (np.repeat(np.arange(5), row) for row in counts[m >= 2])
    ]
    share = (counts / m[:, None]).mean(axis=0)
    expected = weights.sum() / 20 * (share * (1 - share)).sum()
    found = estimate(matrix, "ordinal", "gwet_ac2", [1.0, 2.0, 3.0, 4.0, 5.0])
    assert found == pytest.approx((np.mean(agreeing) - expected) / (1 - expected))


def test_intraclass_correlations_match_pingouin():
    matrix = panel(9, 20, 4, kind="continuous")
    items, raters, values = long(matrix)
    frame = pd.DataFrame({"item": items, "rater": raters, "value": values})
    oracle = pingouin.intraclass_corr(frame, targets="item", raters="rater", ratings="value")
    found = [
        estimate(matrix, "interval", f"icc_{name}") for name in ("1_1", "a_1", "c_1", "1_k", "a_k", "c_k")
    ]
    np.testing.assert_allclose(found, oracle["ICC"], rtol=1e-6)


def test_complete_intraclass_delete_one_values_match_recomputation():
    matrix = panel(10, 9, 5, kind="slider")
    ratings = prepare(*long(matrix), "interval")
    for name in ("icc_1_1", "icc_a_1", "icc_c_1"):
        found = COEFFICIENTS[name].compute(ratings)
        items = [estimate(np.delete(matrix, u, 0), "interval", name) for u in range(9)]
        raters = [estimate(np.delete(matrix, r, 1), "interval", name) for r in range(5)]
        np.testing.assert_allclose(found.without_item, items, atol=1e-10)
        np.testing.assert_allclose(found.without_rater, raters, atol=1e-10)


def test_incomplete_intraclass_correlations_match_mixed_models_of_statsmodels():
    matrix = panel(11, 40, 5, missing=0.3, kind="continuous", rater_bias=0.6)
    items, raters, values = long(matrix)
    frame = pd.DataFrame({"item": items, "rater": raters, "value": values, "all": 1})
    crossed = smf.mixedlm(
        "value ~ 1", frame, groups="all", vc_formula={"item": "0 + C(item)", "rater": "0 + C(rater)"}
    ).fit(reml=True)
    item, rater = crossed.vcomp
    assert estimate(matrix, "interval", "icc_a_1") == pytest.approx(
        item / (item + rater + crossed.scale), abs=1e-4
    )
    assert estimate(matrix, "interval", "icc_c_1") == pytest.approx(item / (item + crossed.scale), abs=1e-4)
    one_way = smf.mixedlm("value ~ 1", frame, groups="item").fit(reml=True)
    item = one_way.cov_re.iloc[0, 0]
    assert estimate(matrix, "interval", "icc_1_1") == pytest.approx(item / (item + one_way.scale), abs=1e-4)


def test_restricted_likelihood_of_a_complete_design_gives_the_mean_square_estimates():
    matrix = panel(12, 40, 5, kind="continuous", rater_bias=0.6)
    ratings = prepare(*long(matrix), "interval")
    item, _, error = components_module.two_way(ratings).shares
    assert item == pytest.approx(estimate(matrix, "interval", "icc_a_1"), abs=1e-6)
    assert item / (item + error) == pytest.approx(estimate(matrix, "interval", "icc_c_1"), abs=1e-6)


def test_incomplete_intraclass_delete_one_step_is_close_to_refits(monkeypatch):
    ratings = prepare(*long(panel(13, 55, 6, missing=0.3, kind="slider")), "interval")
    refits = without_one(ratings)
    monkeypatch.setattr(components_module, "_REFIT_ITEMS", 0)
    steps = without_one(ratings)
    item, item_refits = steps[1][:, 0], refits[1][:, 0]
    assert np.abs(item - item_refits).max() < 0.4 * item_refits.std()
    share = steps[0][0]
    assert ((item - share) ** 2).sum() == pytest.approx(((item_refits - share) ** 2).sum(), rel=0.02)


@pytest.mark.parametrize(("n_items", "n_raters", "missing"), [(25, 66, 0.5), (40, 30, 0.7), (9, 40, 0.4)])
@pytest.mark.parametrize("with_raters", [True, False])
def test_one_newton_step_has_the_spread_of_refits(n_items, n_raters, missing, with_raters, monkeypatch):
    matrix = panel(16, n_items, n_raters, missing=missing, kind="slider", rater_bias=0.8)
    ratings = prepare(*long(matrix), "interval")

    def errors(most):
        monkeypatch.setattr(components_module, "_REFIT_ITEMS", most)
        monkeypatch.setattr(components_module, "_REFIT_RATERS", most)
        found = components_module.Components(ratings, with_raters=with_raters)
        if most:
            own = (ratings, found._sums, found.theta, np.arange(ratings.n), ratings.n)
            parts = *found.without_one[:2], components_module._refits(*own)
        else:
            parts = found.without_one
        return [np.sqrt(((part - found.shares) ** 2).sum(axis=0)) for part in parts]

    for steps, refits in zip(errors(0), errors(1000), strict=True):
        np.testing.assert_allclose(steps, refits, rtol=0.1)


def test_large_designs_have_the_same_components_however_they_are_summed(monkeypatch):
    ratings = prepare(*long(panel(17, 60, 45, missing=0.6, kind="slider", rater_bias=0.8)), "interval")
    small = without_one(ratings)
    monkeypatch.setattr(reml, "_DENSE", 500)  # cross products of a few items at a time
    monkeypatch.setattr(reml, "_LARGE", 30)  # a part of the raters gives the start
    for found, expected in zip(without_one(ratings), small, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("missing", [0.0, 0.35])
@pytest.mark.parametrize(
    ("level", "kind"), [("nominal", "five"), ("ordinal", "five"), ("ordinal", "slider"), ("ratio", "slider")]
)
def test_figures_without_each_judgment_match_recomputation(level, kind, missing):
    ratings = prepare(*long(panel(5, 14, 6, missing=missing, kind=kind)), level)
    for name, one in COEFFICIENTS.items():
        try:
            found = one.compute(ratings)
        except UndefinedError:
            continue
        if name in ("kendall_w", "mean_spearman") or name.endswith("_k"):
            continue  # filled in where complete; ranks as before; of as many raters as before
        rest = [one.compute(ratings.select(np.arange(ratings.n) != gone)).value for gone in range(ratings.n)]
        if name.startswith("icc"):
            change, exact = found.without_judgment - found.value, np.array(rest) - found.value
            assert np.sqrt((change**2).sum()) == pytest.approx(np.sqrt((exact**2).sum()), rel=0.05)
        else:
            np.testing.assert_allclose(found.without_judgment, rest, atol=1e-11)


def test_kendalls_w_is_the_mean_rank_correlation_in_disguise():
    matrix = panel(14, 30, 5, kind="continuous")
    correlation = pd.DataFrame(matrix).corr(method="spearman").to_numpy()
    mean = correlation[np.triu_indices(5, 1)].mean()
    assert estimate(matrix, "ordinal", "kendall_w") == pytest.approx((4 * mean + 1) / 5)


@pytest.mark.parametrize("kind", ["five", "continuous"])
def test_kendalls_w_delete_one_values_match_recomputation(kind):
    matrix = panel(15, 25, 4, kind=kind)
    found = kendall_w(prepare(*long(matrix), "ordinal"))
    items = [estimate(np.delete(matrix, u, 0), "ordinal", "kendall_w") for u in range(25)]
    raters = [estimate(np.delete(matrix, r, 1), "ordinal", "kendall_w") for r in range(4)]
    np.testing.assert_allclose(found.without_item, items, atol=1e-12)
    np.testing.assert_allclose(found.without_rater, raters, atol=1e-12)


@pytest.mark.parametrize("kind", ["five", "slider"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_mean_spearman_correlation_is_the_mean_of_those_of_pandas(kind, missing):
    matrix = panel(14, 30, 6, missing=missing, kind=kind)
    correlation = pd.DataFrame(matrix).corr(method="spearman", min_periods=3).to_numpy()
    expected = np.nanmean(correlation[np.triu_indices(6, 1)])
    assert estimate(matrix, "ordinal", "mean_spearman") == pytest.approx(expected)
    ratings = prepare(*long(matrix), "ordinal")
    one = COEFFICIENTS["mean_spearman"]
    found = one.compute(ratings)
    for without, place, n in (
        (found.without_item, ratings.item, 30),
        (found.without_rater, ratings.rater, 6),
        (found.without_judgment, np.arange(ratings.n), ratings.n),
    ):
        exact = [one.compute(ratings.select(place != gone)).value for gone in range(n)]
        spread = [np.sqrt(((np.array(part) - found.value) ** 2).sum()) for part in (without, exact)]
        assert spread[0] == pytest.approx(spread[1], rel=1e-9 if n == 6 else 0.1)


def test_raters_without_three_items_in_common_have_no_rank_correlation():
    values = np.full((6, 3), np.nan)
    values[:2, 0], values[2:4, 1], values[4:, 2] = [1, 2], [1, 2], [1, 2]
    table = agreement_table(*long(values), "ordinal", statistics=["mean_spearman"])
    assert str(table["reason"].iloc[0]).startswith("no two raters judged three items in common")


@pytest.mark.parametrize("level", ["ordinal", "interval"])
@pytest.mark.parametrize("weights", ["linear", "quadratic", "declared"])
def test_kappa_of_two_raters_with_each_kind_of_weights(level, weights):
    matrix = panel(4, 60, 2)
    matrix[matrix == 4] = 5  # an option that nobody chose still belongs to the scale
    options = [1.0, 2.0, 3.0, 4.0, 5.0]
    ratings = prepare(*long(matrix), level, options)
    if weights == "declared":
        apart = np.abs(np.subtract.outer(options, options)) ** 1.5 / 8
        found = cohen_kappa_linear(ratings, weights=1 - apart)
        place = matrix.astype(int) - 1
        chance = np.mean([[apart[a, b] for a in place[:, 0]] for b in place[:, 1]])
        expected = 1 - apart[place[:, 0], place[:, 1]].mean() / chance
    else:
        name = {"linear": "cohen_kappa_linear", "quadratic": "cohen_kappa_weighted"}[weights]
        found = COEFFICIENTS[name].compute(ratings)
        expected = cohen_kappa_score(matrix[:, 0], matrix[:, 1], labels=options, weights=weights)
    assert found.value == pytest.approx(expected)
    rest = [
        cohen_kappa_linear(ratings.select(ratings.item != gone), weights=1 - apart).value
        if weights == "declared"
        else COEFFICIENTS[name].compute(ratings.select(ratings.item != gone)).value
        for gone in range(60)
    ]
    np.testing.assert_allclose(found.without_item, rest, atol=1e-12)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.eye(3), "5 rows and columns"),
        (2 * np.eye(5), "between 0"),
        (np.eye(5) * 0.5, "1 for equal answers"),
        (np.eye(5) + np.diag([0.5] * 4, 1), "symmetric"),
    ],
)
def test_declared_weights_that_do_not_fit_are_refused(weights, message):
    ratings = prepare(*long(panel(4, 20, 2)), "ordinal", [1.0, 2.0, 3.0, 4.0, 5.0])
    with pytest.raises(ValueError, match=message):
        cohen_kappa_linear(ratings, weights=weights)
