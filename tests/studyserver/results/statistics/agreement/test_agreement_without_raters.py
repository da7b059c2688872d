"""Figures without each rater, item or judgment from counts, beside the same figures computed anew."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from panels import long, panel

from studyserver.results.statistics.agreement import gwet_ac2, prepare, reml
from studyserver.results.statistics.agreement import variance_components as components
from studyserver.results.statistics.agreement.coefficients import chance_corrected as chance_module
from studyserver.results.statistics.agreement.coefficients import concordance, krippendorff
from studyserver.results.statistics.agreement.coefficients.chance_corrected import CategoryAgreement
from studyserver.results.statistics.agreement.coefficients.concordance import kendall_w, rank_codes
from studyserver.results.statistics.agreement.coefficients.krippendorff import krippendorff_alpha
from studyserver.results.statistics.agreement.ratings import UndefinedError

OPTIONS = [1.0, 2.0, 3.0, 4.0]


@st.composite
def panels_with_gaps(draw):
    """Items x raters with missing judgments; the last rater has one judgment, some items too."""
    n_items, n_raters = draw(st.integers(2, 7)), draw(st.integers(2, 12))
    cell = st.sampled_from([np.nan, *OPTIONS])
    row = st.lists(cell, min_size=n_raters, max_size=n_raters)
    matrix = np.array(draw(st.lists(row, min_size=n_items, max_size=n_items)))
    matrix[:, -1] = np.nan
    matrix[draw(st.integers(0, n_items - 1)), -1] = draw(st.sampled_from(OPTIONS))
    assume((np.isfinite(matrix).sum(axis=1) >= 2).any())
    return matrix


def without(matrix, rater):
    return np.delete(matrix, rater, axis=1)


def naive_concentration(matrix):
    """Return the sum of squared option shares, averaged over the items with judgments."""
    judged = [row[np.isfinite(row)] for row in matrix if np.isfinite(row).any()]
    if not judged:
        return np.nan
    shares = np.mean([[(row == option).mean() for option in OPTIONS] for row in judged], axis=0)
    return (shares**2).sum()


@settings(max_examples=100, deadline=None)
@given(panels_with_gaps(), st.sampled_from([1, 9, 4_000_000]))
def test_concentration_without_a_rater_is_that_of_the_others(matrix, chunk):
    ratings = prepare(*long(matrix), "nominal", OPTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chance_module, "_CHUNK", chunk)
        found = CategoryAgreement(ratings)
        without_rater = found.concentration_without[1]
    assert found.concentration == pytest.approx(naive_concentration(matrix), abs=1e-14)
    expected = [naive_concentration(without(matrix, rater)) for rater in ratings.rater_labels]
    np.testing.assert_allclose(without_rater, expected, atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(panels_with_gaps(), st.sampled_from([1, 40, 4_000_000]))
def test_ac2_without_a_rater_is_that_of_the_others(matrix, chunk):
    ratings = prepare(*long(matrix), "ordinal", OPTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chance_module, "_CHUNK", chunk)
        found = value_or_none(lambda: gwet_ac2(ratings).without_rater)
    assume(found is not None)
    for rater, value in zip(ratings.rater_labels, found, strict=True):
        rest = prepare(*long(without(matrix, rater)), "ordinal", OPTIONS)
        alone = value_or_none(lambda rest=rest: gwet_ac2(rest))
        assert np.isnan(value) if alone is None else value == pytest.approx(alone.value, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(panels_with_gaps(), st.sampled_from([1, 60, 2_000_000]))
def test_ordinal_alpha_without_raters_by_counts_is_that_of_the_others(matrix, chunk):
    data = krippendorff.pairable(prepare(*long(matrix), "ordinal", OPTIONS))
    assume(data.code.min() != data.code.max())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(krippendorff, "_CHUNK", chunk)
        found = krippendorff._ordinal_without_raters_by_counts(data)
    for rater, value in zip(data.rater_labels, found, strict=True):
        rest = prepare(*long(without(matrix, rater)), "ordinal", OPTIONS)
        alone = value_or_none(lambda rest=rest: krippendorff_alpha(rest))
        assert np.isnan(value) if alone is None else value == pytest.approx(alone.value, abs=1e-12)


def value_or_none(work):
    try:
        return work()
    except UndefinedError:
        return None


@pytest.mark.parametrize("level", ["ordinal", "ratio"])
def test_alpha_of_few_items_and_many_raters_is_the_same_from_counts_and_from_pairs(level, monkeypatch):
    ratings = prepare(*long(panel(21, 8, 90, missing=0.3)), level, [1, 2, 3, 4, 5])
    assert ratings.favours_counts(5)
    counted = krippendorff_alpha(ratings)
    assert len(counted.without_item) == 8  # computed before the next line, which changes how
    monkeypatch.setattr(type(ratings), "favours_counts", lambda self, n_categories: False)
    paired = krippendorff_alpha(ratings)
    assert counted.value == pytest.approx(paired.value, abs=1e-13)
    np.testing.assert_allclose(counted.without_item, paired.without_item, atol=1e-12)
    np.testing.assert_allclose(counted.without_rater, paired.without_rater, atol=1e-12)


def without_one(ratings, with_raters):
    found = components.Components(ratings, with_raters=with_raters)
    return found.shares, *found.without_one


@pytest.mark.parametrize("with_raters", [False, True])
@pytest.mark.parametrize("refit_items", [0, 60])
def test_variance_components_are_the_same_whether_items_or_raters_are_absorbed(
    with_raters, refit_items, monkeypatch
):
    monkeypatch.setattr(components, "_REFIT_ITEMS", refit_items)
    ratings = prepare(*long(panel(22, 9, 40, missing=0.4, kind="slider")), "interval")
    assert reml.absorbs_raters(9, 40)
    raters_absorbed = without_one(ratings, with_raters)
    monkeypatch.setattr(reml, "absorbs_raters", lambda n_items, n_raters: False)
    items_absorbed = without_one(ratings, with_raters)
    for found, expected in zip(raters_absorbed, items_absorbed, strict=True):
        np.testing.assert_allclose(
            found, expected, atol=2e-3
        )  # judgments, and items by steps, are approximate
    np.testing.assert_allclose(raters_absorbed[0], items_absorbed[0], atol=1e-5)


def test_kendalls_w_of_few_items_and_many_raters_without_each_item():
    matrix = panel(23, 6, 15)
    found = concordance.without_one(rank_codes(prepare(*long(matrix), "ordinal")))[0]
    rest = [prepare(*long(np.delete(matrix, item, axis=0)), "ordinal") for item in range(6)]
    np.testing.assert_allclose(found, [kendall_w(each).value for each in rest], atol=1e-12)
