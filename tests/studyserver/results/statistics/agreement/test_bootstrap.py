"""Bootstrap of the coefficients: what a draw of items and raters is, and that intervals make sense."""

import numpy as np
import pandas as pd
import pytest
from panels import long, panel

from studyserver.results.statistics.agreement import (
    COEFFICIENTS,
    Bootstrap,
    agreement_table,
    distances,
    prepare,
    spearman_brown,
)
from studyserver.results.statistics.agreement.resampling import bootstrap_draws, draw

OPTIONS = [1.0, 2.0, 3.0, 4.0, 5.0]
NAMES = tuple(name for name in COEFFICIENTS if name != "cohen_kappa_weighted")


def drawn_panel(matrix, seed, level, *, with_raters):
    """Return a draw, and the same draw made by hand: a table of items x raters, copies of items included."""
    ratings = prepare(*long(matrix), level, OPTIONS if level != "ratio" else None)
    drawn = draw(ratings, np.random.default_rng(seed), with_raters=with_raters)
    source = matrix[:, list(drawn.rater_labels)]
    rows = source[np.isfinite(source).any(axis=1)]
    made = np.full((drawn.n_items, drawn.n_raters), np.nan)
    made[drawn.item, drawn.rater] = np.array(drawn.categories)[drawn.code]
    for row in made:  # is an item that was judged
        assert any(np.array_equal(row, each, equal_nan=True) for each in rows)
    return ratings, drawn, made


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("with_raters", [False, True])
@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_a_coefficient_of_a_draw_is_that_of_the_panel_entered_anew(level, with_raters, missing):
    """Copies of an item are items of their own; raters are all of them or about half, none twice."""
    matrix = panel(1, 14, 8, missing=missing)
    ratings, drawn, made = drawn_panel(matrix, 3, level, with_raters=with_raters)
    assert len(set(drawn.rater_labels)) == drawn.n_raters and drawn.n_raters in (
        (4, 5) if with_raters else (8,)
    )
    assert drawn.n_items == 14 or missing
    anew = prepare(*long(made), level, ratings.categories)
    assert drawn.n == anew.n
    for name in NAMES:
        one, other = (value_or_reason(COEFFICIENTS[name], each) for each in (drawn, anew))
        assert one == (other if isinstance(other, str) else pytest.approx(other, abs=1e-6)), name


def value_or_reason(coefficient, ratings):
    try:
        return coefficient.compute(ratings).value
    except ValueError as reason:
        return str(reason)


def test_items_are_drawn_with_replacement_and_raters_as_many_as_vary_alike():
    ratings = prepare(*long(panel(2, 20, 5)), "interval", OPTIONS)
    generator = np.random.default_rng(0)
    draws = [draw(ratings, generator, with_raters=True) for _ in range(400)]
    assert {one.n_raters for one in draws} == {2, 3}
    mean = np.mean([one.n_raters for one in draws])
    assert mean == pytest.approx(25 / 9, abs=0.1)  # then 1/h - 1/5 is (5 - 1) / 25
    values = {one.value.mean() for one in draws if one.rater_labels == draws[0].rater_labels}
    assert len(values) > 5  # the same raters, other items


def test_a_draw_of_half_the_raters_counts_as_one_of_all_of_them():
    """W and the k-rater forms grow with the panel: they are brought to the number of raters there are."""
    matrix = panel(3, 30, 10)
    correlation = pd.DataFrame(matrix).corr(method="spearman").to_numpy()
    half = correlation[:5, :5][np.triu_indices(5, 1)].mean()
    w = COEFFICIENTS["kendall_w"]
    of_half = w.compute(prepare(*long(matrix[:, :5]), "ordinal")).value
    ties = 1e-2  # with ties the mean correlation is not quite W
    assert w.resized(of_half, 5, 10) == pytest.approx((9 * half + 1) / 10, abs=ties)
    average, single = COEFFICIENTS["icc_a_k"], COEFFICIENTS["icc_a_1"]
    ratings = prepare(*long(matrix[:, :5]), "interval")
    expected = spearman_brown(single.compute(ratings).value, 10)
    assert average.resized(average.compute(ratings).value, 5, 10) == pytest.approx(expected)
    whole = prepare(*long(matrix), "interval")
    drawn = bootstrap_draws(
        whole, [w, average], with_raters=True, draws=200, generator=np.random.default_rng(1)
    )
    for one in (w, average):
        assert drawn[one.name].mean() == pytest.approx(one.compute(whole).value, abs=0.05)


