"""Odd-one-out trials against binomial truth and simulated listeners."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from studyserver.results.statistics.odd_one_out import FOUND, FOUND_EXACT, odd_one_out_table
from studyserver.results.statistics.reasons import Why


def trials(share, n_raters=20, n_tracks=16, *, spread=0.0, seed=1):
    """Return right answers of raters and tracks that each differ on the scale of z by `spread`."""
    rng = np.random.default_rng(seed)
    z = stats.norm.ppf(share) * np.sqrt(1 + 2 * spread**2)
    z = z + spread * (rng.normal(size=(n_raters, 1)) + rng.normal(size=(1, n_tracks)))
    right = rng.normal(size=z.shape) < z
    raters, tracks = (part.ravel() for part in np.indices(right.shape))
    return pd.DataFrame({"item": tracks, "rater": raters, "right": right.ravel().astype(float)})


def figures(answers, **options):
    return odd_one_out_table(answers, **options).set_index(["statistic", "ci_scope"])


def test_the_share_and_its_exact_interval_are_those_of_a_binomial():
    answers = trials(0.5)
    n, hits = len(answers), int(answers["right"].sum())
    table = figures(answers)
    exact = table.loc[(FOUND_EXACT, "judgments")]
    # Clopper and Pearson's ends from the beta distribution.
    ends = stats.beta.ppf([0.025, 0.975], [hits, hits + 1], [n - hits + 1, n - hits])
    assert (exact["ci_low"], exact["ci_high"]) == (pytest.approx(ends[0]), pytest.approx(ends[1]))
    for scope in ("items", "items+raters"):
        assert table.loc[(FOUND, scope), "estimate"] == hits / n
        assert table.loc[(FOUND, scope), "n_judgments"] == n


def test_intervals_are_wider_where_raters_and_tracks_differ():
    alike, apart = (figures(trials(0.5, spread=spread)) for spread in (0.0, 1.0))

    def width(table, *key):
        return float(table.loc[key, "ci_high"] - table.loc[key, "ci_low"])

    both, exact = (FOUND, "items+raters"), (FOUND_EXACT, "judgments")
    assert width(alike, *both) == pytest.approx(width(alike, *exact), rel=0.5)
    assert width(apart, *both) > 2 * width(apart, *exact)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "spread"), [(0.25, 0.0), (0.25, 0.5), (0.6, 0.7)])
def test_intervals_hold_the_truth(share, spread):
    held = []
    for seed in range(200):
        row = figures(trials(share, spread=spread, seed=seed)).loc[(FOUND, "items+raters")]
        held.append(row["ci_low"] <= share <= row["ci_high"])
    assert np.mean(held) >= 0.91


def test_confidence_widens_and_nothing_is_undefined_with_a_reason():
    answers = trials(0.4)
    rows = [
        figures(answers, confidence=confidence).loc[(FOUND, "items+raters")] for confidence in (0.8, 0.99)
    ]
    assert rows[0]["ci_high"] - rows[0]["ci_low"] < rows[1]["ci_high"] - rows[1]["ci_low"]
    nothing = figures(answers.iloc[:0]).loc[(FOUND, "items")]
    assert nothing["status"] == "undefined" and nothing["reason"].why == Why.NO_JUDGMENT
    with pytest.raises(ValueError, match="right"):
        odd_one_out_table(answers.drop(columns="right"))
