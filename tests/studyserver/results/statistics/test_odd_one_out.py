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


def sets_with_members(n_tracks, rng):
    """Return the intruder's track and three others of each set, every track as often in every place."""
    sets = []
    for target in range(2):
        shifts = rng.permutation(np.arange(1, n_tracks))[:3]
        sets += [(target, track, (track + shifts) % n_tracks) for track in range(n_tracks)]
    return sets


def taken(of_intruders, of_others, *, n_tracks=16, n_raters=20, n_trials=16, seed=0):
    """Return answers to sets whose difficulty depends on the tracks in both roles; true: P(z < .3)."""
    rng = np.random.default_rng(seed)
    sets = sets_with_members(n_tracks, rng)
    odd, others = rng.normal(size=(2, 2, n_tracks))
    deviations = [of_intruders * odd[t, one] + of_others * others[t, rest].mean() for t, one, rest in sets]
    z = 0.3 * np.sqrt(1.16 + of_intruders**2 + of_others**2 / 3) + np.array(deviations)
    rows = []
    for rater, own in enumerate(rng.normal(scale=0.4, size=n_raters)):
        start = rater * n_trials
        for place in (start + np.arange(n_trials)) * 5 % len(sets):
            rows.append((sets[place][1], rater, float(rng.normal() < z[place] + own)))
    return pd.DataFrame(rows, columns=["item", "rater", "right"])


@pytest.mark.slow
@pytest.mark.parametrize(("of_others", "least"), [(0.0, 0.92), (0.5, 0.9), (1.0, 0.82)])
def test_what_tracks_add_among_the_others_is_in_the_interval_in_part(of_others, least):
    """As documented: intervals are somewhat narrow where tracks differ much more among the others."""
    truth, held = stats.norm.cdf(0.3), []
    for seed in range(200):
        row = figures(taken(0.35, of_others, seed=seed)).loc[(FOUND, "items+raters")]
        held.append(row["ci_low"] <= truth <= row["ci_high"])
    assert np.mean(held) >= least