@pytest.mark.parametrize(
    ("n_raters", "reason"), [(3, ""), (2, "no interval: new raters need at least 3; there are 2")]
)
def test_a_bootstrap_over_raters_needs_three(n_raters, reason):
    table = agreement_table(
        *long(panel(4, 20, n_raters)),
        "interval",
        statistics=["krippendorff_alpha"],
        bootstrap=Bootstrap(1, 100),
    ).set_index("ci_scope")
    assert table.loc["items", "ci_low"] < table.loc["items", "ci_high"]
    assert str(table.loc["items+raters", "reason"]) == reason


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_scatter_over_raters_is_that_of_new_panels(missing):
    """The standard error over items and raters is that of alpha over simulated studies, or somewhat more."""
    studies = [panel(seed, 40, 8, missing=missing, rater_bias=0.6) for seed in range(120)]
    alpha = COEFFICIENTS["krippendorff_alpha"]
    values = [alpha.compute(prepare(*long(one), "interval", OPTIONS)).value for one in studies]
    errors = [
        agreement_table(
            *long(one), "interval", OPTIONS, statistics=[alpha.name], bootstrap=Bootstrap(seed, 100)
        )["se"].iloc[1]
        for seed, one in enumerate(studies[:20])
    ]
    assert 0.95 < np.mean(errors) / np.std(values, ddof=1) < 1.6


@pytest.mark.slow
@pytest.mark.parametrize("missing", [0.0, 0.25])
def test_every_coefficient_has_a_bootstrap_over_raters_near_its_jackknife(missing):
    matrix = panel(5, 60, 24, missing=missing)
    arguments = {"options": OPTIONS, "statistics": NAMES}
    drawn = agreement_table(*long(matrix), "interval", bootstrap=Bootstrap(1, 300), **arguments)
    jackknife = agreement_table(*long(matrix), "interval", **arguments)
    defined = jackknife["status"] == "ok"
    assert defined.sum() == (28 if missing == 0 else 26)  # Kendall's W needs all judgments
    assert (drawn["ci_method"][defined] == "bootstrap").all() and drawn["ci_low"][defined].notna().all()
    ratio = drawn["se"][defined] / jackknife["se"][defined]
    assert ratio.between(0.8, 1.6).all(), ratio  # the bootstrap counts the error twice
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


def test_a_bootstrap_with_many_undefined_draws_says_so():
    matrix = np.full((6, 3), 2.0)
    matrix[0] = [1, 3, 3]
    table = agreement_table(
        *long(matrix), "nominal", statistics=["krippendorff_alpha"], bootstrap=Bootstrap(1, 500)
    )
    assert "bootstrap draws are undefined" in str(table["reason"].iloc[0])


def test_a_draw_of_a_continuous_ratio_slider_is_the_panel_entered_anew(monkeypatch):
    matrix = panel(5, 12, 6, kind="continuous")
    _, drawn, made = drawn_panel(matrix, 1, "ratio", with_raters=True)
    alpha = COEFFICIENTS["krippendorff_alpha"]
    exact = alpha.compute(prepare(*long(made), "ratio")).value
    monkeypatch.setattr(distances, "MAXIMUM_TABLE", 4)
    assert alpha.compute(drawn).value == pytest.approx(exact, abs=1e-9)
