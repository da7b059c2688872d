"""What must not change agreement, and what must."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from panels import long, panel

from studyserver.results.statistics.agreement import COLUMNS, STATISTICS, agreement_table
from studyserver.results.statistics.reasons import Why

ALPHA = ["krippendorff_alpha"]
CATEGORICAL = ["krippendorff_alpha", "percent_agreement", "fleiss_kappa", "gwet_ac1", "brennan_prediger"]
FIGURES = ["estimate", "se", "ci_low", "ci_high"]
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def matrices(draw, n_options=5):
    n_items, n_raters = draw(st.integers(4, 9)), draw(st.integers(3, 5))
    cells = st.one_of(st.none(), st.integers(1, n_options))
    rows = draw(
        st.lists(st.lists(cells, min_size=n_raters, max_size=n_raters), min_size=n_items, max_size=n_items)
    )
    matrix = np.array([[np.nan if cell is None else float(cell) for cell in row] for row in rows])
    assume((np.isfinite(matrix).sum(axis=1) >= 2).sum() >= 3)
    assume(len(np.unique(matrix[np.isfinite(matrix)])) >= 2)
    return matrix


def figures(matrix, level, statistics=ALPHA, options=None):
    table = agreement_table(*long(matrix), level, options, statistics=statistics)
    assert list(table.columns) == COLUMNS
    return table


def assert_same(one, other):
    assert list(one["status"]) == list(other["status"])
    np.testing.assert_allclose(one[FIGURES].to_numpy(), other[FIGURES].to_numpy(), rtol=1e-6, atol=1e-8)


@quick
@given(matrices(), st.permutations([1, 2, 3, 4, 5]))
def test_renaming_the_options_changes_nothing_at_the_nominal_level(matrix, names):
    renamed = np.array([np.nan, *names])[np.nan_to_num(matrix).astype(int)]
    assert_same(figures(matrix, "nominal", CATEGORICAL), figures(renamed, "nominal", CATEGORICAL))


@quick
@given(
    matrices(),
    st.randoms(use_true_random=False),
    st.sampled_from(["nominal", "ordinal", "interval", "ratio"]),
)
def test_the_order_of_raters_and_items_changes_nothing(matrix, random, level):
    rows, columns = list(range(len(matrix))), list(range(matrix.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    assert_same(figures(matrix, level, CATEGORICAL), figures(matrix[rows][:, columns], level, CATEGORICAL))


@quick
@given(matrices(), st.floats(-1000, 1000))
def test_adding_a_constant_changes_nothing_at_the_interval_level(matrix, constant):
    assert_same(figures(matrix, "interval"), figures(matrix + constant, "interval"))


@quick
@given(matrices(), st.floats(0.01, 100))
def test_changing_the_unit_changes_nothing_at_the_ratio_level(matrix, unit):
    assert_same(figures(matrix, "ratio"), figures(matrix * unit, "ratio"))


@quick
@given(matrices())
def test_stretching_the_scale_changes_nothing_at_the_ordinal_level(matrix):
    assert_same(figures(matrix, "ordinal"), figures(np.exp(matrix), "ordinal"))


@quick
@given(matrices())
def test_a_rater_entered_twice_can_only_raise_percent_agreement_on_complete_data(matrix):
    complete = np.nan_to_num(matrix, nan=1.0)
    before = figures(complete, "nominal", ["percent_agreement"])["estimate"].iloc[0]
    all_twice = np.hstack([complete, complete])
    after = figures(all_twice, "nominal", ["percent_agreement"])["estimate"].iloc[0]
    assert after >= before - 1e-12


@quick
@given(matrices())
def test_duplicating_two_raters_gives_the_alpha_that_its_formula_gives(matrix):
    """With every rater twice, De stays (nearly) and Do shrinks by (m - 1) / m * 2m / (2m - 1)."""
    complete = np.nan_to_num(matrix, nan=1.0)
    assume(len(np.unique(complete)) > 1)
    n_items, m = complete.shape
    n = n_items * m
    alpha = figures(complete, "interval")["estimate"].iloc[0]
    doubled = figures(np.hstack([complete, complete]), "interval")["estimate"].iloc[0]
    disagreement = (1 - alpha) * (m - 1) / m * 2 * m / (2 * m - 1) * (2 * n - 1) / (2 * n) * n / (n - 1)
    assert doubled == pytest.approx(1 - disagreement, abs=1e-9)


@quick
@given(matrices(), st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
def test_a_figure_is_a_number_with_bounds_around_it_or_says_why_not(matrix, level):
    table = figures(matrix, level, list(STATISTICS))
    assert list(table["statistic"].unique()) == list(STATISTICS)
    for row in table.itertuples():
        numbers = np.array([row.estimate, row.se, row.ci_low, row.ci_high])
        if row.status == "undefined":
            assert row.reason and np.isnan(numbers).all()
        elif row.reason:
            assert np.isfinite(row.estimate) and np.isnan(numbers[1:]).all()
        else:
            assert np.isfinite(numbers).all()
            assert row.ci_low <= row.estimate + 1e-9 and row.estimate <= row.ci_high + 1e-9
            assert row.estimate <= 1 + 1e-12


def reasons(matrix, level, **arguments):
    table = agreement_table(*long(np.array(matrix, dtype=float)), level, **arguments)
    return table.drop_duplicates("statistic").set_index("statistic")


def test_equal_judgments_leave_alpha_undefined_and_percent_agreement_at_one():
    table = reasons([[3, 3, 3]] * 4, "interval")
    for name in ("krippendorff_alpha", "fleiss_kappa", "icc_1_1", "icc_c_k", "kendall_w"):
        assert table.loc[name, "status"] == "undefined"
        assert any(words in str(table.loc[name, "reason"]) for words in ("equal", "same value"))
    assert table.loc["percent_agreement", "estimate"] == 1


def test_perfect_agreement_is_one_without_an_interval():
    table = reasons([[1, 1, 1], [2, 2, 2], [5, 5, 5], [3, 3, 3]], "interval", options=[1, 2, 3, 4, 5])
    for name in (name for name in STATISTICS if not name.startswith("cohen")):  # of two raters
        assert table.loc[name, "estimate"] == pytest.approx(1), name
        assert str(table.loc[name, "reason"]).startswith("no interval"), name


def test_one_judgment_per_item_leaves_everything_undefined():
    table = reasons([[1, np.nan], [np.nan, 2], [3, np.nan]], "interval")
    assert set(table["status"]) == {"undefined"}
    assert (table["n_items_pairable"] == 0).all()


def test_two_raters_have_no_interval_for_new_raters():
    table = agreement_table(*long(panel(1, 20, 2)), "ordinal", statistics=["cohen_kappa_weighted"])
    assert list(map(str, table["reason"])) == ["", "no interval: new raters need at least 3; there are 2"]


def test_observed_and_expected_agreement_give_the_coefficients():
    matrix = panel(4, 20, 5, missing=0.3)
    names = ("krippendorff_alpha", "fleiss_kappa", "gwet_ac1", "brennan_prediger", "gwet_ac2")
    table = agreement_table(*long(matrix), "ordinal", [1, 2, 3, 4, 5], statistics=names, parts=True)
    table = parts = table[table["ci_scope"] == "items"].set_index("statistic")
    for name in names[1:]:
        observed, expected = parts.loc[name, ["observed", "expected"]]
        assert table.loc[name, "estimate"] == pytest.approx((observed - expected) / (1 - expected))
    disagreement = parts.loc["krippendorff_alpha"]
    alpha = 1 - disagreement["observed"] / disagreement["expected"]
    assert table.loc["krippendorff_alpha", "estimate"] == pytest.approx(alpha)
    sizes = np.isfinite(matrix).sum(axis=1)
    assert disagreement["raters_per_item"] == pytest.approx(sizes[sizes > 0].mean())


def test_judgments_without_a_ring_leave_no_error_to_raters():
    chain = np.array([[1, 2, np.nan], [np.nan, 3, 5], [np.nan, np.nan, 4]])
    table = agreement_table(*long(chain), "interval").set_index(["statistic", "ci_scope"])
    assert table.loc[("icc_a_1", "items"), "reason"].why is Why.NO_RESIDUAL
    assert table.loc[("icc_1_1", "items"), "status"] == "ok"
    chain[0, 2] = 4  # two items that the same two raters judged
    table = agreement_table(*long(chain), "interval").set_index(["statistic", "ci_scope"])
    assert table.loc[("icc_a_1", "items"), "status"] == "ok"
