"""Contrasts, listeners against the model."""

import numpy as np
import pandas as pd
import pytest
from panels_of_results import agreement_of
from scipy import stats
from statsmodels.stats.multitest import multipletests

from studyserver.results.statistics.contrasts import cliffs_delta, contrast_table, holm
from studyserver.results.statistics.model_fit import (
    leave_one_out_correlations,
    model_table,
    noise_ceiling,
    widest_misses,
)
from studyserver.results.statistics.reasons import Why


def study(seed, n_tracks=16, n_raters=12, effect=0.8, by_track=0.6, by_rater=0.6, share=1.0):
    """Return judgments in two conditions whose difference varies with track and rater."""
    generator = np.random.default_rng(seed)
    track, rater = generator.normal(size=(n_tracks, 1)), generator.normal(size=(1, n_raters))
    difference = (
        effect
        + by_track * generator.normal(size=(n_tracks, 1))
        + by_rater * generator.normal(size=(1, n_raters))
    )
    tables = {
        "evidence": track + rater + difference + generator.normal(size=(n_tracks, n_raters)),
        "random": track + rater + generator.normal(size=(n_tracks, n_raters)),
    }
    rows = [
        (f"t{t}", condition, f"r{r}", table[t, r])
        for condition, table in tables.items()
        for t in range(n_tracks)
        for r in range(n_raters)
        if generator.random() < share
    ]
    return pd.DataFrame(rows, columns=["track", "condition", "rater", "value"])


def test_with_raters_alike_the_contrast_is_the_paired_t_test_over_tracks():
    table = study(1, by_rater=0.0)
    table["value"] = table.groupby(["condition", "track"])["value"].transform(
        "mean"
    )  # all raters answer alike
    row = contrast_table(table, [("evidence", "random")]).iloc[0]
    means = table.groupby(["condition", "track"])["value"].mean()
    test = stats.ttest_rel(means["evidence"], means["random"])
    interval = test.confidence_interval()
    assert row["estimate"] == pytest.approx((means["evidence"] - means["random"]).mean())
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert row["p"] == pytest.approx(test.pvalue)
    assert row["d_z"] == pytest.approx(test.statistic / np.sqrt(16))


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.7])
def test_the_interval_covers_and_the_test_keeps_its_level_when_tracks_and_raters_vary(share):
    covered, rejected = 0, 0
    for seed in range(150):
        row = contrast_table(study(seed, effect=0.0, share=share), [("evidence", "random")]).iloc[0]
        covered += row["ci_low"] <= 0 <= row["ci_high"]
        rejected += row["p"] < 0.05
    assert covered >= 135
    assert rejected == 150 - covered


def test_treating_judgments_as_independent_would_be_much_too_sure():
    table = study(3)
    row = contrast_table(table, [("evidence", "random")]).iloc[0]
    wide = table.pivot(index=["track", "rater"], columns="condition", values="value")
    naive = stats.sem(wide["evidence"] - wide["random"])
    assert row["se"] > 1.5 * naive


def test_holm_matches_statsmodels_and_skips_undefined_contrasts():
    p = np.array([0.01, 0.04, 0.03, 0.5])
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    np.testing.assert_allclose(holm(np.array([0.02, np.nan, 0.03])), [0.04, np.nan, 0.04])


def test_cliffs_delta_counts_pairs():
    x, y = np.array([1.0, 2.0, 2.0, 5.0]), np.array([2.0, 3.0])
    expected = np.mean([np.sign(a - b) for a in x for b in y])
    assert cliffs_delta(x, y) == pytest.approx(expected)
    assert cliffs_delta(y, x) == pytest.approx(-expected)


def test_conditions_that_nobody_judged_together_are_undefined_and_unknown_ones_refused():
    table = study(4, 4, 4)
    halves = table[(table["condition"] == "evidence") == table["rater"].isin(["r0", "r1"])]
    row = contrast_table(halves, [("evidence", "random")]).iloc[0]
    assert row["status"] == "undefined" and np.isnan(row["estimate"])
    assert row["reason"].why is Why.NO_PAIRED_CONDITIONS
    with pytest.raises(ValueError, match="no judgment of complement"):
        contrast_table(table, [("evidence", "complement")])
    with pytest.raises(ValueError, match="at least one contrast"):
        contrast_table(table, [])


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
