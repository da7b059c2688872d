"""Dose-response curves beside a logistic regression and simulation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from studyserver.results.statistics.dose_response import dose_response_table
from studyserver.results.statistics.reasons import Reason, Why


def study(seed, slope=1.2, threshold=3.0, sizes=(1, 2, 4, 8), n_clips=20, n_raters=10):
    generator = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        p = 1 / (1 + np.exp(-slope * np.log2(size / threshold)))
        for clip in range(n_clips):
            for rater in range(n_raters):
                rows.append(("rhythm", f"{clip} with {size}", rater, size, int(generator.random() < p)))
    return pd.DataFrame(rows, columns=["feature", "item", "rater", "kept_segments", "heard"])


def rows_of(table):
    result = dose_response_table(table)
    return result[result["ci_scope"] == "items+raters"].set_index("statistic")


def test_the_curve_matches_a_logistic_regression_of_statsmodels():
    table = study(1)
    design = sm.add_constant(np.log2(table["kept_segments"]))
    oracle = sm.GLM(table["heard"], design, family=sm.families.Binomial()).fit().params
    result = rows_of(table)
    assert result.loc["slope", "estimate"] == pytest.approx(oracle.iloc[1])
    assert result.loc["threshold", "estimate"] == pytest.approx(2 ** (-oracle.iloc[0] / oracle.iloc[1]))
    share = table[table["kept_segments"] == 4]["heard"].mean()
    assert result.loc["heard_at_4", "estimate"] == pytest.approx(share)


def test_intervals_hold_what_was_simulated():
    held = [
        rows_of(study(seed)).loc[["slope", "threshold"], ["ci_low", "ci_high"]].to_numpy()
        for seed in range(20)
    ]
    for row, truth in ((0, 1.2), (1, 3.0)):
        assert sum(low <= truth <= high for low, high in (part[row] for part in held)) >= 17


def test_a_flat_curve_has_no_threshold():
    result = rows_of(study(2, slope=0.0).assign(heard=lambda t: np.arange(len(t)) % 2))
    assert result.loc["threshold", "status"] == "undefined" and result.loc["threshold", "reason"] == Reason(
        Why.FLAT_CURVE
    )
    assert result.loc["slope", "estimate"] == pytest.approx(0, abs=1e-6)


def test_answers_that_one_size_separates_have_no_finite_slope():
    table = study(3).assign(heard=lambda t: (t["kept_segments"] > 2).astype(int))
    result = rows_of(table)
    assert result.loc["slope", "status"] == "undefined"
    assert result.loc["heard_at_8", "estimate"] == 1
    mixed = table.assign(heard=table["heard"].where(table["kept_segments"] != 2, table["rater"] % 2))
    assert rows_of(mixed).loc["slope", "status"] == "undefined"
