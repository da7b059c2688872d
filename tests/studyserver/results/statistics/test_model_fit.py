"""Listeners beside the model's predictions."""

import numpy as np
import pytest
from panels_of_results import agreement_of

from studyserver.results.statistics.model_fit import (
    covariance_of_two_raters,
    leave_one_out_correlations,
    model_table,
    noise_ceiling,
    widest_misses,
)


def study(seed, n_tracks=40, n_raters=12, slope=0.6, own=0.3, habit=0.5, error=1.0, share=1.0):
    """Return original and condition as tracks x raters, with habits of raters that return in both."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=(n_tracks, 1))
    kept = slope * truth + own * generator.normal(size=(n_tracks, 1)) - 0.4
    taste = habit * generator.normal(size=(n_tracks, n_raters))  # the same rater's view of the same track
    bias = 0.5 * generator.normal(size=(1, n_raters))
    tables = [
        part + taste + bias + error * generator.normal(size=(n_tracks, n_raters)) for part in (truth, kept)
    ]
    for table in tables:
        table[generator.random(table.shape) > share] = np.nan
    return tables


def test_the_covariance_of_two_raters_is_the_average_over_pairs_of_different_raters():
    x, y = study(1, 5, 4, share=0.7)
    n_x, n_y = np.isfinite(x).sum(axis=1), np.isfinite(y).sum(axis=1)
    within, across, weights = {}, [], []
    for t in range(5):
        for u in range(5):
            for r in range(4):
                for s in range(4):
                    product = x[t, r] * y[u, s]
                    if r != s and np.isfinite(product):
                        if t == u:
                            within.setdefault(t, []).append(product)
                        else:
                            across.append(product)
                            weights.append(1 / (n_x[t] * n_y[u]))  # every track counts alike
    expected = np.mean([np.mean(products) for products in within.values()])
    expected -= np.average(across, weights=weights)
    assert covariance_of_two_raters(x, y) == pytest.approx(expected)


def test_tracks_count_alike_however_often_they_were_judged():
    """Tracks about which people doubt lie near the middle, and adaptive allocation asks about them more."""
    found = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        truth = np.linspace(-2, 2, 21)[:, None]
        raters = np.arange(30)
        often = (raters < 4) | (np.abs(truth) < 0.7)
        x, y = (
            np.where(often, part + generator.normal(size=(21, 30)), np.nan) for part in (truth, 0.5 * truth)
        )
        spread = covariance_of_two_raters(x, x)
        found.append([spread, covariance_of_two_raters(x, y) / spread])
    spread, kept = np.mean(found, axis=0)
    assert spread == pytest.approx(truth.var(ddof=1), rel=0.04)
    assert kept == pytest.approx(0.5, abs=0.02)


def panel_and_model(seed, n_items=60, n_raters=8, skill=0.8, share=1.0):
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=n_items)
    heard = truth[:, None] + generator.normal(size=(n_items, n_raters))
    heard[generator.random(heard.shape) > share] = np.nan
    model = skill * truth + np.sqrt(1 - skill**2) * generator.normal(size=n_items)
    return heard, model


def test_a_perfect_model_reaches_the_noise_ceiling_and_no_more():
    ratio = []
    for seed in range(40):
        heard, truth = panel_and_model(seed, skill=1.0, share=0.8)
        ratio.append(np.corrcoef(np.nanmean(heard, axis=1), truth)[0, 1] / noise_ceiling(heard))
    assert np.mean(ratio) == pytest.approx(1, abs=0.02)


def test_the_noise_ceiling_is_the_root_of_the_reliability_of_the_mean():
    heard, _ = panel_and_model(1)
    assert noise_ceiling(heard) ** 2 == pytest.approx(agreement_of(heard, "icc_c_k"), abs=0.01)


def test_leave_one_out_correlations_match_a_loop():
    heard, _ = panel_and_model(2, 20, 5, share=0.7)
    expected = []
    for rater in range(5):
        others = np.delete(heard, rater, axis=1)
        use = np.isfinite(heard[:, rater]) & np.isfinite(others).any(axis=1)
        expected.append(np.corrcoef(heard[use, rater], np.nanmean(others[use], axis=1))[0, 1])
    np.testing.assert_allclose(leave_one_out_correlations(heard), expected)


def test_the_model_is_placed_between_one_rater_and_the_ceiling():
    heard, model = panel_and_model(3)
    items, raters = np.nonzero(np.isfinite(heard))
    table = model_table(items, raters, heard[items, raters], model[items])
    values = table[table["ci_scope"] == "items+raters"].set_index("statistic")
    correlation = np.corrcoef(heard.mean(axis=1), model)[0, 1]
    assert values.loc["model_correlation", "estimate"] == pytest.approx(correlation)
    assert (
        values.loc["model_share_of_ceiling", "ci_low"] < 0.8 < values.loc["model_share_of_ceiling", "ci_high"]
    )
    assert values.loc["one_rater_correlation", "estimate"] == pytest.approx(
        leave_one_out_correlations(heard).mean()
    )


def test_items_on_which_the_model_is_wrong_come_first():
    heard, model = panel_and_model(4, 30, 6, skill=0.99)
    model[7] += 5
    items, raters = np.nonzero(np.isfinite(heard))
    misses = widest_misses(items, heard[items, raters], model[items], size=3)
    assert misses["item"].iloc[0] == 7 and len(misses) == 3
    assert misses["miss"].iloc[0] < 0


def test_a_constant_model_has_no_correlation():
    heard, _ = panel_and_model(5, 10, 4)
    items, raters = np.nonzero(np.isfinite(heard))
    table = model_table(items, raters, heard[items, raters], np.zeros(len(items))).set_index("statistic")
    assert (table.loc["model_correlation", "status"] == "undefined").all()
    assert (table.loc["noise_ceiling", "status"] == "ok").all()
