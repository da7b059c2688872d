"""Intervals: against textbook figures, and by how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from studyserver.results.statistics.agreement import prepare
from studyserver.results.statistics.agreement.coefficients.krippendorff import krippendorff_alpha
from studyserver.results.statistics.estimates import correlation_scale
from studyserver.results.statistics.intervals import (
    jackknife,
    percentile_interval,
    proportion_scale,
    reliability_scale,
    satterthwaite,
)


def test_the_jackknife_of_a_mean_is_the_t_interval():
    x = np.random.default_rng(1).normal(size=12)
    without = (x.sum() - x) / 11
    found = jackknife(x.mean(), without)
    low, high = stats.t.interval(0.95, 11, x.mean(), stats.sem(x))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.se == pytest.approx(stats.sem(x))


def test_satterthwaite_of_two_equal_samples_is_welchs_degrees():
    assert satterthwaite([2.0, 2.0], [9, 9]) == pytest.approx(18)
    assert satterthwaite([1e9, 1e-9], [4, 100]) == pytest.approx(4)


@pytest.mark.parametrize("scale", [reliability_scale(4.5), proportion_scale()])
def test_scales_return_to_where_they_came_from(scale):
    values = np.array([0.01, 0.3, 0.77, 0.99])
    np.testing.assert_allclose(scale.inverse(scale.forward(values)), values, rtol=1e-10)
    slope = (scale.forward(0.3 + 1e-6) - scale.forward(0.3 - 1e-6)) / 2e-6
    assert scale.derivative(0.3) == pytest.approx(slope, rel=1e-6)


def test_an_undefined_replicate_gives_a_reason_and_no_interval():
    found = jackknife(0.5, np.array([0.4, np.nan, 0.6]))
    assert found.low is None and "undefined without 1 of the 3 items" in str(found.reason)
    assert "only one item" in str(jackknife(0.5, np.array([0.4])).reason)


def test_an_interval_off_the_scale_is_computed_untransformed_and_says_so():
    found = jackknife(0.6, np.array([0.5, 1.0, 0.7]), scale=reliability_scale(3))
    assert found.method == "jackknife, untransformed"
    assert found.high == 1.0


def test_near_a_pole_that_estimates_may_pass_a_small_scatter_stays_small():
    without = np.array([0.99999, 0.985, 0.999, 0.9995, 0.998, 0.9999])
    bounded = jackknife(0.9995, without, scale=correlation_scale())
    corrected = jackknife(0.9995, without, scale=correlation_scale(may_exceed_one=True))
    own = jackknife(0.9995, without)
    assert bounded.low < -0.9 and corrected.low > 0.85
    assert 0.9995 - corrected.low == pytest.approx(3 * (0.9995 - own.low))
    assert corrected.high == bounded.high and corrected.se == bounded.se
    moderate = np.array([0.5, 0.45, 0.55, 0.52, 0.48])
    assert jackknife(0.5, moderate, scale=correlation_scale(may_exceed_one=True)).low == pytest.approx(
        jackknife(0.5, moderate, scale=correlation_scale()).low
    )


def test_undefined_bootstrap_draws_beyond_5_percent_are_reported():
    draws = np.linspace(0, 1, 1000)
    draws[:40] = np.nan
    assert percentile_interval(draws).reason == ""
    draws[:60] = np.nan
    assert "6.0% of 1000" in str(percentile_interval(draws).reason)
    draws[:600] = np.nan
    assert percentile_interval(draws).low is None


@pytest.mark.parametrize(("n_items", "n_raters"), [(20, 5), (30, 8)])
def test_the_interval_for_new_raters_holds_the_population_alpha_as_often_as_it_says(n_items, n_raters):
    """Five-point ratings with rater bias: near .95, where the sum of both variances had .99."""
    generator = np.random.default_rng(20)

    def rate(items, raters):
        truth = generator.normal(size=(items, 1))
        x = truth + 0.5 * generator.normal(size=(1, raters)) + 0.9 * generator.normal(size=(items, raters))
        return np.clip(np.round(1.1 * x + 3), 1, 5)

    def alpha(matrix):
        items, raters = np.indices(matrix.shape)
        return krippendorff_alpha(prepare(items.ravel(), raters.ravel(), matrix.ravel(), "interval"))

    population = alpha(rate(400, 400)).value
    assert 0.4 < population < 0.5
    held = {"items": 0, "items+raters": 0}
    studies = 300
    for _ in range(studies):
        found = alpha(rate(n_items, n_raters))
        scale = reliability_scale(n_raters)
        for scope in held:
            raters = (found.without_rater, found.without_judgment) if scope == "items+raters" else ()
            interval = jackknife(found.value, found.without_item, *raters, scale=scale)
            held[scope] += interval.low <= population <= interval.high
    assert 0.93 <= held["items+raters"] / studies <= 0.985
    assert held["items"] < held["items+raters"]


def test_the_error_of_single_judgments_is_counted_once():
    without = [np.array([0.1, -0.1, 0.2, -0.2]), np.array([0.2, -0.2, 0.0])]
    cells = np.array([0.1, -0.1, 0.05, 0.05, -0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    variances = [(len(d) - 1) / len(d) * (d @ d) for d in (*without, cells)]
    found = jackknife(0.0, *without, cells)
    assert found.se == pytest.approx(np.sqrt(variances[0] + variances[1] - variances[2]))
    assert found.se < jackknife(0.0, *without).se
    assert jackknife(0.0, *without, 3 * cells).se == pytest.approx(np.sqrt(max(variances[:2])))
    # Two judgments of one cell are left out together, to first order.
    pairs = jackknife(0.0, *without, cells, cell=np.arange(12) // 2)
    together = cells.reshape(-1, 2).sum(axis=1)
    assert pairs.se == pytest.approx(jackknife(0.0, *without, together).se)
