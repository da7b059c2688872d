"""Retention: recovered in simulation, and by definition in small examples."""

import numpy as np
import pandas as pd
import pytest

from studyserver.results.statistics.reasons import Reason, Why
from studyserver.results.statistics.retention import (
    covariance_of_two_raters,
    retention_figures,
    retention_table,
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


def judgments(original, condition, feature="minor mode"):
    rows = [
        (feature, f"t{t}", name, f"r{r}", table[t, r])
        for name, table in (("original", original), ("evidence", condition))
        for t, r in np.argwhere(np.isfinite(table))
    ]
    return pd.DataFrame(rows, columns=["feature", "track", "condition", "rater", "value"])


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
        found.append([covariance_of_two_raters(x, x), retention_figures(x, y)[2]])
    spread, kept = np.mean(found, axis=0)
    assert spread == pytest.approx(truth.var(ddof=1), rel=0.04)
    assert kept == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_corrected_figures_recover_what_was_simulated_and_uncorrected_ones_do_not(share):
    truth = 0.6 / np.hypot(0.6, 0.3)
    found = np.mean([retention_figures(*study(seed, share=share)) for seed in range(150)], axis=0)
    correlation, corrected, kept, shift, _, _ = found
    assert corrected == pytest.approx(truth, abs=0.02)
    assert kept == pytest.approx(0.6, abs=0.02)
    assert shift == pytest.approx(-0.4, abs=0.03)
    assert correlation < truth - 0.02


def test_raters_habits_do_not_pass_for_retention():
    """Nothing is retained, but every rater returns to his own taste."""
    figures = [retention_figures(*study(seed, slope=0.0, own=1.0, habit=2.0)) for seed in range(60)]
    correlation, corrected = np.nanmean(figures, axis=0)[:2]
    assert abs(corrected) < 0.05
    assert correlation > 0.1


def test_reliability_is_the_intraclass_correlation_of_the_mean():
    from panels_of_results import agreement_of

    original, condition = study(3, habit=0.0)
    found = retention_figures(original, condition)[4]
    assert found == pytest.approx(agreement_of(original, "icc_c_k"), abs=0.005)


def test_the_table_has_both_scopes_and_its_intervals_hold_the_estimate():
    table = retention_table(judgments(*study(4)))
    assert set(table["condition"]) == {"evidence"} and set(table["feature"]) == {"minor mode"}
    assert (table["status"] == "ok").all()
    assert ((table["ci_low"] <= table["estimate"]) & (table["estimate"] <= table["ci_high"])).all()
    assert (table["n_items"] == 40).all() and (table["n_raters"] == 12).all()
    shift = table[table["statistic"] == "mean_shift"].set_index("ci_scope")["se"]
    assert shift["items+raters"] > shift["items"]


@pytest.mark.slow
def test_the_interval_for_new_tracks_and_raters_holds_the_truth():
    truth = 0.6 / np.hypot(0.6, 0.3)
    held = 0
    for seed in range(60):
        table = retention_table(judgments(*study(seed, 20, 8)))
        row = table[
            (table["statistic"] == "correlation_corrected") & (table["ci_scope"] == "items+raters")
        ].iloc[0]
        held += row["ci_low"] <= truth <= row["ci_high"]
    assert held >= 54


def test_clips_of_one_rater_track_and_condition_are_averaged():
    table = judgments(*study(5, 8, 4))
    doubled = pd.concat([table.assign(value=table["value"] - 1), table.assign(value=table["value"] + 1)])
    pd.testing.assert_frame_equal(retention_table(doubled), retention_table(table))


def test_too_few_tracks_and_disagreeing_raters_are_undefined():
    few = retention_table(judgments(*study(6, 2, 4)))
    assert set(few["status"]) == {"undefined"} and Reason(Why.FEW_TRACKS) in set(few["reason"])
    noise = np.random.default_rng(2).normal(size=(2, 10, 6))
    noise -= noise.mean(axis=2, keepdims=True)  # tracks do not differ at all
    table = retention_table(judgments(*noise)).set_index("statistic")
    assert (table.loc["correlation_corrected", "status"] == "undefined").all()
    assert table.loc["correlation_corrected", "estimate"].isna().all()


def test_what_is_missing_is_named():
    table = judgments(*study(7, 4, 3))
    with pytest.raises(ValueError, match="column 'rater' is missing"):
        retention_table(table.drop(columns="rater"))
    with pytest.raises(ValueError, match="no judgment of the condition 'source'"):
        retention_table(table, reference="source")
